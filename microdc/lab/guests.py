"""The guests of a lab."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from microdc.events import Step
from microdc.lab.plan import EmulatorPlan, LabPlan


def prepare(made: LabPlan) -> Generator[Step, None, None]:
    yield from ()


def boot(made: LabPlan, image: None) -> Generator[Step, None, Mapping[str, Mapping[str, str]]]:
    yield from ()
    return {emulator.name: {"host": f"netns:{emulator.namespace}"} for emulator in made.emulators}


def pid(made: LabPlan, emulator: EmulatorPlan) -> int | None:
    return None
