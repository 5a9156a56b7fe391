"""Nodes: deployed, ended, begun again, cleaned, taken out."""

from __future__ import annotations

from microdc.health.board import Board
from microdc_tui.actions.model import Action, Field, over
from microdc_tui.subject import Subject

_MOVING = ("deploying", "inspecting", "cleaning")


def offers(subject: Subject, board: Board) -> tuple[Action, ...]:
    """For a node, for the server that it is, and for all nodes of a site."""
    if subject.kind not in {"node", "server", "site"}:
        return ()
    key = f"node/{subject.name}"
    if subject.kind == "site":
        return _all(subject)
    state = str(board.device(key).facts.get("state", "")) if key in board else None
    if state is None:
        return () if subject.kind == "server" else _one(subject, "")
    return _one(subject, state)


def _one(subject: Subject, state: str) -> tuple[Action, ...]:
    moving = f"it is {state} now" if state in _MOVING else ""
    held = "it is in maintenance" if state == "maintenance" else ""
    out = _maintenance(subject, state)
    return (
        _install(subject, "run", "Deploy", refused=moving or held, again=state == "active"),
        _plain(
            subject,
            "retry",
            "Begin again what failed",
            refused="" if state == "failed" else "nothing of it failed",
        ),
        _plain(
            subject,
            "abort",
            "End what goes on",
            words="A disk that is being written is left half written, and said to be.",
            refused="" if moving else "nothing goes on with it",
            grave=True,
        ),
        _install(subject, "clean", "Clean its disks", refused=moving or held),
        out,
    )


def _all(subject: Subject) -> tuple[Action, ...]:
    return (
        _install(subject, "run", "Deploy its nodes"),
        _plain(subject, "retry", "Begin again what failed of its nodes"),
        _plain(
            subject,
            "abort",
            "End what goes on with its nodes",
            words="Disks that are being written are left half written, and said to be.",
            grave=True,
        ),
    )


def _install(subject: Subject, verb: str, title: str, *, refused: str = "", again: bool = False) -> Action:
    """What overwrites disks. again: it is active, and would be left alone otherwise."""
    run = verb == "run"
    more = ("--again",) if again and run else ()
    return Action(
        name=f"deploy {verb}",
        title=f"{title} again" if more else title,
        subject=subject,
        argv=("deploy", verb, subject.name, *more),
        plan=("deploy", "plan", subject.name, *more) if run else _stands(subject),
        words="Its disk is overwritten. Disks that hold what is not microdc's are refused."
        if run
        else "What was deployed is taken from its disks: partition tables and signatures are removed.",
        refused=refused,
        grave=True,
        typed=over(subject),
    )


def _plain(
    subject: Subject, verb: str, title: str, *, words: str = "", refused: str = "", grave: bool = False
) -> Action:
    return Action(
        name=f"deploy {verb}",
        title=title,
        subject=subject,
        argv=("deploy", verb, subject.name),
        plan=_stands(subject),
        words=words or "Goes on as it was asked for.",
        refused=refused,
        grave=grave,
        typed=over(subject),
    )


def _stands(subject: Subject) -> tuple[str, ...]:
    """What is shown before an act that has no plan of its own: where the nodes are now, so what it would be done to."""
    return ("deploy", "status", subject.name)


def _maintenance(subject: Subject, state: str) -> Action:
    argv = ("deploy", "maintenance", subject.name)
    if state == "maintenance":
        return Action(
            name="deploy maintenance",
            title="Take it back from maintenance",
            subject=subject,
            argv=(*argv, "--off"),
            words="Things may be done with it again.",
        )
    return Action(
        name="deploy maintenance",
        title="Take it out for maintenance …",
        subject=subject,
        argv=argv,
        words="Nothing is done with it until it is taken back.",
        fields=(Field("why", "why", "--why"),),
    )
