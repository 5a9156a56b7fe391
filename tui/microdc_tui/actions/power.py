"""Power, and what a server boots from next."""

from __future__ import annotations

from dataclasses import replace

from microdc.health.board import Board
from microdc_tui.actions.model import Action, Field, over, selector
from microdc_tui.subject import Subject


def offers(subject: Subject, board: Board) -> tuple[Action, ...]:
    """For a server, and for all servers of a rack or a site."""
    if subject.kind not in {"server", "rack", "site"}:
        return ()
    one = subject.kind == "server"
    power = _power(subject, board) if one else ""
    whom = subject.name if one else f"all servers of {subject.name}"
    spared = "" if one else " Those that are so already are left alone."
    found = (
        _act(
            subject,
            "on",
            "Turn on",
            f"Turns on {whom}.{spared}",
            refused="it is on already" if power == "on" else "",
        ),
        _act(
            subject,
            "off",
            "Turn off",
            f"Asks the operating system to shut down, and cuts the power after two minutes: {whom}.{spared}",
            refused="it is off already" if power == "off" else "",
            grave=True,
        ),
        _act(subject, "cycle", "Turn off and on again", f"Shuts down, then turns on: {whom}.", grave=True),
        _act(
            subject,
            "reset",
            "Reset",
            f"Presses the reset button of {whom}. No system is asked before.",
            grave=True,
        ),
        _boot(subject),
    )
    why = _unreachable(subject, board) if one else ""
    return tuple(replace(action, refused=why) if why else action for action in found)


def _act(
    subject: Subject, verb: str, title: str, words: str, *, refused: str = "", grave: bool = False
) -> Action:
    argv = ("power", verb, selector(subject))
    return Action(
        name=f"power {verb}",
        title=title,
        subject=subject,
        argv=argv,
        plan=(*argv, "--dry-run"),
        words=words,
        refused=refused,
        grave=grave,
        typed=over(subject),
    )


def _boot(subject: Subject) -> Action:
    argv = ("boot", selector(subject))
    return Action(
        name="boot once",
        title="Boot once from …",
        subject=subject,
        argv=argv,
        plan=(*argv, "--dry-run"),
        words="Sets what the next boot is from. Nothing is restarted.",
        typed=over(subject),
        fields=(Field("target", "from", "--once", ("pxe", "http", "disk", "bios", "cd"), "pxe"),),
    )


def _power(subject: Subject, board: Board) -> str:
    if subject.key not in board:
        return ""
    return str(board.device(subject.key).facts.get("power", ""))


def _unreachable(subject: Subject, board: Board) -> str:
    """Why its BMC cannot be asked; of one that was never polled it is tried."""
    if subject.key not in board:
        return ""
    trouble = board.device(subject.key).trouble
    return f"its BMC gives no answer: {trouble.what}" if trouble is not None else ""
