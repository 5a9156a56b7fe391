"""netem on a real kernel: as iproute2 shows it, as iproute2 lays it, and every profile that can be asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from netlink_port import Port
from pyroute2.iproute.linux import IPRoute

from microdc.agent.client import RejectedError
from microdc.host import namespaces
from microdc.impairment import CLEAN, DISTRIBUTIONS, Framing, Impairment, Slots
from microdc.losses import Chance, FourState, GilbertElliott
from microdc.netlink.classify import Network
from microdc.netlink.diff import diff
from microdc.netlink.model import ROOT_HANDLE, TC_H_ROOT, Fifo, HtbClass, Netem, Qdisc, QdiscTree
from microdc.netlink.netem import fraction
from microdc.netlink.netem_values import GeModel, Slot, StateModel, Table
from microdc.netlink.pyroute2_netem import register
from microdc.netlink.tc import tc_line
from microdc.units import MAX_DELAY, MAX_JITTER, MAX_RATE, MIN_RATE, Delay, Percent, Rate, Size
from microdc.wan.compile import compile_port

pytestmark = [pytest.mark.root, pytest.mark.netem]

SITES: dict[str, list[Network]] = {
    "paris": [ip_network("10.1.0.0/16"), ip_network("fd00:1::/32")],
    "boston": [ip_network("10.2.0.0/16"), ip_network("fd00:2::/32"), ip_network("192.0.2.0/24")],
}
MS = 1_000_000


PERCENT = st.one_of(st.just(0.0), st.just(100.0), st.floats(0, 100)).map(Percent)
CHANCE = st.builds(Chance, PERCENT, PERCENT)
DISTRIBUTION = st.sampled_from(DISTRIBUTIONS) | st.lists(
    st.integers(-(2**15), 2**15 - 1), min_size=4, max_size=9
).map(tuple)
SLOTS = st.builds(
    lambda delay, share, *rest: Slots(Delay(delay), Delay(min(delay * share // 100, MAX_JITTER)), *rest),
    st.integers(1, MAX_DELAY), st.integers(0, 100), DISTRIBUTION, st.integers(0, 2**31 - 2), st.integers(0, 2**31 - 2),
)  # fmt: skip


@st.composite
def impairments(draw: st.DrawFn) -> Impairment:
    """Everything that a profile may ask, but what not every kernel can."""
    owd = draw(st.integers(0, MAX_DELAY))
    rate = draw(st.one_of(st.none(), st.integers(MIN_RATE, MAX_RATE)))
    p13, p31 = draw(st.floats(0, 100)), draw(st.floats(0, 100))
    models = [
        st.none(),
        st.builds(GilbertElliott, PERCENT, PERCENT, PERCENT, PERCENT),
        st.just(FourState(Percent(p13), Percent(p31), Percent(100 - p31), draw(PERCENT), Percent(100 - p13))),
    ]
    return Impairment(
        owd=Delay(owd),
        jitter=Delay(draw(st.one_of(st.just(0), st.integers(0, min(owd, MAX_JITTER))))),
        loss=draw(PERCENT),
        rate=None if rate is None else Rate(rate),
        buffer=None if rate is None else Size(draw(st.integers(1514, 2**32 - 1))),
        distribution=draw(DISTRIBUTION),
        jitter_correlation=draw(PERCENT),
        loss_correlation=draw(PERCENT),
        loss_model=draw(st.one_of(models)),
        ecn=draw(st.booleans()),
        corrupt=draw(CHANCE),
        reorder=draw(CHANCE),
        gap=draw(st.integers(1, 2**32 - 1)),
        slots=draw(st.none() | SLOTS),
        framing=draw(
            st.none() | st.builds(Framing, *[st.integers(-14, 2**31 - 1), *[st.integers(0, 2**31 - 1)] * 2])
        ),
        limit=draw(st.none() | st.integers(1, 2**31 - 1)),
        keep_order=draw(st.booleans()),
    )


EXTREME = Impairment(MAX_DELAY, Delay(MAX_JITTER), Percent(100.0), MAX_RATE, Size(2**32 - 1))
LEAST = Impairment(Delay(1), Delay(1), Percent(1e-9), MIN_RATE, Size(1514))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(EXTREME, LEAST)
@example(CLEAN, EXTREME)
@given(impairments(), impairments())
def test_every_profile_is_kept_by_the_kernel_as_it_was_asked_for(
    port: Port, one: Impairment, other: Impairment
) -> None:
    for values in ({"paris": one, "boston": other}, {"paris": other, "boston": one}):
        tree, _ = compile_port(SITES, values, 1500)
        port.lay(tree)


def test_a_change_of_values_is_made_in_place_and_taken_back_in_place(port: Port) -> None:
    slow = Impairment(Delay(100 * MS), Delay(5 * MS), Percent(1.0), Rate(10**6), Size(30_000))
    before, _ = compile_port(SITES, dict.fromkeys(SITES, slow), 1500)
    after, _ = compile_port(SITES, dict.fromkeys(SITES, Impairment(Delay(20 * MS))), 1500)
    port.lay(before)
    operations = port.operations(after)
    assert {operation.verb for operation in operations} == {"change"}
    refused = port.encoded("change", HtbClass(ROOT_HANDLE | 0xFFFF, ROOT_HANDLE, 1, 1, 1, 1, 1))
    batch = [(port.encoded(o.verb, o.item), port._inverse(o)) for o in operations]
    with pytest.raises(RejectedError) as problem:
        port.send([*batch, (refused, [])])
    assert list(problem.value.left) == []
    assert port.tree == before
    port.lay(after)


def test_the_kernel_cuts_jitter_off_at_two_seconds(port: Port) -> None:
    """So more than that has to be refused where it is asked for; what is read back tells the rest."""
    tree = _alone(Netem(latency=MAX_DELAY, jitter=MAX_JITTER + 1))
    port.commit(port.operations(tree))
    (operation,) = port.operations(tree)
    assert operation.reason == f"jitter {MAX_JITTER} → {MAX_JITTER + 1}"


def test_what_an_earlier_change_set_is_cleared(port: Port) -> None:
    """The kernel keeps what a change does not mention."""
    everything = Netem(
        latency=MS,
        jitter=1000,
        limit=50,
        loss=2**30,
        rate=10**9,
        gap=3,
        duplicate=2**20,
        delay_correlation=2**30,
        loss_correlation=2**29,
        reorder=2**28,
        reorder_correlation=2**27,
        corrupt=2**26,
        corrupt_correlation=2**25,
        packet_overhead=-4,
        cell_size=48,
        cell_overhead=5,
        slot=Slot(1000, 2000, 5, 1500),
        ecn=1,
        table=Table("normal"),
    )
    ge, states = (
        replace(everything, loss_model=GeModel(1, 2, 3, 4)),
        replace(everything, loss_model=StateModel(1, 2, 3, 4, 5)),
    )
    for netem in (everything, Netem(), ge, Netem(), states, ge, everything, replace(Netem(), rate=2**33)):
        port.lay(_alone(netem))


def _alone(netem: Netem) -> QdiscTree:
    """netem at the root is not what we lay; so it hangs on a class."""
    tree, leaves = compile_port({"paris": []}, {"paris": CLEAN}, 1500)
    leaf = leaves["paris"].netem
    return replace(tree, qdiscs={**tree.qdiscs, leaf.handle: replace(leaf, options=netem)})


@pytest.mark.parametrize(
    ("delay", "jitter", "loss", "rate"),
    [
        (20 * MS, 5 * MS, 1.0, 10**6),
        (250_000, 0, 0.0, None),
        (4_000 * MS, 0, 100.0, 400 * 10**9),
        (1, 1, 0.001, MIN_RATE),
    ],
)
def test_iproute2_shows_the_netem_that_we_laid(
    port: Port, delay: int, jitter: int, loss: float, rate: int | None
) -> None:
    asked = Impairment(
        Delay(delay),
        Delay(jitter),
        Percent(loss),
        None if rate is None else Rate(rate),
        None if rate is None else Size(30_000),
    )
    tree, leaves = compile_port({"paris": SITES["paris"]}, {"paris": asked}, 1500)
    port.lay(tree)
    found = json.loads(port.run("tc", "-j", "qdisc", "show", "dev", "a"))
    (shown,) = (entry["options"] for entry in found if entry["kind"] == "netem")
    netem = leaves["paris"].netem.options
    assert isinstance(netem, Netem)
    assert shown["limit"] == netem.limit
    assert shown["rate"]["rate"] == netem.rate
    assert _seconds(shown, "delay") == pytest.approx(delay / 1e9, abs=1.1e-6)
    assert _seconds(shown, "jitter") == pytest.approx(jitter / 1e9, abs=1.1e-6)
    assert shown.get("loss-random", {"loss": 0})["loss"] == pytest.approx(loss / 100, rel=1e-5, abs=1e-9)
    (queue,) = (entry["options"] for entry in found if entry["kind"] == "bfifo")
    assert queue["limit"] == (30_000 if rate else 2**30)


def _seconds(shown: dict[str, Any], name: str) -> float:
    return float(shown.get("delay", {}).get(name, 0))


def test_we_read_the_netem_that_iproute2_laid(port: Port) -> None:
    port.batch(
        [
            (
                "qdisc add dev a root handle 1: netem delay 20ms 5ms 25% loss 1% 10% duplicate 2% corrupt 3% "
                "reorder 4% 50% gap 5 rate 50gbit 14 limit 4321"
            )
        ]
    )
    root = port.tree.root
    assert root is not None
    assert isinstance(root.options, Netem)
    found = root.options
    assert (found.latency, found.jitter, found.limit, found.gap) == (20 * MS, 5 * MS, 4321, 5)
    assert (found.rate, found.packet_overhead) == (50 * 10**9 // 8, 14)
    wanted = {
        "loss": 1,
        "loss_correlation": 10,
        "duplicate": 2,
        "corrupt": 3,
        "reorder": 4,
        "reorder_correlation": 50,
        "delay_correlation": 25,
    }
    for name, percent in wanted.items():
        assert getattr(found, name) == pytest.approx(fraction(percent), abs=2)


def test_we_read_loss_models_and_slots_and_keep_them(port: Port) -> None:
    port.batch(
        [
            "qdisc add dev a root handle 1: netem loss gemodel 1% 10% 70% 0.1% slot 1ms 2ms packets 9 bytes 64000"
        ]
    )
    root = port.tree.root
    assert root is not None
    assert isinstance(root.options, Netem)
    assert root.options.slot == Slot(MS, 2 * MS, 9, 64000)
    assert isinstance(root.options.loss_model, GeModel)
    port.run("tc", "qdisc", "del", "dev", "a", "root")
    port.send([(port.encoded("add", root), [])])
    assert port.tree.root == root


def test_the_lines_that_we_show_do_the_same(port: Port) -> None:
    values = {
        "paris": Impairment(Delay(20 * MS), Delay(5 * MS), Percent(0.1), Rate(10**6), Size(30_000)),
        "boston": Impairment(Delay(75 * MS)),
    }
    tree, leaves = compile_port(SITES, values, 1500)
    lines = [tc_line(operation, "a") for operation in diff(tree, QdiscTree())]
    # the guest has no distributions of iproute2, and the kernel shows none
    port.batch(line.replace(" distribution normal", "") for line in lines)
    found = port.tree
    assert found.rules == tree.rules
    for leaf in leaves.values():
        laid, wanted = found.qdiscs[leaf.netem.handle].options, leaf.netem.options
        assert isinstance(laid, Netem)
        assert isinstance(wanted, Netem)
        assert laid.loss == pytest.approx(wanted.loss, abs=1000)
        assert replace(laid, loss=0) == replace(wanted, loss=0)
        assert found.qdiscs[leaf.buffer.handle].options == leaf.buffer.options


def test_pyroute2_lays_and_reads_all_of_netem(port: Port) -> None:
    wanted = Netem(latency=10**11, jitter=3, rate=50 * 10**9, loss=77, limit=9, table=Table("normal"))
    register()

    def inside() -> Any:
        untyped: Any = IPRoute
        with untyped() as ipr:
            index = ipr.link_lookup(ifname="a")[0]
            ipr.tc("add", "netem", index, 0x10000, parent=TC_H_ROOT, options=wanted)
            return [q.get_attr("TCA_OPTIONS") for q in ipr.get_qdiscs(index) if q["handle"] == 0x10000]

    assert namespaces.call(port.host.address.name, inside) == [wanted]
    assert port.tree.root == Qdisc(0x10000, TC_H_ROOT, wanted)


def test_a_queue_of_the_wrong_kind_is_put_right(port: Port) -> None:
    """What others did to a leaf: another qdisc in the place of netem, its queue gone with it."""
    tree, leaves = compile_port(SITES, dict.fromkeys(SITES, Impairment(Delay(MS))), 1500)
    port.lay(tree)
    leaf = leaves["paris"].netem
    where = f"dev a parent 7dc0:{leaf.parent & 0xFFFF:x}"
    for handle in (f"{leaf.handle >> 16:x}:", "999:"):
        port.batch([f"qdisc replace {where} handle 998: pfifo", f"qdisc del {where} handle 998:"])
        port.batch([f"qdisc add {where} handle {handle} pfifo limit 5"])
        assert isinstance(port.tree.qdiscs[int(handle.rstrip(":"), 16) << 16].options, Fifo)
        port.lay(tree)
