from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.impairment import CLEAN, Impairment
from microdc.netlink.model import ROOT_HANDLE, Fifo, Netem
from microdc.units import Delay, Percent, Rate, Size
from microdc.wan.compile import FIRST_MINOR, IN_ORDER_RATE, LAST_MINOR, compile_leaf, compile_port, minors

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
        "normal",
        IN_ORDER_RATE,
    )


@pytest.mark.parametrize(("percent", "fraction"), [(0, 0), (100, 2**32 - 1), (50, 2**31), (1e-12, 1)])
def test_loss_as_the_kernel_counts_it(percent: float, fraction: int) -> None:
    assert netem_of(Impairment(loss=Percent(percent))).loss == fraction


def test_a_clean_line_is_as_fast_as_htb_goes() -> None:
    leaf = compile_leaf(0x10, CLEAN, MTU)
    assert leaf.cls.rate * 8 == 400 * 10**9
    assert leaf.netem.options == Netem(limit=1000, rate=IN_ORDER_RATE)


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
    assert len(tree.classes) == 2
    assert len(tree.qdiscs) == 1 + 2 * 2
    assert tree.root is not None
    assert tree.root.handle == ROOT_HANDLE
    targets = {rule.target for rule in tree.rules.values() if rule.target}
    assert targets == {leaf.cls.handle for leaf in leaves.values()}
