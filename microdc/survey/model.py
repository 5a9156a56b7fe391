"""What a survey tells: where the world is not as the inventory says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["critical", "warning", "info", "unknown"]
"""critical: another machine, or a part is missing. warning: it works, but not as declared. info: more than declared, or not declared.

unknown: declared, but its BMC does not tell it, so that nothing can be said.
"""

SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "unknown", "info")
"""Worst first."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing of a server that is declared in one way and found in another.

    what: in a few words, such as `serial number`. declared, found: as text, "" for not at all. where: the place in the document, file:line.
    hint: the likely cause or the next step.
    """

    server: str
    severity: Severity
    what: str
    declared: str = ""
    found: str = ""
    where: str = ""
    hint: str = ""
