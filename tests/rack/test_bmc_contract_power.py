"""Power as every driver promises it, seen on the serial port of a machine that really starts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bmckinds import KINDS, Rig, driven
from netboot import BUTTON, FROM_DISK, GOT_NMI, Segment, console, wait_console, wait_for

from microdc.bmc import control
from microdc.bmc.driver import Bmc
from microdc.bmc.errors import BmcRefusedError, UnsupportedError
from microdc.bmc.judging import Force, Patience, Wish
from microdc.bmc.model import Act, Power
from microdc.lab.machine.model import BootRequest

pytestmark = [pytest.mark.root, pytest.mark.lab]
PATIENCE = Patience(graceful=60, settle=60, observe=10, refused=1, poll=0.1, longest=0.5)
NONE = BootRequest("none", "disabled", "bios")


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(kind, marks=(pytest.mark.long, pytest.mark.extra) if kind == "basic" else ())
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


@pytest.fixture
def booted(rig: Rig) -> Rig:
    """With a machine that runs what is on its disk."""
    if not rig.machine.power():
        seen = console(rig.machine).count(FROM_DISK)
        rig.machine.set_boot(NONE)
        rig.machine.on()
        wait_console(rig.machine, FROM_DISK, times=seen + 1)
    return rig


def reads(bmc: Bmc, power: Power) -> None:
    wait_for(lambda: bmc.power() is power, 30, f"it reads {power}")


def test_on_and_on_again(rig: Rig, bmc: Bmc) -> None:
    rig.machine.off()
    rig.machine.set_boot(NONE)
    seen = console(rig.machine).count(FROM_DISK)
    assert bmc.power() is Power.OFF
    bmc.act(Act.ON)
    reads(bmc, Power.ON)
    wait_console(rig.machine, FROM_DISK, times=seen + 1)
    pid = rig.pid()
    bmc.act(Act.ON)
    assert rig.pid() == pid
    assert console(rig.machine).count(FROM_DISK) == seen + 1


def test_a_diagnostic_interrupt(booted: Rig, bmc: Bmc) -> None:
    pid, seen = booted.pid(), console(booted.machine).count(GOT_NMI)
    if code := booted.known.refuses.get(Act.NMI):
        with pytest.raises(BmcRefusedError) as refused:
            bmc.act(Act.NMI)
        assert refused.value.status == code
        return
    bmc.act(Act.NMI)
    wait_console(booted.machine, GOT_NMI, times=seen + 1)
    assert booted.pid() == pid


@pytest.mark.parametrize("act", [Act.RESET, Act.CYCLE, Act.RESTART])
def test_acts_after_which_it_boots_anew(booted: Rig, bmc: Bmc, act: Act) -> None:
    """A restart presses the button first, since it is the operating system that is asked; the others do not."""
    machine, pid = booted.machine, booted.pid()
    seen, pressed = console(machine).count(FROM_DISK), console(machine).count(BUTTON)
    if act not in bmc.abilities().acts:
        with pytest.raises(UnsupportedError):
            bmc.act(act)
        assert booted.pid() == pid
        return
    bmc.act(act)
    wait_console(machine, FROM_DISK, times=seen + 1)
    reads(bmc, Power.ON)
    assert booted.pid() != pid
    assert console(machine).count(BUTTON) == pressed + (act is Act.RESTART)


def test_shutdown_asks_the_operating_system(booted: Rig, bmc: Bmc) -> None:
    pressed = console(booted.machine).count(BUTTON)
    bmc.act(Act.SHUTDOWN)
    wait_console(booted.machine, BUTTON, times=pressed + 1)
    reads(bmc, Power.OFF)
    assert not booted.machine.power()


def test_off_at_once_and_off_again(booted: Rig, bmc: Bmc) -> None:
    pressed = console(booted.machine).count(BUTTON)
    for _ in range(2):
        bmc.act(Act.FORCE_OFF)
        reads(bmc, Power.OFF)
        assert not booted.machine.power()
    assert console(booted.machine).count(BUTTON) == pressed


def test_wishes_come_true_with_one_act_each(booted: Rig, bmc: Bmc) -> None:
    off = driven(control.bring(bmc, Wish.OFF, patience=PATIENCE))
    assert (off.came, off.acts, booted.machine.power()) == ("done", (Act.SHUTDOWN,), False)
    again = driven(control.bring(bmc, Wish.OFF, patience=PATIENCE))
    assert (again.came, again.acts) == ("nothing", ())
    on = driven(control.bring(bmc, Wish.ON, patience=PATIENCE))
    assert (on.came, on.acts, booted.machine.power()) == ("done", (Act.ON,), True)
    cut = driven(control.bring(bmc, Wish.OFF, force=Force.NOW, patience=PATIENCE))
    assert (cut.came, cut.acts, booted.machine.power()) == ("done", (Act.FORCE_OFF,), False)
