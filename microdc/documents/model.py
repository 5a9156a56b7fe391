"""Where a value stands in a document, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from microdc.errors import InputError


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a document: file and line, counted from 1 (0: the file as a whole)."""

    file: Path
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else str(self.file)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a document: where, what, and the nearest valid name or the next step."""

    where: Where
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" ({self.hint})" if self.hint else "")


class DocumentError(InputError):
    """Documents with problems: all of them, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        first = self.problems[0]
        more = (
            f", and {len(self.problems) - 1} more: microdc validate lists all"
            if len(self.problems) > 1
            else ""
        )
        super().__init__(
            first.what, where=str(first.where), hint=first.hint + more if first.hint else more.lstrip(", ")
        )
