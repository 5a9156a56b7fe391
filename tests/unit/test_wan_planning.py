"""Plans are pure: what is there and what is wished, no kernel."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from microdc.agent.model import Hello, Interface, LaidLayer, State
from microdc.documents.model import Where
from microdc.errors import InputError, RefusedError, UnreachableError
from microdc.impairment import Impairment
from microdc.netlink.intake_values import INGRESS_HANDLE, TC_H_INGRESS
from microdc.netlink.messages import encode
from microdc.netlink.model import TC_H_ROOT, Foreign, Intake, Netem, Observed, Qdisc, QdiscTree, comes_in
from microdc.netlink.rtnetlink import RTM_DELLINK, RTM_DELQDISC
from microdc.testbed.model import Edge, Emulator, Rack, Reach, Server, Site, Testbed, Uplink
from microdc.testbed.shapers import shapers
from microdc.units import Delay, Rate, Size
from microdc.wan.commit import commits
from microdc.wan.compile import ACCESS_HANDLE
from microdc.wan.layers import layer_of, next_id, overlay_of, stack
from microdc.wan.model import BASE, AccessLine, Asked, Direction, Overlay, Plan, PortChange
from microdc.wan.planning import Situation, Wish, make_plan

NAMES = {"paris": "par", "barcelona": "bcn", "boston": "bos"}
SLOW, FAST = Asked(Impairment(owd=Delay(50_000_000)), "slow"), Asked(Impairment(owd=Delay(5_000_000)), "fast")
THERE, BACK = Direction("paris", "barcelona"), Direction("barcelona", "paris")


def a_testbed() -> Testbed:
    sites = {
        name: Site(name, uplink=Uplink("wan1", port), networks={"data": (ip_network(f"10.{i}.0.0/16"),)})
        for i, (name, port) in enumerate(NAMES.items(), 1)
    }
    where = Where(Path("sites.yaml"), 3)
    return Testbed("t", "", sites, {"wan1": Emulator("wan1", Reach("local"))}, (), lambda *_: where)


def a_situation(
    trees: Mapping[str, QdiscTree] | None = None, layers: tuple[LaidLayer, ...] = ()
) -> Situation:
    interfaces = {port: Interface(port, i, 1500, "") for i, port in enumerate(NAMES.values(), 2)}
    observed = {port: Observed((trees or {}).get(port, QdiscTree())) for port in NAMES.values()}
    (shaper,) = shapers(a_testbed())
    return Situation(shaper, Hello(1, "6.1", "b", 0, interfaces), State(7, layers), observed)


def plan(situation: Situation, wish: Wish) -> Plan:
    return make_plan(a_testbed(), {"wan1": situation}, wish)


def carried_out(before: Situation, made: Plan) -> Situation:
    """What a perfect kernel and agent would hold after a plan."""
    layers = [layer for layer in before.state.layers if layer.id not in made.drop]
    if made.put:
        held = [port for port in made.ports if not port.desired.empty]
        leaves = {d: leaf for port in held for d, leaf in port.clean.items()}
        laid = layer_of(made.put, held, leaves, ["wan1"])
        values = {slot: value.data for slot, value in laid.values.items()}
        new = LaidLayer(
            laid.id, laid.owner, laid.reason, 100.0 + len(layers), laid.seconds, values, laid.data
        )
        layers = [layer for layer in layers if layer.id != new.id]
        layers.insert(0 if new.id == BASE else len(layers), new)
    return a_situation({port.interface: port.desired for port in made.ports}, tuple(layers))


def overlay(ident: str, *values: tuple[Direction, Asked]) -> Overlay:
    return Overlay(ident, "me", ident, dict(values))


def test_only_the_ports_that_the_overlay_crosses_are_touched() -> None:
    made = plan(a_situation(), Wish("w", overlay("o1", (THERE, SLOW))))
    assert {port.interface for port in made.ports if port.operations} == {"bcn"}
    assert made.structural
    assert not made.empty
    # the untouched pair of that port has its class too, so that a later overlay changes values only
    of_pairs = {leaf.cls.handle for leaf in made.ports[1].leaves.values()}
    assert made.ports[1].desired.classes.keys() == {*of_pairs, ACCESS_HANDLE}


def test_the_same_again_changes_nothing() -> None:
    wish = Wish("w", overlay("o1", (THERE, SLOW), (BACK, SLOW)))
    there = carried_out(a_situation(), plan(a_situation(), wish))
    assert plan(there, wish).empty


def test_other_values_are_changed_in_place() -> None:
    there = carried_out(a_situation(), plan(a_situation(), Wish("w", overlay("o1", (THERE, SLOW)))))
    made = plan(there, Wish("w", overlay("o2", (THERE, FAST))))
    assert [o.verb for port in made.ports for o in port.operations] == ["change"]
    assert not made.structural


def test_what_lies_below_shows_again() -> None:
    base = carried_out(
        a_situation(), plan(a_situation(), Wish("w", overlay(BASE, (THERE, FAST), (BACK, FAST))))
    )
    covered = carried_out(base, plan(base, Wish("w", overlay("o1", (THERE, SLOW)))))
    back = carried_out(covered, plan(covered, Wish("w", drop=["o1"])))
    assert back.observed == base.observed
    assert stack({"wan1": back.state}) == stack({"wan1": base.state})


def test_the_inventory_lies_below_what_was_laid_before_it() -> None:
    first = carried_out(a_situation(), plan(a_situation(), Wish("w", overlay("o1", (THERE, SLOW)))))
    both = carried_out(first, plan(first, Wish("w", overlay(BASE, (THERE, FAST), (BACK, FAST)))))
    assert [o.id for o in stack({"wan1": both.state})] == [BASE, "o1"]
    bcn = next(p for p in plan(both, Wish("")).ports if p.interface == "bcn")
    delay_line = bcn.leaves[THERE].netem.options
    assert isinstance(delay_line, Netem)
    assert delay_line.latency == SLOW.impairment.owd


def test_removing_the_last_overlay_gives_the_interface_back() -> None:
    there = carried_out(a_situation(), plan(a_situation(), Wish("w", overlay("o1", (THERE, SLOW)))))
    made = plan(there, Wish("w", drop=["o1"]))
    touched = [port for port in made.ports if port.operations]
    assert [port.desired.empty for port in touched] == [True]
    assert [o.verb for o in touched[0].operations] == ["delete"]


def test_drift_is_mended_although_nothing_new_is_wished() -> None:
    wish = Wish("w", overlay(BASE, (THERE, SLOW)))
    there = carried_out(a_situation(), plan(a_situation(), wish))
    gone = replace(there, observed={**there.observed, "bcn": Observed(QdiscTree())})
    made = plan(gone, wish)
    assert made.put is None
    assert not made.empty


@pytest.mark.parametrize("kind", ["htb", "tbf", "fq_codel"])
def test_a_foreign_qdisc_is_refused_by_name_and_left_where_nothing_is_wished(kind: str) -> None:
    foreign = QdiscTree({0x10000: Qdisc(0x10000, TC_H_ROOT, Foreign(kind))})
    there = a_situation({"bcn": foreign})
    with pytest.raises(RefusedError, match=f"wan1:bcn.*{kind} 1:"):
        plan(there, Wish("w", overlay("o1", (THERE, SLOW))))
    assert plan(there, Wish("w", overlay("o1", (BACK, SLOW)))).ports[1].operations == []
    taken = plan(there, Wish("w", overlay("o1", (THERE, SLOW)), take_over=True))
    assert [o.verb for o in taken.ports[1].operations][:2] == ["delete", "add"]


def test_an_interface_that_is_not_there() -> None:
    there = a_situation()
    less = {n: i for n, i in there.hello.interfaces.items() if n != "bcn"}
    with pytest.raises(UnreachableError, match=r"sites.yaml:3.*'bcn'.*barcelona"):
        plan(replace(there, hello=replace(there.hello, interfaces=less)), Wish(""))


def test_an_emulator_port_with_a_smaller_mtu_than_its_site() -> None:
    there = a_situation()
    small = {n: replace(i, mtu=1400) for n, i in there.hello.interfaces.items()}
    with pytest.raises(InputError, match=r"sites.yaml:3.*MTU of 1500.*1400"):
        plan(replace(there, hello=replace(there.hello, interfaces=small)), Wish(""))


def test_an_overlay_survives_the_way_to_the_agent_and_back() -> None:
    laid = overlay("o9", (THERE, SLOW), (BACK, FAST))
    there = carried_out(a_situation(), plan(a_situation(), Wish("w", laid)))
    assert overlay_of(there.state.layers[0]).values == laid.values


def test_names_of_overlays_are_not_used_twice() -> None:
    assert next_id([], []) == "o1"
    assert next_id([], [overlay("o1"), overlay(BASE), overlay("o7")]) == "o8"
    assert next_id([State(3, (), serial=9), State(0, ())], [overlay("o7")]) == "o10"


def test_a_change_of_structure_lays_all_layers_anew() -> None:
    """Their messages name classes and interfaces by number, and the numbers may be others now."""
    base = carried_out(
        a_situation(), plan(a_situation(), Wish("w", overlay(BASE, (THERE, FAST), (BACK, FAST))))
    )
    both = carried_out(base, plan(base, Wish("w", overlay("o1", (THERE, SLOW)))))
    in_place = commits(plan(both, Wish("w", overlay("o2", (THERE, FAST)))))["wan1"]
    assert [layer.id for layer in in_place.put] == ["o2"]
    moved = replace(both, observed={name: Observed(QdiscTree()) for name in both.observed})
    anew = commits(plan(moved, Wish("w", overlay("o2", (THERE, FAST)))))["wan1"]
    assert [layer.id for layer in anew.put] == [BASE, "o1", "o2"]
    assert [layer.made for layer in anew.put][:2] == [o.made for o in stack({"wan1": both.state})]


def test_an_overlay_whose_parts_do_not_all_lie_is_not_whole() -> None:
    made = plan(a_situation(), Wish("w", overlay("o1", (THERE, SLOW))))
    laid = carried_out(a_situation(), made).state.layers[0]
    on_two = State(1, (replace(laid, data={**laid.data, "shapers": ["wan1", "wan2"]}),))
    assert [o.missing for o in stack({"wan1": on_two, "wan2": State(1, ())})] == [("wan2",)]
    assert [o.missing for o in stack({"wan1": on_two, "wan2": on_two})] == [()]
    whole = carried_out(a_situation(), made)
    partial = replace(whole, state=replace(whole.state, layers=on_two.layers))
    wish = Wish("w", overlay("o1", (THERE, SLOW)))
    assert plan(whole, wish).empty
    testbed = a_testbed()
    again = make_plan(
        testbed,
        {"wan1": partial, "wan2": replace(a_situation(), shaper=replace(whole.shaper, name="wan2"))},
        wish,
    )
    assert again.put is not None


# -- sites without an emulator, whose servers shape what they send


def edge_testbed() -> Testbed:
    def site(name: str, number: int, *servers: str) -> Site:
        made = {
            server: Server(server, name, "r1", edge=Edge("eno1", Reach(f"ssh://root@{server}")))
            for server in servers
        }
        networks = {"data": (ip_network(f"10.{number}.0.0/16"), ip_network(f"fd00:{number}::/32"))}
        return Site(name, networks=networks, racks={"r1": Rack("r1", name, servers=made)})

    sites = {
        "rio": site("rio", 1, "r-a", "r-b"),
        "quito": site("quito", 2, "q-a"),
        "lima": site("lima", 3, "l-a"),
    }
    return Testbed("t", "", sites, {}, (), lambda *_: Where(Path("sites.yaml"), 3))


def edge_situations(testbed: Testbed) -> dict[str, Situation]:
    hello = Hello(1, "6.1", "b", 0, {"eno1": Interface("eno1", 2, 1500, "")})
    empty = {"eno1": Observed(QdiscTree())}
    return {shaper.name: Situation(shaper, hello, State(0, ()), empty) for shaper in shapers(testbed)}


def test_each_server_of_a_site_shapes_what_it_sends_by_its_destination() -> None:
    testbed = edge_testbed()
    way = Direction("rio", "quito")
    made = make_plan(testbed, edge_situations(testbed), Wish("w", overlay("o1", (way, SLOW))))
    touched = {port.emulator: port for port in made.ports if port.operations}
    assert touched.keys() == {"r-a", "r-b"}
    for port in touched.values():
        assert port.leaves.keys() == {way, Direction("rio", "lima")}
        target = port.leaves[way].cls.handle
        netem = port.desired.qdiscs[port.leaves[way].netem.handle].options
        assert isinstance(netem, Netem)
        assert netem.latency == SLOW.impairment.owd
        matched = {
            (rule.protocol, m.value, m.offset)
            for rule in port.desired.rules.values()
            if rule.target == target
            for m in rule.matches
        }
        assert (0x800, 10 << 24 | 2 << 16, 16) in matched  # the destination of an IPv4 header
        assert (0x86DD, 0xFD000002, 24) in matched
    assert made.sites == {"rio", "quito"}


def test_the_agents_of_edge_servers_keep_packets_single_on_their_way_out() -> None:
    testbed = edge_testbed()
    made = make_plan(
        testbed, edge_situations(testbed), Wish("w", overlay("o1", (Direction("rio", "quito"), SLOW)))
    )
    sent = commits(made)
    assert set(sent["r-a"].ports["eno1"].singly) == {"gro", "lro", "tso", "gso", "segments"}
    assert sent["r-a"].put[0].data["shapers"] == ["r-a", "r-b"]
    assert sent["q-a"].put == []
    assert sent["q-a"].bare == ["eno1"]


def test_what_is_held_and_no_longer_in_the_inventory_is_given_back() -> None:
    there = a_situation()
    held = replace(there, state=replace(there.state, ports=frozenset({"bcn", "old0"})))
    made = plan(held, Wish("w"))
    assert made.strays == {"wan1": ["old0"]}
    assert not made.empty


def test_a_lease_on_a_site_that_loses_what_was_laid_counts() -> None:
    base = overlay(BASE, (THERE, FAST), (Direction("boston", "paris"), FAST))
    there = carried_out(a_situation(), plan(a_situation(), Wish("w", base)))
    made = plan(there, Wish("w", overlay(BASE, (THERE, FAST))))
    assert "boston" in made.sites


def test_mending_lays_all_layers_anew_since_what_they_come_to_may_have_changed() -> None:
    base = carried_out(a_situation(), plan(a_situation(), Wish("w", overlay(BASE, (THERE, FAST)))))
    both = carried_out(base, plan(base, Wish("w", overlay("o1", (THERE, SLOW)))))
    tree = both.observed["bcn"].tree
    cls = next(iter(tree.classes.values()))
    other = replace(tree, classes={**tree.classes, cls.handle: replace(cls, burst=1)})
    made = plan(replace(both, observed={**both.observed, "bcn": Observed(other)}), Wish("w"))
    assert [layer.id for layer in commits(made)["wan1"].put] == [BASE, "o1"]


def test_only_what_the_agent_does_not_know_is_sent_of_ports() -> None:
    wish = Wish("w", overlay("o1", (THERE, SLOW), (BACK, SLOW)))
    there = carried_out(a_situation(), plan(a_situation(), wish))
    assert commits(plan(a_situation(), wish))["wan1"].ports.keys() == {"bcn", "par"}
    held = replace(there, state=replace(there.state, ports=frozenset({"bcn", "par"})))
    made = plan(held, Wish("w", overlay("o2", (THERE, FAST))))
    assert commits(made)["wan1"].ports.keys() == set()
    # what the whole WAN comes to may differ from what an earlier version of this program made of it
    made = plan(held, Wish("w", overlay(BASE, (THERE, FAST)), drop=["o1"]))
    assert commits(made)["wan1"].ports.keys() == {"bcn"}


# -- access lines that pairs share

LINE = AccessLine(Rate(8_000_000), Size(100_000), Rate(16_000_000))
MIDDLE = Impairment(owd=Delay(5_000_000), rate=Rate(8_000_000), buffer=Size(100_000))
COMPOSED = Asked(MIDDLE, "composed", shared=True)


def inventory(line: AccessLine = LINE) -> Overlay:
    """What the inventory asks where all is composed, and barcelona has a line."""
    names = list(NAMES)
    values = {Direction(a, b): COMPOSED for a in names for b in names if a != b}
    return replace(overlay(BASE, *values.items()), lines={"barcelona": line})


def laid(*wishes: Overlay) -> Situation:
    there = a_situation()
    for one in wishes:
        there = carried_out(there, plan(there, Wish("w", one)))
    return there


def port_of(made: Plan, interface: str = "bcn") -> PortChange:
    return next(port for port in made.ports if port.interface == interface)


def test_a_shared_line_is_laid_at_its_site_only() -> None:
    made = plan(a_situation(), Wish("w", inventory()))
    there, elsewhere = port_of(made).desired, port_of(made, "par").desired
    assert there.classes[ACCESS_HANDLE].rate == 2_000_000
    assert there.intake is not None
    assert there.intake.tree.classes[ACCESS_HANDLE].rate == 1_000_000
    assert elsewhere.intake is None
    cls = port_of(made).leaves[THERE].cls
    assert (cls.rate < 1000, cls.ceil) == (True, 1_000_000)
    other = port_of(made, "par").leaves[BACK].cls
    assert other.rate == other.ceil == 1_000_000
    assert plan(laid(inventory()), Wish("w", inventory())).empty


def test_all_parts_know_all_lines() -> None:
    there = laid(inventory())
    (known,) = stack({"wan1": there.state})
    assert known.lines == {"barcelona": LINE}
    layer = there.state.layers[0]
    old = replace(layer, data={key: told for key, told in layer.data.items() if key != "lines"})
    assert overlay_of(old).lines == {}


def test_a_line_comes_below_what_is_laid_without_rebuilding_what_leaves_there() -> None:
    there = laid(overlay("o1", (THERE, FAST)))
    made = port_of(plan(there, Wish("w", inventory())))
    leaving = [o for o in made.operations if not comes_in(o.item)]
    assert {o.verb for o in leaving} == {"change"}
    assert {o.verb for o in made.operations if comes_in(o.item)} == {"add"}


def test_without_the_inventory_there_are_no_lines_and_the_overlays_stay() -> None:
    there = laid(inventory(), overlay("o1", (THERE, COMPOSED), (BACK, FAST)))
    made = plan(there, Wish("w", drop=[BASE]))
    port = port_of(made)
    assert port.desired.intake is None
    assert {o.verb for o in port.operations if comes_in(o.item)} == {"delete"}
    assert {o.verb for o in port.operations if not comes_in(o.item)} == {"change"}
    cls = port.leaves[THERE].cls
    assert cls.rate == cls.ceil == 1_000_000
    # what the agent keeps of the overlay was made for the line that goes
    (layer,) = commits(made)["wan1"].put
    assert encode("change", cls, port.index) in layer.values[f"bcn/{THERE.source}>{THERE.target}"].messages


def test_another_rate_of_a_line_changes_values_only() -> None:
    faster = inventory(AccessLine(Rate(9_000_000), Size(100_000), Rate(18_000_000)))
    made = plan(laid(inventory()), Wish("w", faster))
    assert not made.empty
    assert not made.structural


def test_a_whole_path_on_top_is_set_in_place_and_keeps_its_rate() -> None:
    whole = Asked(Impairment(rate=Rate(80_000_000), buffer=Size(100_000)), "whole")
    made = plan(laid(inventory()), Wish("w", overlay("o1", (THERE, whole))))
    assert {o.verb for port in made.ports for o in port.operations} == {"change"}
    cls = port_of(made).leaves[THERE].cls
    assert cls.rate == cls.ceil == 10_000_000


def test_a_port_is_given_back_with_what_leads_packets_in() -> None:
    (agent,) = commits(plan(a_situation(), Wish("w", inventory()))).values()
    kinds = {
        name: [struct.unpack_from("=H", m, 4)[0] for m in port.bare] for name, port in agent.ports.items()
    }
    # the redirection first, then where it led
    assert kinds == {
        "bcn": [RTM_DELQDISC, RTM_DELLINK, RTM_DELQDISC],
        "par": [RTM_DELQDISC],
        "bos": [RTM_DELQDISC],
    }


def test_a_foreign_ingress_qdisc_is_refused_only_where_one_is_needed() -> None:
    clsact = Qdisc(INGRESS_HANDLE, TC_H_INGRESS, Foreign("clsact"))
    foreign = QdiscTree(intake=Intake(QdiscTree(), ingress=clsact, strangers=1))
    there = a_situation({"bcn": foreign, "par": foreign})
    with pytest.raises(RefusedError, match=r"wan1:bcn.*clsact ffff:"):
        plan(there, Wish("w", inventory()))
    assert not any(
        comes_in(o.item) for o in plan(there, Wish("w", overlay("o1", (THERE, FAST)))).ports[1].operations
    )
    taken = plan(there, Wish("w", inventory(), take_over=True))
    assert port_of(taken).operations[0].item == clsact


def test_at_an_edge_the_line_bounds_what_the_server_sends() -> None:
    testbed = edge_testbed()
    way = Direction("rio", "quito")
    wish = replace(overlay(BASE, (way, COMPOSED)), lines={"rio": LINE})
    made = make_plan(testbed, edge_situations(testbed), Wish("w", wish))
    touched = {port.emulator: port for port in made.ports if port.operations}
    assert touched.keys() == {"r-a", "r-b"}
    for port in touched.values():
        assert port.desired.classes[ACCESS_HANDLE].rate == 1_000_000
        assert port.leaves[way].cls.rate < port.leaves[way].cls.ceil
        assert port.desired.intake is None
