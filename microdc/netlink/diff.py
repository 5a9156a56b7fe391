"""From what is there to what should be there: the operations, in an order in which no packet is lost.

New structure is built leaf by leaf and traffic is led into it last; running objects are changed in place;
what goes away is first cut off from traffic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from microdc.errors import RefusedError
from microdc.netlink.messages import Verb
from microdc.netlink.model import (
    OUR_MAJOR,
    ROOT_HANDLE,
    TC_H_ROOT,
    HashTable,
    Object,
    Qdisc,
    QdiscTree,
    Rule,
    handle_text,
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One message to the kernel: what it does, why, and what takes it back (None: an earlier one's inverse does)."""

    verb: Verb
    item: Object
    reason: str
    inverse: tuple[Verb, Object] | None

    @property
    def structural(self) -> bool:
        """Whether it builds or removes something, rather than changing a running object in place."""
        return self.verb != "change"


def foreign_root(tree: QdiscTree) -> Qdisc | None:
    """The root qdisc, if it is somebody else's. A kernel default is nobody's and not in the tree."""
    root = tree.root
    return root if root is not None and root.handle >> 16 != OUR_MAJOR else None


def diff(
    desired: QdiscTree, observed: QdiscTree, *, where: str = "", take_over: bool = False
) -> list[Operation]:
    """The operations that turn observed into desired; none where they are equal.

    A foreign root qdisc is left alone where nothing is desired; else it is refused (RefusedError, at `where`),
    unless take_over says to replace it: only the qdisc itself comes back if that is undone, not what hung on it.
    """
    foreign = foreign_root(observed)
    if foreign is not None and desired.empty:
        return []
    if foreign is not None and not take_over:
        raise RefusedError(
            f"a foreign qdisc is in the way: {foreign.kind} {handle_text(foreign.handle)}",
            where=where,
            hint="remove it with `tc qdisc del`, or replace it with --take-over",
        )
    root = observed.root
    operations: list[Operation] = []
    if root is not None and (foreign or desired.empty):
        reason = "replaced, as --take-over says" if foreign else "nothing is left to emulate here"
        operations.append(Operation("delete", root, reason, ("add", root)))
        if desired.empty:
            return operations
        observed = QdiscTree()
    if desired.empty:
        return operations
    return operations + list(_build(desired, observed))


def _build(desired: QdiscTree, observed: QdiscTree) -> Iterator[Operation]:
    fresh = observed.empty
    yield from _removed_rules(desired, observed)
    yield from _laid(_by_depth(desired.qdiscs, roots=True), observed.qdiscs, fresh=fresh)
    yield from _laid(desired.classes, observed.classes, fresh=fresh)
    yield from _laid(_by_depth(desired.qdiscs, roots=False), observed.qdiscs, fresh=fresh)
    yield from _laid(desired.tables, observed.tables, fresh=fresh)
    # the root table's rules come last: from then on packets are classified
    ordered = sorted(desired.rules.items(), key=lambda kv: (kv[1].table == 0, kv[0]))
    yield from _laid(dict(ordered), observed.rules, fresh=fresh)
    yield from _gone(observed.tables, desired.tables)
    for handle, qdisc in observed.qdiscs.items():
        # a qdisc goes with the class it hangs on; only one under a class that stays is removed by itself
        if handle not in desired.qdiscs and (qdisc.parent in desired.classes or _under_kept(qdisc, desired)):
            yield Operation("delete", qdisc, "not part of the plan", ("add", qdisc))
    yield from _gone(observed.classes, desired.classes)


def _under_kept(qdisc: Qdisc, desired: QdiscTree) -> bool:
    return qdisc.parent & 0xFFFF0000 in desired.qdiscs and qdisc.parent >> 16 != OUR_MAJOR


def _by_depth(qdiscs: Mapping[int, Qdisc], *, roots: bool) -> dict[int, Qdisc]:
    chosen = {h: q for h, q in qdiscs.items() if (q.parent == TC_H_ROOT) == roots}
    inner = {h: q for h, q in chosen.items() if q.parent & 0xFFFF0000 in chosen}
    return {h: q for h, q in chosen.items() if h not in inner} | inner


def _laid(wanted: Mapping[Any, Object], there: Mapping[Any, Object], *, fresh: bool) -> Iterator[Operation]:
    for key, item in wanted.items():
        old = there.get(key)
        if old is None:
            # On a fresh interface deleting the root takes everything back at once.
            inverse = None if fresh and not _is_root(item) else ("delete", item)
            yield Operation("add", item, "new", inverse)  # type: ignore[arg-type]
        elif old != item:
            if isinstance(item, Rule | HashTable) or (isinstance(item, Qdisc) and _replaced(item, old)):
                yield Operation("delete", old, "has to be rebuilt: " + changes(old, item), ("add", old))
                yield Operation("add", item, "rebuilt", ("delete", item))
            else:
                yield Operation("change", item, changes(old, item), ("change", old))


def _replaced(new: Qdisc, old: Object) -> bool:
    return isinstance(old, Qdisc) and (old.kind != new.kind or old.parent != new.parent)


def _is_root(item: Object) -> bool:
    return isinstance(item, Qdisc) and item.handle == ROOT_HANDLE


def _removed_rules(desired: QdiscTree, observed: QdiscTree) -> Iterator[Operation]:
    gone = [rule for key, rule in observed.rules.items() if key not in desired.rules]
    for rule in sorted(gone, key=lambda r: (r.table != 0, r.key)):
        yield Operation("delete", rule, "not part of the plan", ("add", rule))


def _gone(there: Mapping[Any, Object], wanted: Mapping[Any, Object]) -> Iterator[Operation]:
    for key, item in there.items():
        if key not in wanted:
            yield Operation("delete", item, "not part of the plan", ("add", item))


def changes(old: Object, new: Object) -> str:
    """What differs, in words: `latency 10000000 → 20000000`."""
    before, after = (getattr(o, "options", o) for o in (old, new))
    if type(before) is not type(after):
        return f"{type(before).__name__} → {type(after).__name__}"
    told = [
        f"{f.name} {getattr(before, f.name)} → {getattr(after, f.name)}"
        for f in fields(after)
        if f.compare and getattr(before, f.name) != getattr(after, f.name)
    ]
    return ", ".join(told)
