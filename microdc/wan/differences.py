"""What differs between the objects that are laid on an interface and those that are found there, in words. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from microdc.netlink.diff import foreign_root
from microdc.netlink.intake_values import TC_H_INGRESS, Ifb, Redirect
from microdc.netlink.model import (
    ROOT_HANDLE,
    HashTable,
    HtbClass,
    Led,
    Qdisc,
    QdiscTree,
    Rule,
    comes_in,
)
from microdc.wan.compile import ACCESS_HANDLE
from microdc.wan.model import Direction, Leaf, PortChange
from microdc.wan.wording import differing, named

_NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Difference:
    """One object that is not as it was laid.

    what: "root", "class" (the rate), "delay line", "buffer", "filters" (which packet belongs to which direction), "access line" (down to
    the site; at an edge up from it), "uplink" (what the site sends, of all its directions) or "other".
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
    yield from _uplink(port, observed, covered)
    if all(comes_in(operation.item) for operation in port.operations):
        return
    whole = _root(port.desired, observed)
    if whole is not None:
        yield Difference("root", directions, *whole)
        return
    yield from _access(directions, port, observed)
    for direction, leaf in sorted(port.leaves.items(), key=lambda item: item[0]):
        yield from _leaf(direction, leaf, observed)
    yield from _filters(directions, port)
    yield from _others(port, observed)


def _root(desired: QdiscTree, observed: QdiscTree) -> tuple[str, str] | None:
    """What was asked and is found at the root, where that says all."""
    old, new = observed.root, desired.root
    foreign = foreign_root(observed)
    if old is None or foreign is not None or new is None:
        found = named(old) if old else "no qdisc of microdc's"
        return named(new) if new else _NOTHING, found + (", which is not microdc's" if foreign else "")
    return None if old == new else differing(new, old)


def _access(directions: Sequence[Direction], port: PortChange, observed: QdiscTree) -> Iterator[Difference]:
    asked, found = (tree.classes.get(ACCESS_HANDLE) for tree in (port.desired, observed))
    if asked and asked != found:
        told = differing(asked, found) if found else (named(asked), _NOTHING)
        yield Difference("access line", directions, *told)


def _uplink(port: PortChange, observed: QdiscTree, covered: Collection[Direction]) -> Iterator[Difference]:
    """What leads the packets that a site sends through one queue, part by part."""
    directions = sorted(direction for direction in covered if direction.source == port.site)
    there = observed.intake.ifb if observed.intake else None
    for operation in port.operations:
        match operation.item:
            case Led() if there is None:
                continue  # it is missed with the ifb
            case Ifb():
                found = "it is down" if there else _NOTHING
                told = ("nothing", "an ifb") if operation.verb == "delete" else ("an ifb that is up", found)
            case Redirect() if operation.verb == "add":
                old = observed.intake.redirect if observed.intake else None
                told = ("all packets led through the ifb", "led elsewhere" if old else "led past it")
            case Led(HtbClass() as asked) if operation.verb == "change" and observed.intake:
                told = differing(asked, observed.intake.tree.classes[asked.handle])
            case Led(Qdisc() as asked) if operation.verb == "change" and observed.intake:
                told = differing(asked, observed.intake.tree.qdiscs[asked.handle])
            case Led(Qdisc() | HtbClass() as item):
                told = (named(item), _NOTHING) if operation.verb == "add" else (_NOTHING, named(item))
            case Qdisc(parent=parent) as item if parent == TC_H_INGRESS and operation.verb == "delete":
                foreign = observed.intake is not None and observed.intake.foreign is not None
                told = (_NOTHING, named(item) + (", which is not microdc's" if foreign else ""))
            case _:
                continue
        yield Difference("uplink", directions, *told)


def _leaf(direction: Direction, leaf: Leaf, observed: QdiscTree) -> Iterator[Difference]:
    """The first object that is missing takes along what hangs on it."""
    cls = observed.classes.get(leaf.cls.handle)
    if cls is None:
        yield Difference("class", (direction,), named(leaf.cls), _NOTHING)
        return
    if cls != leaf.cls:
        yield Difference("class", (direction,), *differing(leaf.cls, cls))
    for what, asked in (("delay line", leaf.netem), ("buffer", leaf.buffer)):
        found = observed.qdiscs.get(asked.handle)
        if found is None or (found.kind, found.parent) != (asked.kind, asked.parent):
            there = [q for q in observed.qdiscs.values() if q.parent == asked.parent]
            yield Difference(what, (direction,), named(asked), named(there[0]) if there else _NOTHING)
            return
        if found != asked:
            yield Difference(what, (direction,), *differing(asked, found))


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
            yield Difference("other", (), _NOTHING, named(item))


def _on_ours(item: HtbClass | Qdisc, observed: QdiscTree) -> bool:
    """Whether it hangs directly on something of ours; what hangs on another stranger goes with that one."""
    return (
        item.parent == ROOT_HANDLE
        or item.parent in observed.classes
        or item.parent & 0xFFFF0000 in observed.qdiscs
    )
