"""Names of others to names of ours, and what a name tells of the site, the rack, the unit and the role."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import count

from microdc.errors import InputError
from microdc.survey.importing.model import Kind, Options
from microdc.topology.formats.model import Ledger
from microdc.topology.labels import MAX_NAME, kebab

_PARTS = {"site": "[a-z0-9]+", "rack": "[a-z0-9]+", "role": "[a-z0-9]+", "unit": "[0-9]{1,3}"}
_HINT = "write such as '{site}-{role}-{rack}-u{unit}'; * stands for anything"
_KINDS: dict[Kind, re.Pattern[str]] = {
    "pdu": re.compile(r"(pdu|ups|usv|rpdu|powerstrip)(\d.*)?"),
    "switch": re.compile(r"(sw|switch|leaf|spine|tor|rtr|router|gateway|fw|firewall)(\d.*)?"),
    "server": re.compile(
        r"(server|srv|compute|comp|control|controller|ctl|ctrl|storage|stor|hypervisor|host|node|worker)(\d.*)?"
    ),
}


@dataclass(slots=True)
class Names:
    """The name of ours of each device, as it comes up. Two ways to write one name (SW1, sw1) are one device."""

    renames: Mapping[str, str]
    ledger: Ledger
    ours: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def of(self, name: str) -> str:
        meant = self.renames.get(name, name)
        key = meant.casefold()
        if key not in self.ours:
            base = kebab(meant) or "device"
            ours = next(name for name in candidates(base, MAX_NAME) if name not in self.taken)
            self.taken.add(ours)
            self.ours[key] = ours
            if ours != meant:
                self.ledger.repaired(
                    "names of devices that are none here: at most 63 of a-z, 0-9 and -", f"{meant} is {ours}"
                )
        return self.ours[key]


def candidates(base: str, longest: int) -> Iterator[str]:
    """A name, and what it could be called where it is taken: NAME-2, NAME-3, ..."""
    yield base
    for number in count(2):
        suffix = f"-{number}"
        yield base[: longest - len(suffix)].rstrip("-") + suffix


def port_names(ports: Iterable[str], longest: int, forbidden: str) -> dict[str, str]:
    """Ports of one device to names that a document takes, each its own. forbidden: a class of characters, each of which becomes `-`."""
    names: dict[str, str] = {}
    taken = set[str]()
    for port in dict.fromkeys(ports):
        bare = re.sub(forbidden, "-", port)[:longest].strip("-./") or "port"
        names[port] = next(name for name in candidates(bare, longest) if name not in taken)
        taken.add(names[port])
    return names


def compile_patterns(patterns: Iterable[str]) -> list[re.Pattern[str]]:
    """The patterns by which names are read. Raises InputError."""
    return [_compile(pattern) for pattern in patterns]


def _compile(pattern: str) -> re.Pattern[str]:
    pieces = re.split(r"(\{[^{}]*\}|\*)", pattern)
    text = ""
    for piece in pieces:
        if piece == "*":
            text += ".*?"
        elif piece.startswith("{"):
            part = piece[1:-1]
            if part not in _PARTS:
                raise InputError(f"{piece} is nothing that a name tells", where="--names", hint=_HINT)
            if f"?P<{part}>" in text:
                raise InputError(f"{piece} stands twice in {pattern!r}", where="--names", hint=_HINT)
            text += f"(?P<{part}>{_PARTS[part]})"
        else:
            text += re.escape(piece.lower())
    if "?P<" not in text:
        raise InputError(f"{pattern!r} reads nothing from a name", where="--names", hint=_HINT)
    return re.compile(text)


def told_by_name(name: str, patterns: Iterable[re.Pattern[str]]) -> dict[str, str]:
    """Site, rack, unit (without leading zeros) and role by the first pattern that fits."""
    for pattern in patterns:
        if found := pattern.fullmatch(name):
            told = {key: value for key, value in found.groupdict().items() if value}
            return {**told, **({"unit": str(int(told["unit"]))} if "unit" in told else {})}
    return {}


def kind_of(name: str, source: str, role: str, options: Options) -> Kind | None:
    """What a device is: as the user says, else by the words of its role, else by those of its name; None where neither tells."""
    for glob, kind in options.kinds:
        if fnmatchcase(name, glob) or fnmatchcase(source, glob):
            return kind
    for text in (role, name):
        words = re.split(r"[^a-z0-9]+", text.lower())
        for kind, pattern in _KINDS.items():
            if any(map(pattern.fullmatch, words)):
                return kind
    return None
