"""Probes polled in threads: what they tell and raise, and what one that hangs costs. Conditions are waited for, never times."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import pytest

from microdc.abreast import UnexpectedError
from microdc.bmc.errors import BmcError, BmcRefusedError, Cause
from microdc.errors import ApplyError, InputError, MicrodcError, UnreachableError
from microdc.health.board import Board
from microdc.health.model import Device, Fleet, Kind, Observation, Sample, State, Trouble
from microdc.health.pacing import Paces
from microdc.health.polling import Poller
from microdc.health.troubles import trouble_of
from microdc.snmp.errors import Cause as OfSnmp
from microdc.snmp.errors import SnmpError

DEADLINE = 30.0
QUICK = Paces(slowest=0.02, grace=0.0)


@dataclass
class Scripted:
    """A probe that does what it is told to. polls: that began."""

    act: Callable[[], Iterable[Observation]] | None = None
    devices: tuple[str, ...] = ("server/a",)
    kind: Kind = Kind.SERVER
    interval: float = 0.01
    timeout: float = DEADLINE
    polls: int = 0
    within: int = 0
    met: list[int] = field(default_factory=list)

    def read(self) -> Iterator[Observation]:
        self.polls += 1
        self.within += 1
        self.met.append(self.within)
        try:
            if self.act is None:
                yield from (Observation(key, figures={"draw_watts": 1.0}) for key in self.devices)
            else:
                yield from self.act()
        finally:
            self.within -= 1


@contextmanager
def polled(*probes: Scripted, paces: Paces = QUICK, times: int | None = None) -> Iterator[Iterator[Sample]]:
    stop = threading.Event()
    running = Poller(probes, paces).run(stop, times=times)
    try:
        yield running
    finally:
        stop.set()
        for _ in running:
            pass


def until(running: Iterator[Sample], wanted: Callable[[list[Sample]], bool]) -> list[Sample]:
    """The samples that came until they were as wanted."""
    found: list[Sample] = []
    end = time.monotonic() + DEADLINE
    for sample in running:
        found.append(sample)
        if wanted(found):
            return found
        assert time.monotonic() < end, found[-10:]
    pytest.fail(f"polling ended before: {found}")


def of(samples: Iterable[Sample], device: str) -> list[Sample]:
    return [one for one in samples if one.device == device]


def hang(gate: threading.Event) -> Callable[[], Iterable[Observation]]:
    def act() -> Iterable[Observation]:
        gate.wait(DEADLINE)
        return ()

    return act


def fail(problem: BaseException) -> Callable[[], Iterable[Observation]]:
    def act() -> Iterable[Observation]:
        raise problem

    return act


def test_each_device_is_told_of_again_and_again() -> None:
    both = Scripted(devices=("node/a", "node/b"), kind=Kind.NODE)
    with polled(both) as running:
        found = until(running, lambda told: len(of(told, "node/b")) >= 3)
    for sample in found:
        assert sample.trouble is None
        assert sample.figures == {"draw_watts": 1.0}
        assert sample.took >= 0
        assert 0 <= sample.next <= 0.011
    assert max(both.met) == 1


def test_a_probe_that_hangs_is_late_again_and_again_and_costs_one_thread() -> None:
    gate = threading.Event()
    stuck, well = Scripted(hang(gate), timeout=0.05), Scripted(devices=("server/b",))
    before = threading.active_count()
    with polled(stuck, well, paces=Paces({Kind.SERVER: 1}, slowest=0.02, grace=0.0)) as running:
        found = until(running, lambda told: len(of(told, "server/a")) >= 4 and len(of(told, "server/b")) >= 4)
        assert threading.active_count() <= before + 2  # the one that hangs, and perhaps the other's poll
        assert stuck.polls == 1
        assert {one.trouble.kind for one in of(found, "server/a") if one.trouble} == {"late"}
        assert all(one.trouble is None for one in of(found, "server/b"))
        gate.set()
        until(running, lambda _: stuck.polls >= 2)  # once it came back it is polled again
    assert max(stuck.met) == 1


def test_what_comes_back_too_late_is_not_told() -> None:
    gate = threading.Event()

    def act() -> Iterable[Observation]:
        gate.wait(DEADLINE)
        return [Observation("server/a", facts={"poll": probe.polls})]

    probe = Scripted(act, timeout=0.05)
    with polled(probe) as running:
        until(running, lambda told: told[-1].trouble is not None)
        gate.set()
        told = until(running, lambda told: told[-1].trouble is None)[-1]
    assert told.facts["poll"] >= 2


def test_a_mistake_in_a_probe_names_it_and_the_others_are_polled_on() -> None:
    wrong, well = Scripted(fail(KeyError("temperature"))), Scripted(devices=("server/b",))
    with polled(wrong, well) as running:
        found = until(running, lambda told: min(len(of(told, "server/a")), len(of(told, "server/b"))) >= 3)
    trouble = of(found, "server/a")[0].trouble
    assert trouble is not None
    assert (trouble.kind, trouble.where) == ("own", "probe of server/a")
    assert "KeyError" in trouble.what
    assert "temperature" in trouble.what
    assert all(one.trouble is None for one in of(found, "server/b"))


class Panic(BaseException):
    """Not an Exception."""


@pytest.mark.parametrize("problem", [Panic("Rust"), SystemExit(1), MemoryError(), RecursionError("deep")])
def test_nothing_that_a_probe_raises_ends_polling(problem: BaseException) -> None:
    with polled(Scripted(fail(problem))) as running:
        found = until(running, lambda told: len(told) >= 2)
    assert all(one.trouble is not None and one.trouble.kind == "own" for one in found)


def test_what_a_probe_told_before_it_failed_is_told() -> None:
    def act() -> Iterator[Observation]:
        yield Observation("node/a")
        raise UnreachableError("the store is away", where="node/b")

    with polled(Scripted(act, devices=("node/a", "node/b"), kind=Kind.NODE), times=1) as running:
        found = list(running)
    assert [(one.device, one.trouble) for one in found] == [
        ("node/a", None),
        ("node/b", Trouble("unreachable", "the store is away", "node/b")),
    ]


def test_a_probe_that_never_ends_telling_is_given_up_and_ended() -> None:
    ended = threading.Event()

    def act() -> Iterator[Observation]:
        try:
            while True:
                yield Observation("server/a")
        finally:
            ended.set()

    with polled(Scripted(act, timeout=0.05), times=1) as running:
        found = list(running)
    assert [one.trouble.kind for one in found if one.trouble] == ["late"]
    assert ended.wait(DEADLINE)


def test_a_probe_that_tells_of_another_ones_device_is_a_mistake() -> None:
    with polled(Scripted(lambda: [Observation("server/b")]), times=1) as running:
        (sample,) = running
    assert sample.device == "server/a"
    assert sample.trouble is not None
    assert sample.trouble.kind == "own"
    assert "server/b" in sample.trouble.what


def test_two_probes_of_one_device_are_refused() -> None:
    with pytest.raises(ValueError, match="more than one probe for server/a"):
        Poller([Scripted(), Scripted(devices=("server/b", "server/a"))])


def test_polls_of_a_kind_are_bounded_and_all_get_their_turn() -> None:
    lock, at_once, most = threading.Lock(), 0, 0
    meeting = threading.Barrier(3)

    def act(key: str) -> Iterable[Observation]:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        meeting.wait(DEADLINE)  # only three at once get past it: there are as many places, and no fewer
        with lock:
            at_once -= 1
        return [Observation(key)]

    keys = [f"server/{number}" for number in range(12)]
    probes = [Scripted(partial(act, key), devices=(key,)) for key in keys]
    with polled(*probes, paces=Paces({Kind.SERVER: 3}), times=1) as running:
        found = list(running)
    assert sorted(one.device for one in found) == sorted(keys)
    assert all(one.trouble is None for one in found)
    assert most == 3


def test_nothing_is_polled_while_nobody_takes_the_samples() -> None:
    probe = Scripted(interval=0.0)
    with polled(probe) as running:
        for polls in range(1, 5):
            next(running)
            assert probe.polls == polls


def test_what_came_in_time_is_told_however_late_it_is_taken() -> None:
    gate = threading.Event()

    def act() -> Iterable[Observation]:
        gate.wait(DEADLINE)
        return [Observation("server/b")]

    slow = Scripted(act, devices=("server/b",), timeout=1.0)
    with polled(Scripted(), slow, times=1) as running:
        assert next(running).device == "server/a"
        began = time.monotonic()
        gate.set()
        while slow.within or time.monotonic() < began + 1.1:  # until its time is over: it is what is tried
            time.sleep(0.05)
        assert [(one.device, one.trouble) for one in running] == [("server/b", None)]


def test_polling_ends_when_it_is_stopped_and_waits_a_little_for_those_at_work() -> None:
    begun, stop, ended = threading.Event(), threading.Event(), threading.Event()

    def act() -> Iterable[Observation]:
        begun.set()
        stop.wait(DEADLINE)
        ended.set()
        return ()

    def stopping() -> None:
        begun.wait(DEADLINE)
        stop.set()

    threading.Thread(target=stopping, daemon=True).start()
    assert list(Poller([Scripted(act)], Paces(grace=DEADLINE)).run(stop)) == []
    assert ended.is_set()


def test_a_poller_runs_once() -> None:
    poller = Poller([Scripted()])
    assert len(list(poller.run(threading.Event(), times=1))) == 1
    with pytest.raises(RuntimeError, match="once"):
        next(poller.run(threading.Event()))


def test_without_probes_nothing_comes_and_stopping_works() -> None:
    stop = threading.Event()
    stop.set()
    assert list(Poller([]).run(stop)) == []
    assert list(Poller([]).run(threading.Event(), times=1)) == []


def test_what_one_probe_goes_through_is_seen_on_a_board() -> None:
    problems: list[BaseException | None] = [
        None,
        UnreachableError("gone"),
        UnreachableError("gone"),
        None,
        None,
    ]

    def act() -> Iterable[Observation]:
        problem = problems[min(probe.polls, len(problems)) - 1]
        if problem is not None:
            raise problem
        return [Observation("server/a")]

    probe = Scripted(act)
    board = Board()
    board.apply([Fleet(devices=(Device(Kind.SERVER, "a"),))], 0.0)
    states = []
    with polled(probe, times=5) as running:
        for sample in running:
            board.apply([sample], sample.at)
            states.append(board.device("server/a").state)
    assert states == [State.OK, State.OK, State.DOWN, State.DOWN, State.OK]


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (UnreachableError("gone"), "unreachable"),
        (BmcError(Cause.NO_ROUTE, "no route"), "unreachable"),
        (BmcError(Cause.TIMEOUT, "no answer"), "late"),
        (BmcError(Cause.LOGIN, "login refused"), "refused"),
        (BmcError(Cause.CERTIFICATE_CHANGED, "another certificate"), "refused"),
        (BmcError(Cause.BROKEN_ANSWER, "half an answer"), "fault"),
        (BmcRefusedError("no"), "refused"),
        (SnmpError(OfSnmp.WRONG_PASSWORD, "wrong password"), "refused"),
        (SnmpError(OfSnmp.TIMEOUT, "no answer"), "late"),
        (InputError("no credentials"), "refused"),
        (ApplyError("not kept"), "fault"),
        (MicrodcError("odd"), "fault"),
        (UnexpectedError("KeyError: 'a'"), "own"),
        (TimeoutError(), "late"),
        (ConnectionRefusedError(111, "Connection refused"), "unreachable"),
        (OSError(113, "No route to host"), "unreachable"),
        (OSError(28, "No space left on device"), "own"),
        (ZeroDivisionError(), "own"),
    ],
)
def test_what_each_error_is_to_who_watches(problem: BaseException, kind: str) -> None:
    trouble = trouble_of(problem, "probe of server/a")
    assert trouble.kind == kind
    assert trouble.what


def test_an_error_keeps_its_place_and_its_hint() -> None:
    trouble = trouble_of(UnreachableError("no answer", where="10.0.0.1", hint="is it plugged in?"), "probe")
    assert trouble == Trouble("unreachable", "no answer", "10.0.0.1", "is it plugged in?")
