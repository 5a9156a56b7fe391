"""A BMC in memory that reads what a script says, and a clock that only moves when it is waited for."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import Self, TypeVar

from microdc.bmc.errors import UnsupportedError
from microdc.bmc.model import (
    Abilities,
    Act,
    Boot,
    BootMode,
    BootTarget,
    Console,
    Feature,
    Hardware,
    Identity,
    Led,
    Log,
    LogEntry,
    Power,
    Sensors,
    Target,
)
from microdc.events import Step

R = TypeVar("R")
Read = Power | Exception
CLEARED = Boot(BootTarget.NONE, "disabled")
ALL = Abilities(
    frozenset(Act), frozenset(BootTarget), frozenset(BootMode), frozenset(Feature) - {Feature.EVENTS}
)


def able(*acts: Act) -> Abilities:
    """A BMC that can do these, and has no log."""
    return Abilities(frozenset(acts), ALL.targets, ALL.modes, frozenset())


class FakeClock:
    """Moves by what is waited."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at

    def wait(self, seconds: float) -> None:
        assert seconds > 0
        self.at += seconds


class Scripted:
    """reads: what `power` tells, one after the other, the last for ever. after: what it tells from an act on, or what the act raises; trips:
    what the first tries of an act raise.

    boot, boots_after: what `boot` tells at first, and from power on; takes: what `boot` reads after each `set_boot`, in turn; None for what was wanted.
    """

    driver = "redfish"

    def __init__(
        self,
        reads: Sequence[Read],
        after: Mapping[Act, Sequence[Read] | Exception] | None = None,
        *,
        trips: Mapping[Act, list[Exception]] | None = None,
        abilities: Abilities = ALL,
        boot: Boot = CLEARED,
        takes: Iterable[Boot | Exception | None] = (),
        boots_after: Sequence[Boot | Exception] = (),
        name: str = "a1",
        notes: tuple[str, ...] = (),
    ) -> None:
        self.target = Target(name, "sites/a.yaml:3")
        self.notes = notes
        self._reads = list(reads)
        self._after = dict(after or {})
        self._trips = {act: list(problems) for act, problems in (trips or {}).items()}
        self._abilities = abilities
        self._boots: list[Boot | Exception] = [boot]
        self._takes = iter(takes)
        self._boots_after = list(boots_after)
        self.sent: list[Act] = []
        self.put: list[Boot] = []
        self.entries: list[LogEntry] = []
        self.logs: dict[Act, LogEntry] = {}
        self.light: Led = "off"
        self.closed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed += 1

    def abilities(self) -> Abilities:
        return self._abilities

    def identity(self) -> Identity:
        return Identity(manufacturer="ACME", model="One", serial="S1")

    def hardware(self) -> Hardware:
        return Hardware(self.identity())

    def power(self) -> Power:
        read = self._reads.pop(0) if len(self._reads) > 1 else self._reads[0]
        if isinstance(read, Exception):
            raise read
        return read

    def act(self, act: Act) -> None:
        trips = self._trips.get(act)
        then = trips.pop(0) if trips else self._after.get(act, ())
        if isinstance(then, Exception):
            if getattr(then, "sent", False):
                self.sent.append(act)
            raise then
        self.sent.append(act)
        if then:
            self._reads = list(then)
        if act in self.logs:
            self.entries.insert(0, self.logs[act])
        if act is Act.ON and self._boots_after:
            self._boots = list(self._boots_after)

    def boot(self) -> Boot:
        read = self._boots.pop(0) if len(self._boots) > 1 else self._boots[0]
        if isinstance(read, Exception):
            raise read
        return read

    def set_boot(self, wanted: Boot) -> Boot:
        self.put.append(wanted)
        took = next(self._takes, None)
        if isinstance(took, Exception):
            if getattr(took, "sent", False):
                self._boots = [wanted]
            raise took
        self._boots = [wanted if took is None else took]
        return self.boot()

    def sensors(self) -> Sensors:
        return Sensors(())

    def log(self, limit: int | None = None) -> Log:
        return Log(tuple(self.entries[:limit]), len(self.entries))

    def clear_log(self) -> None:
        self.entries = []

    def events(self, stop: threading.Event) -> Iterator[LogEntry]:  # noqa: ARG002
        raise UnsupportedError("no events")

    def reset_controller(self) -> None:
        return

    def led(self) -> Led:
        return self.light

    def set_led(self, led: Led) -> None:
        self.light = led

    def console(self) -> Console:
        return Console("ssh a1")


def ended(operation: Generator[Step, None, R]) -> tuple[R, list[Step]]:
    """What an operation returns, and its steps."""
    steps = []
    while True:
        try:
            steps.append(next(operation))
        except StopIteration as end:
            return end.value, steps
