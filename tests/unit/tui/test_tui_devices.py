"""The table of all servers and switches."""

from __future__ import annotations

from tui_scripted import MOMENT, Scripted, fleet, server, switch, well
from tui_snapshots import LARGE, SMALL, StillDemo, frame, live, play, settle, shown, snapshot

from microdc.health.model import Device, DeviceHealth, Fleet, Kind, Reason, State, Trouble
from microdc.health.sources.unpolled import Unpolled, told
from microdc_tui.devices.glance import columns, detail, labels, row, unpolled, why
from microdc_tui.devices.wording import bits, celsius, number, reading, rpm, size, span, watts
from microdc_tui.screens.devices import Devices
from microdc_tui.screens.switch import Switch
from microdc_tui.subject import Subject
from microdc_tui.widgets.bars import Line
from microdc_tui.widgets.filterbar import FilterBar
from microdc_tui.widgets.table import VirtualTable


def test_figures_in_few_characters() -> None:
    assert [bits(value) for value in (None, 0.0, 950.0, 1200.0, 35e6, 9.4e9, 12e9, 0.9996e9, float("nan"))] == [
        "-", "0", "950", "1.2k", "35M", "9.4G", "12G", "1G", "-",
    ]  # fmt: skip
    assert [span(value) for value in (None, 0.4, 119, 120, 7199, 7200, 176_400, -5)] == [
        "-", "0 s", "119 s", "2 min", "119 min", "2 h 0 min", "2 d 1 h", "0 s",
    ]  # fmt: skip
    assert [watts(value) for value in (None, 183.6, 12_345.0)] == ["-", "184 W", "12.3 kW"]
    assert [celsius(value) for value in (None, 24.4, float("inf"))] == ["-", "24 °C", "-"]
    assert [rpm(5400.0), rpm(12_340.0), number(2.0), number(2.5)] == ["5400", "12.3k", "2", "2.5"]
    assert [size(64 << 30), size(3.5 * 2**40), size(512.0)] == ["64 GiB", "3.5 TiB", "512 B"]
    assert [reading(24.5, "Cel"), reading(5400.0, "{rev}/min"), reading(None, "V")] == [
        "24.5 °C",
        "5400 RPM",
        "-",
    ]


def test_why_tells_the_gravest_reason_and_else_why_nothing_is_known() -> None:
    device = server("one")
    bad = (Reason("down", "no power", "PSU1"), Reason("info", "it is off"))
    assert why(DeviceHealth(device, State.DOWN, 0.0, 1.0, reasons=bad)) == ("PSU1: no power", "$error", 1)
    trouble = Trouble("late", "no answer in time")
    assert why(DeviceHealth(device, State.UNKNOWN, 0.0, trouble=trouble)).text == "late: no answer in time"
    assert why(DeviceHealth(device, State.UNKNOWN, 0.0, 1.0, stale=True)).text == "nothing heard for too long"
    assert why(DeviceHealth(device, State.UNKNOWN, 0.0)).text == "never heard of"
    assert why(DeviceHealth(device, State.OK, 0.0, 1.0)).text == ""
    said = detail(DeviceHealth(device, State.DOWN, 0.0, 1.0, reasons=bad * 3, trouble=trouble), lines=3).plain
    assert said.splitlines()[0] == "✗ PSU1: no power"
    assert said.endswith("and 4 more: Enter tells")


def test_a_device_that_nobody_polls_says_why() -> None:
    left = [
        Unpolled("server/one", "here.yaml:3: no secret"),
        Unpolled("server/two", "here.yaml:3: no secret"),
    ]
    problems = (*told(left), "here.yaml:9: unknown key: one")
    assert unpolled(problems, "two") == "here.yaml:3: no secret"
    assert unpolled(problems, "three") == ""
    shown_ = detail(DeviceHealth(server("one"), State.UNKNOWN, 0.0), problems).plain
    assert shown_ == "▲ not polled: here.yaml:3: no secret"


def test_filters_can_ask_for_what_a_device_is_and_how_it_is() -> None:
    device = Device(Kind.SERVER, "one", "here", "r1", 1, 1, "compute", {"gpu": "a2", "site": "elsewhere"})
    facts = {"power": "off", "driver": "redfish"}
    assert labels(DeviceHealth(device, State.DEGRADED, 0.0, 1.0, facts=facts)) == {
        "gpu": "a2",
        "kind": "server",
        "site": "here",
        "rack": "r1",
        "role": "compute",
        "state": "degraded",
        "power": "off",
        "driver": "redfish",
        "stale": "no",
    }


def test_the_reason_has_room_in_every_width() -> None:
    for width in (20, 80, 110, 140, 300):
        shown_ = columns(width)
        assert shown_[-1].id == "why"
        assert len(row(DeviceHealth(server("one"), State.OK, 0.0), shown_).cells) == len(shown_)
    assert {one.id for one in columns(140)} > {one.id for one in columns(80)}


def _world() -> Scripted:
    devices = (server("one"), server("two", "there"), switch("leaf"), switch("spine", "there"))
    extra = (Device(Kind.NODE, "one", "here"), Device(Kind.PAIR, "here:there"))
    return Scripted(Fleet(fleet(*devices).sites, (*devices, *extra)), [well(one) for one in devices])


def _tally(screen: object) -> str:
    assert isinstance(screen, Devices)
    return str(screen.query_one(".tally", Line).content)


def test_it_lists_servers_and_switches_counts_and_filters_them() -> None:
    async def story() -> None:
        async with shown(_world(), start="devices", size=LARGE) as pilot:
            table = pilot.app.screen.query_one(VirtualTable)
            assert table.total == 4
            assert "● 4 ok" in _tally(pilot.app.screen)
            pilot.app.screen.query_one(FilterBar).begin("kind=switch !there")
            await pilot.press("enter")
            assert table.row_count == 1
            assert "1 of 4" in frame(pilot.app)
            await pilot.press("enter")
            await settle(pilot)
            assert isinstance(pilot.app.screen, Switch)
            assert pilot.app.screen.about == Subject("switch", "leaf", "here")

    play(story)


def test_only_what_changed_is_made_anew_and_the_cursor_stays() -> None:
    async def story() -> None:
        world = _world()
        async with shown(world, start="devices", size=LARGE) as pilot:
            screen = pilot.app.screen
            assert isinstance(screen, Devices)
            table = screen.query_one(VirtualTable)
            await pilot.press("down")
            before = {key: table.row(key) for key in ("server/one", "server/two")}
            for second in (1, 2, 3):
                world.moment = MOMENT + second
                world.put(
                    [
                        well(
                            server("two", "there"),
                            world.moment,
                            reasons=(Reason("degraded", "31 °C, warning", "Inlet"),),
                        )
                    ]
                )
                await settle(pilot)
            assert table.selected == "server/two"
            assert table.row("server/one") is before["server/one"]
            assert table.row("server/two") != before["server/two"]
            assert "▲ degraded" in frame(pilot.app)
            assert "▲ 1 degraded   ● 3 ok" in _tally(screen)
            assert "▲ Inlet: 31 °C, warning" in frame(pilot.app)

    play(story)


def test_another_fleet_is_another_table() -> None:
    async def story() -> None:
        world = _world()
        async with shown(world, start="devices") as pilot:
            world.put([fleet(server("new"))])
            await settle(pilot)
            table = pilot.app.screen.query_one(VirtualTable)
            assert table.total == 1
            assert "new" in frame(pilot.app)
            world.put([Fleet()])
            await settle(pilot)
            assert "the inventory has no server and no switch" in frame(pilot.app)
            await pilot.press("enter", "down", "slash", "x", "escape")

    play(story)


def test_sorting_by_state_brings_the_worst_up_and_columns_follow_the_width() -> None:
    async def story() -> None:
        world = _world()
        async with shown(world, start="devices", size=LARGE) as pilot:
            for second in (1, 2, 3):
                world.moment = MOMENT + second
                world.put([well(server("two", "there"), world.moment, reasons=(Reason("down", "burns"),))])
                await settle(pilot)
            table = pilot.app.screen.query_one(VirtualTable)
            await pilot.press("greater_than_sign", "home")
            assert table.selected == "server/two"
            await pilot.resize_terminal(80, 24)
            await settle(pilot)
            assert [one.id for one in table.columns] == [one.id for one in columns(80)]
            await pilot.press("home")
            assert table.selected == "server/two", "the order is kept"
            assert "burns" in frame(pilot.app)

    play(story)


def test_the_demo_fleet_looks_so() -> None:
    async def story() -> None:
        world = StillDemo()
        world.moment += 290
        async with shown(world, start="devices", size=SMALL) as pilot:
            await live(pilot, 10)
            snapshot(pilot.app, "devices-80x24")
            await pilot.resize_terminal(*LARGE)
            await settle(pilot)
            snapshot(pilot.app, "devices-140x40")

    play(story)
