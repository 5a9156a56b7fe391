"""A virtual server really boots: from the network through iPXE's ROM, from its disk, and from where it is asked to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from netboot import (
    BUTTON,
    FROM_DISK,
    FROM_NETWORK,
    GOT_NMI,
    Segment,
    boot_sector,
    console,
    run_inside,
    wait_console,
    wait_for,
)

from microdc.errors import UnreachableError
from microdc.host.daemon import Daemon
from microdc.lab.machine.machine import Machine
from microdc.lab.machine.model import BootRequest
from microdc.lab.teardown import guest_processes

pytestmark = [pytest.mark.root, pytest.mark.lab]
NONE = BootRequest("none", "disabled", "bios")
PXE_ONCE = BootRequest("pxe", "once", "bios")


def processes(machine: Machine) -> list[int]:
    return list(guest_processes(machine.directory))


def command(machine: Machine, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "microdc.lab.machine", str(machine.directory), *words]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def test_network_once_then_disk(segment: Segment) -> None:
    """The request holds for one start: the guest's own reset at the end of what it got boots the disk."""
    machine = segment.machine("once", serial="SN,1")
    machine.set_boot(PXE_ONCE)
    assert machine.boot() == PXE_ONCE
    machine.on()
    assert machine.boot() == NONE
    wait_console(machine, FROM_DISK)
    assert f"serial=SN,1 uuid={machine.description().uuid}" in console(machine)
    assert "memory=00:01" in console(machine)
    assert console(machine).index(FROM_NETWORK) < console(machine).index(FROM_DISK)
    assert f"sent {segment.directory}/tftp/boot.ipxe" in segment.log
    machine.reset()
    wait_console(machine, FROM_DISK, times=2)
    assert console(machine).count(FROM_NETWORK) == 1


@pytest.mark.long
def test_disk_first_and_network_where_it_does_not_boot(segment: Segment) -> None:
    machine = segment.machine("blank", disk=b"")
    machine.on()
    wait_console(machine, FROM_NETWORK)


@pytest.mark.extra
@pytest.mark.long
def test_continuous_holds_until_it_is_taken_back_and_so_does_a_missing_memory_module(
    segment: Segment,
) -> None:
    machine = segment.machine("continuous")
    machine.set_boot(BootRequest("pxe", "continuous", "bios"))
    machine.set_memory(128)
    machine.on()
    machine.set_memory(None)
    wait_console(machine, "memory=80:00", times=2)  # the guest's own reset, and again from the network
    machine.reset()
    wait_console(machine, "memory=00:01")
    machine.set_boot(NONE)
    machine.reset()
    wait_console(machine, FROM_DISK)


def test_bios_stays_in_the_firmware(segment: Segment) -> None:
    machine = segment.machine("setup")
    machine.set_boot(BootRequest("bios", "once", "bios"))
    machine.on()
    wait_console(machine, "No bootable device")
    machine.reset()
    wait_console(machine, FROM_DISK)
    assert FROM_NETWORK not in console(machine)


def test_a_stranger_gets_no_address(segment: Segment) -> None:
    machine = segment.machine("stranger", known=False, boot_order=["pxe"])
    machine.on()
    mac = machine.description().nics[0].mac
    wait_for(lambda: f"DHCPDISCOVER(br0) {mac} no address available" in segment.log, 60, "it asks")
    assert f"DHCPOFFER(br0) {mac}" not in segment.log


def test_interrupt_power_button_and_off(segment: Segment) -> None:
    machine = segment.machine("acts")
    with pytest.raises(UnreachableError, match="off"):
        machine.nmi()
    machine.off()
    machine.shutdown()
    machine.reset()
    assert not machine.power()
    machine.on()
    wait_console(machine, FROM_DISK)
    machine.nmi()
    wait_console(machine, GOT_NMI)
    assert machine.power()
    machine.shutdown()
    wait_console(machine, BUTTON)
    wait_for(lambda: not machine.power(), 20, "the guest powers itself off")
    assert processes(machine) == []
    machine.on()
    wait_console(machine, FROM_DISK, times=2)
    machine.off()
    assert not machine.power()
    assert processes(machine) == []


def test_many_at_once_start_one(segment: Segment) -> None:
    """Threads of one process and processes of their own."""
    machine = segment.machine("race")
    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(machine.on) for _ in range(4)]
        commands = [pool.submit(command, machine, "set", "power", "1") for _ in range(4)]
        for each in done:
            each.result()
        assert [each.result().returncode for each in commands] == [0] * 4
    (pid,) = processes(machine)
    assert str(Daemon.of(pid)) == (machine.directory / "qemu.pid").read_text().strip()
    wait_console(machine, FROM_DISK)
    assert console(machine).count("SeaBIOS") == 1


def test_a_killed_qemu_is_off(segment: Segment) -> None:
    machine = segment.machine("killed")
    machine.on()
    (pid,) = processes(machine)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not machine.power(), 10, "off")
    machine.on()
    (again,) = processes(machine)
    assert again != pid


@pytest.mark.parametrize("after", [0.1, 0.2, 0.3, 0.4, 0.6])
def test_a_killed_starter_leaves_what_the_next_understands(segment: Segment, after: float) -> None:
    """Wherever it is struck, there is one QEMU or none, and the next calls tell and do the right thing."""
    machine = segment.machine(f"struck{after}")
    argv = [sys.executable, "-m", "microdc.lab.machine", str(machine.directory), "set", "power", "1"]
    starter = subprocess.Popen(argv)
    time.sleep(after)
    starter.kill()
    starter.wait()
    machine.on()
    assert machine.power()
    wait_for(lambda: len(processes(machine)) == 1, 10, "one QEMU")
    wait_console(machine, FROM_DISK)
    (machine.directory / "qemu.pid").unlink(missing_ok=True)
    machine.off()
    assert not machine.power()
    assert processes(machine) == []


def test_a_qemu_that_does_not_start_is_told_and_consumes_nothing(segment: Segment) -> None:
    machine = segment.machine("wrong", uuid="no-uuid")
    machine.set_boot(PXE_ONCE)
    with pytest.raises(UnreachableError, match="Invalid UUID"):
        machine.on()
    assert not machine.power()
    assert machine.boot() == PXE_ONCE


def test_a_missing_tap_is_told(segment: Segment) -> None:
    machine = segment.machine("cut", nics=[{"name": "eth0", "mac": "52:54:00:99:00:fe", "tap": "nowhere"}])
    with pytest.raises(UnreachableError, match="no tap nowhere"):
        machine.on()
    assert not machine.power()


def test_the_port_stays_when_the_machine_is_off(segment: Segment) -> None:
    """So that its cable can be moved; and its link is down then, as a switch sees it."""
    machine = segment.machine("port")
    tap = machine.description().nics[0].tap

    def state() -> str:
        return run_inside(segment.namespace, "ip", "-br", "link", "show", tap).split()[1]

    machine.on()
    wait_for(lambda: state() == "UP", 10, "up")
    machine.off()
    wait_for(lambda: state() == "DOWN", 10, "down")


def test_a_long_console_log_is_turned_over(segment: Segment) -> None:
    machine = segment.machine("long", disk=boot_sector("NEW"))
    (machine.directory / "console.log").write_bytes(b"old\n" * (1 << 18) + b"end\n")
    machine.on()
    wait_console(machine, "NEW")
    assert "old" not in console(machine)
    assert (machine.directory / "console.log.1").read_text().endswith("end\n")


def test_the_command(segment: Segment) -> None:
    machine = segment.machine("command")
    assert command(machine, "get", "power").stdout == "power:0\n"
    assert command(machine, "get", "boot").stdout == "boot:none\n"
    assert command(machine, "set", "boot", "default").returncode == 0
    assert machine.boot() == BootRequest("disk", "once", "bios")
    assert command(machine, "get", "boot").stdout == "boot:default\n"
    assert command(machine, "set", "power", "1").returncode == 0
    assert command(machine, "get", "power").stdout == "power:1\n"
    assert command(machine, "get", "boot").stdout == "boot:none\n"
    wait_console(machine, FROM_DISK)
    assert command(machine, "nmi").returncode == 0
    wait_console(machine, GOT_NMI)
    assert command(machine, "set", "shutdown", "1").returncode == 0
    wait_for(lambda: not machine.power(), 20, "off")
    refused = command(machine, "set", "boot", "moon")
    assert refused.returncode == 2
    assert "'moon' is nothing to boot from" in refused.stderr


@pytest.mark.long
def test_uefi_boots_from_the_network(segment: Segment) -> None:
    machine = segment.machine("uefi", firmware="uefi")
    machine.set_boot(BootRequest("pxe", "once", "uefi"))
    machine.on()
    wait_console(machine, FROM_NETWORK, seconds=150)
    assert "PXEClient:Arch:00007" in segment.log
    assert machine.boot() == BootRequest("none", "disabled", "uefi")


@pytest.mark.long
def test_bios_of_uefi_stays_in_the_firmware(segment: Segment) -> None:
    machine = segment.machine("shell", firmware="uefi", kvm=False)
    machine.set_boot(BootRequest("bios", "once", "uefi"))
    machine.on()
    wait_console(machine, "UEFI Interactive Shell", seconds=150)
    assert f"DHCPDISCOVER(br0) {machine.description().nics[0].mac}" not in segment.log


def test_no_machine_is_told(tmp_path: Path) -> None:
    (tmp_path / "machine.json").write_text(json.dumps({"name": "x"}))
    done = command(Machine(tmp_path), "set", "power", "1")
    assert done.returncode == 2
    assert "'memory_mib' is missing" in done.stderr
