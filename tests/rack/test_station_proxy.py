"""Boot services beside a DHCP server that gives the addresses: real dnsmasq on both sides, and firmware's packets one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from netboot import wait_for
from stationlab import ADDRESS, Client, Segment, config, evidence, kinds, node, other_server, payload, segment

from microdc.deploy.model import Evidence
from microdc.deploy.ports import Ramdisk
from microdc.deploy.station import loaders
from microdc.deploy.station.client import SiteStation
from microdc.errors import RefusedError
from microdc.host import namespaces

pytestmark = [pytest.mark.root, pytest.mark.lab]

OTHER = "10.97.0.254"
STATION = f"http://{ADDRESS}:8080"
SCRIPT = f"{STATION}/boot/script?mac=${{netX/mac}}"


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Segment]:
    with segment(tmp_path_factory.mktemp("st")) as made:
        yield made


@pytest.fixture
def other(site: Segment) -> Client:
    return other_server(site)


@pytest.fixture
def _loaders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loaders of the test's own; only their names matter here."""
    monkeypatch.setattr(loaders, "own_directory", lambda: tmp_path)
    for name in ("bios.kpxe", "x86_64.efi", "arm64.efi"):
        (tmp_path / name).write_bytes(name.encode() * 3000)


@pytest.fixture
def no_loaders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "find", dict)


def from_ours(told: dict[str, Any]) -> dict[str, Any]:
    """Our answer to a DISCOVER, which brings no address."""
    (found,) = [one for one in told["offers"] if one["server"] == ADDRESS]
    assert found["address"] == ""
    return dict(found)


def given(told: dict[str, Any]) -> str:
    """The address that it has from the other server, and from no other."""
    (ack,) = told["acks"]
    assert ack["server"] == OTHER
    return str(ack["address"])


def of(station: SiteStation, kind: str, name: str = "n1") -> list[Evidence]:
    return [one for one in evidence(station) if one.kind == kind and one.node == name]


@pytest.mark.usefixtures("_loaders", "other")
def test_each_kind_of_firmware_is_told_what_it_can_run(site: Segment) -> None:
    client = site.client(node(1).mac)
    with site.station(dhcp="proxy") as station:
        station.ensure(config(1, node(1)))
        told = client.boot(0)
        assert given(told).startswith("10.97.0.2")
        bios = from_ours(told)
        assert (bios["file"], bios["next"], bios["vendor"]) == ("undionly.kpxe", ADDRESS, "PXEClient")
        assert (
            bios["encapsulated"] == "0601080a0400505845ff"
        )  # discovery control 8: load the file that is named
        for arch, file in ((7, "x86_64.efi"), (9, "x86_64.efi"), (11, "arm64.efi")):
            told = client.boot(arch)
            assert given(told)
            assert from_ours(told)["file"] == ""
            (again,) = told["redirected"]
            assert (again["file"], again["next"], again["vendor"]) == (file, ADDRESS, "PXEClient")
        for arch, file in ((16, "x86_64.efi"), (19, "arm64.efi")):
            http = from_ours(client.boot(arch, vendor="HTTPClient"))
            assert (http["file"], http["vendor"]) == (f"{STATION}/boot/loader/{file}", "HTTPClient")
        for arch in (0, 7, 11):
            told = client.boot(arch, ipxe=True)
            script = from_ours(told)
            assert (script["file"], script["next"]) == (SCRIPT, ADDRESS)
            assert given(told)
        wait_for(lambda: len(of(station, "leased")) > 0, 10, "the address is noted")
        files = {(one.data["arch"], one.data.get("file", "")) for one in of(station, "offer")}
        assert files >= {(0, "undionly.kpxe"), (7, ""), (7, "x86_64.efi"), (11, "arm64.efi"), (7, SCRIPT)}
        assert all(one.data["proxy"] for one in of(station, "offer"))
        assert {one.data["arch"] for one in of(station, "discover")} == {0, 7, 9, 11, 16, 19}
        assert not of(station, "no-loader")
        assert "other-dhcp" not in kinds(station)


@pytest.mark.usefixtures("no_loaders", "other")
def test_without_loaders_ipxe_of_the_nic_boots_all_the_same(site: Segment) -> None:
    client = site.client(node(1).mac)
    with site.station(dhcp="proxy") as station:
        station.ensure(config(1, node(1)))
        assert from_ours(client.boot(0, ipxe=True))["file"] == SCRIPT
        assert not of(station, "no-loader")
        for arch in (0, 6, 7):
            told = client.boot(arch)
            assert {one["file"] for one in (from_ours(told), *told["redirected"])} == {""}
        lacking = {0, 6, 7}
        wait_for(
            lambda: {one.data["arch"] for one in of(station, "no-loader")} == lacking,
            10,
            "what lacks one is noted",
        )


@pytest.mark.usefixtures("_loaders", "other")
def test_a_stranger_is_told_nothing(site: Segment) -> None:
    stranger, other_nic = site.client("52:54:00:97:99:99"), site.client("52:54:00:97:01:01")
    with site.station(dhcp="proxy") as station:
        station.ensure(config(1, node(1)))
        for client in (stranger, other_nic):
            told = client.boot(0)
            assert [one["server"] for one in told["offers"]] == [OTHER]
            assert given(told)
        assert [one["server"] for one in site.client(node(1).mac).boot(None)["offers"]] == [OTHER]
        wait_for(lambda: kinds(station).count("ignored") >= 2, 10, "they are noted")
        ignored = {(one.node, one.mac): one.text for one in evidence(station) if one.kind == "ignored"}
        assert ("", stranger.mac) in ignored
        assert "another of its NICs" in ignored["n1", other_nic.mac]


@pytest.mark.usefixtures("_loaders", "other")
def test_a_node_is_known_by_its_mac_and_keeps_the_address_that_it_was_given(
    site: Segment, tmp_path: Path
) -> None:
    first, second, stranger = (site.client(mac) for mac in (node(1).mac, node(2).mac, "52:54:00:97:99:99"))
    file = payload(tmp_path / "kernel", b"kernel" * 1000)
    with site.station(dhcp="proxy") as station:
        station.push(file, lambda _: None)
        station.ensure(config(1, node(1), node(2), ramdisk=Ramdisk(file, file)))
        address = given(first.boot(0))
        others = {given(client.boot(0)) for client in (second, stranger)}
        assert address not in others
        assert first.curl(f"tftp://{ADDRESS}/undionly.kpxe") == "bios.kpxe" * 3000
        wait_for(lambda: len(of(station, "sent")) > 0, 10, "the loader is noted as the node's")
        script = first.curl(f"{STATION}/boot/script?mac={first.mac}")
        assert f" ip={address}:::255.255.255.0:n1::none" in script
        (bound,) = of(station, "bound")
        assert (bound.data["address"], bound.mac, bound.data["move"]) == (address, first.mac, 1)
        leased = of(station, "leased")[-1]
        assert (leased.data["address"], leased.data["server"]) == (address, OTHER)
        # whoever says that he is n1 is not, nor has he use of its token
        for client in (second, stranger):
            assert client.curl(f"{STATION}/boot/script?mac={first.mac}") == "unknown-address\n"
        assert second.curl(f"{STATION}/boot/boot-1/kernel") == "wrong-token\n"
        assert stranger.curl(f"{STATION}/boot/boot-1/kernel") == "unknown-address\n"
        stranger.settle(str(node(1).address.ip))  # nor by the address that n1's system is to have
        words = ["--interface", str(node(1).address.ip), f"{STATION}/boot/script?mac={first.mac}"]
        assert stranger.curl(*words) == "unknown-address\n"
        assert first.curl(f"{STATION}/boot/boot-1/kernel") == "kernel" * 1000
        assert json.loads(hello(first, "boot-1"))["order"]["action"] == "inspect"
        assert hello(second, "boot-1") == "wrong-token\n"
        station.stop()
        station.ensure(config(1, node(1), node(2), ramdisk=Ramdisk(file, file)))
        assert first.curl(f"{STATION}/boot/boot-1/kernel") == "spent-token\n"


def hello(client: Client, token: str) -> str:
    body = ["--json", '{"nonce": "n", "hardware": {}}', "--header", f"Authorization: Bearer {token}"]
    return client.curl(*body, f"{STATION}/node/hello")


@pytest.mark.usefixtures("_loaders")
def test_ours_waits_for_the_server_that_gives_addresses(site: Segment) -> None:
    client = site.client(node(1).mac)
    with site.station(dhcp="proxy") as station:
        with pytest.raises(RefusedError, match="no other DHCP server answers") as caught:
            station.ensure(config(1, node(1)))
        assert "nobody else gives the nodes addresses" in caught.value.hint
        assert station.status()["dnsmasq"] == 0
        assert client.boot(0)["offers"] == []
        other = other_server(site)
        wait_for(lambda: station.status()["state"] == "answering", 30, "it begins by itself")
        assert from_ours(client.boot(0))["file"] == "undionly.kpxe"
        namespaces.end_processes(other.namespace)
        wait_for(lambda: station.status()["state"] == "dhcp-missing", 30, "it notices that it is gone")
        assert station.status()["dnsmasq"] == 0
        seen = [one.kind for one in evidence(station) if one.kind.startswith("dhcp-")]
        assert seen == ["dhcp-missing", "dhcp-found", "dhcp-missing"]
        (found,) = [one for one in evidence(station) if one.kind == "dhcp-found"]
        assert (found.data["server"], found.data["mac"]) == (OTHER, other.mac)


@pytest.mark.usefixtures("_loaders")
def test_ours_need_not_wait_where_the_document_says_so(site: Segment) -> None:
    """For a server that answers only those that it knows: our question is not its own to answer."""
    client = site.client(node(1).mac)
    with site.station(dhcp="proxy", other_dhcp="tell") as station:
        station.ensure(config(1, node(1)))
        told = client.boot(0)
        assert from_ours(told)["file"] == "undionly.kpxe"
        assert told["acks"] == []
        assert kinds(station).count("dhcp-missing") == 1


@pytest.mark.usefixtures("_loaders", "other")
def test_from_one_way_to_the_other(site: Segment) -> None:
    """Documents change: the same boot services follow."""
    client = site.client(node(1).mac)
    with site.station() as station, pytest.raises(RefusedError, match="another DHCP server"):
        station.ensure(config(1, node(1)))
    with site.station(dhcp="proxy") as station:
        station.ensure(config(2, node(1)))
        assert from_ours(client.boot(0))["file"] == "undionly.kpxe"
    with site.station() as station, pytest.raises(RefusedError, match="another DHCP server"):
        station.ensure(config(3, node(1)))
