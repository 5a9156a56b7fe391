"""What is read back after a change, and what is made of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_wan_planning import (
    BACK,
    FAST,
    NAMES,
    SLOW,
    THERE,
    a_situation,
    carried_out,
    overlay,
    plan,
)

from microdc.agent.model import Touched
from microdc.errors import RefusedError
from microdc.netlink.attributes import TCMSG
from microdc.netlink.messages import dump_requests
from microdc.netlink.model import Counters, Netem, Observed, Qdisc, QdiscTree
from microdc.netlink.rtnetlink import NLM_F_DUMP
from microdc.wan.commit import commits
from microdc.wan.model import BASE, Plan, PortChange
from microdc.wan.planning import Situation, Wish
from microdc.wan.readback import FEW, ReadBack, after, differences


def laid() -> Situation:
    """Both directions of a pair, held by the agent."""
    first = plan(a_situation(), Wish("w", overlay("o1", (THERE, SLOW), (BACK, SLOW))))
    there = carried_out(a_situation(), first)
    return replace(there, state=replace(there.state, ports=frozenset(NAMES.values())))


def port_of(made: Plan, interface: str = "bcn") -> PortChange:
    return next(port for port in made.ports if port.interface == interface)


def one_change() -> Plan:
    """The delay of one direction: one message."""
    made = plan(laid(), Wish("w", overlay("o2", (THERE, FAST))))
    assert [len(port.operations) for port in made.ports] == [0, 1, 0]
    return made


def test_of_a_change_of_a_value_only_that_object_is_asked_for() -> None:
    made = one_change()
    asked = commits(made)["wan1"].read_back
    (request,) = asked["bcn"].values()
    port = port_of(made)
    assert asked.keys() == {"bcn"}
    assert TCMSG.unpack_from(request, 16)[1:3] == (port.index, port.operations[0].item.handle)  # type: ignore[union-attr]
    assert not int.from_bytes(request[6:8], "little") & NLM_F_DUMP


def test_where_structure_changes_everything_is_asked_for() -> None:
    made = plan(a_situation(), Wish("w", overlay("o1", (THERE, SLOW))))
    assert commits(made)["wan1"].read_back == {"bcn": dump_requests(port_of(made).index)}


def test_where_much_changes_everything_is_asked_for() -> None:
    made = one_change()
    port = port_of(made)
    every = len(port.desired.qdiscs) + len(port.desired.classes)
    more = replace(port, operations=[*port.operations] * (every // FEW + 1))
    crowded = replace(made, ports=[more if one is port else one for one in made.ports])
    assert commits(crowded)["wan1"].read_back == {"bcn": dump_requests(port.index)}


def test_where_others_were_everything_is_asked_for_whether_or_not_it_changes() -> None:
    made = one_change()
    touched = {"wan1": {"bcn": Touched(1.0, 2.0, 3), "par": Touched(1.0, 1.0, 1)}}
    assert commits(made, None, touched)["wan1"].read_back == {
        name: dump_requests(port_of(made, name).index) for name in ("bcn", "par")
    }


def test_where_the_whole_wan_is_laid_everything_that_changes_is_asked_for() -> None:
    first = plan(a_situation(), Wish("w", overlay(BASE, (THERE, SLOW), (BACK, SLOW))))
    there = carried_out(a_situation(), first)
    made = plan(there, Wish("w", overlay(BASE, (THERE, FAST), (BACK, SLOW))))
    assert commits(made)["wan1"].read_back == {"bcn": dump_requests(port_of(made).index)}


def shown(qdisc: Qdisc | None) -> dict[str, ReadBack]:
    return {"bcn": ReadBack(QdiscTree({qdisc.handle: qdisc} if qdisc else {}), whole=False)}


def changed_qdisc(made: Plan) -> Qdisc:
    item = port_of(made).operations[0].item
    assert isinstance(item, Qdisc)
    return item


def test_an_object_is_held_against_what_was_asked() -> None:
    made = one_change()
    item = changed_qdisc(made)
    assert isinstance(item.options, Netem)
    other = replace(item, options=replace(item.options, latency=1))
    assert differences(made, "wan1", {"bcn"}, shown(item)) == []
    (wrong,) = differences(made, "wan1", {"bcn"}, shown(other))
    assert wrong == f"bcn: change Qdisc: latency 1 → {item.options.latency}"
    (gone,) = differences(made, "wan1", {"bcn"}, shown(None))
    assert "gone" in gone


def test_an_interface_is_held_against_what_was_planned() -> None:
    made = one_change()
    port = port_of(made)
    whole = {"bcn": ReadBack(port.desired, whole=True)}
    assert differences(made, "wan1", {"bcn"}, whole) == []
    bare = {"bcn": ReadBack(replace(port.desired, rules={}), whole=True)}
    assert all("Rule" in words for words in differences(made, "wan1", {"bcn"}, bare))
    assert differences(made, "wan1", {"bcn"}, bare)
    foreign = {"bcn": ReadBack(QdiscTree({1 << 16: Qdisc(1 << 16, 0xFFFFFFFF, Netem())}), whole=True)}
    with pytest.raises(RefusedError):
        differences(made, "wan1", {"bcn"}, foreign)
    assert differences(made, "wan1", {"bcn"}, {}) == ["bcn: it is gone"]
    assert differences(made, "wan1", {"par"}, {"par": whole["bcn"]}) != []
    assert differences(made, "r-a", {"bcn"}, {}) == []


def test_what_was_read_is_seen_in_what_was_known() -> None:
    made, there = one_change(), laid()
    item = changed_qdisc(made)
    before = replace(there.observed["bcn"], counters={item.handle: Counters(packets=7)})
    now = after(before, shown(item)["bcn"])
    assert now == Observed(port_of(made).desired, before.counters)
    assert after(before, ReadBack(QdiscTree(), whole=True)).tree.empty


def test_the_next_plan_of_what_was_read_changes_nothing() -> None:
    made, there = one_change(), laid()
    found = after(there.observed["bcn"], shown(changed_qdisc(made))["bcn"])
    again = carried_out(there, made)
    again = replace(again, observed={**again.observed, "bcn": found})
    assert plan(again, Wish("w")).empty
