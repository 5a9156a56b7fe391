"""What was found, written into the inventory's documents: comments, order and every other line stay. Pure but for the files' text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from microdc.bmc.model import FoundNic, Hardware
from microdc.documents.edit import Change, Plain, difference, edit
from microdc.testbed.model import Expected, Server, Testbed
from microdc.units import format_memory

_BEFORE_HARDWARE = ("nics", "edge")
_NAME_LENGTH = 15
"""What the kernel allows an interface to be called."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """A document and what it becomes. taken: what is written down, in words; left: what was found and is not, with the reason."""

    file: Path
    before: str
    after: str
    taken: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def diff(self) -> str:
        return difference(self.file, self.before, self.after)


def _read(file: Path) -> str:
    """As bytes say it: line ends stay what they are."""
    return file.read_bytes().decode()


def adopt(
    testbed: Testbed,
    servers: Mapping[str, Server],
    found: Mapping[str, Hardware],
    *,
    replace: bool = False,
    read: Callable[[Path], str] = _read,
) -> list[Adoption]:
    """For every document in which something changes, what it becomes; also for those where something is left.

    What is declared already and differs is written over only with `replace`: it may be the machine that is wrong.
    """
    wishes: dict[Path, list[Change]] = {}
    taken: dict[Path, list[str]] = {}
    left: dict[Path, list[str]] = {}
    for name, server in servers.items():
        if name not in found:
            continue
        base = ("racks", server.rack, "servers", name)
        file = testbed.where("sites", server.site, *base).file
        another = _another(server, found[name])
        for wish in (*_hardware(server, found[name]), *_nics(server, found[name])):
            words = f"{name}: {' '.join(wish.path)} {_words(wish.value)}"
            doubt = wish.doubt
            if not replace:
                doubt = f"{wish.old} is declared, --replace writes over it" if wish.old else doubt or another
            if doubt:
                left.setdefault(file, []).append(f"{words}: {doubt}")
                continue
            wishes.setdefault(file, []).append(Change((*base, *wish.path), wish.value, _BEFORE_HARDWARE))
            taken.setdefault(file, []).append(words)
    made = []
    for file in sorted({*wishes, *left}):
        text = read(file)
        after = edit(text, wishes.get(file, ()), where=str(file))
        made.append(Adoption(file, text, after, tuple(taken.get(file, ())), tuple(left.get(file, ()))))
    return made


def _another(server: Server, found: Hardware) -> str:
    """Why nothing is taken of a machine that is not the declared one."""
    declared, serial = server.hardware.serial if server.hardware else None, found.identity.serial
    if not declared or not serial or declared.strip().casefold() == serial.strip().casefold():
        return ""
    return f"it is of another machine (serial number {serial}), --replace takes it"


@dataclass(frozen=True, slots=True)
class _Wish:
    """Keys below the server, and the value. old: what is declared there now; doubt: why it is left to a person."""

    path: tuple[str, ...]
    value: Plain
    old: str = ""
    doubt: str = ""


def _hardware(server: Server, found: Hardware) -> Iterator[_Wish]:
    """The mapping as one where there is none yet, else its keys one by one. Firmware is a policy, which nobody finds in a machine."""
    facts = _facts(found)
    if server.hardware is None:
        if facts:
            yield _Wish(("hardware",), facts)
        return
    for key, value in facts.items():
        declared = _declared(server.hardware, key)
        if declared != str(value):
            yield _Wish(("hardware", key), value, old=declared)


def _facts(found: Hardware) -> dict[str, Plain]:
    sizes = [module.size for module in found.modules]
    memory = sum(size for size in sizes if size) if sizes and all(sizes) else found.memory
    facts: dict[str, Plain] = {
        "manufacturer": found.identity.manufacturer,
        "model": found.identity.model,
        "serial": found.identity.serial,
        "processors": len(found.processors) or found.processor_count,
        "memory": format_memory(memory) if memory else None,
        "modules": len(found.modules) or None,
        "disks": len(found.disks) or None,
        "power_supplies": len(found.power_supplies) or None,
    }
    return {key: value for key, value in facts.items() if value is not None}


def _declared(hardware: Expected, key: str) -> str:
    value = getattr(hardware, key)
    if key == "memory":
        return format_memory(value) if value else ""
    return "" if value is None else str(value)


def _nics(server: Server, found: Hardware) -> Iterator[_Wish]:
    """Ports that nobody declared, under names of their own. Which declared NIC without an address each is, only a person knows.

    But one declared NIC without an address and one port left over are the same.
    """
    there = {nic.mac: nic for nic in found.nics if nic.mac}
    known = {nic.mac: nic.name for nic in server.nics.values() if nic.mac}
    strangers = {mac: nic for mac, nic in there.items() if mac not in known}
    gone = {name: mac for mac, name in known.items() if mac not in there}
    for mac, name in _replaced(gone, strangers).items():
        yield _Wish(("nics", name, "mac"), mac, old=gone.pop(name))
        del strangers[mac]
    blank = [nic.name for nic in server.nics.values() if not nic.mac]
    if len(blank) == 1 and len(strangers) == 1 and not gone:
        yield _Wish(("nics", blank[0], "mac"), next(iter(strangers)))
        return
    taken = set(server.nics)
    for mac, nic in strangers.items():
        if doubt := _which(blank, gone):
            yield _Wish(("nics",), mac, doubt=doubt)
            continue
        name = _free(nic, taken)
        taken.add(name)
        yield _Wish(("nics", name), {"mac": mac})


def _replaced(gone: Mapping[str, str], strangers: Mapping[str, FoundNic]) -> dict[str, str]:
    """The ports that took the place of declared ones: address -> name. Those of the same name, or the only one that is left on either side."""
    same = {mac: nic.name for mac, nic in strangers.items() if nic.name in gone}
    if len(gone) == len(strangers) == 1:
        return dict(zip(strangers, gone, strict=True))
    return same if len(set(same.values())) == len(same) else {}


def _which(blank: Sequence[str], gone: Mapping[str, str]) -> str:
    """Why a port that nobody declared is not simply a new one."""
    if gone:
        names = ", ".join(f"{name} ({mac})" for name, mac in gone.items())
        return (
            f"it may have taken the place of {names}, of which nothing was found: write it where it belongs"
        )
    if blank:
        return f"it may be one of {', '.join(blank)}, which have no address yet: write it where it belongs"
    return ""


def _free(nic: FoundNic, taken: set[str]) -> str:
    """The port's own name as an interface may be called, or the next free number."""
    own = re.sub(r"[^A-Za-z0-9._-]+", "-", nic.name).strip("-")
    if own and len(own) <= _NAME_LENGTH and own not in taken and own not in {".", ".."}:
        return own
    number = 1
    while f"nic{number}" in taken:
        number += 1
    return f"nic{number}"


def _words(value: Plain) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_words(item)}" for key, item in value.items())
    return str(value)
