"""`microdc deploy explain`: why a node is where it is."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from microdc.cli import context, render
from microdc.cli.history import iso
from microdc.cli.render import Human, Styled, Table
from microdc.errors import Exit

if TYPE_CHECKING:
    from microdc.deploy.explaining.model import Diagnosis, Entry, Explanation

_TONES = {"good": "green", "bad": "bold red", "mind": "yellow", "": ""}
_CERTAINTIES = {"certain": "bold red", "likely": "yellow", "possible": "dim"}
_NEWEST = 40
"""Entries that a person is shown without -v."""


def tell(explanation: Explanation, remarks: tuple[str, ...]) -> Exit:
    """Prints it; the exit code that says whether something is wrong. remarks: who of those that were asked did not answer."""
    render.emit("DeployExplanation", data(explanation, remarks), lambda: _human(explanation, remarks))
    return Exit.OK if explanation.healthy else Exit.FAILED


def data(explanation: Explanation, remarks: tuple[str, ...] = ()) -> dict[str, Any]:
    """An explanation as programs read it."""
    return {
        "node": explanation.node,
        "status": explanation.status,
        "healthy": explanation.healthy,
        "diagnoses": [_diagnosis(one) for one in explanation.diagnoses],
        "timeline": [_entry(entry) for entry in explanation.timeline.entries],
        "left_out": explanation.timeline.left_out,
        "remarks": list(remarks),
    }


def _diagnosis(one: Diagnosis) -> dict[str, Any]:
    return {
        "cause": one.cause,
        "certainty": one.certainty,
        "what": one.what,
        "because": list(one.because),
        "next": [{"what": advice.what, "command": advice.command or None} for advice in one.next],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "at": iso(entry.at) if entry.at else None,
        "until": iso(entry.until) if entry.until else None,
        "times": entry.times,
        "source": entry.source,
        "kind": entry.kind,
        "mac": entry.evidence.mac or None,
        "tone": entry.tone or None,
        "text": entry.text,
    }


def _human(explanation: Explanation, remarks: tuple[str, ...]) -> Human:
    parts: list[Table | render.Picture | str] = []
    if explanation.timeline.entries:
        parts.append(_timeline(explanation))
    else:
        parts.append(f"Nothing was seen of {explanation.node}.")
    status = explanation.status
    parts.append(f"{status.replace('nothing wrong', 'Nothing wrong', 1) if explanation.healthy else status}.")
    parts += [_said(one) for one in explanation.diagnoses]
    if remarks:
        parts.append("\n".join(f"Mind: {remark}." for remark in remarks))
    return parts


def _timeline(explanation: Explanation) -> Table:
    entries = explanation.timeline.entries
    if context.settings().verbosity.value <= 0:
        entries = tuple(one for one in entries if one.source != "console" or one.tone)[-_NEWEST:]
    left = len(explanation.timeline.entries) - len(entries) + explanation.timeline.left_out
    last = next((one.at for one in reversed(entries) if one.at), None)
    rows = [(_when(one.at, last), one.source, Styled(_told(one), _TONES[one.tone])) for one in entries]
    title = f"{left} earlier or plain lines are left out; -v shows more" if left else ""
    return Table(("time", "source", "what"), rows, title)


def _when(at: datetime | None, last: datetime | None) -> str:
    """The time of day, and the day where it is not that of the last entry."""
    if at is None:
        return "no clock"
    same = last is None or at.astimezone().date() == last.astimezone().date()
    return f"{at.astimezone():%H:%M:%S}" if same else f"{at.astimezone():%m-%d %H:%M:%S}"


def _told(entry: Entry) -> str:
    return f"{entry.text}  ({entry.times} times)" if entry.times > 1 else entry.text


def _said(one: Diagnosis) -> render.Picture:
    """What it is, what it rests on, and what to try, the commands in lines of their own."""
    style = _CERTAINTIES[one.certainty]
    rows: list[list[tuple[str, str]]] = [
        [(f"{one.certainty}: ", style), (one.what, "bold"), (f"  [{one.cause}]", "dim")]
    ]
    rows += [[("  seen  ", "dim"), (because, "")] for because in one.because]
    for advice in one.next:
        rows.append([("  try   ", "dim"), (advice.what, "")])
        if advice.command:
            rows.append([("          ", ""), (advice.command, "cyan")])
    return render.Picture(rows)
