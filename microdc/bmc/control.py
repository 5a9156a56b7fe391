"""Power: asks for an act once, then reads back until the BMC really says so.

A BMC that took an act has not done it: states lag, pass through others, and fall back. What decides is what is read.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from microdc.abreast import StoppedError
from microdc.bmc import signs
from microdc.bmc.clock import SYSTEM_CLOCK, Clock
from microdc.bmc.driver import Bmc
from microdc.bmc.errors import RETRYABLE, BmcError, BmcRefusedError, UnsupportedError
from microdc.bmc.judging import Force, Patience, Stage, Verdict, Watch, Wish, stages
from microdc.bmc.model import Abilities, Act, Feature, LogEntry, Power
from microdc.errors import MicrodcError
from microdc.events import Step

Came = Literal["done", "nothing", "asked", "failed"]
"""How it came out. nothing: it was so already; asked: the BMC took it, and shows no sign of whether it came to pass."""
ENDS: Mapping[Came, Literal["done", "skipped", "asked", "failed"]] = {
    "done": "done",
    "nothing": "skipped",
    "asked": "asked",
    "failed": "failed",
}
"""How a step ends that came out so."""


@dataclass(frozen=True, slots=True)
class PowerResult:
    """What came of a wish. acts: those that were sent, in order; what: in a sentence."""

    wish: Wish
    before: Power
    after: Power
    came: Came
    what: str
    acts: tuple[Act, ...] = ()


def bring(
    bmc: Bmc,
    wish: Wish,
    *,
    force: Force = Force.LATER,
    patience: Patience | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Generator[Step, None, PowerResult]:
    """Brings a server's power to what is wished, and tells what came of it; no act is sent twice.

    Raises BmcError where the BMC could not be used, BmcRefusedError where it refused, UnsupportedError and MicrodcError where nothing was
    asked because it could not be.
    """
    work = _Work(bmc, wish, force, patience or Patience(), clock, f"{bmc.target.name}: power {wish}")
    yield Step(work.label, "started")
    try:
        result = yield from work.run()
    except StoppedError as stopped:
        if work.acts:
            stopped.add_note(f"after it was asked for {_listed(work.acts)}")
        raise
    except BmcError as problem:
        if not work.acts:
            raise
        told = f"{problem.what}, after it was asked for {_listed(work.acts)}"
        raise BmcError(problem.cause, told, where=problem.where, hint=problem.hint, sent=True) from problem
    except MicrodcError as problem:
        if work.acts:  # a cycle whose second act is refused leaves the server off
            stands = f" ({work.told[-1]})" if work.told else ""
            problem.what += f", after it was asked for {_listed(work.acts)}{stands}"
        raise
    yield Step(work.label, ENDS[result.came], result.what)
    return result


@dataclass(slots=True)
class _Work:
    """One wish at one server, while it is worked at."""

    bmc: Bmc
    wish: Wish
    force: Force
    patience: Patience
    clock: Clock
    label: str
    acts: list[Act] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def run(self) -> Generator[Step, None, PowerResult]:
        before = yield from self._settled()
        abilities = self.bmc.abilities()
        todo = stages(self.wish, self.force, before, abilities)
        if self.force is Force.LATER and self.bmc.driver == "pdu":
            _check_cut(todo)
        if not todo:
            return PowerResult(self.wish, before, before, "nothing", f"is {before} already")
        if self.wish is Wish.CYCLE and before is Power.OFF:
            self.told.append("was off")
        came: Came = "done"
        unsure = False
        after = before
        for stage in todo:
            if stage.act is Act.FORCE_OFF and self.force is Force.LATER:
                self.told.append("forced, since its operating system cannot be asked by this BMC")
            came, after = yield from (
                self._reach(stage, stage.wanted) if stage.wanted else self._observe(stage.act, abilities)
            )
            if came == "failed":
                break
            unsure = (
                unsure or came == "asked"
            )  # the next act is asked for all the same: a cycle must not end off
        if unsure and came == "done":
            came = "asked"
        return PowerResult(self.wish, before, after, came, "; ".join(self.told), tuple(self.acts))

    def _settled(self) -> Generator[Step, None, Power]:
        """The state in which it is, once it is not on the way to another; UNKNOWN where none is told."""
        began, power, pause = self.clock.now(), self.bmc.power(), self.patience.poll
        while power in {Power.POWERING_ON, Power.POWERING_OFF}:
            if self.clock.now() - began >= self.patience.settle:
                self.told.append(f"was {power} for {self.patience.settle:g} s already")
                break
            yield Step(self.label, "progress", f"is {power} already")
            self.clock.wait(pause)
            pause = min(pause * 1.5, self.patience.longest)
            power = self.bmc.power()
        return power

    # -- acts that lead to a state

    def _reach(self, stage: Stage, wanted: Power) -> Generator[Step, None, tuple[Came, Power]]:
        """Asks for an act that leads to a state, and for the one after it where it does not."""
        refusal = self._send(stage.act)
        yield Step(self.label, "progress", f"asked for {stage.act}")
        graceful = stage.act is Act.SHUTDOWN
        seconds = self.patience.graceful if graceful else self.patience.settle
        watch, verdict, gone = yield from self._watch(wanted, self.patience.refused if refusal else seconds)
        if verdict == "reached":
            self.told.append(
                f"is {wanted}" + (", although the BMC refused: " + refusal.what if refusal else "")
            )
            return "done", wanted
        if verdict == "fallen":
            began = "began to power on" if wanted is Power.ON else "was off"
            self.told.append(f"{began}, but fell back to {watch.last}")
            return "failed", watch.last
        if stage.or_else is not None and not gone:
            self.told.append(
                f"refused to shut down ({refusal.what})" if refusal else f"did not shut down in {seconds:g} s"
            )
            yield Step(self.label, "progress", f"{self.told[-1]}: {stage.or_else}")
            return (yield from self._reach(Stage(stage.or_else, wanted), wanted))
        if refusal is not None:
            raise refusal
        if gone is not None:
            raise gone
        if not watch.known:
            self.told.append(f"asked for {stage.act}; the BMC does not tell the power state")
            return "asked", watch.last
        hint = ": its operating system did not shut down" if graceful else ""
        self.told.append(f"is still {watch.last} {seconds:g} s after it was asked for {stage.act}{hint}")
        return "failed", watch.last

    def _watch(
        self, wanted: Power, seconds: float
    ) -> Generator[Step, None, tuple[Watch, Verdict, BmcError | None]]:
        """Reads until it is clear whether the state was reached; the error that the last read ended in, if it did."""
        watch, pause = Watch(wanted, self.clock.now()), self.patience.poll
        while True:
            power, gone = self._read()
            if gone is not None and gone.cause not in RETRYABLE:
                raise gone
            before, watch = watch.last, watch.seen(power, self.clock.now())
            verdict = watch.verdict(self.clock.now(), seconds, self.patience.fallen)
            if verdict != "waiting":
                return watch, verdict, gone
            if gone is not None:
                yield Step(self.label, "progress", f"the BMC does not answer: {gone.what}")
            elif watch.last is not before:
                yield Step(self.label, "progress", f"is {watch.last}")
            self.clock.wait(self.patience.poll if watch.streak else pause)
            pause = min(pause * 1.5, self.patience.longest)

    # -- acts after which it is on as before

    def _observe(self, act: Act, abilities: Abilities) -> Generator[Step, None, tuple[Came, Power]]:
        """Asks for an act that leaves a server on, and looks for a sign of it: another state in between, or the log."""
        has_log = Feature.LOG in abilities.features
        logged = self._logged() if has_log else None
        refusal = self._send(act)
        if refusal is not None:
            raise refusal
        yield Step(self.label, "progress", f"asked for {act}")
        if act is Act.CYCLE and self.bmc.driver == "pdu":  # it read its outlets off and on itself
            self.told.append("its outlets read off, and on again")
            return "done", Power.ON
        seconds = self.patience.settle if act is Act.CYCLE else self.patience.observe
        soon = act is not Act.RESTART  # an operating system that was asked to restart is not yet gone
        left = yield from self._leaves(seconds, logged if soon else None)
        if left is not None and act is not Act.NMI:
            watch, verdict, gone = yield from self._watch(Power.ON, self.patience.settle)
            if gone is not None and verdict == "late":
                raise gone
            if verdict != "reached":
                self.told.append(f"was seen {left} after {act}, and is {watch.last} still")
                return "failed", watch.last
            self.told.append(f"was seen {left}, and is on again")
            return "done", Power.ON
        sign = signs.of_reset(logged, self._logged() or ()) if logged is not None else ""
        if sign or left is not None:
            self.told.append(f"its log says: {sign}" if sign else f"is {left}")
            return "done", left or Power.ON
        self.told.append(f"asked for {act}; this BMC shows no sign of whether it came to pass")
        return "asked", Power.ON

    def _leaves(
        self, seconds: float, logged: tuple[LogEntry, ...] | None
    ) -> Generator[Step, None, Power | None]:
        """The first state other than on that is read in this time. It ends early when the log tells of a reset; logged: what was in it before."""
        began = looked = self.clock.now()
        while self.clock.now() - began < seconds:
            power, gone = self._read()
            if gone is not None and gone.cause not in RETRYABLE:
                raise gone
            if power not in {None, Power.ON, Power.UNKNOWN}:
                yield Step(self.label, "progress", f"is {power}")
                return power
            if logged is not None and self.clock.now() - looked >= self.patience.longest:
                looked = self.clock.now()
                if signs.of_reset(logged, self._logged() or ()):
                    return None
            self.clock.wait(self.patience.poll)
        return None

    def _logged(self) -> tuple[LogEntry, ...] | None:
        """The newest entries of its log; None where it does not give them now."""
        try:
            return self.bmc.log(signs.RECENT).entries
        except MicrodcError as problem:
            words = f"its log could not be read ({problem.what})"
            self.told += [words] if words not in self.told else []
            return None

    # --

    def _send(self, act: Act) -> BmcRefusedError | UnsupportedError | None:
        """Asks for an act: a second time only where the first try certainly did not reach the BMC. The refusal, where it said no."""
        again = False
        while True:
            try:
                self.bmc.act(act)
            except (BmcRefusedError, UnsupportedError) as refusal:
                return refusal
            except BmcError as problem:
                if not problem.sent:
                    if again or problem.cause not in RETRYABLE:
                        raise
                    again = True
                    self.clock.wait(self.patience.poll)
                    continue
            self.acts.append(act)  # also where the answer was lost: what is read decides
            return None

    def _read(self) -> tuple[Power | None, BmcError | None]:
        try:
            return self.bmc.power(), None
        except BmcError as problem:
            return None, problem


def _check_cut(todo: tuple[Stage, ...]) -> None:
    """Raises UnsupportedError where an outlet would be cut although nobody said so: the server may be well, and only its BMC out of reach."""
    if any(stage.act is Act.FORCE_OFF for stage in todo):
        what = "only its power outlets can be used, which cut the power without asking the operating system"
        raise UnsupportedError(what, hint="--force does that")


def _listed(acts: list[Act]) -> str:
    return " and ".join(acts)
