"""BMCs that lie about what they were asked for: acts are sent once, what is read decides, and nothing is left half done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from racklab import LIMITS, PATIENCE, RackLab, only, steps

from microdc.bmc import operate
from microdc.bmc.booting import CLEAR
from microdc.bmc.errors import BmcError, BmcRefusedError, Cause
from microdc.bmc.judging import Force, Wish
from microdc.bmc.model import Act, Boot, BootMode, BootTarget, Power
from microdc.bmc.opening import open_bmc
from microdc.bmc.redfish.client import Client
from microdc.lab.machine.model import BootRequest

pytestmark = [pytest.mark.root, pytest.mark.lab]
PXE = Boot(BootTarget.PXE, "once")
NONE = BootRequest("none", "disabled", "bios")


def power(rack: RackLab, wish: Wish, **changes: Any) -> Any:
    """What came of a wish for n1's power."""
    return only(operate.power(rack.servers("n1"), wish, rack.book(), patience=PATIENCE, **changes)).value


def test_one_that_lags_is_waited_for(rack: RackLab) -> None:
    rack.plant("n1", lagging_power=1)
    with rack.asked("n1") as asked:
        operation = operate.power(rack.servers("n1"), Wish.ON, rack.book(), patience=PATIENCE)
        told, report = steps(operation)
    result = report.outcomes[0].value
    assert result is not None
    assert (result.came, result.after, result.acts) == ("done", Power.ON, (Act.ON,))
    assert "is powering on" in [step.detail for step in told]
    assert asked.resets == 1
    assert power(rack, Wish.OFF, force=Force.NOW).came == "done"


def test_one_that_falls_back_is_told_and_not_asked_again(rack: RackLab) -> None:
    rack.plant("n1", falls_back=True)
    with rack.asked("n1") as asked:
        result = power(rack, Wish.ON)
    assert (result.came, result.after, result.acts) == ("failed", Power.OFF, (Act.ON,))
    assert result.what == "began to power on, but fell back to off"
    assert asked.resets == 1
    assert power(rack, Wish.ON).came == "done"  # it falls back once


def test_already_on_is_no_failure(rack: RackLab) -> None:
    """Of a server that somebody turns on between the look and the act: 409, and the state says so."""
    rack.plant("n1", already_409=True)
    rack.machine("n1").on()
    (target,) = rack.servers("n1").targets
    with rack.asked("n1") as asked, open_bmc(target, LIMITS) as bmc:
        bmc.act(Act.ON)
        rack.machine("n1").off()
        bmc.act(Act.FORCE_OFF)
    assert asked.resets == asked.count("POST", "Reset 409") == 2


def test_an_act_whose_answer_is_lost_is_not_sent_again(
    rack: RackLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer comes later than it is waited for, and the act is done: what is read says so."""
    send = Client.send

    def slowly(*words: Any, **named: Any) -> Any:
        rack.plant("n1", slow=5)
        try:
            return send(*words, **named)
        finally:
            rack.plant("n1", slow=None)

    monkeypatch.setattr(Client, "send", slowly)
    with rack.asked("n1") as asked:
        result = power(rack, Wish.ON)
    assert (result.came, result.after, result.acts) == ("done", Power.ON, (Act.ON,))
    assert asked.resets == 1


def test_one_that_is_gone_after_it_was_asked_says_what_it_was_asked_for(
    rack: RackLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = Client.send

    def and_then_busy(*words: Any, **named: Any) -> Any:
        try:
            return send(*words, **named)
        finally:
            rack.plant("n1", busy=True)

    monkeypatch.setattr(Client, "send", and_then_busy)
    short = replace(PATIENCE, settle=1.0)
    with rack.asked("n1") as asked:
        outcome = only(operate.power(rack.servers("n1"), Wish.ON, rack.book(), patience=short))
    error = outcome.error
    assert isinstance(error, BmcError)
    assert (error.cause, error.sent) == (Cause.BUSY, True)
    assert "after it was asked for on" in error.what
    assert asked.resets == 1
    assert rack.machine("n1").power()


def test_a_system_that_does_not_shut_down_is_forced_after_its_time(rack: RackLab) -> None:
    """Nothing runs on it that would listen to the power button."""
    rack.machine("n1").on()
    kept = power(rack, Wish.OFF, force=Force.NEVER)
    assert (kept.came, kept.acts) == ("failed", (Act.SHUTDOWN,))
    assert "its operating system did not shut down" in kept.what
    assert rack.machine("n1").power()
    with rack.asked("n1") as asked:
        result = power(rack, Wish.OFF)
    assert (result.came, result.acts) == ("done", (Act.SHUTDOWN, Act.FORCE_OFF))
    assert asked.resets == 2
    assert not rack.machine("n1").power()


def boot(rack: RackLab, wanted: Boot = PXE, **changes: Any) -> Any:
    """What came of a boot override of n1."""
    return only(operate.boot(rack.servers("n1"), wanted, rack.book(), patience=PATIENCE, **changes)).value


def test_a_boot_override_that_is_not_kept_is_found(rack: RackLab) -> None:
    rack.plant("n1", boot_lies=True)
    with rack.asked("n1") as asked:
        result = boot(rack, reboot=True)
    assert (result.came, result.after) == ("failed", result.before)
    assert "the BMC took pxe, once, but it reads none" in result.what
    assert (asked.resets, asked.count("PATCH")) == (0, 1)
    assert not rack.machine("n1").power()
    assert rack.machine("n1").boot() == NONE


DIFFERENT: list[dict[str, Any]] = [
    {"etag_required": True},
    {"etag_required": 412},
    {"etag_wrong": True},
    {"settings_object": True},
    {"settings_object": "SD"},
    {"mode_rejected": True},
    {"mode_needed": True},
    {"expired": {"requests": 2}},
    {"settings_object": "SD", "etag_required": True},
]


@pytest.mark.parametrize("faults", DIFFERENT, ids=[str(one) for one in DIFFERENT])
def test_every_way_in_which_vendors_take_a_boot_override(rack: RackLab, faults: dict[str, Any]) -> None:
    rack.plant("n1", **faults)
    result = boot(rack)
    assert result.came == "done"
    assert (result.after.target, result.after.lasting) == (BootTarget.PXE, "once")
    assert rack.machine("n1").boot() == BootRequest("pxe", "once", "bios")
    assert boot(rack, CLEAR).came == "done"
    assert rack.machine("n1").boot() == NONE


def test_what_no_way_leads_to_is_refused_after_each_was_tried(rack: RackLab) -> None:
    """A BMC that wants an ETag and takes none."""
    rack.plant("n1", etag_required=True, etag_wrong=True)
    with rack.asked("n1") as asked:
        outcome = only(operate.boot(rack.servers("n1"), PXE, rack.book(), patience=PATIENCE))
    assert isinstance(outcome.error, BmcRefusedError)
    assert outcome.error.status in {412, 428}
    assert 1 < asked.count("PATCH") <= 5
    assert rack.machine("n1").boot() == NONE


def test_a_mode_that_is_needed_is_sent_and_one_that_is_rejected_is_told(rack: RackLab) -> None:
    rack.plant("n1", mode_needed=True)
    uefi = Boot(BootTarget.PXE, "once", BootMode.UEFI)
    assert boot(rack, uefi).after.mode is BootMode.UEFI
    assert boot(rack, CLEAR).came == "done"
    rack.plant("n1", mode_needed=None, mode_rejected=True)
    outcome = only(operate.boot(rack.servers("n1"), uefi, rack.book(), patience=PATIENCE))
    told = str(outcome.error) if outcome.error else outcome.value and outcome.value.what
    assert "BootSourceOverrideMode" in str(told)
    assert rack.machine("n1").boot() == NONE


def test_a_once_override_is_used_up_by_the_boot(rack: RackLab) -> None:
    with rack.asked("n1") as asked:
        result = boot(rack, reboot=True)
    assert result.came == "done"
    assert "the override is used up" in result.what
    assert asked.resets == 1
    assert rack.machine("n1").power()
    assert rack.machine("n1").boot() == NONE


def test_one_that_runs_is_power_cycled_for_it(rack: RackLab) -> None:
    """Its state is on whenever it is read: that it left in between, its log says."""
    rack.machine("n1").on()
    with rack.asked("n1") as asked:
        result = boot(rack, reboot=True, force=Force.NOW)
    assert result.came == "done"
    assert result.power.acts == (Act.CYCLE,)
    assert "its log says: The server was power-cycled" in result.what
    assert "the override is used up" in result.what
    assert asked.resets == 1
    assert rack.machine("n1").boot() == NONE
