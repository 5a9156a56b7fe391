"""Which column of a cable table is what, by the words that people put over them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ROLES = ("a", "a-port", "b", "b-port", "a-rack", "b-rack", "label", "kind")
"""What a column can be told to be, by `--columns`."""

_WORDS: dict[str, tuple[str, ...]] = {
    "a": (
        "a", "source", "source device", "src", "from", "from device", "device a", "a device", "side a device", "local device",
        "local", "device", "host", "server", "node", "hostname",
    ),
    "a-port": (
        "a port", "port a", "sport", "source port", "src port", "from port", "interface a", "a interface", "source interface",
        "termination a", "side a name", "local port", "local interface", "psu", "power supply", "inlet", "port", "interface", "nic",
    ),
    "b": (
        "b", "destination", "destination device", "dest", "dst", "to", "to device", "device b", "b device", "side b device",
        "remote device", "remote", "neighbor", "neighbour", "peer", "switch", "target", "pdu", "ups", "usv", "usv direct", "feed",
        "power feed", "power source",
    ),
    "b-port": (
        "b port", "port b", "dport", "destination port", "dest port", "dst port", "to port", "interface b", "b interface",
        "destination interface", "termination b", "side b name", "remote port", "remote interface", "neighbor port", "peer port",
        "switch port", "switchport", "outlet", "pdu port", "pdu outlet",
    ),
    "a-rack": ("rack a", "a rack", "source rack", "from rack", "local rack"),
    "b-rack": ("rack b", "b rack", "destination rack", "to rack", "remote rack"),
    "label": ("label", "cable", "cable label", "cable id", "cable no", "cable number"),
    "kind": ("kind", "cable kind", "medium kind"),
}  # fmt: skip
_POWER = frozenset(
    {"psu", "power supply", "inlet", "pdu", "ups", "usv", "usv direct", "feed", "power feed", "power source"}
)
"""Words that only stand over columns of power cables."""
_SOURCES = frozenset(
    {"pdu", "ups", "usv", "usv direct", "feed", "power feed", "power source", "outlet", "pdu outlet"}
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Header words by role. power: the table is of power cables; gives: end b is what gives it. rest: the columns with no role."""

    roles: Mapping[str, str]
    rest: tuple[str, ...]
    power: bool = False
    gives: bool = False

    def cell(self, cells: Mapping[str, str], role: str) -> str:
        return cells.get(self.roles.get(role, ""), "")


def plain(word: str) -> str:
    """A header in lower case, single spaces between its words, marks left out: `Side A: Device` -> `side a device`."""
    return " ".join(re.findall(r"[a-z0-9]+", word.lower()))


def map_columns(header: Iterable[str], given: Mapping[str, str]) -> Columns | None:
    """The columns of a cable table, as told or as their words say; None where both ends are not among them."""
    names = [name for name in header if name]
    roles = {role: name for role, wanted in given.items() for name in names if plain(name) == plain(wanted)}
    by_word = {plain(name): name for name in reversed(names)}
    for role, words in _WORDS.items():
        if role not in given:
            taken = set(roles.values())
            found = next((by_word[word] for word in words if by_word.get(word, "") not in {*taken, ""}), None)
            if found is not None:
                roles[role] = found
    if not {"a", "b"} <= roles.keys():
        return None
    used = {plain(roles[role]) for role in roles}
    rest = tuple(name for name in names if name not in roles.values())
    return Columns(roles, rest, bool(used & _POWER), bool(used & _SOURCES))
