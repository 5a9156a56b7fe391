"""The log: bounded, followed until the reader scrolls away, searched, of one source."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from tui_snapshots import frame, play

from microdc_tui.widgets.logpane import LogLine, LogPane


class Bench(App[None]):
    def compose(self) -> ComposeResult:
        yield LogPane(maximum=1_000)


def lines(*numbers: int, source: str = "feed") -> list[LogLine]:
    return [LogLine(1_780_000_000.0 + number, source, f"line {number}.") for number in numbers]


def bench(story: Callable[[Pilot[None], LogPane], Awaitable[None]]) -> None:
    async def run() -> None:
        app = Bench()
        async with app.run_test(size=(70, 10)) as pilot:
            app.query_one(LogPane).focus()
            await pilot.pause()
            await story(pilot, app.query_one(LogPane))

    play(run)


def test_it_follows_until_the_reader_scrolls_away_and_again_at_the_end() -> None:
    async def story(pilot: Pilot[None], pane: LogPane) -> None:
        pane.write(lines(*range(100)))
        await pilot.pause()
        assert "line 99." in frame(pilot.app)
        await pilot.press("pageup")
        await pilot.pause()
        assert not pane.follow
        pane.write(lines(100))
        await pilot.pause()
        assert "line 100." not in frame(pilot.app)
        await pilot.press("f")
        await pilot.pause()
        assert "line 100." in frame(pilot.app)
        await pilot.resize_terminal(70, 30)
        pane.write(lines(101))
        await pilot.pause()
        assert "line 101." in frame(pilot.app)

    bench(story)


def test_it_keeps_so_many_lines_and_no_more() -> None:
    async def story(pilot: Pilot[None], pane: LogPane) -> None:
        pane.write(lines(*range(2_500)))
        assert len(pane.lines) == 1_000
        await pilot.pause()
        assert "line 2499." in frame(pilot.app)
        await pilot.press("home")
        await pilot.pause()
        assert "line 1500." in frame(pilot.app)

    bench(story)


def test_a_search_goes_to_the_last_line_that_has_it_and_from_one_to_the_next() -> None:
    async def story(pilot: Pilot[None], pane: LogPane) -> None:
        pane.write(lines(*range(300)))
        assert pane.search("LINE 7.") == 1
        await pilot.pause()
        assert "line 7." in frame(pilot.app)
        assert pane.search("5.") == 30
        await pilot.pause()
        assert "line 295." in frame(pilot.app)
        await pilot.press("N", "N")
        await pilot.pause()
        assert "line 275." in frame(pilot.app)
        assert pane.search("not there") == 0
        assert pane.search("") == 0

    bench(story)


def test_of_one_source_only() -> None:
    async def story(pilot: Pilot[None], pane: LogPane) -> None:
        pane.write([*lines(1, 2, source="bcn-c1"), *lines(3, source="bcn-c2")])
        pane.only("bcn-c1")
        pane.write(lines(4, source="bcn-c1") + lines(5, source="bcn-c2"))
        await pilot.pause()
        shown = frame(pilot.app)
        assert [number for number in range(1, 6) if f"line {number}." in shown] == [1, 2, 4]
        pane.only("")
        await pilot.pause()
        assert "line 5." in frame(pilot.app)

    bench(story)


def test_what_it_shows_is_text() -> None:
    async def story(pilot: Pilot[None], pane: LogPane) -> None:
        pane.write([LogLine(0.0, "\x1b[1mx", "[red]a\x07[/] \u202eb")])
        await pilot.pause()
        assert "␛[1mx" in frame(pilot.app)
        assert "[red]a␇[/] ‹U+202E›b" in frame(pilot.app)

    bench(story)
