"""What was seen, as it is kept: one JSON object a line, numbered without gaps, in files of bounded size."""

from __future__ import annotations

import json
import os
import re
import secrets
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import trouble
from .cleaning import clean
from .place import write_whole

CURRENT = Path("events.jsonl")
IDENTITY = Path("events.id")
FILE_BYTES = 8 << 20
"""A file that has grown over this is put aside, and a new one begun."""
FILES = 4
"""Of those put aside, the newest that are kept."""
_ASIDE = re.compile(r"events-(\d{12})\.jsonl")
_NUMBER = re.compile(rb'\{"n": (\d+), ')
_READ_LINES, _READ_BYTES = 5000, 4 << 20


class Log:
    """The writing side. One writer: who holds the station's lock. Its methods may be called from several threads."""

    def __init__(self, directory: Path = Path()) -> None:
        self.directory = directory
        self._lock = threading.Lock()
        if not (directory / IDENTITY).exists():
            write_whole(directory / IDENTITY, secrets.token_hex(8).encode())
        aside = _put_aside(directory)
        self._number = int(aside[-1].name[7:19]) - 1 if aside else 0
        self._handle = self._open()
        self._number = max(self._number, self._repaired())
        if aside and not self._size:
            self._number = max(self._number, _last_number(aside[-1]))

    def _open(self) -> int:
        return os.open(self.directory / CURRENT, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def _repaired(self) -> int:
        """The number of the last line. Half a line, left by a kill or a power cut, is taken away: nobody was told of it."""
        self._size = os.fstat(self._handle).st_size
        whole = _end_of_last_line(self._handle, self._size)
        if whole != self._size:
            os.ftruncate(self._handle, whole)
            self._size = whole
        return _last_number(self.directory / CURRENT)

    @property
    def number(self) -> int:
        """Of what was noted last; 0: of nothing."""
        return self._number

    def note(
        self,
        source: str,
        kind: str,
        text: str = "",
        *,
        node: str = "",
        mac: str = "",
        data: Mapping[str, Any] | None = None,
        sync: bool = False,
    ) -> None:
        """Appends one. sync: it must be there after a power cut. A full disk is told on standard error, and the services go on."""
        with self._lock:
            stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            entry = {
                "n": self._number + 1,
                "at": stamp,
                "source": source,
                "kind": kind,
                "node": node,
                "mac": mac,
            }
            line = json.dumps(clean({**entry, "text": text, "data": data or {}})).encode() + b"\n"
            try:
                if self._size > FILE_BYTES:
                    self._rotate()
                written = os.write(self._handle, line)
                if written != len(line):
                    os.ftruncate(self._handle, self._size)
                    raise OSError("the file system is full")  # noqa: TRY301 - what is left of a short write is one thing
                self._size += written
                self._number += 1
                if sync:
                    os.fsync(self._handle)
            except OSError as problem:
                trouble.say(f"cannot note {kind} of {node or mac}: {problem}")

    def _rotate(self) -> None:
        os.fsync(self._handle)
        if (self.directory / CURRENT).exists():  # else it was put aside, and no new one could be made
            first = _first_number(self.directory / CURRENT)
            (self.directory / CURRENT).rename(self.directory / f"events-{first:012d}.jsonl")
        handle = self._open()
        os.close(self._handle)  # not before: a number that is closed may be another file's soon
        self._handle, self._size = handle, 0
        for old in _put_aside(self.directory)[:-FILES]:
            old.unlink()

    def close(self) -> None:
        os.close(self._handle)


def identity(directory: Path = Path()) -> str:
    """The name of the log: another one where the directory was made anew. "" where there is none."""
    try:
        return (directory / IDENTITY).read_text("ascii")
    except FileNotFoundError:
        return ""


def read(after: int, directory: Path = Path()) -> tuple[list[bytes], bool]:
    """The lines that come after a number, in order, and whether there are more: what is read at once is bounded.

    Needs no program that runs, and may meet one that writes. Where a file is put aside meanwhile the answer ends, and there is more.
    """
    while True:
        paths = _put_aside(directory)
        found, more = _read(after, [*paths, directory / CURRENT])
        gap = not found or _number_of(found[0]) != after + 1
        if not gap or paths == _put_aside(directory):  # else what was looked for has just been put aside
            return found, more


def _read(after: int, paths: list[Path]) -> tuple[list[bytes], bool]:
    found: list[bytes] = []
    last, size = after, 0
    for path in paths:
        try:
            lines = path.open("rb")
        except FileNotFoundError:
            continue
        with lines:
            lines.seek(_offset_after(lines.fileno(), last))
            for line in lines:
                number = _number_of(line)
                if not line.endswith(b"\n") or number is None:
                    break
                if number <= last:
                    continue
                if len(found) >= _READ_LINES or size > _READ_BYTES or (found and number != last + 1):
                    return found, True
                found.append(line)
                last, size = number, size + len(line)
    return found, False


def _put_aside(directory: Path) -> list[Path]:
    return sorted(path for path in directory.iterdir() if _ASIDE.fullmatch(path.name))


def _number_of(line: bytes) -> int | None:
    found = _NUMBER.match(line)
    return int(found.group(1)) if found else None


def _first_number(path: Path) -> int:
    with path.open("rb") as lines:
        return _number_of(lines.readline()) or 1


def _last_number(path: Path) -> int:
    with path.open("rb") as lines:
        handle = lines.fileno()
        end = _end_of_last_line(handle, os.fstat(handle).st_size)
        lines.seek(_end_of_last_line(handle, end - 1) if end else 0)
        return _number_of(lines.readline()) or 0


def _end_of_last_line(handle: int, size: int) -> int:
    """The offset behind the last newline within `size` bytes."""
    while size > 0:
        begin = max(0, size - 65536)
        found = os.pread(handle, size - begin, begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        size = begin
    return 0


def _offset_after(handle: int, number: int) -> int:
    """An offset at the begin of a line, from which on all lines after this number are met: found by halving."""
    low, high = 0, os.fstat(handle).st_size
    while high - low > 65536:
        middle = (low + high) // 2
        begin, found = _line_from(handle, middle)
        if found is None or found > number:
            high = middle
        else:
            low = begin
    return low


def _line_from(handle: int, offset: int) -> tuple[int, int | None]:
    """The first line that begins after an offset: where, and its number."""
    while True:
        block = os.pread(handle, 65536, offset)
        newline = block.find(b"\n")
        if newline >= 0:
            begin = offset + newline + 1
            return begin, _number_of(os.pread(handle, 64, begin))
        if not block:
            return offset, None
        offset += len(block)
