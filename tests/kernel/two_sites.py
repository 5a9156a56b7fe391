"""Two sites or more, `here` and `there` first, with a host each, built as a lab whose emulator is a namespace of this kernel."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from microdc.lab.inventory import directory_of
from microdc.lab.operate import bring_up, down
from microdc.lab.plan import plan as plan_lab
from microdc.testbed.load import load
from microdc.testbed.model import Testbed
from microdc.wan.model import Direction

THERE, BACK = Direction("here", "there"), Direction("there", "here")
_TESTBED = """\
testbed: %s
title: A few sites
emulators: {wan1: {host: local}}
"""
_SITE = """\
site: %s
uplink: {emulator: wan1, interface: %s}
networks: {data: [10.%d.0.0/16, "fd00:%d::/32"]}
"""


@contextmanager
def two_sites(lab: str, source: Path, more: Sequence[str] = ()) -> Iterator[Testbed]:
    """The lab's testbed while it is up. source: an empty directory. lab: its name, which is the testbed's too. more: other sites."""
    (source / "sites").mkdir()
    (source / "testbed.yaml").write_text(_TESTBED % lab)
    for number, name in enumerate(("here", "there", *more), 1):
        (source / "sites" / f"{name}.yaml").write_text(_SITE % (name, name, number, number))
    try:
        run(bring_up(plan_lab(load(source), lab, "namespace", hosts=1), source, 1))
        yield load(directory_of(lab))
    finally:
        run(down(lab))


def run(steps: Generator[Any, None, Any] | Iterator[Any]) -> None:
    """Carries an operation out to its end."""
    for _ in steps:
        pass


def at(lab: str, place: str, *words: str) -> list[str]:
    """A command at a place of a lab: `wan1`, or a site's host such as `here-h1`."""
    return ["nsenter", f"--net=/run/netns/mdc-{lab}-{place}", "--", *words]
