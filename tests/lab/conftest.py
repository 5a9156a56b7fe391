"""Labs for tests: their own state directory, names of their own, and nothing left behind."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from builtlab import EXAMPLE, Lab

from microdc.lab import operate
from microdc.lab.inventory import directory_of
from microdc.lab.plan import plan
from microdc.lab.teardown import clear
from microdc.testbed.load import load
from microdc.wan.operate import open_wan

_numbers = count(1)


@pytest.fixture(scope="session")
def state_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all labs of this session keep their state: not where the user's own are."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(autouse=True)
def _state(state_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(state_home))


@pytest.fixture
def lab_name() -> Iterator[Callable[[], str]]:
    """Names for labs that are taken down at the end of the test, whatever became of them."""
    given = []

    def new() -> str:
        given.append(f"t{os.getpid()}x{next(_numbers)}")
        return given[-1]

    yield new
    for name in given:
        for _ in clear(name):
            pass


@pytest.fixture
def build(lab_name: Callable[[], str]) -> Callable[[], Lab]:
    """Builds labs whose emulator is a namespace, with or without netem: their plumbing is the same."""

    def build() -> Lab:
        name = lab_name()
        made = plan(load(EXAMPLE), name, "namespace")
        for _ in operate.bring_up(made, EXAMPLE, 2):
            pass
        return Lab(name, made, directory_of(name))

    return build


@pytest.fixture(scope="session")
def guest_lab(state_home: Path) -> Iterator[Lab]:
    """One lab with a guest as its emulator, for all tests of a run that need one. They leave it as they found it."""
    name = f"t{os.getpid()}guest"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(state_home))
        try:
            for _ in operate.up(name, EXAMPLE, emulator="guest"):
                pass
            yield Lab(name, plan(load(EXAMPLE), name, "guest"), directory_of(name))
        finally:
            for _ in clear(name):
                pass


@pytest.fixture
def lab(guest_lab: Lab) -> Iterator[Lab]:
    """The lab with a guest, with nothing laid before and after."""
    yield guest_lab
    with open_wan(load(guest_lab.inventory)) as opened:
        for _ in opened.apply(opened.plan_removal([overlay.id for overlay in opened.overlays])):
            pass
