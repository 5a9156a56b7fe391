"""Requests to Ironic's API, against a server whose answers are written here."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from microdc.deploy.ironic import wire
from microdc.deploy.ironic.errors import IronicAwayError, IronicError
from microdc.deploy.ironic.wire import Wire, fault

VERSIONS: dict[str, Any] = {"version": {"min_version": "1.1", "version": "1.82"}}
LOCKED = "Node n1 is locked by host h, please retry after the current operation is completed."


def refusal(text: str) -> bytes:
    """As Ironic words one: JSON in a text of JSON."""
    return json.dumps({"error_message": json.dumps({"faultcode": "Client", "faultstring": text})}).encode()


@dataclass
class Served:
    """answers: the next ones, status and body; the last one stays. asked: method, path and headers of each request."""

    url: str
    versions: Any = field(default_factory=lambda: dict(VERSIONS))
    answers: list[tuple[int, bytes]] = field(default_factory=lambda: [(200, b"{}")])
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path.endswith("/v1"):
                self._send(200, json.dumps(made.versions).encode())
                return
            made.asked.append((self.command, self.path, dict(self.headers.items())))
            self._send(*(made.answers.pop(0) if len(made.answers) > 1 else made.answers[0]))

        def do_PUT(self) -> None:
            self.do_GET()

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_PAUSE", 0.001)


def test_the_version_is_agreed_on_once_and_sent_with_each_request(served: Served) -> None:
    spoken = Wire(f"{served.url}/baremetal/v1/", ("me", "hush"))
    assert spoken.ask("GET", "/v1/nodes/n1") == {}
    assert spoken.ask("GET", "/v1/nodes/n1") == {}
    (_, path, headers), _ = served.asked
    assert path == "/baremetal/v1/nodes/n1"
    assert headers["X-OpenStack-Ironic-API-Version"] == "1.82"
    assert headers["authorization"] == f"Basic {base64.b64encode(b'me:hush').decode()}"
    spoken.close()


@pytest.mark.parametrize(("best", "spoken"), [("1.99", (1, 82)), ("1.60", (1, 60)), ("1.56", (1, 56))])
def test_no_later_version_is_asked_for_than_is_known(
    served: Served, best: str, spoken: tuple[int, int]
) -> None:
    served.versions["version"] = {"min_version": "1.1", "version": best}
    assert Wire(served.url).version == spoken


@pytest.mark.parametrize(("least", "best"), [("1.1", "1.46"), ("1.90", "1.99")])
def test_an_ironic_that_is_too_old_or_too_new_is_refused(served: Served, least: str, best: str) -> None:
    served.versions["version"] = {"min_version": least, "version": best}
    with pytest.raises(IronicError, match=f"speaks API {least} to {best}; microdc needs"):
        Wire(served.url).ask("GET", "/v1/nodes/n1")
    assert served.asked == []


@pytest.mark.parametrize("told", [{}, [], {"version": 3}, {"version": {"min_version": "x", "version": "y"}}])
def test_what_is_no_ironic_is_said_to_be_none(served: Served, told: Any) -> None:
    served.versions = told
    with pytest.raises(IronicError, match="not Ironic"):
        Wire(served.url).ask("GET", "/v1/nodes/n1")


def test_a_locked_node_is_asked_again(served: Served) -> None:
    served.answers = [(409, refusal(LOCKED)), (409, refusal(LOCKED)), (200, b'{"a": 1}')]
    assert Wire(served.url).ask("PUT", "/v1/nodes/n1/states/power", {}) == {"a": 1}
    assert len(served.asked) == 3


def test_a_lock_that_stays_is_told_after_some_tries(served: Served) -> None:
    served.answers = [(409, refusal(LOCKED))]
    with pytest.raises(IronicAwayError, match="locked by host h") as told:
        Wire(served.url).ask("PUT", "/v1/nodes/n1/states/power", {})
    assert told.value.locked
    assert len(served.asked) == wire._TRIES


def test_a_conflict_that_is_no_lock_is_not_tried_again(served: Served) -> None:
    served.answers = [(409, refusal("A node with name n1 already exists."))]
    with pytest.raises(IronicError, match="already exists") as told:
        Wire(served.url).ask("PUT", "/v1/nodes", {})
    assert (told.value.status, len(served.asked)) == (409, 1)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_what_may_be_gone_the_next_time(served: Served, status: int) -> None:
    served.answers = [(status, refusal("Unable to establish connection to http://c1:8089"))]
    with pytest.raises(IronicAwayError, match="Unable to establish"):
        Wire(served.url).ask("PUT", "/v1/nodes/n1/states/power", {})
    assert len(served.asked) == 1


def test_a_login_that_is_refused_says_where_it_stands(served: Served) -> None:
    served.answers = [(401, refusal("Incorrect username or password"))]
    with pytest.raises(IronicError, match="refuses the login") as told:
        Wire(served.url, ("me", "hush")).ask("GET", "/v1/nodes/n1")
    assert "credentials" in told.value.hint


def test_secrets_that_ironic_repeats_are_not_told(served: Served) -> None:
    spoken = Wire(served.url, ("me", "hush"))
    spoken.hide(["s3cret", ""])
    served.answers = [(400, refusal("cannot log in as admin with s3cret, nor with hush"))]
    with pytest.raises(IronicError) as told:
        spoken.ask("GET", "/v1/nodes/n1")
    assert told.value.what == "cannot log in as admin with ***, nor with ***"


def test_an_answer_that_is_no_json(served: Served) -> None:
    served.answers = [(200, b"<html>")]
    with pytest.raises(IronicError, match="no JSON"):
        Wire(served.url).ask("GET", "/v1/nodes/n1")
    served.answers = [(200, b" ")]
    assert Wire(served.url).ask("GET", "/v1/nodes/n1") is None


def test_nobody_there() -> None:
    with pytest.raises(IronicAwayError, match="does not answer"):
        Wire("http://127.0.0.1:9").ask("GET", "/v1/nodes/n1")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (refusal("no"), "no"),
        (b'{"error_message": {"faultstring": "no"}}', "no"),
        (json.dumps({"error_message": '{"code": 406, "title": "T", "description": "no"}'}).encode(), "no"),
        (b"plain words", "plain words"),
        (b"\xff", "�"),
    ],
)
def test_ironics_own_words_in_all_their_wrappings(body: bytes, said: str) -> None:
    assert fault(body) == said
