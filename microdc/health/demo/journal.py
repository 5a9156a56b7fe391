"""What was done to the demo, by the story and by whoever plays with it, in the order in which it was: with numbers that stay."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from microdc.health.demo.story import AGAIN, Story

_KEPT = 1000
"""Entries; older ones are forgotten."""


@dataclass(frozen=True, slots=True)
class Noted:
    """An entry. began, ended: Unix seconds, also of what has not ended yet."""

    ident: int
    kind: str
    summary: str
    began: float
    ended: float
    owner: str
    outcome: str = "done"


class Journal:
    """begun: when the story began, Unix seconds. Whoever calls it holds the demo's lock."""

    def __init__(self, story: Story, begun: float) -> None:
        self._story = story
        self._begun = begun
        self._told = 0.0
        self._entries: deque[Noted] = deque(maxlen=_KEPT)
        self._number = 0

    def note(
        self, kind: str, summary: str, at: float, owner: str, *, seconds: float = 0.4, outcome: str = "done"
    ) -> None:
        """Writes down what began at `at` and takes so long; what the story did before comes first."""
        self._catch_up(at)
        self._write(kind, summary, at, owner, seconds, outcome)

    def end(self, summary: str, at: float, outcome: str) -> None:
        """Closes what was open under this summary."""
        for place, one in enumerate(self._entries):
            if one.summary == summary and one.began <= at < one.ended:
                self._entries[place] = replace(one, ended=at, outcome=outcome)

    def entries(self, at: float) -> list[Noted]:
        """All that had begun by then, oldest first."""
        self._catch_up(at)
        return [one for one in self._entries if one.began <= at]

    def _write(self, kind: str, summary: str, at: float, owner: str, seconds: float, outcome: str) -> None:  # noqa: PLR0917  the columns of an entry
        self._number += 1
        self._entries.append(Noted(self._number, kind, summary, at, at + seconds, owner, outcome))

    def _catch_up(self, at: float) -> None:
        until = at - self._begun
        if until <= self._told:
            return
        for start, kind, summary, seconds, owner, outcome in sorted(self._lines(self._told, until)):
            self._write(kind, summary, self._begun + start, owner, seconds, outcome)
        self._told = until

    def _lines(self, after: float, until: float) -> Iterator[tuple[float, str, str, float, str, str]]:
        """What others did between two moments of the story: when, what, and how it came out."""
        for event in self._story.between(after - AGAIN, until):
            name = event.target
            if event.kind == "deploy":
                took, outcome = (45.0, "failed") if event.other else (147.0, "done")
                lines = [(event.start, "deploy", f"deploy {name}", took, "ana", outcome)]
                if event.other:
                    lines.append((event.start + AGAIN, "deploy", f"retry {name}", 147.0, "ana", "done"))
            elif event.kind == "cut":
                lines = [(event.start, "apply", f"cut of {name} for 85 s", 0.9, "chaos", "done")]
            elif event.kind == "drifted":
                told = f"verify {name}: RTT is not what is asked"
                lines = [(event.start + 20, "verify", told, 14.0, "ci", "failed")]
            else:
                continue
            yield from (line for line in lines if after < line[0] <= until)
