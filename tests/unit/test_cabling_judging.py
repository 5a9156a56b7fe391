"""What is said of single cables: who a neighbour is, what addresses prove, and what cannot be said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import cabling_racks as racks
import pytest
from cabling_racks import ident

from microdc.survey.cabling.judging import check
from microdc.survey.cabling.known import twins
from microdc.survey.cabling.model import BMC, Cabled, CableVerdict, End, Expected
from microdc.switch.model import Address, Neighbour, Port, SwitchState, System

C1, C2 = "3c:ec:ef:00:01:01", "3c:ec:ef:00:02:01"
GUEST, FOREIGN = "fa:16:3e:00:00:01", "b8:27:eb:00:00:01"


def port(number: int, name: str = "", **more: object) -> Port:
    state = {"admin": "up", "oper": "up", "kind": 6, **more}
    return Port(number, name or f"Ethernet{number}", **state)  # type: ignore[arg-type]


def switch(
    *heard: Neighbour | Address,
    ports: tuple[Port, ...] = (),
    name: str = "sw1",
    chassis: str = "00:1c:73:00:00:00",
) -> SwitchState:
    return SwitchState(
        System(name=name, chassis=ident("mac", chassis)),
        ports or tuple(port(number) for number in range(1, 6)),
        tuple(one for one in heard if isinstance(one, Neighbour)),
        addresses=tuple(one for one in heard if isinstance(one, Address)),
    )


def rack(*cables: tuple[str, str], macs: Mapping[str, str] | None = None, **more: object) -> Expected:
    """Cables by their ends `device:port`; what is called sw... is a switch, wan... an emulator, the rest servers."""
    made = tuple(Cabled(End(*a.split(":")), End(*b.split(":"))) for a, b in cables)
    ends = [end for cable in made for end in cable.ends]
    kinds = {
        end.device: "switch"
        if end.device.startswith("sw")
        else "emulator"
        if end.device.startswith("wan")
        else "server"
        for end in ends
    }
    nics = {
        name: tuple(dict.fromkeys(end.port for end in ends if end.device == name))
        for name, kind in kinds.items()
        if kind == "server"
    }
    declared = {End(*end.split(":", 1)): mac for end, mac in (macs or {}).items()}
    return Expected(made, kinds, nics, declared, **more)  # type: ignore[arg-type]


ONE = rack(("c1:eno1", "sw1:1"), macs={"c1:eno1": C1})
TWO = rack(("c1:eno1", "sw1:1"), ("c2:eno1", "sw1:2"), macs={"c1:eno1": C1, "c2:eno1": C2})
LINK = rack(("sw1:Ethernet5", "sw2:Ethernet5"))


def only(verdicts: tuple[CableVerdict, ...]) -> CableVerdict:
    assert len(verdicts) == 1, verdicts
    return verdicts[0]


@pytest.mark.parametrize(
    "neighbour",
    [
        Neighbour("Ethernet1", ident("mac", C1), ident("mac", C1)),
        Neighbour("Ethernet1", ident("local", "x"), ident("mac", C1)),
        Neighbour("Ethernet1", ident("unknown", C1), ident("unknown", C1)),
        Neighbour("Et1", ident("mac", "02:00:00:00:00:99"), ident("name", "eno1"), system="c1.example.net"),
        Neighbour("1", ident("name", "C1"), ident("local", "7"), port_description="eno1"),
        Neighbour("Ethernet1", ident("mac", "02:00:00:00:00:77"), ident("name", "ens3")),
        Neighbour(
            "Ethernet1", ident("mac", "02:00:00:00:00:99"), ident("name", "port0"), management=("10.0.0.1",)
        ),
    ],
    ids=["card", "port", "ascii", "name", "description", "own", "address"],
)
def test_a_server_is_known_by_any_of_what_it_tells(neighbour: Neighbour) -> None:
    expected = replace(ONE, addresses={"10.0.0.1": End("c1", "eno1")})
    assert only(check(expected, {"sw1": switch(neighbour)}, {"c1": ("02:00:00:00:00:77",)})).kind == "right"


def test_an_address_outweighs_a_name_that_was_copied() -> None:
    copied = Neighbour("Ethernet1", ident("mac", C2), ident("mac", C2), system="c1")
    found = check(TWO, {"sw1": switch(copied)})[0]
    assert (found.kind, found.there) == ("wrong", End("c2", "eno1"))
    assert "says c1" in found.reason


def test_a_stranger_in_a_servers_port_is_wrong_only_where_it_tells_an_address() -> None:
    told = Neighbour("Ethernet1", ident("mac", FOREIGN), ident("mac", FOREIGN), system="laptop")
    found = only(check(ONE, {"sw1": switch(told)}))
    assert (found.kind, found.severity, found.there) == ("wrong", "critical", None)
    assert "laptop" in found.reason
    named = Neighbour("Ethernet1", ident("local", "laptop"), ident("name", "en0"), system="laptop")
    assert only(check(ONE, {"sw1": switch(named)})).kind == "unknown"
    unknown = replace(ONE, macs={})
    assert only(check(unknown, {"sw1": switch(told)})).kind == "unknown"


def test_one_of_two_servers_in_the_others_port_is_no_swap() -> None:
    verdicts = check(TWO, {"sw1": switch(Neighbour("Ethernet1", ident("mac", C2), ident("mac", C2)))})
    assert [one.kind for one in verdicts] == ["wrong", "wrong"]
    assert [one.crossed for one in verdicts] == [(), ()]
    assert (verdicts[0].there, verdicts[1].stands) == (End("c2", "eno1"), End("sw1", "Ethernet1"))


def test_hosts_that_tell_no_port_are_swapped_where_one_cable_is_left_for_each() -> None:
    declared = rack(("c1:a", "sw1:1"), ("c1:b", "sw1:2"), ("c2:a", "sw1:3"), ("c2:b", "sw1:4"))
    places = {1: "c2", 2: "c1", 3: "c1", 4: "c2"}
    heard = [
        Neighbour(f"Ethernet{number}", ident("name", name), ident("local", "1"), system=name)
        for number, name in places.items()
    ]
    kinds = {str(one.cable): one for one in check(declared, {"sw1": switch(*heard)})}
    assert {name: one.kind for name, one in kinds.items()} == {
        "c1:a - sw1:1": "wrong",
        "c1:b - sw1:2": "unknown",
        "c2:a - sw1:3": "wrong",
        "c2:b - sw1:4": "unknown",
    }
    assert [str(one) for one in kinds["c1:a - sw1:1"].crossed] == ["c2:a - sw1:3"]


# -- switches


def link(port: str, other: str, remote: str, chassis: str, *, name: bool = True) -> Neighbour:
    return Neighbour(port, ident("mac", chassis), ident("name", remote), system=other if name else None)


SW1, SW2, TWIN = "00:1c:73:00:00:00", "00:1c:73:00:01:00", "00:1c:73:00:00:00"


def test_two_switches_with_one_chassis_id_are_told_apart_by_name() -> None:
    seen = {
        "sw1": switch(link("Ethernet5", "sw2", "Ethernet5", TWIN), name="sw1", chassis=TWIN),
        "sw2": switch(link("Ethernet5", "sw1", "Ethernet5", TWIN), name="sw2", chassis=TWIN),
    }
    assert only(check(LINK, seen)).kind == "right"
    assert [(one.where, "name" in one.what) for one in twins(seen)] == [("sw1, sw2", True)]
    nameless = {
        name: replace(one, neighbours=(replace(one.neighbours[0], system=None),))
        for name, one in seen.items()
    }
    found = only(check(LINK, nameless))
    assert (found.kind, found.alarming) == ("unknown", False)
    assert "sw1 or sw2" in found.reason


def test_one_device_under_two_names_is_called_so() -> None:
    assert "one device" in twins({"sw1": switch(), "sw2": switch()})[0].what


def test_a_switch_that_only_the_other_hears_is_seen_from_one_side() -> None:
    hears = switch(link("Ethernet5", "sw2", "Ethernet5", SW2))
    other = switch(link("Ethernet1", "elsewhere", "1", FOREIGN), name="sw2", chassis=SW2)
    found = [one for one in check(LINK, {"sw1": hears, "sw2": other}) if one.cable]
    assert [(one.kind, one.severity, one.port) for one in found] == [
        ("one side", "info", End("sw1", "Ethernet5"))
    ]
    deaf = switch(name="sw2", chassis=SW2)
    assert only(check(LINK, {"sw1": hears, "sw2": deaf})).kind == "right"
    assert only(check(LINK, {"sw1": hears})).kind == "right"


def test_sides_that_contradict_each_other_are_told() -> None:
    hears = switch(link("Ethernet5", "sw2", "Ethernet5", SW2))
    other = switch(link("Ethernet5", "sw1", "Ethernet3", SW1), name="sw2", chassis=SW2)
    found = next(one for one in check(LINK, {"sw1": hears, "sw2": other}) if one.cable)
    assert (found.kind, found.severity) == ("one side", "warning")
    assert {one.port.device for one in found.evidence} == {"sw1", "sw2"}


def test_a_factory_name_is_no_proof_of_a_switch_that_was_read() -> None:
    stranger = link("Ethernet5", "switch", "Ethernet5", FOREIGN)
    seen = {"sw1": switch(stranger), "sw2": switch(name="switch", chassis=SW2)}
    found = only(check(LINK, seen))
    assert (found.kind, found.there) == ("wrong", None)


def test_a_switch_that_was_not_read_calls_its_port_in_any_of_its_ways() -> None:
    for declared, told in (("1", "Ethernet1"), ("Gi0/1", "GigabitEthernet0/1"), ("Ethernet1", "Et1")):
        expected = rack(("sw1:Ethernet5", f"sw2:{declared}"))
        assert only(check(expected, {"sw1": switch(link("Ethernet5", "sw2", told, SW2))})).kind == "right"
        wrong = only(check(expected, {"sw1": switch(link("Ethernet5", "sw2", told.replace("1", "2"), SW2))}))
        assert wrong.kind == (
            "wrong" if declared != "1" else "unknown"
        )  # a switch may count its ports from 0


def test_a_cable_back_into_its_own_switch_is_seen() -> None:
    loop = switch(link("Ethernet1", "sw1", "Ethernet2", SW1), link("Ethernet2", "sw1", "Ethernet1", SW1))
    found = [one for one in check(ONE, {"sw1": loop}) if one.cable]
    assert [(one.kind, one.there) for one in found] == [("wrong", End("sw1", "Ethernet2"))]


# -- addresses


def test_many_devices_behind_a_servers_port_are_no_server() -> None:
    seen = {
        "sw1": switch(
            Address(C2, "Ethernet1"), Address("3c:ec:ef:00:03:01", "Ethernet1"), Address(C1, "Ethernet4")
        )
    }
    expected = rack(
        ("c1:eno1", "sw1:1"), ("c2:eno1", "sw2:1"), ("c3:eno1", "sw2:2"),
        macs={"c1:eno1": C1, "c2:eno1": C2, "c3:eno1": "3c:ec:ef:00:03:01"},
    )  # fmt: skip
    found = check(expected, seen)
    assert (found[0].kind, str(found[0].cable)) == ("wrong", "c1:eno1 - sw1:1")
    assert "2 devices" in found[0].reason
    assert found[0].stands == End("sw1", "Ethernet4")
    assert {one.kind for one in found[1:]} == {"unknown"}


def test_addresses_of_guests_prove_nothing_and_those_of_other_makers_do() -> None:
    assert only(check(ONE, {"sw1": switch(Address(GUEST, "Ethernet1"))})).kind == "unknown"
    assert only(check(ONE, {"sw1": switch(Address("3c:ec:ef:99:99:99", "Ethernet1"))})).kind == "unknown"
    found = only(check(ONE, {"sw1": switch(Address(FOREIGN, "Ethernet1"))}))
    assert (found.kind, found.severity) == ("wrong", "warning")
    assert (
        only(check(ONE, {"sw1": switch(Address(FOREIGN, "Ethernet1"), Address(C1, "Ethernet1"))})).kind
        == "right"
    )


def test_an_address_that_is_only_heard_through_another_switch_is_not_in_that_port() -> None:
    """c1 belongs to a switch that was not read: where its frames come from proves nothing."""
    expected = rack(("c1:eno1", "sw2:1"), ("c2:eno1", "sw1:2"), macs={"c1:eno1": C1, "c2:eno1": C2})
    seen = {"sw1": switch(Address(C1, "Ethernet4"), Address(C2, "Ethernet2"))}
    found = {str(one.cable or one.port): one.kind for one in check(expected, seen)}
    assert found == {"c1:eno1 - sw2:1": "unknown", "c2:eno1 - sw1:2": "right", "sw1:Ethernet4": "stranger"}


def test_a_bmc_that_shares_a_port_of_its_server_is_no_alarm() -> None:
    bmc = "3c:ec:ef:00:01:0f"
    expected = rack(("c1:eno1", "sw1:1"), (f"c1:{BMC}", "sw1:2"), macs={"c1:eno1": C1, f"c1:{BMC}": bmc})
    seen = {"sw1": switch(Address(C1, "Ethernet1"), Address(bmc, "Ethernet1"))}
    found = {str(one.cable): one for one in check(expected, seen)}
    assert found["c1:eno1 - sw1:1"].kind == "right"
    assert not found["c1:bmc - sw1:2"].alarming
    assert "share" in found["c1:bmc - sw1:2"].reason


def test_ports_of_an_aggregation() -> None:
    expected = rack(
        ("c1:eno1", "sw1:1"), ("c1:eno2", "sw1:2"), macs={"c1:eno1": C1, "c1:eno2": "3c:ec:ef:00:01:02"}
    )
    lag = port(9, "Port-Channel1", kind=161)
    behind = Address(C1, "Po1")
    known = (port(1, lag=lag.name), port(2, lag=lag.name), port(3), lag)
    found = check(expected, {"sw1": switch(behind, ports=known)})
    assert {one.kind for one in found} == {"unknown"}
    assert all("Port-Channel1" in one.reason for one in found)
    alone = (port(1, lag=lag.name), port(2), lag)
    assert check(expected, {"sw1": switch(behind, ports=alone)})[-1].kind == "right"
    loose = (port(1), port(2), lag)
    found = check(expected, {"sw1": switch(behind, ports=loose)})
    assert {one.kind for one in found} == {"unknown"}
    cut = (port(1, oper="down"), port(2), lag)
    assert check(expected, {"sw1": switch(behind, ports=cut)})[0].kind == "missing"


# -- nothing heard


@pytest.mark.parametrize(
    ("one", "kind", "words"),
    [
        (port(1, oper="down"), "missing", "no link"),
        (port(1, oper="lower layer down"), "missing", "no link"),
        (port(1, admin="down", oper="down"), "missing", "switched off"),
        (port(1, oper=None), "unknown", "not told"),
    ],
)
def test_a_port_without_a_link_says_so(one: Port, kind: str, words: str) -> None:
    found = [
        v for v in check(ONE, {"sw1": switch(Address(C2, "Ethernet2"), ports=(one, port(2)))}) if v.cable
    ]
    assert [(v.kind, words in v.reason) for v in found] == [(kind, True)]


def test_a_link_without_a_sound_is_missing_without_an_alarm() -> None:
    found = next(one for one in check(ONE, {"sw1": switch(Address(GUEST, "Ethernet2"))}) if one.cable)
    assert (found.kind, found.severity) == ("missing", "unknown")


def test_a_switch_that_tells_nothing_or_was_not_read_leaves_all_unknown() -> None:
    assert only(check(ONE, {"sw1": switch()})).kind == "unknown"
    unread = only(check(ONE, {}))
    assert (unread.kind, unread.reason) == ("unknown", "sw1 was not read")
    assert "no switch" in only(check(rack(("c1:eno1", "c2:eno1")), {"sw1": switch()})).reason


# -- declarations that cannot be followed


def test_a_port_that_is_not_there_or_may_be_two() -> None:
    heard = Address(C1, "Ethernet3")
    gone = rack(("c1:eno1", "sw1:99"), macs={"c1:eno1": C1})
    found = check(gone, {"sw1": switch(heard)})[0]
    assert (found.kind, found.stands) == ("wrong", End("sw1", "Ethernet3"))
    assert "no port 99" in found.reason
    assert only(check(gone, {"sw1": switch()})).kind == "unknown"
    several = switch(ports=(port(1, "Gi0/1"), port(2, "Te0/1")))
    assert "Gi0/1 or Te0/1" in only(check(rack(("c1:eno1", "sw1:0/1")), {"sw1": several})).reason


def test_two_cables_in_one_port_are_told() -> None:
    both = rack(("c1:eno1", "sw1:1"), ("c2:eno1", "sw1:Ethernet1"), macs={"c1:eno1": C1, "c2:eno1": C2})
    found = {str(one.cable): one for one in check(both, {"sw1": switch(Address(C1, "Ethernet1"))})}
    assert found["c1:eno1 - sw1:1"].kind == "right"
    assert "c1:eno1 - sw1:1 ends there too" in found["c2:eno1 - sw1:Ethernet1"].reason


def test_a_cable_to_a_switch_without_a_port_may_end_in_any_of_it() -> None:
    expected = rack(("c1:eno1", "sw1:"), macs={"c1:eno1": C1})
    assert only(check(expected, {"sw1": switch(Address(C1, "Ethernet4"))})).kind == "right"
    elsewhere = rack(("c1:eno1", "sw1:"), ("c2:eno1", "sw2:1"), macs={"c1:eno1": C1})
    seen = {
        "sw1": switch(),
        "sw2": switch(Neighbour("2", ident("mac", C1), ident("mac", C1)), name="sw2", chassis=SW2),
    }
    assert check(elsewhere, seen)[0].kind == "wrong"


def test_an_emulator_is_known_by_its_name() -> None:
    expected = rack(("wan1:bcn", "sw1:4"))
    right = Neighbour(
        "Ethernet4", ident("mac", FOREIGN), ident("mac", FOREIGN), system="wan1", port_description="bcn"
    )
    assert only(check(expected, {"sw1": switch(right)})).kind == "right"
    wrong = replace(right, port_description="par")
    assert only(check(expected, {"sw1": switch(wrong)})).there == End("wan1", "par")
    assert only(check(expected, {"sw1": switch(Address(GUEST, "Ethernet4"))})).kind == "unknown"


def test_every_cable_has_one_verdict() -> None:
    hosts = {f"c{number}": racks.host(f"c{number}", number) for number in range(1, 12)}
    rack_ = racks.small(**hosts)
    verdicts = check(racks.declared(rack_), racks.told(rack_))
    assert len(verdicts) == len({one.cable for one in verdicts}) == 23
