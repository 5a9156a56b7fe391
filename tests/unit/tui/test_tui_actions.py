"""What can be done: the words are the command line's own, nothing is done behind the closed lock, a plan is shown before, and the end is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from threading import Event
from typing import Any

import click
import pytest
from textual.widgets import OptionList
from tui_scripted import MOMENT, Scripted, fleet, server, well
from tui_snapshots import LARGE, PATIENCE, SMALL, StillDemo, frame, live, play, settle, shown, snapshot

from microdc.cli.main import cli
from microdc.errors import Exit
from microdc.health.board import Board
from microdc.health.model import Device, Kind, Sample
from microdc_tui.acting import command
from microdc_tui.actions.catalogue import offered
from microdc_tui.actions.model import Action
from microdc_tui.actions.wan import cuts, links
from microdc_tui.app import Face
from microdc_tui.subject import Subject, SubjectKind
from microdc_tui.widgets.actionmenu import ActionMenu
from microdc_tui.widgets.confirm import Confirm
from microdc_tui.widgets.progress import Progress
from microdc_tui.world.ports import Answer, Say

ONE = server("one")
PAIR = Device(Kind.PAIR, "here:there")
NODE = Device(Kind.NODE, "one", "here")
SUBJECTS: tuple[tuple[SubjectKind, str], ...] = (
    ("site", "here"),
    ("rack", "here/r1"),
    ("server", "one"),
    ("switch", "sw1"),
    ("pair", "here:there"),
    ("shaper", "wan1"),
    ("node", "one"),
    ("lease", "site:here"),
    ("overlay", "o3"),
)
VALUES = {
    "target": "pxe",
    "profile": "lte",
    "for": "10m",
    "reason": "a test",
    "link": "t/a:b",
    "why": "a fan",
}


def board(*samples: Sample) -> Board:
    made = Board()
    made.apply([fleet(ONE, PAIR, NODE), *samples], MOMENT)
    return made


def told(device: Device, **facts: Any) -> Sample:
    return Sample(device.key, MOMENT, 0.1, 10.0, facts=facts)


def every_action() -> Iterator[Action]:
    """Of all subjects, in all states of nodes."""
    for state in ("enrolled", "deploying", "active", "failed", "maintenance"):
        known = board(told(NODE, state=state), told(PAIR, overlay="o3"), told(ONE, power="on"))
        for kind, name in SUBJECTS:
            yield from offered(Subject(kind, name, "here"), known)


def parsed(argv: Sequence[str]) -> click.Context:
    """The command line taken apart as `microdc` does, and not run. Raises UsageError for words that it does not know."""
    found: click.Command = cli
    ctx = click.Context(found, info_name="microdc")
    words = list(argv)
    while isinstance(found, click.Group):
        name, command, words = found.resolve_command(ctx, words)
        assert command is not None
        ctx = click.Context(command, parent=ctx, info_name=name)
        found = command
    return found.make_context(ctx.info_name, words, parent=ctx.parent)


def test_every_action_is_a_command_line() -> None:
    seen = set()
    for action in every_action():
        filled = action.filled(VALUES)
        parsed((*filled.argv, "--yes"))
        if filled.plan:
            parsed(filled.plan)
        least = {field.name: VALUES[field.name] for field in action.fields if not field.optional}
        parsed(action.filled(least).argv)
        assert command(filled).startswith("microdc ")
        assert action.words
        seen.add(action.name)
    assert {
        "power off",
        "boot once",
        "apply-profile",
        "wan cut",
        "wan undo",
        "deploy run",
        "lease take",
    } <= seen


def test_a_field_that_must_be_given_is_asked_for() -> None:
    [boot] = [one for one in offered(Subject("server", "one", "here"), board()) if one.name == "boot once"]
    with pytest.raises(ValueError, match="from is missing"):
        boot.filled({"target": "  "})


@pytest.mark.parametrize(
    ("sample", "name", "why"),
    [
        (told(ONE, power="on"), "power on", "it is on already"),
        (told(ONE, power="off"), "power off", "it is off already"),
        (told(NODE, state="deploying"), "deploy run", "it is deploying now"),
        (told(NODE, state="maintenance"), "deploy run", "it is in maintenance"),
        (told(NODE, state="active"), "deploy abort", "nothing goes on with it"),
        (told(NODE, state="active"), "deploy retry", "nothing of it failed"),
    ],
)
def test_what_makes_no_sense_now_says_why(sample: Sample, name: str, why: str) -> None:
    [action] = [one for one in offered(Subject("server", "one", "here"), board(sample)) if one.name == name]
    assert action.refused == why


@pytest.mark.parametrize(("kind", "name"), [("site", "here"), ("rack", "here/r1")])
def test_what_is_done_to_all_of_a_site_or_a_rack_has_to_be_typed(kind: SubjectKind, name: str) -> None:
    every = offered(Subject(kind, name, "here"), board())
    untyped = {action.name for action in every if action.typed != name}
    assert untyped == {"lease take"}, "which does nothing to what is in it"
    assert {"power on", "power off", "boot once"} <= {action.name for action in every}
    assert not [one for one in every_action() if one.typed and one.subject.kind not in {"site", "rack"}]


def test_links_and_cuts_are_read_from_what_the_command_line_answers() -> None:
    hops = [
        {"kind": "access", "name": "gpon"},
        {"kind": "link", "name": "t/a:b"},
        {"kind": "link", "name": "t/b:c"},
    ]
    assert links({"hops": hops}) == ("t/a:b", "t/b:c")
    assert cuts({"overlays": [{"cuts": ["t/a:b"]}, {"cuts": []}, {"cuts": ["t/a:b", "t/x"]}]}) == (
        "t/a:b",
        "t/x",
    )
    broken: tuple[Any, ...] = (None, [], "x", {"hops": [3]}, {"overlays": [None, {"cuts": None}]})
    for nonsense in broken:
        assert links(nonsense) == cuts(nonsense) == ()


class Acting(Scripted):
    """Acts last until the test lets them end."""

    def __init__(self, code: int = 0, narration: tuple[str, ...] = ()) -> None:
        super().__init__(
            fleet(ONE),
            [well(ONE)],
            {"power off one --dry-run": Answer(narration=("one   off   asks its system",))},
        )
        self.done: list[str] = []
        self.go = Event()
        self.stopped = False
        self._answer = Answer(code=code, narration=narration)

    def act(self, argv: Sequence[str], tell: Say, stop: Event) -> Answer:
        self.done.append(" ".join(argv))
        tell("one: asked to shut down")
        while not self.go.wait(0.01):
            if stop.is_set():
                self.stopped = True
                return Answer(code=Exit.INTERRUPTED)
        for line in self._answer.narration:
            tell(line)
        return self._answer


def _face(pilot: Any) -> Face:
    assert isinstance(pilot.app, Face)
    return pilot.app


async def _seen(pilot: Any, words: str) -> None:
    """Waits until that is on the screen, while an act goes on."""
    end = time.monotonic() + PATIENCE
    while words not in frame(pilot.app):
        assert time.monotonic() < end, f"never seen: {words}\n{frame(pilot.app)}"
        await asyncio.sleep(0.01)
        await pilot.pause()


async def _menu(pilot: Any) -> None:
    await pilot.press("a")
    await settle(pilot)
    assert isinstance(pilot.app.screen, ActionMenu)


async def _turn_off(pilot: Any) -> None:
    """From the menu to the yes. `Turn on` is greyed, so `Turn off` is the first that can be chosen."""
    await _menu(pilot)
    await pilot.press("enter")
    await settle(pilot)
    assert isinstance(pilot.app.screen, Confirm)


def test_behind_the_closed_lock_nothing_can_be_chosen() -> None:
    async def story() -> None:
        world = Acting()
        async with shown(world, start="devices") as pilot:
            await _menu(pilot)
            assert "the lock is closed: w opens it" in frame(pilot.app)
            await pilot.press("down", "enter", "enter")
            await settle(pilot)
            assert isinstance(pilot.app.screen, ActionMenu)
            assert world.done == []

    play(story)


def test_the_lock_opens_after_a_question_and_closes_at_once() -> None:
    async def story() -> None:
        async with shown(Acting(), start="devices") as pilot:
            await pilot.press("w")
            await pilot.pause()
            assert "Open the lock?" in frame(pilot.app)
            await pilot.press("escape")
            await settle(pilot)
            assert _face(pilot).refusal
            await pilot.press("w", "y")
            await settle(pilot)
            assert not _face(pilot).refusal
            await pilot.press("w")
            await settle(pilot)
            assert _face(pilot).refusal

    play(story)


def test_the_lock_is_opened_from_the_menu_that_says_so_once() -> None:
    async def story() -> None:
        async with shown(Acting(), start="devices") as pilot:
            await _menu(pilot)
            assert frame(pilot.app).count("the lock is closed: w opens it") == 1
            await pilot.press("w")
            await settle(pilot)
            assert "Open the lock?" in frame(pilot.app)
            await pilot.press("y")
            await settle(pilot)
            assert not _face(pilot).refusal
            assert isinstance(pilot.app.screen, ActionMenu)
            assert "the lock is closed" not in frame(pilot.app)
            await pilot.press("w")  # the lock is open: it is the menu's no longer
            await settle(pilot)
            assert isinstance(pilot.app.screen, ActionMenu)

    play(story)


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("size", [(40, 10), (60, 16), SMALL])
def test_the_cursor_goes_to_every_entry_and_is_always_in_sight(size: tuple[int, int], *, write: bool) -> None:
    async def story() -> None:
        async with shown(Acting(), start="sites", size=size, write=write) as pilot:
            await _menu(pilot)
            menu = pilot.app.screen.query_one(OptionList)
            titles = [action.title for action in _face(pilot).acts.offered(Subject("site", "here", "here"))]
            assert menu.option_count == len(titles) > 8
            for key in ("down", "up"):
                seen = []
                for _ in titles:
                    assert menu.highlighted is not None
                    seen.append(menu.highlighted)
                    text = frame(pilot.app)
                    assert titles[menu.highlighted][:20] in text
                    assert "esc leave it" in text, "the keys are in sight, however long the list is"
                    await pilot.press(key)
                    await settle(pilot)
                assert sorted(seen) == list(range(len(titles)))

    play(story)


def test_what_would_work_behind_an_open_lock_looks_otherwise_than_what_would_not() -> None:
    async def story() -> None:
        async with shown(Acting(), start="devices", size=LARGE) as pilot:
            await _menu(pilot)
            styles = {
                segment.text.strip(): segment.style
                for line in pilot.app.screen._compositor.render_strips()
                for segment in line
            }
            text = frame(pilot.app)
            assert text.count("the lock is closed: w opens it") == 1
            assert "not now: it is on already" in text
            on, cycle = styles["Turn on"], styles["Turn off and on again"]
            assert on is not None
            assert cycle is not None
            assert on.color != cycle.color
            await pilot.press("up", "enter")
            await settle(pilot)
            assert frame(pilot.app).count("not now: it is on already") == 2, "Enter on it says why, too"
            await pilot.press("down", "enter")
            await settle(pilot)
            assert "not now: the lock is closed: w opens it" in frame(pilot.app)
            assert isinstance(pilot.app.screen, ActionMenu)

    play(story)


def test_plan_and_command_are_shown_before_and_the_end_is_told() -> None:
    async def story() -> None:
        world = Acting()
        async with shown(world, start="devices", write=True, size=LARGE) as pilot:
            await _turn_off(pilot)
            seen = frame(pilot.app)
            assert "asks its system" in seen
            assert "$ microdc power off one --yes" in seen
            assert world.done == []
            await pilot.press("y")
            await _seen(pilot, "asked to shut down")
            assert isinstance(pilot.app.screen, Progress)
            world.go.set()
            await settle(pilot)
            assert world.done == ["power off one"]
            assert "✓ done" in frame(pilot.app)
            assert "asked to shut down" in frame(pilot.app)
            await pilot.press("escape")
            await settle(pilot)
            assert not isinstance(pilot.app.screen, Progress)

    play(story)


def test_escape_twice_stops_it() -> None:
    async def story() -> None:
        world = Acting()
        async with shown(world, start="devices", write=True) as pilot:
            await _turn_off(pilot)
            await pilot.press("y")
            await _seen(pilot, "asked to shut down")
            await pilot.press("escape")
            await _seen(pilot, "once more: stop it")
            assert not world.stopped
            await pilot.press("escape")
            await _seen(pilot, "interrupted")
            assert world.stopped

    play(story)


def test_a_failure_says_what_the_command_said() -> None:
    async def story() -> None:
        world = Acting(3, ("Error: its BMC does not answer", "  at https://10.0.0.1", "  is it plugged in?"))
        world.go.set()
        async with shown(world, start="devices", write=True, size=LARGE) as pilot:
            await _turn_off(pilot)
            await pilot.press("y")
            await settle(pilot)
            for words in (
                "exit code 3",
                "its BMC does not answer",
                "at https://10.0.0.1",
                "is it plugged in?",
            ):
                assert words in frame(pilot.app)

    play(story)


def test_a_second_act_on_the_same_subject_waits_for_the_first() -> None:
    async def story() -> None:
        world = Acting()
        async with shown(world, start="devices", write=True) as pilot:
            await _turn_off(pilot)
            await pilot.press("y")
            await _seen(pilot, "asked to shut down")
            await pilot.press("b")
            await pilot.pause()
            await pilot.press("a")
            await _seen(pilot, "Turn off goes on with it")
            as_node = _face(pilot).acts.offered(Subject("node", "one", "here"))
            assert as_node
            assert {one.refused for one in as_node} == {"Turn off goes on with it"}
            await pilot.press("escape")
            world.go.set()
            await settle(pilot)
            assert _face(pilot).acts.running == {}
            assert any("power off one --yes: done" in line.text for line in _face(pilot).log_lines)

    play(story)


def test_without_a_plan_nothing_is_done() -> None:
    async def story() -> None:
        world = Acting()
        world.answers = {
            "power off one --dry-run": Answer(code=3, narration=("Error: its BMC does not answer",))
        }
        async with shown(world, start="devices", write=True) as pilot:
            await _turn_off(pilot)
            assert "its BMC does not answer" in frame(pilot.app)
            await pilot.press("y")
            await settle(pilot)
            assert "there is no plan, so nothing is done" in frame(pilot.app)
            assert world.done == []

    play(story)


def test_for_all_of_a_site_its_name_is_typed() -> None:
    async def story() -> None:
        world = Acting()
        world.go.set()
        world.answers = {"power off here --dry-run": Answer(narration=("one   off",))}
        async with shown(world, start="sites", write=True) as pilot:
            await _menu(pilot)
            await pilot.press("down", "enter")
            await settle(pilot)
            await pilot.press(*"her", "enter")
            await settle(pilot)
            assert "type here, as it is written" in frame(pilot.app)
            assert world.done == []
            await pilot.press("e", "enter")
            await settle(pilot)
            assert world.done == ["power off here"]

    play(story)


def test_the_command_is_copied() -> None:
    async def story() -> None:
        async with shown(Acting(), start="devices", write=True) as pilot:
            await _turn_off(pilot)
            await pilot.press("c")
            await settle(pilot)
            assert pilot.app.clipboard == "microdc power off one --yes"

    play(story)


def test_fields_are_asked_for_and_a_choice_that_there_is_not_is_refused() -> None:
    async def story() -> None:
        world = Acting()
        world.go.set()
        world.answers = {"boot one --dry-run --once disk": Answer(narration=("one   boots from disk, once",))}
        async with shown(world, start="devices", write=True) as pilot:
            await _menu(pilot)
            await pilot.press("down", "down", "down", "enter")
            await settle(pilot)
            assert "pxe  http  disk  bios  cd" in frame(pilot.app)
            await pilot.press("home", *["delete"] * 3, *"tape", "enter")
            await settle(pilot)
            assert "from: one of pxe, http, disk, bios, cd" in frame(pilot.app)
            await pilot.press("home", *["delete"] * 4, *"disk", "enter")
            await settle(pilot)
            assert "one   boots from disk, once" in frame(pilot.app)
            await pilot.press("y")
            await settle(pilot)
            assert world.done == ["boot one --once disk"]

    play(story)


def test_in_the_demo_a_server_goes_off() -> None:
    async def story() -> None:
        async with shown(StillDemo(), start="devices", write=True) as pilot:
            await live(pilot, 3)
            await _menu(pilot)
            snapshot(pilot.app, "actions-80x24")
            view = _face(pilot).view
            subject = view.subject() if view else None
            assert subject is not None
            await pilot.press("enter")
            await settle(pilot)
            await pilot.press("y")
            await settle(pilot)
            assert "done" in frame(pilot.app)
            await pilot.press("escape")
            await live(pilot, 30)
            assert _face(pilot).board.device(subject.key).facts["power"] == "off"

    play(story)


@pytest.mark.parametrize("size", [SMALL, LARGE, (60, 16)])
def test_a_menu_and_a_question_fit(size: tuple[int, int]) -> None:
    async def story() -> None:
        async with shown(Acting(), start="devices", write=True, size=size) as pilot:
            await _turn_off(pilot)
            seen = frame(pilot.app).splitlines()
            assert len(seen) <= size[1]
            assert any("do it" in line for line in seen)

    play(story)
