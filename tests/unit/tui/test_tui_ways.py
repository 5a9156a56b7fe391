"""Ways through the screens: round and round, through an inventory that changes under them, and where there is no room."""

from __future__ import annotations

from typing import Any

import pytest
from textual.events import Paste
from textual.widgets import Input
from tui_scripted import Scripted, fleet, server, switch, well
from tui_snapshots import SMALL, StillDemo, frame, live, play, settle, shown

from microdc.health.model import Kind, Reason, Sample
from microdc_tui.app import Face
from microdc_tui.screens import SCREENS
from microdc_tui.screens.base import View
from microdc_tui.subject import Subject
from microdc_tui.widgets.actionmenu import ActionMenu
from microdc_tui.widgets.confirm import Confirm
from microdc_tui.widgets.filterbar import LONGEST, FilterBar
from microdc_tui.widgets.fitted import FittedTable
from microdc_tui.widgets.form import Form
from microdc_tui.widgets.table import VirtualTable
from microdc_tui.world.ports import Answer

HOTKEYS = [entry.hotkey for entry in SCREENS if entry.hotkey]
MANY = [server(f"s{number:03}", unit=1 + number) for number in range(40)]


def _face(pilot: Any) -> Face:
    assert isinstance(pilot.app, Face)
    return pilot.app


# A way that goes round


def test_a_way_that_goes_round_does_not_grow() -> None:
    async def story() -> None:
        async with shown(StillDemo(sites=2, servers=3)) as pilot:
            app = _face(pilot)
            await live(pilot, 2)
            devices = [one.device for one in app.board.devices().values()]
            servers = [one for one in devices if one.kind is Kind.SERVER][:2]
            leaf = next(one for one in devices if one.kind is Kind.SWITCH)
            way = [Subject("site", leaf.site, leaf.site), Subject("switch", leaf.name, leaf.site)]
            way += [Subject("server", one.name, one.site) for one in servers]
            for _ in range(4):
                for subject in way:
                    app.open_subject(subject)
                    await pilot.pause()
                    assert app.view is not None
                    assert app.view.about == subject
            assert len(app.views) <= 1 + len(way)
            opened = [(view.entry, view.about) for view in app.views]
            assert len(set(opened)) == len(opened)
            await pilot.press("escape")
            await settle(pilot)
            assert app.views[-1].about == way[-2]

    play(story)


@pytest.mark.parametrize("key", HOTKEYS)
def test_the_log_is_opened_and_closed_on_every_screen(key: str) -> None:
    async def story() -> None:
        async with shown(StillDemo(sites=2, servers=3), size=(140, 40)) as pilot:
            app = _face(pilot)
            await pilot.press(key)
            await settle(pilot)
            await pilot.press("l")
            await settle(pilot)
            assert app.log_open, key
            await pilot.press("l")
            await settle(pilot)
            assert not app.log_open

    play(story)


def test_a_page_that_was_pasted_is_no_filter() -> None:
    async def story() -> None:
        async with shown(Scripted(fleet(*MANY), [well(one) for one in MANY]), start="devices") as pilot:
            await pilot.press("slash")
            await settle(pilot)
            entry = pilot.app.screen.query_one(FilterBar).query_one(Input)
            entry.insert_text_at_cursor("s001 " * 5)
            entry.post_message(Paste("word " * 20_000))
            await settle(pilot)
            assert len(entry.value) <= LONGEST

    play(story)


# An inventory that changes


@pytest.mark.parametrize("key", HOTKEYS)
def test_devices_that_leave_the_inventory_end_no_screen(key: str) -> None:
    """What is taken in between two refreshes is another fleet; keys are pressed before the screen has heard of it."""

    async def story() -> None:
        world = Scripted(fleet(*MANY, switch("leaf")), [well(one) for one in MANY])
        async with shown(world) as pilot:
            app = _face(pilot)
            await pilot.press(key)
            await settle(pilot)
            world.moment += 5
            world.put([well(one, world.moment) for one in MANY])
            app.tick()
            world.put([fleet(server("other"))])
            app.take_in()
            for pressed in (
                "G",
                "end",
                "greater_than_sign",
                "tilde",
                "slash",
                "s",
                "enter",
                "g",
                "down",
                "up",
            ):
                await pilot.press(pressed)
                await pilot.pause()
            await pilot.resize_terminal(140, 40)
            await pilot.press("escape")
            await settle(pilot)
            assert not app.failure
            assert app.is_running
            await pilot.press("E")
            await settle(pilot)
            table = app.screen.query_one(VirtualTable)
            assert (table.total, table.row_count) == (1, 1)

    play(story)


def test_a_time_that_no_calendar_has_ends_no_screen() -> None:
    async def story() -> None:
        for moment in (1e17, -1e17):
            world = Scripted(fleet(*MANY[:2]), [well(one) for one in MANY[:2]])
            world.moment = moment
            async with shown(world) as pilot:
                app = _face(pilot)
                for key in (*HOTKEYS, "p", "p"):
                    await pilot.press(key)
                    await settle(pilot)
                assert app.is_running

    play(story)


# Alerts that hold


def test_an_alert_holds_while_its_device_is_as_it_says_whatever_silence_was_between() -> None:
    hot = (Reason("degraded", "hotter than it should be", "inlet"),)

    async def ill(world: Scripted, pilot: Any) -> None:
        for _ in range(3):
            world.moment += 5
            world.put([Sample(MANY[0].key, world.moment, 0.1, 10.0, reasons=hot)])
            await settle(pilot)

    async def story() -> None:
        world = Scripted(fleet(MANY[0]), [well(MANY[0])])
        async with shown(world, start="alerts", size=(140, 40)) as pilot:
            await ill(world, pilot)
            assert "▲ 1 degraded now" in frame(pilot.app)
            world.moment += 3600
            await settle(pilot)
            await ill(world, pilot)
            assert _face(pilot).board.device(MANY[0].key).state == "degraded"
            assert "▲ 1 degraded now" in frame(pilot.app)
            table = pilot.app.screen.query_one(FittedTable)
            table.filter("still=yes is=degraded")
            assert table.row_count == 1

    play(story)


# No room


class Watched(Scripted):
    """Acts are counted, and end at once."""

    def __init__(self) -> None:
        super().__init__(
            fleet(*MANY),
            [well(one) for one in MANY],
            {"power off s000 --dry-run": Answer(narration=("s000   off",))},
        )
        self.done: list[str] = []

    def act(self, argv: Any, tell: Any, stop: Any) -> Answer:
        del tell, stop
        self.done.append(" ".join(argv))
        return Answer({})


TINY = [(20, 5), (10, 4), (6, 3), (4, 2), (1, 1), (39, 24), (80, 9)]


@pytest.mark.parametrize("size", TINY)
def test_what_cannot_be_read_cannot_be_acted_on(size: tuple[int, int]) -> None:
    async def story() -> None:
        world = Watched()
        async with shown(world, start="devices", size=size, write=True) as pilot:
            app = _face(pilot)
            for key in (
                "a",
                "down",
                "pageup",
                "pagedown",
                "end",
                "home",
                "enter",
                "y",
                "W",
                "colon",
                "slash",
                "w",
            ):
                await pilot.press(key)
                await settle(pilot)
            assert len(app.views) == 1
            assert app.screen is app.view
            assert app.write
            assert world.done == []
            await pilot.press("q")
            await pilot.pause()
            assert app._exit

    play(story)


@pytest.mark.parametrize("size", TINY)
@pytest.mark.parametrize("dialog", [ActionMenu, Confirm, Form])
def test_a_question_that_has_no_room_any_more_is_not_answered(
    size: tuple[int, int], dialog: type[ActionMenu | Confirm | Form]
) -> None:
    async def story() -> None:
        world = Watched()
        async with shown(world, start="devices", size=SMALL, write=True) as pilot:
            app = _face(pilot)
            subject = Subject("server", "s000", "here")
            if dialog is ActionMenu:
                await pilot.press("a")
            else:
                wanted = {Confirm: "power off", Form: "boot once"}[dialog]
                app.acts.choose(next(one for one in app.acts.offered(subject) if one.name == wanted))
            await settle(pilot)
            assert isinstance(app.screen, dialog)
            held = app.screen.focused
            await pilot.resize_terminal(*size)
            await settle(pilot)
            if size[0] > 12:
                assert "40×10 or more" in frame(app)
            for key in ("pageup", "pagedown", "y", "enter", "w", "escape"):
                await pilot.press(key)
                await settle(pilot)
            assert isinstance(app.screen, dialog)
            assert world.done == []
            await pilot.resize_terminal(*SMALL)
            await settle(pilot)
            assert "or more, please" not in frame(app)
            assert app.screen.focused is held
            await pilot.press("escape")
            await settle(pilot)
            assert isinstance(app.screen, View)

    play(story)


@pytest.mark.parametrize("key", HOTKEYS)
def test_keys_work_again_where_there_is_room_again(key: str) -> None:
    async def story() -> None:
        async with shown(StillDemo(sites=3, servers=3), size=(140, 40)) as pilot:
            app = _face(pilot)
            await pilot.press(key)
            await settle(pilot)
            held = app.screen.focused
            for size in ((20, 5), (140, 40)):
                await pilot.resize_terminal(*size)
                await settle(pilot)
            assert app.screen.focused is held
            await pilot.press("question_mark")
            await settle(pilot)
            assert app.screen is not app.view

    play(story)
