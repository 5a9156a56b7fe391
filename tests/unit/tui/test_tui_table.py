"""The table: thousands of rows, of which only those in sight cost anything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from rich.cells import cell_len
from rich.text import Text
from textual import on
from textual.app import App, ComposeResult
from textual.content import Content
from textual.pilot import Pilot
from textual.strip import Strip
from tui_snapshots import frame, play

from microdc_tui.widgets.rows import same, spread
from microdc_tui.widgets.table import Column, Row, VirtualTable

COLUMNS = (
    Column("name", "name", 10),
    Column("state", "state", 10),
    Column("draw", "draw", 8, "right"),
    Column("why", "why"),
)


class Counting(VirtualTable):
    """Counts the rows that it is asked to render."""

    rendered = 0

    def render_line(self, y: int) -> Strip:
        self.rendered += 1
        return super().render_line(y)


class Bench(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, str | None]] = []

    def compose(self) -> ComposeResult:
        yield Counting(COLUMNS)

    @on(VirtualTable.Selected)
    def opened(self, event: VirtualTable.Selected) -> None:
        self.told.append(("open", event.key))

    @on(VirtualTable.Highlighted)
    def moved(self, event: VirtualTable.Highlighted) -> None:
        self.told.append(("at", event.key))


def row(number: int, state: str = "ok", draw: float = 0.0, **labels: str) -> Row:
    return Row(
        f"k{number}",
        (f"srv-{number}", Content.styled(state, "$success"), f"{draw or number:,} W", ""),
        labels,
    )


def bench(
    story: Callable[[Pilot[None], Counting, Bench], Awaitable[None]], size: tuple[int, int] = (60, 12)
) -> None:
    async def run() -> None:
        app = Bench()
        async with app.run_test(size=size) as pilot:
            table = app.query_one(Counting)
            table.focus()
            await pilot.pause()
            await story(pilot, table, app)

    play(run)


def lines(app: Any) -> list[str]:
    return frame(app).splitlines()


def test_only_rows_in_sight_are_rendered_and_only_changed_ones_again() -> None:
    async def story(pilot: Pilot[None], table: Counting, app: Bench) -> None:
        table.show([row(number) for number in range(5_000)])
        await pilot.pause()
        table.rendered = 0
        table.update([row(2, "down"), row(4_000, "down")])
        await pilot.pause()
        assert table.rendered == 1
        assert "down" in lines(app)[3]
        table.show([row(number, "down" if number in {2, 4_000} else "ok") for number in range(5_000)])
        await pilot.pause()
        assert table.rendered == 1
        table.filter("srv-2")
        await pilot.pause()
        table.rendered = 0
        table.update([row(3, "down"), row(4_001, "down"), row(22, "down")])
        await pilot.pause()
        assert table.rendered == 1  # the one of the three that the filter lets through and that is in sight

    bench(story)


def test_rows_that_are_told_to_have_changed_are_made_when_they_are_needed() -> None:
    async def story(pilot: Pilot[None], table: Counting, app: Bench) -> None:
        keys = [f"k{number}" for number in range(1_000)]
        table.show([row(number) for number in range(1_000)])
        await pilot.pause()
        made: list[str] = []

        def make(key: str) -> Row:
            made.append(key)
            return row(int(key[1:]), "down")

        table.renew([*keys, "not there"], make)
        await pilot.pause()
        assert made == keys[: len(made)]
        assert len(made) < 20
        assert "down" in lines(app)[1]
        await pilot.press("end")
        await pilot.pause()
        assert "down" in lines(app)[-1]
        assert "k500" not in made
        table.filter("down")
        assert table.row_count == 1_000
        assert sorted(made) == sorted(keys)
        table.renew(["k7"], lambda _: row(7, "ok"))
        assert table.row_count == 999

    bench(story)


def test_the_cursor_stays_on_its_row_whatever_comes_and_goes() -> None:
    async def story(pilot: Pilot[None], table: Counting, app: Bench) -> None:
        table.show([row(number) for number in range(100)])
        await pilot.press("down", "down", "down")
        assert table.selected == "k3"
        table.show([row(number) for number in range(50, 90)] + [row(3)])
        await pilot.pause()
        assert table.selected == "k3"
        assert "srv-3 " in frame(app)
        table.show([row(1), row(2)])
        assert table.selected == "k2"
        table.show([])
        await pilot.pause()
        assert table.selected is None
        assert "nothing here" in frame(app)
        assert app.told[-1] == ("at", None)

    bench(story)


def test_all_keys_move_within_the_rows() -> None:
    async def story(pilot: Pilot[None], table: Counting, app: Bench) -> None:
        table.show([row(number) for number in range(100)])
        for keys, key in (
            (("end",), "k99"), (("down",), "k99"), (("up", "k"), "k97"), (("home", "up"), "k0"), (("j",), "k1"),
            (("pagedown",), "k11"), (("pageup", "pageup"), "k0"), (("G",), "k99"), (("g",), "k0"),
        ):  # fmt: skip
            await pilot.press(*keys)
            assert table.selected == key, keys
            await pilot.pause()
            assert f"srv-{key[1:]} " in frame(app), keys
        await pilot.press("enter")
        assert app.told[-1] == ("open", "k0")

    bench(story)


def test_a_filter_finds_words_and_labels_and_gives_the_cursor_back() -> None:
    async def story(pilot: Pilot[None], table: Counting, app: Bench) -> None:
        table.show(
            [
                row(number, "down" if number % 10 == 0 else "ok", Role="GPU" if number < 5 else "cpu")
                for number in range(100)
            ]
        )
        table.filter("down")
        assert (table.row_count, table.total) == (10, 100)
        table.filter("role=gpu !down")
        assert (table.row_count, table.selected) == (4, "k1")
        table.update([row(1, "down", role="gpu"), row(7, "ok", role="gpu")])
        assert (table.row_count, table.selected) == (4, "k2")
        table.filter("nothing-like-it")
        await pilot.pause()
        assert "nothing matches nothing-like-it" in frame(app)
        table.filter("srv-77")
        table.filter("")
        await pilot.pause()
        assert table.row_count == 100
        assert "srv-77" in frame(app)

    bench(story)


def test_sorting_by_key_and_by_the_head_knows_numbers() -> None:
    async def story(pilot: Pilot[None], table: Counting, app: Bench) -> None:
        table.show([row(number, draw=draw) for number, draw in enumerate((900.0, 1_200.0, 45.5))])
        await pilot.press("greater_than_sign", "greater_than_sign", "greater_than_sign")
        assert [line.split()[0] for line in lines(app)[1:4]] == ["srv-2", "srv-0", "srv-1"]
        assert "draw ▲" in lines(app)[0]
        await pilot.press("tilde")
        assert [line.split()[0] for line in lines(app)[1:4]] == ["srv-1", "srv-0", "srv-2"]
        await pilot.click(table, offset=(2, 0))
        assert [line.split()[0] for line in lines(app)[1:4]] == ["srv-0", "srv-1", "srv-2"]
        await pilot.click(table, offset=(2, 0))
        assert "name ▼" in lines(app)[0]
        table.sort("")
        assert "▲" not in lines(app)[0]

    bench(story)


def test_a_click_moves_the_cursor_and_another_opens() -> None:
    async def story(pilot: Pilot[None], table: Counting, app: Bench) -> None:
        table.show([row(number) for number in range(5)])
        await pilot.click(table, offset=(5, 3))
        assert table.selected == "k2"
        assert ("open", "k2") not in app.told
        await pilot.click(table, offset=(5, 3))
        assert app.told[-1] == ("open", "k2")
        await pilot.click(table, offset=(5, 9))
        assert app.told[-1] == ("open", "k2")

    bench(story)


def test_cells_are_text_and_wide_letters_keep_the_columns() -> None:
    async def story(pilot: Pilot[None], table: Counting, app: Bench) -> None:
        table.show(
            [
                Row("a", ("[red]x[/]", "機械機械機械", "1 W", Text("red", style="bold red"))),
                Row("b", ("rack 🔥 name", Content.styled("ok", "$no-such-style"), "2 W", "[/]")),
            ]
        )
        await pilot.pause()
        shown = frame(app)
        assert "[red]x[/]" in shown
        assert "機械機械 …" in shown
        assert "[/]" in shown
        ends = {cell_len(line.partition(" W")[0]) for line in lines(app)[1:3]}
        assert len(ends) == 1

    bench(story)


def test_a_narrow_table_scrolls_sideways_and_a_wide_one_gives_the_rest_to_the_last_column() -> None:
    assert spread(COLUMNS, 60) == (10, 10, 8, 26)
    assert spread(COLUMNS, 20) == (10, 10, 8, 8)

    async def story(pilot: Pilot[None], table: Counting, app: Bench) -> None:
        table.show([Row("a", ("first", "ok", "1 W", "the end"))])
        await pilot.pause()
        assert "the end" not in frame(app)
        await pilot.press(*["right"] * 40)
        await pilot.pause()
        assert "the end" in frame(app)

    bench(story, (24, 6))


def test_a_row_that_changes_its_colour_alone_is_another_row() -> None:
    green, red = (Row("a", (Content.styled("here", style),)) for style in ("green", "red"))
    assert green == red  # as Textual has it
    assert not same(green, red)
    assert same(green, Row("a", (Content.styled("here", "green"),)))
    assert not same(None, green)
