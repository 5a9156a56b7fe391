"""Where CI is set, a skip that tests/allowed-skips.txt does not name fails the run.

Each line of the file is `TEST | REASON | WHY`: shell patterns for the test's id and for the reason that it gives, and
why it may be skipped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

FILE = Path(__file__).with_name("allowed-skips.txt")


@dataclass(frozen=True, slots=True)
class Allowed:
    """Tests that may be skipped, by shell patterns of their ids and of the reason given, and why."""

    test: str
    reason: str
    why: str

    def covers(self, test: str, reason: str) -> bool:
        return fnmatchcase(test, self.test) and fnmatchcase(reason, self.reason)


def read(text: str) -> list[Allowed]:
    """The entries of the file; ValueError, with the line's number, for one without all three parts."""
    entries = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split(" | ")]
        if len(parts) != 3 or not all(parts):
            raise ValueError(f"{FILE.name}:{number}: write TEST | REASON | WHY")
        entries.append(Allowed(*parts))
    return entries


class Watch:
    """Collects the skips of a session, those of worker processes included."""

    def __init__(self, allowed: list[Allowed]) -> None:
        self.allowed = allowed
        self.unexplained: list[tuple[str, str]] = []

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        longrepr = report.longrepr
        reason = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
        reason = reason.removeprefix("Skipped: ")
        if not any(entry.covers(report.nodeid, reason) for entry in self.allowed):
            self.unexplained.append((report.nodeid, reason))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        if self.unexplained and session.exitstatus in (
            pytest.ExitCode.OK,
            pytest.ExitCode.NO_TESTS_COLLECTED,
        ):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        yield

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.unexplained:
            terminalreporter.section(f"skips that {FILE.name} does not allow", red=True)
            for test, reason in self.unexplained:
                terminalreporter.line(f"{test}: {reason}")


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("CI") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Watch(read(FILE.read_text("utf-8"))), "microdc-skips")
