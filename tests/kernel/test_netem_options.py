"""netem's options, each as tc reads what we set, as we read what tc set, and by the lines that we show."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from netlink_port import Port

from microdc.agent.client import RejectedError
from microdc.impairment import CLEAN, Framing, Impairment, Slots
from microdc.losses import Chance, FourState, GilbertElliott
from microdc.netlink.diff import diff
from microdc.netlink.model import Netem, QdiscTree
from microdc.netlink.netem import fraction
from microdc.netlink.netem_values import GeModel, Slot, StateModel, Table
from microdc.netlink.structure import recalled
from microdc.netlink.tc import tc_line
from microdc.units import Delay, Percent, Rate, Size
from microdc.wan.compile import compile_port

pytestmark = [pytest.mark.root, pytest.mark.netem]

MS = 1_000_000
OWD, JITTER = Delay(20 * MS), Delay(5 * MS)
TWO, TEN = Percent(2.0), Percent(10.0)
SLOTS = Slots(Delay(5 * MS), packets=9, bytes=64_000)

ASKED: dict[str, tuple[Impairment, dict[str, Any], str]] = {
    "loss correlation": (
        Impairment(loss=TWO, loss_correlation=TEN),
        {"loss-random": {"loss": 0.02, "correlation": 0.1}},
        "loss 2% 10%",
    ),
    "gemodel": (
        Impairment(loss_model=GilbertElliott(TWO, TEN, Percent(70.0), Percent(1.0))),
        {"loss-gemodel": {"p": 0.02, "r": 0.1, "1-h": 0.7, "1-k": 0.01}},
        "loss gemodel 2% 10% 70% 1%",
    ),
    "state": (
        Impairment(loss_model=FourState(TWO, TEN, Percent(30.0), Percent(40.0), Percent(5.0))),
        {"loss-state": {"p13": 0.02, "p31": 0.1, "p32": 0.3, "p23": 0.4, "p14": 0.05}},
        "loss state 2% 10% 30% 40% 5%",
    ),
    "ecn": (Impairment(loss=TWO, ecn=True), {"ecn": True}, "loss 2% ecn"),
    "jitter correlation": (
        Impairment(OWD, JITTER, jitter_correlation=TEN, distribution="uniform"),
        {"delay": {"delay": 0.02, "jitter": 0.005, "correlation": 0.1}},
        "delay 20ms 5ms 10%",
    ),
    "duplicate": (
        Impairment(duplicate=Chance(TWO, TEN), loss=TWO, loss_correlation=TEN),
        {"duplicate": {"duplicate": 0.02, "correlation": 0.1}},
        "loss 2% 10% duplicate 2% 10%",
    ),
    "corrupt": (
        Impairment(corrupt=Chance(TWO, TEN)),
        {"corrupt": {"corrupt": 0.02, "correlation": 0.1}},
        "corrupt 2% 10%",
    ),
    "reorder": (
        Impairment(OWD, reorder=Chance(TWO, TEN), gap=5),
        {"reorder": {"reorder": 0.02, "correlation": 0.1}, "gap": 5},
        "delay 20ms reorder 2% 10% gap 5",
    ),
    "framing": (
        Impairment(rate=Rate(10**7), buffer=Size(30_000), framing=Framing(-14, 48, 5)),
        {"rate": {"rate": 1_250_000, "packetoverhead": -14, "cellsize": 48, "celloverhead": 5}},
        "rate 10000000bit -14 48 5",
    ),
    "limit": (Impairment(limit=77), {"limit": 77}, "limit 77"),
    "slots": (Impairment(slots=SLOTS), {"slot": SLOTS}, "slot 5ms 5ms packets 9 bytes 64000"),
    "spread slots": (
        Impairment(slots=replace(SLOTS, jitter=Delay(MS), distribution="normal")),
        {"slot": replace(SLOTS, jitter=Delay(MS))},
        "slot distribution normal 5ms 1ms packets 9 bytes 64000",
    ),
    "no order": (
        Impairment(OWD, JITTER, keep_order=False),
        {"delay": {"delay": 0.02, "jitter": 0.005, "correlation": 0}},
        "",
    ),
}


def tree_of(impairment: Impairment) -> tuple[QdiscTree, Netem]:
    tree, leaves = compile_port({"paris": []}, {"paris": impairment}, 1500)
    options = leaves["paris"].netem.options
    assert isinstance(options, Netem)
    return tree, options


def shown_by_tc(port: Port) -> dict[str, Any]:
    found = json.loads(port.run("tc", "-j", "qdisc", "show", "dev", "a"))
    (options,) = (entry["options"] for entry in found if entry["kind"] == "netem")
    return dict(options)


@pytest.mark.parametrize("name", ASKED)
def test_tc_reads_what_we_set_in_place_of_anything_else(port: Port, name: str) -> None:
    asked, wanted, _ = ASKED[name]
    port.lay(tree_of(CLEAN)[0])
    assert not {"loss-random", "loss-gemodel", "loss-state", "slot", "reorder", "ecn"} & {
        key for key, value in shown_by_tc(port).items() if value
    }
    port.lay(tree_of(asked)[0])
    shown = shown_by_tc(port)
    text = port.run("tc", "qdisc", "show", "dev", "a")
    for key, value in wanted.items():
        if isinstance(value, Slots):
            words = (
                f"slot distribution {_ms(value.delay)} {_ms(value.jitter)}"
                if value.jitter
                else f"slot {_ms(value.delay)} {_ms(value.delay)}"
            )
            assert f"{words} packets {value.packets} bytes {value.bytes}" in " ".join(text.split()), (
                text,
                shown,
            )
        elif isinstance(value, dict):
            assert {k: shown[key][k] for k in value} == pytest.approx(value, abs=1e-6), shown
        else:
            assert shown[key] == value
    port.lay(tree_of(CLEAN)[0])
    assert not set(wanted) - {"delay", "rate", "limit", "gap"} & {
        key for key, value in shown_by_tc(port).items() if value
    }


def _ms(value: int) -> str:
    return f"{value // MS}ms"


FULL = {
    "loss 2% 10%": Netem(loss=fraction(2), loss_correlation=fraction(10)),
    "loss gemodel 2% 10% 70% 1%": Netem(
        loss_model=GeModel(fraction(2), fraction(10), 2**32 - 1 - fraction(70), fraction(1))
    ),
    "loss gemodel 2%": Netem(loss_model=GeModel(fraction(2), fraction(98), 0, 0)),
    "loss state 2%": Netem(loss_model=StateModel(fraction(2), fraction(98), 0, 0, fraction(100))),
    "loss state 2% 10% 30% 40% 5%": Netem(loss_model=StateModel(*map(fraction, (2, 10, 30, 5, 40)))),
    "loss 2% ecn": Netem(loss=fraction(2), ecn=1),
    "delay 20ms 5ms 10%": Netem(latency=OWD, jitter=JITTER, delay_correlation=fraction(10)),
    "loss 2% 10% duplicate 2% 10%": Netem(
        loss=fraction(2),
        loss_correlation=fraction(10),
        duplicate=fraction(2),
        duplicate_correlation=fraction(10),
    ),
    "corrupt 2% 10%": Netem(corrupt=fraction(2), corrupt_correlation=fraction(10)),
    "delay 20ms reorder 2% 10% gap 5": Netem(
        latency=OWD, reorder=fraction(2), reorder_correlation=fraction(10), gap=5
    ),
    "rate 10mbit -14 48 5": Netem(rate=1_250_000, packet_overhead=-14, cell_size=48, cell_overhead=5),
    "limit 77": Netem(limit=77),
    "slot 5ms 7ms packets 9 bytes 64000": Netem(slot=Slot(5 * MS, 7 * MS, 9, 64_000)),
    "delay 250s": Netem(latency=250 * 10**9),
}


@pytest.mark.parametrize("words", FULL)
def test_we_read_what_tc_set(port: Port, words: str) -> None:
    """tc and we round shares to the same 32 bits but for the last two."""
    port.batch([f"qdisc add dev a root handle 1: netem {words}"])
    root = port.tree.root
    assert root is not None
    assert isinstance(root.options, Netem)
    assert _rounded(root.options) == _rounded(FULL[words])


SHARES = ("loss", "duplicate", "corrupt", "reorder")
CORRELATIONS = tuple(f"{name}_correlation" for name in ("delay", *SHARES))


def _rounded(netem: Netem) -> Netem:
    """Without the last digits of the shares."""
    rounded: dict[str, Any] = {name: (getattr(netem, name) + 512) >> 10 for name in SHARES + CORRELATIONS}
    model = netem.loss_model
    if model is not None:
        terms = {name: (getattr(model, name) + 512) >> 10 for name in model.__dataclass_fields__}
        rounded["loss_model"] = replace(model, **terms)
    return replace(netem, **rounded)


@pytest.mark.parametrize("name", ASKED)
def test_the_line_that_we_show_does_the_same(port: Port, name: str) -> None:
    asked, _, words = ASKED[name]
    tree, wanted = tree_of(asked)
    lines = [tc_line(operation, "a") for operation in diff(tree, QdiscTree())]
    assert any(all(word in line for word in words.split()) for line in lines), lines
    if "distribution normal" in " ".join(lines):
        return  # the guest has no distributions of iproute2
    port.batch(lines)
    (found,) = (q.options for q in port.tree.qdiscs.values() if isinstance(q.options, Netem))
    if wanted.slot.dist_delay:  # tc knows no distance beside the shortest and the longest
        wanted = replace(wanted, slot=replace(wanted.slot, dist_delay=0))
    assert _rounded(found) == _rounded(wanted)


def test_a_change_of_nothing_but_a_distribution_is_seen_where_it_is_recalled(port: Port) -> None:
    normal, pareto = (tree_of(Impairment(OWD, JITTER, distribution=kind))[0] for kind in ("normal", "pareto"))
    port.lay(normal)
    assert port.operations(pareto) == []  # no kernel shows the difference
    (operation,) = diff(pareto, recalled(port.tree, normal))
    assert (operation.verb, operation.reason) == ("change", "table normal → pareto")
    assert [table_of(item) for _, item in operation.inverse] == [Table("normal")]
    port.commit([operation])
    assert diff(pareto, recalled(port.tree, pareto)) == []


def table_of(item: Any) -> Table:
    assert isinstance(item.options, Netem)
    return item.options.table


def test_the_largest_table_that_the_kernel_takes(port: Port) -> None:
    own = tuple(n % 100 for n in range(16384))
    port.lay(tree_of(Impairment(OWD, JITTER, distribution=own, slots=Slots(OWD, JITTER, own[:15_000])))[0])
    with pytest.raises(RejectedError):
        port.lay(tree_of(Impairment(OWD, Delay(JITTER + 1), distribution=(*own, 1)))[0])
