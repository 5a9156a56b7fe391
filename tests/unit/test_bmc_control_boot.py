"""A boot override is what is read back, and one for once is gone after the boot."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_bmc import ALL, CLEARED, FakeClock, Scripted, ended

from microdc.bmc.booting import CLEAR, BootResult, override
from microdc.bmc.errors import BmcError, BmcRefusedError, Cause, UnsupportedError
from microdc.bmc.judging import differs, words
from microdc.bmc.model import Act, Boot, BootMode, BootTarget, Power
from microdc.errors import MicrodcError

PXE = Boot(BootTarget.PXE)
UEFI = Boot(BootTarget.PXE, "once", BootMode.UEFI)
BIOS = Boot(BootTarget.PXE, "once", BootMode.BIOS)
FOR_EVER = Boot(BootTarget.PXE, "continuous")
RUNS = {Act.SHUTDOWN: [Power.OFF], Act.ON: [Power.ON]}


def overridden(bmc: Scripted, wanted: Boot, *, reboot: bool = False) -> BootResult:
    result, steps = ended(override(bmc, wanted, reboot=reboot, clock=FakeClock()))
    assert steps[0].state == "started"
    return result


@pytest.mark.parametrize(
    ("wanted", "read", "says"),
    [
        (PXE, PXE, ""),
        (PXE, UEFI, ""),  # any mode is as good
        (UEFI, PXE, ""),  # a BMC that does not tell the mode
        (UEFI, BIOS, "it reads pxe, once (bios)"),
        (PXE, FOR_EVER, "it reads pxe, continuous"),
        (PXE, Boot(BootTarget.DISK), "it reads disk, once"),
        (PXE, Boot(BootTarget.PXE, "disabled"), "it reads none"),
        (PXE, Boot(BootTarget.OTHER, told="Usb"), "it reads 'Usb', once"),
        (CLEAR, Boot(BootTarget.PXE, "disabled"), ""),
        (CLEAR, PXE, "it still reads pxe, once"),
    ],
)
def test_what_differs(wanted: Boot, read: Boot, says: str) -> None:
    assert differs(wanted, read) == says


def test_set_and_read_back() -> None:
    bmc = Scripted([Power.ON])
    result = overridden(bmc, PXE)
    assert (result.came, result.before, result.after, bmc.put) == ("done", CLEARED, PXE, [PXE])
    assert not bmc.sent


def test_what_is_set_already_is_not_set_again() -> None:
    bmc = Scripted([Power.ON], boot=UEFI)
    assert overridden(bmc, PXE).came == "nothing"
    assert not bmc.put


def test_one_that_reads_otherwise_has_failed_and_the_old_one_is_put_back() -> None:
    """bmc-toolbox/bmclib#459: 200 to Pxe, Once, UEFI; then legacy and disabled."""
    lie = Boot(BootTarget.PXE, "once", BootMode.BIOS)
    bmc = Scripted([Power.ON], takes=[lie])
    result = overridden(bmc, UEFI, reboot=True)
    assert (result.came, result.after, bmc.put) == ("failed", CLEAR, [UEFI, CLEAR])
    assert "it reads pxe, once (bios)" in result.what
    assert not bmc.sent  # and nothing is rebooted into it


def test_once_that_reads_for_ever_is_not_left_there() -> None:
    bmc = Scripted([Power.ON], takes=[FOR_EVER])
    result = overridden(bmc, PXE)
    assert (result.came, result.after) == ("failed", CLEAR)


def test_one_that_is_ignored_leaves_nothing_to_put_back() -> None:
    bmc = Scripted([Power.ON], takes=[CLEARED])
    assert overridden(bmc, PXE).came == "failed"
    assert bmc.put == [PXE]


def test_an_answer_that_was_lost_is_read_back() -> None:
    bmc = Scripted([Power.ON], takes=[BmcError(Cause.TIMEOUT, "no answer", sent=True)])
    assert overridden(bmc, PXE).came == "done"
    assert bmc.put == [PXE]


@pytest.mark.parametrize(
    ("wanted", "abilities", "says"),
    [
        (
            PXE,
            replace(ALL, targets=frozenset({BootTarget.DISK}), lacks={"pxe": "no network card"}),
            "boot from pxe: no network card",
        ),
        (UEFI, replace(ALL, modes=frozenset()), "cannot choose uefi"),
        (
            BIOS,
            replace(ALL, modes=frozenset(), lacks={"bios": "no set-up", "boot mode": "it has no mode"}),
            "cannot choose bios for a boot: it has no mode",
        ),
    ],
)
def test_what_it_cannot_is_not_sent(wanted: Boot, abilities: object, says: str) -> None:
    bmc = Scripted([Power.ON], abilities=abilities)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedError, match=says):
        overridden(bmc, wanted)
    assert not bmc.put


def test_after_a_boot_it_is_used_up() -> None:
    bmc = Scripted([Power.ON], RUNS, boots_after=[PXE, PXE, CLEARED])
    result = overridden(bmc, PXE, reboot=True)
    assert (result.came, result.after, bmc.sent) == ("done", CLEARED, [Act.SHUTDOWN, Act.ON])
    assert "used up" in result.what
    assert bmc.put == [PXE]


def test_one_that_stays_is_taken_away_and_told() -> None:
    bmc = Scripted([Power.OFF], RUNS, boots_after=[PXE])
    result = overridden(bmc, PXE, reboot=True)
    assert (result.came, result.after, bmc.put) == ("asked", CLEAR, [PXE, CLEAR])
    assert "300 s after the boot it still read pxe, once; taken away by microdc" in result.what


def test_one_that_cannot_be_taken_away_has_failed() -> None:
    bmc = Scripted([Power.OFF], RUNS, boots_after=[PXE], takes=[None, PXE])
    result = overridden(bmc, PXE, reboot=True)
    assert (result.came, result.after) == ("failed", PXE)


def test_a_boot_that_fails_says_that_the_override_still_holds() -> None:
    bmc = Scripted([Power.ON], {Act.SHUTDOWN: BmcRefusedError("no"), Act.FORCE_OFF: BmcRefusedError("never")})
    with pytest.raises(BmcRefusedError) as caught:
        overridden(bmc, PXE, reboot=True)
    assert "pxe, once holds for the next boot" in caught.value.hint
    stays = Scripted([Power.OFF])
    result = overridden(stays, PXE, reboot=True)
    assert (result.came, result.after) == ("failed", PXE)
    assert "pxe, once still holds for the next boot" in result.what


def test_cleared() -> None:
    bmc = Scripted([Power.ON], boot=PXE)
    assert overridden(bmc, CLEAR).came == "done"
    assert overridden(bmc, CLEAR).came == "nothing"


boots = st.builds(
    Boot,
    st.sampled_from(BootTarget),
    st.sampled_from(["disabled", "once", "continuous"]),
    st.sampled_from([None, *BootMode]),
)
gone = st.sampled_from([BmcError(Cause.BUSY, "busy"), BmcError(Cause.TIMEOUT, "lost", sent=True)])


@given(
    before=boots,
    takes=st.lists(st.one_of(st.none(), boots, gone), max_size=3),
    after=st.lists(st.one_of(boots, gone), max_size=4),
    reboot=st.booleans(),
)
def test_what_is_said_is_what_is_read(
    *, before: Boot, takes: list[Boot | Exception | None], after: list[Boot | Exception], reboot: bool
) -> None:
    bmc = Scripted([Power.ON], RUNS, boot=before, takes=takes, boots_after=after)
    try:
        result = overridden(bmc, UEFI, reboot=reboot)
    except MicrodcError:
        return
    assert words(result.after)
    if result.came in {"done", "nothing"} and not reboot:
        assert not differs(UEFI, bmc.boot())
    if result.came == "done" and reboot:
        assert not differs(CLEAR, result.after)
    assert len(bmc.sent) == len(set(bmc.sent))
