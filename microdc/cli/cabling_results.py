"""Verdicts on cables as a table and as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from microdc.cli.render import Styled, Table

if TYPE_CHECKING:
    from microdc.cli.render import Cell
    from microdc.survey.cabling.model import CableVerdict, Kind
    from microdc.survey.cabling.operate import Checked

_COLOURS = {
    "right": "green",
    "wrong": "bold red",
    "wrong vlan": "bold red",
    "missing": "yellow",
    "one side": "yellow",
    "stranger": "magenta",
    "unknown": "dim",
}


def data(checked: Checked) -> dict[str, Any]:
    """All verdicts with their evidence, for a program."""
    return {
        "verdicts": [_verdict_data(one) for one in checked.verdicts],
        "remarks": checked.remarks,
        "unread": unread(checked),
    }


def _verdict_data(one: CableVerdict) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "severity": one.severity,
        "a": str(one.cable.a) if one.cable else None,
        "b": str(one.cable.b) if one.cable else None,
        "port": str(one.port),
        "reason": one.reason,
        "there": str(one.there) if one.there else None,
        "stands": str(one.stands) if one.stands else None,
        "crossed": [str(cable) for cable in one.crossed],
        "label": (one.cable.label or None) if one.cable else None,
        "vlan": {"declared": one.vlan.declared, "found": one.vlan.found} if one.vlan else None,
        "where": one.where or None,
        "evidence": [{"by": told.by, "port": str(told.port), "told": told.told} for told in one.evidence],
    }


def unread(checked: Checked) -> list[dict[str, str]]:
    """The switches that could not be asked, and why."""
    return [{"switch": name, "error": str(error)} for name, error in checked.unread]


def tables(checked: Checked, *, everything: bool, evidence: bool) -> list[Table | str]:
    """What asks for a person first. everything: also what is right."""
    shown = [one for one in checked.verdicts if everything or one.kind != "right"]
    rows: list[Sequence[Cell]] = [
        (
            Styled(one.kind, _COLOURS[one.kind]),
            str(one.cable or one.port),
            one.severity,
            one.reason,
            (one.cable.label or None) if one.cable else None,
            one.where or None,
        )
        for one in shown
    ]
    parts: list[Table | str] = []
    if rows:
        parts.append(Table(("verdict", "cable", "severity", "reason", "label", "where"), rows))
    if evidence:
        told: list[Sequence[Cell]] = [
            (str(one.cable or one.port), one.kind, told.by, str(told.port), told.told)
            for one in shown
            for told in one.evidence
        ]
        parts += [Table(("cable", "verdict", "by", "port", "told"), told)] if told else []
    parts += [f"{remark.where}: {remark.what}" for remark in checked.remarks]
    return [*parts, count(checked.verdicts)]


def count(verdicts: Sequence[CableVerdict]) -> str:
    """How many of which, in a line."""
    from collections import Counter

    from microdc.survey.cabling.model import KINDS

    kinds = Counter(one.kind for one in verdicts)
    beside: dict[Kind, str] = {"wrong vlan": "in a wrong VLAN", "stranger": "not declared"}
    declared = len(verdicts) - sum(kinds[kind] for kind in beside)
    told = ", ".join(
        f"{kinds[kind]} {kind}" for kind in reversed(KINDS) if kinds[kind] and kind not in beside
    )
    more = "".join(f"; {kinds[kind]} {words}" for kind, words in beside.items() if kinds[kind])
    return f"{declared} cables declared{f': {told}' if told else ''}{more}"
