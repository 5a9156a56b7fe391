"""Many servers, each visited through its BMC: opened, worked at, logged out of, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from microdc import abreast
from microdc.bmc.driver import Bmc
from microdc.bmc.fleet import Outcome, Task, run
from microdc.bmc.model import Limits, Target
from microdc.bmc.opening import open_bmc
from microdc.bmc.targets import Outlet, selected, spare_outlets, target_of
from microdc.errors import Exit, InputError
from microdc.events import Step
from microdc.testbed.model import Server, Testbed

T = TypeVar("T")
LONGEST = 600.0
"""Seconds after which a server that is only read is given up: the drivers end long before, each answer has its own limit."""


@dataclass(frozen=True, slots=True)
class Servers:
    """Servers that were selected. targets: those that can be spoken to; unready: those whose credentials cannot be read; without: the names
    of those that have neither a BMC nor an outlet that can be switched. notes: what has to be minded of one, whatever is done. timeout: seconds
    after which one is given up, whatever is done; None as long as that may take.
    """

    testbed: Testbed
    targets: tuple[Target, ...]
    unready: tuple[Outcome[Any], ...] = ()
    without: tuple[str, ...] = ()
    racks: tuple[str, ...] = ()
    outlets: Mapping[str, tuple[Outlet, ...]] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    timeout: float | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Those that can be spoken to."""
        return tuple(target.name for target in self.targets)

    def check(self) -> None:
        """Raises InputError where not every server that was meant can be spoken to: nothing is done to some of them only."""
        problems = [outcome.error for outcome in self.unready if outcome.error is not None]
        if problems:
            raise InputError(
                "; ".join(dict.fromkeys(problem.what for problem in problems)),
                where=problems[0].where,
                hint=problems[0].hint,
            )
        if not self.targets:
            raise InputError(
                f"no BMC is declared for {', '.join(self.without)}", hint="write `bmc:` with redfish or ipmi"
            )


@dataclass(frozen=True, slots=True)
class Report(Generic[T]):
    """What came of a visit to servers: an outcome for each that was selected, in the inventory's order, but for those `without` a BMC."""

    outcomes: tuple[Outcome[T], ...]
    without: tuple[str, ...] = ()

    @property
    def exit(self) -> Exit:
        """The exit code that stands for all: a failure before what could not be reached."""
        codes = {_exit(outcome) for outcome in self.outcomes} - {Exit.OK}
        if not codes and self.without and not self.outcomes:
            return Exit.USAGE
        return next(
            (code for code in (Exit.FAILED, Exit.UNREACHABLE) if code in codes), max(codes, default=Exit.OK)
        )


def _exit(outcome: Outcome[Any]) -> Exit:
    if outcome.error is not None:
        return outcome.error.exit_code
    return Exit.FAILED if failed(outcome) else Exit.OK


def failed(outcome: Outcome[Any]) -> bool:
    """Whether a server did not do as asked, or could not be asked."""
    return outcome.error is not None or getattr(outcome.value, "came", "") == "failed"


def servers_of(
    testbed: Testbed,
    patterns: Sequence[str],
    labels: Sequence[str] = (),
    *,
    limits: Limits | None = None,
    timeout: float | None = None,
) -> Servers:
    """The servers that are meant, with what is needed to speak to them. timeout: as `Servers` has it. Raises InputError as `selected`."""
    selection = selected(testbed, patterns, labels)
    targets: list[Target] = []
    unready: list[Outcome[Any]] = []
    outlets: dict[str, tuple[Outlet, ...]] = {}
    notes: dict[str, str] = {}
    for server in selection.servers:
        try:
            target = target_of(testbed, server)
            outlets[server.name], notes[server.name] = spare_outlets(testbed, server)
        except InputError as problem:
            unready.append(abreast.Outcome(Target(server.name, problem.where), error=problem))
            continue
        targets.append(target)
    return Servers(
        testbed=testbed,
        targets=tuple(targets),
        unready=tuple(unready),
        without=tuple(server.name for server in selection.without),
        racks=_racks(selection.servers),
        outlets={name: ways for name, ways in outlets.items() if ways},
        notes={name: note for name, note in notes.items() if note},
        limits=limits or Limits(),
        timeout=timeout,
    )


def _racks(servers: Sequence[Server]) -> tuple[str, ...]:
    """What has to be free for these servers, as the leases call it."""
    return tuple(dict.fromkeys(f"rack:{server.site}/{server.rack}" for server in servers))


Use = Callable[[Bmc, Task[Step]], Generator[Step, None, T]]


def visit(
    servers: Servers,
    doing: str,
    use: Use[T],
    *,
    longest: float = LONGEST,
    heard: Callable[[Outcome[T]], None] = lambda _: None,
) -> Generator[Step, None, Report[T]]:
    """Opens each server's BMC, has it used, and logs out. doing: what steps call it; heard: is told each outcome as it comes.

    longest: seconds after which a server is given up where `servers.timeout` says nothing.
    """

    def work(task: Task[Step]) -> T:
        name = task.target.name
        minded = (servers.notes[name],) if name in servers.notes else ()
        task.notes = minded
        with open_bmc(task.target, servers.limits, servers.outlets.get(name, ())) as bmc:
            task.driver = bmc.driver
            try:
                return _drive(use(cast("Bmc", _Heeding(bmc, task)), task), task.tell)
            finally:
                task.notes = (*minded, *bmc.notes)

    found: dict[str, Outcome[T]] = {}
    events = run(servers.targets, work, deadline=servers.timeout or longest, heard=heard)
    with closing(events):
        for event in events:
            if isinstance(event, Step):
                yield event
                continue
            found[event.target.name] = event
            if event.error is not None:
                yield Step(f"{event.target.name}: {doing}", "failed", event.error.what)
    return Report((*(found[name] for name in servers.names), *servers.unready), servers.without)


class _Heeding:
    """A BMC that is asked nothing more once the work is to end: what had not been sent when somebody pressed Ctrl-C is not sent after it."""

    def __init__(self, bmc: Bmc, task: Task[Step]) -> None:
        self._bmc = bmc
        self._task = task

    def __getattr__(self, name: str) -> object:
        self._task.wait(0.0)
        return getattr(self._bmc, name)


def _drive(operation: Generator[Step, None, T], tell: Callable[[Step], None]) -> T:
    """Runs an operation to its end; it ends at once where the telling raises."""
    with closing(operation):
        while True:
            try:
                tell(next(operation))
            except StopIteration as end:
                value: T = end.value
                return value


def reading(doing: str, read: Callable[[Bmc], T]) -> Use[T]:
    """A use that only reads."""

    def use(bmc: Bmc, _: Task[Step]) -> Generator[Step, None, T]:
        label = f"{bmc.target.name}: {doing}"
        yield Step(label, "started")
        value = read(bmc)
        yield Step(label, "done")
        return value

    return use
