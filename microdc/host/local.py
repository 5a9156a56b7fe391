"""The machine that microdc itself runs on, and network namespaces of it."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import IO, Any, Self, cast

from microdc.errors import UnreachableError
from microdc.host import namespaces
from microdc.host.daemon import Daemon
from microdc.host.model import Address, Completed, Process
from microdc.host.streams import Tail
from microdc.host.writing import advice

_SYSTEM_DIRECTORIES = "/usr/local/sbin:/usr/sbin:/sbin"
_LEASH = ("setpriv", "--pdeathsig", "KILL", "--")


class LocalHost:
    """The machine itself. Programs run in a session of their own, and end when this process ends, however it does."""

    def __init__(self) -> None:
        self.address = Address("local")
        self._prefix: tuple[str, ...] = ()

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 60.0) -> Completed:
        """Runs to the end; see Host. Output that children in the background hold open is waited for as well."""
        popen = self._spawn(
            argv, leash=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            stdout, stderr = popen.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            raise UnreachableError(
                f"{argv[0]} did not end within {timeout:g} s", where=str(self.address)
            ) from None
        finally:
            if popen.returncode is None:
                _end(popen)
            _close(popen)
        return Completed(tuple(argv), popen.returncode, stdout, stderr)

    def start(self, argv: Sequence[str]) -> Process:
        """Starts a program that ends with this process at the latest."""
        pipe = subprocess.PIPE
        return LocalProcess(
            argv[0], self, self._spawn(argv, leash=True, stdin=pipe, stdout=pipe, stderr=pipe)
        )

    def start_daemon(
        self, argv: Sequence[str], *, log: Path, pass_fds: Sequence[int] = (), outlive: bool = True
    ) -> Daemon:
        """Starts a program that goes on when this process ends, unless `outlive` is false.

        Its output is appended to `log`, its input is empty; it inherits the descriptors `pass_fds` by number.
        """
        with log.open("ab") as output:
            popen = self._spawn(
                argv,
                leash=not outlive,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=tuple(pass_fds),
            )
        daemon = Daemon.of(popen.pid)
        popen.returncode = 0  # it is not ours to wait for: keeps subprocess from warning about it
        return daemon

    def put(self, data: bytes, path: str, *, mode: int = 0o644) -> None:
        """Writes a file whole or not at all; the directory must exist."""
        target = Path(path)
        try:
            with tempfile.NamedTemporaryFile(
                dir=target.parent, prefix=f".{target.name}.", delete=False
            ) as part:
                try:
                    part.write(data)
                    part.close()
                    Path(part.name).chmod(mode)
                    Path(part.name).replace(target)
                except BaseException:
                    Path(part.name).unlink()
                    raise
        except OSError as error:
            reason = error.strerror or str(error)
            raise UnreachableError(
                f"cannot write {path}: {reason}", where=str(self.address), hint=advice(reason)
            ) from None

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _spawn(self, argv: Sequence[str], *, leash: bool, **popen: Any) -> subprocess.Popen[bytes]:
        path = f"{os.environ.get('PATH') or os.defpath}:{_SYSTEM_DIRECTORIES}"  # tc and friends, for plain users too
        if not shutil.which(argv[0], path=path):
            raise UnreachableError(
                f"no program {argv[0]!r}", where=str(self.address), hint="`microdc doctor` says how to get it"
            )
        command = [*self._prefix, *(_LEASH if leash else ()), *argv]
        environment = {**os.environ, "PATH": path}
        try:
            # The leash is tied to the thread that starts the program, so one that lasts as long as the process does it.
            return _spawner().submit(_popen, command, env=environment, **popen).result()
        except OSError as error:
            raise UnreachableError(
                f"cannot start {argv[0]}: {error.strerror}", where=str(self.address)
            ) from None


class NamespaceHost(LocalHost):
    """A named network namespace of this machine: its own network, this machine's files and processes.

    Raises UnreachableError where it is missing or may not be entered.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.address = Address("netns", name)
        self._prefix = namespaces.inside(name)
        namespaces.call(name, lambda: None)

    def _spawn(self, argv: Sequence[str], *, leash: bool, **popen: Any) -> subprocess.Popen[bytes]:
        if not namespaces.path(self.address.name).exists():
            raise UnreachableError("the network namespace is gone", where=str(self.address))
        return super()._spawn(argv, leash=leash, **popen)


class LocalProcess:
    """A program that LocalHost.start began; see Process."""

    def __init__(self, name: str, host: LocalHost, popen: subprocess.Popen[bytes]) -> None:
        self._name = name
        self._host = host
        self._popen = popen
        self.stdin = cast("IO[bytes]", popen.stdin)
        self.stdout: IO[bytes] = io.BufferedReader(cast("io.FileIO", popen.stdout))
        self._tail = Tail(io.BufferedReader(cast("io.FileIO", popen.stderr)))

    def wait(self, timeout: float | None = None) -> int:
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            what = f"{self._name} did not end within {timeout:g} s"
            raise UnreachableError(what, where=str(self._host.address)) from None

    def kill(self) -> None:
        _end(self._popen)
        self.stdin.close()

    def stderr_tail(self) -> str:
        return self._tail.text()


def _end(popen: subprocess.Popen[bytes]) -> None:
    """Kills the program and what it left behind in its process group.

    A group keeps its number while a member lives: a process of this number after the leader was collected is a stranger.
    """
    if popen.returncode is None or not Path(f"/proc/{popen.pid}").exists():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(popen.pid, signal.SIGKILL)
    popen.wait()


def _close(popen: subprocess.Popen[bytes]) -> None:
    for stream in (popen.stdin, popen.stdout, popen.stderr):
        if stream is not None:
            stream.close()


def _popen(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, start_new_session=True, bufsize=0, **options)


@cache
def _spawner() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")
