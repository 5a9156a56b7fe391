"""One poller feeds all: who connects knows at once what is known, nobody slow holds up the others, and whatever answers there is told as what it is."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from health_world import FLEET, HOT, NODE, OTHER, PAIR, SWITCH, bad, good, silent

from microdc.cli.main import call
from microdc.errors import Exit, InputError, RefusedError, UnreachableError
from microdc.health.board import Board
from microdc.health.demo import Demo
from microdc.health.exporter import sharing
from microdc.health.exporter.keeping import Keeper
from microdc.health.exporter.remote import Address, Remote, address_of
from microdc.health.exporter.serving import CONNECTIONS, Server
from microdc.health.exporter.sharing import READERS, WAITING, Hub, Reader
from microdc.health.model import Place, State
from microdc.health.stream import Record, decode, encode
from microdc.health.tracking import Rules
from microdc_tui.world.live import LiveWorld
from redfishservice import until

NOW = 1_800_000_000.0
PATIENCE = 30.0


def taken(reader: Reader) -> list[Record | None]:
    """All that a reader has until nothing waits, and then the end; None for an empty line."""
    reader.end()
    text = b"".join(reader.pieces(0.01)).decode("ascii")
    assert text.endswith("\n") or not text
    return [decode(line) if line else None for line in text.split("\n")[:-1]]


def told(hub: Hub) -> list[Record | None]:
    with hub.reading() as reader:
        return taken(reader)


# -- what a reader gets


def test_who_connects_has_the_fleet_and_then_what_is_known_of_each_device() -> None:
    hub = Hub()
    well, hot, dead = good(NOW, draw_watts=1.0), bad(NOW + 1, device=SWITCH), silent(NOW + 2)
    later = [replace(dead, at=NOW + number) for number in range(3, 9)]
    hub.put(FLEET)
    for sample in (well, hot, dead, *later):
        hub.put(sample)
    # of the switch its only sample; of the server the last that decide, and the last that told something
    assert told(hub) == [FLEET, well, *later[-Rules().remembered :], hot]


def test_so_a_board_that_begins_with_it_says_what_one_says_that_saw_all() -> None:
    demo = Demo(6, 6, clock=lambda: NOW)
    whole, late, hub = Board(), Board(), Hub()
    records: list[Record] = [demo.fleet]
    for second in range(90):
        records.extend(demo.samples(NOW + second))
    for record in records:
        whole.apply([record], NOW + 90)
        hub.put(record)
    state = [one for one in told(hub) if one is not None]
    assert len(state) <= 1 + (Rules().remembered + 1) * len(demo.fleet.devices)
    late.apply(state, NOW + 90)
    differ = {
        key
        for key, health in whole.devices().items()
        if (health.state, health.figures, health.stale)
        != (late.device(key).state, late.device(key).figures, late.device(key).stale)
    }
    assert not differ
    assert {health.state for health in late.devices().values()} > {State.OK, State.DOWN}


def test_what_comes_is_given_on_and_a_new_fleet_takes_the_place_of_what_was_of_the_old() -> None:
    hub = Hub()
    hub.put(FLEET)
    smaller = replace(FLEET, sites=(Place("paris"),), devices=(OTHER,))
    with hub.reading() as reader:
        hub.put(good(NOW))
        hub.put(smaller)
        hub.put(good(NOW + 1))  # of a device that is no longer there
        hub.put(good(NOW + 2, OTHER))
        assert taken(reader) == [FLEET, smaller, good(NOW + 2, OTHER)]
    assert told(hub) == [smaller, good(NOW + 2, OTHER)]


def test_an_empty_line_says_that_nothing_waits() -> None:
    hub = Hub()
    hub.put(FLEET)
    with hub.reading() as reader:
        pieces = reader.pieces(0.01)
        assert next(pieces) == f"{encode(FLEET)}\n".encode("ascii")
        assert next(pieces) == b"\n"  # what is known was told
        assert next(pieces) == b"\n"  # a heart-beat
        hub.put(good(NOW))
        assert next(one for one in pieces if one != b"\n") == f"{encode(good(NOW))}\n".encode("ascii")


def test_before_there_is_a_fleet_only_hearts_beat() -> None:
    hub = Hub()
    with hub.reading() as reader:
        pieces = reader.pieces(0.01)
        assert next(pieces) == b"\n"
        hub.put(FLEET)
        assert next(one for one in pieces if one != b"\n").startswith(b'{"type":"fleet"')
        assert next(pieces) == b"\n"


def test_of_what_a_slow_reader_does_not_take_the_oldest_is_lost_and_counted() -> None:
    hub = Hub()
    hub.put(FLEET)
    with hub.reading() as slow:
        for number in range(10):
            hub.put(good(NOW + number))
        hub.put(good(NOW, OTHER))
        newest = [good(NOW + number) for number in range(10 - WAITING, 10)]
        assert taken(slow) == [FLEET, *newest, good(NOW, OTHER)]
        assert hub.lost == 10 - WAITING
    assert hub.lost == 10 - WAITING  # it is gone, and what it lost stays counted


def test_there_is_room_for_so_many_readers() -> None:
    hub = Hub()
    with ExitStack() as open_:
        for _ in range(READERS):
            open_.enter_context(hub.reading())
        with pytest.raises(RefusedError, match="read this feed already"):
            open_.enter_context(hub.reading())
        assert hub.readers == READERS
    assert hub.readers == 0
    with hub.reading():
        assert hub.readers == 1


def test_long_lines_are_sent_in_pieces_and_stay_whole() -> None:
    hub = Hub()
    hub.put(FLEET)
    long = replace(good(NOW), facts={"notes": ["x" * 100_000]})
    hub.put(long)
    with hub.reading() as reader:
        reader.end()
        pieces = list(reader.pieces(0.01))
    assert max(map(len, pieces)) <= 16_384
    assert [decode(line) for line in b"".join(pieces).decode("ascii").splitlines()] == [FLEET, long]


# -- over HTTP


class Told:
    """Records as a test gives them, until it ends them."""

    def __init__(self, *records: Record) -> None:
        self.fleet = FLEET
        self._records = list(records)
        self._more = threading.Condition()
        self._over = False
        self.error: Exception | None = None

    def put(self, *records: Record) -> None:
        with self._more:
            self._records.extend(records)
            self._more.notify_all()

    def end(self, error: Exception | None = None) -> None:
        with self._more:
            self._over, self.error = True, error
            self._more.notify_all()

    def run(self, stop: threading.Event) -> Generator[Record, None, None]:
        while not stop.is_set():
            with self._more:
                self._more.wait(0.02)
                ready, self._records = self._records, []
                over = self._over
            yield from ready
            if over:
                if self.error:
                    raise self.error
                return


@contextmanager
def served(source: Told, port: int = 0) -> Iterator[tuple[Keeper, Server, Address]]:
    keeper = Keeper(source, lambda: NOW)
    with keeper, Server(keeper, "127.0.0.1", port) as server:
        until(lambda: keeper.seen().fleet.devices, PATIENCE)
        yield keeper, server, address_of(server.url.replace("/metrics", ""))


def test_what_an_exporter_knows_is_read_and_ends() -> None:
    with served(Told(FLEET, good(NOW), bad(NOW, device=SWITCH))) as (keeper, _, address):
        until(lambda: sum(keeper.seen().polls.values()) == 2, PATIENCE)
        with Remote(address) as remote:
            assert remote.fleet == FLEET
            assert list(remote.once(threading.Event())) == [FLEET, good(NOW), bad(NOW, device=SWITCH)]
        until(lambda: keeper.hub.readers == 0, PATIENCE)


def test_what_comes_is_read_until_it_is_stopped() -> None:
    source = Told(FLEET)
    with served(source) as (keeper, _, address), Remote(address) as remote:
        stop = threading.Event()
        records = remote.run(stop)
        assert next(records) == FLEET
        source.put(good(NOW + 1))
        assert next(records) == good(NOW + 1)
        threading.Timer(0.1, stop.set).start()
        assert list(records) == []
    until(lambda: keeper.hub.readers == 0, PATIENCE)


def test_while_there_is_nothing_to_tell_hearts_beat_and_nobody_is_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Reader.pieces, "__defaults__", (0.05, lambda: False))
    source = Told(FLEET)
    with (
        served(source) as (keeper, _, address),
        closing(socket.create_connection((address.host, address.port))) as one,
    ):
        one.settimeout(PATIENCE)
        one.sendall(b"GET /feed HTTP/1.0\r\n\r\n")
        with closing(one.makefile("rb")) as file:
            until(lambda: file.readline().startswith(b'{"type":"fleet"'), PATIENCE)
            assert [file.readline() for _ in range(20)] == [b"\n"] * 20
            source.put(good(NOW))
            until(lambda: file.readline() == f"{encode(good(NOW))}\n".encode("ascii"), PATIENCE)
        assert keeper.hub.readers == 1
        one.shutdown(socket.SHUT_RDWR)
        until(lambda: keeper.hub.readers == 0, PATIENCE)


def test_the_end_of_the_polling_is_the_end_of_the_feed_and_its_reason_is_told_to_who_comes() -> None:
    source = Told(FLEET)
    with served(source) as (keeper, _, address), Remote(address) as remote:
        records = remote.run(threading.Event())
        next(records)
        source.end(UnreachableError("the store is gone", where="db"))
        with pytest.raises(UnreachableError, match="the feed ended"):
            next(records)
        assert keeper.ended.wait(PATIENCE)
        with pytest.raises(UnreachableError, match="nothing is polled any more: db: the store is gone"):
            Remote(address)


def test_a_reader_that_takes_nothing_delays_neither_the_poller_nor_scrapes_nor_another_reader() -> None:
    """Its window closes: what waits for it is bounded, and when it takes again it has the newest."""
    source = Told(FLEET)
    large = replace(good(NOW), facts={"notes": ["x" * 50_000]})
    with served(source) as (keeper, server, address), closing(socket.socket()) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect((address.host, address.port))
        slow.sendall(b"GET /feed HTTP/1.0\r\n\r\n")
        until(lambda: keeper.hub.readers == 1, PATIENCE)
        with Remote(address) as quick:
            records = quick.run(threading.Event())
            next(records)
            for number in count(1):
                source.put(replace(large, at=NOW + number))
                assert next(records) == replace(
                    large, at=NOW + number
                )  # one after the other, whatever the slow one does
                if keeper.hub.lost > 0:
                    break
            newest = number
        assert server.url
        with closing(slow.makefile("rb")) as file:
            lines = (line for line in file if line.startswith(b'{"type":"sample"'))
            at = [json.loads(next(lines))["at"] for _ in range(2)]
            while at[-1] < NOW + newest:
                at.append(json.loads(next(lines))["at"])
    assert at == sorted(at)
    assert len(at) < newest


def test_one_that_takes_nothing_at_all_is_let_go(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("microdc.health.exporter.serving._Handler.timeout", 0.3)
    source = Told(FLEET)
    large = replace(good(NOW), facts={"notes": ["x" * 500_000]})
    with served(source) as (keeper, _, address), closing(socket.socket()) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect((address.host, address.port))
        slow.sendall(b"GET /feed HTTP/1.0\r\n\r\n")
        until(lambda: keeper.hub.readers == 1, PATIENCE)
        source.put(large, large, large, large)
        until(lambda: keeper.hub.readers == 0, PATIENCE)
    assert capsys.readouterr().err == ""


def test_who_reads_what_is_known_and_leaves_makes_room_at_once() -> None:
    """However often it is asked: those who left count no longer."""
    with served(Told(FLEET)) as (_, _, address):
        for _ in range(3 * READERS):
            with Remote(address) as remote:
                assert list(remote.once(threading.Event())) == [FLEET]


def test_readers_leave_connections_for_scrapes() -> None:
    assert READERS < CONNECTIONS
    with served(Told(FLEET)) as (keeper, _, address), ExitStack() as open_:
        for _ in range(READERS):
            open_.enter_context(Remote(address))
        with pytest.raises(UnreachableError, match="8 programs read this feed already"):
            Remote(address)
        assert scraped(address, "/metrics").startswith(b"HTTP/1.0 200")
        assert b"microdc_exporter_feed_readers 8.0" in scraped(address, "/metrics")
        open_.close()
        until(lambda: keeper.hub.readers == 0, PATIENCE)  # seen when it was to be told something
        with Remote(address) as again:
            assert again.fleet == FLEET


def scraped(address: Address, path: str) -> bytes:
    with closing(socket.create_connection((address.host, address.port), PATIENCE)) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode("ascii"))
        with closing(connection.makefile("rb")) as file:
            return file.read()


# -- whoever answers there


@contextmanager
def answering(*parts: bytes, hold: bool = False) -> Iterator[Address]:
    """One who answers any request with these octets, and then closes, or says nothing more."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                for part in parts:
                    connection.sendall(part)
                if hold:
                    over.wait(PATIENCE)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield Address("127.0.0.1", listener.getsockname()[1])
        finally:
            over.set()
            thread.join(PATIENCE)


HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n"
FIRST = f"{encode(FLEET)}\n".encode("ascii")


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([b""], "no web server|no exporter"),
        ([b"SSH-2.0-OpenSSH_9.2\r\n"], "no web server"),
        ([b"HTTP/1.0 404 Not Found\r\n\r\nthere are /metrics and /healthz\n"], "no feed is served there: 404"),
        ([b"HTTP/1.0 301 Moved\r\nLocation: http://x/\r\n\r\n"], "no feed is served there: 301"),
        ([b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"], "no feed, but text/html"),
        ([b"HTTP/1.0 503 x\r\n\r\nfull \x1b[31m up\nand more"], r"no feed now: full \?\[31m up \("),
        ([HEAD], "the feed ended"),
        ([HEAD, b"\n\n", f"{encode(good(NOW))}\n".encode("ascii")], "does not begin with its fleet"),
        ([HEAD, b"<html>\n"], "no record of a feed"),
        ([HEAD, FIRST[:-20]], "the feed ended within a line"),
        ([HEAD, FIRST.replace(b'"format":1', b'"format":2')], "format 2 instead of 1"),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_refused(parts: Sequence[bytes], words: str) -> None:
    with answering(*parts) as address, pytest.raises(UnreachableError, match=words) as refused:
        Remote(address)
    assert refused.value.where == str(address)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (b"", "the feed ended"),
        (b"garbage\n", "no record of a feed"),
        (b'{"type": "sample", "device": "server/a", "at": 1', "the feed ended within a line"),
    ],
)
def test_a_feed_that_goes_wrong_in_its_midst(after: bytes, words: str) -> None:
    with answering(HEAD, FIRST, b"\n", after) as address, Remote(address) as remote:
        records = remote.run(threading.Event())
        assert next(records) == FLEET
        with pytest.raises(UnreachableError, match=words):
            next(records)


def test_one_that_falls_silent_is_gone() -> None:
    with (
        answering(HEAD, FIRST, hold=True) as address,
        Remote(address, silence=0.3) as remote,
        pytest.raises(UnreachableError, match="has said nothing for"),
    ):
        list(remote.run(threading.Event()))


def test_a_line_without_end_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("microdc.health.exporter.remote.LONGEST", 2000)
    with answering(HEAD, FIRST, b"x" * 5000, hold=True) as address, Remote(address) as remote:
        records = remote.run(threading.Event())
        next(records)
        with pytest.raises(UnreachableError, match="a line that is too long"):
            next(records)


def test_a_web_server_before_it_may_send_it_in_chunks_and_end_lines_as_it_likes() -> None:
    head = HEAD.replace(b"1.0", b"1.1").replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
    body = FIRST + f"{encode(good(NOW))}\r\n\r\n".encode("ascii")
    chunks = [b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:100], body[100:])]
    with answering(head, *chunks, hold=True) as address, Remote(address) as remote:
        assert list(remote.once(threading.Event())) == [FLEET, good(NOW)]


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(UnreachableError, match="no exporter can be reached there: Connection refused"):
        Remote(Address("127.0.0.1", port))


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("127.0.0.1:9723", "http://127.0.0.1:9723/feed"),
        ("lab.example", "http://lab.example:9723/feed"),
        ("[::1]:1234", "http://[::1]:1234/feed"),
        ("http://lab.example", "http://lab.example:80/feed"),
        ("https://lab.example/", "https://lab.example:443/feed"),
        ("https://lab.example:8443/microdc/feed?x=1", "https://lab.example:8443/microdc/feed?x=1"),
    ],
)
def test_addresses(text: str, url: str) -> None:
    assert str(address_of(text)) == url
    assert address_of(url) == address_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9723",
        ":9723",
        "a:b",
        "a:99999",
        "a:0",
        "ftp://a/",
        "http://",
        "http://u:p@a/",
        "a b",
        "http://[::1",
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(InputError) as refused:
        address_of(text)
    assert "write 127.0.0.1:9723" in refused.value.hint
    assert "u:p" not in str(refused.value)


# -- the commands


@pytest.fixture
def fed() -> Iterator[tuple[Told, str]]:
    """An exporter of a fleet that is down in part, and its address."""
    source = Told(
        FLEET, good(NOW, draw_watts=120.0), bad(NOW, device=OTHER), good(NOW, SWITCH), good(NOW, PAIR), good(NOW, NODE)
    )  # fmt: skip
    with served(source) as (keeper, _, address):
        until(lambda: sum(keeper.seen().polls.values()) == 5, PATIENCE)
        yield source, f"{address.host}:{address.port}"


Said = Callable[..., str]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Said:
    """Runs a command at the time of the samples; what it printed and what it said."""
    monkeypatch.setattr("microdc.cli.health_results.now", lambda: NOW + 1)

    def run(*words: str, code: Exit) -> str:
        assert call(words) == code, capsys.readouterr()
        return "".join(capsys.readouterr())

    return run


def test_health_tells_what_the_exporter_knows_and_needs_no_inventory(
    fed: tuple[Told, str], said: Said, tmp_path_factory: pytest.TempPathFactory
) -> None:
    nowhere = str(tmp_path_factory.mktemp("empty") / "none")
    document = json.loads(said("-i", nowhere, "health", "--from", fed[1], "-o", "json", code=Exit.FAILED))
    assert {site["site"]: site["state"] for site in document["sites"]} == {
        "barcelona": "ok", "paris": "degraded",
    }  # fmt: skip
    assert document["sites"][0]["figures"]["draw_watts"] == 120.0


def test_some_of_it(fed: tuple[Told, str], said: Said) -> None:
    output = said("health", "--from", f"http://{fed[1]}/feed", "barcelona", "-l", "kind=server", code=Exit.OK)
    assert [line.split()[0] for line in output.splitlines()] == ["DEVICE", "server/bcn-c1"]
    said("health", "--from", fed[1], "nothing", code=Exit.USAGE)


def test_changes_are_told_as_they_come(fed: tuple[Told, str], said: Said) -> None:
    source, where = fed
    source.put(bad(NOW + 1, HOT), bad(NOW + 2, HOT))
    output = said(
        "health", "--from", where, "bcn-c1", "--watch", "--count", "2", "-o", "json", code=Exit.FAILED
    )
    last = [json.loads(line) for line in output.splitlines()][-1]
    assert (last["device"], last["to"]) == ("server/bcn-c1", "degraded")


def test_watching_ends_with_the_feed(fed: tuple[Told, str], said: Said) -> None:
    source, where = fed
    threading.Timer(0.5, source.end).start()
    assert "the feed ended" in said("health", "--from", where, "--watch", code=Exit.UNREACHABLE)


def test_who_polls_keeps_and_not_who_is_fed(fed: tuple[Told, str], said: Said) -> None:
    """A feed does not say of which testbed it is."""
    for words in (("health", "--watch"), ("health", "--feed"), ("exporter",)):
        assert "give it to the exporter that polls" in said(
            *words, "--keep", "--from", fed[1], code=Exit.USAGE
        )


def test_what_does_not_go_together(said: Said) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        where = f"127.0.0.1:{listener.getsockname()[1]}"
    for words, why in {
        ("health", "--every", "2s"): "nothing is polled here",
        ("exporter", "--every", "2s"): "nothing is polled here",
        ("tui", "--every", "2s"): "nothing is polled here",
        ("health", "--demo"): "exclude each other",
        ("tui", "--demo"): "goes with neither --demo nor --replay",
        ("health", "--since", "2h"): "--since tells of the past",
    }.items():
        assert why in said(*words, "--from", where, code=Exit.USAGE)
    assert "Connection refused" in said("health", "--from", where, code=Exit.UNREACHABLE)
    assert "is no address of an exporter" in said("health", "--from", ":9", code=Exit.USAGE)


def test_an_exporter_may_be_fed_by_another() -> None:
    """A Prometheus elsewhere is told what is polled here."""
    source = Told(FLEET, good(NOW, draw_watts=120.0))
    with served(source) as (_, _, address), Remote(address) as remote:
        second = Keeper(remote, lambda: NOW)
        with second, Server(second, "127.0.0.1", 0) as server:
            there = address_of(server.url.replace("/metrics", ""))
            until(lambda: b"microdc_server_draw_watts{" in scraped(there, "/metrics"), PATIENCE)
            with Remote(there) as third:
                assert list(third.once(threading.Event())) == [FLEET, good(NOW, draw_watts=120.0)]
            source.end()
            assert second.ended.wait(PATIENCE)
        assert isinstance(second.failure, UnreachableError)


def test_the_full_screen_is_fed_by_it_and_comes_back_with_it(tmp_path: Path) -> None:
    records: list[Record] = []
    lines: list[str] = []
    with ExitStack() as first:
        _, _, address = first.enter_context(served(Told(FLEET, good(NOW, draw_watts=120.0))))
        world = LiveWorld("lab", ("-i", str(tmp_path / "none")), remote=str(address))
        world.start(records.extend, lines.append)
        try:
            until(lambda: good(NOW, draw_watts=120.0) in records, PATIENCE)
            assert records[0] == FLEET
            assert not world.trouble
            first.close()
            until(lambda: world.trouble, PATIENCE)
            assert f"{address}: the feed ended" in world.trouble
            until(lambda: "Connection refused" in world.trouble, PATIENCE)  # it has tried again
            records.clear()
            with served(Told(FLEET, good(NOW + 9)), address.port):
                until(lambda: good(NOW + 9) in records, PATIENCE)
                until(lambda: not world.trouble, PATIENCE)
        finally:
            world.close()
    assert world._feed is not None
    assert world._feed.poll() is not None


def test_a_poller_pays_little_for_readers_that_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is made by who polls: that is left to who reads."""
    monkeypatch.setattr(sharing, "encode", _never)
    hub = Hub()
    hub.put(FLEET)
    with hub.reading(), hub.reading():
        for number in range(100):
            hub.put(good(NOW + number))


def _never(record: Record) -> str:
    raise AssertionError(f"made a line of {record}")
