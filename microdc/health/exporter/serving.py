"""`/metrics`, `/feed` and `/healthz` over HTTP."""

from __future__ import annotations

import select
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from types import TracebackType
from typing import Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import make_wsgi_app

from microdc.errors import RefusedError, UnreachableError
from microdc.health.exporter.collecting import HealthCollector
from microdc.health.exporter.keeping import Keeper

CONNECTIONS = 16
"""Served at once, readers of the feed among them; more are closed unanswered. Prometheus needs one."""
_QUIET = 10.0
"""Seconds that a connection may say, or take, nothing."""
_AHEAD = 128 * 1024
"""Octets that the system keeps for a slow reader. What he has not taken is to wait with us, where newer samples take the place of older ones."""
_VANISHED = 30_000
"""Milliseconds after which a peer that confirms nothing is gone."""
_GONE = "microdc.gone"
"""In the environment of a request: whether who asked has closed the connection."""
FEED_TYPE = "application/x-ndjson"
_PAGES = {
    "/": ("200 OK", "microdc: /metrics for Prometheus, /feed for microdc, /healthz\n"),
    "/healthz": ("200 OK", "ok\n"),
}
_TEXT = [("Content-Type", "text/plain; charset=utf-8")]


class Server:
    """Serves what a keeper has seen. A context manager. Raises UnreachableError where it cannot listen there."""

    def __init__(self, keeper: Keeper, host: str, port: int) -> None:
        kind = _Six if ":" in host else _Http
        try:
            self._http = kind((host, port), _Handler)
        except (OSError, OverflowError) as error:
            told = getattr(error, "strerror", None) or str(error)
            raise UnreachableError(
                f"cannot listen there: {told}", where=_where(host, port), hint="choose another --listen"
            ) from None
        self._http.set_app(application(keeper))
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.2}, name="http", daemon=True
        )

    @property
    def url(self) -> str:
        """Where Prometheus finds it."""
        host, port = self._http.server_address[:2]
        return f"http://{_where(str(host), int(port))}/metrics"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


def application(keeper: Keeper) -> WSGIApplication:
    """`/metrics` in the format that the scraper asks for; `/feed` all records as lines, without end; `/healthz` is 200 while devices are polled, 503 after."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(HealthCollector(keeper.seen))
    ProcessCollector(registry=registry)
    metrics: Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]] = make_wsgi_app(registry)

    def serve(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if environ.get("REQUEST_METHOD") != "GET":
            return _answer(start, "405 Method Not Allowed", "only GET\n", [("Allow", "GET")])
        if path == "/metrics":
            return metrics(environ, start)
        if path in {"/feed", "/healthz"} and keeper.ended.is_set():
            why = f": {keeper.failure}" if keeper.failure else ""
            return _answer(start, "503 Service Unavailable", f"nothing is polled any more{why}\n")
        if path == "/feed":
            return _feed(keeper, start, environ[_GONE])
        status, text = _PAGES.get(path, ("404 Not Found", "there are /metrics, /feed and /healthz\n"))
        return _answer(start, status, text)

    return serve


def _feed(keeper: Keeper, start: StartResponse, gone: Callable[[], bool]) -> Iterable[bytes]:
    """Sends records until there are no more, or until the reader is gone or takes nothing."""
    try:
        with keeper.hub.reading() as reader:
            write = start("200 OK", [("Content-Type", FEED_TYPE), ("Cache-Control", "no-store")])
            for piece in reader.pieces(gone=gone):
                write(piece)
    except RefusedError as full:
        return _answer(start, "503 Service Unavailable", f"{full}\n")
    except OSError:
        return []
    return []


def _answer(
    start: StartResponse, status: str, text: str, more: Iterable[tuple[str, str]] = ()
) -> Iterable[bytes]:
    body = text.encode("utf-8", "replace")
    start(status, [*_TEXT, ("Content-Length", str(len(body))), *more])
    return [body]


class _Http(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, *arguments: Any) -> None:
        self._free = threading.BoundedSemaphore(CONNECTIONS)
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for each connection, as long as there are few."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A scraper that went away is nothing to be told of."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Six(_Http):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    timeout = _QUIET

    def setup(self) -> None:
        super().setup()
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _AHEAD)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _VANISHED)

    def get_environ(self) -> WSGIEnvironment:
        return {**super().get_environ(), _GONE: self._gone}

    def _gone(self) -> bool:
        poll = select.poll()
        poll.register(self.connection, select.POLLRDHUP)
        return bool(poll.poll(0))

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the library's name
        """A scrape every few seconds is no news."""

    def address_string(self) -> str:
        return str(self.client_address[0])


def _where(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
