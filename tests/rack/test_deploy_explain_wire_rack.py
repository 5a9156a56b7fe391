"""Why PXE failed, between a server and its boot services: a cable, a VLAN, a NIC, an architecture or a firewall is wrong in the world, and is named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from explainlab import PATIENCE, Means, built, failed
from netboot import run_inside
from racklab import RackLab

from microdc.deploy.model import Action
from microdc.deploy.operate import Wish
from microdc.deploy.station import loaders
from microdc.deploy.station.client import open_station
from microdc.lab import faults, names

pytestmark = [pytest.mark.root, pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(600)]

ENO1, ENO2, UEFI = "52:54:00:94:01:01", "52:54:00:94:01:02", "52:54:00:94:02:01"
INVENTORY = {
    "testbed.yaml": "testbed: wires\n",
    "sites/wire.yaml": f"""
site: wire
networks: {{data: [10.94.0.0/24], mgmt: [10.194.0.0/28]}}
deploy: {{host: local, interface: br0, image: base}}
racks:
  r1:
    switches: {{wsw: {{management: 10.194.0.4, snmp: {{version: 2, credentials: env:SWITCH_SNMP}}}}}}
    servers:
      w1:
        bmc: {{redfish: "https://10.194.0.2", credentials: env:RACK_BMC}}
        nics:
          eno1: {{mac: "{ENO1}", switch: wsw, port: "1"}}
          eno2: {{mac: "{ENO2}", switch: wsw, port: "2"}}
        deploy: {{address: 10.94.0.101}}
      w2:
        labels: {{firmware: uefi}}
        bmc: {{redfish: "https://10.194.0.3", credentials: env:RACK_BMC}}
        nics: {{eno1: {{mac: "{UEFI}", switch: wsw, port: "3"}}}}
        deploy: {{address: 10.94.0.102}}
""",
}
INSPECT = Wish(Action.INSPECT, attempts=1)
QUICK = Means(patience=replace(PATIENCE, firmware=40.0))
"""Firmware that reaches nobody is given up soon."""
OWN = Means(patience=replace(PATIENCE, firmware=150.0, dhcp=30.0, loader=30.0))
"""UEFI that boots from the network by itself takes its time until it asks, and then gets stuck."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, _homes: None) -> Iterator[RackLab]:
    """A lab with one site, two servers and a switch."""
    with built("wire", tmp_path_factory.mktemp("wire"), INVENTORY) as made:
        yield made


@pytest.fixture
def wire(lab: RackLab) -> Iterator[RackLab]:
    """The same with no faults, and all servers off, before and after."""
    try:
        yield lab
    finally:
        for server in ("w1", "w2"):
            lab.machine(server).off()
        faults.plant(lab.name, "wsw", dict.fromkeys(faults.planted(lab.name, "wsw")))


@contextmanager
def described(lab: RackLab, server: str, **changes: object) -> Iterator[None]:
    """A machine that is made of something else."""
    file = lab.directory(server) / "machine.json"
    text = file.read_text("utf-8")
    file.write_text(json.dumps({**json.loads(text), **changes}), "utf-8")
    try:
        yield
    finally:
        lab.machine(server).off()
        file.write_text(text, "utf-8")


@pytest.mark.extra
def test_a_port_that_is_switched_off(wire: RackLab) -> None:
    faults.plant(wire.name, "wsw", {"dead-port": "1"})
    told = failed(wire, "w1", INSPECT, QUICK)
    assert (told.causes[0], told.first["certainty"]) == ("port-down", "certain")
    assert "microdc switch set wsw 1 --up" in told.commands


def test_a_cable_that_is_not_plugged_in(wire: RackLab) -> None:
    faults.plant(wire.name, "wsw", {"unplugged": "1"})
    told = failed(wire, "w1", INSPECT, QUICK)
    assert (told.causes[0], told.first["certainty"]) == ("no-link", "certain")
    assert "wsw port 1" in told.first["what"]


def test_a_port_in_another_vlan(wire: RackLab) -> None:
    """The boot services are in VLAN 1, as the uplink is; nobody declares that."""
    faults.plant(wire.name, "wsw", {"wrong-vlan": "1:20"})
    told = failed(wire, "w1", INSPECT, QUICK)
    assert (told.causes[0], told.first["certainty"]) == ("wrong-vlan", "certain")
    assert "VLAN 20" in told.first["what"]
    assert "microdc switch set wsw 1 --vlan 1" in told.commands


def nics(lab: RackLab, server: str, *silent: str) -> list[dict[str, object]]:
    """The NICs of a machine, of which these bring no iPXE."""
    made = json.loads((lab.directory(server) / "machine.json").read_text("utf-8"))["nics"]
    return [{**nic, "rom": nic["name"] not in silent} for nic in made]


def test_a_server_that_boots_from_another_of_its_nics(wire: RackLab) -> None:
    """Network boot is switched on for the second one only."""
    with described(wire, "w1", nics=nics(wire, "w1", "eno1")):
        told = failed(wire, "w1", INSPECT, QUICK)
    assert (told.causes[0], told.first["certainty"]) == ("wrong-nic", "certain")
    assert ENO2 in told.first["what"]


@pytest.fixture
def loaders_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Of all loaders, the controller has those of one kind, as where its package has no others."""

    def only(kind: str) -> None:
        found = {name: path for name, path in loaders.find().items() if name == kind}
        assert found
        monkeypatch.setattr(loaders, "find", lambda: found)

    del tmp_path
    return only


@pytest.mark.skipif(not loaders.find().get("bios"), reason="needs iPXE for BIOS (package ipxe)")
def test_an_architecture_without_a_loader(wire: RackLab, loaders_here: Callable[[str], None]) -> None:
    loaders_here("bios")
    with described(wire, "w2", nics=nics(wire, "w2", "eno1")):
        told = failed(wire, "w2", INSPECT, OWN)
    assert (told.causes[0], told.first["certainty"]) == ("no-loader", "certain")
    assert "UEFI x86-64 (7)" in told.first["what"]


@contextmanager
def tftp_blocked(lab: RackLab) -> Iterator[None]:
    """What comes to UDP port 69 of the site's host goes nowhere, by a rule that stands before all others."""
    place, rule = names.namespace(lab.name, "wire"), ["ipproto", "udp", "dport", "69", "blackhole"]
    run_inside(place, "ip", "rule", "add", "pref", "1", "lookup", "local")
    run_inside(place, "ip", "rule", "del", "pref", "0")
    run_inside(place, "ip", "rule", "add", "pref", "0", *rule)
    try:
        yield
    finally:
        run_inside(place, "ip", "rule", "del", "pref", "0")
        run_inside(place, "ip", "rule", "add", "pref", "0", "lookup", "local")
        run_inside(place, "ip", "rule", "del", "pref", "1")


@pytest.mark.skipif(not loaders.find().get("x86_64"), reason="needs iPXE for UEFI (package ipxe)")
def test_tftp_that_a_firewall_takes_away(wire: RackLab) -> None:
    with open_station(wire.testbed, "wire") as station:
        station.stop()  # it begins with all loaders
    with described(wire, "w2", nics=nics(wire, "w2", "eno1")), tftp_blocked(wire):
        told = failed(wire, "w2", INSPECT, OWN, console=True)
    assert told.causes[0] == "tftp-blocked"
    assert {"dhcp", "bmc", "controller", "console"} <= told.sources
