"""A switch is read over UDP: what is asked, and what comes of agents that make no sense."""

from __future__ import annotations

from pathlib import Path

import pytest
import recorded_walk
import snmp_agent
import snmp_replay
from table_agent import Table, serving

from microdc.remarks import Remark
from microdc.snmp.client import Client
from microdc.snmp.errors import Cause, SnmpError
from microdc.snmp.model import Agent, Cell, Community, Limits, User
from microdc.snmp.oids import Oid
from microdc.switch.model import Address
from microdc.switch.snmp import addresses, counters, entity, interfaces, system
from microdc.switch.snmp.objects import Object
from microdc.switch.snmp.ports import BASE_PORTS
from microdc.switch.snmp.reading import read
from microdc.switch.snmp.state import state
from microdc.switch.snmp.told import Told
from microdc.switch.snmp.vendors import cisco
from microdc.switch.snmp.views import ALL

PATIENT = Limits(seconds=10)
HASTY = Limits(seconds=0.3, attempts=1)


def agent(port: int, community: str = "public") -> Agent:
    return Agent("sw1", "127.0.0.1", Community(community), port)


def column(of: Object, *values: bytes | int) -> list[Cell]:
    return [((*of.oid, index), value) for index, value in enumerate(values, 1)]


NAME: Cell = ((*system.NAME.oid, 0), b"sw1")
UPTIME: Cell = ((*system.UPTIME.oid, 0), 12345)
CELLS: list[Cell] = [
    NAME,
    UPTIME,
    *column(interfaces.NAME, *(b"swp%d" % number for number in range(1, 31))),
    *column(interfaces.OPER, *(1 for _ in range(30))),
    *column(interfaces.HIGH_SPEED, *(10_000 for _ in range(30))),
    *column(counters.IN_WIDE, *range(30)),
    *column(counters.OUT_WIDE, *range(30)),
    *column(entity.NAME, b"chassis"),
    *column(entity.SERIAL, b"123"),
]


def test_a_recorded_device_is_read_over_udp_as_it_was_recorded(reference_data: Path, tmp_path: Path) -> None:
    record = recorded_walk.files(reference_data / recorded_walk.ARCHIVE)["arubaos-cx.snmprec"]
    with snmp_replay.serving(tmp_path, {"aruba": record}) as port:
        found = read(agent(port, "aruba"), ALL, limits=PATIENT)
    assert found == state(Told(recorded_walk.cells(record)), ALL)
    assert len(found.ports) == 60
    assert len(found.neighbours) == 18


@pytest.mark.skipif(snmp_agent.SNMPD is None, reason="snmpd is not installed")
def test_snmpd_is_read_alike_over_v2c_and_v3(tmp_path: Path) -> None:
    login = User(snmp_agent.WATCHER, snmp_agent.AUTHENTICATION, snmp_agent.PRIVACY)
    with snmp_agent.Snmpd(tmp_path) as snmpd:
        plain = read(agent(snmpd.port, snmp_agent.READ), ["ports", "health"], limits=PATIENT)
        secret = read(Agent("sw1", "127.0.0.1", login, snmpd.port), ["ports", "health"], limits=PATIENT)
    for found in (plain, secret):
        assert found.system.name == "pdu"
        (lo,) = (one for one in found.ports if one.name == "lo")
        assert (lo.kind, lo.admin, lo.mtu) == (24, "up", 65536)
        assert found.sample is not None
        assert found.sample.counters[lo.index].wide
        assert found.remarks == ()


@pytest.mark.parametrize("most", [1000, 30, 7, 1])
def test_answers_that_are_cut_short_are_asked_for_to_their_end(most: int) -> None:
    with serving(Table(CELLS, most=most)) as port:
        found = read(agent(port), ["ports", "components"], limits=PATIENT)
    assert [one.name for one in found.ports] == [f"swp{number}" for number in range(1, 31)]
    assert {one.speed for one in found.ports} == {10**10}
    assert found.components[0].serial == "123"
    assert found.remarks == ()


def test_what_is_too_big_is_asked_for_in_smaller_parts() -> None:
    with serving(Table(CELLS, most=10, refuses=True)) as port:
        found = read(agent(port), ["ports"], limits=PATIENT)
    assert len(found.ports) == 30
    assert found.remarks == ()


def test_a_table_at_which_the_agent_fails_hides_no_other() -> None:
    with serving(Table(CELLS, failing=(interfaces.ALIAS.oid,))) as port:
        found = read(agent(port), ["ports"], limits=PATIENT)
    assert len(found.ports) == 30
    assert [remark.where for remark in found.remarks] == ["ifAlias"]
    assert "genErr" in found.remarks[0].what


def test_a_table_at_which_the_agent_is_silent_hides_no_other() -> None:
    with serving(Table(CELLS, silent=(interfaces.ALIAS.oid,))) as port:
        found = read(agent(port), ["ports", "components"], limits=HASTY)
    assert len(found.ports) == 30
    assert found.components[0].serial == "123"
    assert [remark.where for remark in found.remarks] == ["ifAlias"]
    assert "no answer" in found.remarks[0].what


def test_large_answers_that_do_not_arrive_are_asked_for_in_small_parts() -> None:
    with serving(Table(CELLS, loses=10)) as port:
        found = read(agent(port), ["ports", "components", "health"], limits=HASTY)
    assert len(found.ports) == 30
    assert found.components[0].serial == "123"
    assert found.remarks == ()


def test_an_object_at_which_the_agent_fails_hides_no_other() -> None:
    with serving(Table(CELLS, failing=(system.CONTACT.oid,))) as port:
        found = read(agent(port), ["system"], limits=PATIENT)
    assert found.system.name == "sw1"
    assert found.system.uptime == 123.45
    assert [remark.where for remark in found.remarks] == ["sysContact"]


def test_an_agent_that_falls_silent_ends_the_reading() -> None:
    with serving(Table(CELLS, gone=3)) as port, pytest.raises(SnmpError) as caught:
        read(agent(port), ["ports"], limits=HASTY)
    assert caught.value.cause is Cause.TIMEOUT


def test_a_wrong_community_is_answered_by_silence() -> None:
    with serving(Table(CELLS, community="secret")) as port, pytest.raises(SnmpError) as caught:
        read(agent(port, "public"), ["system"], limits=HASTY)
    assert "community" in caught.value.hint


def test_a_name_that_is_told_twice_ends_its_walk_and_no_other() -> None:
    third = (*interfaces.NAME.oid, 3)

    def repeats(oid: Oid) -> Oid | None:
        return third if oid == third else None

    with serving(Table(CELLS, after=repeats)) as port:
        found = read(agent(port), ["ports"], limits=PATIENT)
    assert [one.name for one in found.ports[:4]] == ["swp1", "swp2", "swp3", "4"]
    assert {one.oper for one in found.ports} == {"up"}
    assert found.remarks == (Remark("ifName", f"{'.'.join(map(str, third))} was told twice"),)


def test_rows_in_no_order_are_all_taken() -> None:
    root = interfaces.NAME.oid
    order = [2, 1, 4, 3]
    after = dict(zip(order, [*order[1:], 0], strict=True))

    def shuffled(oid: Oid) -> Oid | None:
        if oid == root:
            return (*root, order[0])
        if oid[:-1] == root:
            return (*root, after[oid[-1]]) if after[oid[-1]] else (*root[:-1], root[-1] + 1, 1)
        return None

    with serving(Table([*column(interfaces.NAME, b"a", b"b", b"c", b"d"), UPTIME], after=shuffled)) as port:
        found = read(agent(port), ["ports"], limits=PATIENT)
    assert [one.name for one in found.ports] == ["a", "b", "c", "d"]
    assert [remark.where for remark in found.remarks] == ["ifName"]
    assert "in no order" in found.remarks[0].what


def test_a_subtree_without_end_is_cut() -> None:
    root = interfaces.NAME.oid

    def endless(oid: Oid) -> Oid | None:
        return (*root, oid[-1] + 1) if oid[:-1] == root else (*root, 1) if oid == root else None

    with serving(Table([], after=endless)) as port, Client(agent(port), PATIENT) as client:
        found = client.columns([root, interfaces.ALIAS.oid], limit=100)
    assert len(found[root].cells) == 100
    assert "more than 100" in found[root].cut
    assert found[interfaces.ALIAS.oid].cut == ""


def test_no_subtree_twice() -> None:
    table = Table(CELLS)
    with serving(table) as port, Client(agent(port), PATIENT) as client:
        found = client.columns([interfaces.NAME.oid, interfaces.NAME.oid])
    assert len(found[interfaces.NAME.oid].cells) == 30
    assert all(len(oids) == 1 for oids in table.requests)


def test_only_what_a_view_needs_is_asked_for() -> None:
    table = Table(CELLS)
    with serving(table) as port:
        found = read(agent(port), ["health"], limits=PATIENT)
    assert found.sample is not None
    assert found.sample.ticks == 12345
    assert found.sample.counters[30].in_octets == 29
    assert found.sample.counters[30].oper == "up"
    assert found.ports == ()
    walked = {oid for oids in table.requests[1:] for oid in oids}
    roots = [of.oid for of in counters.HEALTH]
    assert all(any(oid[: len(root)] == root for root in roots) for oid in walked)
    assert len(table.requests) < 12


def test_an_agent_of_32_bits_is_asked_for_its_narrow_counters() -> None:
    cells = [UPTIME, *column(counters.IN_NARROW, 5), *column(counters.OUT_NARROW, 6)]
    with serving(Table(cells)) as port:
        found = read(agent(port), ["health"], limits=PATIENT)
    assert found.sample is not None
    assert found.sample.counters[1].in_octets == 5
    assert not found.sample.counters[1].wide


MAC = (0, 27, 33, 187, 230, 240)


def context(vlan: int, base: int, index: int) -> Table:
    return Table(
        [
            NAME,
            UPTIME,
            ((*BASE_PORTS.oid, base), index),
            ((*addresses.PLAIN_PORT.oid, *MAC), base),
            ((*addresses.PLAIN_STATUS.oid, *MAC), 3),
        ],
        community=f"public@{vlan}",
    )


CATALYST: list[Cell] = [
    NAME,
    ((*system.OBJECT_ID.oid, 0), "1.3.6.1.4.1.9.1.1208"),
    *column(interfaces.NAME, b"Gi1/0/1", b"Gi1/0/2"),
    ((*cisco.STATE.oid, 1, 10), 1),
    ((*cisco.STATE.oid, 1, 20), 1),
    ((*cisco.STATE.oid, 1, 30), 1),
]


def test_forwarding_tables_of_single_vlans() -> None:
    with serving(Table(CATALYST, community="public"), context(10, 7, 1), context(20, 7, 2)) as port:
        found = read(agent(port), ["addresses"], limits=HASTY, by_vlan=True)
    assert set(found.addresses) == {
        Address("00:1b:21:bb:e6:f0", "Gi1/0/1", 10),
        Address("00:1b:21:bb:e6:f0", "Gi1/0/2", 20),
    }
    assert [remark.where for remark in found.remarks] == ["forwarding table of VLAN 30"]


@pytest.mark.skipif(snmp_agent.SNMPD is None, reason="snmpd is not installed")
def test_tables_of_single_vlans_are_not_read_over_v3(tmp_path: Path) -> None:
    login = User(snmp_agent.WATCHER, snmp_agent.AUTHENTICATION, snmp_agent.PRIVACY)
    with snmp_agent.Snmpd(tmp_path) as snmpd:
        found = read(
            Agent("sw1", "127.0.0.1", login, snmpd.port), ["addresses"], limits=PATIENT, by_vlan=True
        )
    assert [remark.what for remark in found.remarks] == [
        "the forwarding tables of single VLANs are read over v2c only"
    ]


def test_vendors_tables_are_asked_of_their_own_devices_only() -> None:
    theirs, others = Table(CATALYST), Table(CELLS)
    for table in (theirs, others):
        with serving(table) as port:
            read(agent(port), ["vlans", "neighbours"], limits=PATIENT)

    def asked(table: Table) -> bool:
        return any(
            oid[: len(cisco.ENTERPRISE)] == cisco.ENTERPRISE for oids in table.requests for oid in oids
        )

    assert asked(theirs)
    assert not asked(others)


def test_nobody_listens() -> None:
    with serving(Table([])) as port:
        pass
    with pytest.raises(SnmpError) as caught:
        read(agent(port), ALL, limits=HASTY)
    assert caught.value.cause is Cause.REFUSED
