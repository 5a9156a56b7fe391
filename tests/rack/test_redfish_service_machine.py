"""The lab's Redfish service and a machine that really starts: QEMU, turned on and off through its BMC."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from netboot import BUTTON, FROM_DISK, FROM_NETWORK, GOT_NMI, Segment, run_inside, wait_console

from microdc.lab.machine.machine import Machine
from redfishservice import SYSTEM, Rig, running, self_signed, until

pytestmark = [pytest.mark.root, pytest.mark.lab]
ONCE_PXE = {"Boot": {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe"}}


@contextmanager
def bmc_of(machine: Machine, place: Path) -> Iterator[Rig]:
    with running(machine.directory, machine, certificate=self_signed(place)) as rig:
        yield rig


def boot_override(rig: Rig) -> list[str]:
    boot = rig.client.get(SYSTEM).json["Boot"]
    return [boot["BootSourceOverrideEnabled"], boot["BootSourceOverrideTarget"]]


@pytest.mark.long
def test_network_once_then_disk(segment: Segment, tmp_path: Path) -> None:
    machine = segment.machine("redfish")
    with bmc_of(machine, tmp_path) as rig:
        assert rig.client.power() == "Off"
        assert rig.client.patch(SYSTEM, ONCE_PXE).status == 200
        assert boot_override(rig) == ["Once", "Pxe"]
        assert rig.client.reset("On").status == 204
        assert rig.client.power() == "On"
        assert boot_override(rig) == ["Disabled", "None"]
        wait_console(machine, FROM_NETWORK)
        wait_console(machine, FROM_DISK)
        rig.client.reset("ForceRestart")
        wait_console(machine, FROM_DISK, times=2)
        assert rig.client.reset("Nmi").status == 204
        wait_console(machine, GOT_NMI)
        assert rig.client.reset("GracefulRestart").status == 204
        wait_console(machine, BUTTON)
        wait_console(machine, FROM_DISK, times=3)
        assert rig.client.reset("GracefulShutdown").status == 204
        until(lambda: rig.client.power() == "Off", 60)
        entries = rig.client.get("/redfish/v1/Managers/1/LogServices/Sel/Entries").json["Members"]
        assert {"The server is on", "The server is off"} <= {entry["Message"] for entry in entries}


def test_what_others_do_is_seen(segment: Segment, tmp_path: Path) -> None:
    machine = segment.machine("shared")
    with bmc_of(machine, tmp_path) as rig:
        machine.on()
        assert rig.client.power() == "On"
        assert rig.client.reset("ForceOff").status == 204
        assert not machine.power()
        machine.set_memory(128)
        modules = rig.client.get(f"{SYSTEM}/Memory?$expand=.").json["Members"]
        assert [module["Status"]["State"] for module in modules] == ["Enabled", "Absent"]


def test_a_machine_that_cannot_start_says_why(segment: Segment, tmp_path: Path) -> None:
    machine = segment.machine("unplugged")
    run_inside(segment.namespace, "ip", "link", "del", machine.description().nics[0].tap)
    with bmc_of(machine, tmp_path) as rig:
        refused = rig.client.reset("On")
        assert (refused.status, refused.message) == (500, "InternalError")
        assert machine.description().nics[0].tap in refused.json["error"]["message"]
        assert rig.client.power() == "Off"
