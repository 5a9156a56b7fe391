"""The journal on a screen, and one entry of it whole."""

from __future__ import annotations

from typing import Any

import pytest
from tui_nodes import iso, leap
from tui_scripted import MOMENT, Hang, Scripted, fleet
from tui_snapshots import LARGE, SMALL, StillDemo, frame, play, settle, shown, snapshot

from microdc_tui.app import Face
from microdc_tui.readings.journal import Page, read_page
from microdc_tui.screens.entry import EntryView
from microdc_tui.screens.journal import Journal
from microdc_tui.widgets.fitted import FittedTable
from microdc_tui.widgets.folding import fold, plain_row
from microdc_tui.widgets.pages import MOST, page
from microdc_tui.widgets.reader import Reader
from microdc_tui.world.ports import Answer

ASKED = "log --last 500"


def _entry(ident: int, outcome: str = "done", **more: Any) -> dict[str, Any]:
    """As `microdc log -o json` prints it."""
    began = MOMENT - 1000 + 10 * ident
    return {
        "id": ident,
        "kind": "apply",
        "testbed": "t",
        "summary": f"thing {ident}",
        "outcome": outcome,
        "began": iso(began),
        "ended": iso(began + 2.5),
        "owner": "ana",
        "user": "root",
        "host": "ctl",
        "pid": 7,
        "process": None,
        **more,
    }


def _page(ident: int = 2, **more: Any) -> dict[str, Any]:
    """As `microdc log show ID -o json` prints it."""
    return {
        "entry": _entry(ident),
        "argv": ["microdc", "apply-profile", "lte", "--pair", "a b"],
        "version": "1.0",
        "data": {"pairs": ["a:b", "b:a"], "rate": None, "deep": [{"x": True}]},
        "result": {"done": 2},
        "inputs": [{"name": "sites/a.yaml", "bytes": 2048, "sha256": "00"}],
        **more,
    }


def _read(answer: dict[str, Any]) -> Page:
    found = read_page(answer)
    assert found is not None
    return found


def test_a_page_tells_all_that_was_written_down() -> None:
    rows = [plain_row(row).rstrip() for row in fold(page(_read(_page())), 100)]
    assert rows[0] == "#2  thing 2"
    assert "by        ana (root on ctl, process 7)" in rows
    assert "came out  done" in rows
    assert "command   microdc apply-profile lte --pair 'a b'" in rows
    assert "document  sites/a.yaml, 2 KiB" in rows
    assert rows[rows.index("what was to be done") :] == [
        "what was to be done",
        "pairs:",
        "  - a:b",
        "  - b:a",
        "rate: -",
        "deep:",
        "  -",
        "    x: yes",
        "",
        "what came of it",
        "done: 2",
    ]


def test_of_much_data_the_beginning_is_shown_and_said_to_be_that() -> None:
    rows = fold(page(_read(_page(data=list(range(MOST * 2)), result={}))), 100)
    assert len(rows) < MOST + 20
    assert plain_row(rows[-1]) == "there is more; the command line prints all of it"


def test_the_newest_stands_first_and_a_filter_knows_how_it_came_out() -> None:
    async def story() -> None:
        entries = [
            _entry(1),
            _entry(2, "failed"),
            _entry(3, "open", ended=None, process="gone"),
            _entry(4, "refused"),
        ]
        world = Scripted(fleet(), answers={ASKED: {"items": entries}})
        async with shown(world, start="journal", size=LARGE) as pilot:
            seen = frame(pilot.app)
            assert "4 entries   ✗ 1 failed" in seen
            places = [seen.index(f"thing {ident}") for ident in (4, 3, 2, 1)]
            assert places == sorted(places)
            assert [word in seen for word in ("✗ left open", "▲ refused", "● done", "2.5 s", "ana")] == [
                True
            ] * 5
            table = pilot.app.screen.query_one(FittedTable)
            for expression, count in (("outcome=failed", 1), ("who=ana", 4), ("kind=cut", 0), ("!done", 3)):
                table.filter(expression)
                assert table.row_count == count, expression

    play(story)


def test_it_is_asked_again_by_r_and_the_cursor_stays_on_its_entry() -> None:
    async def story() -> None:
        world = Scripted(fleet(), answers={ASKED: {"items": [_entry(1), _entry(2)]}})
        async with shown(world, start="journal") as pilot:
            await pilot.press("down")
            table = pilot.app.screen.query_one(FittedTable)
            assert table.selected == "1"
            world.answers[ASKED] = {"items": [_entry(1), _entry(2), _entry(3)]}
            await settle(pilot)
            assert world.asked == [ASKED]
            await pilot.press("r")
            await settle(pilot)
            assert "thing 3" in frame(pilot.app)
            assert table.selected == "1"

    play(story)


def test_it_is_asked_again_when_it_is_time_and_never_twice_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Journal, "every", lambda _: 0.0)

    async def story() -> None:
        world = Scripted(fleet(), answers={ASKED: {"items": [_entry(1)]}})
        async with shown(world, start="journal") as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            asked = len(world.asked)
            await settle(pilot)
            assert len(world.asked) > asked
            world.answers[ASKED] = Hang
            while not world.hanging.is_set():
                app.tick()
                await pilot.pause()
            asked = len(world.asked)
            for _ in range(3):
                await pilot.press("r")
                app.tick()
                await pilot.pause()
            assert len(world.asked) == asked
            assert "asking …" in frame(app)
            assert "thing 1" in frame(app)

    play(story)


def test_what_could_not_be_asked_is_told_and_what_was_there_stays() -> None:
    async def story() -> None:
        world = Scripted(fleet(), answers={ASKED: {"items": [_entry(1)]}})
        async with shown(world, start="journal") as pilot:
            world.answers[ASKED] = Answer(None, 3, ("Error: the store does not answer",))
            world.moment += 40
            await pilot.press("r")
            await settle(pilot)
            seen = frame(pilot.app)
            assert "✗ Error: the store does not answer" in seen
            assert "40 s old" in seen
            assert "thing 1" in seen

    play(story)


def test_enter_tells_all_of_an_entry_and_it_can_be_searched() -> None:
    async def story() -> None:
        evil = "[red]\x1b[2J\u202eevil[/]"
        answers = {ASKED: {"items": [_entry(2, summary=evil)]}, "log show 2": _page(data={evil: [evil]})}
        world = Scripted(fleet(), answers=answers)
        async with shown(world, start="journal") as pilot:
            assert "[red]␛[2J‹U+202E›" in frame(pilot.app)
            await pilot.press("enter")
            await settle(pilot)
            assert isinstance(pilot.app.screen, EntryView)
            assert "entry 2" in frame(pilot.app)
            assert "- [red]␛[2J‹U+202E›evil[/]" in frame(pilot.app)
            await pilot.press("slash", *"lte", "enter")
            await settle(pilot)
            assert "1 found" in frame(pilot.app)
            assert pilot.app.screen.query_one(Reader).matches == 1
            await pilot.press("escape", "escape")
            await settle(pilot)
            assert isinstance(pilot.app.screen, Journal)

    play(story)


def test_an_entry_that_is_not_there_is_told() -> None:
    async def story() -> None:
        answers: dict[str, Any] = {ASKED: {"items": [_entry(2)]}, "log show 2": {"entry": {}}}
        async with shown(Scripted(fleet(), answers=answers), start="journal", size=(40, 10)) as pilot:
            await pilot.press("enter")
            await settle(pilot)
            assert "✗ the answer holds no entry" in frame(pilot.app)

    play(story)


def test_the_screens_are_as_their_pictures() -> None:
    async def story() -> None:
        async with shown(StillDemo(), start="journal", size=SMALL) as pilot:
            await leap(pilot, 120)
            await pilot.press("r")
            await settle(pilot)
            snapshot(pilot.app, "journal-80x24")
            await pilot.resize_terminal(*LARGE)
            await settle(pilot)
            snapshot(pilot.app, "journal-140x40")
            await pilot.press("enter")
            await settle(pilot)
            snapshot(pilot.app, "entry-140x40")

    play(story)
