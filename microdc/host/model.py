"""A place where programs run: this machine, a network namespace of it, or another machine over SSH."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, Self


@dataclass(frozen=True, slots=True)
class Address:
    """Where a host is, parsed from `local`, `netns:NAME` or `ssh://[user@]host[:port]`.

    kind: "local", "netns" or "ssh". name: namespace or host name. For ssh: `via` is the namespace from which the
    connection is opened ("" for the caller's), or `jump` the server through which it goes; `identity` is a private
    key file (None: ssh-agent and the user's own); `known_hosts` the file against which the host key is checked (None:
    the user's own ~/.ssh/known_hosts), or `host_key` the SHA-256 fingerprint that it must have.
    """

    kind: str
    name: str = ""
    user: str = "root"
    port: int = 22
    via: str = ""
    identity: Path | None = None
    known_hosts: Path | None = None
    host_key: str = ""
    jump: Address | None = None

    def __str__(self) -> str:
        if self.kind == "ssh":
            name = f"[{self.name}]" if ":" in self.name else self.name
            return f"ssh://{self.user}@{name}" + (f":{self.port}" if self.port != 22 else "")
        return "local" if self.kind == "local" else f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True)
class Completed:
    """What a finished program left: argv, exit status, and its output as bytes."""

    argv: tuple[str, ...]
    status: int
    stdout: bytes
    stderr: bytes

    @property
    def ok(self) -> bool:
        return self.status == 0


class Process(Protocol):
    """A running program with its standard input and output as binary streams.

    What is written to stdin leaves at once; a write to a program that has ended raises BrokenPipeError. Closing stdin is
    its end of file.
    """

    stdin: IO[bytes]
    stdout: IO[bytes]

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the end and returns the exit status (negative: the signal); UnreachableError on a time-out."""
        ...

    def kill(self) -> None:
        """Ends the program and what it started; idempotent."""
        ...

    def stderr_tail(self) -> str:
        """The last lines that the program wrote to standard error, for error messages."""
        ...


class Host(Protocol):
    """Runs programs at one place. Every method raises UnreachableError where the place cannot be reached.

    A host is a context manager that closes itself. Its methods may be called from several threads at once.
    """

    address: Address

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 60.0) -> Completed:
        """Runs to the end; a non-zero status is a value, a missing program or a time-out raises UnreachableError."""
        ...

    def start(self, argv: Sequence[str]) -> Process: ...

    def put(self, data: bytes, path: str, *, mode: int = 0o644) -> None:
        """Writes a file whole or not at all (write beside it, then rename)."""
        ...

    def close(self) -> None:
        """Lets go of the place; idempotent. Programs that `start` began there may end with it."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
