"""ipmi_sim and the machine behind it, as ipmitool, written by others, sees them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from netboot import FROM_DISK, FROM_NETWORK, Segment, wait_console, wait_for

from microdc.errors import InputError, UnreachableError
from microdc.host import namespaces
from microdc.lab.ipmi import config, operate, ping
from microdc.lab.ipmi.config import BmcSettings
from microdc.lab.machine.machine import Machine
from microdc.lab.machine.model import BootRequest

pytestmark = [pytest.mark.root, pytest.mark.lab]
USER, PASSWORD = "operator", 's3cret&"more\\$'


@dataclass(frozen=True, slots=True)
class Bmc:
    """A machine, and its BMC in the machine's namespace."""

    machine: Machine
    settings: BmcSettings

    def ipmitool(self, *words: str, password: str = PASSWORD, ok: bool = True) -> str:
        # suite 3: the 17 that ipmitool tries by itself is refused
        argv = [
            "ipmitool",
            "-I",
            "lanplus",
            "-C",
            "3",
            "-H",
            self.settings.address,
            "-p",
            str(self.settings.port),
        ]
        argv += ["-U", USER, "-P", password, *words]
        inside = namespaces.inside(self.settings.namespace)
        done = subprocess.run([*inside, *argv], capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode == 0) == ok, done.stdout + done.stderr
        return done.stdout + done.stderr

    def reading(self, sensor: str) -> list[str]:
        """Value and unit, state, and thresholds from the lowest to the highest."""
        for line in self.ipmitool("sensor").splitlines():
            name, *rest = (field.strip() for field in line.split("|"))
            if name == sensor:
                return rest
        raise AssertionError(sensor)


@pytest.fixture
def new_bmc(segment: Segment) -> Iterator[Callable[[str], Bmc]]:
    """Makes machines with a BMC, which end with the test."""
    made: list[Machine] = []

    def make(name: str) -> Bmc:
        machine = segment.machine(name, sku="SKU-7")
        made.append(machine)
        bmc = Bmc(
            machine, BmcSettings("127.0.0.1", USER, PASSWORD, segment.namespace, 6230 + len(segment.machines))
        )
        operate.start(machine.directory, bmc.settings)
        return bmc

    yield make
    for machine in made:
        operate.stop(machine.directory)


def test_power_and_boot(new_bmc: Callable[[str], Bmc]) -> None:
    """What ipmitool does happens to the machine, and what happens to the machine ipmitool sees."""
    bmc = new_bmc("power")
    machine = bmc.machine
    assert bmc.ipmitool("power", "status") == "Chassis Power is off\n"
    bmc.ipmitool("chassis", "bootdev", "pxe")
    assert machine.boot() == BootRequest("pxe", "once", "bios")
    assert "Force PXE" in bmc.ipmitool("chassis", "bootparam", "get", "5")
    bmc.ipmitool("power", "on")
    assert machine.power()
    assert bmc.ipmitool("power", "status") == "Chassis Power is on\n"
    wait_console(machine, FROM_DISK)
    wait_console(machine, FROM_NETWORK)
    assert "No override" in bmc.ipmitool("chassis", "bootparam", "get", "5")
    bmc.ipmitool("power", "reset")
    wait_console(machine, FROM_DISK, times=2)
    bmc.ipmitool("power", "soft")
    wait_for(lambda: "is off" in bmc.ipmitool("power", "status"), 30, "the guest powers itself off")
    bmc.ipmitool("power", "on")
    wait_console(machine, FROM_DISK, times=3)
    bmc.ipmitool("power", "cycle")
    wait_console(machine, FROM_DISK, times=4)
    bmc.ipmitool("power", "off")
    assert not machine.power()


def test_what_ipmi_sim_cannot_do_is_refused(new_bmc: Callable[[str], Bmc]) -> None:
    """These are its limits as the module says them: what is refused here must not be promised."""
    bmc = new_bmc("limits")
    assert "Invalid data field" in bmc.ipmitool("power", "diag", ok=False)
    bmc.ipmitool("chassis", "bootdev", "disk", "options=efiboot,persistent")
    assert bmc.machine.boot() == BootRequest("disk", "once", "bios")
    told = bmc.ipmitool("chassis", "bootparam", "get", "5")
    assert "Boot Flag Invalid" in told
    assert "BIOS PC Compatible" in told


def test_sensors_and_the_log(new_bmc: Callable[[str], Bmc]) -> None:
    bmc = new_bmc("hot")
    assert bmc.reading("Inlet Temp")[:3] == ["24.000", "degrees C", "ok"]
    assert bmc.reading("Inlet Temp")[-3:] == ["50.000", "55.000", "60.000"]
    assert bmc.reading("Fan 1")[:3] == ["6000.000", "RPM", "ok"]
    assert bmc.reading("12V")[:3] == ["12.000", "Volts", "ok"]
    assert "Presence detected" in bmc.ipmitool("sdr", "elist")
    assert "SEL has no entries" in bmc.ipmitool("sel", "list")
    (bmc.machine.directory / "inlet").write_text("57000\n")
    wait_for(lambda: bmc.reading("Inlet Temp")[:3] == ["57.000", "degrees C", "cr"], 20, "hot")
    log = bmc.ipmitool("sel", "elist")
    assert "Upper Critical going high" in log
    assert "Upper Non-critical going high" in log
    (bmc.machine.directory / "psu1").write_text("3\n")
    wait_for(lambda: "Failure detected" in bmc.ipmitool("sel", "elist"), 20, "a failed power supply")
    (bmc.machine.directory / "fan1").write_text("0\n")
    wait_for(lambda: "Lower Critical going low" in bmc.ipmitool("sel", "elist"), 20, "a fan that stands")
    operate.start(bmc.machine.directory, bmc.settings)
    assert "Upper Critical going high" in bmc.ipmitool("sel", "elist")  # the log outlives it
    bmc.ipmitool("sel", "clear")
    wait_for(lambda: "SEL has no entries" in bmc.ipmitool("sel", "list"), 20, "cleared")


def test_what_it_is(new_bmc: Callable[[str], Bmc]) -> None:
    bmc = new_bmc("identity")
    parts = [line.partition(":") for line in bmc.ipmitool("fru").splitlines()]
    fru = {key.strip(): value.strip() for key, _, value in parts}
    assert fru["Product Manufacturer"] == "Microdc, Inc."
    assert fru["Product Name"] == "Virtual Server"
    assert fru["Product Serial"] == fru["Chassis Serial"] == "SN-identity"
    assert fru["Product Part Number"] == "SKU-7"
    assert bmc.machine.description().uuid in bmc.ipmitool("mc", "guid")


def test_a_wrong_password_is_refused_and_the_file_is_nobodys(new_bmc: Callable[[str], Bmc]) -> None:
    bmc = new_bmc("secret")
    bmc.ipmitool("power", "status", password="wrong", ok=False)
    kept = bmc.machine.directory / "ipmi" / "lan.conf"
    assert PASSWORD in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0


def test_it_is_found_again_and_ended(new_bmc: Callable[[str], Bmc]) -> None:
    bmc = new_bmc("again")
    directory, settings = bmc.machine.directory, bmc.settings
    first = operate.running(directory)
    assert first
    second = operate.start(directory, settings)  # in place of the first
    assert not first.alive()
    assert operate.running(directory) == second
    bmc.machine.on()
    operate.stop(directory)
    operate.stop(directory)
    assert operate.running(directory) is None
    assert bmc.machine.power()
    assert not ping.answers(settings.address, settings.port, namespace=settings.namespace, timeout=0.2)


def test_one_that_lives_and_does_not_listen_is_told(
    new_bmc: Callable[[str], Bmc], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that it cannot read is what it says nothing of to anybody who asks it over the network."""
    bmc = new_bmc("deaf")
    monkeypatch.setattr(operate, "READY_SECONDS", 1.0)
    monkeypatch.setattr(config, "commands", lambda *_: "mc_setbmc 0x20\nmain_sdr_add 0x20 zz\n")
    with pytest.raises(UnreachableError, match=r"did not come to answer.*bmc\.emu"):
        operate.start(bmc.machine.directory, bmc.settings)
    assert operate.running(bmc.machine.directory) is None


def test_a_taken_port_is_told(new_bmc: Callable[[str], Bmc], segment: Segment) -> None:
    bmc = new_bmc("holder")
    other = segment.machine("late")
    with pytest.raises(UnreachableError, match="in use"):
        operate.start(other.directory, bmc.settings)
    assert operate.running(other.directory) is None


@pytest.mark.parametrize("password", ["", "x" * 20, "new\nline", "two words"])
def test_a_password_that_cannot_be(segment: Segment, password: str) -> None:
    with pytest.raises(InputError, match="password"):
        operate.start(segment.directory, BmcSettings("127.0.0.1", USER, password))
