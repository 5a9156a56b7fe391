"""From what is there to what should be there: the operations, in an order that the kernel takes and that keeps traffic.

New structure is built from the root to the leaves, and packets are led into it last; running objects are changed in
place; what is not wanted goes when nothing leads to it any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from microdc.errors import RefusedError
from microdc.netlink import intake
from microdc.netlink.model import (
    OUR_MAJOR,
    ROOT_HANDLE,
    TC_H_ROOT,
    HashTable,
    HtbClass,
    Intake,
    Object,
    Qdisc,
    QdiscTree,
    Rule,
    handle_text,
)
from microdc.netlink.operation import Inverse, Operation, changes
from microdc.netlink.structure import below, owner, restored, root_last, whole

__all__ = ["Inverse", "Operation", "changes", "diff", "foreign_root"]


def foreign_root(tree: QdiscTree) -> Qdisc | None:
    """The root qdisc, if it is somebody else's. A kernel default is nobody's and not in the tree."""
    root = tree.root
    return root if root is not None and root.handle >> 16 != OUR_MAJOR else None


def diff(
    desired: QdiscTree, observed: QdiscTree, *, where: str = "", take_over: bool = False
) -> list[Operation]:
    """The operations that turn observed into desired; none where they are equal.

    A foreign root qdisc is left alone where nothing is desired; else it is refused (RefusedError, at `where`),
    unless take_over says to replace it: only the qdisc itself comes back if that is undone, not what hung on it. The same
    holds of a foreign ingress qdisc. What comes in is led through an ifb last, and is led past it first.
    """
    foreign = observed.intake.foreign if observed.intake and desired.intake else None
    if foreign is not None and not take_over:
        raise _in_the_way(foreign, where)
    return [
        *intake.led_past(desired.intake, observed.intake),
        *intake.ingress_made(desired.intake, observed.intake),
        *_diff_egress(desired, observed, where=where, take_over=take_over),
        *intake.ifb_made(desired.intake, observed.intake),
        *_diff_led(desired.intake, observed.intake),
        *intake.led_through(desired.intake, observed.intake),
    ]


def _in_the_way(foreign: Qdisc, where: str) -> RefusedError:
    return RefusedError(
        f"a foreign qdisc is in the way: {foreign.kind} {handle_text(foreign.handle)}",
        where=where,
        hint="remove it with `tc qdisc del`, or replace it with --take-over",
    )


def _diff_led(desired: Intake | None, observed: Intake | None) -> list[Operation]:
    """What hangs on the ifb, which is ours with all that anybody put there."""
    if desired is None:
        return []
    there = observed.tree if observed and observed.ifb else QdiscTree()
    return [intake.led(o) for o in _diff_egress(desired.tree, there, where="", take_over=True)]


def _diff_egress(desired: QdiscTree, observed: QdiscTree, *, where: str, take_over: bool) -> list[Operation]:
    foreign = foreign_root(observed)
    if foreign is not None and desired.empty:
        return []
    if foreign is not None and not take_over:
        raise _in_the_way(foreign, where)
    operations: list[Operation] = []
    reason = _why_anew(desired, observed)
    if observed.root is not None and reason:
        lost: list[Object] = [observed.root] if foreign else whole(observed)
        operations.append(Operation("delete", observed.root, reason, _adding(lost)))
        observed = QdiscTree()
    if not desired.empty:
        operations += _Change(desired, observed).operations()
    return operations


def _why_anew(desired: QdiscTree, observed: QdiscTree) -> str:
    """Why the root qdisc has to go, if it has to. Neither it, a hash table in use nor a class's parent can be changed in place."""
    if desired.empty:
        return "nothing is left to emulate here"
    if foreign_root(observed) is not None:
        return "replaced, as --take-over says"
    fixed: list[tuple[Object | None, Object | None]] = [(observed.root, desired.root)]
    fixed += [(observed.tables.get(ident), table) for ident, table in desired.tables.items()]
    for old, new in fixed:
        if old is not None and new is not None and old != new:
            return f"has to be rebuilt: {changes(old, new)}"
    if words := _why_hung_elsewhere(desired, observed):
        return f"has to be rebuilt: {words}"
    built = desired.classes.keys() - observed.classes.keys()
    if any(rule.target in built for rule in observed.rules.values()):
        # once the class is there the rule holds it, if only while the change is taken back
        return "has to be rebuilt: a filter leads to a class that is not there"
    return ""


def _why_hung_elsewhere(desired: QdiscTree, observed: QdiscTree) -> str:
    """Why classes do not hang as they should, if they do not."""
    for handle, cls in desired.classes.items():
        if handle in observed.classes and observed.classes[handle].parent != cls.parent:
            return changes(observed.classes[handle], cls)
    parents = {cls.parent for cls in observed.classes.values()} - {ROOT_HANDLE}
    return "" if parents <= desired.classes.keys() else "a class that is not wanted has others below it"


def _adding(items: Iterable[Object]) -> Inverse:
    return tuple(("add", item) for item in restored(items))


class _Change:
    """The way from one tree to another under the same root, or from an interface without one."""

    def __init__(self, desired: QdiscTree, observed: QdiscTree) -> None:
        self.desired, self.observed = desired, observed
        self.fresh = observed.empty  # deleting the new root takes everything back at once
        self.begun: set[int] = set()  # classifiers to whose removal an inverse has been given
        self.kept = {TC_H_ROOT}
        self.gone: list[Qdisc | HtbClass] = []
        for item in below(observed, TC_H_ROOT):
            if owner(item, observed) not in self.kept:
                continue  # it goes with what it hangs on
            if self._stays(item):
                self.kept.add(item.handle)
            else:
                self.gone.append(item)

    def operations(self) -> list[Operation]:
        wanted = self.desired.qdiscs.values()
        handles, slots = {qdisc.handle for qdisc in wanted}, {qdisc.parent for qdisc in wanted}
        early = [
            item
            for item in self.gone
            if isinstance(item, Qdisc) and (item.handle in handles or item.parent in slots)
        ]
        late = [item for item in self.gone if item not in early]
        late.sort(key=lambda item: isinstance(item, HtbClass))
        return [
            *(self._without(item, "in the way of what is planned") for item in early),
            *self._built(),
            *self._unclassified(),
            *(self._without(item, "not part of the plan") for item in late),
        ]

    def _stays(self, item: Qdisc | HtbClass) -> bool:
        if isinstance(item, HtbClass):
            return item.handle in self.desired.classes
        new = self.desired.qdiscs.get(item.handle)
        return new is not None and (new.kind, new.parent) == (item.kind, item.parent)

    def _without(self, item: Qdisc | HtbClass, reason: str) -> Operation:
        return Operation("delete", item, reason, _adding([item, *below(self.observed, item.handle)]))

    def _built(self) -> Iterator[Operation]:
        old: Mapping[int, Qdisc | HtbClass] = {**self.observed.qdiscs, **self.observed.classes}
        for item in below(self.desired, TC_H_ROOT):
            yield from self._laid(item, old.get(item.handle) if item.handle in self.kept else None)
        for table in self.desired.tables.values():
            yield from self._laid(table, self.observed.tables.get(table.ident))
        there = self.observed.rules
        rules = [rule for key, rule in self.desired.rules.items() if there.get(key) != rule]
        for rule in root_last(rules):
            yield from self._laid(rule, there.get(rule.key))

    def _laid(self, item: Object, old: Object | None) -> Iterator[Operation]:
        if old is None:
            yield Operation("add", item, "new", self._removing(item))
        elif old == item:
            return
        elif isinstance(old, Rule):
            yield Operation("delete", old, f"has to be rebuilt: {changes(old, item)}", _adding([old]))
            yield Operation("add", item, "rebuilt", self._removing(item))
        else:
            inverse: Inverse = tuple(("change", was) for was in restored([old]))
            yield Operation("change", item, changes(old, item), inverse)

    def _removing(self, item: Object) -> Inverse:
        if self.fresh:
            return (("delete", item),) if isinstance(item, Qdisc) and item.parent == TC_H_ROOT else ()
        return self._removing_filter(item) if isinstance(item, HashTable | Rule) else (("delete", item),)

    def _removing_filter(self, item: HashTable | Rule) -> Inverse:
        """A rule in a root table goes by the number that the kernel gave the table.

        A table that does not exist yet has none. There only the whole classifier can go, which takes its root
        table along; and the other tables, unless another classifier is there, by which they can be deleted.
        """
        roots, classifier = self.observed.roots, item.prio << 16 | item.protocol
        in_root = isinstance(item, Rule) and item.table == 0
        if classifier in roots:
            if isinstance(item, Rule) and in_root:
                item = replace(item, kernel_handle=roots[classifier] | item.node)
            return (("delete", item),)
        if roots and not in_root:
            other = next(iter(roots))
            return (("delete", replace(item, protocol=other & 0xFFFF, prio=other >> 16)),)
        if classifier in self.begun:
            return ()
        self.begun.add(classifier)
        return (("delete", HashTable(0, item.protocol, item.prio)),)

    def _unclassified(self) -> Iterator[Operation]:
        """Rules and tables that are not wanted go: first what leads packets to others.

        The kernel drops the only classifier with its last rule, and all tables with it; so there it goes at once.
        """
        rules = [rule for key, rule in self.observed.rules.items() if key not in self.desired.rules]
        tables = [table for ident, table in self.observed.tables.items() if ident not in self.desired.tables]
        unwanted: list[HashTable | Rule] = [*reversed(root_last(rules)), *tables]
        if unwanted and not self.desired.rules and len(self.observed.roots) == 1:
            everything = HashTable(0, unwanted[0].protocol, unwanted[0].prio)
            yield Operation("delete", everything, "not part of the plan", _adding(reversed(unwanted)))
            return
        for item in unwanted:
            yield Operation("delete", item, "not part of the plan", _adding([item]))
