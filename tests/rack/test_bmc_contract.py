"""What every driver promises, held against every kind of BMC: each declares what it can, and that must hold; what it lacks is said.

Power and booting are in test_bmc_contract_power.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace

import pytest
from bmckinds import KINDS, LIMITS, Rig, driven
from netboot import Segment, wait_for

from microdc.bmc import tending
from microdc.bmc.clock import SYSTEM_CLOCK
from microdc.bmc.driver import Bmc
from microdc.bmc.errors import BmcError, BmcRefusedError, Cause, UnsupportedError
from microdc.bmc.judging import Patience
from microdc.bmc.model import (
    Abilities,
    Act,
    Boot,
    BootMode,
    BootTarget,
    Feature,
    Hardware,
    LogEntry,
    Power,
    Reading,
)
from microdc.lab.machine.files import write_text
from microdc.lab.machine.model import BootRequest

pytestmark = [pytest.mark.root, pytest.mark.lab]
PATIENCE = Patience(settle=20, controller=60, poll=0.1, longest=0.5)
TARGETS = [target for target in BootTarget if target is not BootTarget.OTHER]


@pytest.fixture(scope="module", params=KINDS)
def rig(
    request: pytest.FixtureRequest, segment: Segment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rig]:
    with KINDS[request.param](segment, tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.fixture
def bmc(rig: Rig) -> Iterator[Bmc]:
    with rig.open() as opened:
        yield opened


@pytest.fixture
def able(bmc: Bmc) -> Abilities:
    return bmc.abilities()


# -- what it can do, and what it cannot


def test_everything_is_declared_or_its_lack_explained(able: Abilities) -> None:
    every = [*Act, *TARGETS, *BootMode, *Feature]
    declared = [*able.acts, *able.targets, *able.modes, *able.features]
    assert {str(one) for one in every if one not in declared} <= able.lacks.keys()
    assert not {str(one) for one in (*able.acts, *able.targets, *able.features)} & able.lacks.keys()
    assert all(len(reason.split()) > 3 for reason in able.lacks.values())


def test_what_is_lacking_is_refused_and_nothing_is_sent(rig: Rig, bmc: Bmc, able: Abilities) -> None:
    asked: list[Callable[[], object]] = [
        *(lambda act=act: bmc.act(act) for act in set(Act) - able.acts),
        *(lambda target=target: bmc.set_boot(Boot(target)) for target in {*TARGETS} - {BootTarget.NONE} - able.targets),
        *(call for feature, calls in _uses(bmc).items() if feature not in able.features for call in calls),
    ]  # fmt: skip
    before, boot = rig.writes(), rig.machine.boot()
    for call in asked:
        with pytest.raises(UnsupportedError) as refused:
            call()
        assert len(refused.value.what.split()) > 3
    assert rig.writes() == before
    assert (rig.machine.power(), rig.machine.boot()) == (False, boot)


def _uses(bmc: Bmc) -> dict[Feature, list[Callable[[], object]]]:
    """What raises where a feature is lacking. What is only read is empty then, or partly so."""
    return {
        Feature.CLEAR_LOG: [bmc.clear_log],
        Feature.EVENTS: [lambda: next(bmc.events(threading.Event()))],
        Feature.LED: [bmc.led, lambda: bmc.set_led("on")],
        Feature.RESET: [bmc.reset_controller],
        Feature.CONSOLE: [bmc.console],
    }


# -- what it tells


def test_who_it_is(rig: Rig, bmc: Bmc) -> None:
    """sushy-tools' emulator has one chassis for all, and its manufacturer and serial number stand for each system."""
    told, described = bmc.identity(), rig.machine.description()
    assert told.uuid == described.uuid
    if rig.kind == "sushy":
        assert told.manufacturer == "Sushy Emulator"
        return
    assert (told.manufacturer, told.model, told.serial, told.sku) == (
        described.manufacturer,
        described.model,
        described.serial,
        described.sku,
    )


def test_hardware_is_what_the_machine_is_made_of(rig: Rig, bmc: Bmc, able: Abilities) -> None:
    found, described = bmc.hardware(), rig.machine.description()
    assert found.identity == bmc.identity()
    assert found.power is Power.OFF
    assert found.version("bmc")
    if Feature.HARDWARE not in able.features:
        empty = asdict(Hardware(found.identity))
        parts = ("processors", "modules", "nics", "disks", "memory")
        assert {part: asdict(found)[part] for part in parts} == {part: empty[part] for part in parts}
        return
    assert [nic.mac for nic in found.nics] == [nic.mac for nic in described.nics]
    assert found.memory == described.memory_mib * 2**20
    if rig.kind == "sushy":
        assert found.processor_count == described.cpus
        assert {remark.what for remark in found.remarks} >= {"is linked but not there"}
        return
    assert [disk.size for disk in found.disks] == [disk.size for disk in described.disks]
    assert sum(module.size or 0 for module in found.modules) == found.memory
    assert sum(processor.cores or 0 for processor in found.processors) == described.cpus
    assert found.boot_mode is BootMode(described.firmware)
    assert found.version("bios")
    assert found.remarks == ()


def test_a_missing_module_is_seen_and_is_back(rig: Rig, bmc: Bmc, able: Abilities) -> None:
    described = rig.machine.description()
    rig.machine.set_memory(described.memory_mib // 2)
    try:
        found = bmc.hardware()
    finally:
        rig.machine.set_memory(None)
    if Feature.HARDWARE in able.features:
        assert found.memory == described.memory_mib * 2**19
        assert bmc.hardware().memory == described.memory_mib * 2**20


def named(bmc: Bmc, words: str) -> Reading:
    """The first sensor that has one of the words in its name."""
    return next(one for one in bmc.sensors().readings if any(word in one.name for word in words.split()))


def test_sensors_and_a_hot_inlet(rig: Rig, bmc: Bmc, able: Abilities) -> None:
    assert Feature.SENSORS in able.features
    inlet, fan = named(bmc, "Inlet Intake"), named(bmc, "Fan")
    assert (inlet.kind, inlet.unit, inlet.health) == ("temperature", "Cel", "ok")
    assert (fan.kind, fan.unit) == ("fan", "RPM")
    assert inlet.value is not None
    assert inlet.thresholds.upper_critical is not None
    assert inlet.value < inlet.thresholds.upper_critical
    if rig.kind == "sushy":  # its sensors are constants
        return
    file = rig.machine.directory / "inlet"
    assert inlet.value == int(file.read_text()) / 1000
    with _hot(rig):
        wait_for(lambda: named(bmc, "Inlet").value == 57.0, 20, "the inlet is hot")
        wait_for(lambda: named(bmc, "Inlet").health == "critical", 20, "that is critical")
    wait_for(lambda: named(bmc, "Inlet").health == "ok", 20, "it is cool again")


class _hot:  # noqa: N801  a context, read like a word
    """The machine's inlet is at 57 °C in the block."""

    def __init__(self, rig: Rig) -> None:
        self._file = rig.machine.directory / "inlet"
        self._before = self._file.read_text()

    def __enter__(self) -> None:
        write_text(self._file, "57000\n")

    def __exit__(self, *_: object) -> None:
        write_text(self._file, self._before)


def test_the_log_tells_of_it_and_can_be_emptied(rig: Rig, bmc: Bmc, able: Abilities) -> None:
    if Feature.LOG not in able.features:
        assert bmc.log().entries == ()
        return

    def told() -> list[LogEntry]:
        return [one for one in bmc.log().entries if "Inlet" in one.message + one.source]

    bmc.clear_log()
    with _hot(rig):
        wait_for(lambda: any(one.severity == "critical" for one in told()), 20, "it is in the log")
        whole = bmc.log()
        assert whole.total == len(whole.entries)
        assert bmc.log(1).entries == whole.entries[:1]
    times = [one.at for one in whole.entries if one.at is not None]
    assert times == sorted(times, reverse=True)
    result = driven(tending.clear_log(bmc))
    assert result.came == "done"
    assert not set(whole.entries) & set(bmc.log().entries)


def test_events_come_as_they_happen(rig: Rig, bmc: Bmc, able: Abilities) -> None:
    if Feature.EVENTS not in able.features:
        return  # refused: see above
    stop = threading.Event()
    heard: list[LogEntry] = []

    def listen() -> None:
        with rig.open() as other:
            for entry in other.events(stop):
                heard.append(entry)
                stop.set()

    def provoke() -> bool:
        """Again and again: what happened before the other side listened is no event any more."""
        with _hot(rig):
            bmc.sensors()
        bmc.sensors()
        return bool(heard)

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        wait_for(provoke, 30, "an event")
    finally:
        stop.set()
        listener.join(20)
    assert not listener.is_alive()
    assert "Inlet" in heard[0].message + heard[0].source


def test_the_identify_led(rig: Rig, bmc: Bmc, able: Abilities) -> None:
    """ipmi_sim takes the command and does not tell the state, which nobody can know before it is asked."""
    if Feature.LED not in able.features:
        return  # refused: see above
    if rig.kind == "ipmi":
        bmc.set_led("on")
        with pytest.raises(UnsupportedError, match="does not tell whether its identify LED is on"):
            bmc.led()
        return
    for wanted in ("on", "off"):
        assert driven(tending.set_led(bmc, wanted)).came in {"done", "nothing"}
        assert (bmc.led() != "off") == (wanted == "on")


def test_the_console(bmc: Bmc, able: Abilities, rig: Rig) -> None:
    if Feature.CONSOLE not in able.features:
        return  # refused: see above
    told = bmc.console()
    assert rig.target.login is not None
    assert rig.target.login.password not in told.command
    if rig.kind != "ipmi":
        assert (told.command, told.kinds) == ("", ("Oem",))
        assert "offered as Oem only" in told.remarks[0].what
        return
    assert told.command.startswith("nsenter ")
    assert told.kinds == ("IPMI SOL",)
    assert "may not have it" in told.remarks[0].what  # ipmi_sim has none here


# -- boot overrides, read back


def test_a_boot_override_is_told_as_the_bmc_keeps_it(rig: Rig, bmc: Bmc, able: Abilities) -> None:
    for target in sorted(able.targets - {BootTarget.NONE}):
        asked = Boot(target, "once")
        expected = rig.known.reads(asked)
        read = bmc.set_boot(asked)
        assert replace(read, told="") == expected
        assert replace(bmc.boot(), told="") == expected
        assert rig.machine.boot().target == target.value
        if BootTarget.NONE in able.targets:
            assert bmc.set_boot(Boot(BootTarget.NONE, "disabled")).lasting == "disabled"
            assert rig.machine.boot().target == "none"
    rig.machine.set_boot(BootRequest("none", "disabled", "bios"))


def test_the_mode_is_told_as_the_bmc_keeps_it(rig: Rig, bmc: Bmc, able: Abilities) -> None:
    """ipmi_sim loses the EFI flag, and says so by `default`."""
    for mode in sorted(able.modes):
        asked = Boot(BootTarget.PXE, "once", mode)
        assert replace(bmc.set_boot(asked), told="") == rig.known.reads(asked)
        assert rig.machine.boot().mode == ("bios" if rig.kind == "ipmi" else mode.value)
    bmc.set_boot(Boot(BootTarget.DISK, "once", BootMode.BIOS))
    rig.machine.set_boot(BootRequest("none", "disabled", "bios"))


# -- the BMC itself, and sessions


def test_restart_of_the_bmc(rig: Rig, bmc: Bmc, able: Abilities) -> None:
    if Feature.RESET not in able.features:
        return  # refused: see above
    if code := rig.known.refuses.get(Feature.RESET):
        with pytest.raises(BmcRefusedError) as refused:
            bmc.reset_controller()
        assert refused.value.status == code
        return
    rig.machine.on()
    pid = rig.pid()
    result = driven(tending.restart_controller(bmc, LIMITS, PATIENCE, SYSTEM_CLOCK))
    assert result.came in {"done", "asked"}
    assert rig.pid() == pid
    with rig.open() as again:
        assert again.power() is Power.ON
    rig.machine.off()
    assert rig.sessions() == 0


def test_a_closed_driver_leaves_no_session(rig: Rig) -> None:
    before = rig.sessions()
    with rig.open() as bmc:
        bmc.power()
        assert rig.sessions() == before + (0 if rig.kind in {"basic", "sushy"} else 1)
    assert rig.sessions() == before


_CLIENT = """
import json, sys
from bmckinds import LIMITS
from microdc.bmc.model import Login, Target
from microdc.bmc.opening import open_bmc
told = json.loads(sys.stdin.readline())
with open_bmc(Target(**{**told, "login": Login(**told["login"])}), LIMITS) as bmc:
    print(bmc.power(), flush=True)
    sys.stdin.readline()
"""


def test_a_killed_client_leaves_none_after_the_next(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", ":".join(sys.path))
    with subprocess.Popen(
        [sys.executable, "-c", _CLIENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(f"{json.dumps(asdict(rig.target))}\n")
        client.stdin.flush()
        assert client.stdout.readline() == "off\n"
        client.kill()
    with rig.open() as bmc:
        assert bmc.power() is Power.OFF
    wait_for(lambda: rig.sessions() == 0, 20, "no session")


def test_a_wrong_password_is_refused_in_words(rig: Rig) -> None:
    login = replace(rig.target.login, password="mistaken") if rig.target.login else None
    with pytest.raises(BmcError) as refused, rig.open(login=login) as bmc:
        bmc.power()
    assert refused.value.cause is Cause.LOGIN
    assert "'operator'" in refused.value.what
    assert "mistaken" not in str(refused.value)
    with pytest.raises(BmcError, match="not tried again"), rig.open(login=login) as bmc:
        bmc.power()
