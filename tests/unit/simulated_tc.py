"""The kernel's rules for qdiscs, classes and u32 filters on one interface, as far as plans rely on them.

Source: net/sched/sch_api.c, sch_htb.c, cls_api.c, cls_u32.c of Linux 6.x; tests/kernel holds the same plans against a
real kernel.
"""

from __future__ import annotations

from dataclasses import replace

from microdc.netlink.diff import Operation
from microdc.netlink.messages import Verb
from microdc.netlink.model import (
    ROOT_HANDLE,
    TC_H_ROOT,
    Fifo,
    HashTable,
    Htb,
    HtbClass,
    Netem,
    Object,
    Qdisc,
    QdiscOptions,
    QdiscTree,
    Rule,
)
from microdc.netlink.netem_values import UNKNOWN_TABLE, Table

Classifier = tuple[int, int]  # protocol and prio


class KernelRefusal(Exception):  # noqa: N818 - an answer, not an error of ours
    """What the kernel says no to."""


class SimulatedTc:
    def __init__(self) -> None:
        self.qdiscs: dict[int, Qdisc] = {}
        self.classes: dict[int, HtbClass] = {}
        self.roots: dict[Classifier, int] = {}
        self.tables: dict[int, HashTable] = {}
        self.rules: dict[int, Rule] = {}  # by the kernel's own number
        self.bound: set[int] = set()  # rules whose class was there when they came: it cannot go before them
        self.delay_tables: dict[int, Table] = {}  # which a dump does not show
        self._next_root = 0x801

    def __repr__(self) -> str:
        return f"SimulatedTc({self.tree()}, roots={self.roots})"

    # -- what is seen and done from outside

    def tree(self) -> QdiscTree:
        """What a dump shows: tables and rules only of classifiers that are there."""
        shown = {
            number: replace(rule, kernel_handle=number)
            for number, rule in self.rules.items()
            if (rule.protocol, rule.prio) in self.roots
        }
        return QdiscTree(
            {h: replace(q, options=_without_table(q)) for h, q in self.qdiscs.items()},
            dict(self.classes),
            {i: t for i, t in self.tables.items() if (t.protocol, t.prio) in self.roots},
            {rule.key: rule for rule in shown.values()},
            {prio << 16 | protocol: number for (protocol, prio), number in self.roots.items()},
        )

    def hidden(self) -> tuple[object, ...]:
        """What a dump does not show and yet matters."""
        jittered = {h for h, q in self.qdiscs.items() if isinstance(q.options, Netem) and q.options.jitter}
        return set(self.tables), {h: t for h, t in self.delay_tables.items() if h in jittered}

    def apply(self, operations: list[Operation]) -> None:
        for operation in operations:
            self.send(operation.verb, operation.item)

    def take_back(self, operations: list[Operation]) -> None:
        for operation in reversed(operations):
            for verb, item in operation.inverse:
                self.send(verb, item)

    def send(self, verb: Verb, item: Object) -> None:
        match item:
            case Qdisc():
                {"add": self._add_qdisc, "change": self._change_qdisc, "delete": self._delete_qdisc}[verb](
                    item
                )
            case HtbClass():
                {"add": self._add_class, "change": self._change_class, "delete": self._delete_class}[verb](
                    item
                )
            case HashTable():
                {"add": self._add_table, "delete": self._delete_table}[verb](item)
            case Rule():
                {"add": self._add_rule, "delete": self._delete_rule}[verb](item)

    # -- qdiscs

    def _add_qdisc(self, item: Qdisc) -> None:
        _check(item.handle not in self.qdiscs, "a qdisc has this handle")
        _check(all(q.parent != item.parent for q in self.qdiscs.values()), "something hangs there already")
        owner = self.qdiscs.get(item.parent & 0xFFFF0000)
        lends = owner is not None and isinstance(owner.options, Netem)
        _check(item.parent == TC_H_ROOT or item.parent in self.classes or lends, "no such parent")
        self.qdiscs[item.handle] = item
        self._set_table(item, new=True)

    def _change_qdisc(self, item: Qdisc) -> None:
        old = self.qdiscs.get(item.handle)
        _check(old is not None and (old.kind, old.parent) == (item.kind, item.parent), "no such qdisc")
        _check(isinstance(item.options, Netem | Fifo), "change is not supported by this kind")
        self.qdiscs[item.handle] = item
        self._set_table(item, new=False)

    def _set_table(self, item: Qdisc, *, new: bool) -> None:
        if isinstance(item.options, Netem) and (new or item.options.table.known):
            self.delay_tables[item.handle] = item.options.table

    def _delete_qdisc(self, item: Qdisc) -> None:
        old = self.qdiscs.get(item.handle)
        _check(old is not None and old.parent == item.parent, "no such qdisc")
        self._drop(item.handle)
        if item.parent == TC_H_ROOT:
            for things in (self.qdiscs, self.classes, self.roots, self.tables, self.rules, self.delay_tables):
                things.clear()

    def _drop(self, handle: int) -> None:
        del self.qdiscs[handle]
        self.delay_tables.pop(handle, None)
        self._drop_below(range(handle, handle + 0x10000))

    def _drop_below(self, parents: range) -> None:
        for other in [h for h, q in self.qdiscs.items() if q.parent in parents]:
            if other in self.qdiscs:
                self._drop(other)

    # -- classes

    def _add_class(self, item: HtbClass) -> None:
        root = self.qdiscs.get(ROOT_HANDLE)
        _check(root is not None and isinstance(root.options, Htb), "no HTB here")
        _check(item.handle not in self.classes, "a class has this handle")
        _check(item.parent in (ROOT_HANDLE, *self.classes), "no such parent")
        self.classes[item.handle] = item

    def _change_class(self, item: HtbClass) -> None:
        old = self.classes.get(item.handle)
        _check(old is not None, "no such class")
        item = replace(item, parent=old.parent if old else 0)  # another parent is passed over without a word
        self.classes[item.handle] = item

    def _delete_class(self, item: HtbClass) -> None:
        _check(item.handle in self.classes, "no such class")
        bound = {rule.target for number, rule in self.rules.items() if number in self.bound}
        _check(item.handle not in bound, "filters lead to it")
        _check(all(cls.parent != item.handle for cls in self.classes.values()), "it has classes below it")
        del self.classes[item.handle]
        self._drop_below(range(item.handle, item.handle + 1))

    # -- filters

    def _add_table(self, item: HashTable) -> None:
        _check(ROOT_HANDLE in self.qdiscs, "no qdisc to filter for")
        _check(item.ident not in self.tables, "the table's number is taken")
        self._classifier(item.protocol, item.prio)
        self.tables[item.ident] = item

    def _classifier(self, protocol: int, prio: int) -> int:
        if (protocol, prio) not in self.roots:
            self.roots[protocol, prio] = (self._next_root if self.roots else 0x800) << 20
            self._next_root += 1
        return self.roots[protocol, prio]

    def _delete_table(self, item: HashTable) -> None:
        _check((item.protocol, item.prio) in self.roots, "no such classifier")
        if item.ident == 0:
            root = self.roots.pop((item.protocol, item.prio))
            self.rules = {n: r for n, r in self.rules.items() if n >> 20 != root >> 20}
            if not self.roots:
                self.tables, self.rules = {}, {}
            return
        _check(item.ident in self.tables, "no such table")
        _check(all(rule.link != item.ident for rule in self.rules.values()), "rules lead to it")
        del self.tables[item.ident]
        self.rules = {n: r for n, r in self.rules.items() if n >> 20 != item.ident}
        self._end_of_classifiers()

    def _add_rule(self, item: Rule) -> None:
        _check(ROOT_HANDLE in self.qdiscs, "no qdisc to filter for")
        _check(item.table == 0 or item.table in self.tables, "no such table")
        _check(item.link == 0 or item.link in self.tables, "the linked table is not there")
        root = self._classifier(item.protocol, item.prio)
        number = item.handle if item.table else root | item.handle
        _check(number not in self.rules, "a rule has this number")
        self.rules[number] = item
        (self.bound.add if item.target in self.classes else self.bound.discard)(number)

    def _delete_rule(self, item: Rule) -> None:
        _check((item.protocol, item.prio) in self.roots, "no such classifier")
        number = item.kernel_handle or item.handle
        _check(number in self.rules, "no such rule")
        del self.rules[number]
        self._end_of_classifiers()

    def _end_of_classifiers(self) -> None:
        if len(self.roots) == 1 and not self.rules:
            self.roots.clear()
            self.tables.clear()


def _check(allowed: bool, why_not: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not allowed:
        raise KernelRefusal(why_not)


def _without_table(qdisc: Qdisc) -> QdiscOptions:
    options = qdisc.options
    return replace(options, table=UNKNOWN_TABLE) if isinstance(options, Netem) else options
