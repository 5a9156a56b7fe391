"""A lab whose emulator is a guest: hosts reach each other through it, and it is an ordinary remote emulator."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from builtlab import EXAMPLE, Lab

from microdc.errors import Exit
from microdc.host.address import address_of
from microdc.host.local import NamespaceHost
from microdc.host.model import Host
from microdc.host.operate import connect
from microdc.lab import operate
from microdc.lab.names import lab_dir
from microdc.lab.teardown import exists, guest_processes
from microdc.testbed.load import load

pytestmark = [pytest.mark.root, pytest.mark.lab]


def emulator(lab: Lab) -> Host:
    """The emulator as any command reaches it: by what the inventory says, and nothing else."""
    declared = load(lab.inventory).emulators["wan1"]
    return connect(address_of(declared.reach))


def test_hosts_reach_each_other_through_the_guest(guest_lab: Lab) -> None:
    for target in (guest_lab.host("west", 1), guest_lab.host("west", 2)):
        assert guest_lab.unreachable(guest_lab.host("east"), target) == set()


def test_packets_of_a_large_mtu_reach_the_guest(guest_lab: Lab) -> None:
    source = guest_lab.host("west")
    with NamespaceHost(source.namespace) as host:
        ping = ["ping", "-c2", "-W5", "-Mdo", "-s", str(9000 - 28), str(source.gateways[0])]
        done = host.run(ping)
    assert done.ok, done.stdout


def test_the_guest_has_the_nics_that_the_inventory_names(guest_lab: Lab) -> None:
    with emulator(guest_lab) as host:
        for link in guest_lab.plan.emulators[0].uplinks:
            shown = host.run(["ip", "-o", "link", "show", link.nic.name]).stdout.decode()
            assert link.nic.mac in shown
            assert f"mtu {link.nic.mtu} " in shown
            addresses = host.run(["ip", "-o", "addr", "show", link.nic.name]).stdout.decode()
            assert all(str(address) in addresses for address in link.nic.addresses)


def test_the_guest_can_emulate_delay(guest_lab: Lab) -> None:
    with emulator(guest_lab) as host:
        added = host.run(["tc", "qdisc", "add", "dev", "east0", "root", "netem", "delay", "1ms"])
        host.run(["tc", "qdisc", "del", "dev", "east0", "root"])
    assert added.ok, added.stderr


def test_status_names_the_guest(guest_lab: Lab) -> None:
    found = operate.status(guest_lab.name)
    assert found.state == "up"
    (shown,) = found.emulators
    assert shown.kind == "guest"
    assert shown.pid is not None
    assert b"qemu-system" in Path(f"/proc/{shown.pid}/cmdline").read_bytes()


def test_up_finds_the_guest_running(guest_lab: Lab) -> None:
    assert [step.state for step in operate.up(guest_lab.name, EXAMPLE)] == ["skipped"]


def test_the_way_in_is_in_its_own_namespace(guest_lab: Lab) -> None:
    """Nothing of the lab is reached from this machine's own network, and nothing there needs a route to it."""
    declared = load(guest_lab.inventory).emulators["wan1"]
    assert declared.reach.via == f"mdc-{guest_lab.name}-mgmt"
    assert Path(declared.reach.identity).stat().st_mode & 0o077 == 0


def interrupted_while_booting(name: str, number: signal.Signals) -> int:
    """Exit code of a `lab up` that gets a signal when its guest has started."""
    argv = [
        sys.executable,
        "-m",
        "microdc.cli",
        "lab",
        "up",
        "--name",
        name,
        "--from",
        str(EXAMPLE),
        "--emulator",
        "guest",
    ]
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL) as command:
        while command.poll() is None and not list(guest_processes(lab_dir(name))):
            time.sleep(0.02)
        command.send_signal(number)
        return command.wait(60)


def test_an_interrupt_while_the_guest_boots_leaves_nothing(lab_name: Callable[[], str]) -> None:
    name = lab_name()
    assert interrupted_while_booting(name, signal.SIGINT) == Exit.INTERRUPTED
    assert not exists(name)
    assert not list(guest_processes(lab_dir(name)))


def test_down_ends_a_guest_whose_lab_was_killed_while_it_booted(lab_name: Callable[[], str]) -> None:
    name = lab_name()
    assert interrupted_while_booting(name, signal.SIGKILL) == -signal.SIGKILL
    assert operate.status(name).state == "partly up"
    assert list(guest_processes(lab_dir(name)))
    for _ in operate.down(name):
        pass
    assert not exists(name)
    assert not list(guest_processes(lab_dir(name)))
