"""From the inventory to the BMCs that are meant, with their credentials. Only the secrets are read from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from microdc.bmc.model import Login, Target
from microdc.documents.check import nearest
from microdc.documents.secrets import resolve_at, user_and_password
from microdc.errors import InputError
from microdc.testbed.model import Pdu, Rack, Server, Site, Testbed
from microdc.testbed.selectors import items, select


@dataclass(frozen=True, slots=True)
class Selection:
    """The servers that were meant. servers: those that can be reached by a BMC or an outlet; without: those that cannot, in the inventory's order."""

    servers: tuple[Server, ...]
    without: tuple[Server, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlet:
    """An outlet of a PDU from which a server is fed. vendor: as `outlets:` of the PDU says; secret: what its `credentials` stand for."""

    pdu: str
    number: str
    address: str
    vendor: str
    version: int = 3
    secret: str = field(default="", repr=False)
    via: str = ""
    where: str = ""


def selected(testbed: Testbed, patterns: Sequence[str], labels: Sequence[str] = ()) -> Selection:
    """The servers that are meant: a site or a rack stands for all its servers, and a pattern with `=` is a label term.

    Raises InputError where nothing is meant, for a name or a label that nothing has, and for a pattern in which no server is.
    """
    terms = [*labels, *(pattern for pattern in patterns if "=" in pattern)]
    names = [pattern for pattern in patterns if "=" not in pattern]
    if not names and not terms:
        raise InputError("no server is named", hint="name servers, racks or sites, or give a label")
    every = {item.path: item.part for item in items(testbed) if isinstance(item.part, Server)}
    chosen = {path for name in names for path in _servers_of(testbed, name, every)} if names else set(every)
    if terms:
        chosen &= {item.path for item in select(testbed, (), terms)}
    if not chosen:
        raise InputError(
            f"no server is {' and '.join([*names, *terms])}", hint="microdc inventory list shows all"
        )
    servers = [part for path, part in every.items() if path in chosen]
    reached = tuple(server for server in servers if server.bmc or feeds(testbed, server))
    return Selection(reached, tuple(server for server in servers if server not in reached))


def _servers_of(testbed: Testbed, pattern: str, every: Iterable[str]) -> set[str]:
    """The paths of the servers that a pattern stands for."""
    found: set[str] = set()
    named = select(testbed, [pattern])
    for item in named:
        if isinstance(item.part, Server):
            found.add(item.path)
        elif isinstance(item.part, Site | Rack):
            found |= {path for path in every if path.startswith(f"{item.path}/")}
    if not found:
        what = (
            f"{pattern} is no server, but {_a(named[0].kind)}"
            if len(named) == 1
            else f"no server is called {pattern}"
        )
        if isinstance(named[0].part, Site | Rack):
            what = f"there is no server in {pattern}"
        near = nearest(pattern, {path.rpartition("/")[2] for path in every})
        raise InputError(what, hint=near or "microdc inventory list -l kind=server shows all servers")
    return found


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def target_of(testbed: Testbed, server: Server) -> Target:
    """How a server's BMC is reached, its credentials read.

    Without a BMC, a Target with neither `redfish` nor `ipmi`. Raises InputError, with file and line, where the credentials cannot be read.
    """
    place = testbed.where(*path_of(server))
    bmc = server.bmc
    if bmc is None:
        return Target(server.name, str(place))
    place = testbed.where(*path_of(server), "bmc")
    login = None
    if bmc.credentials:
        at = testbed.where(*path_of(server), "bmc", "credentials")
        secret = resolve_at(bmc.credentials, at)
        login = Login(*user_and_password(secret, bmc.credentials, where=str(at)))
    return Target(
        name=server.name,
        where=str(place),
        redfish=bmc.redfish,
        ipmi=bmc.ipmi,
        login=login,
        system=bmc.system,
        fingerprint=bmc.fingerprint,
        cafile=bmc.ca,
        verify=bmc.verify,
        via=bmc.via,
    )


def path_of(server: Server) -> tuple[str, ...]:
    """The path of a server in the documents, as `Testbed.where` takes it."""
    return ("sites", server.site, "racks", server.rack, "servers", server.name)


def outlets_of(testbed: Testbed, server: Server) -> tuple[Outlet, ...]:
    """The outlets that feed a server and can be switched, their PDUs' credentials read.

    Where another device is fed by one of them, too, it would be cut off with this one: a server with a BMC has no such way then.
    Raises InputError, with file and line; also for a server that has no other way.
    """
    found = []
    for pdu, number in feeds(testbed, server):
        path = ("sites", pdu.site, "racks", pdu.rack, "pdus", pdu.name)
        others = sorted(set(_fed_by(testbed.sites[server.site], f"{pdu.name}:{number}")) - {server.name})
        if others and server.bmc:
            return ()
        if others:
            what = f"by the inventory, {pdu.name}:{number} feeds {', '.join(others)}, too: it is not used for {server.name}"
            hint = "correct the power cables: which of them is there, only the rack can tell"
            raise InputError(what, where=str(testbed.where(*path)), hint=hint)
        at = testbed.where(*path, "snmp", "credentials")
        secret = resolve_at(pdu.snmp_credentials, at) if pdu.snmp_credentials else ""
        version = pdu.snmp_version or 3
        where = str(testbed.where(*path))
        found.append(Outlet(pdu.name, number, pdu.management, pdu.outlets, version, secret, pdu.via, where))
    return tuple(found)


def spare_outlets(testbed: Testbed, server: Server) -> tuple[tuple[Outlet, ...], str]:
    """As `outlets_of`; of a server with a BMC, which is its own way, what keeps its outlets from being another is a note."""
    try:
        return outlets_of(testbed, server), ""
    except InputError as problem:
        if not server.bmc:
            raise
        return (), f"its power outlets are no way to it: {problem}"


def feeds(testbed: Testbed, server: Server) -> tuple[tuple[Pdu, str], ...]:
    """The PDUs and outlets at the other end of a server's power cables, where the document says how the outlets are switched."""
    site = testbed.sites[server.site]
    pdus = {pdu.name: pdu for rack in site.racks.values() for pdu in rack.pdus.values()}
    return tuple(
        (pdus[device], port)
        for device, port in _far_ends(site, server.name)
        if device in pdus and pdus[device].outlets and pdus[device].management
    )


def _far_ends(site: Site, name: str) -> Iterator[tuple[str, str]]:
    """The device and port at the other end of each power cable of a device."""
    for rack in site.racks.values():
        for cable in rack.cables:
            for near, far in ((cable.a, cable.b), (cable.b, cable.a)):
                if cable.kind == "power" and near.partition(":")[0] == name:
                    device, _, port = far.partition(":")
                    yield device, port


def _fed_by(site: Site, outlet: str) -> Iterator[str]:
    """The devices at the other end of each power cable in an outlet."""
    for rack in site.racks.values():
        for cable in rack.cables:
            for near, far in ((cable.a, cable.b), (cable.b, cable.a)):
                if cable.kind == "power" and near == outlet:
                    yield far.partition(":")[0]
