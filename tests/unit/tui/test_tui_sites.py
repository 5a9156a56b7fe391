"""The overview of the sites: how tiles lie, what they say, and the screen that shows them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot
from tui_scripted import MOMENT, Scripted, fleet, server, switch, well
from tui_sitelab import TOWNS, lab
from tui_snapshots import LARGE, SMALL, frame, play, settle, shown, snapshot, until

from microdc.health.board import Board
from microdc.health.model import Device, Fleet, Kind, Place, Reason, Sample, SiteReason, State
from microdc_tui.screens.rack import Racks
from microdc_tui.screens.server import Server
from microdc_tui.screens.sites import Sites
from microdc_tui.sites.grid import FORMS, SCROLLED, arrange
from microdc_tui.sites.past import STEP, histories
from microdc_tui.sites.summary import Summary, summaries, totals
from microdc_tui.sites.tile import power, tile
from microdc_tui.spans import Line, columns, ends, filled, fitted, width
from microdc_tui.themes import THEMES, solid
from microdc_tui.widgets.panel import Panel
from microdc_tui.widgets.tiles import Tiles

NASTY = "[bold red]x[/]\u202egnp.exe\x1b[31m🌱 غرناطة\u0301\u0301\u0301\u0301"


def board(*samples: Sample, devices: tuple[Device, ...], now: float = MOMENT) -> Board:
    made = Board()
    made.apply([fleet(*devices), *samples], now)
    return made


def told(made: Board, now: float = MOMENT) -> tuple[Summary, ...]:
    return summaries(made.fleet.sites, made.sites(now), made.devices().values())


# Pure


@given(st.integers(0, 200), st.integers(1, 300), st.integers(1, 100))
def test_tiles_lie_within_the_width_and_each_is_found_where_it_lies(count: int, wide: int, high: int) -> None:
    grid = arrange(count, wide, high)
    assert grid.columns * grid.width <= wide
    assert grid.rows * grid.columns >= count > (grid.rows - 1) * grid.columns or count == 0
    assert grid.height <= high or grid.form == SCROLLED
    for index in range(count):
        x, y = index % grid.columns * grid.width, index // grid.columns * grid.pitch
        assert grid.at(x, y, count) == grid.at(x + grid.width - 1, y + grid.form.lines - 1, count) == index


@given(st.integers(1, 60), st.integers(1, 200), st.integers(0, 59), st.integers(-1, 1), st.integers(-1, 1))
def test_the_cursor_stays_among_the_tiles(count: int, wide: int, index: int, across: int, down: int) -> None:
    index %= count
    assert 0 <= arrange(count, wide, 20).moved(index, count, across, down) < count


def test_below_a_row_that_is_not_full_the_cursor_goes_to_the_last_tile() -> None:
    grid = arrange(5, 3 * SCROLLED.least, 4)
    assert grid.columns == 3
    assert grid.moved(2, 5, 0, 1) == 4
    assert grid.moved(4, 5, 0, 1) == 4


def test_twenty_sites_fit_into_a_small_terminal_and_tell_all_in_a_large_one() -> None:
    assert arrange(20, 80, 14).form.lines == 2
    assert arrange(20, 80, 14).height <= 14
    assert arrange(20, 140, 29).form == FORMS[0]


names = st.text(max_size=40)


@st.composite
def sites_of_any_kind(draw: st.DrawFn) -> Summary:
    site, what, state = draw(names), draw(names), draw(st.sampled_from(State))
    reasons = (
        SiteReason("server/x", Reason("down", what)),
        SiteReason(f"pair/{site}:b", Reason("degraded", what)),
    )
    servers = (state,) * draw(st.integers(0, 60))
    nodes = draw(st.sampled_from([{}, {"deploying": 3, "failed": 1}, {"active": 123}]))
    watts = draw(st.none() | st.floats(0, 1e7))
    title, told_ = draw(names), draw(st.integers(0, 2))
    return Summary(
        site, title, state, reasons[:told_], servers, (state,), watts, 1e9, 1e6, {state: 3}, nodes, 0.3
    )


@given(sites_of_any_kind(), st.sampled_from((1, 2, 3, 5)), st.integers(1, 70))
def test_a_tile_is_as_wide_as_it_has_to_be_whatever_it_says(summary: Summary, lines: int, room: int) -> None:
    drawn = tile(summary, lines, room)
    assert len(drawn) == lines
    assert {width(line) for line in drawn} == {room}


@given(names, st.integers(0, 30))
def test_lines_are_cut_and_filled_to_the_cell(text: str, room: int) -> None:
    spans = [(text, ""), (text, "bold")]
    assert (
        width(filled(spans, room))
        == width(ends(spans, spans, room))
        == width(columns([spans, spans], room))
        == room
    )
    assert width([(fitted(text, room), "")]) == room


def test_what_is_cut_off_shows() -> None:
    assert fitted("barcelona", 5) == "barc…"
    assert fitted("rio", 5, "right") == "  rio"
    assert "".join(text for text, _ in ends([("barcelona", "")], [("down", "")], 10)) == "barc… down"


@pytest.mark.parametrize(
    ("watts", "text"), [(None, "-"), (0, "0 W"), (940, "940 W"), (1204, "1.20 kW"), (12_340, "12.3 kW")]
)
def test_draw_in_few_characters(watts: float | None, text: str) -> None:
    assert power(watts) == text


def test_a_site_is_summed_up_from_its_devices_and_a_pair_counts_at_both_ends() -> None:
    here, there = server("a"), server("b", "there")
    line, node = Device(Kind.PAIR, "here:there"), Device(Kind.NODE, "a", "here")
    samples = (
        well(here),
        well(there),
        well(switch("s"), figures={"in_bits": 5e9}),
        Sample(line.key, MOMENT, figures={"rate_ab": 3e6, "rate_ba": 1e6, "way": 1.0}),
        Sample(node.key, MOMENT, figures={"progress": 0.5}, facts={"state": "deploying"}),
    )
    made = Board()
    places = (Place("here"), Place("there"))
    made.apply([Fleet(places, (here, switch("s"), there, line, node)), *samples], MOMENT)
    first, second = told(made)
    assert (first.draw, first.lan, first.wan, second.wan) == (180.0, 5e9, 3e6, 1e6)
    assert (first.pairs, second.pairs) == ({State.OK: 1}, {State.OK: 1})
    assert (first.moving, first.progress, second.moving, second.progress) == (1, 0.5, 0, None)
    assert first.way is State.OK
    whole = totals([first, second], {State.OK: 1})
    assert (whole.draw, whole.wan, whole.nodes, whole.moving) == (360.0, 4e6, 1, 1)


def test_of_a_site_that_nobody_heard_of_nothing_is_made_up() -> None:
    (summary,) = told(board(devices=(server("a"), switch("s"))))
    assert (summary.state, summary.draw, summary.lan, summary.wan, summary.way) == (
        State.UNKNOWN,
        None,
        None,
        None,
        None,
    )


def test_the_history_of_a_site_is_the_sum_of_its_servers() -> None:
    one, two, other = server("a"), server("b"), server("c", "there")
    made = board(devices=(one, two, other))
    for moment in range(0, 60, 5):
        made.apply([well(device, MOMENT + moment) for device in (one, two, other)], MOMENT + moment)
    found = histories(made, "here", MOMENT + STEP * 4)
    assert set(found["draw"]) == {None, 360.0}
    assert found["draw"][-1] == 360.0
    assert found["lan"] == found["wan"] == []


def test_muted_text_is_a_colour_between_that_of_the_text_and_that_of_the_ground() -> None:
    variables = {
        "background": "#000000",
        "foreground": "#c8c8c8",
        "text-muted": "auto 60%",
        "text-disabled": "#123456",
    }
    assert solid(variables) == variables | {"text-muted": "#787878"}

    async def story() -> None:
        async with shown(lab(1), start="sites") as pilot:
            for theme in (*(one.name for one in THEMES), "textual-dark", "ansi-light"):
                pilot.app.theme = theme
                await settle(pilot)
                found = tiles(pilot)._get_style("$text-muted").foreground
                assert found is not None
                assert not found.auto, theme

    play(story)


# The screen


def tiles(pilot: Pilot[int]) -> Tiles:
    return pilot.app.screen.query_one(Tiles)


def test_all_twenty_sites_are_seen_in_a_small_terminal_and_the_pane_tells_of_one() -> None:
    async def story() -> None:
        async with shown(lab(), start="sites") as pilot:
            seen = frame(pilot.app)
            for name, _ in TOWNS:
                assert f" {name} " in seen
            assert "▲ barcelona" in seen
            assert "✗ lisbon" in seen
            assert "○ oslo" in seen
            assert "■ natal" in seen
            assert "● zurich" in seen
            assert "bar-c3 inlet at" in seen
            assert "▸1" in seen  # paris deploys
            assert "✗1" in seen  # rennes failed to
            assert "20 sites" in seen
            snapshot(pilot.app, "sites-80x24")
            assert "amsterdam  Amsterdam micro-DC" in seen
            await pilot.press("right")
            await settle(pilot)
            assert "barcelona  Barcelona micro-DC" in frame(pilot.app)
            assert "▲ bar-c3  inlet at 41 °C, warning above 35 °C  Inlet" in frame(pilot.app)

    play(story)


def test_a_large_terminal_tells_of_devices_draw_traffic_pairs_and_nodes() -> None:
    async def story() -> None:
        async with shown(lab(), start="sites", size=LARGE) as pilot:
            seen = frame(pilot.app)
            assert "●●▲●●● ●" in seen
            assert "lan 3.2G" in seen
            assert "18/19 pairs" in seen
            assert "▸1 37%" in seen
            assert "✗1 failed" in seen
            assert "2 nodes" in seen
            assert "Zurich micro-DC" in seen
            snapshot(pilot.app, "sites-140x40")

    play(story)


def test_where_there_are_few_sites_the_pane_takes_what_they_leave() -> None:
    async def story() -> None:
        async with shown(lab(3), start="sites", size=LARGE) as pilot:
            panel = pilot.app.screen.query_one("#detail", Panel)
            assert tiles(pilot).size.height == tiles(pilot).grid.height + 1
            assert panel.size.height > 20
            assert any(line.endswith("█") for line in panel.lines)  # histories have lines of their own
            pilot.app.world.put([lab(20)._fleet])  # type: ignore[attr-defined]  # it is ours
            await settle(pilot)
            assert tiles(pilot).grid.height <= tiles(pilot).size.height
            assert "zurich" in frame(pilot.app)

    play(story)


def test_enter_opens_the_racks_of_the_site_and_c_the_cause() -> None:
    async def story() -> None:
        async with shown(lab(3), start="sites") as pilot:
            await pilot.press("c")
            await settle(pilot)
            assert isinstance(pilot.app.screen, Sites)
            assert "there is nothing to report" in frame(pilot.app)
            assert tiles(pilot).select("barcelona")
            await pilot.press("c")
            await settle(pilot)
            assert isinstance(pilot.app.screen, Server)
            assert pilot.app.screen.about is not None
            assert pilot.app.screen.about.name == "bar-c3"
            await pilot.press("escape")
            await pilot.press("enter")
            await settle(pilot)
            assert isinstance(pilot.app.screen, Racks)
            assert pilot.app.screen.about is not None
            assert pilot.app.screen.about.name == "barcelona"

    play(story)


def test_n_goes_from_trouble_to_trouble_and_o_puts_the_gravest_first() -> None:
    async def story() -> None:
        async with shown(lab(), start="sites") as pilot:
            seen = []
            for _ in range(7):
                await pilot.press("n")
                seen.append(tiles(pilot).selected)
            bad = ["barcelona", "campinas", "geneva", "lisbon", "lyon", "oslo", "recife", "rennes"]
            assert seen == bad[:7]
            await pilot.press("n", "n", "N")
            assert tiles(pilot).selected == "rennes"
            usual = tiles(pilot).sites
            await pilot.press("o")
            assert tiles(pilot).sites[0] == "lisbon"
            assert tiles(pilot).selected == "rennes"
            await pilot.press("o")
            assert tiles(pilot).sites == usual

    play(story)


def test_a_filter_knows_states_reasons_and_labels() -> None:
    async def story() -> None:
        async with shown(lab(), start="sites") as pilot:
            for expression, left in (
                ("down", {"lisbon", "campinas", "recife"}),
                ("state=down", {"lisbon"}),
                ("inlet", {"barcelona"}),
                ("wan=degraded", {"geneva", "lyon"}),
            ):
                pilot.app.screen.apply_filter(expression)  # type: ignore[attr-defined]  # it is the overview
                assert set(tiles(pilot).sites) <= left
                assert tiles(pilot).sites
            await pilot.press("slash", *"bar", "enter")
            await until(pilot, lambda: tiles(pilot).sites == ("barcelona",), "the filter")
            await until(pilot, lambda: tiles(pilot).has_focus, "the focus is back")
            assert "1 of 20" in frame(pilot.app)
            await pilot.press("escape")
            await until(pilot, lambda: len(tiles(pilot).sites) == 20, "no filter any more")
            await pilot.press("slash", *"nowhere")
            await until(pilot, lambda: "no site matches nowhere" in frame(pilot.app), "the filter")
            assert tiles(pilot).selected is None

    play(story)


def test_a_click_moves_the_cursor_and_a_second_one_opens() -> None:
    async def story() -> None:
        async with shown(lab(), start="sites") as pilot:
            grid = tiles(pilot).grid
            at = (grid.width + 3, grid.pitch + 1)
            await pilot.click(Tiles, offset=at)
            assert tiles(pilot).selected == tiles(pilot).sites[grid.columns + 1]
            await pilot.click(Tiles, offset=at)
            await settle(pilot)
            assert isinstance(pilot.app.screen, Racks)

    play(story)


def test_only_the_tiles_that_changed_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def noted(one: Summary, lines: int, room: int) -> list[Line]:
        drawn.append(one.site)
        return tile(one, lines, room)

    monkeypatch.setattr("microdc_tui.widgets.tiles.tile", noted)

    async def story() -> None:
        world = lab()
        async with shown(world, start="sites") as pilot:
            assert set(drawn) == {name for name, _ in TOWNS}
            drawn.clear()
            hotter = replace(well(server("zur-c1", "zurich"), MOMENT + 1), figures={"draw_watts": 9000.0})
            world.put([hotter])
            await settle(pilot)
            assert set(drawn) == {"zurich"}
            assert "10.2 kW" in frame(pilot.app)

    play(story)


def test_names_from_outside_are_shown_and_not_obeyed() -> None:
    async def story() -> None:
        place = Place(NASTY, NASTY, None, {})
        device = Device(Kind.SERVER, NASTY, NASTY, "r1", 1)
        bad = Sample(device.key, MOMENT, reasons=(Reason("down", NASTY, NASTY),), figures={"draw_watts": 1.0})
        async with shown(
            Scripted(Fleet((place,), (device,), NASTY), [bad]), start="sites", size=LARGE
        ) as pilot:
            seen = frame(pilot.app)
            assert "[bold red]x[/]" in seen
            assert "\x1b" not in seen
            assert "\u202e" not in seen

    play(story)


def test_without_any_site_the_screen_says_so() -> None:
    async def story() -> None:
        async with shown(Scripted(Fleet()), start="sites") as pilot:
            assert "no sites are known yet" in frame(pilot.app)
            await pilot.press("down", "enter", "c", "n", "o")
            await settle(pilot)
            assert isinstance(pilot.app.screen, Sites)

    play(story)


def test_the_cursor_stays_in_sight_whatever_size_the_terminal_has() -> None:
    async def story() -> None:
        async with shown(lab(), start="sites") as pilot:
            await pilot.press("end")
            for size in ((40, 12), (20, 5), (200, 60), SMALL):
                await pilot.resize_terminal(*size)
                await settle(pilot)
                assert tiles(pilot).selected == "zurich"
                if size[1] >= 12:
                    assert "▌● zurich" in frame(pilot.app)

    play(story)


def test_a_fleet_that_lost_its_sites_moves_the_cursor() -> None:
    async def story() -> None:
        world = lab()
        async with shown(world, start="sites") as pilot:
            await pilot.press("end")
            world.put([lab(5)._fleet])
            await settle(pilot)
            assert tiles(pilot).selected == "bremen"
            assert "5 sites" in frame(pilot.app)

    play(story)
