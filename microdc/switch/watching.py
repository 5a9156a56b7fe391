"""Switches watched over SNMP: rates, errors and flaps, from each as often as is asked, whatever becomes of the others."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from microdc.errors import MicrodcError
from microdc.snmp.model import Limits
from microdc.switch.many import outcome_of
from microdc.switch.model import SwitchState
from microdc.switch.operate import read_one
from microdc.switch.snmp.views import View
from microdc.switch.traffic import Between, between
from microdc.testbed.model import Switch, Testbed

_VIEWS: tuple[View, ...] = ("ports", "counters")


@dataclass(frozen=True, slots=True)
class Tick:
    """One switch at one moment: what happened since the reading before, or why it could not be read. at: seconds since 1970.

    flaps: by ifIndex, in how many intervals its link changed since the watch began.
    """

    switch: Switch
    at: float
    between: Between | None
    flaps: dict[int, int]
    error: MicrodcError | None = None


def watch(
    testbed: Testbed,
    switches: Sequence[Switch],
    *,
    every: float,
    count: int | None = None,
    limits: Limits | None = None,
) -> Generator[Tick, None, None]:
    """Ticks of all switches as they come, each `count` of every switch, or until it is closed. every: seconds from reading to reading.

    The first tick of a switch comes after its second reading. One that cannot be read is told each time, and asked again.
    """
    stop = threading.Event()
    told: queue.SimpleQueue[Tick | None] = queue.SimpleQueue()

    def follow(switch: Switch) -> None:
        try:
            read = partial(read_one, testbed, switch, _VIEWS, limits)
            for tick in _ticks(switch, read, every, count, stop):
                told.put(tick)
        finally:
            told.put(None)

    for switch in switches:
        threading.Thread(target=follow, args=(switch,), name=f"watch-{switch.name}", daemon=True).start()
    left = len(switches)
    try:
        while left:
            tick = told.get()
            if tick is None:
                left -= 1
            else:
                yield tick
    finally:
        stop.set()


def _ticks(
    switch: Switch,
    read: Callable[[], SwitchState],
    every: float,
    count: int | None,
    stop: threading.Event,
) -> Iterator[Tick]:
    before: SwitchState | None = None
    flaps: dict[int, int] = {}
    due = time.monotonic()
    told = 0
    while not stop.is_set() and (count is None or told < count):
        outcome = outcome_of(switch, lambda _: read())
        after = outcome.value
        if after is None:
            yield Tick(switch, time.time(), None, flaps, outcome.error)
            told += 1
        elif before is not None:
            found = between(before, after)
            flaps = _counted(flaps, found)
            yield Tick(switch, time.time(), found, flaps)
            told += 1
        before = after or before  # rates over a gap are true: the counters went on
        due = max(due + every, time.monotonic())  # what came too late is not made up for
        stop.wait(due - time.monotonic())


def _counted(flaps: dict[int, int], found: Between) -> dict[int, int]:
    changed = (one.port.index for one in found.ports if one.flapped)
    return {**flaps, **{index: flaps.get(index, 0) + 1 for index in changed}}
