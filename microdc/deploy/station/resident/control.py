"""The program's main loop: the controller's requests from a unix socket, dnsmasq's words, the segment, and signals."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import time
from base64 import b64decode
from typing import Any

from . import trouble
from .place import SOCKET
from .station import RefuseError, Station

REQUEST_BYTES = 64 << 20
REQUEST_SECONDS = 10.0


class Control:
    """Serves one request at a time: a plan is never changed by two. Requests are lines of JSON from root's own programs."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self.why: str | None = None
        SOCKET.unlink() if SOCKET.exists() else None
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(SOCKET))
        self.listener.listen(16)
        self._wake, awake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(awake)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # to wake: who died is asked in the tick
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _end(self, number: int, _frame: Any) -> None:
        self.why = signal.Signals(number).name

    def run(self) -> None:
        """Until it is told to stop."""
        self.station.started()
        while self.why is None:
            try:
                self._once()
            except Exception:  # noqa: BLE001 - whatever happens, the services go on
                trouble.trace()
                time.sleep(0.5)
        self.station.close(self.why)
        SOCKET.unlink()

    def _once(self) -> None:
        station = self.station
        sources: list[Any] = [self._wake, self.listener]
        dnsmasq = station.keeper.dnsmasq
        if dnsmasq.runs:
            sources.append(dnsmasq)
        if station.quiet.watch is not None:
            sources.append(station.quiet.watch)
        ready = select.select(sources, [], [], station.pause())[0]
        if self._wake in ready:
            os.read(self._wake, 4096)
        if dnsmasq in ready:
            station.heard()
        station.tick()
        if self.listener in ready:
            self._serve(self.listener.accept()[0])

    def _serve(self, sock: socket.socket) -> None:
        with sock:
            sock.settimeout(REQUEST_SECONDS)
            try:
                request = json.loads(_line(sock))
                sock.sendall(json.dumps(self._answer(request)).encode() + b"\n")
            except (OSError, ValueError, KeyError, TypeError) as problem:
                trouble.say(f"a request came to nothing: {problem!r}")

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        verb = request["verb"]
        if verb == "apply":
            try:
                self.station.apply(b64decode(request["plan"]))
            except RefuseError as refused:
                return {"error": refused.code, "text": str(refused)}
            self.station.tick()
        elif verb == "stop":
            self.why = str(request.get("why", "asked to"))
        elif verb != "status":
            return {"error": "bad-request", "text": f"{verb!r} is no verb"}
        return self.station.status()


def _line(sock: socket.socket) -> bytes:
    data = bytearray()
    while not data.endswith(b"\n"):
        block = sock.recv(1 << 20)
        if not block or len(data) > REQUEST_BYTES:
            raise ValueError("the request is not whole")
        data += block
    return bytes(data)
