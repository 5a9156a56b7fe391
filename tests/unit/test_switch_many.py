"""Work at many switches at once."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import TypeVar

from microdc.abreast import UnexpectedError
from microdc.errors import InputError, UnreachableError
from microdc.events import Step
from microdc.switch import many
from microdc.testbed.model import Switch

T = TypeVar("T")
SWITCHES = [Switch(f"sw{number}", "a", "r1") for number in range(5)]


def run(work: Generator[Step, None, T]) -> tuple[T, list[Step]]:
    steps = []
    while True:
        try:
            steps.append(next(work))
        except StopIteration as end:
            return end.value, steps


def test_outcomes_are_in_order_and_errors_are_among_them() -> None:
    def work(switch: Switch) -> str:
        if switch.name == "sw1":
            raise UnreachableError("silent", where=switch.name)
        if switch.name == "sw2":
            raise ValueError("a mistake")
        return switch.name

    found, steps = run(many.each("Reading", SWITCHES, work))
    assert [one.value for one in found] == ["sw0", None, None, "sw3", "sw4"]
    assert isinstance(found[1].error, UnreachableError)
    assert isinstance(found[2].error, UnexpectedError)
    assert isinstance(found[2].error.__cause__, ValueError)
    assert {step.what for step in steps if step.state == "failed"} == {"sw1: Reading", "sw2: Reading"}
    assert (steps[-1].state, steps[-1].done, steps[-1].total) == ("done", 5, 5)


def test_one_that_hangs_delays_no_other_and_is_given_up() -> None:
    hanging = threading.Event()

    def work(switch: Switch) -> str:
        if switch.name == "sw0":
            assert hanging.wait(60)
        return switch.name

    try:
        found, steps = run(many.each("Reading", SWITCHES, work, longest=0.5))
        assert [one.value for one in found] == [None, "sw1", "sw2", "sw3", "sw4"]
        assert found[0].error is not None
        assert "not done after 0.5 s" in str(found[0].error)
        progress = [step.done for step in steps if step.state == "progress"]
        assert progress == [1, 2, 3, 4, 5]
        assert [step.what for step in steps if step.state == "failed"] == ["sw0: Reading"]
    finally:
        hanging.set()


def test_no_more_are_worked_at_together_than_is_said() -> None:
    guard, together, most = threading.Lock(), 0, 0
    full = threading.Barrier(2)

    def work(_: Switch) -> None:
        nonlocal together, most
        with guard:
            together += 1
            most = max(most, together)
        full.wait(60)
        with guard:
            together -= 1

    found, _ = run(many.each("Reading", SWITCHES[:4], work, at_once=2))
    assert all(one.error is None for one in found)
    assert most == 2


def test_nothing_to_do_is_done() -> None:
    found, _ = run(many.each("Reading", [], lambda _: None))
    assert found == ()


def test_an_error_keeps_what_it_says() -> None:
    def work(_: Switch) -> None:
        raise InputError("no credentials", where="a.yaml:3", hint="write some")

    found, _ = run(many.each("Reading", SWITCHES[:1], work))
    assert str(found[0].error) == "a.yaml:3: no credentials (write some)"
