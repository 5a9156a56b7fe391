"""Where the data comes from: a lab's command line, a recording made and shown again, the demo."""

from __future__ import annotations

import gzip
import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Thread

import pytest
from tui_snapshots import BEGIN, LARGE, StillDemo, frame, play, shown, until

from microdc.errors import InputError
from microdc.health.demo import Demo
from microdc.health.model import Fleet, Sample
from microdc.health.stream import Record, encode
from microdc_tui.main import open_world
from microdc_tui.options import Options
from microdc_tui.world import documents
from microdc_tui.world.demo import DemoWorld
from microdc_tui.world.live import LiveWorld
from microdc_tui.world.recording import RecordingWorld
from microdc_tui.world.replay import ReplayWorld
from microdc_tui.world.words import take_apart

PATIENCE = 60.0


class Sink:
    """Takes what a world gives."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.lines: list[str] = []

    def put(self, records: Sequence[Record]) -> None:
        self.records.extend(records)

    def say(self, line: str) -> None:
        self.lines.append(line)

    def samples(self) -> list[Sample]:
        return [record for record in self.records if isinstance(record, Sample)]


def wait(holds: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"never came true: {what}"
        time.sleep(0.02)


# A recording


def recorded(path: Path, seconds: int = 5) -> StillDemo:
    """A demo of some seconds, kept in a file."""
    demo = StillDemo(sites=2, servers=2)
    world = RecordingWorld(demo, path)
    sink = Sink()
    world.start(sink.put, sink.say)
    for _ in range(seconds):
        demo.pass_time(1.0)
    world.close()
    assert not world.trouble
    return demo


@pytest.mark.parametrize("name", ["session.jsonl", "session.jsonl.gz"])
def test_what_was_recorded_is_shown_again_as_it_was(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    demo = recorded(path)
    kept = [json.loads(line) for line in _lines(path)]
    assert [line["type"] for line in kept[:2]] == ["fleet", "sample"]
    sink = Sink()
    world = ReplayWorld(path, speed=1000.0)
    assert world.now() == BEGIN
    world.start(sink.put, sink.say)
    wait(lambda: world.trouble, "the recording ends")
    world.close()
    assert world.trouble == "the recording has ended"
    assert sink.records[0] == demo.demo.fleet
    assert [encode(record) for record in sink.records] == [line.rstrip("\n") for line in _lines(path)]
    assert world.now() == max(sample.at for sample in sink.samples())


def _lines(path: Path) -> list[str]:
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes()).decode("ascii").splitlines(keepends=True)
    return path.read_text(encoding="ascii").splitlines(keepends=True)


def test_a_recording_is_only_watched_and_knows_no_more_than_it_has(tmp_path: Path) -> None:
    recorded(tmp_path / "s.jsonl")
    world = ReplayWorld(tmp_path / "s.jsonl")
    assert world.act(("power", "off", "x"), lambda _: None, Event()).problem == world.readonly
    assert "cannot be asked" in world.ask(("log",), Event()).problem

    async def story() -> None:
        async with shown(world, size=LARGE) as pilot:
            await until(pilot, lambda: "barcelona" in frame(pilot.app), "the recording is shown")
            assert "watch only" in frame(pilot.app)
            assert "recording s.jsonl" in frame(pilot.app)

    play(story)


def test_a_recording_that_is_held_stands_still(tmp_path: Path) -> None:
    recorded(tmp_path / "s.jsonl", seconds=30)
    world = ReplayWorld(tmp_path / "s.jsonl", speed=2.0)
    sink = Sink()
    world.start(sink.put, sink.say)
    wait(sink.samples, "it begins")
    world.hold(True)
    wait(lambda: world._turn._waiters, "it waits")  # type: ignore[attr-defined]
    there = world.now()
    assert there < BEGIN + 30
    world.hold(False)
    wait(lambda: world.now() > there, "it goes on")
    world.close()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it has no line"),
        (b"hello\n", "line 1"),
        (b"\x1f\x8b\x08\x00rubbish\n" * 3, "line 1"),
        (b'{"type": "fleet", "format": 999}\n', "line 1"),
    ],
)
def test_what_is_no_recording_is_refused_with_its_name(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no recording") as caught:
        ReplayWorld(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_or_there_already_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        open_world(Options(replay=tmp_path / "nothing"))
    (tmp_path / "there").touch()
    with pytest.raises(InputError, match="a file already"):
        open_world(Options(demo=True, record=tmp_path / "there"))
    with pytest.raises(InputError, match="cannot be written"):
        open_world(Options(demo=True, record=tmp_path / "no" / "such" / "directory"))


@pytest.mark.parametrize("name", ["s.jsonl", "s.jsonl.gz"])
def test_a_recording_that_was_cut_off_is_shown_as_far_as_it_goes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    recorded(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 40])
    sink = Sink()
    world = ReplayWorld(path, speed=1000.0)
    world.start(sink.put, sink.say)
    wait(lambda: world.trouble, "it ends")
    world.close()
    assert "lines of it could not be read" in world.trouble
    assert sink.samples()


def test_a_full_disk_ends_the_recording_and_not_the_watching() -> None:
    demo = StillDemo(sites=2, servers=2)
    world = RecordingWorld(demo, _full())
    sink = Sink()
    world.start(sink.put, sink.say)
    demo.pass_time(1.0)
    world.close()
    assert "No space left" in world.trouble
    assert len({sample.at for sample in sink.samples()}) > 1


def _full() -> Path:
    """A path that can be made and takes nothing: the device of that kind, under a name that pathlib opens as new."""

    class Full(type(Path())):  # type: ignore[misc]
        def open(self, *args: object, **kwargs: object) -> object:
            del args, kwargs
            return Path("/dev/full").open("w", encoding="ascii")

    return Full("/dev/full")


# A lab


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place without an inventory, in which nothing of the user's is found."""
    monkeypatch.chdir(tmp_path)
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    return tmp_path / "inventory"


def test_without_an_inventory_the_reason_is_shown(nowhere: Path) -> None:
    world = LiveWorld("inventory", ("-i", str(nowhere)))

    async def story() -> None:
        async with shown(world, size=(160, 30)) as pilot:
            await until(pilot, lambda: "there is no such directory" in frame(pilot.app), "the reason")
            assert "no sample yet" in frame(pilot.app)

    play(story)
    assert world._feed is not None
    assert world._feed.poll() is not None


def test_a_feed_that_is_killed_is_begun_again(nowhere: Path) -> None:
    site(nowhere)
    world = LiveWorld("inventory", ("-i", str(nowhere)))
    sink = Sink()
    world.start(sink.put, sink.say)
    try:
        wait(lambda: any(isinstance(one, Fleet) for one in sink.records), "the fleet comes")
        first = world._feed
        assert first is not None
        os.kill(first.pid, signal.SIGKILL)
        wait(lambda: world.trouble, "its end is told")
        assert "the feed was ended by SIGKILL" in world.trouble
        sink.records.clear()
        wait(lambda: any(isinstance(one, Fleet) for one in sink.records), "the fleet comes again")
        wait(lambda: not world.trouble, "all is well again")
    finally:
        world.close()
    assert world._feed is not None
    assert world._feed.poll() is not None


def test_a_feed_is_begun_anew_when_the_documents_change(nowhere: Path) -> None:
    site(nowhere)
    world = LiveWorld("inventory", ("-i", str(nowhere)), every=0.5)
    sink = Sink()
    world.start(sink.put, sink.say)

    def titles() -> list[str]:
        return [one.title for record in sink.records if isinstance(record, Fleet) for one in record.sites]

    try:
        wait(lambda: len(titles()) == 1, "the fleet comes")
        document = nowhere / "sites" / "yard.yaml"
        document.write_text(document.read_text().replace("site: yard\n", "site: yard\ntitle: The new yard\n"))
        wait(lambda: titles()[1:] == ["The new yard"], "the changed fleet comes")
        assert not world.trouble
        assert "the documents of the inventory changed: they are read anew" in sink.lines
    finally:
        world.close()
    assert world._feed is not None
    assert world._feed.poll() is not None


def test_documents_that_are_gone_are_no_change_and_their_return_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "LOOK", 0.01)
    site(tmp_path)
    document = tmp_path / "testbed.yaml"
    changes: list[documents.Stamp] = []
    closing = Event()
    look = (tmp_path, closing, lambda: changes.append(documents.stamp(tmp_path)))
    watching = Thread(target=documents.watch, args=look)
    watching.start()
    try:
        # what stands before the first look is known: so it is written until it was seen to change
        wait(lambda: changes or not document.write_text(document.read_text() + "#"), "a change is told")
        for path in (document, *(tmp_path / "sites").iterdir()):
            path.unlink()
        first = len(changes)
        document.write_text("testbed: another\n")
        wait(lambda: len(changes) > first, "the return is told")
        assert all(changes)
    finally:
        closing.set()
        watching.join(PATIENCE)
    assert documents.directory_of(("-i", "there", "-v")) == Path("there")
    assert documents.directory_of(("-v",)) is None


def test_a_question_is_a_command_of_the_command_line(nowhere: Path) -> None:
    site(nowhere)
    world = LiveWorld("inventory", ("-i", str(nowhere)))
    answer = world.ask(("inventory", "show", "yard-c1"), Event())
    assert (answer.code, answer.problem) == (0, "")
    assert "yard-c1" in json.dumps(answer.data)
    refused = world.ask(("inventory", "show", "nothing-like-it"), Event())
    assert refused.code == 2
    assert "nothing-like-it" in refused.problem
    lines: list[str] = []
    acted = world.act(("power", "fly", "yard-c1"), lines.append, Event())
    assert acted.code == 2
    assert any("fly" in line for line in lines)


def test_a_question_that_is_given_up_ends_its_process(nowhere: Path) -> None:
    site(nowhere)
    stop = Event()
    stop.set()
    began = time.monotonic()
    answer = LiveWorld("inventory", ("-i", str(nowhere))).ask(("log", "--follow"), stop)
    assert answer.code != 0
    assert time.monotonic() - began < PATIENCE


def site(inventory: Path) -> None:
    """An inventory of one server, whose BMC is a port of this machine where nobody listens."""
    (inventory / "sites").mkdir(parents=True)
    (inventory / "testbed.yaml").write_text("testbed: yard\ntitle: A yard\n")
    (inventory / "sites" / "yard.yaml").write_text(
        "site: yard\n"
        "racks:\n"
        "  r1:\n"
        "    servers:\n"
        "      yard-c1: {role: compute, bmc: {redfish: 'https://127.0.0.1:9', credentials: 'env:NOBODY'}}\n"
    )


# The demo


def test_the_demo_answers_what_the_screens_ask_and_does_what_it_is_told() -> None:
    demo = StillDemo(sites=3, servers=3)
    server = next(device.name for device in demo.demo.fleet.devices if device.kind == "server")
    for argv in (
        ("inventory", "collect", server), ("bmc", "sel", server), ("bmc", "sensors", server), ("boot", server),
        ("bmc", "console-hint", server), ("deploy", "status"), ("log", "--last", "5"), ("lease", "list"), ("wan", "show"),
    ):  # fmt: skip
        answer = demo.ask(argv, Event())
        assert answer.code == 0, argv
        assert answer.data, argv
    assert demo.ask(("no", "such", "command"), Event()).code == 2
    lines: list[str] = []
    assert demo.act(("power", "off", server, "--yes"), lines.append, Event()).code == 0
    assert any(server in line for line in lines)
    stop = Event()
    stop.set()
    assert demo.act(("power", "on", server), lines.append, stop).code == 130


def test_the_demo_lives_in_real_time() -> None:
    world = DemoWorld(Demo(2, 2, rate=20.0))
    sink = Sink()
    world.start(sink.put, sink.say)
    wait(lambda: len({sample.at for sample in sink.samples()}) > 3, "time passes")
    world.close()
    assert isinstance(sink.records[0], Fleet)


def test_command_lines_are_taken_apart() -> None:
    words = take_apart(("apply-profile", "lte", "--pair", "a:b", "--for=10m", "--yes", "-l", "role=x"))
    assert words.names == ("apply-profile", "lte")
    assert words.options == {"--pair": "a:b", "--for": "10m", "--yes": "", "-l": "role=x"}
