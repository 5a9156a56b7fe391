"""The agent's ear: controllers' requests from a unix socket."""

from __future__ import annotations

import contextlib
import json
import select
import signal
import socket
import traceback
from os.path import relpath
from pathlib import Path
from typing import Any

from .keeper import Keeper
from .place import boottime
from .standby import Standby

IDLE_SECONDS = 30.0
"""How long an agent that has nothing to keep waits for the next controller."""
MAX_REQUEST = 1 << 30
"""Bytes of one request. All of a full mesh of 100 sites at once has 58 MB, 10,000 destinations of one interface 16 MB."""
MAX_CONNECTIONS = 64


class Connection:
    """A controller's end: what has come of its request, what has not yet gone of its answer."""

    def __init__(self, sock: socket.socket, greeting: bytes) -> None:
        sock.setblocking(False)
        self.socket, self.inbox, self.outbox = sock, bytearray(), bytearray(greeting)

    def fileno(self) -> int:
        return self.socket.fileno()


class Server:
    """Lines of JSON on a unix socket, one request at a time: nothing can come between two steps of a commit.

    Who connects is greeted with the answer to `hello`. Nothing waits for a controller: one that does not read its answer
    keeps nobody from theirs, nor a layer from its end. standby: takes over when this process is killed.
    """

    def __init__(self, place: Path, standby: Standby | None = None) -> None:
        self.path = place / "agent.sock"
        self.standby = standby
        self.keeper = Keeper(place)
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(relpath(self.path))
        self.inode = self.path.stat().st_ino
        self.listener.listen(16)
        self.connections: list[Connection] = []

    def run(self) -> None:
        """Serves until there has been nothing to keep and nobody to serve for a while."""
        quiet_since = boottime()
        while True:
            if self.keeper.keeps or self.connections:
                quiet_since = boottime()
            idle = quiet_since + IDLE_SECONDS - boottime()
            if idle <= 0:
                return
            if self.keeper.keeps:
                self._stand_by()
            end = self.keeper.next_end()
            reading, writing = self._ready(idle if end is None else min(end, idle))
            self._expire()
            for connection in writing:
                self._write(connection)
            for connection in reading:
                self._read(connection)

    def _stand_by(self) -> None:
        """Sees that somebody takes over when this process is killed."""
        if self.standby:
            self.standby.start()

    def _expire(self) -> None:
        """What ends, ends; a failure in it stops nothing else."""
        try:
            self.keeper.expire()
        except Exception:  # noqa: BLE001 - the agent lives on and keeps the rest
            traceback.print_exc()

    def _ready(self, seconds: float) -> tuple[list[Connection], list[Connection]]:
        """Waits for what can be read and written. The process may be ended here, and not within a change."""
        readers: list[Any] = [
            self.listener,
            *(c for c in self.connections if not c.outbox),
            self.keeper.listener,
        ]
        if self.standby and self.standby.stands:
            readers.append(self.standby)
        writers = [c for c in self.connections if c.outbox]
        within = signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM,))
        readable, writable, _ = select.select(readers, writers, [], seconds)
        signal.pthread_sigmask(signal.SIG_SETMASK, within)
        if self.listener in readable:
            with contextlib.suppress(OSError):
                self._take_in(self.listener.accept()[0])
        if self.keeper.listener in readable:
            self.keeper.look()
        if self.standby and self.standby in readable:
            self.standby.lost()
        return [one for one in readable if isinstance(one, Connection)], writable

    def _take_in(self, new: socket.socket) -> None:
        """One more controller; where there are too many, the one that has been silent longest goes."""
        if len(self.connections) >= MAX_CONNECTIONS:
            self._drop(self.connections[0])
        self.connections.append(Connection(new, _line(self.keeper.answer({"verb": "hello"}))))

    def _read(self, connection: Connection) -> None:
        try:
            data = connection.socket.recv(1 << 18)
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
            return
        self.connections.remove(connection)
        self.connections.append(connection)  # the most silent stand first
        while data:
            head, newline, data = data.partition(b"\n")
            connection.inbox += head[: MAX_REQUEST + 1 - len(connection.inbox)]
            if newline:
                connection.outbox += _line(self._answer(bytes(connection.inbox)))
                connection.inbox.clear()

    def _answer(self, line: bytes) -> dict[str, Any]:
        if len(line) > MAX_REQUEST:
            return {"error": f"a request of more than {MAX_REQUEST} bytes"}
        try:
            request = json.loads(line)
            if request["verb"] == "commit":
                self._stand_by()  # also for the first change: it is taken back if this process is killed in it
            return self.keeper.answer(request)
        except Exception as problem:  # noqa: BLE001 - whatever is asked, the agent lives on and keeps its layers
            traceback.print_exc()
            return {"error": f"malformed request: {problem!r}"}

    def _write(self, connection: Connection) -> None:
        try:
            sent = connection.socket.send(connection.outbox)
        except BlockingIOError:
            return
        except OSError:
            self._drop(connection)
            return
        del connection.outbox[:sent]

    def _drop(self, connection: Connection) -> None:
        self.connections.remove(connection)
        connection.socket.close()

    def close(self) -> None:
        """An orderly end. What happened stays written down, so that a later controller hears of it."""
        if self.standby:
            self.standby.dismiss()
        with contextlib.suppress(FileNotFoundError):
            if (
                self.path.stat().st_ino == self.inode
            ):  # not that of an agent whose directory took the place of ours
                self.path.unlink()


def _line(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer).encode() + b"\n"
