"""All by the mouse: screens, rows, tabs, the way back, menus, dialogs, the help and the palette; no key is pressed here."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

import pytest
from rich.cells import cell_len
from textual import events
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input
from tui_scripted import MOMENT, Scripted, fleet, server, well
from tui_sitelab import lab
from tui_snapshots import LARGE, SMALL, StillDemo, frame, live, play, settle, shown, until

from microdc_tui.app import Face
from microdc_tui.frame.help import Help
from microdc_tui.pairs.link import Metric
from microdc_tui.screens import SCREENS
from microdc_tui.screens.base import View
from microdc_tui.screens.deployments import Deployments
from microdc_tui.screens.node import NodeView
from microdc_tui.screens.rack import Racks
from microdc_tui.screens.server import Server
from microdc_tui.screens.sites import Sites
from microdc_tui.screens.wan import Wan
from microdc_tui.subject import Subject
from microdc_tui.widgets.actionmenu import ActionMenu
from microdc_tui.widgets.confirm import Confirm, OpenLock
from microdc_tui.widgets.form import Form
from microdc_tui.widgets.logdrawer import LogDrawer
from microdc_tui.widgets.matrix import Matrix
from microdc_tui.widgets.progress import Progress
from microdc_tui.widgets.rackview import RackView
from microdc_tui.widgets.reader import Reader
from microdc_tui.widgets.table import VirtualTable
from microdc_tui.widgets.tiles import Tiles
from microdc_tui.world.ports import Answer, Say


def face(pilot: Pilot[int]) -> Face:
    assert isinstance(pilot.app, Face)
    return pilot.app


async def click(pilot: Pilot[int], words: str) -> None:
    """On the last place where these words stand."""
    lines = frame(pilot.app).splitlines()
    at = next(number for number in reversed(range(len(lines))) if words in lines[number])
    before = lines[at][: lines[at].rindex(words)]
    await pilot.click(offset=(cell_len(before) + cell_len(words) // 2, at))
    await settle(pilot)


async def wheel(pilot: Pilot[int], widget: Widget) -> float:
    """A turn of the wheel over a widget; how far it is scrolled then."""
    await pilot._post_mouse_events([events.MouseScrollDown], widget, (3, 3), button=0)
    await settle(pilot)
    return widget.scroll_offset.y


@pytest.mark.parametrize("entry", [one for one in SCREENS if one.hotkey], ids=lambda one: one.name)
def test_every_screen_is_reached_over_the_palette_and_left_by_its_foot(entry: object) -> None:
    wanted = next(one for one in SCREENS if one is entry)

    async def story() -> None:
        async with shown(StillDemo(sites=3, servers=4), size=LARGE) as pilot:
            app = face(pilot)
            await click(pilot, ": go to")
            await until(pilot, lambda: "screen · " in frame(app), "the palette")
            await click(pilot, f"screen · {wanted.hotkey}")
            await until(pilot, lambda: isinstance(app.screen, View), "a screen")
            assert isinstance(app.screen, View)
            assert app.screen.entry is wanted
            await click(pilot, "esc back")
            assert isinstance(app.screen, Sites)

    play(story)


def test_from_a_site_to_a_server_through_its_tabs_and_back_by_the_way() -> None:
    async def story() -> None:
        async with shown(StillDemo(), size=LARGE) as pilot:
            await live(pilot, 3)
            app = face(pilot)
            await pilot.click(Tiles, offset=(4, 1))  # the cursor is there already
            await settle(pilot)
            assert isinstance(app.screen, Racks)
            for _ in range(2):
                await click(pilot, "bcn-c4")
            assert isinstance(app.screen, Server)
            for tab, words in (("2 Hardware", "MT/s"), ("6 Cables", "ends at"), ("3 Sensors", "Inlet Temp")):
                await click(pilot, tab)
                assert words in frame(app)
            await click(pilot, "Fan1")
            assert "Fan1: " in frame(app), "what the row says in full"
            await click(pilot, "sites")
            assert isinstance(app.screen, Sites)

    play(story)


def test_a_row_is_opened_and_a_node_leads_to_its_server() -> None:
    async def story() -> None:
        async with shown(StillDemo(), start="deployments", size=LARGE) as pilot:
            await live(pilot, 3)
            app = face(pilot)
            assert isinstance(app.screen, Deployments)
            table = app.screen.query_one(VirtualTable)
            for _ in range(2):
                await pilot.click(table, offset=(6, 2))
                await settle(pilot)
            assert isinstance(app.screen, NodeView)
            await click(pilot, "its server")
            assert isinstance(app.screen, Server)

    play(story)


def test_in_the_wan_a_quantity_a_pair_and_what_its_foot_tells() -> None:
    async def story() -> None:
        async with shown(lab(), start="wan", size=LARGE) as pilot:
            screen = face(pilot).screen
            assert isinstance(screen, Wan)
            matrix = screen.query_one(Matrix)
            for words, metric in (("2 Loss", Metric.LOSS), ("3 Rate", Metric.RATE), ("1 RTT", Metric.RTT)):
                await click(pilot, words)
                assert matrix.metric is metric
            await click(pilot, "of 190 pairs")
            assert matrix.metric is Metric.RTT, "beside them nothing is chosen"
            for large in (True, False):
                await pilot.click("#pair", offset=(4, 1))
                await settle(pilot)
                assert screen.has_class("-large") is large
            await click(pilot, "m map")
            assert screen.has_class("-map")

    play(story)


class Acting(Scripted):
    """One server; what is asked of it is done at once."""

    def __init__(self) -> None:
        one = server("one")
        super().__init__(fleet(one), [well(one)])
        self.done: list[str] = []

    def plan(self, argv: Sequence[str], stop: Event) -> Answer:
        del argv, stop
        return Answer(narration=("one   boots from pxe, once",))

    def act(self, argv: Sequence[str], tell: Say, stop: Event) -> Answer:
        del tell, stop
        self.done.append(" ".join(argv))
        return Answer()


def test_an_act_from_the_closed_lock_to_its_end() -> None:
    async def story() -> None:
        world = Acting()
        async with shown(world, start="devices", size=SMALL) as pilot:
            app = face(pilot)
            await click(pilot, "a actions")
            assert isinstance(app.screen, ActionMenu)
            await click(pilot, "the lock is closed")
            assert isinstance(app.screen, OpenLock)
            await click(pilot, "esc leave it")
            await click(pilot, "a actions")
            await click(pilot, "the lock is closed")
            await click(pilot, "y open it")
            assert app.write
            assert isinstance(app.screen, ActionMenu)
            await click(pilot, "Boot once from")
            assert isinstance(app.screen, Form)
            await pilot.click(Input)
            await click(pilot, "enter go on")
            assert isinstance(app.screen, Confirm)
            await click(pilot, "y do it")
            assert isinstance(app.screen, Progress)
            assert "✓ done" in frame(app)
            await click(pilot, "esc close")
            assert isinstance(app.screen, View)
            assert world.done == ["boot one --once pxe"]

    play(story)


def test_the_help_does_what_is_clicked_and_closes() -> None:
    async def story() -> None:
        async with shown(StillDemo(sites=3, servers=4), size=(140, 60)) as pilot:
            app = face(pilot)
            await click(pilot, "? help")
            assert isinstance(app.screen, Help)
            await click(pilot, "esc close")
            assert isinstance(app.screen, Sites)
            assert app.paused_at is None
            for line, holds in (
                ("Pause", lambda: app.paused_at is not None),
                ("Deployments", lambda: isinstance(app.screen, Deployments)),
            ):
                await click(pilot, "? help")
                await click(pilot, line)
                await until(pilot, holds, line)

    play(story)


def test_the_log_and_the_filter_are_opened_and_left_by_the_foot() -> None:
    async def story() -> None:
        async with shown(StillDemo(sites=3, servers=4), start="devices", size=LARGE) as pilot:
            app = face(pilot)
            for opened in (True, False):
                await click(pilot, "l log")
                assert app.screen.query_one(LogDrawer).has_class("-open") is opened
            await click(pilot, "/ filter")
            assert app.focused is app.screen.query_one(Input)
            app.screen.query_one(Input).value = "nothing-has-this"
            await settle(pilot)
            table = app.screen.query_one(VirtualTable)
            assert table.row_count == 0
            await click(pilot, "esc end filter")
            assert table.row_count > 0
            await click(pilot, "p pause")
            assert app.paused_at is not None

    play(story)


@pytest.mark.parametrize(
    ("start", "kind", "size"),
    [
        ("devices", VirtualTable, SMALL),
        ("sites", Tiles, (60, 16)),
        ("wan", Matrix, (80, 20)),
        ("racks", RackView, (80, 10)),
    ],
)
def test_the_wheel_scrolls_what_is_longer_than_the_screen(
    start: str, kind: type[Widget], size: tuple[int, int]
) -> None:
    async def story() -> None:
        async with shown(lab(), start=start, size=size) as pilot:
            widget = pilot.app.screen.query_one(kind)
            await pilot.app.screen.query_one(kind).run_action("scroll_home")
            before = widget.scroll_offset.y
            assert await wheel(pilot, widget) > before

    play(story)


def test_the_wheel_scrolls_a_text() -> None:
    async def story() -> None:
        entry = {"id": "1", "outcome": "done", "began": MOMENT, "summary": "a long one"}
        answer = {"entry": entry, "argv": ["apply"], "data": {f"key {n}": n for n in range(90)}}
        async with shown(Scripted(fleet(), answers={"log show 1": answer}), size=SMALL) as pilot:
            face(pilot).open_subject(Subject("entry", "1"))
            await settle(pilot)
            assert await wheel(pilot, pilot.app.screen.query_one(Reader)) > 0

    play(story)
