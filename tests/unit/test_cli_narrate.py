"""Narration: an operation that nobody listens to any more ends at once, while what it needs is open."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest

from microdc.cli import narrate
from microdc.events import Step

Order = list[str]


def operation(order: Order) -> Generator[Step, None, int]:
    try:
        yield Step("one", "started")
        yield Step("one", "done")
    finally:
        order.append("the operation ended")
    return 7


@contextmanager
def opened(order: Order) -> Generator[None, None, None]:
    try:
        yield
    finally:
        order.append("what it needs was closed")


def raising(problem: BaseException) -> Callable[..., None]:
    def tell(*_: object, **__: object) -> None:
        raise problem

    return tell


def test_what_it_returns_is_returned(capsys: pytest.CaptureFixture[str]) -> None:
    order: Order = []
    assert narrate.watch(operation(order)) == 7
    assert order == ["the operation ended"]
    assert capsys.readouterr().err.splitlines() == ["one ...", "one: done"]


@pytest.mark.parametrize("problem", [BrokenPipeError(32, "Broken pipe"), KeyboardInterrupt()])
def test_an_operation_of_which_nothing_can_be_told_ends_before_what_it_needs_is_closed(
    monkeypatch: pytest.MonkeyPatch, problem: BaseException
) -> None:
    order: Order = []
    monkeypatch.setattr("microdc.cli.narrate.click.echo", raising(problem))
    with pytest.raises(type(problem)) as caught, opened(order):
        narrate.watch(operation(order))
    assert caught.value is problem
    assert order == ["the operation ended", "what it needs was closed"]


def test_what_goes_wrong_in_the_operation_is_what_is_told() -> None:
    def fails() -> Generator[Step, None, Any]:
        yield Step("one", "started")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        narrate.watch(fails())


@pytest.mark.parametrize("words", ["reads '[/red]', once", "https://[fd00::1]: [bold]no answer[/bold]"])
def test_what_a_bmc_says_is_no_markup_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    monkeypatch.setattr("microdc.cli.render.is_fancy", lambda _: True)

    def says() -> Generator[Step, None, int]:
        yield Step("one", "started", words)
        yield Step("two", "started", words)
        yield Step("two", "progress", words)
        yield Step("one", "failed", words)
        yield Step("two", "done", words)
        return 7

    assert narrate.watch(says()) == 7
    assert words in " ".join(capsys.readouterr().err.split())


def test_what_nobody_knows_the_end_of_is_not_told_as_done(capsys: pytest.CaptureFixture[str]) -> None:
    def asking() -> Generator[Step, None, None]:
        yield Step("a1: power reset", "started")
        yield Step("a1: power reset", "asked", "this BMC shows no sign of it")

    narrate.watch(asking())
    assert capsys.readouterr().err.splitlines()[-1] == "a1: power reset: asked, this BMC shows no sign of it"
