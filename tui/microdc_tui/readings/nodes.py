"""What samples tell of a node: where it is in its deployed life."""

from __future__ import annotations

from dataclasses import dataclass

from microdc.health.model import DeviceHealth, State
from microdc_tui.readings import fields

PHASES = (
    "prepare",
    "power",
    "firmware",
    "dhcp",
    "loader",
    "kernel",
    "ramdisk",
    "work",
    "configure",
    "first-boot",
    "verify",
)
"""The steps of a move in their order; an inspection and a cleaning end after `work`."""
MOVING = frozenset({"inspecting", "deploying", "cleaning"})


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a move ended. cause: its word, as `microdc deploy explain` has it."""

    cause: str
    text: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """state: its word in `microdc deploy status`, "" where nothing was told. phase: the one that it is in, or in which it failed.

    since: when it came into its phase, deadline: when that is given up; Unix seconds. progress: 0..1, how far it is; done, total: bytes that are written, of
    all; rate: bytes/s; eta: seconds that are left. None for what is not known. note: why it is kept out of service, or what is said of it. trouble: why all this may be old.
    """

    name: str
    site: str
    state: str = ""
    phase: str = ""
    image: str = ""
    attempt: int = 0
    since: float | None = None
    deadline: float | None = None
    failure: Failure | None = None
    progress: float | None = None
    done: float | None = None
    total: float | None = None
    rate: float | None = None
    eta: float | None = None
    note: str = ""
    trouble: str = ""

    @property
    def moving(self) -> bool:
        """Whether something goes on with it."""
        return self.state in MOVING

    @property
    def phases(self) -> tuple[str, ...]:
        """The steps of the move that goes on."""
        return PHASES if self.state not in {"inspecting", "cleaning"} else PHASES[: PHASES.index("work") + 1]


def read(health: DeviceHealth) -> Node:
    """A node, of its last sample."""
    facts = health.facts
    failure = fields.part(facts, "failure")
    kept_out = next((one.what for one in health.reasons), "") if health.state is State.MAINTENANCE else ""
    return Node(
        health.device.name,
        health.device.site,
        fields.text(facts, "state"),
        fields.text(facts, "phase") or fields.text(failure, "phase") or _stopped_in(health),
        fields.text(facts, "image"),
        fields.count(facts, "attempt"),
        fields.moment(facts, "since"),
        fields.moment(facts, "deadline"),
        _failure(failure) if failure else None,
        _progress(health),
        fields.number(facts, "done"),
        fields.number(facts, "total"),
        fields.number(facts, "rate"),
        fields.number(facts, "eta"),
        fields.text(facts, "note") or kept_out,
        health.trouble.what if health.trouble else "",
    )


def _stopped_in(health: DeviceHealth) -> str:
    """The phase in which it failed, as its reasons tell it."""
    return next((reason.where for reason in health.reasons if reason.where in PHASES), "")


def _progress(health: DeviceHealth) -> float | None:
    """How far all of it is, where that is told; else how much of the image is written."""
    told = fields.number(health.figures, "progress")
    done, total = fields.number(health.facts, "done"), fields.number(health.facts, "total")
    share = told if told is not None else done / total if done is not None and total else None
    return None if share is None else min(1.0, max(0.0, share))


def _failure(data: fields.Document) -> Failure:
    return Failure(
        fields.text(data, "cause"),
        fields.text(data, "text") or fields.text(data, "what"),
        fields.text(data, "advice"),
    )
