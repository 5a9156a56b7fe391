"""Labs in which moves of nodes are made to fail, and what `microdc deploy explain` then says of them.

Real are the machines with their firmware, BMCs, switches, the boot services with their dnsmasq, and the ramdisk; the times for which phases are waited for
are short.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from racklab import RackLab

from microdc.deploy import operate
from microdc.deploy.deployment import FindImage
from microdc.deploy.lifecycle import Patience
from microdc.deploy.model import NodeRecord, State
from microdc.deploy.operate import Deployment, Wish
from microdc.deploy.ports import World
from microdc.errors import InputError, MicrodcError
from microdc.events import Step
from microdc.lab.inventory import directory_of
from microdc.lab.teardown import clear

T = TypeVar("T")
PATIENCE = Patience(prepare=60.0, power=45.0, firmware=45.0, dhcp=45.0, ramdisk=240.0, work=240.0, look=5.0)


@contextmanager
def built(name: str, source: Path, inventory: Mapping[str, str]) -> Iterator[RackLab]:
    """A lab of an inventory (place -> text), which is written into an empty directory; up in the block."""
    for place, text in inventory.items():
        (source / place).parent.mkdir(exist_ok=True)
        (source / place).write_text(text.lstrip(), "utf-8")
    lab = f"t{os.getpid()}{name}"
    words = ["lab", "up", "--rack", "--hosts", "1", "--name", lab, "--from", str(source)]
    argv = [sys.executable, "-m", "microdc.cli", *words]
    try:
        made = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=240)
        assert made.returncode == 0, made.stdout + made.stderr
        yield RackLab(lab, directory_of(lab))
    finally:
        for _ in clear(lab):
            pass


def no_image(name: str) -> MicrodcError:
    return InputError(f"there is no {name} here")


@dataclass(frozen=True, slots=True)
class Means:
    """What a move is made with. world: None for the real one; step: called with each step."""

    find_image: FindImage = no_image
    world: World | None = None
    patience: Patience = PATIENCE
    step: Callable[[Step], None] = lambda _: None


@contextmanager
def opened(yard: RackLab, means: Means) -> Iterator[Deployment]:
    book = yard.book()
    with book.store:
        yield operate.open_deployment(
            yard.testbed, book, find_image=means.find_image, world=means.world, patience=means.patience
        )


def ended(operation: Generator[Step, None, T], step: Callable[[Step], None] = lambda _: None) -> T:
    with closing(operation):
        while True:
            try:
                step(next(operation))
            except StopIteration as end:
                value: T = end.value
                return value


def run(yard: RackLab, node: str, wish: Wish, means: Means) -> NodeRecord:
    """A move of one node; as what it ended."""
    with opened(yard, means) as deployment:
        report = ended(operate.run(deployment, operate.plan(deployment, [node], wish)), means.step)
    return report.outcomes[0].record


@dataclass(frozen=True, slots=True)
class Told:
    """What `microdc deploy explain` says, as programs read it."""

    data: Mapping[str, Any]

    @property
    def causes(self) -> list[str]:
        return [one["cause"] for one in self.data["diagnoses"]]

    @property
    def first(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.data["diagnoses"][0]
        return found

    @property
    def commands(self) -> list[str]:
        return [step["command"] for step in self.first["next"] if step["command"]]

    @property
    def sources(self) -> set[str]:
        return {entry["source"] for entry in self.data["timeline"]}


def explained(yard: RackLab, node: str, *, console: bool = False) -> Told:
    """console: with what came out of its serial port."""
    words = ["--console", str(yard.directory(node) / "console.log")] if console else []
    return Told(yard.data("deploy", "explain", node, *words, code=1))


def failed(
    yard: RackLab, node: str, wish: Wish, means: Means | None = None, *, console: bool = False
) -> Told:
    """A move that fails, and why, as it is explained after it."""
    record = run(yard, node, wish, means or Means())
    assert record.state is State.FAILED, record
    told = explained(yard, node, console=console)
    assert told.causes, told.data
    return told
