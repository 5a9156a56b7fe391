from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.impairment import CLEAN, Framing, Impairment, Slots
from microdc.losses import Chance, FourState, GilbertElliott
from microdc.netlink.model import ROOT_HANDLE, Fifo, Netem
from microdc.netlink.netem_values import GeModel, Seed, Slot, StateModel, Table
from microdc.units import Delay, Percent, Rate, Size
from microdc.wan.compile import FIRST_MINOR, LAST_MINOR, compile_leaf, compile_port, minors
from microdc.wan.delayline import IN_ORDER_RATE

MTU = 1500
PACKET = 1514


def netem_of(impairment: Impairment) -> Netem:
    options = compile_leaf(0x10, impairment, MTU).netem.options
    assert isinstance(options, Netem)
    return options


@given(st.integers(64_000, 400 * 10**9))
def test_every_rate_gets_a_bucket_that_holds_a_packet_and_a_late_timer(rate: int) -> None:
    cls = compile_leaf(0x10, Impairment(rate=Rate(rate), buffer=Size(10**6)), MTU).cls
    assert abs(cls.rate * 8 - rate) < 8
    assert (cls.ceil, cls.cburst) == (cls.rate, cls.burst)
    bucket = cls.burst * 64 * cls.rate / 10**9
    assert bucket >= PACKET
    assert bucket == pytest.approx(max(PACKET, cls.rate * 0.002), rel=0.01, abs=64e-9 * cls.rate + 1)
    assert PACKET <= cls.quantum <= 200_000
    assert cls.burst < 2**32


@given(st.integers(0, 300 * 10**9), st.integers(64_000, 10**11))
def test_the_delay_line_holds_a_line_full_of_the_smallest_packets(owd: int, rate: int) -> None:
    buffer = 10**6
    netem = netem_of(Impairment(owd=Delay(owd), rate=Rate(rate), buffer=Size(buffer)))
    needed = (rate / 8 * owd / 10**9 + buffer) / 64
    assert netem.limit == 2**31 - 1 or netem.limit >= needed
    assert netem.limit < 2**31


def test_the_bottleneck_queues_bytes() -> None:
    leaf = compile_leaf(0x10, Impairment(rate=Rate(10**8), buffer=Size(500_000)), MTU)
    assert leaf.buffer.options == Fifo(500_000)
    assert leaf.buffer.parent == leaf.netem.handle | 1


def test_a_buffer_below_one_packet_still_lets_packets_through() -> None:
    leaf = compile_leaf(0x10, Impairment(rate=Rate(10**6), buffer=Size(100)), 9000)
    assert leaf.buffer.options == Fifo(9014)


def test_jitter_is_normal_and_never_reorders() -> None:
    netem = netem_of(Impairment(Delay(20_000_000), Delay(5_000_000)))
    assert (netem.latency, netem.jitter, netem.table, netem.rate) == (
        20_000_000,
        5_000_000,
        Table("normal"),
        IN_ORDER_RATE,
    )


@pytest.mark.parametrize(("percent", "fraction"), [(0, 0), (100, 2**32 - 1), (50, 2**31), (1e-12, 1)])
def test_loss_as_the_kernel_counts_it(percent: float, fraction: int) -> None:
    assert netem_of(Impairment(loss=Percent(percent))).loss == fraction


def test_a_clean_line_is_as_fast_as_htb_goes() -> None:
    leaf = compile_leaf(0x10, CLEAN, MTU)
    assert leaf.cls.rate * 8 == 400 * 10**9
    assert leaf.netem.options == Netem(limit=1000, rate=IN_ORDER_RATE)


LAST = 2**32 - 1
MS = Delay(1_000_000)
HALF = Percent(50.0)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"jitter": MS, "distribution": "uniform"}, {"jitter": MS, "table": Table("uniform")}),
        ({"jitter": MS, "distribution": (1, 2, 3, 4)}, {"jitter": MS, "table": Table("", (1, 2, 3, 4))}),
        ({"distribution": "pareto"}, {"table": Table()}),
        ({"jitter_correlation": HALF}, {"delay_correlation": 2**31}),
        ({"loss": HALF, "loss_correlation": HALF}, {"loss": 2**31, "loss_correlation": 2**31}),
        (
            {"loss_model": GilbertElliott(HALF, Percent(100.0), Percent(100.0), Percent(0.0))},
            {"loss_model": GeModel(2**31, LAST, 0, 0), "loss": 0},
        ),
        (
            # two halves are one too many for 32 bits, in which the kernel adds them up
            {"loss_model": FourState(HALF, HALF, HALF, Percent(100.0), HALF)},
            {"loss_model": StateModel(2**31, 2**31, 2**31 - 1, 2**31 - 1, LAST)},
        ),
        ({"loss": HALF, "ecn": True}, {"loss": 2**31, "ecn": 1}),
        ({"duplicate": Chance(HALF, HALF)}, {"duplicate": 2**31, "duplicate_correlation": 2**31}),
        ({"corrupt": Chance(HALF, HALF)}, {"corrupt": 2**31, "corrupt_correlation": 2**31}),
        ({"reorder": Chance(HALF, HALF)}, {"reorder": 2**31, "reorder_correlation": 2**31, "gap": 1}),
        ({"reorder": Chance(HALF), "gap": 5}, {"reorder": 2**31, "gap": 5}),
        ({"gap": 5}, {"gap": 0}),  # a gap alone would reorder every fifth packet
        ({"keep_order": False}, {"rate": 0}),
        ({"limit": 5}, {"limit": 5}),
        ({"seed": 5}, {"seed": Seed(5)}),
        (
            {"slots": Slots(MS, packets=5, bytes=6)},
            {"slot": Slot(MS, MS, 5, 6, MS, 0), "slot_table": Table()},
        ),
        (
            {"slots": Slots(MS, Delay(7))},
            {"slot": Slot(0, 0, 0, 0, MS, 7), "slot_table": Table("uniform")},
        ),
        (
            {"slots": Slots(MS, Delay(7), (1, 2, 3, 4))},
            {"slot": Slot(0, 0, 0, 0, MS, 7), "slot_table": Table("", (1, 2, 3, 4))},
        ),
    ],
)
def test_what_netem_is_asked_for_an_option(asked: dict[str, Any], wanted: dict[str, Any]) -> None:
    netem = netem_of(Impairment(**asked))
    assert {name: getattr(netem, name) for name in wanted} == wanted
    assert (netem.table.name, netem.table.values) == (
        (wanted["table"].name, wanted["table"].values) if "table" in wanted else ("", ())
    )
    untouched = replace(
        netem,
        limit=0,
        rate=0,
        **{key: getattr(Netem(), key) for key in wanted if key not in {"limit", "rate"}},
    )
    assert untouched == Netem(limit=0)


def test_a_framed_rate_is_netems_own_and_its_buffer_a_number_of_full_packets() -> None:
    asked = Impairment(
        Delay(100_000_000), rate=Rate(8_000_000), buffer=Size(151_400), framing=Framing(18, 48, 5)
    )
    leaf = compile_leaf(0x10, asked, MTU)
    netem = leaf.netem.options
    assert isinstance(netem, Netem)
    assert (netem.rate, netem.packet_overhead, netem.cell_size, netem.cell_overhead) == (10**6, 18, 48, 5)
    assert netem.limit == round(100_000 / PACKET) + 100  # on their way, and waiting
    assert leaf.cls.rate * 8 == 400 * 10**9
    assert leaf.buffer.options == Fifo(2**30)


def test_slots_make_room_for_what_waits_for_them() -> None:
    plain = Impairment(rate=Rate(8_000_000), buffer=Size(1514))
    waiting = replace(plain, slots=Slots(Delay(10**9), Delay(10**8)))
    assert netem_of(waiting).limit - netem_of(plain).limit == pytest.approx(1.4 * 10**6 / 64, abs=1)


@given(st.sets(st.text("abcdefghijklmnopqrstuvwxyz-0123456789", min_size=1, max_size=12), max_size=300))
def test_class_numbers_are_one_each_and_stable(names: set[str]) -> None:
    numbers = minors(names)
    assert len(set(numbers.values())) == len(names)
    assert all(FIRST_MINOR <= n <= LAST_MINOR for n in numbers.values())
    assert numbers == minors(sorted(names, reverse=True))


def test_adding_a_site_leaves_the_numbers_of_the_others() -> None:
    before = minors(["barcelona", "boston", "paris"])
    after = minors(["amsterdam", "barcelona", "boston", "paris", "zaragoza"])
    assert before.items() <= after.items()


def test_a_port_has_a_class_for_each_site_behind_the_others() -> None:
    sources = {
        "paris": [ip_network("10.10.0.0/16"), ip_network("fd00:10::/32")],
        "boston": [ip_network("10.40.0.0/16")],
    }
    tree, leaves = compile_port(sources, {"paris": Impairment(Delay(10**7)), "boston": CLEAN}, MTU)
    assert len(tree.classes) == 2 + 1
    assert len(tree.qdiscs) == 1 + 2 * 2
    assert tree.root is not None
    assert tree.root.handle == ROOT_HANDLE
    targets = {rule.target for rule in tree.rules.values() if rule.target}
    assert targets == {leaf.cls.handle for leaf in leaves.values()}
