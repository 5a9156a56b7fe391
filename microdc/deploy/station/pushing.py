"""A file on its way to a site: once, and on from where an earlier try was cut."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from microdc.deploy.ports import Payload
from microdc.deploy.station import answers
from microdc.errors import InputError, UnreachableError
from microdc.host.model import Host, Process

_BLOCK = 256 << 10
_END_SECONDS = 600.0
"""How long the other end may take to check a file after its last byte: some 100 GB at what an old disk reads."""
_TRIES = 2
"""A file whose begin, of an earlier try, was damaged there is brought a second time as a whole."""

Ask = Callable[..., dict[str, Any]]


def push(host: Host, command: Sequence[str], ask: Ask, file: Payload, tell: Callable[[int], None]) -> None:
    """Brings it. command: the words before a verb; ask: answers a verb. Raises InputError, UnreachableError."""
    for _ in range(_TRIES):
        there = ask("have", file.digest)
        if there["whole"]:
            tell(file.size)
            return
        answer = _send(host, command, file, min(int(there["bytes"]), file.size), tell)
        if answer.get("whole"):
            return
        if answer.get("error") not in ("wrong-digest", "moved"):
            raise answers.failure(answer, str(host.address)) if "error" in answer else _short(host, file)
    raise InputError(
        "the file is not what its digest says, and is not served",
        where=str(file.path),
        hint="build it anew, or remove it from the cache",
    )


def _send(
    host: Host, command: Sequence[str], file: Payload, offset: int, tell: Callable[[int], None]
) -> dict[str, Any]:
    process = host.start([*command[:-1], "receive", command[-1], file.digest, str(file.size), str(offset)])
    try:
        tell(offset)
        with contextlib.suppress(BrokenPipeError):  # it ended before: its answer says why
            _feed(process, file, offset, tell)
        with contextlib.suppress(OSError):
            process.stdin.close()
        output = process.stdout.read()
        process.wait(_END_SECONDS)
    finally:
        process.kill()
    try:
        return answers.values(output)[-1]
    except ValueError:
        what = f"the file could not be brought there: {process.stderr_tail() or 'the program there said nothing'}"
        raise UnreachableError(what, where=str(host.address)) from None


def _feed(process: Process, file: Payload, offset: int, tell: Callable[[int], None]) -> None:
    try:
        source = file.path.open("rb")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(file.path)) from None
    with source:
        source.seek(offset)
        while block := source.read(_BLOCK):
            view = memoryview(block)
            while view:
                view = view[process.stdin.write(view) :]
            offset += len(block)
            tell(offset)


def _short(host: Host, file: Payload) -> UnreachableError:
    return UnreachableError(
        f"not all of {file.path} arrived", where=str(host.address), hint="it goes on where it was cut"
    )
