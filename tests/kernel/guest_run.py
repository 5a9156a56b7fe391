"""The host's side: one guest that runs the tests of the kernel, and what it reports as reports of this run."""

from __future__ import annotations

import json
import os
import sysconfig
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import guest_reports
import pytest

import microdc
from microdc.errors import MicrodcError
from microdc.images import operate, python
from microdc.images.cpio import File
from microdc.images.guest import Guest
from microdc.images.model import GuestImage, GuestSettings, Machine

_DISTRIBUTIONS = ("microdc", "pytest", "pytest-timeout", "hypothesis")
_PACKAGE = Path(microdc.__file__).parent
_BESIDE = ("tests", "inventory", "netem_profiles", "pyproject.toml")
_MACHINE = Machine(memory=1024, icount=True, channel=True)
_LIST = "/etc/microdc/tests"
_SILENCE = 300.0  # s of the host's time without a word, after which the guest is taken for stuck
_LOOK = 0.02  # s between two looks at the port


class GuestRun:
    """Starts the guest when the first test is asked for, and hands its reports out test by test."""

    def __init__(self, session: pytest.Session) -> None:
        self._config = session.config
        self._root = session.config.rootpath
        self._directory = tempfile.TemporaryDirectory(prefix="microdc-test-guest-")
        self._guest: Guest | None = None
        self._messages: Iterator[dict[str, Any]] = iter(())
        self._reports: defaultdict[str, list[pytest.TestReport]] = defaultdict(list)
        self._running = ""
        self._ended: set[str] = set()
        self._failure = ""
        self._uncollected: list[str] = []

    def emit(self, item: pytest.Item, all_items: Sequence[pytest.Item]) -> None:
        """Waits for the guest to be done with a test, and reports it; the first call starts the guest with all tests."""
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        if self._guest is None and not self._failure:
            self._start(all_items)
        for report in self._wait_for(item):
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)

    def close(self) -> None:
        """Ends the guest; nothing of it is left."""
        if self._guest:
            self._guest.stop()
        self._directory.cleanup()

    def _start(self, items: Sequence[pytest.Item]) -> None:
        try:
            image = _finished(operate.testing_image(_DISTRIBUTIONS))
            files = python.sources([_PACKAGE], compiled=True)
            files |= python.sources(self._root / name for name in _BESIDE)
            files[_LIST] = File("".join(f"{item.nodeid}\n" for item in items).encode())
            settings = GuestSettings(command=self._command(), environment=self._environment())
            directory = Path(self._directory.name)
            self._guest = operate.boot(
                image, directory, settings, machine=_MACHINE, outlive=False, files=files
            )
        except MicrodcError as error:
            self._failure = f"the test guest cannot be started: {error}"
        else:
            self._messages = self._read(self._guest)

    def _command(self) -> tuple[str, ...]:
        option = self._config.option
        style = [f"--tb={option.tbstyle}", *["-v"] * option.verbose, *["-l"] * option.showlocals]
        plugins = ["-p", "guest_reports", "-p", "no:cacheprovider"]
        words = ["python3", "-m", "pytest", "-o", "addopts=--strict-markers", *plugins, *style, f"@{_LIST}"]
        return ("sh", "-c", 'cd "$0" && exec "$@"', str(self._root), *words)

    def _environment(self) -> tuple[tuple[str, str], ...]:
        packages = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
        paths = [str(Path(__file__).parent), str(_PACKAGE.parent), *sorted(packages)]
        return (
            (guest_reports.INSIDE, "1"),
            ("PYTHONPATH", os.pathsep.join(paths)),
            ("PYTHONDONTWRITEBYTECODE", "1"),
            ("HYPOTHESIS_STORAGE_DIRECTORY", "/tmp/hypothesis"),
        )

    def _read(self, guest: Guest) -> Iterator[dict[str, Any]]:
        """What the guest writes, until it ends or says nothing for too long; why it stopped is the failure."""
        rest, heard = b"", time.monotonic()
        with _opened(guest) as port:
            while True:
                over = guest.daemon.wait(_LOOK)
                *lines, rest = (rest + port.read()).split(b"\n")
                if lines:
                    heard = time.monotonic()
                yield from map(json.loads, lines)
                if over:
                    self._failure = "the test guest ended"
                    return
                if time.monotonic() - heard > _SILENCE:
                    self._failure = f"the test guest said nothing for {_SILENCE:g} s"
                    guest.stop()
                    return

    def _wait_for(self, item: pytest.Item) -> list[pytest.TestReport]:
        while item.nodeid not in self._ended:
            message = next(self._messages, None)
            if message is None:
                return [*self._reports.pop(item.nodeid, []), *self._lost(item)]
            self._take(message)
        return self._reports.pop(item.nodeid, [])

    def _take(self, message: dict[str, Any]) -> None:
        if "begin" in message:
            self._running = message["begin"]
        elif "end" in message:
            self._ended.add(message["end"])
            self._running = ""
        elif "report" in message:
            hook = self._config.hook
            report = hook.pytest_report_from_serializable(config=self._config, data=message["report"])
            if isinstance(report.longrepr, list):  # a skip's file, line and reason: JSON has no tuples
                report.longrepr = tuple(report.longrepr)
            self._reports[report.nodeid].append(report)
        else:
            self._uncollected.append(message["uncollected"])

    def _lost(self, item: pytest.Item) -> list[pytest.TestReport]:
        """The reports of a test that the guest did not finish: an error, with what the guest's console says of it."""
        when = "while this test ran" if self._running == item.nodeid else "before this test ran"
        text = "\n".join([f"{self._failure} {when}", *self._uncollected, *self._console()])
        facts: dict[str, Any] = {"nodeid": item.nodeid, "location": item.location, "keywords": {item.name: 1}}
        return [
            pytest.TestReport(**facts, outcome="failed", longrepr=text, when="setup"),
            pytest.TestReport(**facts, outcome="passed", longrepr=None, when="teardown"),
        ]

    def _console(self) -> list[str]:
        return self._guest.console_text().splitlines()[-30:] if self._guest else []


def _opened(guest: Guest) -> Any:
    """The file that QEMU writes what comes through the port into; it makes it before the guest runs."""
    while not guest.channel.exists() and not guest.daemon.wait(_LOOK):
        pass
    guest.channel.touch()
    return guest.channel.open("rb")


def _finished(steps: Any) -> GuestImage:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            image: GuestImage = end.value
            return image
