"""Plans from any tree to any other are carried out, and taken back at any point, by the kernel's rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_tc import SimulatedTc

from microdc.errors import RefusedError
from microdc.netlink.classify import Network, classify
from microdc.netlink.diff import diff
from microdc.netlink.model import (
    ETH_P_IP,
    OUR_MAJOR,
    ROOT_HANDLE,
    TC_H_ROOT,
    Fifo,
    Foreign,
    HashTable,
    Htb,
    HtbClass,
    Match,
    Netem,
    Qdisc,
    QdiscTree,
    Rule,
)
from microdc.netlink.netem_values import Table

MINORS = (0x10, 0x11, 0x12)
POOL: list[Network] = [
    *(ip_network(f"10.{i}.0.0/16") for i in range(6)),
    *(ip_network(f"192.0.2.{i}/32") for i in range(3)),
    *(ip_network(f"fd00:{i:x}::/32") for i in range(6)),
]
SMALL = st.integers(1, 3)
LEAF = st.tuples(SMALL, SMALL, st.integers(0, 1), SMALL)  # rate, latency, jitter, buffer


LINE = ROOT_HANDLE | 1


def build(
    leaves: Mapping[int, tuple[int, int, int, int]], places: Mapping[Network, int], line: int = 0
) -> QdiscTree:
    """A tree as the WAN has it: class, netem and bfifo for each minor; networks by the minor of their class.

    line: the rate of a class above all of them; 0 for none.
    """
    qdiscs = {ROOT_HANDLE: Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb())}
    classes = {LINE: HtbClass(LINE, ROOT_HANDLE, line, line, 1, 1, 1500)} if line else {}
    above = LINE if line else ROOT_HANDLE
    for minor, (rate, latency, jitter, buffer) in leaves.items():
        handle = ROOT_HANDLE | minor
        classes[handle] = HtbClass(handle, above, rate, rate, 1, 1, 1500)
        netem = Netem(latency=latency, jitter=jitter, table=Table("normal" if jitter else ""))
        qdiscs[minor << 16] = Qdisc(minor << 16, handle, netem)
        queue = (minor | 0x8000) << 16
        qdiscs[queue] = Qdisc(queue, minor << 16 | 1, Fifo(buffer))
    targets = [(network, ROOT_HANDLE | minor) for network, minor in places.items() if minor in leaves]
    tables, rules = classify(targets, "src")
    return QdiscTree(qdiscs, classes, {t.ident: t for t in tables}, {r.key: r for r in rules})


@st.composite
def trees(draw: st.DrawFn) -> QdiscTree:
    leaves = draw(st.dictionaries(st.sampled_from(MINORS), LEAF, min_size=1))
    places = draw(st.dictionaries(st.sampled_from(POOL), st.sampled_from(sorted(leaves))))
    return build(leaves, places, draw(st.integers(0, 2)))


STRAY_CLASS = HtbClass(ROOT_HANDLE | 0x77, ROOT_HANDLE, 9, 9, 1, 1, 1500)


def _requeue(kernel: SimulatedTc, old: Qdisc | None, new: Qdisc | None) -> None:
    if old:
        kernel.send("delete", old)
    if old and new:
        kernel.send("add", replace(new, parent=old.parent))


def _drop_rule(kernel: SimulatedTc, minor: int) -> None:
    rules = list(kernel.tree().rules.values())
    if rules:
        kernel.send("delete", rules[minor % len(rules)])


def _stray_rule(kernel: SimulatedTc, minor: int) -> None:
    stray = Rule(ETH_P_IP, 1, 0, 0, 0x800 + minor, (Match(0, 0, 0),), target=ROOT_HANDLE | 0x10)
    if stray.key not in kernel.tree().rules:
        kernel.send("add", stray)


def _stray_class(kernel: SimulatedTc) -> None:
    if STRAY_CLASS.handle not in kernel.classes:
        kernel.send("add", STRAY_CLASS)
        kernel.send("add", Qdisc(0x770000, STRAY_CLASS.handle, Fifo(3)))


def _drop_classifiers(kernel: SimulatedTc) -> None:
    for protocol, prio in list(kernel.roots):
        kernel.send("delete", HashTable(0, protocol, prio))


def _other_root(kernel: SimulatedTc) -> None:
    kernel.qdiscs[ROOT_HANDLE] = replace(kernel.qdiscs[ROOT_HANDLE], options=Htb(default=0x10))


def _netem(kernel: SimulatedTc, minor: int) -> Qdisc | None:
    return kernel.qdiscs.get(minor << 16)


def _queue(kernel: SimulatedTc, minor: int) -> Qdisc | None:
    return kernel.qdiscs.get((minor | 0x8000) << 16)


# What somebody may have done to our tree by hand, around the leaf of one minor number.
DEEDS: list[Callable[[SimulatedTc, int], None]] = [
    lambda k, m: _requeue(k, _queue(k, m), None),
    lambda k, m: _requeue(k, _queue(k, m), Qdisc((0x9900 + m) << 16, 0, Fifo(9, "pfifo"))),
    lambda k, m: _requeue(k, _netem(k, m), None),
    lambda k, m: _requeue(k, _netem(k, m), Qdisc(m << 16, 0, Foreign("sfq"))),
    lambda k, m: _requeue(k, _netem(k, m), Qdisc((0x500 + m) << 16, 0, Netem(latency=7))),
    _drop_rule,
    _stray_rule,
    lambda k, _: _stray_class(k),
    lambda k, _: _drop_classifiers(k),
    lambda k, _: _other_root(k),
]


@st.composite
def kernels(draw: st.DrawFn) -> SimulatedTc:
    """An interface with or without a tree of ours, tampered with or not."""
    kernel = SimulatedTc()
    tree = draw(st.one_of(st.just(QdiscTree()), trees()))
    kernel.apply(diff(tree, QdiscTree()))
    if not tree.empty:
        for deed, minor in draw(
            st.lists(st.tuples(st.sampled_from(DEEDS), st.sampled_from(MINORS)), max_size=3)
        ):
            deed(kernel, minor)
    return kernel


wished = st.one_of(st.just(QdiscTree()), trees())


@given(trees())
def test_nothing_to_do_where_all_is_as_wished(tree: QdiscTree) -> None:
    assert diff(tree, tree) == []
    kernel = SimulatedTc()
    kernel.apply(diff(tree, QdiscTree()))
    assert kernel.tree() == tree
    assert diff(tree, kernel.tree()) == []
    assert diff(QdiscTree(), QdiscTree()) == []


@given(kernels(), wished)
def test_a_plan_is_carried_out(kernel: SimulatedTc, tree: QdiscTree) -> None:
    kernel.apply(diff(tree, kernel.tree()))
    assert kernel.tree() == tree
    assert set(kernel.tables) == set(tree.tables)
    assert diff(tree, kernel.tree()) == []


@given(kernels(), wished, st.data())
def test_a_plan_is_taken_back_from_wherever_it_stopped(
    kernel: SimulatedTc, tree: QdiscTree, data: st.DataObject
) -> None:
    before, hidden = kernel.tree(), kernel.hidden()
    operations = diff(tree, before)
    done = operations[: data.draw(st.integers(0, len(operations)))]
    kernel.apply(done)
    kernel.take_back(done)
    assert kernel.tree() == before
    assert kernel.hidden() == hidden


@given(trees(), st.data())
def test_values_are_changed_in_place(tree: QdiscTree, data: st.DataObject) -> None:
    leaves = {minor: data.draw(LEAF) for minor in MINORS if minor << 16 in tree.qdiscs}
    values = build(leaves, {}, data.draw(SMALL) if LINE in tree.classes else 0)
    other = replace(tree, qdiscs=values.qdiscs, classes=values.classes)
    operations = diff(other, tree)
    assert {operation.verb for operation in operations} <= {"change"}
    assert not any(operation.structural for operation in operations)


def test_reasons_say_what_changes() -> None:
    old, new = (build({0x10: (1, latency, 0, 1)}, {}) for latency in (1, 2))
    (operation,) = diff(new, old)
    assert operation.reason == "latency 1 → 2"


def test_packets_are_led_in_last() -> None:
    tree = build({0x10: (1, 1, 1, 1), 0x11: (2, 2, 0, 2)}, dict.fromkeys(POOL, 0x10))
    operations = diff(tree, QdiscTree())
    entries = [o.item for o in operations if isinstance(o.item, Rule) and o.item.table == 0]
    assert entries
    assert [o.item for o in operations[-len(entries) :]] == entries


def test_a_class_cannot_be_hung_elsewhere() -> None:
    """The kernel passes another parent over without a word."""
    leaves = {0x10: (1, 1, 1, 1)}
    operations = diff(build(leaves, {}, 5), build(leaves, {}))
    assert (operations[0].verb, operations[0].item) == ("delete", Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb()))
    assert "parent" in operations[0].reason


FOREIGN = QdiscTree({0x10000: Qdisc(0x10000, TC_H_ROOT, Foreign("tbf", b"1234"))})


def test_a_foreign_root_is_refused_by_name() -> None:
    tree = build({0x10: (1, 1, 1, 1)}, {})
    with pytest.raises(RefusedError, match=r"wan1:bcn: .*tbf 1:") as refusal:
        diff(tree, FOREIGN, where="wan1:bcn")
    assert "--take-over" in refusal.value.hint


def test_a_foreign_root_is_left_where_nothing_is_wished() -> None:
    assert diff(QdiscTree(), FOREIGN, take_over=True) == []


def test_a_foreign_root_is_replaced_where_that_is_asked_for_and_comes_back() -> None:
    tree = build({0x10: (1, 1, 1, 1)}, dict.fromkeys(POOL, 0x10))
    kernel = SimulatedTc()
    kernel.qdiscs.update(FOREIGN.qdiscs)
    operations = diff(tree, kernel.tree(), take_over=True)
    kernel.apply(operations)
    assert kernel.tree() == tree
    kernel.take_back(operations)
    assert kernel.tree() == FOREIGN


def test_our_handle_is_told_from_others() -> None:
    assert OUR_MAJOR << 16 == ROOT_HANDLE
    assert OUR_MAJOR not in (0, 1, 0x8001)  # kernel defaults, what people write, what the kernel gives out
