"""After the last test nothing of ours is left: no namespace, link, process or file. In CI a leftover fails the run.

Elsewhere it is only told, since another program may have made it meanwhile.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from microdc import locations

_MARK = "MICRODC_TEST_SESSION"


def namespaces_links_files() -> set[str]:
    """What stands on this machine by name."""
    places = {
        "namespace": Path("/run/netns"),
        "link": Path("/sys/class/net"),
        "file": locations.runtime_dir(),
        "guest": locations.state_dir() / "labs",
    }
    return {
        f"{kind} {entry.name}"
        for kind, place in places.items()
        if place.is_dir()
        for entry in place.iterdir()
    }


def processes(mark: str) -> set[str]:
    """The other processes that have our mark in their environment: those that this session started."""
    found = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if f"{_MARK}={mark}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                command = (
                    (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                )
                found.add(f"process {entry.name} {command}")
        except OSError:  # it ended meanwhile, or is another user's
            continue
    return found


def forget_sessions() -> None:
    """Removes the notes of sessions with services that tests ran on the loopback or in namespaces that are gone: both ends were ended, often killed.

    A note of somebody else's process that still runs stays.
    """
    places = locations.runtime_dir() / "bmc-sessions"
    with suppress(FileNotFoundError):  # another run removes a directory meanwhile
        _forget_sessions(places)


def _forget_sessions(places: Path) -> None:
    for note in places.glob("*/*.json"):
        try:
            told = json.loads(note.read_bytes())
            owner = int(told["owner"].partition(":")[0])
        except (OSError, ValueError, KeyError):
            continue
        via = told.get("via", "")
        gone = not Path("/run/netns", via).exists() if via else "//127." in told.get("base", "")
        if gone and not Path(f"/proc/{owner}").exists():
            note.unlink(missing_ok=True)
    for place in (*places.glob("*"), places):
        with suppress(OSError):  # others' notes are in it
            place.rmdir()


class Watch:
    """Compares the machine before the first test and after the last."""

    def __init__(self) -> None:
        self.mark = secrets.token_hex(8)
        os.environ[_MARK] = self.mark
        self.before = namespaces_links_files()
        self.left: list[str] = []

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        yield  # worker processes end in here
        forget_sessions()
        self.left = sorted((namespaces_links_files() - self.before) | processes(self.mark))
        if self.left and os.environ.get("CI") and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.left:
            terminalreporter.section("left behind", red=True)
            for thing in self.left:
                terminalreporter.line(thing)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Watch(), "microdc-leftovers")
