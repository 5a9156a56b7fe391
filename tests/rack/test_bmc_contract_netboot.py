"""A boot override through every driver, proved by a machine that really boots: from the network once, and then from its disk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bmckinds import KINDS, Rig, driven
from netboot import FROM_DISK, FROM_NETWORK, Segment, console, wait_console

from microdc.bmc import booting
from microdc.bmc.driver import Bmc
from microdc.bmc.judging import Patience
from microdc.bmc.model import Act, Boot, BootTarget
from microdc.lab.machine.model import BootRequest

pytestmark = [pytest.mark.root, pytest.mark.lab]
PATIENCE = Patience(graceful=60, settle=60, boot=60, refused=1, poll=0.1, longest=0.5)
NONE = BootRequest("none", "disabled", "bios")
ONCE = Boot(BootTarget.PXE, "once")
LONG = {"basic", "sushy"}
"""Each boot from the network takes ten seconds of a processor."""


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(kind, marks=(pytest.mark.long, pytest.mark.extra) if kind in LONG else ())
        for kind in KINDS
    ],
)
def rig(
    request: pytest.FixtureRequest, segment: Segment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rig]:
    with KINDS[request.param](segment, tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.fixture
def bmc(rig: Rig) -> Iterator[Bmc]:
    with rig.open() as opened:
        yield opened


def test_from_the_network_once_and_then_from_the_disk(rig: Rig, bmc: Bmc, segment: Segment) -> None:
    """Where the BMC keeps what it is told, all is done; where it does not, that is said, the server is left alone, and all is as before."""
    machine = rig.machine
    machine.off()
    machine.set_boot(NONE)
    sent = f"sent {segment.directory}/tftp/boot.ipxe"
    booted, fetched = console(machine).count(FROM_NETWORK), segment.log.count(sent)
    result = driven(booting.override(bmc, ONCE, reboot=True, patience=PATIENCE))
    kept = rig.known.reads(ONCE)
    if (kept.target, kept.lasting) == (ONCE.target, ONCE.lasting):
        assert result.came == "done"
        assert "the override is used up" in result.what
    else:
        assert result.came == "failed"
        assert "the BMC took pxe, once, but it reads" in result.what
        assert not machine.power()
        assert machine.boot().target in {"none", "disk"}
        bmc.set_boot(ONCE)
        bmc.act(Act.ON)
    disk = console(machine).count(FROM_DISK)
    wait_console(machine, FROM_NETWORK, times=booted + 1)
    assert segment.log.count(sent) == fetched + 1
    mac = machine.description().nics[0].mac
    assert f"DHCPACK(br0) {machine_address(segment, mac)} {mac}" in segment.log
    if kept.lasting == "continuous":
        bmc.set_boot(Boot(BootTarget.DISK, "continuous"))
        bmc.act(Act.RESET)
    wait_console(machine, FROM_DISK, times=disk + 1)
    assert console(machine).count(FROM_NETWORK) == booted + 1
    machine.off()


def machine_address(segment: Segment, mac: str) -> str:
    """What the boot server was told to give it."""
    known = (segment.directory / "hosts" / "known").read_text("ascii")
    return next(line.split(",")[1] for line in known.splitlines() if line.startswith(mac))
