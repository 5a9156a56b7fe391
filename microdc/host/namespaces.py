"""Network namespaces of this machine, by the names under which iproute2 keeps them.

Moving between namespaces is a matter of the thread: `enter` moves the current one for a while, `call` uses a thread of
its own so that the caller never moves.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from microdc.errors import UnreachableError

DIRECTORY = Path("/run/netns")
"""Where iproute2 binds named namespaces; `ip netns` has no other place."""

_CLONE_NEWNET = 0x4000_0000  # linux/sched.h
_libc = ctypes.CDLL(None, use_errno=True)
_T = TypeVar("_T")


def path(name: str) -> Path:
    """The file that stands for the namespace, there or not."""
    return DIRECTORY / name


def names(prefix: str = "") -> list[str]:
    """The named namespaces whose names begin with `prefix`, sorted."""
    try:
        return sorted(entry.name for entry in DIRECTORY.iterdir() if entry.name.startswith(prefix))
    except FileNotFoundError:
        return []


def inside(name: str) -> tuple[str, ...]:
    """The words before a command line that make it run in the namespace."""
    return ("nsenter", f"--net={path(name)}", "--")


def create(name: str) -> None:
    """Makes a namespace and brings its loopback up. Raises UnreachableError (no permission, name taken)."""
    _run("ip", "netns", "add", name, where=name)
    try:
        # not `ip -n`: it remounts file systems, which fails where / is no mount of its own, as in a chroot
        _run(*inside(name), "ip", "link", "set", "lo", "up", where=name)
    except UnreachableError:
        delete(name)
        raise


def delete(name: str) -> None:
    """Ends the processes in a namespace and removes its name; nothing happens if there is none of this name."""
    if not path(name).exists():
        return
    end_processes(name)
    _run("ip", "netns", "delete", name, where=name)


def pids(name: str) -> list[int]:
    """The processes whose main thread is in the namespace. Those that may not be looked at are left out."""
    try:
        wanted = path(name).stat().st_ino
    except FileNotFoundError:
        return []
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):  # it ended meanwhile, or it is another user's
            if entry.name.isdigit() and (entry / "ns/net").stat().st_ino == wanted:
                found.append(int(entry.name))
    return sorted(found)


def end_processes(name: str) -> None:
    """Kills every process in the namespace, this one excepted, until none is left."""
    for _ in range(100):  # a process may fork between the look and the kill; it cannot do so for ever
        inside = [pid for pid in pids(name) if pid != os.getpid()]
        if not inside:
            return
        for pid in inside:
            _kill_and_wait(pid)
    raise UnreachableError("its processes do not end", where=f"netns:{name}")


def _kill_and_wait(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            select.select([handle], [], [], 10)
        finally:
            os.close(handle)


@contextlib.contextmanager
def enter(name: str) -> Iterator[None]:
    """Moves the current thread into the namespace, and back at the end.

    Raises UnreachableError where the namespace is missing or entering it is not permitted. Threads and programs started
    meanwhile by this thread begin in the namespace.
    """
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _set_namespace(name)
        try:
            yield
        finally:
            if _libc.setns(home, _CLONE_NEWNET) != 0:
                raise UnreachableError("the thread could not return from it", where=f"netns:{name}")
    finally:
        os.close(home)


def _set_namespace(name: str) -> None:
    where = f"netns:{name}"
    try:
        handle = os.open(path(name), os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        hint = "`ip netns list` shows those of this machine"
        raise UnreachableError(
            f"no such network namespace: {error.strerror}", where=where, hint=hint
        ) from None
    try:
        if _libc.setns(handle, _CLONE_NEWNET) != 0:
            reason = os.strerror(ctypes.get_errno())
            raise UnreachableError(
                f"the namespace cannot be entered: {reason}", where=where, hint="run as root"
            )
    finally:
        os.close(handle)


def call(name: str, function: Callable[[], _T]) -> _T:
    """What `function` returns or raises when it runs inside the namespace, in a thread of its own.

    name: "" runs it at once, where the caller is.
    """
    if not name:
        return function()
    results: list[_T] = []
    failures: list[BaseException] = []

    def inside() -> None:
        try:
            with enter(name):
                results.append(function())
        except BaseException as error:  # noqa: BLE001 - carried to the caller's thread, which raises it
            failures.append(error)

    thread = threading.Thread(target=inside, name=f"netns:{name}", daemon=True)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


def socket_from(name: str, address: tuple[str, int], *, timeout: float = 10.0) -> socket.socket:
    """A TCP connection to `address` opened from inside the namespace ("": from where the caller is).

    A socket stays in the namespace where it was made, so the caller may use it anywhere. Raises UnreachableError for
    the namespace and OSError for the connection.
    """
    return call(name, lambda: socket.create_connection(address, timeout))


def _run(*argv: str, where: str) -> None:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise UnreachableError(
            f"no program {error.filename!r} on this machine", hint="microdc doctor"
        ) from None
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1:] or [f"{argv[0]} exited with {done.returncode}"]
        raise UnreachableError(f"{' '.join(argv)}: {reason[0]}", where=f"netns:{where}")
