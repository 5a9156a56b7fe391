"""What is done to a BMC itself: its log emptied, its LED set, it restarted; each read back."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

from microdc.bmc.clock import Clock
from microdc.bmc.control import ENDS, Came
from microdc.bmc.driver import Bmc
from microdc.bmc.errors import RETRYABLE, BmcError, Cause
from microdc.bmc.judging import Patience
from microdc.bmc.model import Led, Limits, Log, Target
from microdc.bmc.opening import open_bmc
from microdc.events import Step

_COMPARED = 20
"""Newest entries by which it is seen that a log was emptied."""


@dataclass(frozen=True, slots=True)
class Tended:
    """What came of it; what: in a sentence."""

    came: Came
    what: str


def clear_log(bmc: Bmc) -> Generator[Step, None, Tended]:
    """Empties the log. What a BMC then writes into it of that is no remainder."""
    label = f"{bmc.target.name}: clear the log"
    yield Step(label, "started")
    before = bmc.log(_COMPARED)
    if not before.entries:
        return (yield from _end(label, Tended("nothing", "is empty already")))
    try:
        bmc.clear_log()
    except BmcError as problem:
        if not problem.sent:
            raise
    left = _entries(before) & _entries(bmc.log(_COMPARED))
    if left:
        return (yield from _end(label, Tended("failed", f"still holds {len(left)} of the entries of before")))
    return (yield from _end(label, Tended("done", "is empty")))


def _entries(log: Log) -> set[tuple[str, ...]]:
    return {(entry.log, entry.id, str(entry.at), entry.message) for entry in log.entries}


def set_led(bmc: Bmc, wanted: Led) -> Generator[Step, None, Tended]:
    """Sets the identify LED."""
    label = f"{bmc.target.name}: led {wanted}"
    yield Step(label, "started")
    if bmc.led() == wanted:
        return (yield from _end(label, Tended("nothing", f"is {wanted} already")))
    bmc.set_led(wanted)
    read = bmc.led()
    # LocationIndicatorActive only knows whether it is lit: some services call that on, and some blinking
    done = read == wanted or "off" not in {read, wanted}
    return (
        yield from _end(
            label, Tended("done" if done else "failed", f"is {read}" if done else f"reads {read}")
        )
    )


def restart_controller(
    bmc: Bmc, limits: Limits, patience: Patience, clock: Clock
) -> Generator[Step, None, Tended]:
    """Restarts the BMC and waits until it answers again, by the same protocol and with a new login."""
    label = f"{bmc.target.name}: restart the BMC"
    yield Step(label, "started")
    try:
        bmc.reset_controller()
    except BmcError as problem:
        if not problem.sent:
            raise
    bmc.close()
    yield Step(label, "progress", "asked")
    target = _only(bmc.target, bmc.driver)
    short = replace(limits, attempts=1, busy=0.0, answer=min(limits.answer, 10.0))
    began, gone = clock.now(), False
    while True:
        clock.wait(patience.longest)
        waited = clock.now() - began
        try:
            with open_bmc(target, short) as again:
                again.power()
        except BmcError as problem:
            if problem.cause not in RETRYABLE | {Cause.SESSIONS}:
                raise
            gone = True
            if waited >= patience.controller:
                what = f"does not answer {patience.controller:g} s after its restart: {problem.what}"
                return (yield from _end(label, Tended("failed", what)))
            yield Step(label, "progress", problem.what)
            continue
        if gone:
            return (yield from _end(label, Tended("done", "was gone, and answers again")))
        if waited >= patience.settle:
            return (yield from _end(label, Tended("asked", "was asked, and was never seen gone")))


def _only(target: Target, driver: str) -> Target:
    """The same BMC by the protocol of this driver alone: another that still answers says nothing about it."""
    return replace(target, ipmi="") if driver == "redfish" else replace(target, redfish="")


def _end(label: str, tended: Tended) -> Generator[Step, None, Tended]:
    yield Step(label, ENDS[tended.came], tended.what)
    return tended
