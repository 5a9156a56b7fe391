"""What we encode and decode again is what it was; the bytes are also those of pyroute2 where it can do it."""

from __future__ import annotations

import statistics
import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroute2.netlink.rtnl.tcmsg import plugins, sched_htb, tcmsg

from microdc.errors import InputError
from microdc.netlink import htb, netem, u32
from microdc.netlink.attributes import TCMSG, attribute, attributes
from microdc.netlink.distributions import NAMES, NORMAL_ENTRIES, SCALE, entries, normal, table_bytes
from microdc.netlink.intake_values import LED
from microdc.netlink.messages import decode, dump_requests, encode
from microdc.netlink.model import (
    ETH_P_IP,
    ETH_P_IPV6,
    ROOT_HANDLE,
    TC_H_ROOT,
    Counters,
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
from microdc.netlink.netem_values import HIDDEN, GeModel, Seed, Slot, StateModel, Table
from microdc.netlink.pyroute2_netem import register
from microdc.units import MAX_DELAY, MAX_RATE

U32 = st.integers(0, 2**32 - 1)
TIME = st.integers(0, MAX_DELAY)
RATE = st.integers(1, MAX_RATE // 8)

slots = st.builds(
    Slot,
    min_delay=TIME,
    max_delay=TIME,
    max_packets=st.integers(0, 2**31 - 1),
    max_bytes=st.integers(0, 2**31 - 1),
    dist_delay=TIME,
    dist_jitter=TIME,
)
models = st.one_of(
    st.none(), st.builds(GeModel, U32, U32, U32, U32), st.builds(StateModel, U32, U32, U32, U32, U32)
)
tables_of_delays = st.one_of(
    st.builds(Table, st.sampled_from(["", *NAMES])),
    st.builds(
        Table, st.just(""), st.lists(st.integers(-(2**15), 2**15 - 1), min_size=4, max_size=9).map(tuple)
    ),
)
netems = st.builds(
    Netem,
    latency=TIME,
    jitter=TIME,
    rate=st.one_of(st.just(0), RATE, st.integers(2**32, 2**40)),
    packet_overhead=st.integers(-(2**31), 2**31 - 1),
    cell_overhead=st.integers(-(2**31), 2**31 - 1),
    slot=slots,
    loss_model=models,
    table=tables_of_delays,
    slot_table=tables_of_delays,
    seed=st.builds(Seed, st.none() | st.integers(0, 2**64 - 1)),
    **dict.fromkeys(
        [
            "limit",
            "loss",
            "gap",
            "duplicate",
            "delay_correlation",
            "loss_correlation",
            "duplicate_correlation",
            "reorder",
            "reorder_correlation",
            "corrupt",
            "corrupt_correlation",
            "cell_size",
            "ecn",
        ],
        U32,
    ),
)
classes = st.builds(
    HtbClass,
    st.integers(1, 0xFFFF).map(lambda minor: ROOT_HANDLE | minor),
    st.just(ROOT_HANDLE),
    rate=RATE,
    ceil=RATE,
    burst=U32,
    cburst=U32,
    quantum=U32,
    prio=st.integers(0, 7),
)
protocols = st.sampled_from([(ETH_P_IP, 1), (ETH_P_IPV6, 2)])
tables = st.builds(lambda p, ident: HashTable(ident, *p), protocols, st.integers(1, 0x7FF))
matches = st.builds(Match, U32, U32, st.integers(0, 60))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    leads = draw(
        st.one_of(
            st.fixed_dictionaries({"target": st.integers(1, 0xFFFF).map(lambda minor: ROOT_HANDLE | minor)}),
            st.fixed_dictionaries(
                {"link": st.integers(1, 0x7FF), "hash_offset": st.integers(0, 60), "hash_mask": U32}
            ),
        )
    )
    return Rule(
        *draw(protocols),
        draw(st.integers(0, 0x7FF)),
        draw(st.integers(0, 255)),
        draw(st.integers(1, 0xFFF)),
        tuple(draw(st.lists(matches, min_size=1, max_size=5))),
        **leads,
    )


@given(netems)
def test_netem_comes_back(value: Netem) -> None:
    assert netem.unpack(netem.pack(value)) == value


def test_netem_sends_every_attribute_zeros_included() -> None:
    # The kernel keeps what a change does not mention, so nothing but tables, a loss model and a seed may be missing.
    found = dict(attributes(netem.pack(Netem())[24:]))
    assert found.keys() == {
        netem.CORR,
        netem.REORDER,
        netem.CORRUPT,
        netem.RATE,
        netem.ECN,
        netem.LATENCY64,
        netem.JITTER64,
        netem.SLOT,
    }
    assert not any(b"".join(found.values()))


def test_netem_reads_times_in_ticks_from_a_kernel_without_64_bit_attributes() -> None:
    assert netem.unpack(struct.pack("=6I", 1_000_000, 7, 0, 0, 0, 1000)) == Netem(
        latency=64_000_000, jitter=64_000, limit=7
    )


@pytest.mark.parametrize(
    ("percent", "value"), [(0.0, 0), (1e-12, 1), (50.0, 2**31), (100.0, 2**32 - 1), (0.1, 4294967)]
)
def test_a_percentage_as_the_kernels_fraction(percent: float, value: int) -> None:
    assert netem.fraction(percent) == value


def test_the_normal_table_is_a_normal_distribution() -> None:
    table = normal()
    mean = sum(table) / NORMAL_ENTRIES
    assert abs(mean) < 1
    assert (sum(v * v for v in table) / NORMAL_ENTRIES) ** 0.5 == pytest.approx(SCALE, rel=0.005)
    assert sorted(table) == list(table)
    assert struct.unpack(f"={NORMAL_ENTRIES}h", table_bytes(Table("normal"))) == table
    with pytest.raises(InputError, match="known: normal, uniform"):
        table_bytes(Table("poisson"))


@pytest.mark.parametrize(
    ("name", "mean", "deviation", "least", "most"),
    [
        ("uniform", 0, 3**-0.5, -1, 1),
        ("pareto", -0.033, 0.82, -2 / 3, 4),  # the tail of the formula's, mean 0, ends at 4
        ("paretonormal", -0.025, 0.834, -1.45, 3.9),
    ],
)
def test_the_other_tables_are_those_of_iproute2(
    name: str, mean: float, deviation: float, least: float, most: float
) -> None:
    table = [value / SCALE for value in entries(name)]
    assert statistics.fmean(table) == pytest.approx(mean, abs=0.002)
    assert statistics.pstdev(table) == pytest.approx(deviation, abs=0.002)
    assert (table[0], table[-1]) == pytest.approx((least, most), abs=0.05)
    assert table == sorted(table)


def test_what_no_kernel_shows_is_told() -> None:
    slots = Slot(dist_delay=5, dist_jitter=2)
    drawn = Netem(jitter=1, table=Table("pareto"), slot=slots, slot_table=Table("uniform"), seed=Seed(5))
    assert netem.unverifiable(drawn) == ("distribution", "slot distribution")
    assert netem.unverifiable(replace(drawn, jitter=0, slot=Slot())) == ()


def test_what_is_not_known_equals_everything_and_what_is_known_does_not() -> None:
    normal, pareto = Netem(jitter=5, table=Table("normal")), Netem(jitter=5, table=Table("pareto"))
    assert normal != pareto
    assert normal == Netem(jitter=5) == pareto
    shown = netem.unpack(netem.pack(Netem()))
    assert shown.seed == HIDDEN
    assert shown == Netem()  # no seed is asked: whatever the kernel says is right
    assert shown != Netem(seed=Seed(5))  # one is asked, and the kernel shows none
    assert netem.unpack(netem.pack(Netem(seed=Seed(6)))) != Netem(seed=Seed(5))


@given(classes)
def test_an_htb_class_comes_back(value: HtbClass) -> None:
    assert htb.unpack_class(value.handle, value.parent, htb.pack_class(value)) == value


@given(classes)
def test_an_htb_class_is_what_pyroute2_reads(value: HtbClass) -> None:
    untyped: Any = sched_htb.options
    options = untyped(data=attribute(2, htb.pack_class(value)))
    options.decode()
    parms = options.get_attr("TCA_HTB_PARMS")
    wide = options.get_attr("TCA_HTB_RATE64"), options.get_attr("TCA_HTB_CEIL64")
    assert (wide[0] or parms["rate"], wide[1] or parms["ceil"]) == (value.rate, value.ceil)
    assert (parms["buffer"], parms["cbuffer"]) == (value.burst, value.cburst)
    assert (parms["quantum"], parms["prio"]) == (value.quantum, value.prio)


@given(U32, st.integers(1, 2**32 - 1))
def test_the_htb_root_comes_back(default: int, quantum: int) -> None:
    assert htb.unpack_root(htb.pack_root(Htb(default, quantum))) == Htb(default, quantum)


@given(rules())
def test_a_rule_comes_back(value: Rule) -> None:
    handle = value.handle | (0x800 << 20 if not value.table else 0)
    assert u32.unpack(handle, value.protocol, value.prio, u32.pack_rule(value)) == value


@given(tables)
def test_a_table_comes_back(value: HashTable) -> None:
    assert u32.unpack(value.handle, value.protocol, value.prio, u32.pack_table(value)) == value


def _dump(kind: int, body: bytes) -> bytes:
    return struct.pack("=IHHII", 16 + len(body), kind, 2, 7, 9) + body + b"\0" * (-len(body) % 4)


def _answers(*added: bytes) -> dict[str, bytes]:
    """Requests that add objects as the kernel would show the objects: the same bodies."""
    kinds = {36: "qdiscs", 40: "classes", 44: "filters"}
    dumps = dict.fromkeys(kinds.values(), b"")
    for message in added:
        kind = struct.unpack_from("=H", message, 4)[0]
        dumps[kinds[kind]] += _dump(kind, message[16:])
    return dumps


def test_a_tree_is_read_from_dumps_and_other_interfaces_are_passed_over() -> None:
    root = Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb())
    cls = HtbClass(ROOT_HANDLE | 0x10, ROOT_HANDLE, 125, 125, 1, 1, 1600)
    leaf = Qdisc(0x100000, cls.handle, Netem(latency=5, loss=3))
    queue = Qdisc(0x80100000, 0x100001, Fifo(3000))
    table = HashTable(1, ETH_P_IP, 1)
    rule = Rule(ETH_P_IP, 1, 1, 7, 1, (Match(1, 2, 12),), target=cls.handle)
    items = (root, cls, leaf, queue, table, rule)
    ours = [encode("add", item, 5) for item in items]
    theirs = [encode("add", replace(root, handle=0x10000), 6), encode("add", replace(table, ident=9), 6)]
    observed = decode(5, _answers(*ours, *theirs))
    assert observed.tree == QdiscTree(
        {q.handle: q for q in (root, leaf, queue)}, {cls.handle: cls}, {1: table}, {rule.key: rule}
    )
    assert observed.counters[cls.handle] == Counters()


def test_defaults_and_ingress_are_nobodys() -> None:
    default = encode("add", Qdisc(0, TC_H_ROOT, Foreign("fq_codel")), 5)
    ingress = encode("add", Qdisc(0xFFFF0000, 0xFFFFFFF1, Foreign("ingress")), 5)
    assert decode(5, _answers(default, ingress)).tree.empty
    foreign = Qdisc(0x10000, TC_H_ROOT, Foreign("fq", b"abcd"))
    assert decode(5, _answers(encode("add", foreign, 5))).tree.root == foreign


def test_counters_are_read() -> None:
    queue = struct.pack("=5I", 3, 4500, 7, 1, 9)
    stats = attribute(7, attribute(1, struct.pack("=QI4x", 2**40, 12)) + attribute(3, queue))
    message = encode("add", Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb()), 5) + stats
    assert decode(5, _answers(message)).counters[ROOT_HANDLE] == Counters(2**40, 12, 7, 9, 4500, 3)


def test_a_rule_in_a_root_table_is_deleted_by_the_kernels_number_and_added_without_it() -> None:
    rule = Rule(ETH_P_IP, 1, 0, 0, 3, (Match(0, 0, 12),), target=ROOT_HANDLE | 0x10)
    table = HashTable(1, ETH_P_IP, 1)
    link = replace(rule, node=4, target=0, link=1, hash_offset=12, hash_mask=0xFF000000)
    shown = bytearray(encode("add", rule, 5))
    shown[24:28] = struct.pack("=I", 0x80100003)
    observed = decode(5, _answers(bytes(shown), encode("add", table, 5), encode("add", link, 5))).tree
    found = observed.rules[rule.key]
    assert found == rule
    assert TCMSG.unpack_from(encode("delete", found, 5), 16)[2] == 0x80100003
    assert TCMSG.unpack_from(encode("add", found, 5), 16)[2] == 3


def test_the_number_of_a_root_table_is_read() -> None:
    shown = bytearray(encode("add", HashTable(0, ETH_P_IPV6, 2, 1), 5))
    shown[24:28] = struct.pack("=I", 0x80100000)
    observed = decode(5, _answers(bytes(shown))).tree
    assert observed.roots == {2 << 16 | ETH_P_IPV6: 0x80100000}
    assert not observed.tables


def test_dumps_are_asked_for_one_interface() -> None:
    for kind, request in dump_requests(77).items():
        ifb = kind == "ifb" or kind.startswith("led ")
        assert TCMSG.unpack_from(request, 16)[1] == (LED + 77 if ifb else 77)
        assert len(request) == struct.unpack_from("=I", request)[0]


@given(netems)
def test_pyroute2_sends_what_we_send_and_reads_what_we_read(value: Netem) -> None:
    register()
    register()
    untyped: Any = tcmsg
    request = untyped()
    request["index"], request["handle"], request["parent"] = 5, 0x100000, ROOT_HANDLE | 0x10
    parameters = plugins["netem"].get_parameters({"options": value})
    request["attrs"] = [["TCA_KIND", "netem"], ["TCA_OPTIONS", parameters]]
    request.encode()
    body = encode("add", Qdisc(0x100000, ROOT_HANDLE | 0x10, value), 5)[16:]
    assert bytes(request.data)[16:] == body
    answer = untyped(request.data)
    answer.decode()
    assert answer.get_attr("TCA_OPTIONS") == value


def test_pyroute2_refuses_single_keywords() -> None:
    register()
    with pytest.raises(TypeError, match="options=Netem"):
        plugins["netem"].get_parameters({"delay": 10})
