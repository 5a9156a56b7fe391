"""Many BMCs at once: a result for each, none that waits for another, and an end when it is asked for."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from microdc import abreast
from microdc.abreast import StoppedError, UnexpectedError
from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.fleet import Outcome, Task, address, each, run
from microdc.bmc.model import Target

LONG = 30.0
"""Seconds after which a test has failed, which otherwise waits for nothing."""


def targets(count: int) -> list[Target]:
    return [Target(f"a{n}", f"a.yaml:{n}", redfish=f"https://10.0.0.{n}") for n in range(count)]


def test_an_outcome_for_each_with_value_error_notes_and_driver() -> None:
    def work(task: Task[object]) -> str:
        task.notes, task.driver = ("mind this",), "redfish"
        if task.target.name == "a1":
            raise BmcError(Cause.REFUSED, "refused", where="10.0.0.1")
        return task.target.name

    found = {outcome.target.name: outcome for outcome in each(targets(3), work)}
    assert [found[name].value for name in ("a0", "a1", "a2")] == ["a0", None, "a2"]
    assert isinstance(found["a1"].error, BmcError)
    assert all(o.notes == ("mind this",) and o.driver == "redfish" and o.seconds >= 0 for o in found.values())


def test_a_mistake_of_the_program_is_an_outcome_with_its_place_and_cause() -> None:
    def work(task: Task[object]) -> int:
        return {"a0": 1}[task.target.name]

    found = {outcome.target.name: outcome for outcome in each(targets(2), work)}
    assert found["a0"].value == 1
    error = found["a1"].error
    assert isinstance(error, UnexpectedError)
    assert (error.what, error.where) == ("KeyError: 'a1'", "a.yaml:1")
    assert isinstance(error.__cause__, KeyError)
    assert error.__cause__.__traceback__ is not None


def test_one_that_hangs_holds_nobody_up() -> None:
    release = threading.Event()

    def work(task: Task[object]) -> str:
        if task.target.name == "a0":
            assert release.wait(LONG)
        return task.target.name

    came = []
    for outcome in each(targets(4), work, at_once=2):
        came.append(outcome.value)
        if len(came) == 3:
            release.set()  # only now: the others came before it
    assert came[3] == "a0"


def test_one_whose_time_is_over_is_told_and_heard_no_more() -> None:
    release = threading.Event()

    def work(task: Task[object]) -> str:
        if task.target.name == "a0":
            assert release.wait(LONG)
        return task.target.name

    outcomes = []
    for outcome in each(targets(2), work, deadline=0.2):
        outcomes.append(outcome)
        if outcome.error is not None:
            release.set()
    late = next(outcome for outcome in outcomes if outcome.target.name == "a0")
    assert len(outcomes) == 2
    assert isinstance(late.error, BmcError)
    assert (late.error.cause, late.error.sent, late.error.where) == (Cause.TIMEOUT, True, "a.yaml:0")


def test_one_whose_time_is_over_asks_nothing_more() -> None:
    ended = threading.Event()

    def work(task: Task[object]) -> None:
        try:
            task.wait(LONG)  # as before each request
        except StoppedError:
            ended.set()
            raise

    (late,) = each(targets(1), work, deadline=0.1)
    assert isinstance(late.error, BmcError)
    assert late.error.cause is Cause.TIMEOUT
    assert ended.wait(LONG / 2)


def test_many_that_hang_do_not_hold_all_places_for_ever() -> None:
    release = threading.Event()

    def work(task: Task[object]) -> str:
        if task.target.name != "a7":
            assert release.wait(LONG)
        return task.target.name

    found = []
    for outcome in each(targets(8), work, at_once=2, deadline=0.1):
        found.append(outcome.value)
        if len(found) == 8:
            release.set()
    assert sorted(map(str, found)) == ["None"] * 7 + ["a7"]


def test_systems_behind_one_bmc_are_worked_at_one_after_the_other() -> None:
    blades = [Target(f"b{n}", redfish="https://10.0.0.9/", system=str(n)) for n in range(4)]
    others = targets(4)
    inside: Counter[str] = Counter()
    most: Counter[str] = Counter()
    lock = threading.Lock()
    both = threading.Barrier(2, timeout=LONG)

    def work(task: Task[object]) -> str:
        bmc = task.target.redfish
        with lock:
            inside[bmc] += 1
            most[bmc] = max(most[bmc], inside[bmc])
        if task.target.name in {"b0", "a0"}:
            both.wait()  # of different BMCs two are worked at the same time
        with lock:
            inside[bmc] -= 1
        return task.target.name

    names = [outcome.value for outcome in each([*blades, *others], work)]
    assert sorted(map(str, names)) == ["a0", "a1", "a2", "a3", "b0", "b1", "b2", "b3"]
    assert set(most.values()) == {1}


def test_after_one_of_them_is_late_the_next_has_its_turn() -> None:
    blades = [Target(f"b{n}", redfish="https://10.0.0.9/", system=str(n)) for n in range(2)]
    release = threading.Event()

    def work(task: Task[object]) -> str:
        if task.target.name == "b0":
            assert release.wait(LONG)
        return task.target.name

    found = []
    for outcome in each(blades, work, deadline=0.2):
        found.append((outcome.target.name, outcome.value))
        release.set()
    assert found == [("b0", None), ("b1", "b1")]


def test_no_more_than_so_many_at_once() -> None:
    lock = threading.Lock()
    count, most = 0, 0

    def work(task: Task[object]) -> None:
        nonlocal count, most
        with lock:
            count += 1
            most = max(most, count)
        task.stop.wait(0.001)
        with lock:
            count -= 1

    assert len(list(each(targets(40), work, at_once=3))) == 40
    assert most <= 3


def test_what_is_told_comes_before_the_outcome() -> None:
    def work(task: Task[str]) -> int:
        task.tell("one")
        task.tell("two")
        return 3

    events = [event if isinstance(event, str) else event.value for event in run(targets(1), work)]
    assert events == ["one", "two", 3]


def test_who_stops_listening_ends_the_work_and_has_it_log_out() -> None:
    began = threading.Barrier(3, timeout=LONG)
    out: list[str] = []
    outcomes: list[Outcome[None]] = []

    def work(task: Task[str]) -> None:
        try:
            began.wait()
            task.tell("waits")
            task.wait(LONG)
        finally:
            out.append(task.target.name)  # where a session would be closed

    events = run(targets(3), work, heard=outcomes.append)
    assert next(events) == "waits"
    events.close()
    assert sorted(out) == ["a0", "a1", "a2"]
    assert sorted(outcome.target.name for outcome in outcomes) == ["a0", "a1", "a2"]
    assert {str(outcome.error and outcome.error.what) for outcome in outcomes} == {"interrupted"}


def test_an_interruption_tells_of_those_that_hang_and_of_those_that_had_not_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("microdc.bmc.fleet.GRACE", 0.1)
    release = threading.Event()
    heard: dict[str, Outcome[None]] = {}

    def work(task: Task[str]) -> None:
        task.driver = "redfish"
        task.tell("asked")
        assert release.wait(LONG)  # a BMC that does not answer: nothing wakes it

    same = Target("b0", "a.yaml:9", redfish="https://10.0.0.0")  # behind the BMC of a0
    events = run(
        [*targets(2), same],
        work,
        at_once=1,
        heard=lambda outcome: heard.update({outcome.target.name: outcome}),
    )
    assert next(events) == "asked"
    events.close()
    release.set()
    errors = {name: outcome.error for name, outcome in heard.items()}
    assert {name: isinstance(error, BmcError) and error.sent for name, error in errors.items()} == {
        "a0": True,
        "a1": False,
        "b0": False,
    }
    assert heard["a0"].driver == "redfish"
    assert "may have been done" in str(errors["a0"])
    assert "before anything was asked" in str(errors["a1"])


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("https://h/", "https://H:443/redfish", True),
        ("https://h", "https://h:8443", False),
        ("https://h", "http://h", False),
    ],
)
def test_what_is_behind_the_same_bmc(a: str, b: str, *, same: bool) -> None:
    assert (address(Target("a", redfish=a)) == address(Target("b", redfish=b))) is same


def test_an_interruption_while_it_waits_ends_the_work() -> None:
    stopped = threading.Event()

    def work(task: Task[object]) -> None:
        try:
            if task.target.name == "a0":
                task.tell(None)
            task.wait(LONG)
        except StoppedError:
            stopped.set()
            raise

    def interrupted() -> None:
        for _ in run(targets(2), work):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert stopped.wait(LONG)


def test_nothing_to_do() -> None:
    def work(task: Task[object]) -> None:
        raise AssertionError(task)

    assert not [outcome for outcome in each([], work) if isinstance(outcome, abreast.Outcome)]
