"""What a world is to the app: a source of records, and a place to ask and to act by the words of the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any, Protocol

from microdc.health.stream import Record

Put = Callable[[Sequence[Record]], None]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command gave. data: its JSON document, None where it printed none. code: its exit code. narration: what it told on stderr, line by line."""

    data: Any = None
    code: int = 0
    narration: tuple[str, ...] = ()

    @property
    def problem(self) -> str:
        """Why it failed, for people; "" where it did not."""
        if self.code == 0:
            return ""
        told = [line for line in self.narration if line.strip()]
        return "\n".join(told[-6:]) if told else f"it ended with exit code {self.code} and told nothing"


class World(Protocol):
    """A lab, a recording or the demo.

    `start` returns at once; `put` and `say` are called from threads of the world's own. `ask` and `act` block until the command has
    ended or `stop` is set, and are called from worker threads. `argv` is without the program's name: `("power", "off", "bcn-c1")`.
    """

    @property
    def title(self) -> str:
        """For the status bar."""

    @property
    def readonly(self) -> str:
        """Why nothing can be done in it, "" where it can."""

    @property
    def shared(self) -> tuple[str, ...]:
        """What stands before the words of every command that it runs, such as `-i DIR`: what is shown as the command has it, too."""

    @property
    def farewell(self) -> str:
        """What becomes of an act that runs when the world ends, in a sentence without a stop."""

    @property
    def trouble(self) -> str:
        """What is wrong with the source itself, "" where it feeds: the feed ended, a recording is over."""

    def now(self) -> float:
        """The time that its records speak of, Unix seconds: a recording's own."""

    def start(self, put: Put, say: Say) -> None:
        """Begins to give records to `put` and what there is to tell of it to `say`."""

    def hold(self, held: bool) -> None:  # noqa: FBT001  the one thing it says
        """The operator pauses: a recording stands still; a lab goes on, since it cannot be held."""

    def ask(self, argv: Sequence[str], stop: Event) -> Answer:
        """Runs a command that only reads, and returns its document."""

    def plan(self, argv: Sequence[str], stop: Event) -> Answer:
        """Runs a command that only shows what would be done; all that it says, as it says it to people, is the narration."""

    def act(self, argv: Sequence[str], tell: Say, stop: Event) -> Answer:
        """Runs a command that changes something; `tell` gets its narration as it comes. Setting `stop` interrupts it as Ctrl-C does."""

    def end(self) -> None:
        """Begins to end what `start` began, and returns at once: the terminal is not to wait for it."""

    def close(self) -> None:
        """Ends what `start` began, and waits for it."""
