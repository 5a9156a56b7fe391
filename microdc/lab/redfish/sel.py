"""The event log of a machine: a file of JSON lines, to which the BMC and whoever plants entries append."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from microdc.lab.redfish.clock import now

MOST = 5000
"""Entries that are shown; the oldest go first."""


class EventLog:
    """`sel.jsonl`. Read again when it has grown or was replaced. clock: tells the time of new entries."""

    def __init__(self, directory: Path, clock: Callable[[], str] = now) -> None:
        self._clock = clock
        self._file = directory / "sel.jsonl"
        self._lock = threading.Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._entries: list[dict[str, Any]] = []

    def entries(self) -> list[dict[str, Any]]:
        """Oldest first. A line that is no JSON object is shown as it stands: a log hides nothing."""
        with self._lock:
            try:
                status = self._file.stat()
            except FileNotFoundError:
                return []
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if stamp != self._stamp:
                text = self._file.read_text("utf-8", "replace")
                self._entries = [_told(line) for line in text.splitlines() if line.strip()][-MOST:]
                self._stamp = stamp
            return self._entries

    def append(self, message: str, *, severity: str = "OK", code: str = "", source: str = "") -> None:
        """One more entry, in one write, so that several processes may append."""
        told = {"at": self._clock(), "severity": severity, "message": message, "code": code, "source": source}
        with self._lock, self._file.open("ab", buffering=0) as file:
            file.write(json.dumps(told).encode() + b"\n")

    def clear(self) -> None:
        """Empties it."""
        empty = self._file.with_name(f"{self._file.name}.{os.getpid()}.new")
        with self._lock, contextlib.suppress(FileNotFoundError):
            empty.write_bytes(b"")
            empty.replace(self._file)


def _told(line: str) -> dict[str, Any]:
    with contextlib.suppress(ValueError):
        found = json.loads(line)
        if isinstance(found, dict):
            return found
    return {"message": line}
