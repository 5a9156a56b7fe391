"""QEMU's monitor, which speaks QMP: JSON lines over a socket in the machine's directory.

Sockets are bound and reached through the directory's descriptor, since a socket's path may have 107 bytes only.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from microdc.errors import UnreachableError

TIMEOUT = 20.0
"""Seconds for an answer: QEMU gives it at once, unless this machine is very busy."""

Command = tuple[str, Mapping[str, Any]]


def listen(path: Path) -> socket.socket:
    """A socket that listens there, in place of what an earlier one left."""
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    try:
        with _short(path) as short:
            listening.bind(short)
        listening.listen()
    except BaseException:
        listening.close()
        raise
    return listening


def run(path: Path, commands: Sequence[Command] = ()) -> list[Any]:
    """What each command returned. Raises UnreachableError where QEMU is not there, is silent, or refuses one."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(TIMEOUT)
            with _short(path) as short:
                connection.connect(short)
            with connection.makefile("rwb") as stream:
                _line(stream.readline(), path)  # the greeting
                return [_ask(stream, command, path) for command in (("qmp_capabilities", {}), *commands)][1:]
    except OSError as error:
        reason = error.strerror or f"no answer within {TIMEOUT:g} s"
        raise UnreachableError(f"QEMU's monitor cannot be used: {reason}", where=str(path)) from None


def _ask(stream: Any, command: Command, path: Path) -> Any:
    name, arguments = command
    stream.write(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
    stream.flush()
    while True:
        answer = _line(stream.readline(), path)
        if "return" in answer:
            return answer["return"]
        if "error" in answer:
            raise UnreachableError(f"QEMU refuses {name}: {answer['error'].get('desc')}", where=str(path))
        # everything else is an event


def _line(line: bytes, path: Path) -> dict[str, Any]:
    if not line:
        raise UnreachableError("QEMU ended, or its monitor did", where=str(path))
    answer: dict[str, Any] = json.loads(line)
    return answer


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    handle = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{handle}/{path.name}"
    finally:
        os.close(handle)
