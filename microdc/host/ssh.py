"""Another machine over SSH: one connection, a channel for each program."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from microdc.errors import UnreachableError
from microdc.host.connection import open_connection
from microdc.host.model import Address, Completed, Process
from microdc.host.programs import SshProcess
from microdc.host.writing import advice

_PUT = (
    'LC_ALL=C; export LC_ALL; part="$1.$$"; umask 077; if cat >"$part" && [ "$(wc -c <"$part")" -eq "$2" ]'
    ' && chmod "$3" "$part" && mv -f "$part" "$1"; then exit 0; else rm -f "$part"; exit 1; fi'
)

logging.getLogger("paramiko").addHandler(
    logging.NullHandler()
)  # what matters of its log is raised, not printed


class SshHost:
    """A machine reached over SSH, with its host key checked.

    Raises UnreachableError when it cannot be reached, is not the machine known, refuses the user's key, or is lost
    later, which is noticed in LOST_AFTER seconds (host/line.py). A connection that is lost stays lost: open the host anew.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._connection = open_connection(address)

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 60.0) -> Completed:
        """Runs to the end; see Host. A program that a signal ended has the status 128 + signal, as in the shell."""
        process = SshProcess(self._connection, argv)
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            process.kill()

        watch = threading.Timer(timeout, expire)
        watch.daemon = True
        watch.start()
        with ThreadPoolExecutor(2, "ssh-run") as pool:
            try:
                pool.submit(process.feed, stdin)
                errors = pool.submit(process.errors.read)
                stdout = process.stdout.read()
                stderr = errors.result()
                status = process.wait()
            except BaseException:
                process.kill()
                if expired.is_set():
                    what = f"{argv[0]} did not end within {timeout:g} s"
                    raise UnreachableError(what, where=str(self.address)) from None
                raise
            finally:
                watch.cancel()
        if status == 127 and b"not found" in stderr:
            raise UnreachableError(
                f"no program {argv[0]!r}", where=str(self.address), hint="install it there"
            )
        return Completed(tuple(argv), status, stdout, stderr)

    def start(self, argv: Sequence[str]) -> Process:
        """Starts a program; one that is not there ends at once with the status 127."""
        process = SshProcess(self._connection, argv)
        process.keep_tail()
        return process

    def put(self, data: bytes, path: str, *, mode: int = 0o644) -> None:
        """Writes a file whole or not at all, with no more than a shell on the other end."""
        done = self.run(["sh", "-c", _PUT, "put", path, str(len(data)), f"{mode:o}"], stdin=data, timeout=300)
        if not done.ok:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            reason = said[0] if said else "not all of it arrived"
            raise UnreachableError(
                f"cannot write {path}: {reason}", where=str(self.address), hint=advice(reason)
            )

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
