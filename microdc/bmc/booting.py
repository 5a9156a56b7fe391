"""Boot overrides: set, read back, and after the next boot seen to be gone.

BMCs say yes and keep another override than was asked for (bmc-toolbox/bmclib#459), or keep one that was for once.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace

from microdc.bmc.clock import SYSTEM_CLOCK, Clock
from microdc.bmc.control import ENDS, Came, PowerResult, bring
from microdc.bmc.driver import Bmc
from microdc.bmc.errors import RETRYABLE, BmcError, UnsupportedError
from microdc.bmc.judging import Force, Patience, Wish, differs, words
from microdc.bmc.model import Boot, BootTarget, Feature
from microdc.errors import MicrodcError
from microdc.events import Step

CLEAR = Boot(BootTarget.NONE, "disabled")
"""No override: the server boots as its firmware is set up."""


@dataclass(frozen=True, slots=True)
class BootResult:
    """What came of an override. before, after: as read; power: what came of the reboot, where one was asked for; what: in a sentence."""

    wanted: Boot
    before: Boot
    after: Boot
    came: Came
    what: str
    power: PowerResult | None = None


def override(
    bmc: Bmc,
    wanted: Boot,
    *,
    reboot: bool = False,
    force: Force = Force.LATER,
    patience: Patience | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Generator[Step, None, BootResult]:
    """Sets an override, or takes it away (`CLEAR`), and reads it back. One that reads otherwise is put back as it was.

    reboot: the server is power-cycled then (turned on, where it is off), and a `once` override seen to be used up; where it stays, it is
    taken away, so that the server does not boot from it again and again. Raises as `bring`.
    """
    work = _Work(
        bmc, wanted, force, patience or Patience(), clock, f"{bmc.target.name}: boot {words(wanted)}"
    )
    yield Step(work.label, "started")
    before = bmc.boot()
    after, problem = before, ""
    if differs(wanted, before):
        after, problem = work.set(before)
        yield Step(work.label, "progress", f"reads {words(after)}")
    else:
        work.told.append(f"is {words(before)} already")
    if problem:
        result = BootResult(wanted, before, after, "failed", "; ".join(work.told))
    elif not reboot:
        came: Came = "done" if work.changed else "nothing"
        result = BootResult(wanted, before, after, came, "; ".join(work.told))
    else:
        result = yield from work.reboot(before, after)
    yield Step(work.label, ENDS[result.came], result.what)
    return result


@dataclass(slots=True)
class _Work:
    """One override at one server, while it is worked at."""

    bmc: Bmc
    wanted: Boot
    force: Force
    patience: Patience
    clock: Clock
    label: str
    told: list[str] = field(default_factory=list)
    changed: bool = False

    def set(self, before: Boot) -> tuple[Boot, str]:
        """Sets the override; what is read then, and what is wrong with it."""
        self._check()
        read = self._put(self.wanted)
        problem = differs(self.wanted, read)
        began = self.clock.now()
        while problem and self.clock.now() - began < self.patience.refused:
            self.clock.wait(self.patience.poll)  # a settings object is taken over a moment later
            read = self.bmc.boot()
            problem = differs(self.wanted, read)
        if not problem:
            self.changed = True
            self.told.append(f"set to {words(read)}, and read back" if read != CLEAR else "taken away")
            if (
                self.wanted.mode is not None
                and read.mode is None
                and self.wanted.target is not BootTarget.NONE
            ):
                self.told.append("the BMC does not tell the mode")
            return read, ""
        self.told.append(f"the BMC took {words(self.wanted)}, but {problem}")
        if read != before:
            read = self._put(_settable(before))
            self.told.append(f"put back: {words(read)}")
        return read, problem

    def reboot(self, before: Boot, after: Boot) -> Generator[Step, None, BootResult]:
        """Boots the server and looks whether a `once` override is used up."""
        try:
            power = yield from bring(
                self.bmc, Wish.CYCLE, force=self.force, patience=self.patience, clock=self.clock
            )
        except MicrodcError as problem:
            problem.hint = "; ".join(filter(None, (problem.hint, f"{words(after)} holds for the next boot")))
            raise
        self.told.append(f"power: {power.what}" if power.what else f"power is {power.after}")
        if power.came == "failed":
            self.told.append(f"{words(after)} still holds for the next boot")
        if power.came == "failed" or self.wanted.lasting != "once":
            return BootResult(self.wanted, before, after, power.came, "; ".join(self.told), power)
        read = yield from self._used_up()
        if not differs(CLEAR, read):
            self.told.append("the override is used up")
            return BootResult(self.wanted, before, read, "done", "; ".join(self.told), power)
        self.told.append(f"{self.patience.boot:g} s after the boot it still read {words(read)}")
        read = self._put(CLEAR)
        left = differs(CLEAR, read)
        self.told.append(f"it was to be taken away, but {left}" if left else "taken away by microdc")
        came: Came = "failed" if left else "asked"
        return BootResult(self.wanted, before, read, came, "; ".join(self.told), power)

    def _used_up(self) -> Generator[Step, None, Boot]:
        """The override as it is once it is gone, or its time over. A BMC that is gone meanwhile is waited for."""
        began, pause = self.clock.now(), self.patience.poll
        yield Step(self.label, "progress", "waits for the override to be used up")
        while True:
            problem: BmcError | None = None
            try:
                read = self.bmc.boot()
            except BmcError as gone:
                if gone.cause not in RETRYABLE:
                    raise
                problem = gone
            else:
                if not differs(CLEAR, read):
                    return read
            if self.clock.now() - began >= self.patience.boot:
                if problem is not None:
                    raise problem
                return read
            self.clock.wait(pause)
            pause = min(pause * 1.5, self.patience.longest)

    def _put(self, wanted: Boot) -> Boot:
        try:
            return self.bmc.set_boot(wanted)
        except BmcError as problem:
            if not problem.sent:
                raise
            return self.bmc.boot()  # it may have been done: what is read decides

    def _check(self) -> None:
        """Raises UnsupportedError where the BMC says that it cannot."""
        abilities, wanted = self.bmc.abilities(), self.wanted
        if wanted.target is BootTarget.NONE:
            return
        if wanted.target not in abilities.targets:
            why = abilities.lacks.get(wanted.target, "")
            there = ", ".join(sorted(abilities.targets)) or "nothing"
            what = f"this BMC cannot make a server boot from {wanted.target}{f': {why}' if why else ''}"
            raise UnsupportedError(what, hint=f"it can: {there}")
        if wanted.mode is not None and wanted.mode not in abilities.modes:
            why = abilities.lacks.get(Feature.BOOT_MODE, "")
            what = f"this BMC cannot choose {wanted.mode} for a boot{f': {why}' if why else ''}"
            raise UnsupportedError(what, hint="leave the mode out: the server boots as it is set up")


def _settable(boot: Boot) -> Boot:
    """An override that was read, as it can be set again."""
    if boot.target in {BootTarget.NONE, BootTarget.OTHER} or boot.lasting == "disabled":
        return CLEAR
    return replace(boot, told="")
