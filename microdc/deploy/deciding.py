"""What is to be done with a node next: decided from its record, what was seen of it, what its BMC said, and the time. Pure.

Nothing here asks for a power cycle while a ramdisk may be writing: only in POWER, before anything was seen of the move, is one asked for; a move
begins anew only where what was seen is complete up to now and says that nobody works.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from microdc.bmc.model import Power
from microdc.deploy import lifecycle
from microdc.deploy.lifecycle import ORDER, Patience
from microdc.deploy.model import Action, Failure, Phase
from microdc.deploy.views import Advance, Again, Ask, Decision, Done, Fail, Leave, Mark, View, Wait
from microdc.deploy.wording import LATE, RAMDISK, STALLED, TRIED_AGAIN


def decide(view: View, patience: Patience) -> Decision:
    """What is next for a node that moves."""
    record, sight = view.record, view.sight
    phase = record.phase or Phase.PREPARE
    if sight.failed is not None:
        return _gave_up(view, phase, *sight.failed)
    if (record.action is Action.CLEAN and sight.wiped) or (
        record.action is Action.INSPECT and sight.inspected
    ):
        return Done()
    ahead = _ahead(view, phase)
    if ahead is not None:
        return Advance(ahead)
    special = {Phase.PREPARE: _prepare, Phase.POWER: _power, Phase.VERIFY: _verify}
    return special[phase](view, patience) if phase in special else _watch(view, phase, patience)


def _gave_up(view: View, phase: Phase, code: str, told: str) -> Decision:
    """The ramdisk said that it cannot."""
    cause, advice = RAMDISK.get(code, RAMDISK["crash"])
    failure = Failure(phase, cause, told or code, advice.format(name=view.record.name))
    return _anew(view, failure) if code in TRIED_AGAIN else Fail(failure)


def _ahead(view: View, phase: Phase) -> Phase | None:
    """The phase that what was seen shows, where it lies ahead."""
    record, reached = view.record, view.sight.reached
    if reached is None or record.action is None:
        return None
    last = lifecycle.phases(record.action)[-1]
    reached = min(reached, last, key=ORDER.__getitem__)
    if ORDER[reached] <= ORDER[phase]:
        return None
    by_itself = ORDER[reached] >= ORDER[Phase.KERNEL]  # it was given this move's script
    started = ORDER[phase] > ORDER[Phase.POWER] or (phase is Phase.POWER and bool(record.asked))
    # before it was started, a lease that the system renews that still runs is no boot
    return reached if by_itself or started else None


# -- until it is started


def _prepare(view: View, patience: Patience) -> Decision:
    record, site = view.record, view.site
    if site.fatal:
        return Fail(_failure(view, Phase.PREPARE, "station", site.trouble))
    if record.mark is None and site.ready and _known(view):
        return Mark()
    if record.mark is not None and site.armed:
        return Advance(Phase.POWER)
    life = max(filter(None, (record.since, site.life, view.began)))
    if view.now >= life + patience.of(Phase.PREPARE):
        return Fail(_failure(view, Phase.PREPARE, "station", site.trouble or LATE[Phase.PREPARE][1]))
    return Wait(site.trouble or "until its boot services and the image are at the site")


def _power(view: View, patience: Patience) -> Decision:
    record, bmc, site = view.record, view.bmc, view.site
    late = view.now >= _deadline(view, patience)
    if site.fatal:
        return Fail(_failure(view, Phase.POWER, "station", site.trouble))
    if not _known(view) or not site.armed:
        why = site.trouble or "until its boot services answer"
        return Leave(why) if late else Wait(why)
    if not record.asked:
        return Ask("start", kindly=record.attempt == 1)
    if view.mine and not bmc.failed:
        return Advance(Phase.FIRMWARE)
    if bmc.fatal or late:
        cause = "bmc-refused" if bmc.fatal else "bmc-lost"
        return Fail(_failure(view, Phase.POWER, cause, bmc.problem or LATE[Phase.POWER][1]))
    return _unsure(view, patience)


def _unsure(view: View, patience: Patience) -> Decision:
    """Its start was asked for, and the answer was an error, or went to a run that is gone: what the server shows decides."""
    bmc = view.bmc
    if bmc.problem and bmc.tried and view.now < bmc.tried + timedelta(seconds=patience.again):
        return Wait(bmc.problem)
    if view.mine and not bmc.sent:
        return Ask("start", kindly=view.record.attempt == 1)
    if bmc.at is None or bmc.problem or bmc.power in {None, Power.UNKNOWN}:
        return Ask("look")
    if bmc.power is not Power.OFF:
        return Advance(Phase.FIRMWARE, unsure=True)
    return Ask("start") if _seen_since(view, bmc.at) else Wait("until its boot services answer")


# -- while it goes by itself


def _watch(view: View, phase: Phase, patience: Patience) -> Decision:
    """A phase in which only the server acts: it gets on, or its time is over, or its power is gone."""
    bmc, trouble = view.bmc, view.site.trouble
    deadline = _deadline(view, patience)
    late = view.now >= deadline
    if bmc.off >= 2 and bmc.at is not None and _seen_since(view, bmc.at):
        if phase is not Phase.FIRST_BOOT or not late:
            return _without_power(view, phase)
    elif not late:
        return _stalled(view, phase, patience) or Wait(trouble)
    if not _seen_since(view, deadline):
        silent = view.now >= max(deadline, view.began) + timedelta(seconds=patience.silence)
        why = trouble or "its boot services tell nothing"
        return Leave(why) if silent else Wait(why)
    return _late(view, phase)


def _stalled(view: View, phase: Phase, patience: Patience) -> Fail | None:
    """A ramdisk that reports, and gets no further. It may be writing all the same, so nothing is begun anew by itself."""
    sight = view.sight
    if phase is not Phase.WORK or sight.progress is None or sight.moved is None or sight.life is None:
        return None
    since = max(filter(None, (view.record.since, view.began, sight.moved)))
    if sight.life < since + timedelta(seconds=patience.stall):
        return None
    cause, text, advice = STALLED
    done, total = sight.progress.done, sight.progress.total
    told = text.format(minutes=f"{patience.stall / 60:.0f}", done=done, total=total)
    return Fail(Failure(phase, cause, told, advice.format(name=view.record.name)))


def _late(view: View, phase: Phase) -> Decision:
    cause, text, advice = LATE[phase]
    told = f"{text}; seen last: {view.sight.said}" if view.sight.said else text
    failure = Failure(phase, cause, told, advice.format(name=view.record.name))
    if phase is Phase.FIRST_BOOT:
        return Fail(failure)
    if phase is Phase.FIRMWARE and view.record.asked == "unsure":
        return Again(failure, counts=False)
    return _anew(view, failure)


def _without_power(view: View, phase: Phase) -> Decision:
    record = view.record
    if phase is Phase.FIRST_BOOT:
        if view.mine and not view.bmc.failed:
            return Fail(_failure(view, phase, "no-power", "its power went off again at its first boot"))
        return Ask("on")  # its disk is written: it does no harm, however often
    written = phase in {Phase.WORK, Phase.CONFIGURE} and record.action is Action.DEPLOY
    text = "its power went off"
    if written:
        text = "its power was lost while its disk was written: the disk is half written, and does not boot"
    return _anew(view, _failure(view, phase, "power-lost", text))


def _verify(view: View, patience: Patience) -> Decision:
    checked = view.checked
    if checked is None:
        return Ask("check")
    if not checked.problem:
        return Done(checked.note)
    if checked.cause:
        return Fail(_failure(view, Phase.VERIFY, checked.cause, checked.problem))
    if view.now >= _deadline(view, patience):
        return Fail(_failure(view, Phase.VERIFY, "verify", checked.problem))
    if view.now >= checked.at + timedelta(seconds=patience.again):
        return Ask("check")
    return Wait(checked.problem)


# -- what they share


def _anew(view: View, failure: Failure) -> Decision:
    if view.record.attempt < view.record.attempts and not view.site.fatal:
        return Again(failure)
    return Fail(failure)


def _failure(view: View, phase: Phase, cause: str, text: str) -> Failure:
    advice = LATE[phase][2].format(name=view.record.name)
    return Failure(phase, cause, text, advice)


def _deadline(view: View, patience: Patience) -> datetime:
    """When a phase is given up. Where this side has to act, or to listen, the time while no microdc ran does not count."""
    record = view.record
    phase = record.phase or Phase.PREPARE
    since = record.since or view.began
    if phase is Phase.WORK:
        return max(since, view.began, view.sight.life or since) + patience.of(phase)
    if phase in {Phase.POWER, Phase.VERIFY}:
        return max(record.deadline or since, view.began + patience.of(phase))
    return record.deadline or since + patience.of(phase)


def _known(view: View) -> bool:
    """Whether all is known that was seen before this run, and before it came into its phase."""
    return _seen_since(view, max(view.began, view.record.since or view.began))


def _seen_since(view: View, moment: datetime) -> bool:
    """Whether all that was seen until then is known."""
    return view.site.fresh is not None and view.site.fresh >= moment
