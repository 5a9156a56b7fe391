"""Real firmware and real iPXE come to their kernel through a station, or are sent on to their disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from netboot import FROM_DISK, console, wait_console, wait_for
from station_machine import machine
from stationlab import Segment, config, evidence, kinds, node, other_server, payload, segment

from microdc.deploy.ports import Ramdisk
from microdc.deploy.station import loaders
from microdc.deploy.station.client import SiteStation
from microdc.lab.machine import start
from microdc.lab.machine.machine import Machine
from microdc.lab.machine.model import BootRequest

pytestmark = [pytest.mark.root, pytest.mark.lab]
SECONDS = 240


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Segment]:
    with segment(tmp_path_factory.mktemp("st")) as made:
        yield made


@pytest.fixture
def _no_loaders(monkeypatch: pytest.MonkeyPatch) -> None:
    """iPXE comes in the NIC's ROM."""
    monkeypatch.setattr(loaders, "find", dict)


def until_kernel(station: SiteStation, server: Machine) -> list[str]:
    """What was noted of it, in order, until it had fetched its kernel."""
    wait_for(
        lambda: "kernel" in kinds(station, "n1"), SECONDS, "it fetches its kernel", lambda: console(server)
    )
    (kernel,) = [one for one in evidence(station) if one.kind == "kernel"][:1]
    assert kernel.data["bytes"] == kernel.data["of"] > 0
    seen = [f"{one.source} {one.kind}" for one in evidence(station) if one.node == "n1"]
    return seen[: seen.index("http kernel") + 1]


@pytest.mark.usefixtures("_no_loaders")
@pytest.mark.parametrize("firmware", ["bios", "uefi"])
def test_to_its_kernel(site: Segment, tmp_path: Path, firmware: str) -> None:
    """iPXE of the NIC's ROM asks for its script at once."""
    server = machine(site, node(1), firmware)
    file = payload(tmp_path / "kernel", b"no kernel, but fetched" * 1000)
    with site.station() as station:
        station.push(file, lambda _: None)
        station.ensure(config(1, node(1), ramdisk=Ramdisk(file, file)))
        try:
            server.set_boot(BootRequest("pxe", "once", "uefi" if firmware == "uefi" else "bios"))
            server.on()
            seen = until_kernel(station, server)
        finally:
            server.off()
        assert seen[-2:] == ["http script", "http kernel"]
        assert {"dhcp discover", "dhcp offer", "dhcp request", "dhcp ack"} <= set(seen)
        assert "dhcp no-loader" not in seen
        (script,) = [one for one in evidence(station) if one.kind == "script"][:1]
        assert "iPXE" in script.data["user_agent"]


@pytest.mark.usefixtures("_no_loaders")
@pytest.mark.parametrize("firmware", ["bios", "uefi"])
def test_to_its_kernel_beside_a_server_that_gives_the_addresses(
    site: Segment, tmp_path: Path, firmware: str
) -> None:
    """With proxyDHCP the address comes from the one server, the script from the other."""
    other_server(site)
    server = machine(site, node(1), firmware)
    file = payload(tmp_path / "kernel", b"no kernel, but fetched" * 1000)
    with site.station(dhcp="proxy") as station:
        station.push(file, lambda _: None)
        station.ensure(config(1, node(1), ramdisk=Ramdisk(file, file)))
        try:
            server.set_boot(BootRequest("pxe", "once", "uefi" if firmware == "uefi" else "bios"))
            server.on()
            seen = until_kernel(station, server)
        finally:
            server.off()
        assert [one for one in seen if one.startswith("http")] == ["http bound", "http script", "http kernel"]
        assert {"dhcp discover", "dhcp offer", "dhcp leased"} <= set(seen)
        assert "dhcp no-loader" not in seen
        told = {one.kind: one.data for one in evidence(station) if one.node == "n1"}
        assert told["script"]["address"] == told["bound"]["address"] == told["leased"]["address"]
        assert told["leased"]["server"] == "10.97.0.254"


@pytest.mark.usefixtures("_no_loaders")
def test_on_to_its_disk(site: Segment) -> None:
    server = machine(site, node(1), "bios")
    with site.station() as station:
        station.ensure(config(1, node(1, armed=False, boot_token="", move=0)))
        try:
            server.set_boot(BootRequest("pxe", "once", "bios"))
            server.on()
            wait_console(server, FROM_DISK, seconds=SECONDS)
        finally:
            server.off()
        assert "local-boot" in kinds(station, "n1")


@pytest.mark.long
@pytest.mark.extra
@pytest.mark.skipif(not loaders.find().get("x86_64"), reason="needs iPXE for UEFI (package ipxe)")
@pytest.mark.parametrize("dhcp", ["own", "proxy"])
@pytest.mark.parametrize("way", ["pxe", "http"])
def test_uefi_without_ipxe_in_its_nic(
    site: Segment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str, dhcp: str
) -> None:
    """The firmware itself asks for a loader, over TFTP or HTTP; that is iPXE, which asks for its script."""
    plain = start._firmware
    monkeypatch.setattr(
        start, "_firmware", lambda directory, request: replace(plain(directory, request), rom=None)
    )
    if dhcp == "proxy":
        other_server(site)
    server = machine(site, node(1), "uefi")
    file = payload(tmp_path / "kernel", b"no kernel, but fetched" * 1000)
    with site.station(dhcp=dhcp) as station:
        station.push(file, lambda _: None)
        station.ensure(config(1, node(1), ramdisk=Ramdisk(file, file)))
        try:
            server.set_boot(BootRequest("http" if way == "http" else "pxe", "once", "uefi"))
            server.on()
            seen = until_kernel(station, server)
        finally:
            server.off()
        loaded = "http loader" if way == "http" else "tftp sent"
        assert seen.index(loaded) < seen.index("http script")
        arch = next(one.data["arch"] for one in evidence(station) if one.kind == "offer")
        assert arch == (16 if way == "http" else 7)
