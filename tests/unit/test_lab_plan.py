"""What a lab of a testbed consists of."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from microdc import locations
from microdc.documents.model import Where
from microdc.errors import InputError
from microdc.host import namespaces
from microdc.lab import names
from microdc.lab.plan import LabPlan, plan
from microdc.lab.ports import BRIDGE
from microdc.testbed.load import load
from microdc.testbed.model import Emulator, Network, Reach, Site, Testbed, Uplink


def site(name: str, *networks: str, interface: str = "", emulator: str = "wan1", mtu: int = 1500) -> Site:
    data: tuple[Network, ...] = tuple(ip_network(text) for text in networks)
    return Site(name, uplink=Uplink(emulator, interface or name[:3]), networks={"data": data}, mtu=mtu)


def bed_of(*sites: Site, emulators: tuple[str, ...] = ("wan1",)) -> Testbed:
    return Testbed(
        name="t",
        title="",
        sites={each.name: each for each in sites},
        emulators={name: Emulator(name, Reach("ssh://root@emulator")) for name in emulators},
        pairs=(),
        where=lambda *_: Where(Path("testbed.yaml"), 1),
    )


PARIS = site("paris", "10.10.0.0/16", "fd00:10::/32")
BOSTON = site("boston", "10.40.0.0/16", "fd00:40::/32", mtu=9000)


def ports(made: LabPlan) -> list[Any]:
    ways_in = [emulator.management for emulator in made.emulators if emulator.management]
    return [port for link in (*made.links, *ways_in) for port in (link.port, link.nic)]


def test_a_site_is_a_bridge_into_which_hosts_and_the_uplink_are_plugged() -> None:
    made = plan(bed_of(PARIS, BOSTON), "lab", "namespace")
    plugged = [link for link in made.links if link.port.namespace == "mdc-lab-paris"]
    assert [(link.port.name, link.nic.namespace, link.nic.name) for link in plugged] == [
        ("h1", "mdc-lab-paris-h1", "eth0"),
        ("h2", "mdc-lab-paris-h2", "eth0"),
        ("uplink", "mdc-lab-wan1", "par"),
    ]
    assert {link.port.master for link in plugged} == {BRIDGE}


def test_the_gateway_is_the_first_address_and_hosts_start_at_eleven() -> None:
    made = plan(bed_of(PARIS), "lab", "namespace")
    (uplink,) = made.emulators[0].uplinks
    assert [str(address) for address in uplink.nic.addresses] == ["10.10.0.1/16", "fd00:10::1/32"]
    first, second = made.sites[0].hosts
    assert first.addresses == (ip_address("10.10.0.11"), ip_address("fd00:10::b"))
    assert second.addresses == (ip_address("10.10.0.12"), ip_address("fd00:10::c"))
    assert first.gateways == (ip_address("10.10.0.1"), ip_address("fd00:10::1"))


def test_every_end_of_a_sites_links_has_the_sites_mtu() -> None:
    made = plan(bed_of(PARIS, BOSTON), "lab", "namespace")
    for link in made.links:
        expected = 9000 if "boston" in link.port.namespace else 1500
        assert link.port.mtu == link.nic.mtu == expected


def test_macs_are_local_unicast_differ_and_stay() -> None:
    first, again = (ports(plan(bed_of(PARIS, BOSTON), "lab", "guest")) for _ in range(2))
    macs = [port.mac for port in first]
    assert macs == [port.mac for port in again]
    assert len(set(macs)) == len(macs)
    assert all(int(mac[:2], 16) & 3 == 2 for mac in macs)


def test_a_guest_is_reached_over_a_network_that_no_site_uses() -> None:
    made = plan(bed_of(PARIS, BOSTON), "lab", "guest")
    (emulator,) = made.emulators
    assert emulator.namespace == ""
    assert emulator.management is not None
    assert made.management is not None
    assert emulator.management.port.namespace == made.management.namespace == "mdc-lab-mgmt"
    way_in = made.management.address.network
    assert emulator.management.nic.addresses[0].ip in way_in
    crowded = bed_of(PARIS, replace(BOSTON, networks={"mgmt": (way_in,)}))
    other = plan(crowded, "lab", "guest").management
    assert other is not None
    assert not other.address.network.overlaps(way_in)


def test_every_emulator_gets_its_own_place_and_address() -> None:
    bed = bed_of(PARIS, replace(BOSTON, uplink=Uplink("wan2", "par")), emulators=("wan1", "wan2"))
    assert [e.namespace for e in plan(bed, "lab", "namespace").emulators] == ["mdc-lab-wan1", "mdc-lab-wan2"]
    guests = plan(bed, "lab", "guest").emulators
    assert len({e.management.nic.addresses for e in guests if e.management}) == 2
    assert [[link.nic.name for link in e.uplinks] for e in guests] == [["par"], ["par"]]


def test_a_site_without_uplink_has_hosts_and_no_gateway() -> None:
    made = plan(bed_of(PARIS, replace(BOSTON, uplink=None)), "lab", "namespace")
    boston = made.sites[1]
    assert [host.gateways for host in boston.hosts] == [(), ()]
    assert len(made.emulators[0].uplinks) == 1


def test_a_host_has_one_default_route_per_family() -> None:
    made = plan(bed_of(site("x", "10.1.0.0/24", "10.2.0.0/24", "fd00:1::/64")), "lab", "namespace")
    host = made.sites[0].hosts[0]
    assert len(host.addresses) == 3
    assert [gateway.version for gateway in host.gateways] == [4, 6]


@pytest.mark.parametrize("network", ["10.0.0.0/28", "10.0.0.0/29", "fd00::/125", "10.0.0.0/8", "fd00::/64"])
@pytest.mark.parametrize("hosts", [1, 2, 4])
def test_hosts_fit_into_small_networks(network: str, hosts: int) -> None:
    made = plan(bed_of(site("x", network)), "lab", "namespace", hosts=hosts)
    addresses = [host.addresses[0] for host in made.sites[0].hosts]
    net: IPv4Network | IPv6Network = ip_network(network)
    assert len({*addresses, net[0], net[1]}) == hosts + 2
    assert all(address in net for address in addresses)
    if net.version == 4:
        assert net.broadcast_address not in addresses


@pytest.mark.parametrize(("network", "hosts"), [("10.0.0.0/30", 2), ("10.0.0.0/32", 1), ("fd00::/127", 1)])
def test_a_network_too_small_is_refused_with_its_place(network: str, hosts: int) -> None:
    with pytest.raises(InputError, match="too small") as refused:
        plan(bed_of(site("x", network)), "lab", "namespace", hosts=hosts)
    assert refused.value.where == "testbed.yaml:1"
    assert network in refused.value.what


@pytest.mark.parametrize(
    "bed",
    [
        bed_of(site("wan1", "10.1.0.0/24")),
        bed_of(site("a", "10.1.0.0/24"), site("a-h1", "10.2.0.0/24")),
        bed_of(site("a", "10.1.0.0/24", interface="x"), site("b", "10.2.0.0/24", interface="x")),
    ],
)
def test_two_parts_of_one_name_are_refused(bed: Testbed) -> None:
    with pytest.raises(InputError):
        plan(bed, "lab", "namespace")


def test_a_site_named_like_the_way_in_is_refused_for_guests_only() -> None:
    bed = bed_of(site("mgmt", "10.1.0.0/24"))
    plan(bed, "lab", "namespace")
    with pytest.raises(InputError, match="mdc-lab-mgmt"):
        plan(bed, "lab", "guest")


@pytest.mark.parametrize("name", ["", "a-b", "A", "1a", "a/b", "a b", "x" * 33, "..", "é"])
def test_names_that_no_lab_can_have(name: str) -> None:
    with pytest.raises(InputError, match="not a name"):
        plan(bed_of(PARIS), name, "namespace")


def test_no_lab_owns_what_is_anothers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = ["mdc-a-b-h1", "mdc-ab-x", "mdc-a-b", "mdc-b-a", "other", "mdc-"]
    monkeypatch.setattr(namespaces, "names", lambda prefix="": [n for n in there if n.startswith(prefix)])
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert names.namespaces_of("a") == ["mdc-a-b-h1", "mdc-a-b"]
    assert names.existing_labs() == ["a", "ab", "b"]


def test_the_shipped_example_can_be_built() -> None:
    bed = load(locations.data_dir("inventory"))
    made = plan(bed, "lab", "guest")
    assert {site.name for site in made.sites} == set(bed.sites)
    assert all(site.hosts[0].gateways for site in made.sites)
