"""Access lines that pairs share: which there are, what they come to in a tree, and who does not keep to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.impairment import CLEAN, Framing, Impairment
from microdc.netlink.htb import pack_class, unpack_class
from microdc.netlink.model import ROOT_HANDLE, TC_H_ROOT, Fifo, Htb, HtbClass, Qdisc, QdiscTree
from microdc.testbed.shapers import ShapedPort, Side
from microdc.units import MAX_RATE, MIN_RATE, Rate, Size
from microdc.wan import plain
from microdc.wan.access import beyond_lines
from microdc.wan.compile import (
    ACCESS_HANDLE,
    FIRST_MINOR,
    LAST_MINOR,
    compile_access,
    compile_frame,
    compile_intake,
    compile_leaf,
    compile_tree,
)
from microdc.wan.model import BASE, AccessLine, Asked, Direction, Overlay, Plan, PortChange

MTU, PACKET = 1500, 1514
MBIT = 10**6
rates = st.integers(MIN_RATE, MAX_RATE).map(Rate)


def impairment(rate: int) -> Impairment:
    return Impairment(rate=Rate(rate), buffer=Size(rate // 80))


def asked(*ways: tuple[str, str], rate: int | None = MBIT, shared: bool = True) -> dict[Direction, Asked]:
    value = CLEAN if rate is None else impairment(rate)
    return {Direction(*way): Asked(value, "test", shared=shared) for way in ways}


# -- as they are kept


def test_lines_survive_their_way_to_an_agent() -> None:
    lines = {"a": AccessLine(Rate(1), Size(2), Rate(3)), "b": AccessLine(down=Rate(4))}
    assert plain.lines_from_data(plain.lines_to_data(lines)) == lines


def test_what_was_written_down_before_lines_were_shared_shares_none() -> None:
    direction, value = Direction("a", "b"), Asked(CLEAN, "x", shared=True)
    data = plain.to_data(direction, value)
    assert plain.from_data(data) == (direction, value)
    old = {key: told for key, told in data.items() if key != "shared"}
    assert plain.from_data(old) == (direction, replace(value, shared=False))


# -- what they come to


@given(rates, rates, st.integers(576, 9000))
def test_what_shares_a_line_borrows_nearly_all_from_it(line: Rate, rate: Rate, mtu: int) -> None:
    cls = compile_leaf(0x10, impairment(rate), mtu, line).cls
    assert (cls.parent, cls.ceil, cls.quantum) == (ACCESS_HANDLE, rate // 8, mtu + 14)
    at_most = LAST_MINOR - FIRST_MINOR + 1
    assert cls.rate <= max(line // 8 / at_most, (mtu + 14) / 60 + 1)
    assert 0 < cls.rate <= cls.ceil
    alone = compile_leaf(0x10, impairment(rate), mtu).cls
    assert cls.ceil == alone.ceil
    assert cls.cburst >= alone.cburst  # several buckets in a row are larger than one
    assert unpack_class(cls.handle, cls.parent, pack_class(cls)) == cls  # all of it fits the kernel's 32 bits


@given(st.lists(rates, min_size=2, max_size=5), rates)
def test_turns_and_guarantees_are_the_same_for_all_that_share(asked_rates: list[Rate], line: Rate) -> None:
    leaves = [
        compile_leaf(0x10 + n, impairment(max(rate, line)), MTU, line) for n, rate in enumerate(asked_rates)
    ]
    assert len({(leaf.cls.rate, leaf.cls.quantum) for leaf in leaves}) == 1


def test_what_holds_end_to_end_has_all_of_its_rate_as_its_own() -> None:
    cls = compile_leaf(0x10, impairment(50 * MBIT), MTU).cls
    assert (cls.parent, cls.rate, cls.ceil) == (ACCESS_HANDLE, 50 * MBIT // 8, 50 * MBIT // 8)


def test_cells_are_counted_by_netem_and_the_line_bounds_what_leaves_it() -> None:
    framed = replace(impairment(5 * MBIT), framing=Framing(18, 48, 5))
    leaf = compile_leaf(0x10, framed, MTU, Rate(5 * MBIT))
    assert leaf.cls.ceil * 8 == MAX_RATE
    assert leaf.netem == compile_leaf(0x10, framed, MTU).netem
    # what waits for the line waits in the bottleneck's buffer, not without end
    assert leaf.buffer.options == Fifo(5 * MBIT // 80)


@given(st.one_of(st.none(), rates))
def test_a_line_is_the_parent_of_all_and_only_its_values_change(line: Rate | None) -> None:
    frame = compile_frame({"a": [ip_network("10.1.0.0/16")], "b": []}, MTU)
    tree = compile_tree(frame, frame.leaves({}), line)
    access = tree.classes[ACCESS_HANDLE]
    assert access.rate == access.ceil == (MAX_RATE if line is None else line) // 8
    assert access.parent == ROOT_HANDLE
    assert {cls.parent for cls in tree.classes.values() if cls != access} == {ACCESS_HANDLE}
    assert access.quantum == compile_access(None, 9000).quantum  # which the kernel does not change any more


def test_what_a_site_sends_goes_through_one_queue() -> None:
    intake = compile_intake(AccessLine(Rate(8 * MBIT), Size(30_000)), MTU)
    assert intake is not None
    ticks = 156_250  # 10 ms in the kernel's 64 ns
    access = HtbClass(ACCESS_HANDLE, ROOT_HANDLE, MBIT, MBIT, ticks, ticks, 1514)
    assert intake.tree.classes == {ACCESS_HANDLE: access}
    root = intake.tree.root
    assert root == Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb(default=1))
    (queue,) = (qdisc for qdisc in intake.tree.qdiscs.values() if qdisc != root)
    assert (queue.parent, queue.options) == (ACCESS_HANDLE, Fifo(30_000))
    assert None not in (intake.ifb, intake.ingress, intake.redirect)


def test_a_line_without_a_rate_up_needs_no_queue() -> None:
    assert compile_intake(AccessLine(down=Rate(MBIT)), MTU) is None


# -- who does not keep to them


def a_plan(values: Mapping[Direction, Asked]) -> Plan:
    """Lays values where boston, behind an emulator, and edge, without one, share their lines."""
    line = AccessLine(Rate(10 * MBIT), Size(10**5), Rate(20 * MBIT))
    base = Overlay(BASE, "me", "the inventory", {}, lines={"boston": line, "edge": line})
    put = Overlay("o1", "me", "test", values)
    sides: dict[str, Side] = {"boston": "uplink", "edge": "edge"}
    ports = [
        PortChange("x", ShapedPort("p", site, side), 2, MTU, [], QdiscTree(), {}, {})
        for site, side in sides.items()
    ]
    return Plan("test", ports, {}, [base, put], put)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (asked(("paris", "boston"), rate=10**9), []),
        (asked(("paris", "boston"), rate=MBIT, shared=False), []),
        (
            asked(("lima", "boston"), rate=21 * MBIT, shared=False),
            ["lima → boston.*20mbit down.* passes all the same"],
        ),
        (asked(("lima", "boston"), rate=None, shared=False), ["lima → boston.*20mbit down"]),
        (
            asked(("boston", "lima"), rate=11 * MBIT, shared=False),
            ["boston → lima.*10mbit up.*no more than that"],
        ),
        (
            asked(("edge", "lima"), rate=11 * MBIT, shared=False),
            ["edge → lima.*10mbit up.*passes all the same"],
        ),
        (asked(("lima", "edge"), rate=30 * MBIT, shared=False), []),
        (
            asked(*((f"s{n}", "boston") for n in range(9)), rate=None, shared=False),
            ["s0 → boston and 8 other directions"],
        ),
    ],
)
def test_what_is_faster_than_a_line_is_told(values: Mapping[Direction, Asked], wanted: list[str]) -> None:
    told = beyond_lines(a_plan(values))
    assert len(told) == len(wanted)
    for words, pattern in zip(told, wanted, strict=True):
        assert re.search(pattern, words), words


def test_where_nothing_is_laid_there_is_nothing_to_say() -> None:
    assert beyond_lines(replace(a_plan(asked(("lima", "boston"), rate=None, shared=False)), put=None)) == []
