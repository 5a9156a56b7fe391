"""Where a server is in the tree of its BMC: its system, the chassis that it is in, the managers that it is managed by."""

from __future__ import annotations

from dataclasses import dataclass, field

from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.links import ROOT, name_of, plain
from microdc.bmc.redfish.read.members import member_links, members
from microdc.bmc.redfish.read.reader import Reader
from microdc.errors import InputError


@dataclass(frozen=True, slots=True)
class Place:
    """Paths. system: None where the BMC is that of an enclosure or a switch. others: the systems that are not meant.

    chassis: those that hold the server or a part of it, the one that the system names first. managers: likewise.
    services: the top-level resources that the root links to, by name. leading: who says how it all is: the system, else
    the chassis that a manager sits in, else the first.
    """

    system: str | None
    others: tuple[str, ...] = ()
    chassis: tuple[str, ...] = ()
    managers: tuple[str, ...] = ()
    services: dict[str, str] = field(default_factory=dict)
    leading: str | None = None


def root(reader: Reader) -> Doc:
    """The service root; an empty one where it cannot be read."""
    return reader.open(ROOT + "/") or reader.doc(ROOT, {})


def find_system(reader: Reader, wanted: str, where: str = "") -> tuple[str | None, tuple[str, ...]]:
    """The path of the system that is meant, and those of the others.

    wanted: its id, "" for the only one. Raises InputError where there are several and none is named, or none is called so.
    """
    links = member_links(reader, _top(reader, root(reader), "Systems"))
    ids = {name_of(link): link for link in links}
    if wanted:
        if wanted not in ids:
            told = ", ".join(sorted(ids)) or "none"
            raise InputError(f"the BMC has no system {wanted}", where=where, hint=f"it has: {told}")
        system: str | None = ids[wanted]
    elif len(links) > 1:
        raise InputError(
            f"the BMC has several systems: {', '.join(sorted(ids))}",
            where=where,
            hint="name the one that is meant: `system:` in the server's bmc",
        )
    else:
        system = links[0] if links else None
    if system is None:
        reader.remarks.add(
            f"{ROOT}/Systems", "holds no system: this BMC manages something else than one server"
        )
    return system, tuple(link for link in links if link != system)


def locate(reader: Reader, wanted: str, where: str = "") -> Place:
    """The whole place. Raises as `find_system`."""
    top = root(reader)
    system, others = find_system(reader, wanted, where)
    services = {name: path for name in _SERVICES if (path := _top(reader, top, name, guess=False))}
    body = reader.open(system) if system else None
    links = body.part("Links") if body else reader.doc(ROOT, {})
    chassis = _belonging(reader, _top(reader, top, "Chassis"), links.links("Chassis"), system, others)
    managers = _managers(reader, _top(reader, top, "Managers"), links.links("ManagedBy"), system)
    return Place(
        system=system,
        others=others,
        chassis=chassis,
        managers=managers,
        services=services,
        leading=system or _main_chassis(reader, chassis, managers),
    )


_SERVICES = ("UpdateService", "EventService")


def _top(reader: Reader, top: Doc, name: str, *, guess: bool = True) -> str | None:
    """What the root links to; the path that the standard gives it where the root is broken."""
    if (path := top.link(name)) is not None:
        return path
    standard = f"{ROOT}/{name}"
    return standard if guess and reader.seek(standard) else None


def _belonging(
    reader: Reader,
    collection: str | None,
    named: tuple[str, ...],
    system: str | None,
    others: tuple[str, ...],
) -> tuple[str, ...]:
    """The chassis that the system names, those that name the system, what is within these, and what contains them.

    Where no chassis names any system (HPE Cray EX), those with the id of the system, and those with the id of none.
    """
    listed = [doc.at for doc in members(reader, collection)]
    links = dict.fromkeys((*listed, *named))
    read = {plain(link): (link, doc) for link in links if (doc := reader.open(link)) is not None}
    if system is None:
        return tuple(link for link, _ in read.values())
    owners = {
        key: {plain(one) for one in doc.part("Links").links("ComputerSystems")}
        for key, (_, doc) in read.items()
    }
    foreign = {plain(one) for one in others}
    mine = {plain(one) for one in named} | {key for key, of in owners.items() if plain(system) in of}
    if not mine:
        taken = {name_of(one) for one in others}
        mine = {key for key in read if name_of(key) not in taken and not owners[key] & foreign}
    else:
        above = {key: {plain(one) for one in _containers(doc)} for key, (_, doc) in read.items()}
        mine = _joined(
            mine, above, {key for key, of in owners.items() if of & foreign and plain(system) not in of}
        )
    order = [plain(one) for one in named] + list(read)
    return tuple(read[key][0] for key in dict.fromkeys(order) if key in mine and key in read)


def _main_chassis(reader: Reader, chassis: tuple[str, ...], managers: tuple[str, ...]) -> str | None:
    """The chassis that a manager sits in, else the first."""
    docs = [doc for path in managers if (doc := reader.open(path)) is not None]
    inside = {plain(link) for one in docs if (link := one.part("Links").link("ManagerInChassis"))}
    return next((path for path in chassis if plain(path) in inside), chassis[0] if chassis else None)


def _containers(chassis: Doc) -> tuple[str, ...]:
    return chassis.part("Links").links("ContainedBy")


def _joined(mine: set[str], above: dict[str, set[str]], foreign: set[str]) -> set[str]:
    """With all that is within mine, then with what contains it; a loop of containers ends, since nothing is taken twice."""
    found = set(mine)
    while more := {key for key, over in above.items() if over & found and key not in foreign} - found:
        found |= more
    while more := {over for key in found for over in above.get(key, ())} - found:
        found |= more
    return found


def _managers(
    reader: Reader, collection: str | None, named: tuple[str, ...], system: str | None
) -> tuple[str, ...]:
    """The managers that the system names; else those that name the system; else all."""
    if named:
        return named
    links = member_links(reader, collection)
    if system is None:
        return tuple(links)
    naming = [
        link
        for link in links
        if (doc := reader.open(link))
        and plain(system) in {plain(one) for one in doc.part("Links").links("ManagerForServers")}
    ]
    return tuple(naming or links)
