"""The lines that do the same with tc. tests/kernel gives such lines to tc and reads back what they did."""

from __future__ import annotations

import pytest

from microdc.netlink.diff import Operation
from microdc.netlink.intake_values import INGRESS_HANDLE, TC_H_INGRESS, Ifb, Redirect
from microdc.netlink.messages import Verb
from microdc.netlink.model import (
    ETH_P_IP,
    ETH_P_IPV6,
    ROOT_HANDLE,
    TC_H_ROOT,
    Fifo,
    Foreign,
    HashTable,
    Htb,
    HtbClass,
    Led,
    Match,
    Netem,
    Object,
    Qdisc,
    Rule,
)
from microdc.netlink.netem_values import HIDDEN, GeModel, Seed, Slot, StateModel, Table
from microdc.netlink.tc import tc_line

CLASS = ROOT_HANDLE | 0x1F
RULE = Rule(ETH_P_IP, 1, 2, 7, 1, (Match(0x0A140000, 0xFFFF0000, 12),), target=CLASS)
LINK = Rule(ETH_P_IPV6, 2, 0, 0, 1, (Match(0, 0, 0),), link=0x400, hash_offset=8, hash_mask=0xFF00)
SENT = 0x800 << 20


@pytest.mark.parametrize(
    ("verb", "item", "line"),
    [
        (
            "add",
            Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb()),
            "qdisc add dev x root handle 7dc0: htb default 0 r2q 10",
        ),
        ("delete", Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb()), "qdisc del dev x root handle 7dc0:"),
        (
            "change",
            HtbClass(CLASS, ROOT_HANDLE, 125_000, 125_000, 31_250, 31_250, 1514),
            (
                "class change dev x parent 7dc0: classid 7dc0:1f htb "
                "rate 1000000bit ceil 1000000bit burst 250 cburst 250 quantum 1514 prio 0"
            ),
        ),
        (
            "delete",
            HtbClass(CLASS, ROOT_HANDLE, 1, 1, 1, 1, 1),
            "class del dev x parent 7dc0: classid 7dc0:1f",
        ),
        (
            "add",
            Qdisc(
                0x1F0000,
                CLASS,
                Netem(20_000_000, 5_000_000, 1234, loss=42_949_673, rate=10**6, table=Table("normal")),
            ),
            (
                "qdisc add dev x parent 7dc0:1f handle 1f: netem "
                "limit 1234 delay 20ms 5ms distribution normal loss 1% rate 8000000bit"
            ),
        ),
        (
            "add",
            Qdisc(0x801F0000, 0x1F0001, Fifo(65536)),
            "qdisc add dev x parent 1f:1 handle 801f: bfifo limit 65536",
        ),
        ("add", Qdisc(0x10000, TC_H_ROOT, Foreign("fq")), "qdisc add dev x root handle 1: fq"),
        (
            "add",
            HashTable(2, ETH_P_IP, 1),
            "filter add dev x parent 7dc0: protocol ip prio 1 handle 2: u32 divisor 256",
        ),
        (
            "delete",
            HashTable(2, ETH_P_IP, 1),
            "filter del dev x parent 7dc0: protocol ip prio 1 handle 2: u32",
        ),
        ("delete", HashTable(0, ETH_P_IPV6, 2), "filter del dev x parent 7dc0: protocol ipv6 prio 2"),
        (
            "add",
            RULE,
            (
                "filter add dev x parent 7dc0: protocol ip prio 1 handle 2:7:1 u32 "
                "ht 2:7: match u32 0x0a140000 0xffff0000 at 12 flowid 7dc0:1f"
            ),
        ),
        ("delete", RULE, "filter del dev x parent 7dc0: protocol ip prio 1 handle 2:7:1 u32"),
        (
            "add",
            LINK,
            (
                "filter add dev x parent 7dc0: protocol ipv6 prio 2 handle ::1 u32 "
                "match u32 0x00000000 0x00000000 at 0 hashkey mask 0x0000ff00 at 8 link 400:"
            ),
        ),
        (
            "delete",
            Rule(ETH_P_IPV6, 2, 0, 0, 1, (), target=CLASS, kernel_handle=SENT | 1 << 20 | 1),
            "filter del dev x parent 7dc0: protocol ipv6 prio 2 handle 801:0:1 u32",
        ),
    ],
)
def test_the_line_for_an_operation(verb: Verb, item: Object, line: str) -> None:
    assert tc_line(Operation(verb, item, "", ()), "x") == f"tc {line}"


IFB = "mdc$(ip -o link show dev x | cut -d: -f1)"
INGRESS, QUEUE = Qdisc(INGRESS_HANDLE, TC_H_INGRESS, Foreign("ingress")), Qdisc(0x80010000, CLASS, Fifo(9000))


@pytest.mark.parametrize(
    ("verb", "item", "line"),
    [
        ("delete", Ifb(), f"ip link del dev {IFB}"),
        ("change", Ifb(), f"ip link set dev {IFB} up"),
        ("add", Led(QUEUE), f"tc qdisc add dev {IFB} parent 7dc0:1f handle 8001: bfifo limit 9000"),
        ("add", INGRESS, "tc qdisc add dev x ingress"),
        ("delete", INGRESS, "tc qdisc del dev x ingress"),
        ("delete", Redirect(), "tc filter del dev x parent ffff: protocol all prio 32192"),
        (
            "add",
            Redirect(),
            (
                "tc filter add dev x parent ffff: protocol all prio 32192 u32 match u32 0 0 "
                f"action mirred egress redirect dev {IFB}"
            ),
        ),
    ],
)
def test_the_line_for_what_leads_packets_in(verb: Verb, item: Object, line: str) -> None:
    assert tc_line(Operation(verb, item, "", ()), "x") == line


def test_an_ifb_is_made_with_its_number_and_set_up() -> None:
    line = tc_line(Operation("add", Ifb(), "", ()), "x")
    assert line.startswith(f"ip link add name {IFB} index $((2109734912 + ")
    assert line.endswith(f"type ifb && ip link set dev {IFB} up")


def test_what_netem_can_do_besides_is_told_too() -> None:
    everything = Netem(
        latency=10,
        jitter=4,
        delay_correlation=2**31,
        loss=2**30,
        loss_correlation=2**29,
        duplicate=2**28,
        corrupt=2**27,
        reorder=2**26,
        gap=5,
    )
    line = tc_line(Operation("add", Qdisc(0x10000, TC_H_ROOT, everything), "", ()), "x")
    for words in (
        "delay 0.01us 0.004us 50%",
        "loss 25% 12.5%",
        "duplicate 6.25%",
        "corrupt 3.125%",
        "reorder 1.5625%",
        "gap 5",
    ):
        assert words in line


EVERYTHING = 2**32 - 1
FIFTH = round(EVERYTHING / 5)
OWN = Table("", (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("netem", "words"),
    [
        (Netem(jitter=1000, table=Table("pareto")), "delay 0ms 1us distribution pareto"),
        (Netem(jitter=1000, table=Table("uniform")), "delay 0ms 1us"),  # what there is without a word
        (Netem(jitter=1000), "delay 0ms 1us"),
        (Netem(table=Table("pareto")), "delay 0ms"),
        (
            Netem(jitter=1000, table=OWN, rate=1),
            "delay 0ms 1us distribution FILE rate 8bit  # own table of 4: tc reads it from a file",
        ),
        (
            Netem(loss_model=GeModel(FIFTH, EVERYTHING, FIFTH, 0), ecn=1),
            "delay 0ms loss gemodel 20% 100% 80% 0% ecn",
        ),
        (
            Netem(loss_model=StateModel(FIFTH, 2 * FIFTH, 3 * FIFTH, 4 * FIFTH, EVERYTHING)),
            "delay 0ms loss state 20% 40% 60% 100% 80%",
        ),
        (Netem(loss=FIFTH, loss_correlation=FIFTH, ecn=1), "delay 0ms loss 20% 20% ecn"),
        (Netem(rate=125, packet_overhead=18), "delay 0ms rate 1000bit 18"),
        (Netem(rate=125, cell_size=48, cell_overhead=5), "delay 0ms rate 1000bit 0 48 5"),
        (Netem(slot=Slot(10**6, 2 * 10**6, 5)), "delay 0ms slot 1ms 2ms packets 5"),
        (Netem(slot=Slot(10**6, 10**6, 0, 9, 10**6)), "delay 0ms slot 1ms 1ms bytes 9"),
        (
            Netem(slot=Slot(dist_delay=5000, dist_jitter=1000), slot_table=Table("uniform")),
            "delay 0ms slot 4us 6us",
        ),
        (
            Netem(slot=Slot(dist_delay=5000, dist_jitter=1000), slot_table=Table("pareto")),
            "delay 0ms slot distribution pareto 5us 1us",
        ),
        (
            Netem(slot=Slot(dist_delay=5000, dist_jitter=1000), slot_table=OWN),
            "delay 0ms slot distribution FILE 5us 1us  # own table of 4: tc reads it from a file",
        ),
        (Netem(seed=Seed(0)), "delay 0ms seed 0"),
        (Netem(seed=HIDDEN), "delay 0ms"),
    ],
)
def test_the_words_for_an_option(netem: Netem, words: str) -> None:
    line = tc_line(Operation("add", Qdisc(0x10000, TC_H_ROOT, netem), "", ()), "x")
    assert line == f"tc qdisc add dev x root handle 1: netem limit 1000 {words}"
