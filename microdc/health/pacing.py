"""Whose turn it is to be polled: intervals, places of each kind, polls that are late, back-off. Knows no thread and no clock."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Protocol

from microdc.health.model import Kind

AT_ONCE: Final[Mapping[Kind, int]] = MappingProxyType(
    {Kind.SERVER: 32, Kind.SWITCH: 16, Kind.SHAPER: 8, Kind.PAIR: 2, Kind.NODE: 2}
)
"""Polls of a kind at the same time. They wait for somebody far away, but those of pairs, which put packets on the WAN."""
_NEVER: Final = float("inf")


class Paced(Protocol):
    """What has to be known of a probe to pace it. interval, timeout: seconds."""

    @property
    def kind(self) -> Kind: ...
    @property
    def interval(self) -> float: ...
    @property
    def timeout(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Paces:
    """slowest: seconds to which back-off grows, or the interval where that is longer. jitter: share by which every wait is longer or shorter, so that

    probes which began together do not stay together. grace: seconds that polls at work have to end once polling is over.
    """

    at_once: Mapping[Kind, int] = field(default_factory=lambda: AT_ONCE)
    slowest: float = 60.0
    jitter: float = 0.1
    grace: float = 2.0


@dataclass(slots=True)
class _Turn:
    """A probe. began: its poll, None where none is at work; given_up: it took too long, and its thread still lives; serial: of the poll."""

    began: float | None = None
    given_up: bool = False
    serial: int = 0
    polls: int = 0
    troubles: int = 0
    again: float = 0.0


@dataclass(slots=True)
class Schedule:
    """The turns of probes, which it knows by their numbers. Times are seconds of one clock that never goes back.

    chance: from -1 to 1, anew for every wait. times: how often each is polled, None for ever.
    """

    probes: Sequence[Paced]
    paces: Paces
    chance: Callable[[], float]
    times: int | None = None
    _turns: list[_Turn] = field(init=False)
    _due: list[tuple[float, int]] = field(init=False)
    _ends: list[tuple[float, int, int]] = field(init=False, default_factory=list)
    _ready: dict[Kind, deque[int]] = field(init=False)
    _at_work: dict[Kind, int] = field(init=False)

    def __post_init__(self) -> None:
        numbers = range(len(self.probes))
        self._turns = [_Turn() for _ in numbers]
        self._due = [(-_NEVER, number) for number in numbers]
        self._ready = {kind: deque() for kind in Kind}
        self._at_work = dict.fromkeys(Kind, 0)

    def begin(self, now: float) -> Iterator[int]:
        """Those whose polls begin now. A probe that is at work is not among them, nor one for which its kind has no place."""
        while self._due and self._due[0][0] <= now:
            number = heapq.heappop(self._due)[1]
            self._ready[self.probes[number].kind].append(number)
        for kind, ready in self._ready.items():
            while ready and self._at_work[kind] < self.paces.at_once.get(kind, 1):
                number = ready.popleft()
                turn = self._turns[number]
                turn.began = now
                turn.serial += 1
                turn.polls += 1
                self._at_work[kind] += 1
                heapq.heappush(self._ends, (now + self.probes[number].timeout, number, turn.serial))
                yield number

    def late(self, now: float) -> Iterator[tuple[int, float, float]]:
        """Polls that are given up now, or were and have not come back: (number, seconds since it began, seconds until the next is due).

        Its place goes to another one. The probe itself is not polled again until its poll is over; so long it is told again and again.
        """
        while self._ends and self._ends[0][0] <= now:
            end = heapq.heappop(self._ends)
            began = self._began(end)
            if began is None:
                continue
            _, number, serial = end
            turn = self._turns[number]
            if turn.given_up:
                turn.polls += 1
            else:
                turn.given_up = True
                self._at_work[self.probes[number].kind] -= 1
            turn.troubles += 1
            wait = self._wait(number)
            turn.again = now + wait
            if self.times is None or turn.polls < self.times:
                heapq.heappush(self._ends, (turn.again, number, serial))
            yield number, now - began, wait

    def over(self, number: int, now: float, *, told: bool) -> float | None:
        """A poll came back. told: whether it told anything. Seconds until the next is due; None where it was given up before."""
        turn = self._turns[number]
        began, given_up = turn.began, turn.given_up
        if began is None:
            raise ValueError(f"probe {number} is not at work")
        turn.began, turn.given_up = None, False
        if given_up:
            self._push(number, max(now, turn.again))
            return None
        self._at_work[self.probes[number].kind] -= 1
        turn.troubles = 0 if told else turn.troubles + 1
        due = max(now, began + self._wait(number))
        self._push(number, due)
        return due - now

    def wake(self) -> float:
        """When something is to be done though no poll came back; infinity where nothing is."""
        while self._ends and self._began(self._ends[0]) is None:
            heapq.heappop(self._ends)
        return min(self._due[0][0] if self._due else _NEVER, self._ends[0][0] if self._ends else _NEVER)

    @property
    def done(self) -> bool:
        """Whether each was polled as often as was wanted. Those that were given up are not waited for."""
        if self.times is None:
            return False
        return all(turn.polls >= self.times and (turn.began is None or turn.given_up) for turn in self._turns)

    def _began(self, end: tuple[float, int, int]) -> float | None:
        """When the poll of that end began; None where it is over."""
        _, number, serial = end
        turn = self._turns[number]
        return turn.began if turn.serial == serial else None

    def _push(self, number: int, due: float) -> None:
        if self.times is None or self._turns[number].polls < self.times:
            heapq.heappush(self._due, (due, number))

    def _wait(self, number: int) -> float:
        """The interval; after the second trouble in a row twice as long, then four times, up to the slowest: a first one is looked at again soon."""
        interval, troubles = self.probes[number].interval, self._turns[number].troubles
        longest = max(interval, self.paces.slowest)
        wait = min(interval * 2.0 ** min(30, max(0, troubles - 1)), longest)
        return wait * (1 + self.paces.jitter * self.chance())
