"""What was asked, and has changed until the yes: it is looked at again. And what two acts may not do at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from tui_scripted import MOMENT, Hang, Scripted, fleet, server, switch, well
from tui_snapshots import StillDemo, frame, play, settle, shown

from microdc.health.board import Board
from microdc.health.model import Device, Kind, Sample
from microdc_tui.acting import command
from microdc_tui.actions.catalogue import offered
from microdc_tui.actions.model import Action
from microdc_tui.actions.reach import reach
from microdc_tui.app import Face
from microdc_tui.commands import line, meant
from microdc_tui.subject import Subject, SubjectKind
from microdc_tui.widgets import confirm
from microdc_tui.widgets.confirm import Confirm
from microdc_tui.widgets.form import Form
from microdc_tui.widgets.progress import Progress
from microdc_tui.world.demo_plans import planned
from microdc_tui.world.ports import Answer, Say
from microdc_tui.world.words import take_apart

ONE, TWO, FAR = server("one"), server("two", rack="r2"), server("far", "there")
NODE = Device(Kind.NODE, "one", "here")
PATIENCE = 60.0


class Acting(Scripted):
    """Acts last until the test lets them end."""

    def __init__(self) -> None:
        super().__init__(
            fleet(ONE, TWO, FAR, NODE, switch("sw")),
            [well(one) for one in (ONE, TWO, FAR)],
            {
                "power off one --dry-run": Answer(narration=("one   off",)),
            },
        )
        self.done: list[str] = []
        self.go = Event()

    def act(self, argv: Sequence[str], tell: Say, stop: Event) -> Answer:
        del tell
        self.done.append(" ".join(argv))
        while not self.go.wait(0.01):
            if stop.is_set():
                return Answer(code=130)
        return Answer({})


def _face(pilot: Any) -> Face:
    assert isinstance(pilot.app, Face)
    return pilot.app


def _action(app: Face, name: str, subject: Subject) -> Action:
    return next(one for one in app.acts.offered(subject) if one.name == name)


SERVER = Subject("server", "one", "here")


def test_what_makes_no_sense_any_more_is_not_done() -> None:
    async def story() -> None:
        world = Acting()
        async with shown(world, start="devices", write=True) as pilot:
            app = _face(pilot)
            app.acts.choose(_action(app, "power off", SERVER))
            await settle(pilot)
            world.moment += 8 * 3600
            world.put(
                [well(ONE, world.moment, facts={"power": "off"}, figures={"power_state": 0.0})],
            )
            await settle(pilot)
            assert isinstance(app.screen, Confirm)
            await pilot.press("y")
            await settle(pilot)
            assert world.done == []
            assert "not now: it is off already" in frame(app)

    play(story)


def test_what_has_become_something_else_is_not_done() -> None:
    async def story() -> None:
        world = Acting()
        world.go.set()
        async with shown(world, start="devices", write=True) as pilot:
            app = _face(pilot)
            node = Subject("node", "one", "here")
            world.put([Sample(NODE.key, world.moment, 0.1, 10.0, facts={"state": "enrolled"})])
            await settle(pilot)
            action = _action(app, "deploy run", node)
            world.moment += 5
            world.put([Sample(NODE.key, world.moment, 0.1, 10.0, facts={"state": "active"})])
            await settle(pilot)
            assert _action(app, "deploy run", node).argv != action.argv
            app.acts.begin(action)
            await settle(pilot)
            assert world.done == []
            assert "it has changed meanwhile" in frame(app)
            app.acts.begin(replace(action, name="fly"))
            await settle(pilot)
            assert world.done == []

    play(story)


def test_an_old_plan_is_asked_for_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        world = Acting()
        world.go.set()
        async with shown(world, start="devices", write=True) as pilot:
            app = _face(pilot)
            app.acts.choose(_action(app, "power off", SERVER))
            await settle(pilot)
            world.answers["power off one --dry-run"] = Answer(narration=("one   is another by now",))
            monkeypatch.setattr(confirm, "FRESH", -1.0)
            await pilot.press("y")
            await settle(pilot)
            assert world.asked == ["power off one --dry-run"] * 2
            assert world.done == []
            assert "one   is another by now" in frame(app)
            assert "look at it once more" in frame(app)
            monkeypatch.setattr(confirm, "FRESH", 60.0)
            await pilot.press("y")
            await settle(pilot)
            assert world.done == ["power off one"]

    play(story)


@pytest.mark.parametrize(
    ("first", "second", "meets"),
    [
        (("site", "here"), ("server", "one"), True),
        (("site", "here"), ("node", "one"), True),
        (("site", "here"), ("rack", "here/r2"), True),
        (("site", "here"), ("server", "far"), False),
        (("site", "here"), ("site", "there"), False),
        (("rack", "here/r1"), ("server", "one"), True),
        (("rack", "here/r1"), ("server", "two"), False),
        (("rack", "here/r1"), ("rack", "here/r2"), False),
        (("node", "one"), ("server", "one"), True),
        (("pair", "here:there"), ("site", "here"), False),
        (("pair", "here:there"), ("pair", "here:there"), True),
    ],
)
def test_two_acts_that_touch_one_thing_do_not_run_at_once(
    first: tuple[SubjectKind, str], second: tuple[SubjectKind, str], *, meets: bool
) -> None:
    board = Board()
    board.apply([fleet(ONE, TWO, FAR, NODE)], MOMENT)
    touched = [reach(Subject(kind, name), board) for kind, name in (first, second)]
    assert bool(touched[0] & touched[1]) is meets


def test_while_all_of_a_site_is_turned_off_nothing_else_is_done_in_it() -> None:
    async def story() -> None:
        world = Acting()
        async with shown(world, start="devices", write=True) as pilot:
            app = _face(pilot)
            app.acts.begin(_action(app, "power off", Subject("site", "here", "here")))
            await pilot.pause()
            await pilot.press("b")
            await pilot.pause()
            for subject in (SERVER, Subject("rack", "here/r1", "here"), Subject("node", "one", "here")):
                every = app.acts.offered(subject)
                assert every
                assert {one.refused for one in every} == {"Turn off of here goes on with it"}
                app.acts.begin(every[0])
            await pilot.pause()
            assert len(world.done) == 1
            far = _action(app, "power cycle", Subject("server", "far", "there"))
            assert not far.refused
            world.go.set()
            await settle(pilot)
            assert not _action(app, "power cycle", SERVER).refused

    play(story)


# Plans


def test_whatever_ends_what_runs_has_a_plan_and_for_all_of_a_site_its_name() -> None:
    for state in ("enrolled", "deploying", "active", "failed", "maintenance"):
        board = Board()
        told = Sample(NODE.key, MOMENT, 0.1, 10.0, facts={"state": state})
        board.apply([fleet(ONE, NODE), told], MOMENT)
        kinds: tuple[tuple[SubjectKind, str], ...] = (
            ("server", "one"),
            ("site", "here"),
            ("rack", "here/r1"),
        )
        for kind, name in kinds:
            for action in offered(Subject(kind, name, "here"), board):
                assert action.plan or not action.grave, action.name
                if action.name.startswith(("power", "boot", "deploy")) and kind != "server":
                    assert action.typed == name, action.name


def test_the_demo_has_the_plan_of_each_of_its_acts() -> None:
    demo = StillDemo(sites=2, servers=3)
    name = next(one.name for one in demo.demo.fleet.devices if one.kind is Kind.NODE)
    for verb in ("status", "plan"):
        answer = planned(demo.demo, take_apart(("deploy", verb, name)))
        assert answer.code == 0
        assert any(name in told for told in answer.narration), verb


# What is shown is what is done


def test_the_command_that_is_shown_and_copied_names_the_inventory() -> None:
    async def story() -> None:
        world = Acting()
        world.shared = ("-i", "/labs/number two")
        world.go.set()
        whole = "microdc -i '/labs/number two' power off one --yes"
        async with shown(world, start="devices", write=True, size=(120, 40)) as pilot:
            app = _face(pilot)
            app.acts.choose(_action(app, "power off", SERVER))
            await settle(pilot)
            assert f"$ {whole}" in frame(app)
            await pilot.press("c")
            assert app.clipboard == whole
            await pilot.press("y")
            await settle(pilot)
            assert isinstance(app.screen, Progress)
            assert f"$ {whole}" in frame(app)
            assert any(line.text.startswith(whole) for line in app.log_lines)
            await pilot.press("escape")
            app.open_subject(SERVER)
            await settle(pilot)
            await pilot.press("y")
            assert app.clipboard.startswith("microdc -i '/labs/number two' ")

    play(story)


def test_command_lines_are_for_a_shell() -> None:
    assert line(("power", "off", "a b"), ("-i", "x")) == "microdc -i x power off 'a b'"
    assert meant("microdc deploy run one", ("-i", "x")) == "microdc -i x deploy run one"
    assert meant("ipmitool -H one", ("-i", "x")) == "ipmitool -H one"


@pytest.mark.parametrize("name", ["apply-profile", "wan cut"])
def test_a_word_that_begins_as_an_option_is_no_word(name: str) -> None:
    board = Board()
    board.apply([fleet(ONE)], MOMENT)
    action = next(one for one in offered(Subject("pair", "here:there"), board) if one.name == name)
    word = action.fields[0].name
    with pytest.raises(ValueError, match="--all begins as an option does"):
        action.filled({word: "--all"})
    assert "-x" in action.filled({word: "lte", "for": "-x"}).argv, "the value of an option is no option"
    assert command(action.filled({word: "lte"})).endswith("lte --yes")


# Who closes a question does not wait for its answer


@pytest.mark.parametrize("dialog", [Confirm, Form])
def test_a_dialog_that_is_left_gives_up_what_it_asked(dialog: type[Confirm | Form]) -> None:
    async def story() -> None:
        world = Acting()
        asked = {Confirm: "power off one --dry-run", Form: "wan path here there"}[dialog]
        world.answers[asked] = Hang
        async with shown(world, start="devices", write=True) as pilot:
            app = _face(pilot)
            pair = Subject("pair", "here:there")
            app.acts.choose(
                _action(app, "power off", SERVER) if dialog is Confirm else _action(app, "wan cut", pair)
            )
            await pilot.pause()
            assert isinstance(app.screen, dialog)
            assert world.hanging.wait(PATIENCE)
            assert app.asking.running
            await pilot.press("escape")
            await settle(pilot)
            assert app.asking.running == {}

    play(story)
