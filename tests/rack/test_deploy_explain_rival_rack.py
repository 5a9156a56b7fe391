"""Another DHCP server that comes when the boot services are at work: it is noticed by what clients say, long before the next question is due."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address

import pytest
import stationlab
from netboot import wait_for
from stationlab import Client, Segment, config, evidence, node, segment

from microdc.deploy.model import Evidence
from microdc.deploy.station import loaders
from microdc.deploy.station.client import SiteStation
from microdc.deploy.station.resident.rivals import discover
from microdc.host.local import NamespaceHost

pytestmark = [pytest.mark.root, pytest.mark.lab, pytest.mark.timeout(180)]

RIVAL, RIVAL_MAC = "10.97.0.254", "52:54:00:97:00:fe"
GIVEN = "10.97.0.222"
_SEND = "import socket,sys; s=socket.socket(socket.AF_PACKET,socket.SOCK_RAW); s.bind(('eth0',0)); s.send(bytes.fromhex(sys.argv[1]))"


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Segment]:
    """Its boot services ask for other servers at their start and then no more, as far as a test is concerned."""
    monkeypatch.setattr(loaders, "find", dict)
    monkeypatch.setattr(stationlab, "QUICK", replace(stationlab.QUICK, every=3600.0))
    with segment(tmp_path_factory.mktemp("rv")) as made:
        yield made


def rival(site: Segment, *more: str) -> Client:
    """A machine with a DHCP server that never pings before it offers."""
    other = site.client(RIVAL_MAC)
    other.settle(RIVAL)
    words = "dnsmasq --keep-in-foreground --log-facility=- --conf-file=/dev/null --user=root --port=0 --interface=eth0"
    argv = [*words.split(), "--bind-interfaces", "--pid-file", "--leasefile-ro", "--no-ping", *more]
    with NamespaceHost(other.namespace) as host:
        host.start_daemon(argv, log=other.directory / "log", outlive=False)
    log = other.directory / "log"
    wait_for(lambda: "sockets bound" in log.read_text(), 20, "the other server listens", log.read_text)
    return other


def rivals(station: SiteStation) -> list[Evidence]:
    return [one for one in evidence(station) if one.kind == "other-dhcp"]


def test_one_that_knows_its_clients_is_named_by_the_first_that_takes_its_offer(site: Segment) -> None:
    """It answers no question of ours, and its answers go to others: the one that takes them names it."""
    client = site.client(node(1).mac)
    with site.station() as station:
        station.ensure(config(1, node(1)))
        range_ = ("--dhcp-range=10.97.0.0,static", f"--dhcp-host={client.mac},{GIVEN}")
        rival(site, *range_, "--dhcp-ignore=tag:!known")
        ours = station.status()["dnsmasq"]
        os.kill(ours, signal.SIGSTOP)  # the other one is faster
        try:
            told = client.ask(0)
        finally:
            os.kill(ours, signal.SIGCONT)
        assert (told["serverid"], told["ip"]) == (RIVAL, GIVEN)
        wait_for(lambda: bool(rivals(station)), 20, "it is noticed")
        seen = rivals(station)[0].data
        assert (seen["server"], seen["offered"], seen["to"]) == (RIVAL, GIVEN, client.mac)
        wait_for(lambda: station.status()["state"] == "other-dhcp", 20, "ours is silent")


def test_a_client_that_asks_for_what_is_not_its_own_has_other_servers_asked_for(site: Segment) -> None:
    """What an earlier system was given by another server, it asks ours for."""
    client = site.client(node(1).mac)
    with site.station() as station:
        station.ensure(config(1, node(1)))
        rival(site, "--dhcp-range=10.97.0.200,10.97.0.220,1h")
        assert not rivals(station)
        assert client.run("python3", "-c", _SEND, _again(client, GIVEN).hex()).returncode == 0
        wait_for(lambda: bool(rivals(station)), 30, "it is noticed")
        seen = rivals(station)[0].data
        assert (seen["server"], seen["mac"]) == (RIVAL, RIVAL_MAC)
        assert "nak" in [one.kind for one in evidence(station)]


def _again(client: Client, address: str) -> bytes:
    """A DHCPREQUEST for an address that it had before (RFC 2131, INIT-REBOOT): it names no server."""
    mac = bytes.fromhex(client.mac.replace(":", ""))
    frame = discover(mac, mac, os.urandom(4))
    wanted = b"\x35\x01\x03\x32\x04" + IPv4Address(address).packed + b"\xff"
    begin = 14 + 20 + 8 + 240
    return frame[:begin] + wanted + frame[begin + len(wanted) :]
