"""How the agent listens: in this process, without a kernel to change."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from microdc.agent.resident import server as module
from microdc.agent.resident.keeper import PROTOCOL
from microdc.agent.resident.server import Server


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a")  # short: the name of a unix socket has at most 107 bytes


@pytest.fixture
def server(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that has something to keep until the test is over, and then ends by itself."""
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.05)
    monkeypatch.setattr(module, "MAX_REQUEST", 100_000)
    made = Server(place)
    made.keeper.ports = {"x": {"index": -1}}
    thread = threading.Thread(target=made.run)
    thread.start()
    yield made
    made.keeper.layers, made.keeper.ports = [], {}
    thread.join(30)
    assert not thread.is_alive()
    made.close()


class Talk:
    """A controller's connection."""

    def __init__(self, server: Server) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(server.path))
        self.stream = self.socket.makefile("rb")
        self.greeting = self.stream.readline()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()
        self.socket.close()

    def ask(self, request: bytes) -> dict[str, Any]:
        self.socket.sendall(request)
        return self.hear()

    def hear(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.stream.readline())
        return answer


STATE = b'{"verb": "read", "dumps": {}}\n'


def lay(server: Server, size: int) -> None:
    """A layer of so many bytes."""
    values = {"x/1": {"messages": [], "data": {"much": "x" * size}}}
    layer = {"id": "o1", "owner": "me", "reason": "", "made": 0, "data": {}, "ends": None, "values": values}
    server.keeper.layers = [layer]


def test_a_request_may_come_in_pieces_and_several_at_once(server: Server) -> None:
    with Talk(server) as talk:
        for byte in STATE[:-1]:
            talk.socket.send(bytes([byte]))
        assert talk.ask(b"\n")["state"]["layers"] == []
        talk.socket.sendall(3 * STATE + STATE[:5])
        for _ in range(3):
            assert talk.hear()["state"]["generation"] == 0
        assert talk.ask(STATE[5:])["state"]["generation"] == 0


@pytest.mark.parametrize(
    "nonsense",
    [
        b"hello?",
        b"[]",
        b"null",
        b'{"verb": null}',
        b'{"verb": []}',
        b"{}",
        b"[" * 90_000,
        b"\xff\xfe",
        b"",
        b'{"verb": "commit"}',
    ],
)
def test_nonsense_is_answered_and_does_no_harm(server: Server, nonsense: bytes) -> None:
    with Talk(server) as talk:
        assert talk.ask(nonsense + b"\n")["error"]
        assert talk.ask(STATE)["state"]["generation"] == 0


def test_a_request_beyond_measure_is_refused_and_not_stored(server: Server) -> None:
    with Talk(server) as talk:
        for _ in range(50):
            talk.socket.sendall(b"x" * 100_000)
        assert all(len(c.inbox) <= 100_001 for c in server.connections)
        assert "more than 100000 bytes" in talk.ask(b"\n")["error"]
        assert talk.ask(STATE)["state"]["generation"] == 0


def test_a_controller_that_does_not_read_keeps_nobody_waiting(server: Server) -> None:
    lay(server, 5_000_000)
    with Talk(server) as deaf, Talk(server) as other:
        deaf.socket.sendall(STATE)
        assert other.ask(b'{"verb": "hello"}\n')["protocol"] == PROTOCOL
        assert other.ask(b'{"verb": "hello"}\n')["protocol"] == PROTOCOL
        assert len(deaf.hear()["state"]["layers"][0]["values"]["x/1"]["much"]) == 5_000_000


def test_a_failure_in_what_ends_stops_nothing_else(
    server: Server, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def expire() -> None:
        raise ValueError("a fault")

    monkeypatch.setattr(server.keeper, "expire", expire)
    with Talk(server) as talk:
        assert talk.ask(STATE)["state"]["generation"] == 0
    assert "a fault" in capfd.readouterr().err


def test_a_controller_that_leaves_in_the_middle_does_no_harm(server: Server) -> None:
    lay(server, 5_000_000)
    with Talk(server) as leaving:
        leaving.socket.sendall(STATE)
        leaving.socket.recv(1000)
    with Talk(server) as leaving:
        leaving.socket.sendall(STATE[:5])
    with Talk(server) as talk:
        assert talk.ask(b'{"verb": "hello"}\n')["protocol"] == PROTOCOL


def test_where_there_are_too_many_the_most_silent_goes(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_CONNECTIONS", 1)
    with Talk(server) as first:
        assert first.ask(STATE)["state"]["generation"] == 0
        with Talk(server) as second:
            assert second.ask(STATE)["state"]["generation"] == 0
            assert first.stream.readline() == b""  # it had been silent longest


def test_it_ends_when_there_is_nothing_to_keep_and_what_happened_is_known_later(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.05)
    server = Server(place)
    server.keeper._note("layer o1 of me ended")
    server.keeper._save()
    server.run()
    server.close()
    assert [entry.name for entry in place.iterdir()] == ["state.json"]
    again = Server(place)
    assert [note["number"] for note in again.keeper.notes] == [1]
    again.keeper._note("another")
    assert again.keeper.notes[-1]["number"] == 2
    again.close()


def test_a_socket_that_a_killed_agent_left_is_replaced(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.05)
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(place / "agent.sock"))
    stale.close()
    server = Server(place)
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(place / "agent.sock"))
    server.run()
    server.close()
    assert not (place / "agent.sock").exists()


def test_an_agent_that_ends_leaves_the_socket_of_another_alone(place: Path) -> None:
    first = Server(place)
    (place / "agent.sock").rename(place / "aside")
    second = Server(place)
    first.close()
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(place / "agent.sock"))
    second.close()
    assert not (place / "agent.sock").exists()


def test_what_is_kept_stays_when_it_is_ended(place: Path) -> None:
    server = Server(place)
    lay(server, 10)
    server.keeper._save()
    server.close()
    again = Server(place)
    assert again.keeper.keeps
    again.close()
