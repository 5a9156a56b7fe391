"""What was asked of a device by the command line: what is on its way, what came, and when. No widget."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from microdc_tui.devices.answers import Refusal, Told, told
from microdc_tui.world.ports import Answer

Ask = Callable[[Sequence[str], Callable[[Answer], None]], object]


@dataclass(frozen=True, slots=True)
class Pending:
    """A question on its way. since: when it was asked."""

    argv: tuple[str, ...]
    since: float


class Questions:
    """The questions about one device, by their names; each is on its way at most once. changed: called where an answer came."""

    def __init__(self, name: str, ask: Ask, clock: Callable[[], float], changed: Callable[[], None]) -> None:
        self._name = name
        self._ask = ask
        self._clock = clock
        self._changed = changed
        self.told: dict[str, Told] = {}
        self.pending: dict[str, Pending] = {}

    def ask(self, questions: Mapping[str, tuple[str, ...]], *, again: bool = False) -> None:
        """Asks what was not asked yet; again: also what was. What was told before stays until the new answer is there."""
        for question, argv in questions.items():
            if question in self.pending or (question in self.told and not again):
                continue
            self.pending[question] = Pending(argv, self._clock())
            self._ask(argv, lambda answer, question=question: self._answered(question, answer))  # type: ignore[misc]

    def refusals(self, questions: Mapping[str, tuple[str, ...]]) -> list[Refusal]:
        """Why the answers are not all there; each reason once."""
        found = (self.told[one].refusal for one in questions if one in self.told)
        return list(dict.fromkeys(refusal for refusal in found if refusal is not None))

    def notes(self, questions: Mapping[str, tuple[str, ...]]) -> list[str]:
        """What has to be minded with the answers; each once."""
        return list(
            dict.fromkeys(note for one in questions if one in self.told for note in self.told[one].notes)
        )

    def _answered(self, question: str, answer: Answer) -> None:
        self.pending.pop(question, None)
        new = told(answer.data, self._name, code=answer.code, narration=answer.narration, at=self._clock())
        before = self.told.get(question)
        if new.refusal is not None and before is not None and before.data and not new.data:
            new = Told(
                before.at, before.data, new.refusal, before.notes
            )  # the old answer, whose age shows, is better than none
        self.told[question] = new
        self._changed()
