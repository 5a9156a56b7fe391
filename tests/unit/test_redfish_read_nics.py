"""Network ports: none lost, none listed twice."""

from __future__ import annotations

from typing import Any

from redfish_small import ADAPTERS, CARD, SYSTEM, bmc, card, collection, function, link, small

from microdc.bmc.model import FoundNic

INTERFACES = f"{SYSTEM}/EthernetInterfaces"


def interfaces(*told: dict[str, Any]) -> dict[str, Any]:
    paths = [f"{INTERFACES}/{number}" for number in range(len(told))]
    return {
        INTERFACES: collection(INTERFACES, *paths),
        **{path: {"@odata.id": path, "Id": path[-1], **one} for path, one in zip(paths, told, strict=True)},
    }


def nics(resources: dict[str, Any], *, adapters: bool = True) -> tuple[FoundNic, ...]:
    chassis = {"NetworkAdapters": link(ADAPTERS)} if adapters else {}
    service = small(
        {"EthernetInterfaces": link(INTERFACES)} if INTERFACES in resources else {}, chassis, **resources
    )
    return bmc(service).hardware().nics


def test_macs_that_are_under_ports_only() -> None:
    """dsx-ai-factory/infra-controller#4436."""
    found = nics(
        card({"Ethernet": {"AssociatedMACAddresses": ["B8:CE:F6:00:00:01"]}, "LinkStatus": "LinkUp"})
    )
    assert [(one.mac, one.link, one.name) for one in found] == [("b8:ce:f6:00:00:01", True, "X710 port 1")]


def test_the_older_network_ports() -> None:
    port = {"AssociatedNetworkAddresses": ["B8CEF6000001"], "LinkStatus": "Up", "CurrentLinkSpeedMbps": 25000}
    found = nics(card(port, called="NetworkPorts"))
    assert [(one.mac, one.link, one.speed) for one in found] == [("b8:ce:f6:00:00:01", True, 25 * 10**9)]


def test_a_port_that_is_also_an_interface_is_listed_once_with_what_both_know() -> None:
    found = nics(
        interfaces({"Name": "eno1", "MACAddress": "02:00:00:00:00:01"})
        | card(
            {"LinkStatus": "LinkUp", "CurrentSpeedGbps": 25.0},
            functions=(function("02:00:00:00:00:01", 0),),
        )
    )
    assert [(one.name, one.mac, one.link, one.speed) for one in found] == [
        ("eno1", "02:00:00:00:00:01", True, 25 * 10**9)
    ]


def test_two_ports_with_one_mac_stay_two() -> None:
    same = {"MACAddress": "B4:2E:99:BA:DE:16"}
    found = nics(
        interfaces({"Name": "Lan2", **same}, {"Name": "Lan3", **same})
        | card({}, {}, functions=(function(same["MACAddress"], 0), function(same["MACAddress"], 1)))
    )
    assert [one.name for one in found] == ["Lan2", "Lan3"]
    third = nics(
        interfaces({"Name": "Lan2", **same})
        | card({}, {}, functions=(function(same["MACAddress"], 0), function(same["MACAddress"], 1)))
    )
    assert [one.mac for one in third] == ["b4:2e:99:ba:de:16"] * 2


def test_the_ports_of_a_bond_answer_to_one_mac_and_are_known_by_their_own() -> None:
    """As an iLO 5 tells it: both ports list the MAC of the bond first."""
    bond, own = "88:e9:a4:6b:a8:ac", "88:e9:a4:6b:a8:ad"
    second: dict[str, Any] = {"Ethernet": {"MACAddress": bond, "PermanentMACAddress": own}}
    second["Links"] = {"PhysicalNetworkPortAssignment": link(f"{CARD}/Ports/1")}
    found = nics(
        interfaces({"Name": "", "MACAddress": own}, {"Name": "", "MACAddress": bond})
        | card(
            {"Ethernet": {"AssociatedMACAddresses": [bond]}, "LinkStatus": "LinkDown"},
            {"Ethernet": {"AssociatedMACAddresses": [bond, own]}, "LinkStatus": "LinkUp"},
            functions=(function(bond, 0), second),
        )
    )
    assert [(one.mac, one.link) for one in found] == [(own, True), (bond, False)]


def test_a_port_is_known_by_its_own_mac_first() -> None:
    """The first port answers to the MAC of the second as well, and is not taken for it."""
    bond, own = "88:e9:a4:6b:a8:ac", "88:e9:a4:6b:a8:ad"
    first = function(own, 0)
    first["Ethernet"]["MACAddress"] = bond
    found = nics(
        interfaces({"MACAddress": bond}, {"MACAddress": own})
        | card({"LinkStatus": "LinkUp"}, {"LinkStatus": "LinkDown"}, functions=(first, function(bond, 1)))
    )
    assert [(one.mac, one.link) for one in found] == [(bond, False), (own, True)]


def test_partitions_of_a_port_are_one_port() -> None:
    found = nics(card({}, functions=tuple(function(f"02:00:00:00:00:0{n}", 0) for n in range(1, 5))))
    assert [one.mac for one in found] == ["02:00:00:00:00:01"]


def test_an_adapter_with_functions_only() -> None:
    found = nics(card(functions=(function("02:00:00:00:00:01", 0), {"NetDevFuncType": "FibreChannel"})))
    assert [one.mac for one in found] == ["02:00:00:00:00:01"]


def test_adapters_that_only_the_systems_interfaces_lead_to() -> None:
    path = f"{SYSTEM}/NetworkInterfaces"
    more = {
        path: collection(path, f"{path}/1"),
        f"{path}/1": {"@odata.id": f"{path}/1", "Id": "1", "Links": {"NetworkAdapter": link(CARD)}},
    }
    service = small(
        {"NetworkInterfaces": link(path)}, **more, **card({}, functions=(function("02:00:00:00:00:01", 0),))
    )
    assert [one.mac for one in bmc(service).hardware().nics] == ["02:00:00:00:00:01"]


def test_what_is_no_mac_is_told_as_it_is() -> None:
    """infra-controller#4756, #6610; iDRAC-Redfish-Scripting#349."""
    ib = "00:00:11:e7:fe:80:00:00:00:00:00:00:e8:eb:d3:03:00:4c:b1:9a"
    found = nics(
        interfaces(
            {"MACAddress": ib},
            {"MACAddress": "00:00:00:00:00:00"},
            {"MACAddress": "", "PermanentMACAddress": ""},
            {"MACAddress": "Not Available", "PermanentMACAddress": "02-00-00-00-00-01"},
        ),
        adapters=False,
    )
    assert [(one.mac, one.told) for one in found] == [
        (None, ib),
        (None, "00:00:00:00:00:00"),
        (None, ""),
        ("02:00:00:00:00:01", ""),
    ]


def test_one_name_for_several_ports_is_made_several() -> None:
    found = nics(interfaces({"Name": "bond0"}, {"Name": "mgmt"}, {"Name": "bond0"}), adapters=False)
    assert [one.name for one in found] == ["bond0 (0)", "mgmt", "bond0 (2)"]


def test_speed_and_state() -> None:
    found = nics(
        interfaces(
            {"SpeedMbps": 0, "InterfaceEnabled": None, "Status": {"State": "Disabled"}, "LinkStatus": None},
            {"SpeedMbps": 25000, "InterfaceEnabled": True, "Status": {"State": "UnavailableOffline"}},
        ),
        adapters=False,
    )
    assert [(one.speed, one.enabled, one.link) for one in found] == [
        (None, False, None),
        (25 * 10**9, True, None),
    ]
