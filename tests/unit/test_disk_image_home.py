"""What a deployed system says when it runs: once, when it is answered, and to nobody whom it was not told."""

from __future__ import annotations

import json
import runpy
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from microdc.images import disk

SCRIPT = Path(str(disk.__file__)).parent / "files" / "home.py"


class Station:
    """Answers with the given statuses, one after the other; keeps what came."""

    def __init__(self, statuses: list[int]) -> None:
        self.statuses = statuses
        self.got: list[tuple[str, str, dict[str, Any]]] = []
        self.url = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        self.got.append((handler.path, handler.headers["Authorization"], body))
        handler.send_response(self.statuses.pop(0))
        handler.send_header("Content-Length", "0")
        handler.end_headers()


@contextmanager
def station(*statuses: int) -> Iterator[Station]:
    made = Station(list(statuses))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}/node/home"
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Home:
    """The script, with its files elsewhere and no time between two attempts."""

    def __init__(self, directory: Path, url: str) -> None:
        self.order = directory / "home.json"
        self.order.write_text(json.dumps({"url": url, "token": "t0ken"}), "utf-8")
        self.node = directory / "node.json"
        self.node.write_text(json.dumps({"image": "d1gest"}), "utf-8")
        names = runpy.run_path(str(SCRIPT), run_name="home")
        main = names["main"]
        assert isinstance(main, FunctionType)
        main.__globals__.update(ORDER=self.order, TOLD=(self.node,), PAUSES=(0,))
        self._main = main

    def run(self) -> int:
        status: int = self._main()
        return status


@pytest.fixture(autouse=True)
def _proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that somebody set must not see the token."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")


def test_it_says_what_it_is_and_forgets_its_token(tmp_path: Path) -> None:
    with station(204) as there:
        home = Home(tmp_path, there.url)
        assert home.run() == 0
    path, authorization, body = there.got[0]
    assert (path, authorization) == ("/node/home", "Bearer t0ken")
    assert body["boot_id"] == Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    assert body["image"] == "d1gest"
    assert body["hostname"]
    assert body["uptime"] > 0
    assert body["root"]
    assert isinstance(body["addresses"], list)
    assert isinstance(body["host_keys"], list)
    assert not home.order.exists()


def test_it_goes_on_until_it_is_answered(tmp_path: Path) -> None:
    with station(503, 500, 200) as there:
        home = Home(tmp_path, there.url)
        assert home.run() == 0
    assert len(there.got) == 3
    assert not home.order.exists()


def test_denied_it_ends_and_keeps_its_order_for_the_next_boot(tmp_path: Path) -> None:
    with station(403) as there:
        home = Home(tmp_path, there.url)
        assert home.run() == 1
    assert home.order.exists()


def test_the_image_s_own_name_stands_where_nobody_wrote_which_it_is(tmp_path: Path) -> None:
    with station(200) as there:
        home = Home(tmp_path, there.url)
        home.node.unlink()
        assert home.run() == 0
    assert there.got[0][2]["image"] == ""


def test_it_runs_on_the_python_of_the_image() -> None:
    assert sys.version_info >= (3, 11)
    assert compile(SCRIPT.read_text("utf-8"), "home.py", "exec")
