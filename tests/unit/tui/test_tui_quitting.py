"""Leaving: what was begun goes on or is asked about, who was logged in to is logged out of, and nobody is left behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from tui_scripted import Hang, Scripted, fleet, server, well
from tui_snapshots import frame, play, settle, shown

from microdc.health.operate import CLOSING
from microdc.health.pacing import Paces
from microdc.health.stream import encode
from microdc_tui import ending
from microdc_tui.acting import Act
from microdc_tui.app import Face
from microdc_tui.subject import Subject
from microdc_tui.widgets.quitting import Quitting
from microdc_tui.world import child, live
from microdc_tui.world.live import LiveWorld
from microdc_tui.world.ports import Answer, Say

PATIENCE = 60.0
ONE = server("one")
ACT = """
import sys, time
from pathlib import Path
import click
from microdc.cli import main, narrate
from microdc.events import Step

def operation(out, go):
    with out.open("w", buffering=1) as told:
        try:
            told.write("off\\n")
            yield Step("one", "done", detail="is off")
            while not go.exists():
                time.sleep(0.01)
            for number in range(200):
                yield Step("one", "done", detail=f"turning on {number} " + "." * 2000)
            told.write("on again\\n")
        finally:
            told.write("ended\\n")

@click.command()
@click.argument("words", nargs=-1)
@click.pass_context
def command(ctx, words):
    narrate.watch(operation(Path(words[-2]), Path(words[-1])))

main.cli.main = lambda **_: command.main(args=[one for one in sys.argv[1:] if one[0] != "-"][:-1], standalone_mode=False)
sys.exit(main.call([]))
"""
"""An operation by the real narrator; it goes on when a file is there."""
LEAVES = """
import sys, os, threading, time
from microdc_tui.world import child
from microdc_tui.world.live import LiveWorld
child.PROGRAM = (sys.executable, "-c", sys.argv[1])
told = threading.Event()
act = lambda: LiveWorld("t").act((sys.argv[2], sys.argv[3]), lambda line: told.set(), threading.Event())
threading.Thread(target=act, daemon=True).start()
told.wait(60)
os._exit(0)
"""


def wait(holds: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"never came true: {what}"
        time.sleep(0.02)


def test_an_act_goes_on_to_its_end_when_who_began_it_is_gone(tmp_path: Path) -> None:
    out, go = tmp_path / "out", tmp_path / "go"
    try:
        subprocess.run([sys.executable, "-c", LEAVES, ACT, str(out), str(go)], check=True, timeout=PATIENCE)
        assert out.read_text() == "off\n", "it has begun, and is not over"
    finally:
        go.touch()
    wait(lambda: "ended" in out.read_text(), "it ends")
    assert out.read_text() == "off\non again\nended\n"


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Something else in the place of the command line."""

    def put(source: str) -> None:
        monkeypatch.setattr(child, "PROGRAM", (sys.executable, "-c", source))

    return put


def test_what_an_act_tells_comes_line_by_line_and_its_answer_whole(
    tmp_path: Path, program: Callable[[str], None]
) -> None:
    program(
        "import sys, time, pathlib\n"
        "sys.stderr.write('first\\nsec'); sys.stderr.flush()\n"
        f"while not pathlib.Path({str(tmp_path / 'go')!r}).exists(): time.sleep(0.01)\n"
        "sys.stderr.write('ond\\n' + 'x' * 200_000 + '\\n\\udcff last'.encode('utf-8', 'replace').decode())\n"
        'print(\'{"kind": "Done"}\')\n'
    )
    lines: list[str] = []
    answers: list[Answer] = []
    acting = Thread(
        target=lambda: answers.append(child.act((), lines.append, Event())), name="act", daemon=True
    )
    acting.start()
    wait(lambda: lines, "the first line is told while it runs")
    assert lines == ["first"]
    (tmp_path / "go").touch()
    acting.join(PATIENCE)
    assert answers[0].data == {"kind": "Done"}
    assert lines[:2] == ["first", "second"]
    assert sum(map(len, lines[2:-1])) == 200_000, "a line without an end is cut, not lost"
    assert lines[-1] == "? last"
    assert answers[0].narration == tuple(lines)


def test_an_act_is_interrupted_once_and_has_the_time_that_it_needs(program: Callable[[str], None]) -> None:
    program(
        "import signal, sys, time\n"
        "count = 0\n"
        "def once(*_):\n"
        "    global count\n"
        "    count += 1\n"
        "signal.signal(signal.SIGINT, once)\n"
        "sys.stderr.write('ready\\n'); sys.stderr.flush()\n"
        "while not count: time.sleep(0.01)\n"
        "time.sleep(1.0)\n"
        "sys.stderr.write(f'in order after {count}\\n')\n"
        "sys.exit(130)\n"
    )
    stop = Event()
    answer = child.act((), lambda line: stop.set() if line == "ready" else None, stop)
    assert answer.code == 130
    assert answer.narration == ("ready", "in order after 1")


def test_of_a_flood_the_newest_lines_are_kept(program: Callable[[str], None]) -> None:
    program("import sys\nfor n in range(20_000): sys.stderr.write(f'line {n}\\n')\nprint('\\n' * 5_000)")
    for answer in (child.run((), Event()), child.run((), Event(), spoken=True)):
        assert len(answer.narration) <= child.LINES
    assert child.run((), Event()).narration[-1] == "line 19999"
    count: list[str] = []
    assert child.act((), count.append, Event()).narration[-1] == "line 19999"
    assert len(count) == 20_000


# The feed


FEED = """
import signal, sys, time
from pathlib import Path
out = Path({out!r})
count = 0
def asked(*_):
    global count
    count += 1
signal.signal(signal.SIGINT, asked)
print({fleet!r}, flush=True)
while not count:
    time.sleep(0.01)
time.sleep({takes})
out.write_text(f"logged out after {{count}}")
"""


def _lab(tmp_path: Path, program: Callable[[str], None], takes: float) -> tuple[LiveWorld, Path]:
    out = tmp_path / "out"
    program(FEED.format(out=str(out), fleet=encode(fleet(ONE)), takes=takes))
    world = LiveWorld("lab")
    records: list[Any] = []
    world.start(records.extend, lambda _: None)
    wait(lambda: records, "the feed feeds")
    return world, out


def test_a_feed_has_the_time_to_let_polls_come_back_and_to_log_out_after() -> None:
    assert Paces().grace + CLOSING + 1.0 < live.LOGGING_OUT


def test_a_feed_that_takes_its_time_logs_out_and_is_asked_to_once(
    tmp_path: Path, program: Callable[[str], None]
) -> None:
    world, out = _lab(tmp_path, program, 3.0)
    began = time.monotonic()
    world.end()
    assert time.monotonic() - began < 2.0, "the terminal does not wait for it"
    world.end()
    world.close()
    assert out.read_text() == "logged out after 1"
    assert world._feed is not None
    assert world._feed.poll() is not None


def test_who_does_not_want_to_wait_for_a_feed_interrupts_that(
    tmp_path: Path, program: Callable[[str], None]
) -> None:
    world, out = _lab(tmp_path, program, 3600.0)

    class Impatient(Thread):
        def join(self, timeout: float | None = None) -> None:
            del timeout
            raise KeyboardInterrupt

    feeder = world._feeder
    assert feeder is not None
    world._feeder = Impatient()
    with pytest.raises(KeyboardInterrupt):
        world.close()
    feeder.join(PATIENCE)
    assert not feeder.is_alive()
    assert world._feed is not None
    assert world._feed.poll() == -signal.SIGKILL
    assert not out.exists()


@pytest.mark.parametrize("missing", ["program", "descriptor"])
def test_a_feed_that_cannot_begin_is_told_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str
) -> None:
    works = (sys.executable, "-c", f"print({encode(fleet(ONE))!r})")
    if missing == "program":
        monkeypatch.setattr(child, "PROGRAM", (str(tmp_path / "nothing"),))
    else:
        monkeypatch.setattr(LiveWorld, "_read", _broken)
        monkeypatch.setattr(child, "PROGRAM", works)
    world = LiveWorld("lab")
    said: list[str] = []
    records: list[Any] = []
    world.start(records.extend, said.append)
    try:
        wait(lambda: world.trouble, "it is told")
        assert "the feed failed" in world.trouble
        assert "again in 1 s" in world.trouble
        assert said
        monkeypatch.undo()
        monkeypatch.setattr(child, "PROGRAM", works)
        wait(lambda: records, "it feeds when it can")
    finally:
        world.close()
    assert world._feeder is not None
    assert not world._feeder.is_alive()


def _broken(*_: object) -> None:
    raise OSError("the pipe is a bad one")


# The screen


class Acting(Scripted):
    """Its acts last until the test lets them end."""

    def __init__(self) -> None:
        super().__init__(fleet(ONE), [well(ONE)], {"journal": Hang})
        self.go, self.begun, self.given_up = Event(), Event(), Event()

    def act(self, argv: Sequence[str], tell: Say, stop: Event) -> Answer:
        del argv, tell
        self.begun.set()
        while not self.go.wait(0.01):
            if stop.is_set():
                self.given_up.set()
        return Answer({})


async def _begin(pilot: Any) -> Face:
    app = pilot.app
    assert isinstance(app, Face)
    acts = app.acts.offered(Subject("server", "one", "here"))
    app.acts.begin(next(one for one in acts if one.name == "power cycle"))
    await pilot.pause()
    await pilot.press("b")
    await pilot.pause()
    return app


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
def test_quitting_asks_while_an_act_goes_on_and_does_not_stop_it(key: str) -> None:
    async def story() -> None:
        world = Acting()
        world.shared = ("-i", "/labs/two")
        async with shown(world, start="devices", size=(100, 30), write=True) as pilot:
            app = await _begin(pilot)
            await pilot.press(key)
            await pilot.pause()
            assert isinstance(app.screen, Quitting)
            seen = frame(app)
            assert "$ microdc -i /labs/two power cycle one --yes" in seen
            assert "Where you quit: it goes on." in seen
            await pilot.press("escape")
            await pilot.pause()
            assert not isinstance(app.screen, Quitting)
            await pilot.press(key, "y")
            await pilot.pause()
            assert app._exit
            assert not world.given_up.is_set()
            world.go.set()

    play(story)


def test_quitting_does_not_ask_where_nothing_goes_on() -> None:
    async def story() -> None:
        async with shown(Acting(), start="devices") as pilot:
            await pilot.press("q")
            await pilot.pause()
            assert pilot.app._exit

    play(story)


def test_questions_are_given_up_at_the_end() -> None:
    async def story() -> None:
        world = Acting()
        world.answers = {"log show 3": Hang}
        async with shown(world, start="devices") as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            stop = app.ask(("log", "show", "3"), lambda _: None)
            assert world.hanging.wait(PATIENCE)
        assert stop.is_set()

    play(story)


# After the screen


def test_what_goes_on_is_told_when_the_terminal_is_given_back(capsys: pytest.CaptureFixture[str]) -> None:
    world = Acting()
    running: list[Act] = []

    async def story() -> None:
        async with shown(world, start="devices", write=True) as pilot:
            app = await _begin(pilot)
            running.extend(app.acts.running.values())
            world.go.set()
            await settle(pilot)
            assert app.acts.running == {}

    play(story)
    ending.tell(running, world)
    assert capsys.readouterr().err == "microdc power cycle one --yes: it goes on\n"


def test_a_long_goodbye_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Scripted):
        def close(self) -> None:
            wait(lambda: "logging out" in told(), "it is said while it is waited for")

    heard: list[str] = []

    def told() -> str:
        heard.append(capsys.readouterr().err)
        return "".join(heard)

    monkeypatch.setattr(ending, "PATIENCE", 0.05)
    ending.close(Slow(fleet(ONE)))
    ending.close(Scripted(fleet(ONE)))
    assert told().count("logging out") == 1
