"""What differs between the objects that are laid on an interface and those that are found there, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from microdc.netlink.diff import foreign_root
from microdc.netlink.model import (
    ROOT_HANDLE,
    Fifo,
    HashTable,
    HtbClass,
    Netem,
    Qdisc,
    QdiscTree,
    Rule,
    handle_text,
)
from microdc.netlink.netem import TICK
from microdc.units import format_delay, format_percent, format_rate, format_size
from microdc.wan.model import Direction, Leaf, PortChange

_EVERYTHING = 2**32 - 1
_NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that is not as it was laid.

    what: "root", "class" (the rate), "delay line", "buffer", "filters" (which packet belongs to which direction) or "other".
    directions: those whose packets it concerns. asked, found: only what differs of the two.
    """

    what: str
    directions: Sequence[Direction]
    asked: str
    found: str


def differences(
    port: PortChange, observed: QdiscTree, covered: Collection[Direction]
) -> Iterator[Difference]:
    """All that differs at one interface. port: of a plan that lays nothing new. covered: the directions that are laid."""
    if not port.operations:
        return
    directions = sorted(direction for direction in port.leaves if direction in covered)
    whole = _root(port.desired, observed)
    if whole is not None:
        yield Difference("root", directions, *whole)
        return
    for direction, leaf in sorted(port.leaves.items(), key=lambda item: item[0]):
        yield from _leaf(direction, leaf, observed)
    yield from _filters(directions, port)
    yield from _others(port, observed)


def _root(desired: QdiscTree, observed: QdiscTree) -> tuple[str, str] | None:
    """What was asked and is found at the root, where that says all."""
    old, new = observed.root, desired.root
    foreign = foreign_root(observed)
    if old is None or foreign is not None or new is None:
        found = _named(old) if old else "no qdisc of microdc's"
        return _named(new) if new else _NOTHING, found + (", which is not microdc's" if foreign else "")
    return None if old == new else _told(new, old)


def _leaf(direction: Direction, leaf: Leaf, observed: QdiscTree) -> Iterator[Difference]:
    """The first object that is missing takes along what hangs on it."""
    cls = observed.classes.get(leaf.cls.handle)
    if cls is None:
        yield Difference("class", (direction,), _named(leaf.cls), _NOTHING)
        return
    if cls != leaf.cls:
        yield Difference("class", (direction,), *_told(leaf.cls, cls))
    for what, asked in (("delay line", leaf.netem), ("buffer", leaf.buffer)):
        found = observed.qdiscs.get(asked.handle)
        if found is None or (found.kind, found.parent) != (asked.kind, asked.parent):
            there = [q for q in observed.qdiscs.values() if q.parent == asked.parent]
            yield Difference(what, (direction,), _named(asked), _named(there[0]) if there else _NOTHING)
            return
        if found != asked:
            yield Difference(what, (direction,), *_told(asked, found))


def _filters(directions: Sequence[Direction], port: PortChange) -> Iterator[Difference]:
    """Rules are many and say little one by one: how many are missing, and how many are too many."""
    operations = [o for o in port.operations if isinstance(o.item, HashTable | Rule)]
    missing = sum(o.verb == "add" for o in operations)
    spare = sum(o.verb == "delete" for o in operations)
    if operations:
        asked = f"{len(port.desired.tables) + len(port.desired.rules)} filters"
        yield Difference("filters", directions, asked, f"{missing} of them missing, {spare} others")


def _others(port: PortChange, observed: QdiscTree) -> Iterator[Difference]:
    """Classes and qdiscs that are nowhere asked, and do not stand where something else is asked."""
    places = {item.parent for leaf in port.leaves.values() for item in (leaf.netem, leaf.buffer)}
    items: list[HtbClass | Qdisc] = [*observed.classes.values(), *observed.qdiscs.values()]
    for item in items:
        asked = item.handle in port.desired.classes or item.handle in port.desired.qdiscs
        placed = isinstance(item, Qdisc) and item.parent in places
        if not asked and not placed and _on_ours(item, observed):
            yield Difference("other", (), _NOTHING, _named(item))


def _on_ours(item: HtbClass | Qdisc, observed: QdiscTree) -> bool:
    """Whether it hangs directly on something of ours; what hangs on another stranger goes with that one."""
    return (
        item.parent == ROOT_HANDLE
        or item.parent in observed.classes
        or item.parent & 0xFFFF0000 in observed.qdiscs
    )


def _named(item: Qdisc | HtbClass) -> str:
    return f"{'htb class' if isinstance(item, HtbClass) else item.kind} {handle_text(item.handle)}"


# -- values


def _told(asked: Qdisc | HtbClass, found: Qdisc | HtbClass) -> tuple[str, str]:
    """The fields that differ, as asked and as found."""
    new, old = (getattr(item, "options", item) for item in (asked, found))
    if type(new) is not type(old):
        return _named(asked), _named(found)
    units = _UNITS.get(type(new), {})
    differing = [f.name for f in fields(new) if f.compare and getattr(new, f.name) != getattr(old, f.name)]

    def words(item: Any) -> str:
        return ", ".join(f"{_names(n)} {units.get(n, str)(getattr(item, n))}" for n in differing)

    return words(new), words(old)


def _names(field: str) -> str:
    return {"latency": "delay"}.get(field, field.replace("_", " "))


def _bytes_rate(value: int) -> str:
    return format_rate(8 * value)


def _share(value: int) -> str:
    return format_percent(round(100 * value / _EVERYTHING, 4))


def _packets(value: int) -> str:
    return f"{value} packets"


def _ticks(value: int) -> str:
    return format_delay(value * TICK)


_SHARES = ("loss", "duplicate", "reorder", "corrupt")
_CORRELATIONS = ("delay", "loss", "duplicate", "reorder", "corrupt")
_UNITS: Mapping[type[Any], Mapping[str, Callable[[Any], str]]] = {
    Netem: {
        "latency": format_delay,
        "jitter": format_delay,
        "limit": _packets,
        "rate": _bytes_rate,
        **dict.fromkeys(_SHARES, _share),
        **dict.fromkeys((f"{name}_correlation" for name in _CORRELATIONS), _share),
    },
    HtbClass: {"rate": _bytes_rate, "ceil": _bytes_rate, "burst": _ticks, "cburst": _ticks},
    Fifo: {"limit": format_size},
}
