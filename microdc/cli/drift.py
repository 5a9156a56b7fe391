"""`microdc wan drift`: what is no longer as it was applied."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import context, render
from microdc.cli.documents import inventory_and_library
from microdc.cli.ledger import open_wan_for
from microdc.cli.render import Cell, Human, Table
from microdc.errors import Exit

if TYPE_CHECKING:
    from microdc.wan.drift import Drift, Drifted, Since
    from microdc.wan.history import Gone


@click.command(
    epilog="""\b
Examples:
  microdc wan drift
  microdc wan drift -o json | jq '.differences[].what'
  microdc wan drift || microdc apply     what the inventory asks is laid again
Exit code: 0 all is as it was applied, 1 something is not.
"""
)
def drift() -> Exit:
    """Show what somebody else changed, what a reboot took, and what lies only in part. Changes nothing.

    The kernels' qdiscs are held against what is laid, and what is laid against the journal.
    """
    from microdc.wan.drift import drift as look

    testbed, _ = inventory_and_library()
    with open_wan_for(testbed, context.settings().owner.value) as wan:
        entries = wan.ledger.store.journal.entries(testbed.name) if wan.ledger else []
        found = look(testbed, wan.situations, entries, time.time())
    render.emit("Drift", _data(found), lambda: _human(found))
    return Exit.FAILED if found.drifted else Exit.OK


def _data(found: Drift) -> dict[str, Any]:
    return {
        "drifted": found.drifted,
        "differences": [_difference(one) for one in found.differences],
        "parts": found.parts,
        "gone": found.gone,
        "waiting": [
            {"emulator": one.emulator, "by": one.change.by, "remaining": one.change.remaining}
            for one in found.waiting
        ],
        "unverifiable": [
            {
                "emulator": one.emulator,
                "interface": one.interface,
                "from": one.direction.source,
                "to": one.direction.target,
                "what": one.what,
            }
            for one in found.unverifiable
        ],
        "touched": found.touched,
    }


def _difference(one: Drifted) -> dict[str, Any]:
    return {
        "emulator": one.emulator,
        "interface": one.interface,
        "what": one.what.what,
        "directions": [{"from": d.source, "to": d.target} for d in one.what.directions],
        "asked": one.what.asked,
        "found": one.what.found,
        "since": one.since,
    }


def _human(found: Drift) -> Human:
    parts: list[Table | str] = []
    if found.differences:
        columns = ("emulator", "interface", "direction", "what", "asked", "found", "since")
        parts.append(Table(columns, [_row(one) for one in found.differences]))
    lines = [
        *(_gone(one) for one in found.gone),
        *(
            f"The overlay {one.overlay} of {one.owner} is missing on {', '.join(one.missing)}: "
            f"microdc wan undo {one.overlay} takes it away, laying it again makes it whole."
            for one in found.parts
        ),
        *(
            f"{one.emulator}: a change by {one.change.by} waits to be confirmed; else it is taken back in "
            f"{one.change.remaining:.0f} s."
            for one in found.waiting
        ),
        *(
            f"{one.emulator}:{one.interface} was changed by somebody else ({_since(one.since)}); what is laid is there."
            for one in found.touched
        ),
    ]
    if not found.drifted:
        lines.insert(0, "Everything is as it was applied.")
    if found.unverifiable:
        lines.append(_unverifiable(found))
    return [*parts, "\n".join(lines)] if lines else parts


def _row(one: Drifted) -> tuple[Cell, ...]:
    directions = one.what.directions
    words = str(directions[0]) if len(directions) == 1 else f"{len(directions)} directions"
    return (
        one.emulator,
        one.interface,
        words if directions else None,
        one.what.what,
        one.what.asked,
        one.what.found,
        _since(one.since),
    )


def _since(since: Since) -> str:
    if since.first is None or since.last is None:
        return f"before {_clock(since.watched)}, when no agent looked" if since.watched else "not known"
    if since.times < 2:
        return _clock(since.first)
    return f"{_clock(since.first)}, {since.times} changes until {_clock(since.last)}"


def _gone(one: Gone) -> str:
    overlays = (
        f"the overlays {', '.join(one.overlays)} are" if len(one.overlays) > 1 else f"{one.overlays[0]} is"
    )
    if one.rebooted:
        return (
            f"{one.emulator} was rebooted after {_clock(one.after)}: {overlays} gone: "
            "microdc apply lays the inventory's again."
        )
    return f"{one.emulator}: {overlays} gone since {_clock(one.after)}, and the journal does not say who took it."


def _unverifiable(found: Drift) -> str:
    what = sorted({word for one in found.unverifiable for word in one.what})
    directions = sorted({str(one.direction) for one in found.unverifiable})
    return f"The kernel does not give back, so that it cannot be verified: {', '.join(what)} of {', '.join(directions)}."


def _clock(at: float) -> str:
    from datetime import datetime

    return f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M:%S}"
