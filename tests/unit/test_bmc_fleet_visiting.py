"""A visit that is interrupted asks the BMC nothing more, and logs out."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from scripted_bmc import Scripted, ended

from microdc.bmc import visiting
from microdc.bmc.driver import Bmc
from microdc.bmc.fleet import Task
from microdc.bmc.model import Act, Power, Target
from microdc.documents.model import Where
from microdc.events import Step
from microdc.testbed.model import Testbed


def test_what_was_not_sent_before_an_interruption_is_not_sent_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bmc = Scripted([Power.OFF])

    @contextmanager
    def opened(*_: object) -> Iterator[Scripted]:
        with bmc:
            yield bmc

    def use(found: Bmc, task: Task[Step]) -> Generator[Step, None, Power]:
        yield Step("a1", "started")
        read = found.power()
        task.stop.set()  # somebody presses Ctrl-C while the BMC takes its time to answer
        found.act(Act.ON)
        return read

    monkeypatch.setattr(visiting, "open_bmc", opened)
    nobody = Testbed("t", "", {}, {}, (), lambda *_: Where(Path("a.yaml"), 1))
    servers = visiting.Servers(nobody, (Target("a1", "a.yaml:1"),))
    report, _ = ended(visiting.visit(servers, "power on", use))
    assert [outcome.error and outcome.error.what for outcome in report.outcomes] == ["interrupted"]
    assert (bmc.sent, bmc.closed) == ([], 1)
