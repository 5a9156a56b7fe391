"""The frame around every screen: keys, lock, pause, log, notices, sizes, themes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import ClassVar

import pytest
from textual.binding import Binding, BindingType
from tui_snapshots import BEGIN, LARGE, SMALL, StillDemo, frame, live, play, settle, shown, snapshot, until

from microdc.health.board import Board
from microdc.health.model import Fleet, Sample
from microdc_tui.app import Face
from microdc_tui.screens import SCREENS
from microdc_tui.screens.base import View
from microdc_tui.themes import THEMES
from microdc_tui.world.ports import Answer


def words(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_the_first_screen_is_full_as_soon_as_the_first_records_are_there() -> None:
    async def story() -> None:
        world = StillDemo()
        app = Face(world, clock=world.now, tick=3600.0)
        async with app.run_test(size=SMALL) as pilot:
            await pilot.pause()  # no tick has come, nor will one
            await pilot.pause()
            assert "barcelona" in frame(app)
            assert "no sample yet" not in frame(app)

    play(story)


def test_every_hotkey_opens_its_screen_and_escape_leads_back_to_the_first() -> None:
    async def story() -> None:
        async with shown() as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            for entry in SCREENS:
                if entry.hotkey:
                    await pilot.press(entry.hotkey)
                    await settle(pilot)
                    assert app.view is not None
                    assert app.view.entry == entry
                    assert len(app.views) == (1 if entry is SCREENS[0] else 2)
            await pilot.press("escape", "escape", "escape")
            await settle(pilot)
            assert [view.entry for view in app.views] == [SCREENS[0]]

    play(story)


def test_hotkeys_are_of_one_screen_each_and_no_key_of_the_app() -> None:
    hotkeys = [entry.hotkey for entry in SCREENS if entry.hotkey]
    taken = {key for one in Face.BINDINGS if isinstance(one, Binding) for key in one.key.split(",")}
    assert len(set(hotkeys)) == len(hotkeys)
    assert not taken.intersection(hotkeys)
    assert len({entry.name for entry in SCREENS}) == len(SCREENS)


def test_the_help_has_every_key_that_works_on_the_screen() -> None:
    async def story() -> None:
        async with shown(size=(100, 120), start="devices") as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            assert app.view is not None
            told = {
                one.binding.description
                for one in app.screen.active_bindings.values()
                if not one.binding.system
            }
            await pilot.press("question_mark")
            await settle(pilot)
            help_text = words(frame(app))
            missing = {one for one in told - {"", "Copy selected text"} if one not in help_text}
            assert not missing
            assert all(entry.title in help_text for entry in SCREENS if entry.hotkey)
            await pilot.press("escape")
            assert isinstance(app.screen, View)

    play(story)


def test_the_palette_goes_to_a_device_by_its_name() -> None:
    async def story() -> None:
        async with shown() as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            await pilot.press("colon", *"bcn-c2")
            await until(pilot, lambda: "server ·" in frame(app), "the server is offered")
            await pilot.press("enter")
            await until(pilot, lambda: len(app.views) == 2, "its screen is open")
            assert "bcn-c2" in frame(app).splitlines()[0]

    play(story)


def test_a_crumb_can_be_clicked() -> None:
    async def story() -> None:
        async with shown(start="sites") as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            await pilot.press("D")
            await settle(pilot)
            head = frame(app).splitlines()[0]
            assert "sites › deployments" in head
            await pilot.click(offset=(head.index("sites") + 1, 0))
            await settle(pilot)
            assert len(app.views) == 1

    play(story)


def test_a_pause_holds_the_picture_and_what_came_is_there_afterwards() -> None:
    async def story() -> None:
        async with shown(start="devices") as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            world = app.world
            assert isinstance(world, StillDemo)
            await pilot.press("p")
            before = [line for line in frame(app).splitlines() if "paused" not in line and "old" not in line]
            world.pass_time(5)
            await settle(pilot)
            after = [line for line in frame(app).splitlines() if "paused" not in line and "old" not in line]
            assert after == before
            assert "⏸ paused at 20:26:40" in frame(app)
            assert "samples wait" in frame(app)
            await pilot.press("p")
            await settle(pilot)
            assert "paused" not in frame(app)
            assert max(one.at or 0.0 for one in app.board.devices().values()) == BEGIN + 5

    play(story)


def test_the_lock_is_closed_at_first_and_shown() -> None:
    async def story() -> None:
        async with shown() as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            assert "locked" in frame(app)
            assert app.refusal == "the lock is closed: w opens it"
        async with shown(write=True) as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            assert "▲ WRITE" in frame(app)
            assert not app.refusal
            await pilot.press("w")
            await settle(pilot)
            assert "locked" in frame(app)

    play(story)


def test_a_world_that_is_only_watched_cannot_be_unlocked() -> None:
    class Watched(StillDemo):
        readonly = "it is only watched"

    async def story() -> None:
        async with shown(Watched(), write=True) as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            await pilot.press("w")
            await settle(pilot)
            assert "watch only" in frame(app)
            assert app.refusal == "it is only watched"

    play(story)


def test_ten_thousand_lines_a_second_are_sampled_and_counted() -> None:
    async def story() -> None:
        world = StillDemo()
        async with shown(world, size=LARGE) as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            await pilot.press("l")
            for number in range(10_000):
                world.say(f"\x1b[2Jline {number}")
            await settle(pilot)
            assert "␛[2Jline 9999" in frame(app)
            assert any("9,800 lines were dropped here" in line.text for line in app.log_lines)
            for _ in range(50):
                for number in range(300):
                    world.say(f"again {number}")
                app.tick()
            assert len(app.log_lines) <= 2_000
            await pilot.press("l")
            await settle(pilot)
            assert "again" not in frame(app)

    play(story)


def test_samples_that_are_too_many_are_counted_in_the_status_line() -> None:
    async def story() -> None:
        world = StillDemo()
        async with shown(world, size=LARGE) as pilot:
            world.put([Sample("server/bcn-c1", BEGIN + number / 100) for number in range(104)])
            world.put([Sample("server/nobody", BEGIN)])
            await settle(pilot)
            assert "101 dropped" in frame(pilot.app)

    play(story)


def test_a_screen_that_fails_says_so_and_the_others_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise TypeError("'<' not supported between [red]str[/] and int")

    async def story() -> None:
        async with shown(start="sites", size=LARGE) as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            await pilot.press("A")
            await settle(pilot)
            assert isinstance(app.view, View)
            monkeypatch.setattr(type(app.view), "refresh_view", fail)
            await settle(pilot)
            assert (
                "the screen Alerts failed: TypeError: '<' not supported between [red]str[/] and int"
                in frame(app)
            )
            assert any("Traceback" in line.text for line in app.log_lines)
            await pilot.press("escape")
            await settle(pilot)
            assert "failed: TypeError" not in frame(app)
            assert "barcelona" in frame(app)

    play(story)


def test_problems_of_the_inventory_are_shown_and_the_rest_works() -> None:
    class Broken(StillDemo):
        def start(self, put, say) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
            super().start(put, say)
            put(
                [
                    replace(
                        self.demo.fleet,
                        problems=("sites/paris.yaml:7: unknown key rols", "sites/rio.yaml:1: empty"),
                    )
                ]
            )
            put(self.demo.samples(self.moment))

    async def story() -> None:
        async with shown(Broken(), size=LARGE) as pilot:
            assert "▲ sites/paris.yaml:7: unknown key rols (and 1 more · l: the log)" in frame(pilot.app)
            assert "barcelona" in frame(pilot.app)
            await pilot.press("l")
            await settle(pilot)
            assert "sites/rio.yaml:1: empty" in frame(pilot.app)

    play(story)


class Nothing(StillDemo):
    """A world without a site, in which nobody answers."""

    def start(self, put, _say) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        put([Fleet(origin="nothing")])

    def ask(self, argv: Sequence[str], stop: Event) -> Answer:
        del argv, stop
        return Answer(code=3, narration=("Error: nobody answers",))


def test_an_empty_fleet_is_no_error_on_any_screen() -> None:
    async def story() -> None:
        async with shown(Nothing()) as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            for entry in SCREENS:
                if entry.hotkey:
                    await pilot.press(entry.hotkey)
                    await settle(pilot)
                    assert not app.failure, app.failure

    play(story)


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (39, 24), (80, 9)])
def test_a_terminal_that_is_too_small_says_how_large_it_should_be(size: tuple[int, int]) -> None:
    async def story() -> None:
        async with shown(size=size) as pilot:
            await settle(pilot)
            if size[0] > 12:
                await until(pilot, lambda: "40×10 or more" in frame(pilot.app), "it says how large")
            await pilot.resize_terminal(*SMALL)
            await until(pilot, lambda: "barcelona" in frame(pilot.app), "the sites are there again")

    play(story)


def test_a_storm_of_sizes_leaves_every_screen_whole() -> None:
    async def story() -> None:
        async with shown() as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            for entry in SCREENS:
                if not entry.hotkey:
                    continue
                await pilot.press(entry.hotkey)
                for size in ((200, 60), (20, 5), (41, 11), (3, 3), SMALL):
                    await pilot.resize_terminal(*size)
                await settle(pilot)
                assert not app.failure
                assert app.view is not None
                assert app.view.entry == entry
                assert app.view.crumbs() in frame(app).splitlines()[0]
                assert "or more, please" not in frame(app)

    play(story)


def test_themes_go_round_and_each_shows_the_states_apart() -> None:
    for theme in THEMES:
        colours = [theme.success, theme.warning, theme.error, theme.secondary]
        assert len(set(colours)) == len(colours), theme.name

    async def story() -> None:
        async with shown() as pilot:
            app = pilot.app
            names = [app.theme]
            for _ in THEMES:
                await pilot.press("t")
                await settle(pilot)
                names.append(app.theme)
            assert names == [*(theme.name for theme in THEMES), THEMES[0].name]

    play(story)


def test_a_screenshot_goes_into_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async def story() -> None:
        async with shown() as pilot:
            await pilot.press("s")
            await settle(pilot)

    play(story)
    (kept,) = tmp_path.glob("*.svg")
    assert "barcelona" in kept.read_text()


def test_what_is_asked_shows_until_it_is_answered_and_an_answer_for_nobody_is_dropped() -> None:
    class Slow(StillDemo):
        go = Event()

        def ask(self, argv: Sequence[str], stop: Event) -> Answer:
            assert self.go.wait(20)
            assert stop is not self.go
            if argv[0] == "raise":
                raise ValueError("the answer is nonsense")
            return Answer({"asked": list(argv)})

    async def story() -> None:
        world = Slow()
        async with shown(world, size=LARGE) as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            got: list[Answer] = []
            app.ask(("bmc", "sel", "bcn-c1"), got.append)
            app.ask(("raise",), got.append)
            given_up = app.ask(("log",), lambda _: pytest.fail("nobody waits for it"))
            given_up.set()
            app.tick()
            await pilot.pause()
            assert "… bmc sel bcn-c1 and 2 more" in frame(app)
            world.go.set()
            await until(pilot, lambda: len(got) == 2, "both are answered")
            assert {answer.code for answer in got} == {0, 1}
            assert any("ValueError: the answer is nonsense" in answer.problem for answer in got)

    play(story)


class Counting(View):
    """A screen of a test: how often is it refreshed?"""

    BINDINGS: ClassVar[list[BindingType]] = []
    count = 0

    def refresh_view(self, board: Board, changed: frozenset[str], now: float) -> None:
        del board, changed, now
        self.count += 1


def test_a_view_is_refreshed_once_a_tick_and_only_in_sight() -> None:
    async def story() -> None:
        async with shown() as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            view = Counting()
            app.push_screen(view)
            await pilot.pause()
            assert view.count == 1
            await live(pilot, 3)
            assert view.count == 1 + 3 + 1  # and the tick of settle
            app.push_screen(Counting())
            await pilot.pause()
            await live(pilot, 2)
            assert view.count == 5

    play(story)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_the_help_and_the_palette_look_as_they_did(size: tuple[int, int]) -> None:
    name = f"{size[0]}x{size[1]}"

    async def story() -> None:
        async with shown(Nothing(), size=size, start="alerts") as pilot:
            await pilot.press("question_mark")
            await settle(pilot)
            snapshot(pilot.app, f"help-{name}")
            await pilot.press("escape", "colon")
            await until(pilot, lambda: "screen ·" in frame(pilot.app), "the palette is filled")
            await asyncio.sleep(0)
            await settle(pilot)
            snapshot(pilot.app, f"palette-{name}")

    play(story)
