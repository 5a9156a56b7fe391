"""What a log of a serial console holds, as evidence. Pure.

Whatever keeps consoles (a console server, `microdc lab console`, a terminal that was logged) keeps text, with times in front of the lines or without. Lines
without a time cannot be placed: of those, only the last boot counts, and they stand at the end of a timeline.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from microdc.deploy import kinds
from microdc.deploy.explaining.console import clean
from microdc.deploy.model import Evidence

MOST = 2000
"""Lines that are looked at, the last ones."""
UNTIMED = "untimed"
"""In the data of a line that bears no time."""
_TIME = re.compile(r"\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)\]?:?[ \t]?")
_BOOTS = re.compile(
    r"SeaBIOS \(version|UEFI firmware \(version|BdsDxe: loading Boot|POST code|Press <?(?:F2|DEL)>? "
)
"""What firmware says first: SeaBIOS, src/fw; EDK II, OvmfPkg and BdsDxe; and what most servers show while they test themselves."""


def evidence_of(text: str, node: str, now: datetime) -> list[Evidence]:
    """The lines of a console's log. A time without an offset is local. now: borne by lines without a time, which say so in their data."""
    lines = [
        line
        for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[-MOST - 1 :]
        if line.strip()
    ]
    timed = [(_time(line), line) for line in lines]
    if not any(at for at, _ in timed):
        return [_line(node, now, line, {UNTIMED: True}) for line in _last_boot(lines)]
    found, at = [], None
    for told, line in timed:
        at = told or at
        if at is not None:
            found.append(_line(node, at, _TIME.sub("", line, count=1) if told else line, {}))
    return found


def _line(node: str, at: datetime, line: str, data: dict[str, bool]) -> Evidence:
    return Evidence(at, "console", kinds.LINE, node, text=clean(line), data=data)


def _time(line: str) -> datetime | None:
    match = _TIME.match(line)
    try:
        return datetime.fromisoformat(match[1]).astimezone(UTC) if match else None
    except (ValueError, OverflowError):
        return None


def _last_boot(lines: Sequence[str]) -> Sequence[str]:
    starts = [number for number, line in enumerate(lines) if _BOOTS.search(clean(line))]
    return lines[starts[-1] :] if starts else lines
