"""Leases on a screen: who has what, and for how much longer."""

from __future__ import annotations

from typing import Any

import pytest
from tui_nodes import iso
from tui_scripted import MOMENT, Scripted, fleet
from tui_snapshots import LARGE, SMALL, StillDemo, frame, play, settle, shown, snapshot

from microdc_tui.readings.leases import Lease
from microdc_tui.screens.leases import state_now
from microdc_tui.subject import Subject
from microdc_tui.widgets.fitted import FittedTable
from microdc_tui.world.ports import Answer

ASKED = "lease list --past"


def _lease(
    ident: int, resource: str, state: str = "held", begins: float = -100.0, ends: float = 3500.0, **more: Any
) -> dict[str, Any]:
    """As `microdc lease list -o json` prints it; begins, ends: seconds from now."""
    return {
        "id": ident,
        "testbed": "t",
        "resource": resource,
        "holder": "ana",
        "kind": "lease",
        "state": state,
        "reason": "a long measurement",
        "begins": iso(MOMENT + begins),
        "ends": iso(MOMENT + ends),
        "taken": iso(MOMENT - 100),
        "ended_by": None,
        **more,
    }


@pytest.mark.parametrize(
    ("state", "begins", "ends", "now"),
    [
        ("held", -10.0, 10.0, "held"),
        ("held", -10.0, 0.0, "expired"),
        ("planned", 10.0, 20.0, "planned"),
        ("planned", 0.0, 20.0, "held"),
        ("planned", -20.0, -10.0, "expired"),
        ("released", -10.0, 10.0, "released"),
        ("held", None, None, "held"),
    ],
)
def test_a_lease_begins_and_ends_by_itself(
    state: str, begins: float | None, ends: float | None, now: str
) -> None:
    begun, over = (None if one is None else 1000.0 + one for one in (begins, ends))
    assert state_now(Lease("1", "wan", "ana", "lease", state, "", begun, over), 1000.0) == now


def test_who_has_what_for_how_much_longer_and_why() -> None:
    async def story() -> None:
        some = [
            _lease(1, "site:paris", "forced", ends=-50, ended_by="bob"),
            _lease(2, "rack:paris/r1", "planned", 7300, 9000, kind="maintenance", reason="new PSU"),
            _lease(3, "wan"),
        ]
        world = Scripted(fleet(), answers={ASKED: {"items": some}})
        async with shown(world, start="leases", size=LARGE) as pilot:
            rows = [row for row in frame(pilot.app).splitlines() if "lease " in row or "maintenance" in row]
            assert [row.split()[0] for row in rows] == ["wan", "rack:paris/r1", "site:paris"]
            assert [word in rows[0] for word in ("ana", "● held", "58 min", "a long measurement")] == [
                True
            ] * 4
            assert [word in rows[1] for word in ("○ planned", "in 2 h 1 min", "new PSU")] == [True] * 3
            assert "▲ by bob" in rows[2]
            assert "1 held" in frame(pilot.app)
            table = pilot.app.screen.query_one(FittedTable)
            for expression, count in (
                ("state=held", 1),
                ("site=paris", 2),
                ("kind=maintenance", 1),
                ("holder!=ana", 0),
            ):
                table.filter(expression)
                assert table.row_count == count, expression
            assert pilot.app.screen.subject() is None  # type: ignore[attr-defined]  # the screen is ours
            table.filter("")
            table.select("2")
            assert pilot.app.screen.subject() == Subject("lease", "rack:paris/r1", "paris")  # type: ignore[attr-defined]

    play(story)


def test_what_ends_between_two_questions_is_shown_as_over() -> None:
    async def story() -> None:
        world = Scripted(fleet(), answers={ASKED: {"items": [_lease(1, "wan", ends=5)]}})
        async with shown(world, start="leases") as pilot:
            assert "1 held" in frame(pilot.app)
            world.moment += 6
            await settle(pilot)
            assert "nothing is held" in frame(pilot.app)
            assert "· expired" in frame(pilot.app)
            assert world.asked == [ASKED]

    play(story)


def test_nobody_has_anything_and_what_cannot_be_asked() -> None:
    async def story() -> None:
        world = Scripted(fleet(), answers={ASKED: {"items": []}})
        async with shown(world, start="leases", size=(50, 12)) as pilot:
            assert "nobody has taken anything" in frame(pilot.app)
            world.answers[ASKED] = Answer(None, 2, ())
            await pilot.press("r")
            await settle(pilot)
            assert "✗ it ended with exit" in frame(pilot.app)
            world.answers[ASKED] = {"items": [_lease(1, "[b]\x1b[2J", holder="[red]")]}
            await pilot.press("r")
            await settle(pilot)
            assert "[b]␛[2J" in frame(pilot.app)

    play(story)


def test_the_screen_is_as_its_pictures() -> None:
    async def story() -> None:
        async with shown(StillDemo(), start="leases", size=SMALL) as pilot:
            snapshot(pilot.app, "leases-80x24")
            await pilot.resize_terminal(*LARGE)
            await settle(pilot)
            snapshot(pilot.app, "leases-140x40")

    play(story)
