"""A site's segment for tests of its boot services: a bridge in a namespace, where the station runs, and machines plugged into it.

A machine of a namespace asks for an address with BusyBox's DHCP client, as firmware of any kind.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path
from typing import Any

import dhcp_speaker
import netboot

from microdc.deploy.model import Evidence
from microdc.deploy.ports import Payload, Ramdisk, StationConfig, StationNode
from microdc.deploy.specs import SiteSpec
from microdc.deploy.station.client import SiteStation
from microdc.deploy.station.config import Watchfulness
from microdc.host import namespaces
from microdc.host.address import parse_address
from microdc.host.local import NamespaceHost
from microdc.host.model import Host
from microdc.host.operate import connect
from microdc.testbed.nodes import Deploy
from microdc.testbed.reach import Reach

ADDRESS = "10.97.0.1"
NETWORK = IPv4Network("10.97.0.0/24")
SITE = "s1"
QUICK = Watchfulness(probe=1.2, every=1.5)
"""A second server of the tests does not ping before it offers."""
_ASK = "busybox udhcpc -i eth0 -f -n -q -t 3 -T 1 -O bootfile -O tftp -O 60 -s"
_SCRIPT = '#!/bin/sh\n[ "$1" = bound ] && env >"$(dirname "$0")/answer"\nexit 0\n'
_LISTEN = 1.0
"""Seconds in which answers are awaited, and all of them."""
_numbers = itertools.count(1)


@dataclass(slots=True)
class Client:
    """A machine in a namespace of its own, with one NIC."""

    namespace: str
    mac: str
    directory: Path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = [*namespaces.inside(self.namespace), *words]
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)

    def ask(
        self, arch: int | None = None, *, vendor: str = "PXEClient", ipxe: bool = False
    ) -> dict[str, str]:
        """What a DHCP server gave it, as the variables of udhcpc; empty where none answered. arch: as firmware of that architecture."""
        answer = self.directory / "answer"
        answer.unlink(missing_ok=True)
        script = self.directory / "told.sh"
        script.write_text(_SCRIPT)
        script.chmod(0o755)
        words = [*_ASK.split(), str(script)]
        if arch is not None:
            words += ["-V", f"{vendor}:Arch:{arch:05}:UNDI:003016", "-x", f"0x5d:{arch:04x}"]
        if ipxe:
            words += ["-x", "0x4d:69505845"]
        self.run(*words)
        if not answer.exists():
            return {}
        pairs = (line.partition("=") for line in answer.read_text(errors="replace").splitlines())
        return {name: value for name, _, value in pairs}

    def boot(self, arch: int | None, *, vendor: str = "PXEClient", ipxe: bool = False) -> dict[str, Any]:
        """What all servers answered a boot of its NIC, as `dhcp_speaker` tells it; the address that it was given is set. arch: None for no firmware."""
        words = [sys.executable, dhcp_speaker.__file__, "eth0", "-" if arch is None else str(arch), vendor]
        done = self.run(*words, str(_LISTEN), *(["ipxe"] if ipxe else []))
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def settle(self, address: str) -> None:
        """Takes an address by itself."""
        assert self.run("ip", "addr", "add", f"{address}/24", "dev", "eth0").returncode == 0

    def curl(self, *words: str) -> str:
        return self.run("curl", "--silent", "--show-error", "--max-time", "20", *words).stdout


@dataclass(slots=True)
class Segment:
    """namespace: of the bridge `br0`, where the station runs. directory: what the site's document says."""

    namespace: str
    directory: Path
    _plugged: list[str] = field(default_factory=list)

    @property
    def place(self) -> Path:
        """The station's own directory."""
        return self.directory / SITE

    def spec(self, **changes: Any) -> SiteSpec:
        deploy = Deploy(Reach(f"netns:{self.namespace}"), "br0", directory=str(self.directory))
        return SiteSpec(SITE, "site.yaml:9", replace(deploy, **changes), NETWORK)

    def station(self, host: Host | None = None, **changes: Any) -> SiteStation:
        return SiteStation(
            self.spec(**changes), host or connect(parse_address(f"netns:{self.namespace}")), QUICK
        )

    def client(self, mac: str) -> Client:
        number = len(self._plugged) + 1
        name = f"{self.namespace}-c{number}"
        namespaces.create(name)
        self._plugged.append(name)
        link = [
            "ip",
            "link",
            "add",
            f"c{number}",
            "type",
            "veth",
            "peer",
            "name",
            "eth0",
            "address",
            mac,
            "netns",
            name,
        ]
        netboot.run_inside(self.namespace, *link)
        netboot.run_inside(self.namespace, "ip", "link", "set", f"c{number}", "master", "br0", "up")
        netboot.run_inside(name, "ip", "link", "set", "eth0", "up")
        directory = self.directory / name
        directory.mkdir()
        return Client(name, mac, directory)

    def end(self) -> None:
        for name in self._plugged:
            namespaces.delete(name)


@contextlib.contextmanager
def segment(directory: Path) -> Iterator[Segment]:
    """A segment of its own, and the end of all that was started in it."""
    name = f"mdcst-{directory.stat().st_ino % 1_000_000}-{next(_numbers)}"
    namespaces.create(name)
    made = Segment(name, directory)
    try:
        netboot.run_inside(name, "ip", "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        netboot.run_inside(name, "ip", "addr", "add", f"{ADDRESS}/24", "dev", "br0")
        netboot.run_inside(name, "ip", "link", "set", "br0", "up")
        yield made
    finally:
        made.end()
        namespaces.delete(name)  # and the station with it


def other_server(site: Segment, mac: str = "52:54:00:97:00:fe") -> Client:
    """A machine whose DHCP server gives 10.97.0.200 to 220 to anybody."""
    other = site.client(mac)
    other.settle("10.97.0.254")
    words = "dnsmasq --keep-in-foreground --log-facility=- --conf-file=/dev/null --user=root --port=0 --interface=eth0"
    words += " --bind-interfaces --pid-file --leasefile-ro --no-ping --dhcp-range=10.97.0.200,10.97.0.220,1h"
    with NamespaceHost(other.namespace) as host:
        host.start_daemon(words.split(), log=other.directory / "log", outlive=False)
    log = other.directory / "log"
    netboot.wait_for(lambda: "IP range" in log.read_text(), 20, "the other server listens", log.read_text)
    return other


def node(number: int, **changes: Any) -> StationNode:
    """n1, n2, ...: armed."""
    mac = f"52:54:00:97:00:{number:02x}"
    made = StationNode(
        node=f"n{number}",
        mac=mac,
        macs=(mac, f"52:54:00:97:01:{number:02x}"),
        address=IPv4Interface(f"10.97.0.{10 + number}/24"),
        armed=True,
        move=1,
        boot_token=f"boot-{number}",
        home_token=f"home-{number}",
        order={"action": "inspect"},
    )
    return replace(made, **changes)


def config(revision: int, *nodes: StationNode, ramdisk: Ramdisk | None = None) -> StationConfig:
    return StationConfig(SITE, revision, nodes, ramdisk)


def payload(path: Path, data: bytes) -> Payload:
    path.write_bytes(data)
    return Payload(hashlib.sha256(data).hexdigest(), len(data), path)


def evidence(station: SiteStation) -> list[Evidence]:
    """All of it; its numbers have no gaps."""
    found: list[Evidence] = []
    more = True
    log = ""
    while more:
        told = station.evidence(log, found[-1].number if found else 0)
        found += told.evidence
        log, more = told.log, told.more
    assert [one.number for one in found] == list(range(1, len(found) + 1))
    return found


def kinds(station: SiteStation, node: str = "") -> list[str]:
    return [one.kind for one in evidence(station) if not node or one.node == node]
