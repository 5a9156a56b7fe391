"""Racks: what stands where, and the screen that shows it."""

from __future__ import annotations

from textual.geometry import Offset
from tui_scripted import MOMENT, Scripted, fleet, server, switch, well
from tui_snapshots import LARGE, SMALL, StillDemo, frame, live, play, settle, shown, snapshot

from microdc.health.model import Device, DeviceHealth, Kind, Place, Reason, Sample, State, Trouble
from microdc_tui.app import Face
from microdc_tui.devices import rackrow
from microdc_tui.devices.elevation import TALLEST, Slot, frames
from microdc_tui.devices.racklayout import HEAD, RackLayout
from microdc_tui.devices.rackrow import LEAST
from microdc_tui.screens.rack import Racks
from microdc_tui.screens.server import Server
from microdc_tui.screens.switch import Switch
from microdc_tui.spans import width as width_of
from microdc_tui.subject import Subject
from microdc_tui.widgets.rackview import RackView

HERE = Place("here", "Here", None, {"r1": 6})


def _drawn(*devices: Device, folded: bool = True, place: Place = HERE) -> list[tuple[int, str, int]]:
    """Unit, device and how many units, line by line, of all frames."""
    return [
        (slot.unit, slot.device.name if slot.device else "", slot.units)
        for one in frames(place, devices, folded=folded)
        for slot in one.slots
    ]


def test_devices_stand_in_their_units_and_empty_units_are_folded() -> None:
    assert _drawn(server("a", unit=1), server("b", unit=2), switch("s", unit=6)) == [
        (6, "s", 1),
        (5, "", 3),
        (2, "b", 1),
        (1, "a", 1),
    ]
    assert _drawn(server("a", unit=4), folded=False) == [
        (6, "", 1),
        (5, "", 1),
        (4, "a", 1),
        (3, "", 1),
        (2, "", 1),
        (1, "", 1),
    ]


def test_a_tall_device_fills_its_units_from_the_lowest_up() -> None:
    (one,) = frames(HERE, [server("tall", unit=2, height=3)])
    assert [(slot.unit, slot.part) for slot in one.slots if slot.device] == [(4, 0), (3, 1), (2, 2)]
    assert [device.name for device in one.devices] == ["tall"]


def test_two_devices_in_one_unit_are_both_shown_and_said_to_clash() -> None:
    (one,) = frames(HERE, [server("a", unit=3), server("b", unit=3)])
    assert [(slot.device.name, slot.clash) for slot in one.slots if slot.device] == [
        ("a", False),
        ("b", True),
    ]


def test_what_has_no_unit_and_no_rack_is_shown_below() -> None:
    found = frames(
        HERE, [server("a", unit=None), server("b", rack="", unit=None), server("c", rack="r9", unit=1)]
    )
    assert [(one.name, [device.name for device in one.devices]) for one in found] == [
        ("r1", ["a"]),
        ("r9", ["c"]),
        ("no rack", ["b"]),
    ]
    assert found[0].slots[-1] == Slot(0, server("a", unit=None))


def test_a_device_above_the_top_makes_the_rack_higher_and_other_sites_are_left_out() -> None:
    (one,) = frames(
        HERE, [server("a", unit=9), server("b", site="there"), Device(Kind.NODE, "a", "here", "r1", 2)]
    )
    assert one.height == 9
    assert [device.name for device in one.devices] == ["a"]


def test_absurd_heights_draw_no_absurd_rack() -> None:
    tall = Place("here", "", None, {"r1": 10**12})
    (one,) = frames(tall, [server("a", unit=5, height=10**9)], folded=False)
    assert len(one.slots) < 3 * TALLEST


def test_racks_share_the_room_and_the_cursor_goes_from_one_to_the_next() -> None:
    place = Place("here", "", None, {"r1": 6, "r2": 6, "r3": 6})
    devices = [
        server("a", unit=6),
        server("b", unit=2),
        server("c", unit=2, rack="r3"),
        server("d", unit=6, rack="r3"),
    ]
    wide = RackLayout(frames(place, devices), 3 * LEAST)
    assert (wide.abreast, wide.wide) == (3, LEAST)
    narrow = RackLayout(frames(place, devices), LEAST + 10)
    assert (narrow.abreast, narrow.wide) == (1, LEAST + 10)
    assert RackLayout(frames(place, devices), 1).abreast == 1
    assert narrow.moved("server/a", 1) == "server/b"
    assert narrow.moved("server/a", -5) == "server/a"
    assert narrow.moved(None, 1) == "server/a"
    assert narrow.beside("server/b", 1) == "server/c", "r2 is empty, and c stands nearest"
    assert narrow.beside("server/d", -1) == "server/a"
    assert narrow.beside("server/d", 1) == "server/d"
    assert narrow.first(0, "server/c") == 2
    assert narrow.first(2, "server/a") == 0
    assert wide.first(0, "server/c") == 0
    assert wide.at(0, 2 * LEAST + 1, HEAD) == "server/d"
    assert wide.at(0, 1, 0) is None


def test_an_empty_site_has_a_layout_too() -> None:
    empty = RackLayout((), 80)
    assert (empty.moved(None, 1), empty.beside(None, 1), empty.at(0, 0, 0), empty.first(3, None)) == (
        None,
        None,
        None,
        0,
    )


def test_the_lines_of_a_rack_are_as_wide_as_it_is() -> None:
    (one,) = frames(
        HERE, [server("tall", unit=1, height=3), switch("leaf", unit=6), server("日本語の名前は長い", unit=5)]
    )
    health = {
        device.key: DeviceHealth(device, State.DEGRADED, 0.0, 1.0, reasons=BAD) for device in one.devices
    }
    for width in (9, 30, LEAST, 80, 140):
        lines = [
            rackrow.line(slot, health.get(slot.device.key) if slot.device else None, 9, width)
            for slot in one.slots
        ]
        for line in (rackrow.head(one, health, width), rackrow.titles(9, width), *lines):
            assert width_of(line) == width, line
    second = rackrow.line(one.slots[-2], health["server/tall"], 9, 80)
    assert "Inlet: 31 °C" in "".join(text for text, _ in second)


BAD = (
    Reason("degraded", "2 rpm, critical: below 600", "Fan2"),
    Reason("degraded", "31 °C, warning: above 30", "Inlet"),
)


def _world() -> Scripted:
    devices = (
        server("one", unit=1),
        server("two", unit=3, height=2),
        switch("leaf", unit=42),
        server("three", unit=1, rack="r2"),
        switch("far", "there", unit=1),
    )
    return Scripted(fleet(*devices, racks={"r1": 42, "r2": 42}), [well(one) for one in devices])


def test_the_first_rack_in_a_small_terminal_and_the_way_to_the_second() -> None:
    async def story() -> None:
        async with shown(_world(), start="racks", size=SMALL) as pilot:
            text = frame(pilot.app)
            assert " r1  ← 1 of 2 →" in text
            assert " r2 " not in text
            assert "1 │ ● one" in text
            assert "24 °C" in text
            assert "180 W" in text
            assert "2/2 up" in text
            await pilot.press("end", "right")
            assert " r2 " in frame(pilot.app)
            assert pilot.app.screen.query_one(RackView).selected == "server/three"
            await pilot.press("left")
            assert " r1 " in frame(pilot.app)

    play(story)


def test_racks_stand_side_by_side_where_there_is_room() -> None:
    async def story() -> None:
        async with shown(_world(), start="racks", size=LARGE) as pilot:
            head = next(line for line in frame(pilot.app).splitlines() if " r1 " in line)
            assert " r2 " in head
            assert "of 2" not in head

    play(story)


def test_enter_opens_what_stands_under_the_cursor_and_escape_comes_back() -> None:
    async def story() -> None:
        async with shown(_world(), start="racks") as pilot:
            assert pilot.app.screen.query_one(RackView).selected == "switch/leaf"
            await pilot.press("enter")
            await settle(pilot)
            assert isinstance(pilot.app.screen, Switch)
            await pilot.press("escape", "down", "enter")
            await settle(pilot)
            assert isinstance(pilot.app.screen, Server)
            assert pilot.app.screen.about == Subject("server", "two", "here")
            await pilot.press("escape")
            assert isinstance(pilot.app.screen, Racks)

    play(story)


def test_a_click_moves_the_cursor_and_a_second_one_opens() -> None:
    async def story() -> None:
        async with shown(_world(), start="racks") as pilot:
            view = pilot.app.screen.query_one(RackView)
            row = next(y for y, line in enumerate(frame(pilot.app).splitlines()) if "● one" in line)
            place = Offset(20, row - view.region.y)
            await pilot.click(RackView, offset=place)
            assert view.selected == "server/one"
            await pilot.click(RackView, offset=place)
            await settle(pilot)
            assert isinstance(pilot.app.screen, Server)

    play(story)


def test_units_unfold_and_sites_follow_each_other() -> None:
    async def story() -> None:
        async with shown(_world(), start="racks") as pilot:
            assert "37 empty units" in frame(pilot.app)
            await pilot.press("u")
            assert "empty units" not in frame(pilot.app)
            await pilot.press("u", "right_square_bracket")
            assert "far" in frame(pilot.app)
            assert "› there" in frame(pilot.app)
            await pilot.press("right_square_bracket")
            assert "● one" in frame(pilot.app)

    play(story)


def test_the_worst_reason_shows_in_the_rack_and_in_full_below() -> None:
    async def story() -> None:
        world = _world()
        async with shown(world, start="racks") as pilot:
            for second in (1, 2, 3):
                world.moment = MOMENT + second
                world.put([well(server("two"), world.moment, reasons=BAD)])
                await settle(pilot)
            await pilot.press("down")
            text = frame(pilot.app)
            assert "▲ two" in text
            assert "Fan2: 2 rpm, critical: below 600" in text
            assert "Inlet: 31 °C, warning: above 30" in text

    play(story)


def test_a_bmc_that_does_not_answer_says_why() -> None:
    async def story() -> None:
        world = _world()
        async with shown(world, start="racks") as pilot:
            late = Trouble("unreachable", "nothing answers", "https://10.0.0.1", "is it plugged in")
            for second in (1, 2, 3):
                world.moment = MOMENT + second
                world.put([Sample("server/one", world.moment, 5.0, 10.0, trouble=late)])
                await settle(pilot)
            await pilot.press("end")
            text = frame(pilot.app)
            assert "✗ one" in text
            assert "nothing answers" in text
            assert "https://10.0.0.1" in text

    play(story)


def test_a_filter_counts_what_it_is_about_and_leaves_the_rack_standing() -> None:
    async def story() -> None:
        async with shown(_world(), start="racks") as pilot:
            await pilot.press("slash", *"two")
            text = frame(pilot.app)
            assert "1 of 4" in text
            assert "● one" in text
            await pilot.press("enter")
            assert pilot.app.screen.query_one(RackView).has_focus

    play(story)


def test_names_are_shown_as_text_whatever_is_in_them() -> None:
    async def story() -> None:
        names = ("[bold red]x[/]", "rtl\u202eevil", "esc\x1b[2Jape", "🦊fox", "[@click=app.quit]q[/]")
        devices = [server(name, unit=place) for place, name in enumerate(names, 1)]
        world = Scripted(fleet(*devices), [well(one) for one in devices])
        async with shown(world, start="racks") as pilot:
            text = frame(pilot.app)
            assert "[bold red]x[/]" in text
            assert "‹U+202E›" in text
            assert "␛[2Jape" in text
            assert "🦊fox" in text
            assert "[@click=app.quit]q" in text
            assert "\x1b" not in text

    play(story)


def test_it_begins_at_the_rack_that_it_was_opened_for() -> None:
    async def story() -> None:
        async with shown(_world(), start="racks") as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            app.open_subject(Subject("rack", "here/r2", "here"))
            await settle(pilot)
            assert app.screen.query_one(RackView).selected == "server/three"

    play(story)


def test_an_unknown_site_and_an_empty_fleet_are_told() -> None:
    async def story() -> None:
        async with shown(_world(), start="racks") as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            app.open_subject(Subject("site", "nowhere", "nowhere"))
            await settle(pilot)
            assert "the inventory has no site nowhere" in frame(app)
        async with shown(Scripted(fleet()), start="racks") as pilot:
            assert "nothing is known yet" in frame(pilot.app)
            await pilot.press("down", "right", "enter", "u", "right_square_bracket")

    play(story)


def test_it_lives_through_tiny_terminals() -> None:
    async def story() -> None:
        async with shown(_world(), start="racks", size=(20, 5)) as pilot:
            for size in ((140, 40), (1, 1), (57, 9), (20, 5), (80, 24)):
                await pilot.resize_terminal(*size)
                await pilot.press("down", "right", "left", "up")
            assert "● one" in frame(pilot.app)

    play(story)


def test_the_demo_fleet_looks_so() -> None:
    async def story() -> None:
        world = StillDemo()
        world.moment += 290  # the air conditioning of one site has failed
        async with shown(world, start="racks", size=SMALL) as pilot:
            pilot.app.open_subject(Subject("site", "paris", "paris"))  # type: ignore[attr-defined]
            await live(pilot, 10)
            snapshot(pilot.app, "racks-80x24")
            await pilot.resize_terminal(*LARGE)
            await settle(pilot)
            snapshot(pilot.app, "racks-140x40")

    play(story)
