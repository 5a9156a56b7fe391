"""The ramdisk of ours comes up through a station, says hello and does what it is told: firmware, DHCP, iPXE, kernel, order, reports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from netboot import console, wait_for
from station_machine import machine
from stationlab import Segment, config, evidence, kinds, node, segment

from microdc.deploy.ports import Ramdisk
from microdc.deploy.ramdisk import image
from microdc.deploy.station import loaders
from microdc.lab.machine.model import BootRequest

pytestmark = [pytest.mark.root, pytest.mark.lab, pytest.mark.long, pytest.mark.extra]
SECONDS = 420


def built() -> Ramdisk:
    building = image.build()
    while True:
        try:
            next(building)
        except StopIteration as end:
            made: Ramdisk = end.value
            return made


@pytest.fixture(scope="module")
def ramdisk() -> Ramdisk:
    return built()


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Segment]:
    monkeypatch.setattr(loaders, "find", dict)
    with segment(tmp_path_factory.mktemp("st")) as made:
        yield made


@pytest.mark.parametrize("firmware", ["bios", "uefi"])
def test_inspected(site: Segment, ramdisk: Ramdisk, firmware: str) -> None:
    order = {"node": "n1", "move": 4, "action": "inspect", "firmware": "", "wipe": False}
    asked = node(1, move=4, order=order)
    server = machine(site, asked, firmware, memory_mib=512)
    with site.station() as station:
        station.ensure(config(1, asked, ramdisk=ramdisk))
        for file in (ramdisk.kernel, ramdisk.initrd):
            station.push(file, lambda _: None)
        try:
            server.set_boot(BootRequest("pxe", "once", "uefi" if firmware == "uefi" else "bios"))
            server.on()
            wait_for(
                lambda: "inspected" in kinds(station, "n1"),
                SECONDS,
                "it is inspected",
                lambda: console(server),
            )
        finally:
            server.off()
        seen = [one for one in evidence(station) if one.node == "n1"]
        order_of = [one.kind for one in seen]
        assert (
            order_of.index("script")
            < order_of.index("kernel")
            < order_of.index("ramdisk")
            < order_of.index("hello")
            < order_of.index("inspected")
        )
        assert "denied" not in order_of
        assert {one.data["move"] for one in seen} == {4}
        hardware = next(one.data["hardware"] for one in seen if one.kind == "inspected")
        assert f"SN-{asked.node}" in str(hardware)
