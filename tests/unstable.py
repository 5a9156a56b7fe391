"""Where CI is set, a test that fails is run once more; what failed first and passed then is shown, and too much of it fails the run.

Some of what the tests drive goes by the clock of the wall: machines under emulation, real servers and terminals, on a machine that
others may slow down for a while. One such test must not hide the result of thousands. It is a fault of the test or of the code all
the same, so its whole failure is in the output, and more than LIMIT of them in one run count as a failure: then it was no accident.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

LIMIT = 3
"""Tests of one run that may pass only the second time."""


class Watch:
    """Collects the failures after which a test was run again, those of worker processes included."""

    def __init__(self) -> None:
        self.failures: dict[str, pytest.TestReport] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.outcome == "rerun":
            self.failures.setdefault(report.nodeid, report)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        if len(self.failures) > LIMIT and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        yield

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.failures:
            return
        terminalreporter.section(
            f"unstable: run again after a failure ({len(self.failures)}, of which {LIMIT} may pass)", red=True
        )
        for test, report in self.failures.items():
            terminalreporter.section(test, sep="_")
            terminalreporter.line(report.longreprtext)


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("CI") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Watch(), "microdc-unstable")
