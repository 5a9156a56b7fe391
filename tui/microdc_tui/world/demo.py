"""The demo fleet as a world: the same records and the same words as a lab, and nobody's permission needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Event, Thread
from typing import Any

from microdc.errors import Exit
from microdc.health.demo import Demo
from microdc_tui.world.demo_acts import carry_out
from microdc_tui.world.demo_plans import planned
from microdc_tui.world.ports import Answer, Put, Say
from microdc_tui.world.words import Words, take_apart

Document = Mapping[str, Any]


class DemoWorld:
    """A demo, fed in real time. The act takes the seconds that the demo says; nothing outside of this process is touched."""

    readonly = ""
    shared: tuple[str, ...] = ()
    farewell = "it ends with the demo"

    def __init__(self, demo: Demo, clock: Callable[[], float] = time.time) -> None:
        self.title = "demo"
        self.trouble = ""
        self.demo = demo
        self._clock = clock
        self._closing = Event()
        self._thread: Thread | None = None

    def now(self) -> float:
        return self._clock()

    def start(self, put: Put, say: Say) -> None:
        say("the demo fleet: all of it is made up, and nothing outside of this program is touched")
        self._thread = Thread(target=self._feed, args=(put, say), name="demo", daemon=True)
        self._thread.start()

    def hold(self, held: bool) -> None:  # noqa: FBT001
        """The demo lives on, as a lab does."""

    def ask(self, argv: Sequence[str], stop: Event) -> Answer:
        del stop
        words = take_apart(argv)
        if "--dry-run" in words.options:
            return Answer(narration=("the demo would do it, and tells no more of it",))
        for depth in (2, 1):
            tell = _QUESTIONS.get(words.names[:depth])
            if tell is not None:
                return Answer(tell(self.demo, Words(words.names[depth:], words.options)))
        return Answer(code=Exit.USAGE, narration=(f"the demo does not know `microdc {' '.join(argv)}`",))

    def plan(self, argv: Sequence[str], stop: Event) -> Answer:
        del stop
        return planned(self.demo, take_apart(argv))

    def act(self, argv: Sequence[str], tell: Say, stop: Event) -> Answer:
        return carry_out(self.demo, argv, tell, stop, self._clock)

    def _feed(self, put: Put, say: Say) -> None:
        try:
            put([self.demo.fleet])
            put(self.demo.samples(self._clock()))
            for samples in self.demo.batches(self._closing):
                put(samples)
        except Exception as error:  # noqa: BLE001  told, since a feed that merely stops looks like a fleet that is dead
            self.trouble = f"the demo ended: {type(error).__name__}: {error}"
            say(self.trouble)

    def end(self) -> None:
        self._closing.set()

    def close(self) -> None:
        self.end()
        if self._thread is not None:
            self._thread.join(2.0)


_QUESTIONS: Mapping[tuple[str, ...], Callable[[Demo, Words], Document]] = {
    ("inventory", "show"): lambda demo, words: demo.declared(_one(words)),
    ("inventory", "collect"): lambda demo, words: demo.hardware(_one(words)),
    ("bmc", "sel"): lambda demo, words: demo.sel(_one(words)),
    ("bmc", "sensors"): lambda demo, words: demo.sensors(_one(words)),
    ("bmc", "console-hint"): lambda demo, words: demo.console(_one(words)),
    ("boot",): lambda demo, words: demo.boot(_one(words)),
    ("switch", "show"): lambda demo, words: demo.switch(_one(words)),
    ("switch", "ports"): lambda demo, words: demo.ports(_one(words)),
    ("switch", "neighbours"): lambda demo, words: demo.neighbours(_one(words)),
    ("switch", "macs"): lambda demo, words: demo.macs(_one(words)),
    ("switch", "vlans"): lambda demo, words: demo.vlans(_one(words)),
    ("cabling", "check"): lambda demo, words: demo.cabling(_one(words)),
    ("deploy", "explain"): lambda demo, words: demo.explain(_one(words)),
    ("deploy", "status"): lambda demo, words: demo.nodes(_one(words)),
    ("log", "show"): lambda demo, words: demo.entry(int(_one(words) or 0)),
    ("log",): lambda demo, words: demo.journal(int(words.option("--last", "20"))),
    ("lease", "list"): lambda demo, _: demo.leases(),
    ("wan", "show"): lambda demo, _: demo.wan(),
    ("wan", "drift"): lambda demo, _: demo.drift(),
}


def _one(words: Words) -> str:
    return words.names[0] if words.names else ""
