"""Event logs of many servers as they grow: by events where a BMC has them, else by looking again and again."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from microdc.bmc.driver import Bmc
from microdc.bmc.errors import RETRYABLE, BmcError, UnsupportedError
from microdc.bmc.fleet import Outcome, Task, run
from microdc.bmc.model import LogEntry, Target
from microdc.bmc.opening import open_bmc
from microdc.bmc.visiting import Servers
from microdc.events import Step

EVERY = 10.0
"""Seconds between two looks at a log that must be polled."""
_NEWEST = 50
"""Entries of a look: what comes in faster than so many in ten seconds is told in part, with a word of it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A new entry of a server's log."""

    target: Target
    entry: LogEntry


def follow(servers: Servers, *, every: float = EVERY) -> Generator[Heard | Step | Outcome[None], None, None]:
    """New entries as they come, until the generator is closed; an Outcome for a server that is given up."""

    def work(task: Task[Heard | Step]) -> None:
        with open_bmc(task.target, servers.limits, servers.outlets.get(task.target.name, ())) as bmc:
            task.driver, task.notes = bmc.driver, bmc.notes
            label = f"{task.target.name}: log"
            for note in bmc.notes:
                task.tell(Step(label, "progress", note))
            try:
                for entry in bmc.events(task.stop):
                    task.tell(Heard(task.target, entry))
            except UnsupportedError as problem:
                task.tell(Step(label, "started", f"looked at every {every:g} s: {problem.what}"))
                _poll(bmc, task, label, every)

    yield from run(servers.targets, work, at_once=max(1, len(servers.targets)))


def _poll(bmc: Bmc, task: Task[Heard | Step], label: str, every: float) -> None:
    known = {_key(entry) for entry in bmc.log(_NEWEST).entries}
    while True:
        task.wait(every)
        try:
            entries = bmc.log(_NEWEST).entries
        except BmcError as problem:
            if problem.cause not in RETRYABLE:
                raise
            task.tell(Step(label, "progress", problem.what))
            continue
        new = [entry for entry in entries if _key(entry) not in known]
        if entries and len(new) == len(entries) >= _NEWEST:
            task.tell(Step(label, "progress", f"more came than the {_NEWEST} that are looked at"))
        for entry in reversed(new):
            task.tell(Heard(task.target, entry))
        known = {_key(entry) for entry in entries}


def _key(entry: LogEntry) -> tuple[str, str, str, str]:
    """What tells entries apart: ids begin anew once a log was emptied."""
    return entry.log, entry.id, str(entry.at), entry.message
