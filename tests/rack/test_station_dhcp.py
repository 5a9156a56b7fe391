"""Who is answered by a site's DHCP and TFTP, and with what: real dnsmasq, real clients."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from netboot import run_inside, wait_for
from stationlab import ADDRESS, Segment, config, evidence, kinds, node, other_server, segment

from microdc.deploy.station import loaders
from microdc.deploy.station.client import SiteStation
from microdc.errors import RefusedError
from microdc.host import namespaces

pytestmark = [pytest.mark.root, pytest.mark.lab]

SCRIPT = f"http://{ADDRESS}:8080/boot/script?mac=${{netX/mac}}"


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Segment]:
    with segment(tmp_path_factory.mktemp("st")) as made:
        yield made


@pytest.fixture
def _loaders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loaders of the test's own; only their names matter here."""
    monkeypatch.setattr(loaders, "own_directory", lambda: tmp_path)
    for name in ("bios.kpxe", "x86_64.efi", "arm64.efi"):
        (tmp_path / name).write_bytes(name.encode() * 3000)


@pytest.fixture
def no_loaders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "find", dict)


def note(station: SiteStation, kind: str, node: str = "") -> bool:
    return kind in kinds(station, node)


@pytest.mark.usefixtures("_loaders")
def test_each_kind_of_firmware_is_given_what_it_can_run(site: Segment) -> None:
    client = site.client(node(1).mac)
    with site.station() as station:
        station.ensure(config(1, node(1)))
        for arch, file in ((0, "undionly.kpxe"), (7, "x86_64.efi"), (9, "x86_64.efi"), (11, "arm64.efi")):
            told = client.ask(arch)
            assert (told["ip"], told["bootfile"], told["siaddr"]) == ("10.97.0.11", file, ADDRESS)
        for arch, file in ((16, "x86_64.efi"), (19, "arm64.efi")):
            told = client.ask(arch, vendor="HTTPClient")
            assert told["bootfile"] == f"http://{ADDRESS}:8080/boot/loader/{file}"
            assert told["vendor"] == "HTTPClient"
        for arch in (0, 7, 11):
            assert client.ask(arch, ipxe=True)["bootfile"] == SCRIPT
        assert "router" not in client.ask()
        offers = [one for one in evidence(station) if one.kind == "offer" and "arch" in one.data]
        assert [one.data["arch"] for one in offers] == [0, 7, 9, 11, 16, 19, 0, 7, 11]
        assert {one.node for one in offers} == {"n1"}
        assert not note(station, "no-loader")
        client.settle("10.97.0.11")
        assert client.curl(f"tftp://{ADDRESS}/undionly.kpxe") == "bios.kpxe" * 3000
        wait_for(lambda: note(station, "sent", "n1"), 10, "the file is noted")
        client.curl(f"tftp://{ADDRESS}/../station.json")
        client.curl(f"tftp://{ADDRESS}/station.json")
        wait_for(lambda: kinds(station, "n1").count("failed") == 2, 10, "so is what is not there")


@pytest.mark.usefixtures("no_loaders")
@pytest.mark.parametrize("arch", [0, 6, 7, 11])
def test_a_node_without_a_loader_is_told_of(site: Segment, arch: int) -> None:
    client = site.client(node(1).mac)
    with site.station() as station:
        station.ensure(config(1, node(1)))
        assert client.ask(arch).get("bootfile", "") == ""
        wait_for(lambda: note(station, "no-loader", "n1"), 10, "it is noted")
        (lack,) = [one for one in evidence(station) if one.kind == "no-loader"]
        assert lack.data["arch"] == arch
        assert client.ask(arch, ipxe=True)["bootfile"] == SCRIPT


def test_a_stranger_is_not_answered(site: Segment) -> None:
    stranger, other_nic = site.client("52:54:00:97:99:99"), site.client("52:54:00:97:01:01")
    with site.station() as station:
        station.ensure(config(1, node(1)))
        assert stranger.ask() == {}
        assert stranger.ask(7) == {}
        assert other_nic.ask(0) == {}
        wait_for(lambda: kinds(station).count("ignored") >= 2, 10, "they are noted")
        ignored = [one for one in evidence(station) if one.kind == "ignored"]
        assert ("", "52:54:00:97:99:99") in {(one.node, one.mac) for one in ignored}
        mine = next(one for one in ignored if one.node == "n1")
        assert "another of its NICs" in mine.text
        stranger.settle("10.97.0.77")
        assert stranger.curl(f"http://{ADDRESS}:8080/boot/boot-1/kernel") == "unknown-address\n"


def test_nodes_come_and_go_without_a_new_dnsmasq(site: Segment) -> None:
    first, second = site.client(node(1).mac), site.client(node(2).mac)
    with site.station() as station:
        station.ensure(config(1, node(1)))
        pid = station.status()["dnsmasq"]
        assert second.ask() == {}
        station.ensure(config(2, node(1), node(2)))
        assert second.ask()["ip"] == "10.97.0.12"
        station.ensure(config(3, node(2)))
        assert first.ask() == {}
        assert station.status()["dnsmasq"] == pid


def test_one_interface_only(site: Segment) -> None:
    """A second segment of the same host is not served, whoever asks there."""
    client = site.client(node(1).mac)
    run_inside(site.namespace, "ip", "link", "add", "br1", "type", "bridge")
    run_inside(site.namespace, "ip", "addr", "add", "10.97.1.1/24", "dev", "br1")
    run_inside(site.namespace, "ip", "link", "set", "br1", "up")
    with site.station() as station:
        station.ensure(config(1, node(1)))
        assert client.ask()["ip"] == "10.97.0.11"
        run_inside(site.namespace, "ip", "link", "set", "c1", "master", "br1")
        assert client.ask() == {}


def test_not_started_beside_another_server(site: Segment) -> None:
    other = other_server(site)
    client = site.client(node(1).mac)
    with site.station() as station:
        with pytest.raises(RefusedError, match="another DHCP server") as caught:
            station.ensure(config(1, node(1)))
        assert "10.97.0.254" in str(caught.value)
        assert "52:54:00:97:00:fe" in str(caught.value)
        assert station.status()["dnsmasq"] == 0
        (seen,) = [one for one in evidence(station) if one.kind == "other-dhcp"]
        assert (seen.data["server"], seen.data["mac"]) == ("10.97.0.254", "52:54:00:97:00:fe")
        assert client.ask()["serverid"] == "10.97.0.254"
        namespaces.end_processes(other.namespace)
        wait_for(lambda: station.status()["state"] == "answering", 30, "it begins by itself")
        assert client.ask()["serverid"] == ADDRESS


def test_silent_when_another_server_comes(site: Segment) -> None:
    client = site.client(node(1).mac)
    with site.station() as station:
        station.ensure(config(1, node(1)))
        assert client.ask()["serverid"] == ADDRESS
        other = other_server(site)
        wait_for(lambda: station.status()["state"] == "other-dhcp", 30, "it is noticed")
        assert station.status()["dnsmasq"] == 0
        with pytest.raises(RefusedError, match="another DHCP server"):
            station.ensure(config(2, node(1)))
        namespaces.end_processes(other.namespace)
        wait_for(lambda: station.status()["state"] == "answering", 30, "it answers again")
        assert kinds(station).count("other-dhcp") == 1


def test_beside_another_server_where_the_document_says_so(site: Segment) -> None:
    other_server(site)
    with site.station(other_dhcp="tell") as station:
        station.ensure(config(1, node(1)))
        assert station.status()["state"] == "answering"
        offers = site.client(node(1).mac).boot(0)["offers"]
        assert {one["server"] for one in offers} == {ADDRESS, "10.97.0.254"}
        (told,) = [one for one in evidence(station) if one.kind == "other-dhcp"]
        assert "both answer" in told.text


@pytest.mark.usefixtures("_loaders")
def test_a_machine_that_loads_its_own_loader_is_given_it_no_more(site: Segment) -> None:
    client = site.client(node(1).mac)
    with site.station() as station:
        station.ensure(config(1, node(1)))
        assert client.ask(0)["bootfile"] == "undionly.kpxe"
        client.settle("10.97.0.11")
        for _ in range(4):
            client.curl(f"tftp://{ADDRESS}/undionly.kpxe")
        wait_for(lambda: station.status()["looping"] == ["n1"], 10, "the loop is seen")
        (loop,) = [one for one in evidence(station) if one.kind == "loop"]
        assert (loop.node, loop.data["file"], loop.data["times"]) == ("n1", "undionly.kpxe", 4)
        wait_for(lambda: client.ask(0).get("bootfile", "") == "", 10, "no loader any more")
        assert client.ask(0, ipxe=True)["bootfile"] == SCRIPT
        assert not note(station, "no-loader")
        client.curl(f"http://{ADDRESS}:8080/boot/script?mac={client.mac}")
        wait_for(lambda: client.ask(0).get("bootfile", "") == "undionly.kpxe", 10, "its loader again")


def test_dnsmasq_that_dies_is_started_again(site: Segment) -> None:
    client = site.client(node(1).mac)
    with site.station() as station:
        station.ensure(config(1, node(1)))
        os.kill(station.status()["dnsmasq"], signal.SIGKILL)
        wait_for(lambda: note(station, "dnsmasq-died"), 10, "its death is noted")
        wait_for(lambda: station.status()["state"] == "answering", 20, "another one answers")
        assert client.ask()["ip"] == "10.97.0.11"
        station.stop()
        assert client.ask() == {}
        assert namespaces.pids(site.namespace) == []
