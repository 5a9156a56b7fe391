"""The screen of one node: why it is where it is, and all that was seen of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from textual.pilot import Pilot
from tui_nodes import cause, explained, failed, iso, leap, line, node, nodes, told
from tui_scripted import MOMENT, Scripted, fleet, server, well
from tui_snapshots import LARGE, SMALL, StillDemo, frame, play, settle, shown, snapshot

from microdc.health.model import Kind
from microdc_tui.readings import explanation
from microdc_tui.screens.node import NodeView
from microdc_tui.screens.server import Server
from microdc_tui.subject import Subject
from microdc_tui.widgets.causes import causes, commands
from microdc_tui.widgets.folding import Paragraph, fold, plain_row
from microdc_tui.widgets.reader import Reader
from microdc_tui.widgets.timeline import timeline
from microdc_tui.world.ports import Answer

FAILED = failed("n1", "dhcp", "no-loader", "it asked for more than there is")
ASKED = "deploy explain n1"


def _read(answer: dict[str, Any]) -> explanation.Explanation:
    found = explanation.read(answer)
    assert found is not None
    return found


def _rows(paragraphs: list[Paragraph]) -> list[str]:
    return [plain_row(row).rstrip() for row in fold(paragraphs, 200)]


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times are told in UTC, wherever the test runs."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


async def _open(pilot: Pilot[int], name: str = "n1") -> NodeView:
    pilot.app.open_subject(Subject("node", name, "here"))  # type: ignore[attr-defined]  # the app is ours
    await settle(pilot)
    view = pilot.app.screen
    assert isinstance(view, NodeView)
    return view


# What is told


@pytest.mark.usefixtures("utc")
def test_a_timeline_tells_times_silences_and_whose_word_it_is() -> None:
    told_of = explained(
        "n1",
        timeline=[
            line("it asks", MOMENT, tone="bad"),
            line("again", MOMENT + 3, times=4, until=iso(MOMENT + 9)),
            line("its power is on", MOMENT + 9 + 300, "bmc"),
            line("tomorrow", MOMENT + 86_400, "controller", tone="good"),
            line("POST", None, "console", tone="bad"),
        ],
        left_out=7,
    )
    assert _rows(timeline(_read(told_of))) == [
        "         7 earlier lines are left out",
        "20:26:40 ✗ dhcp       it asks",
        "20:26:43 · dhcp       again  (4 times, until 20:26:49)",
        "         │ 5 min without a sign",
        "20:31:49 · bmc        its power is on",
        "         2026-05-29",
        "         │ 23 h 54 min without a sign",
        "20:26:40 ✓ controller tomorrow",
        "         by a clock of which nothing is known:",
        "--:--:-- ✗ console    POST",
    ]


def test_plain_lines_of_the_console_are_hidden_until_they_are_asked_for() -> None:
    told_of = _read(
        explained(
            "n1", timeline=[line("a", source="console"), line("b", source="console", tone="bad"), line("c")]
        )
    )
    hidden = _rows(timeline(told_of, consoles=False, sources=False))
    assert hidden[0].strip() == "1 plain line of its console is hidden: c shows them"
    assert [row[-1] for row in hidden[1:]] == ["b", "c"]
    assert [row[-1] for row in _rows(timeline(told_of, sources=False))] == ["a", "b", "c"]


def test_a_node_of_which_nothing_was_seen_says_so() -> None:
    assert "Nothing was seen of n1 yet." in _rows(timeline(_read(explained("n1"))))[0]


def test_causes_are_told_with_what_they_rest_on_and_what_to_try() -> None:
    told_of = _read(
        explained(
            "n1",
            cause("no-loader", "likely", "there is no loader", "microdc one", "microdc two"),
            cause("vlan", "possible", "another VLAN", "", "microdc one"),
            remarks=["its BMC is silent"],
        )
    )
    rows = _rows(causes(told_of))
    assert rows[0] == "✗ n1 is where it is."
    assert rows[2:6] == [
        "▲ likely: there is no loader  no-loader",
        "  seen  it was seen",
        "  try   try 1",
        "        microdc one",
    ]
    assert rows[-1] == "Mind: its BMC is silent"
    assert commands(told_of) == ("microdc one", "microdc two")
    assert _rows(causes(_read(explained("n1"))))[0] == "✓ n1 is where it is."


# The screen


def test_a_failed_node_shows_its_causes_and_y_copies_what_to_try() -> None:
    async def story() -> None:
        why = explained(
            "n1",
            cause("no-loader", "certain", "there is no loader", "microdc one", "microdc two"),
            timeline=[line("it asks")],
        )
        world = nodes(FAILED, answers={ASKED: Answer(why, 1)})
        async with shown(world, start="deployments") as pilot:
            await _open(pilot)
            seen = frame(pilot.app)
            for word in (
                "✗ failed",
                "✓✓✓✗·······  dhcp, 4 of 11",
                "1 cause fits what was seen",
                "certain: there is no loader",
                "microdc one",
                "it asks",
            ):
                assert word in seen
            await pilot.press("y")
            assert pilot.app.clipboard == "microdc one"
            await pilot.press("y")
            assert pilot.app.clipboard == "microdc two"

    play(story)


def test_it_is_asked_when_it_is_shown_again_by_r_and_where_the_node_came_further() -> None:
    async def story() -> None:
        world = nodes(
            told("n1", "deploying", 0.2, phase="kernel", attempt=1, since=MOMENT - 30, eta=90.0),
            answers={ASKED: explained("n1")},
        )
        async with shown(world, start="deployments") as pilot:
            await _open(pilot)
            assert world.asked == [ASKED]
            assert "✓ nothing wrong" in frame(pilot.app)
            await settle(pilot)
            assert world.asked == [ASKED]
            await pilot.press("r")
            await settle(pilot)
            assert world.asked == [ASKED] * 2
            world.put(
                [
                    told(
                        "n1",
                        "deploying",
                        0.4,
                        at=MOMENT + 1,
                        phase="ramdisk",
                        attempt=1,
                        since=MOMENT,
                        eta=60.0,
                    )
                ]
            )
            await settle(pilot)
            seen = frame(pilot.app)
            assert world.asked == [ASKED] * 3
            assert [word in seen for word in ("▶ deploying", "ramdisk, 7 of 11", " 40 %", "60 s left")] == [
                True
            ] * 4

    play(story)


def test_what_cannot_be_explained_is_told_and_the_head_stays() -> None:
    async def story() -> None:
        world = nodes(FAILED, answers={ASKED: Answer(None, 3, ("Error: the store does not answer",))})
        async with shown(world, start="deployments") as pilot:
            await _open(pilot)
            assert "✗ Error: the store does not answer" in frame(pilot.app)
            assert "no-loader" in frame(pilot.app)
            world.answers[ASKED] = {"node": ["nonsense"]}
            await pilot.press("r", "y")
            await settle(pilot)
            assert "the answer tells nothing of this node" in frame(pilot.app)

    play(story)


def test_the_timeline_is_followed_searched_and_its_console_shown() -> None:
    async def story() -> None:
        some = [line(f"line {number}", MOMENT + number) for number in range(60)]
        some += [line("plain", MOMENT + 60, "console"), line("the last", MOMENT + 61, tone="good")]
        why = explained("n1", timeline=some)
        world = nodes(told("n1", "deploying", 0.2, phase="kernel"), answers={ASKED: why})
        async with shown(world, start="deployments") as pilot:
            view = await _open(pilot)
            reader = view.query_one("#timeline", Reader)
            assert "the last" in frame(pilot.app)
            assert "console    plain" not in frame(pilot.app)
            await pilot.press("c")
            await settle(pilot)
            assert "console    plain" in frame(pilot.app)
            await pilot.press("slash", *"line 7", "enter")
            await settle(pilot)
            assert "1 found" in frame(pilot.app)
            assert reader.has_focus
            assert "line 7" in frame(pilot.app)
            assert not reader.follow
            world.answers[ASKED] = explained("n1", timeline=[*some, line("newer", MOMENT + 99)])
            await pilot.press("r")
            await settle(pilot)
            assert "line 7" in frame(pilot.app)
            await pilot.press("f")
            await settle(pilot)
            assert "newer" in frame(pilot.app)
            await pilot.press("escape")
            await settle(pilot)
            assert pilot.app.screen is view
            await pilot.press("escape")
            await settle(pilot)
            assert pilot.app.screen is not view

    play(story)


def test_matches_are_gone_through_one_by_one() -> None:
    async def story() -> None:
        some = [
            line(f"{'place' if number % 20 == 0 else 'line'} {number}", MOMENT + number)
            for number in range(60)
        ]
        async with shown(
            nodes(FAILED, answers={ASKED: explained("n1", timeline=some)}), start="deployments"
        ) as pilot:
            view = await _open(pilot)
            reader = view.query_one("#timeline", Reader)
            assert reader.search("PLACE") == "3 found"
            await pilot.pause()
            assert "place 40" in frame(pilot.app)
            await pilot.press("n")
            await pilot.pause()
            assert "place 0" in frame(pilot.app)
            await pilot.press("n")
            await pilot.pause()
            assert "place 20" in frame(pilot.app)
            await pilot.press("N", "N")
            await pilot.pause()
            assert "place 40" in frame(pilot.app)

    play(story)


def test_enter_goes_to_its_server() -> None:
    async def story() -> None:
        machine = server("n1")
        world = Scripted(fleet(machine, node("n1")), [well(machine), FAILED], {ASKED: explained("n1")})
        async with shown(world, start="deployments") as pilot:
            view = await _open(pilot)
            assert view.subject() == Subject("node", "n1", "here")
            await pilot.press("enter")
            await settle(pilot)
            assert isinstance(pilot.app.screen, Server)

    play(story)


def test_whatever_is_said_of_a_node_is_shown_and_never_obeyed() -> None:
    async def story() -> None:
        evil = "[red]\x1b[2J\u202eevil[/]"
        why = explained(
            evil,
            cause(evil, evil, evil, evil),
            timeline=[line(evil, source=evil, tone=evil)],
            remarks=[evil],
            status=evil,
        )
        world = nodes(failed("n1", evil, evil, evil), answers={ASKED: why})
        async with shown(world, start="deployments", size=(60, 20)) as pilot:
            await _open(pilot)
            assert pilot.app.failure == ""  # type: ignore[attr-defined]
            assert "[red]␛[2J‹U+202E›evil[/]" in frame(pilot.app)
            for size in ((20, 5), (5, 2), LARGE):
                await pilot.resize_terminal(*size)
                await settle(pilot)
            assert pilot.app.failure == ""  # type: ignore[attr-defined]
            assert "[red]␛[2J‹U+202E›evil[/]" in frame(pilot.app)

    play(story)


def test_the_screen_is_as_its_pictures() -> None:
    async def story() -> None:
        async with shown(StillDemo(), start="deployments", size=SMALL) as pilot:
            board = pilot.app.board  # type: ignore[attr-defined]
            every = [one for one in board.devices().values() if one.device.kind is Kind.NODE]
            bad = next(one.device for one in every if one.facts.get("state") == "failed")
            await _open(pilot, bad.name)
            snapshot(pilot.app, "node-80x24")
            await pilot.resize_terminal(*LARGE)
            await settle(pilot)
            snapshot(pilot.app, "node-140x40")
            await pilot.press("escape")
            await leap(pilot, 100)
            moving = next(
                one.device for one in board.devices().values() if one.facts.get("state") == "deploying"
            )
            await _open(pilot, moving.name)
            snapshot(pilot.app, "node-moving-140x40")

    play(story)
