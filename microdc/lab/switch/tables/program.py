"""The protocol `pass_persist` of snmpd.conf(5): answers on standard output what is asked on standard input, until that ends.

What the kernel says is asked for again when it is a second old, so that a walk sees one state of it.
"""

from __future__ import annotations

import bisect
import json
import time
from pathlib import Path
from typing import IO

from microdc.lab.switch.tables import kernel
from microdc.lab.switch.tables.cells import Oid, Row
from microdc.lab.switch.tables.rows import rows

_FRESH = 1.0  # s


class Answers:
    """The rows as they are now. facts: a file, read each time."""

    def __init__(self, facts: Path) -> None:
        self._facts = facts
        self._rows: list[Row] = []
        self._made = float("-inf")

    def get(self, oid: Oid) -> Row | None:
        """The row of this OID."""
        found = self.after(oid, itself=True)
        return found if found is not None and found[0] == oid else None

    def after(self, oid: Oid, *, itself: bool = False) -> Row | None:
        """The first row behind an OID, or at it."""
        table = self._now()
        search = bisect.bisect_left if itself else bisect.bisect_right
        place = search(table, oid, key=lambda row: row[0])
        return table[place] if place < len(table) else None

    def _now(self) -> list[Row]:
        if time.monotonic() - self._made > _FRESH:
            facts = json.loads(self._facts.read_text("utf-8"))
            self._rows = rows(facts, kernel.links(), kernel.entries())
            self._made = time.monotonic()
        return self._rows


def serve(answers: Answers, questions: IO[str], said: IO[str]) -> None:
    """Until snmpd goes away. What it may not be asked (set) is refused."""
    while line := questions.readline():
        match line.strip():
            case "":
                return  # so snmpd says that it ends
            case "PING":
                text = "PONG"
            case "get":
                text = _told(answers.get(_parsed(questions.readline())))
            case "getnext":
                text = _told(answers.after(_parsed(questions.readline())))
            case "set":
                questions.readline(), questions.readline()
                text = "not-writable"
            case _:
                text = "NONE"
        said.write(f"{text}\n")
        said.flush()


def _parsed(text: str) -> Oid:
    return tuple(int(part) for part in text.strip().strip(".").split(".") if part)


def _told(row: Row | None) -> str:
    if row is None:
        return "NONE"
    oid, kind, value = row
    return f".{'.'.join(map(str, oid))}\n{kind}\n{value}"
