"""A station as small as it can be, and as nasty as a test wants it: what the ramdisk speaks to, in the tests of the ramdisk alone."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from microdc.host import namespaces

CHUNK = 64 << 10


@dataclass(slots=True)
class Nastiness:
    """What is done to the answers with an image: each is one time, or for each of the offsets in a list.

    cut_at: offsets at which the connection is closed; stall_at: at which nothing more comes for `stall` s; flip_at: bytes that are sent
    wrong, always; busy: how many requests are answered 503; status: of all; whole: ranges are not known, all is sent; claim: the length
    that is told; rate: bytes/s.
    """

    cut_at: list[int] = field(default_factory=list)
    stall_at: list[int] = field(default_factory=list)
    stall: float = 5.0
    flip_at: list[int] = field(default_factory=list)
    busy: int = 0
    status: int = 0
    whole: bool = False
    claim: int | None = None
    rate: float = 0.0
    cut_always_after: int | None = None


@dataclass(slots=True)
class Told:
    kind: str
    text: str
    data: dict[str, Any]


class NastyStation:
    """Serves until `close`. orders: by token; files: by path; told: what was reported; asked: the ranges of image requests."""

    def __init__(self, address: str = "127.0.0.1", namespace: str = "") -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.files: dict[str, Path] = {}
        self.scripts: dict[str, str] = {}
        self.nastiness = Nastiness()
        self.lost_answers = 0  # to a hello: it is heard, and the connection closed
        self.told: list[Told] = []
        self.hellos: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.at_progress: Callable[[Told], None] = lambda _: None
        self._server = namespaces.call(namespace, lambda: _Server((address, 0), _Handler))
        self._server.station = self
        self.address, self.port = address, int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def kinds(self) -> list[str]:
        return [told.kind for told in self.told]

    def last(self, kind: str) -> Told:
        return [told for told in self.told if told.kind == kind][-1]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    station: NastyStation

    def handle_error(self, *_: object) -> None:
        """A client that went away is no news here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_POST(self) -> None:
        station = self.server.station
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        token = self.headers["Authorization"].removeprefix("Bearer ")
        if self.path == "/node/hello":
            if token not in station.orders:
                self._json(403, {"error": "spent-token"})
                return
            station.hellos.append(body)
            if station.lost_answers:
                station.lost_answers -= 1
                self.close_connection = True
                return
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            self._json(200, {"session": f"s-{token}", "order": {**station.orders[token], "time": now}})
            return
        assert token.startswith("s-")
        told = Told(body["kind"], body["text"], body["data"])
        station.told.append(told)
        station.at_progress(told)
        self._json(200, {})

    def _json(self, status: int, data: dict[str, Any]) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        station = self.server.station
        path = self.path.partition("?")[0]
        if script := station.scripts.get(unquote(self.path)):
            self._sent(script.encode())
        elif path not in station.files:
            self._json(404, {"error": "no-such-file"})
        elif path.startswith("/images/"):
            self._image(station.files[path])
        else:
            self._sent(station.files[path].read_bytes())

    def _sent(self, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _image(self, path: Path) -> None:
        nasty = self.server.station.nastiness
        asked = self.headers.get("Range", "")
        self.server.station.asked.append(asked)
        if nasty.status:
            self._json(nasty.status, {})
            return
        if nasty.busy:
            nasty.busy -= 1
            self.send_response(503)
            self.send_header("Retry-After", "1")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        data = bytearray(path.read_bytes())
        for at in nasty.flip_at:
            data[at] ^= 0x40
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and not nasty.whole else 0
        total = len(data) if nasty.claim is None else nasty.claim
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        self.send_header("Content-Length", str(total - start))
        self.end_headers()
        self.close_connection = True
        self._stream(bytes(data), start, nasty)

    def _stream(self, data: bytes, start: int, nasty: Nastiness) -> None:
        at, begun = start, time.monotonic()
        while at < len(data):
            stops = [stop for stop in (*nasty.cut_at, *nasty.stall_at) if stop > at]
            if nasty.cut_always_after is not None:
                stops.append(start + nasty.cut_always_after)
            end = min([at + CHUNK, len(data), *stops])
            self.wfile.write(data[at:end])
            at = end
            if nasty.cut_always_after is not None and at >= start + nasty.cut_always_after:
                return
            if at in nasty.cut_at:
                nasty.cut_at.remove(at)
                return
            if at in nasty.stall_at:
                nasty.stall_at.remove(at)
                self.wfile.flush()
                time.sleep(nasty.stall)
                return
            if nasty.rate:
                time.sleep(max(0.0, begun + (at - start) / nasty.rate - time.monotonic()))
