"""The WAN's screen: how a matrix lies in its room, what its cells say, and what the keys do."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.strip import Strip
from tui_scripted import MOMENT, Scripted
from tui_sitelab import lab, pair
from tui_snapshots import LARGE, SMALL, frame, play, settle, shown, snapshot, until

from microdc.drawing.model import Line, Node
from microdc.drawing.terminal_map import terminal_map
from microdc.health.model import Device, DeviceHealth, Fleet, Kind, Place, Reason, Sample, State
from microdc_tui.filtering import parse
from microdc_tui.pairs.bars import bars
from microdc_tui.pairs.cell import cell
from microdc_tui.pairs.choosing import chosen, drawn, links, sites
from microdc_tui.pairs.detail import charts, detail
from microdc_tui.pairs.lattice import NUMBERED, Cell, abbreviated, lattice
from microdc_tui.pairs.link import Link, Metric, digits, link, told
from microdc_tui.pairs.regions import region
from microdc_tui.screens.wan import Wan
from microdc_tui.spans import width
from microdc_tui.subject import Subject
from microdc_tui.widgets.matrix import Matrix
from microdc_tui.widgets.panel import Panel
from microdc_tui.widgets.sitemap import Sitemap

NASTY = "[red]x[/]\u202e\x1b[2J🌱"


def health(sample: Sample, state: State = State.OK) -> DeviceHealth:
    device = Device(Kind.PAIR, sample.device.removeprefix("pair/"))
    return DeviceHealth(
        device, state, MOMENT, MOMENT, False, sample.reasons, None, sample.figures, sample.facts
    )


def text(line: list[tuple[str, str]]) -> str:
    return "".join(part for part, _ in line)


# Pure


@given(st.integers(0, 80), st.integers(1, 300))
def test_a_matrix_uses_the_room_it_has_and_every_cell_is_found_where_it_lies(count: int, room: int) -> None:
    found = lattice([f"site-{number}" for number in range(count)], room)
    assert found.width <= room or found.cell is Cell.GLYPH
    assert len(found.rows) == len(found.columns) == count
    for row, column in product(range(0, count, 7), range(0, count, 5)):
        left = found.head + column * found.cell
        assert found.at(left, row + 1) == found.at(left + found.cell - 1, row + 1) == (row, column)
    assert found.at(found.head - 1, 1) is None
    assert found.at(found.head + count * found.cell, 1) is None


@given(st.lists(st.text(min_size=1, max_size=12), unique=True, max_size=30), st.integers(4, 12))
def test_short_names_fit_and_differ(names: list[str], room: int) -> None:
    short = abbreviated(names, room)
    assert len(set(short)) == len(names)
    assert all(cell_len(name) <= room for name in short)


def test_names_that_begin_alike_are_told_apart_by_their_ends() -> None:
    assert abbreviated(["madrid-1", "madrid-2"], 5) == ("rid-1", "rid-2")
    assert abbreviated(["barcelona", "berlin"], 5) == ("barc…", "berl…")


@given(st.sampled_from(Metric), st.none() | st.floats(0, 1e12))
def test_a_value_takes_few_characters(metric: Metric, value: float | None) -> None:
    if metric is Metric.LOSS and value is not None:
        value = min(value, 1.0)
    if metric is Metric.RTT and value is not None:
        value = min(value, 9.0)
    assert 1 <= len(digits(metric, value)) <= 4


@pytest.mark.parametrize(
    ("metric", "value", "shown"),
    [
        (Metric.RTT, 0.1823, "182 ms"),
        (Metric.RTT, 0.01234, "12.3 ms"),
        (Metric.RTT, 0.00081, "0.81 ms"),
        (Metric.LOSS, 0.021, "2.1 %"),
        (Metric.LOSS, 0.0, "0 %"),
        (Metric.LOSS, 0.00001, "<.01 %"),
        (Metric.RATE, 1e9, "1 Gbit/s"),
        (Metric.RATE, 310e6, "310 Mbit/s"),
        (Metric.RATE, 0.0, "0 bit/s"),
        (Metric.RATE, None, "-"),
        (Metric.RTT, float("nan"), "-"),
    ],
)
def test_values_with_their_units(metric: Metric, value: float | None, shown: str) -> None:
    assert told(metric, value) == shown


def test_a_reason_of_one_quantity_does_not_colour_the_others() -> None:
    lossy = Reason("degraded", "too much is lost", "loss a to b")
    one = link(health(pair("a:b", lossy), State.DEGRADED))
    assert one.verdict(Metric.LOSS) is State.DEGRADED
    assert one.verdict(Metric.RTT) is one.verdict(Metric.RATE) is State.OK


def test_a_reason_of_the_pair_as_such_colours_all() -> None:
    one = link(health(pair("a:b", Reason("down", "no answer")), State.DOWN))
    assert {one.verdict(metric) for metric in Metric} == {State.DOWN}
    assert link(health(pair("a:b"), State.MAINTENANCE)).verdict(Metric.RTT) is State.MAINTENANCE


def test_a_direction_has_its_own_figures_and_the_round_trip_has_none() -> None:
    one = link(health(pair("a:b", rate_ab=5e6, rate_ba=7e6)))
    assert one.reading(Metric.RATE).measured == 5e6
    assert one.reading(Metric.RATE, forward=False).measured == 7e6
    assert one.reading(Metric.RTT) == one.reading(Metric.RTT, forward=False)


@given(
    st.sampled_from(Cell),
    st.sampled_from(Metric),
    st.sampled_from(State),
    st.sampled_from((0.0, 1.0)),
    st.dictionaries(
        st.sampled_from(sorted(pair("a:b").figures)), st.floats(allow_nan=True, allow_infinity=True)
    ),
)
def test_a_cell_is_exactly_as_wide_as_its_form(
    form: Cell, metric: Metric, state: State, ways: float, figures: dict[str, float]
) -> None:
    one = Link("a", "b", state, cut=ways == 0, figures=figures)
    assert width(cell(one, metric, form)) == width(cell(None, metric, form)) == form


def test_only_a_wide_cell_says_what_was_asked() -> None:
    one = link(health(pair("a:b")))
    assert text(cell(one, Metric.RTT, Cell.BOTH)) == "● 20.3/20.0  "
    assert text(cell(one, Metric.RTT, Cell.WIDE)) == "● 20.3 "
    assert text(cell(one, Metric.RTT, Cell.GLYPH)) == "●  "
    cut = link(health(pair("a:b", way=0.0), State.DOWN))
    assert text(cell(cut, Metric.RTT, Cell.WIDE)) == "×  cut "


@given(st.integers(1, 200), st.integers(1, 40), st.sampled_from("ab"), st.lists(st.none() | st.floats(0, 1)))
def test_the_pair_is_told_in_lines_of_the_rooms_width(
    room: int, lines: int, first: str, history: list[float | None]
) -> None:
    one = link(health(pair(f"{NASTY}:b", Reason("degraded", NASTY, NASTY)), State.DEGRADED))
    series = lambda _, count: history[-count:]  # noqa: E731  a history of whatever length
    short = detail(one, series, room, backward=first == "b")
    large = charts(one, series, room, lines, backward=first == "b")
    assert {width(line) for line in (*short, *large)} == {room}
    assert len(large) <= lines


def test_bars_grow_with_their_values_and_a_gap_is_a_dot() -> None:
    assert bars([0.0, 1.0, 2.0, None], 4, 2, 2.0) == ["  █ ", "▁██·"]
    assert bars([1.0], 3, 1, 4.0) == ["  ▂"]
    assert bars([9.0, float("inf")], 2, 1, 4.0) == ["█·"]
    assert bars([], 2, 1, 0.0) == ["  "]


def test_a_filter_of_pairs_knows_sites_states_overlays_and_reasons() -> None:
    found = links(
        [
            health(pair("a:b")),
            health(pair("b:c", Reason("degraded", "too slow"), facts={"overlay": "lte-3"}), State.DEGRADED),
            health(pair("a:c", way=0.0), State.DOWN),
        ]
    )
    for expression, left in (
        ("slow", {("b", "c")}),
        ("state=cut", {("a", "c")}),
        ("overlay=lte-3", {("b", "c")}),
        ("!ok", {("b", "c"), ("a", "c")}),
        ("down", {("a", "c")}),
        ("a=a", {("a", "b"), ("a", "c")}),
        ("", set(found)),
    ):
        assert set(chosen(parse(expression), found)) == left, expression


def test_of_a_mesh_a_map_has_the_pairs_of_one_site_and_those_that_are_not_well() -> None:
    names = "abcdefghij"
    found = [
        link(health(pair(f"{a}:{b}"), State.DOWN if (a, b) == ("c", "d") else State.OK))
        for a, b in combinations(names, 2)
    ]
    places = [Place(name) for name in names]
    mesh = drawn(places, found, ("a", "b"), near=False)
    assert {one.name for one in mesh.links} == {*(f"a:{b}" for b in names[1:]), "c:d"}
    assert mesh.note == "pairs of a, and those not well"
    few = drawn(places[:3], found, ("a", "b"), near=False)
    assert ({one.name for one in few.links}, few.note) == ({"a:b", "a:c", "b:c"}, "")


def test_a_near_map_has_the_region_of_the_pair_and_all_where_it_goes_over_an_ocean() -> None:
    places = [Place("a", at=(50.0, 1.0)), Place("b", at=(51.0, 2.0)), Place("c", at=(-5.0, -35.0))]
    for ends, near, left in (
        (("a", "b"), True, "ab"),
        (("a", "b"), False, "abc"),
        (("a", "c"), True, "abc"),
        (None, True, "abc"),
    ):
        assert "".join(place.name for place in drawn(places, [], ends, near=near).places) == left


def test_sites_stand_in_the_fleets_order_and_strangers_last() -> None:
    assert sites(["c", "b", "a"], [("a", "b"), ("b", "x")]) == ("b", "a", "x")


def test_a_region_ends_at_an_ocean() -> None:
    places = [
        Place("paris", at=(48.9, 2.3)),
        Place("oslo", at=(59.9, 10.8)),
        Place("natal", at=(-5.8, -35.2)),
        Place("nowhere"),
    ]
    assert region(places, "paris") == {"paris", "oslo"}
    assert region(places, "natal") == {"natal"}
    assert region(places, "nowhere") == region(places, "x") == frozenset()


def test_a_region_goes_over_the_date_line() -> None:
    assert region([Place("a", at=(0.0, 179.0)), Place("b", at=(0.0, -179.0))], "a") == {"a", "b"}


def test_a_map_takes_marks_and_tones_of_the_caller() -> None:
    nodes = [Node("a", "a", 40.0, 0.0, mark="A", tone="$error"), Node("b", "b", 40.0, 9.0)]
    rows = terminal_map(nodes, [Line("a", "b", state="cut", tone="$warning")], 40, 3)
    spans = [span for row in rows for span in row]
    assert ("A", "$error") in spans
    assert ("×", "bold $warning") in spans
    assert "red" not in {style for _, style in spans}


# The screen


def matrix(pilot: Pilot[int]) -> Matrix:
    return pilot.app.screen.query_one(Matrix)


def mapped(pilot: Pilot[int], which: str) -> str:
    """The text of a map."""
    found = pilot.app.screen.query_one(which, Sitemap)
    return "\n".join(found.render_line(y).text for y in range(found.size.height))


def said(pilot: Pilot[int]) -> str:
    return "\n".join(pilot.app.screen.query_one("#pair", Panel).lines)


def test_a_small_terminal_has_a_glyph_for_each_pair_and_numbers_for_one() -> None:
    async def story() -> None:
        async with shown(lab(), start="wan") as pilot:
            assert matrix(pilot).form in NUMBERED
            assert "  1 amsterdam ·  ●  ●" in frame(pilot.app)
            assert matrix(pilot).select("geneva", "lyon")
            await settle(pilot)
            assert "geneva ↔ lyon  backbone geant  + lte-3" in said(pilot)
            assert "▲ degraded" in said(pilot)
            assert "2.1 % asked 0.1 %" in said(pilot)
            assert "970 Mbit/s of 1 Gbit/s" in said(pilot)
            snapshot(pilot.app, "wan-80x24")

    play(story)


def test_a_large_terminal_has_numbers_a_map_and_the_pairs_that_are_not_well() -> None:
    async def story() -> None:
        async with shown(lab(), start="wan", size=LARGE) as pilot:
            seen = frame(pilot.app)
            assert "●20.3" in seen
            assert "× cut" in seen
            assert "× campinas ↔ recife  all its ways are cut" in seen
            assert "▲ geneva ↔ lyon" in seen
            assert "madrid" in mapped(pilot, "#beside")
            assert "recife" not in mapped(
                pilot, "#beside"
            )  # it is another region than that of amsterdam and barcelona
            assert "pairs of amsterdam, and those not well" in mapped(pilot, "#beside")
            snapshot(pilot.app, "wan-140x40")

    play(story)


def test_1_2_and_3_choose_what_is_compared() -> None:
    async def story() -> None:
        async with shown(lab(4), start="wan", size=LARGE) as pilot:
            assert "● 20.3/20.0" in frame(pilot.app)
            await pilot.press("2")
            await settle(pilot)
            assert "●    0/0" in frame(pilot.app)
            assert "20.3/20.0" not in frame(pilot.app)
            await pilot.press("3")
            await settle(pilot)
            assert "● 120M/1G" in frame(pilot.app)  # from the row's site to the column's
            assert "●  80M/1G" in frame(pilot.app)  # and back
            await pilot.press("1")
            await settle(pilot)
            assert "● 20.3/20.0" in frame(pilot.app)

    play(story)


def test_the_pane_reads_from_the_row_to_the_column_and_r_turns_it() -> None:
    async def story() -> None:
        async with shown(lab(4), start="wan") as pilot:
            assert "amsterdam ↔ barcelona" in said(pilot)
            assert "→ 120 Mbit/s of 1 Gbit/s" in said(pilot)
            await pilot.press("r")
            await settle(pilot)
            assert matrix(pilot).ends == ("barcelona", "amsterdam")
            assert "barcelona ↔ amsterdam" in said(pilot)
            assert "→  80 Mbit/s of 1 Gbit/s" in said(pilot)

    play(story)


def test_the_cursor_goes_over_the_diagonal_and_stops_at_the_edges() -> None:
    async def story() -> None:
        async with shown(lab(4), start="wan") as pilot:
            await pilot.press("down")
            assert matrix(pilot).ends == ("barcelona", "barcelona")
            assert "a site and itself are no pair" in said(pilot)
            await pilot.press("enter", "home", "left", "up", "up", "end", "right")
            assert matrix(pilot).ends == ("amsterdam", "bologna")

    play(story)


def test_n_goes_to_the_gravest_pair_first() -> None:
    async def story() -> None:
        async with shown(lab(), start="wan") as pilot:
            await pilot.press("n")
            assert matrix(pilot).ends == ("campinas", "recife")
            assert "× cut" in said(pilot)
            await pilot.press("n")
            assert matrix(pilot).ends == ("geneva", "lyon")
            await pilot.press("n")
            assert matrix(pilot).ends == ("campinas", "recife")
            await pilot.press("N")
            assert matrix(pilot).ends == ("geneva", "lyon")

    play(story)


def test_m_shows_the_map_and_z_all_of_it() -> None:
    async def story() -> None:
        async with shown(lab(), start="wan") as pilot:
            await pilot.press("m")
            await settle(pilot)
            assert "lisbon" in mapped(pilot, "#map")
            assert "recife" not in mapped(pilot, "#map")
            snapshot(pilot.app, "wan-map-80x24")
            await pilot.press("z")
            await settle(pilot)
            assert "recife" in mapped(pilot, "#map")
            await pilot.press("m")
            await settle(pilot)
            assert matrix(pilot).has_focus
            assert "  1 amsterdam" in frame(pilot.app)

    play(story)


def test_enter_draws_the_last_minutes_large_and_escape_goes_back() -> None:
    async def story() -> None:
        world = lab(4)
        async with shown(world, start="wan") as pilot:
            for moment in range(30):
                world.moment = MOMENT + moment
                busy = pair("amsterdam:barcelona", rate_ab=1e9 * moment / 30)
                world.put(
                    [Sample(busy.device, world.moment, 0.1, 1.0, figures=busy.figures, facts=busy.facts)]
                )
                pilot.app.tick()  # type: ignore[attr-defined]  # it is ours
            await pilot.press("enter")
            await settle(pilot)
            seen = frame(pilot.app)
            assert "20.3/20.0" not in seen
            assert "▁" in seen
            assert "█" in seen
            snapshot(pilot.app, "wan-pair-80x24")
            await pilot.press("escape")
            await settle(pilot)
            assert matrix(pilot).has_focus
            assert "20.3/20.0" in frame(pilot.app)

    play(story)


def test_a_filter_leaves_the_pairs_for_which_it_holds() -> None:
    async def story() -> None:
        async with shown(lab(), start="wan") as pilot:
            await pilot.press("slash", *"degraded", "enter")
            await until(pilot, lambda: matrix(pilot).names == ("geneva", "lyon"), "the filter")
            await until(pilot, lambda: matrix(pilot).has_focus, "the focus is back")
            assert "1 of 190" in frame(pilot.app)
            await pilot.press("escape")
            await until(pilot, lambda: len(matrix(pilot).names) == 20, "no filter any more")

    play(story)


def test_a_click_moves_the_cursor() -> None:
    async def story() -> None:
        async with shown(lab(4), start="wan", size=LARGE) as pilot:
            found = lattice(matrix(pilot).names, LARGE[0])
            await pilot.click(Matrix, offset=(found.head + 3 * found.cell + 2, 2))
            assert matrix(pilot).ends == ("barcelona", "bologna")

    play(story)


def test_what_changed_is_shown() -> None:
    async def story() -> None:
        world = lab(4)
        async with shown(world, start="wan", size=LARGE) as pilot:
            world.moment = MOMENT + 1
            fresh = pair("barcelona:berlin", rtt_measured=0.0777)
            world.put([Sample(fresh.device, MOMENT + 1, 0.1, 10.0, figures=fresh.figures, facts=fresh.facts)])
            await settle(pilot)
            assert frame(pilot.app).count("77.7/20.0") == 2
            whole = world._fleet
            world.put(
                [
                    replace(
                        whole, devices=tuple(one for one in whole.devices if one.name != "barcelona:berlin")
                    )
                ]
            )
            await settle(pilot)
            assert "77.7" not in frame(pilot.app)

    play(story)


def test_rows_of_which_nothing_changed_are_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn_rows: list[str] = []
    real = Matrix._whole

    def noted(self: Matrix, row: int) -> Strip:
        drawn_rows.append(self.names[row])
        return real(self, row)

    monkeypatch.setattr(Matrix, "_whole", noted)

    async def story() -> None:
        world = lab(4)
        async with shown(world, start="wan", size=LARGE) as pilot:
            drawn_rows.clear()
            same = pair("barcelona:berlin", rtt_measured=0.02031, rate_ab=5e6)
            world.put([Sample(same.device, MOMENT, 0.1, 10.0, figures=same.figures, facts=same.facts)])
            await settle(pilot)
            assert drawn_rows == []
            other = pair("barcelona:berlin", rtt_measured=0.0999)
            world.put([Sample(other.device, MOMENT, 0.1, 10.0, figures=other.figures, facts=other.facts)])
            await settle(pilot)
            assert set(drawn_rows) == {"barcelona", "berlin"}

    play(story)


def test_what_was_put_off_when_the_screen_is_closed_does_no_harm() -> None:
    async def story() -> None:
        async with shown(lab(6), start="sites", size=LARGE) as pilot:
            pilot.app.open_view("wan")  # type: ignore[attr-defined]  # it is ours
            await settle(pilot)
            closed = pilot.app.screen
            assert isinstance(closed, Wan)
            await pilot.press("down", "m", "enter", "S")
            await settle(pilot)
            assert not closed.is_attached
            closed._draw()
            closed._tell()
            closed._show({})
            assert "6 sites" in frame(pilot.app)

    play(story)


def test_the_screen_opens_at_the_pair_it_was_opened_for() -> None:
    async def story() -> None:
        async with shown(lab()) as pilot:
            pilot.app.open_subject(Subject("pair", "campinas:recife"))  # type: ignore[attr-defined]  # it is ours
            await settle(pilot)
            assert matrix(pilot).ends == ("campinas", "recife")
            assert pilot.app.screen.subject() == Subject("pair", "campinas:recife")  # type: ignore[attr-defined]
            assert "all its ways are cut" in said(pilot)

    play(story)


def big(count: int) -> Scripted:
    names = [f"site-{number:02}" for number in range(count)]
    pairs = [f"{a}:{b}" for a, b in combinations(names, 2)]
    devices = tuple(Device(Kind.PAIR, name) for name in pairs)
    return Scripted(Fleet(tuple(Place(name) for name in names), devices), [pair(name) for name in pairs])


def test_a_large_fleet_is_scrolled_and_its_names_stay_in_sight() -> None:
    async def story() -> None:
        async with shown(big(40), start="wan") as pilot:
            assert "40 site-39" not in frame(pilot.app)
            assert matrix(pilot).select("site-39", "site-38")
            await settle(pilot)
            seen = frame(pilot.app)
            assert "40 site-39" in seen
            assert " 1 site-00" not in seen
            head = next(line for line in seen.splitlines() if line.endswith(" 38 39"))
            last = next(line for line in seen.splitlines() if line.startswith(" 39 site-38"))
            assert last[head.index("39")] == "·"
            assert matrix(pilot).select("site-39", "site-39")
            await settle(pilot)
            assert next(line for line in frame(pilot.app).splitlines() if line.endswith(" 39 40"))

    play(story)


def test_the_cursor_stays_whatever_size_the_terminal_has() -> None:
    async def story() -> None:
        async with shown(lab(16), start="wan") as pilot:
            assert matrix(pilot).select("oslo", "natal")
            for size in ((200, 60), (40, 12), (20, 5), SMALL):
                await pilot.resize_terminal(*size)
                await settle(pilot)
                assert matrix(pilot).ends == ("oslo", "natal")
            assert "16 oslo" in frame(pilot.app)

    play(story)


def test_without_pairs_and_without_places_the_screen_says_so() -> None:
    async def story() -> None:
        async with shown(Scripted(Fleet((Place("here"),))), start="wan") as pilot:
            assert "no pairs of sites are watched" in frame(pilot.app)
            await pilot.press("m")
            await settle(pilot)
            assert "no site has coordinates" in frame(pilot.app)
            await pilot.press("n", "r", "enter", "down", "1", "z", "m")
            await settle(pilot)
            assert matrix(pilot).selected is None

    play(story)


def test_names_from_outside_are_shown_and_not_obeyed() -> None:
    async def story() -> None:
        places = (Place(NASTY, NASTY, (1.0, 2.0)), Place("b", "b", (2.0, 9.0)))
        bad = pair(
            f"{NASTY}:b",
            Reason("down", NASTY, NASTY),
            facts={"origin": NASTY, "ways": NASTY, "overlay": NASTY},
        )
        world = Scripted(Fleet(places, (Device(Kind.PAIR, f"{NASTY}:b"),)), [bad])
        async with shown(world, start="wan", size=LARGE) as pilot:
            seen = frame(pilot.app)
            assert "[red]x[/]" in seen
            assert not set("\x1b\u202e") & set(seen)

    play(story)


def test_in_a_terminal_without_unicode_the_map_has_strokes() -> None:
    async def story() -> None:
        async with shown(lab(6), start="wan") as pilot:
            pilot.app.ascii = True  # type: ignore[attr-defined]  # as its locale would have it
            await pilot.press("m")
            await settle(pilot)
            lines = mapped(pilot, "#map")
            assert not [char for char in lines if 0x2800 <= ord(char) <= 0x28FF]
            assert set(lines) & set("/\\-")

    play(story)
