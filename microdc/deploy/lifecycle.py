"""What may follow what in a node's life: states, moves, and the phases of a move with the time that each has. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from microdc.deploy.model import Action, Failure, ImageRef, NodeRecord, Phase, State
from microdc.errors import InputError, RefusedError

_AT_REST = frozenset({State.INSPECTING, State.DEPLOYING, State.CLEANING, State.MAINTENANCE})

FOLLOWS: Mapping[State, frozenset[State]] = {
    State.ENROLLED: _AT_REST,
    State.INSPECTED: _AT_REST,
    State.FAILED: _AT_REST,
    State.ACTIVE: _AT_REST - {State.INSPECTING},  # it would be rebooted into the ramdisk
    State.INSPECTING: frozenset({State.INSPECTED, State.FAILED, State.ENROLLED}),
    State.DEPLOYING: frozenset({State.ACTIVE, State.FAILED, State.ENROLLED, State.INSPECTED}),
    State.CLEANING: frozenset({State.ENROLLED, State.FAILED, State.INSPECTED, State.ACTIVE}),
    State.MAINTENANCE: frozenset({State.ENROLLED, State.INSPECTED, State.ACTIVE, State.FAILED}),
}
"""The states that may come after each. A move that is given up before anything was done goes back to ENROLLED or INSPECTED, or to ACTIVE
where the node was never armed; any other to FAILED."""

MOVES: Mapping[Action, State] = {
    Action.INSPECT: State.INSPECTING,
    Action.DEPLOY: State.DEPLOYING,
    Action.CLEAN: State.CLEANING,
}
ENDS: Mapping[Action, State] = {
    Action.INSPECT: State.INSPECTED,
    Action.DEPLOY: State.ACTIVE,
    Action.CLEAN: State.ENROLLED,
}
"""In which state a move ends that went well."""

ORDER: Mapping[Phase, int] = {phase: number for number, phase in enumerate(Phase)}
ARMED = frozenset(phase for phase in Phase if ORDER[phase] <= ORDER[Phase.RAMDISK])
"""The phases in which a node that is armed is given the ramdisk."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each phase is waited for, on real servers. Seconds; POST alone was seen to take 10 min on servers with much memory and many cards.

    prepare, work: without anything getting on, whatever the whole takes. stall: for a ramdisk that reports and whose disk takes nothing; longer than it tries
    by itself to be sent its image, which is 8 min. again: between two tries of what may go away by itself. look: between two
    looks at a BMC. silence: for a site whose boot services cannot be asked, once a phase's time is over. poll: between two looks at what
    a site noted. ensure: between two looks whether its boot services run. stagger: between two servers of a site that are turned on.
    """

    prepare: float = 600.0
    power: float = 600.0
    firmware: float = 900.0
    dhcp: float = 180.0
    loader: float = 180.0
    kernel: float = 600.0
    ramdisk: float = 300.0
    work: float = 300.0
    stall: float = 600.0
    configure: float = 300.0
    first_boot: float = 1200.0
    verify: float = 300.0
    again: float = 5.0
    look: float = 30.0
    silence: float = 1800.0
    poll: float = 1.0
    ensure: float = 30.0
    stagger: float = 2.0

    def of(self, phase: Phase) -> timedelta:
        """The time that a phase has."""
        seconds: float = getattr(self, phase.value.replace("-", "_"))
        return timedelta(seconds=seconds)


def phases(action: Action) -> tuple[Phase, ...]:
    """The phases of a move, in order."""
    if action is Action.DEPLOY:
        return tuple(Phase)
    return tuple(phase for phase in Phase if ORDER[phase] <= ORDER[Phase.WORK])


def check(record: NodeRecord, to: State) -> None:
    """Raises RefusedError where a node may not come from its state into this one."""
    if to in FOLLOWS[record.state]:
        return
    what = f"it is {record.state}, and cannot become {to}"
    if record.state is State.MAINTENANCE:
        why = f": {record.note}" if record.note else ""
        what = f"it is in maintenance{why}"
        hint = f"microdc deploy maintenance {record.name} --off takes it back"
    elif record.state.moving:
        hint = f"microdc deploy status {record.name} tells how far it is; microdc deploy abort {record.name} ends it"
    elif to is State.INSPECTING:
        hint = (
            f"it runs a system that the inspection would end: microdc deploy clean {record.name} comes first"
        )
    else:
        after = ", ".join(sorted(FOLLOWS[record.state]))
        hint = f"after {record.state} comes {after}"
    raise RefusedError(what, where=record.name, hint=hint)


def begin(
    record: NodeRecord,
    action: Action,
    now: datetime,
    patience: Patience,
    *,
    image: ImageRef | None = None,
    wipe: bool = False,
    attempts: int = 1,
) -> NodeRecord:
    """A node at the start of a move. Raises RefusedError where its state does not allow it, InputError for a deployment without an image."""
    check(record, MOVES[action])
    if action is Action.DEPLOY and image is None:
        raise InputError("there is no image to deploy", where=record.name)
    runs = record.state is State.ACTIVE
    before = record.state if runs or record.state in {State.ENROLLED, State.INSPECTED} else None
    begun = replace(
        record,
        state=MOVES[action],
        action=action,
        image=image if action is Action.DEPLOY else record.image,
        wipe=wipe,
        attempt=1,
        attempts=max(1, attempts),
        before=before,
        ran=record.image if runs else None,
        ran_keys=record.host_keys if runs else (),
        failure=None,
        note="",
    )
    return _afresh(begun, now, patience)


def again(
    record: NodeRecord, why: str, now: datetime, patience: Patience, *, counts: bool = True
) -> NodeRecord:
    """The next attempt of a move. counts: False where nothing was asked of the server in this one."""
    _moving(record)
    attempt = record.attempt + 1 if counts else record.attempt
    before = (
        record.before if record.before is not State.ACTIVE else None
    )  # it was restarted by now, or may have been
    return _afresh(replace(record, attempt=attempt, before=before, note=why), now, patience)


def _afresh(record: NodeRecord, now: datetime, patience: Patience) -> NodeRecord:
    keys = () if record.action is Action.DEPLOY else record.host_keys
    fresh = replace(record, move=record.move + 1, began=now, mark=None, progress=None, host_keys=keys)
    return enter(fresh, Phase.PREPARE, now, patience)


def enter(record: NodeRecord, phase: Phase, now: datetime, patience: Patience) -> NodeRecord:
    """A node that comes into a phase of its move."""
    action = _moving(record)
    if phase not in phases(action):
        raise RefusedError(f"there is no phase {phase} in {record.state}", where=record.name)
    return replace(record, phase=phase, since=now, deadline=now + patience.of(phase), asked="")


def end(record: NodeRecord, note: str = "") -> NodeRecord:
    """A node whose move went well."""
    action = _moving(record)
    image = None if action is Action.CLEAN else record.image
    keys = () if action is Action.CLEAN else record.host_keys
    return _rest(replace(record, image=image, host_keys=keys, note=note), ENDS[action])


def fail(record: NodeRecord, failure: Failure) -> NodeRecord:
    """A node whose move ended badly."""
    _moving(record)
    return replace(_rest(record, State.FAILED), failure=failure, note="")


def abort(record: NodeRecord, why: str, *, touched: bool) -> NodeRecord:
    """A node whose move somebody ended. touched: something may have been done to its disk, or to what it ran."""
    action = _moving(record)
    if (
        not touched and record.before is State.ACTIVE and record.mark is None
    ):  # else a restart by itself brought it the ramdisk
        ran = replace(record, image=record.ran, host_keys=record.ran_keys)
        return replace(_rest(ran, State.ACTIVE), note=why)
    if not touched and record.before in {State.ENROLLED, State.INSPECTED}:
        return replace(_rest(record, record.before), note=why)
    phase = record.phase or Phase.PREPARE
    done = (
        "its disk may be half written"
        if touched and action is not Action.INSPECT
        else "nothing was done to it"
    )
    advice = f"microdc deploy retry {record.name}"
    return fail(record, Failure(phase, "aborted", f"{why}; {done}", advice))


def _rest(record: NodeRecord, state: State) -> NodeRecord:
    check(record, state)
    rest = replace(record, state=state, phase=None, since=None, deadline=None, asked="")
    return replace(rest, before=None, ran=None, ran_keys=())


def maintain(record: NodeRecord, why: str) -> NodeRecord:
    """A node that is taken out: no move begins until it is taken back. One that is out already has a new reason."""
    if record.state is State.MAINTENANCE:
        return replace(record, note=why)
    check(record, State.MAINTENANCE)
    return replace(record, state=State.MAINTENANCE, before=record.state, note=why)


def take_back(record: NodeRecord) -> NodeRecord:
    """A node after its maintenance, in the state in which it was before."""
    if record.state is not State.MAINTENANCE:
        raise RefusedError(f"it is not in maintenance, but {record.state}", where=record.name)
    return replace(record, state=record.before or State.ENROLLED, before=None, note="")


def _moving(record: NodeRecord) -> Action:
    if not record.state.moving or record.action is None:
        raise RefusedError(f"it is {record.state}: nothing goes on there", where=record.name)
    return record.action
