"""Changes of state on a screen: the newest first, what is over dim, and the way to the device."""

from __future__ import annotations

from typing import Any

from tui_scripted import Scripted, fleet, server, switch, well
from tui_snapshots import LARGE, SMALL, StillDemo, frame, live, play, settle, shown, snapshot

from microdc.health.model import Reason, Sample
from microdc_tui.screens.server import Server
from microdc_tui.widgets.fitted import FittedTable

HOT = (Reason("degraded", "hotter than it should be", "inlet"),)
ONE, TWO = server("one"), switch("two")


def _hot(device: Any, at: float) -> Sample:
    return Sample(device.key, at, 0.1, 10.0, reasons=HOT)


async def _ill(world: Scripted, pilot: Any, device: Any) -> None:
    """Two bad samples, after which it is degraded."""
    for _ in range(2):
        world.moment += 5
        world.put([_hot(device, world.moment)])
        await settle(pilot)


def test_the_newest_stands_first_and_what_is_over_is_told_apart() -> None:
    async def story() -> None:
        world = Scripted(fleet(ONE, TWO), [well(ONE), well(TWO)])
        async with shown(world, start="alerts", size=LARGE) as pilot:
            assert "nothing has changed its state" in frame(pilot.app)
            await _ill(world, pilot, ONE)
            await _ill(world, pilot, TWO)
            seen = frame(pilot.app)
            assert "2 changes of state   ▲ 2 degraded now" in seen
            assert seen.index("switch two") < seen.index("server one")
            row = next(row for row in seen.splitlines() if "server one" in row)
            assert [word in row for word in ("here", "ok", "▲ degraded", "inlet: hotter than")] == [True] * 4
            for _ in range(2):
                world.moment += 5
                world.put([well(ONE, world.moment)])
                await settle(pilot)
            assert "3 changes of state   ▲ 1 degraded now" in frame(pilot.app)
            table = pilot.app.screen.query_one(FittedTable)
            for expression, count in (
                ("still=yes", 2),
                ("is=degraded", 2),
                ("was=degraded", 1),
                ("kind=switch", 1),
                ("site=here", 3),
            ):
                table.filter(expression)
                assert table.row_count == count, expression

    play(story)


def test_enter_goes_to_the_device() -> None:
    async def story() -> None:
        world = Scripted(fleet(ONE), [well(ONE)])
        async with shown(world, start="alerts") as pilot:
            await _ill(world, pilot, ONE)
            await pilot.press("enter")
            await settle(pilot)
            assert isinstance(pilot.app.screen, Server)
            assert pilot.app.screen.about is not None
            assert pilot.app.screen.about.name == "one"

    play(story)


def test_an_alert_of_a_device_that_is_gone_stays_and_names_are_shown_as_they_are() -> None:
    async def story() -> None:
        evil = server("[red]\x1b[2J\u202eone")
        world = Scripted(fleet(evil), [well(evil)])
        async with shown(world, start="alerts", size=(60, 10)) as pilot:
            await _ill(world, pilot, evil)
            assert "server [red]␛[2J‹U+" in frame(pilot.app)
            world.put([fleet(TWO)])
            await settle(pilot)
            assert pilot.app.failure == ""  # type: ignore[attr-defined]  # the app is ours
            assert "1 change of state\n" in frame(pilot.app)
            assert "server [red]␛[2J‹U+" in frame(pilot.app)

    play(story)


def test_the_screen_is_as_its_pictures() -> None:
    async def story() -> None:
        async with shown(StillDemo(sites=3, servers=5), start="alerts", size=SMALL) as pilot:
            await live(pilot, 60)
            await pilot.press("home")
            await settle(pilot)
            snapshot(pilot.app, "alerts-80x24")
            await pilot.resize_terminal(*LARGE)
            await settle(pilot)
            snapshot(pilot.app, "alerts-140x40")

    play(story)
