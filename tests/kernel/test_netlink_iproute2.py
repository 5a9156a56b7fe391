"""Our trees as iproute2 shows them, option by option, and iproute2's as we read them."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from ipaddress import ip_network
from itertools import pairwise
from typing import Any

import pytest
from netlink_port import Port, shaped

from microdc.impairment import Impairment
from microdc.netlink.classify import Network
from microdc.netlink.diff import diff
from microdc.netlink.model import ROOT_HANDLE, TC_H_ROOT, Fifo, Htb, Qdisc, QdiscTree
from microdc.netlink.netem import TICK
from microdc.netlink.tc import tc_line
from microdc.units import Rate, Size
from microdc.wan.compile import compile_access, compile_leaf

pytestmark = pytest.mark.root

NETWORKS: list[Network] = [
    *(ip_network(f"10.{i}.0.0/16") for i in range(6)),
    *(ip_network(f"fd00:{i:x}::/32") for i in range(6)),
]
RATES = [64_000, 1_000_000, 34_000_000_000, 35_000_000_000, 100_000_000_000, 400_000_000_000]
UNITS = {"bit": 1, "Kbit": 10**3, "Mbit": 10**6, "Gbit": 10**9, "b": 1, "Kb": 2**10, "Mb": 2**20}


def _quantity(text: str) -> float:
    found = re.fullmatch(r"([0-9.]+)([A-Za-z]+)", text)
    assert found, text
    return float(found[1]) * UNITS[found[2]]


def _shown(port: Port, what: str, kind: str) -> list[dict[str, Any]]:
    """`tc -j ... show` of the qdiscs or filters of a kind."""
    found = json.loads(port.run("tc", "-j", "-d", what, "show", "dev", "a"))
    return [entry for entry in found if entry["kind"] == kind]


def _words(line: str) -> dict[str, str]:
    words = line.split()
    return dict(pairwise(words))


@pytest.mark.parametrize("rate", RATES)
def test_iproute2_shows_the_class_that_we_laid(port: Port, rate: int) -> None:
    """iproute2 6.1 has no JSON for classes, and rounds what it shows."""
    leaf = compile_leaf(0x2A, Impairment(rate=Rate(rate), buffer=Size(100_000)), 1500)
    port.lay(_with(shaped({}, {}), leaf.cls, Qdisc(0x802A0000, leaf.cls.handle, leaf.buffer.options)))
    shown = port.run("tc", "-d", "class", "show", "dev", "a").splitlines()
    (line,) = (line for line in shown if " 7dc0:2a " in line)
    found = _words(line)
    assert line.startswith("class htb 7dc0:2a parent 7dc0:1 leaf 802a:")
    assert _quantity(found["rate"]) == pytest.approx(rate, rel=0.005)
    assert _quantity(found["ceil"]) == pytest.approx(rate, rel=0.005)
    burst = max(1514, rate // 8 * 2 // 1000)
    for name in ("burst", "cburst"):
        assert _quantity(found[name].partition("/")[0]) == pytest.approx(
            burst, rel=0.01, abs=rate / 8e9 * TICK + 1
        )
    assert int(found["quantum"]) == min(burst, 200_000)
    assert found["linklayer"] == "ethernet"
    (queue,) = _shown(port, "qdisc", "bfifo")
    assert (queue["handle"], queue["parent"], queue["options"]) == ("802a:", "7dc0:2a", {"limit": 100_000})
    (root,) = _shown(port, "qdisc", "htb")
    assert (root["handle"], root["root"]) == ("7dc0:", True)
    assert (root["options"]["r2q"], int(root["options"]["default"], 16)) == (10, 0)


def _with(tree: QdiscTree, cls: Any, qdisc: Qdisc) -> QdiscTree:
    access = compile_access(None, 1500)
    return replace(
        tree, classes={access.handle: access, cls.handle: cls}, qdiscs={**tree.qdiscs, qdisc.handle: qdisc}
    )


def test_iproute2_shows_the_filters_that_we_laid(port: Port) -> None:
    tree = shaped(
        {0x10: (10**6, 3000), 0x11: (10**6, 3000)}, {n: 0x10 + i % 2 for i, n in enumerate(NETWORKS)}
    )
    port.lay(tree)
    shown = [entry for entry in _shown(port, "filter", "u32") if "options" in entry]
    tables = {e["options"]["fh"]: e["options"]["ht_divisor"] for e in shown if "ht_divisor" in e["options"]}
    ours = {handle: divisor for handle, divisor in tables.items() if int(handle.rstrip(":"), 16) < 0x800}
    assert ours == {f"{table.ident:x}:": 256 for table in tree.tables.values()}
    rules = {}
    for entry in shown:
        options = entry["options"]
        if "match" in options:
            number = [int(part or "0", 16) for part in options["fh"].split(":")]
            rules[entry["protocol"], number[0] % 0x800 if number[0] >= 0x800 else number[0], *number[1:]] = (
                options
            )
    assert len(rules) == len(tree.rules)
    for rule in tree.rules.values():
        four = rule.prio == 1
        # which of the two root tables is which is the kernel's to say
        candidates = (0, 1) if rule.table == 0 else (rule.table,)
        keys = [("ip" if four else "ipv6", table, rule.bucket, rule.node) for table in candidates]
        options = next(rules[key] for key in keys if key in rules)
        match = rule.matches[0]
        assert int(options["match"]["value"], 16) == match.value
        assert int(options["match"]["mask"], 16) == match.mask
        assert options["match"]["off"] == match.offset
        if rule.link:
            assert options["link"] == f"{rule.link:x}:"
            assert int(options["hash_mask"], 16) == rule.hash_mask
            assert options["hash_off"] == rule.hash_offset
        else:
            assert options["flowid"] == f"7dc0:{rule.target & 0xFFFF:x}"


def test_the_lines_that_we_show_do_the_same(port: Port) -> None:
    leaves = {0x10 + i: (rate, 10_000 + i) for i, rate in enumerate(RATES[:4])}
    tree = shaped(leaves, {n: 0x10 + i % 4 for i, n in enumerate(NETWORKS)})
    port.batch(tc_line(operation, "a") for operation in diff(tree, QdiscTree()))
    found = port.tree
    assert replace(found, classes={}) == replace(tree, classes={})
    for handle, cls in tree.classes.items():
        # a burst is in bytes there, and in ticks of 64 ns in the kernel
        tick = max(1, math.ceil(1e9 / cls.rate / TICK)) + 1
        laid = found.classes[handle]
        assert replace(laid, burst=cls.burst, cburst=cls.cburst) == cls
        assert abs(laid.burst - cls.burst) <= tick
        assert abs(laid.cburst - cls.cburst) <= tick
    slower = shaped(dict.fromkeys(leaves, (64000, 5000)), {n: 0x10 + i % 4 for i, n in enumerate(NETWORKS)})
    port.batch(tc_line(operation, "a") for operation in port.operations(slower))
    assert {(cls.rate, cls.quantum) for cls in port.tree.classes.values()} == {(8_000, 1514)}
    assert port.tree.qdiscs == slower.qdiscs
    port.batch(tc_line(operation, "a") for operation in port.operations(QdiscTree()))
    assert port.tree.empty


def test_we_read_what_iproute2_laid(port: Port) -> None:
    port.batch(
        [
            "qdisc add dev a root handle 7dc0: htb default 0x20 r2q 20",
            "class add dev a parent 7dc0: classid 7dc0:20 htb rate 50gbit ceil 60gbit prio 3 quantum 9000",
            "class add dev a parent 7dc0:20 classid 7dc0:21 htb rate 1mbit",
            "qdisc add dev a parent 7dc0:21 handle 21: pfifo limit 77",
            "filter add dev a parent 7dc0: protocol ip prio 1 u32 match ip src 10.1.2.0/24 flowid 7dc0:21",
        ]
    )
    tree = port.tree
    cls = tree.classes[ROOT_HANDLE | 0x20]
    assert tree.root == Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb(default=0x20, rate2quantum=20))
    assert (cls.rate * 8, cls.ceil * 8, cls.prio, cls.quantum) == (50 * 10**9, 60 * 10**9, 3, 9000)
    assert tree.classes[ROOT_HANDLE | 0x21].parent == ROOT_HANDLE | 0x20
    assert tree.qdiscs[0x210000] == Qdisc(0x210000, ROOT_HANDLE | 0x21, Fifo(77, "pfifo"))
    (rule,) = tree.rules.values()
    assert (rule.matches[0].value, rule.matches[0].mask, rule.matches[0].offset) == (
        0x0A010200,
        0xFFFFFF00,
        12,
    )
    port.lay(shaped({0x20: (10**6, 3000)}, {NETWORKS[0]: 0x20}))
