"""Commands that run beside the UI: each in a thread of its own, its answer handed back as a message."""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import BoundedSemaphore, Event, Lock, Thread

from textual.message import Message
from textual.message_pump import MessagePump

from microdc.errors import Exit, MicrodcError
from microdc_tui.world.ports import Answer, World

Then = Callable[[Answer], None]
Tell = Callable[[str], None]
ABREAST = 4
"""Questions at once: each is a process."""
LINES = 500
"""Lines of narration of one act that wait for the UI; of a flood the newest are told."""


@dataclass
class Answered(Message):
    """A command has ended. unwanted: set where nobody waits for the answer any more. number: of the command among those that run."""

    argv: tuple[str, ...]
    then: Then
    answer: Answer
    unwanted: Event
    number: int


@dataclass
class Told(Message):
    """An act has narrated; `lines` gives what is new."""

    lines: Callable[[], tuple[str, ...]]
    tell: Tell


class Asking:
    """Runs questions and acts of the app in threads. host: whom the messages go to.

    Threads are daemons: at the end of the app nobody waits for a command that hangs.
    """

    def __init__(self, host: MessagePump, world: World) -> None:
        self._host = host
        self._world = world
        self._turn = BoundedSemaphore(ABREAST)
        self.running: dict[int, tuple[str, ...]] = {}
        """What is being asked and done now, for the status bar."""
        self._questions: dict[int, Event] = {}

    def ask(self, argv: Sequence[str], then: Then, *, plan: bool = False) -> Event:
        """Asks; `then` is called in the UI's thread. Setting the event that is returned gives the question up. plan: asks for a plan, told as to people."""
        words, stop = tuple(argv), Event()
        put = self._world.plan if plan else self._world.ask

        def run() -> None:
            with self._turn:
                self._end(words, then, stop, lambda: put(words, stop))

        self.running[id(stop)] = words
        self._questions[id(stop)] = stop
        Thread(target=run, name=f"ask {' '.join(words)}", daemon=True).start()
        return stop

    def end(self) -> None:
        """Gives up all questions: nobody waits for them any more. Acts go on."""
        for stop in tuple(self._questions.values()):
            stop.set()

    def act(self, argv: Sequence[str], tell: Tell, then: Then) -> Event:
        """Acts; `tell` gets the narration and `then` the answer, both in the UI's thread. Setting the event interrupts the act."""
        words, stop = tuple(argv), Event()
        narration = _Narration(self._host, tell)

        def run() -> None:
            self._end(words, then, stop, lambda: self._world.act(words, narration.add, stop), always=True)

        self.running[id(stop)] = words
        Thread(target=run, name=f"act {' '.join(words)}", daemon=True).start()
        return stop

    def _end(
        self,
        words: tuple[str, ...],
        then: Then,
        stop: Event,
        run: Callable[[], Answer],
        *,
        always: bool = False,
    ) -> None:
        answer = Answer(code=Exit.INTERRUPTED) if stop.is_set() else _guarded(run)
        self._questions.pop(id(stop), None)
        if always or not stop.is_set():
            # It runs until its answer is shown, so that whoever waits for the end of it sees that.
            self._host.post_message(Answered(words, then, answer, Event() if always else stop, id(stop)))
        else:
            self.running.pop(id(stop), None)


class _Narration:
    """Lines on their way to the UI: one message for all that wait, so that a flood is no flood of messages."""

    def __init__(self, host: MessagePump, tell: Tell) -> None:
        self._host = host
        self._tell = tell
        self._lock = Lock()
        self._lines: deque[str] = deque(maxlen=LINES)

    def add(self, line: str) -> None:
        with self._lock:
            first = not self._lines
            self._lines.append(line)
        if first:
            self._host.post_message(Told(self._take, self._tell))

    def _take(self) -> tuple[str, ...]:
        with self._lock:
            lines = tuple(self._lines)
            self._lines.clear()
            return lines


def _guarded(run: Callable[[], Answer]) -> Answer:
    try:
        return run()
    except MicrodcError as error:
        return Answer(code=error.exit_code, narration=tuple(part for part in (str(error),) if part))
    except Exception as error:  # noqa: BLE001  a question that fails is an answer, and the screens live on
        told = traceback.format_exc(limit=-3).strip().splitlines()
        return Answer(code=Exit.FAILED, narration=(*told[:-1], f"{type(error).__name__}: {error}"))
