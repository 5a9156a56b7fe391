"""Events of the lab's Redfish service: pushed to a listener, and on an open stream."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from redfishservice import Rig, describe, running, self_signed, until

SERVICE = "/redfish/v1/EventService"
SUBSCRIPTIONS = f"{SERVICE}/Subscriptions"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with running(describe(tmp_path / "m"), certificate=self_signed(tmp_path)) as made:
        yield made


@contextmanager
def listener(status: int = 204) -> Iterator[tuple[str, list[dict[str, Any]], list[str | None]]]:
    """Its URL, what came, and each time the header X-Key."""
    came: list[dict[str, Any]] = []
    keys: list[str | None] = []

    class Listens(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            keys.append(self.headers["X-Key"])
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listens)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/events?a=1", came, keys
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def subscribe(rig: Rig, url: str) -> str:
    wanted = {"Destination": url, "Protocol": "Redfish", "Context": "mine", "HttpHeaders": [{"X-Key": "k1"}]}
    made = rig.client.post(SUBSCRIPTIONS, wanted)
    assert made.status == 201
    assert "k1" not in made.body.decode()
    return made.headers["Location"]


def test_what_happens_is_pushed(rig: Rig) -> None:
    with listener() as (url, came, keys):
        path = subscribe(rig, url)
        assert rig.client.get(path).json["Destination"] == url
        (rig.directory / "inlet").write_text("61000")
        rig.client.reset("On")
        until(lambda: sum(len(event["Events"]) for event in came) == 2)
        records = {one["Message"]: one for event in came for one in event["Events"]}
        assert records["The server is on"]["OriginOfCondition"] == {"@odata.id": "/redfish/v1/Systems/1"}
        assert records["Inlet Temp reads 61.0 Cel: Critical"]["MessageSeverity"] == "Critical"
        assert {event["Context"] for event in came} == {"mine"}
        assert set(keys) == {"k1"}
        assert rig.client.delete(path).status == 204
        assert rig.client.get(SUBSCRIPTIONS).json["Members"] == []


def test_a_test_event(rig: Rig) -> None:
    with listener() as (url, came, _):
        subscribe(rig, url)
        test = f"{SERVICE}/Actions/EventService.SubmitTestEvent"
        assert rig.client.post(test, {"Message": "hello", "Severity": "Warning"}).status == 204
        until(lambda: came)
        assert came[0]["Events"][0]["Message"] == "hello"
        assert rig.client.post(test, {"Message": 1}).status == 400


def test_a_subscription_that_cannot_be_delivered_ends(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("microdc.lab.redfish.delivery.PAUSE", 0)
    with listener(500) as (url, came, _):
        subscribe(rig, url)
        rig.client.reset("On")
        until(lambda: rig.client.get(SUBSCRIPTIONS).json["Members"] == [])
        assert len(came) == 3


@pytest.mark.parametrize(
    "wanted",
    [
        {"Protocol": "Redfish"},
        {"Destination": "https://127.0.0.1/x"},
        {"Destination": "ftp://127.0.0.1/x", "Protocol": "Redfish"},
        {"Destination": "https://", "Protocol": "Redfish"},
        {"Destination": "https://127.0.0.1/x", "Protocol": "FTP"},
        {"Destination": "https://127.0.0.1/x", "Protocol": "Redfish", "Nonsense": 1},
    ],
)
def test_subscriptions_that_are_refused(rig: Rig, wanted: dict[str, Any]) -> None:
    assert rig.client.post(SUBSCRIPTIONS, wanted).status == 400
    assert rig.client.get(SUBSCRIPTIONS).json["Members"] == []


def stream(rig: Rig) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    connection = rig.client.open()
    headers = {"Authorization": "Basic YWRtaW46c2VjcmV0LWxhYi0x", "Accept": "text/event-stream"}
    connection.request("GET", rig.client.get(SERVICE).json["ServerSentEventUri"], headers=headers)
    return connection, connection.getresponse()


def test_a_stream(rig: Rig) -> None:
    connection, response = stream(rig)
    assert response.headers["Content-Type"].startswith("text/event-stream")
    until(lambda: len(rig.client.get(SUBSCRIPTIONS).json["Members"]) == 1)
    rig.client.reset("On")
    lines = [response.readline().decode().strip() for _ in range(4)]
    number, data = (line.partition(": ") for line in lines[2:])
    assert (number[0], data[0]) == ("id", "data")
    event = json.loads(data[2])
    assert event["Id"] == number[2]
    assert event["Events"][0]["Message"] == "The server is on"
    response.close()
    connection.close()
    until(lambda: rig.client.get(SUBSCRIPTIONS).json["Members"] == [])


def test_a_stream_ends_with_its_subscription(rig: Rig) -> None:
    connection, response = stream(rig)
    members = until(lambda: rig.client.get(SUBSCRIPTIONS).json["Members"])
    assert rig.client.delete(members[0]["@odata.id"]).status == 204
    assert b"opened" in response.read()
    connection.close()
    assert rig.client.get(f"{SERVICE}/SSE", Accept="application/json").status == 406
