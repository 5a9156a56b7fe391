"""The screen of all nodes: what needs somebody first, how far the others are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tui_nodes import failed, leap, nodes, told
from tui_scripted import MOMENT, Scripted, fleet
from tui_snapshots import LARGE, SMALL, StillDemo, frame, play, settle, shown, snapshot

from microdc.health.model import Sample, Trouble
from microdc_tui.screens.node import NodeView
from microdc_tui.widgets.fitted import FittedTable
from microdc_tui.widgets.progressbar import bar, progress, track

STEPS = ("prepare", "power", "dhcp", "work")


@given(st.floats(allow_nan=False), st.integers(0, 60))
def test_a_bar_has_the_width_that_it_is_given(share: float, width: int) -> None:
    assert bar(share, width).cell_length == width


def test_a_bar_is_full_only_where_all_is_done() -> None:
    assert progress(0.999, 20).plain == "━" * 14 + "  99 %"
    assert progress(1.0, 20).plain == "━" * 14 + " 100 %"
    assert progress(0.5, 20).plain == "━" * 7 + "─" * 7 + "  50 %"
    assert progress(0.5, 6).plain == " 50 %"
    assert progress(None, 20).plain == ""


def test_a_track_names_its_steps_where_there_is_room() -> None:
    assert track(STEPS, "dhcp", 60).plain == "✓ prepare  ✓ power  ▶ dhcp  · work"
    assert track(STEPS, "dhcp", 30).plain == "✓✓▶·  dhcp, 3 of 4"
    assert track(STEPS, "dhcp", 30, failed=True).plain == "✓✓✗·  dhcp, 3 of 4"
    assert track(STEPS, "nowhere", 60).plain == ""


WORLD_OF = (
    told("a-runs", "active"),
    told("b-moves", "deploying", 0.42, phase="work", attempt=2, since=MOMENT - 70, eta=200.0),
    failed("c-fails", "dhcp", "no-loader", "it asked for more than there is"),
    told("d-rests", "maintenance", note="its fan is being replaced"),
)


def test_what_needs_somebody_stands_first() -> None:
    async def story() -> None:
        async with shown(nodes(*WORLD_OF), start="deployments", size=LARGE) as pilot:
            seen = frame(pilot.app)
            assert "4 nodes  ✗ 1 failed  ▶ 1 deploying, 3 min left  ■ 1 maintenance  ● 1 active" in seen
            rows = [row for row in seen.splitlines() if row[1:7] in {"a-runs", "b-move", "c-fail", "d-rest"}]
            assert [row.split()[0] for row in rows] == ["c-fails", "b-moves", "d-rests", "a-runs"]
            assert [word in rows[0] for word in ("✗ failed", "dhcp", "no-loader", "it asked for more")] == [
                True
            ] * 4
            assert [word in rows[1] for word in ("▶ work", "70 s", " 42 %", "3 min", "━─", "here")] == [
                True
            ] * 6
            assert "its fan is being replaced" in rows[2]
            assert "base" in rows[3]

    play(story)


def test_a_small_terminal_has_fewer_columns() -> None:
    async def story() -> None:
        async with shown(nodes(*WORLD_OF), start="deployments", size=SMALL) as pilot:
            row = next(row for row in frame(pilot.app).splitlines() if "b-moves" in row)
            assert [word in row for word in ("▶ work", " 42 %", "3 min", "70 s")] == [True, True, True, False]
            await pilot.resize_terminal(*LARGE)
            await settle(pilot)
            row = next(row for row in frame(pilot.app).splitlines() if "b-moves" in row)
            assert [word in row for word in ("▶ work", " 42 %", "3 min", "70 s")] == [True] * 4

    play(story)


def test_a_filter_knows_state_phase_and_cause_and_enter_tells_why() -> None:
    async def story() -> None:
        async with shown(nodes(*WORLD_OF), start="deployments") as pilot:
            table = pilot.app.screen.query_one(FittedTable)
            for expression, count in (
                ("state=failed", 1),
                ("phase=work", 1),
                ("cause=no-loader", 1),
                ("!active", 3),
                ("site=here", 4),
            ):
                table.filter(expression)
                assert table.row_count == count, expression
            table.filter("")
            await pilot.press("enter")
            await settle(pilot)
            assert isinstance(pilot.app.screen, NodeView)
            assert pilot.app.screen.about is not None
            assert pilot.app.screen.about.name == "c-fails"

    play(story)


def test_a_node_that_comes_further_is_shown_so_and_one_that_is_gone_is_not() -> None:
    async def story() -> None:
        world = nodes(*WORLD_OF)
        async with shown(world, start="deployments") as pilot:
            world.put([told("b-moves", "active", at=MOMENT + 1)])
            await settle(pilot)
            assert "● 2 active" in frame(pilot.app)
            world.put([fleet()])
            await settle(pilot)
            assert "no server of this inventory is deployed" in frame(pilot.app)

    play(story)


def test_where_the_store_cannot_be_asked_that_is_told() -> None:
    async def story() -> None:
        world = nodes(WORLD_OF[0])
        async with shown(world, start="deployments") as pilot:
            trouble = Trouble("unreachable", "the store does not answer")
            world.put([Sample("node/a-runs", MOMENT + 1, trouble=trouble)])
            await settle(pilot)
            assert "▲ the store does not" in frame(pilot.app)

    play(story)


@pytest.mark.parametrize("size", [SMALL, LARGE, (20, 5)])
def test_whatever_a_node_says_is_shown_and_never_obeyed(size: tuple[int, int]) -> None:
    async def story() -> None:
        evil = "[red]\x1b[2J\u202eevil[/]"
        world = nodes(
            failed("a", evil, evil, evil),
            told(
                evil,
                "deploying",
                float("1e300"),
                phase=evil,
                since="yesterday",
                eta=-1e300,
                deadline=1e300,
                attempt="many",
            ),
            told("c", evil, image={"no": "text"}, failure=[1], done="all", total=True),
        )
        async with shown(world, start="deployments", size=size) as pilot:
            await pilot.press("down", "down", "up")
            await settle(pilot)
            assert pilot.app.failure == ""  # type: ignore[attr-defined]  # the app is ours
            if size[0] > 20:
                assert "[red]␛[2J‹U+202E›ev" in frame(pilot.app)

    play(story)


def test_the_screen_is_as_its_pictures() -> None:
    async def story() -> None:
        async with shown(StillDemo(), start="deployments", size=SMALL) as pilot:
            await leap(pilot, 100)
            await pilot.press("home")
            await settle(pilot)
            snapshot(pilot.app, "deployments-80x24")
            await pilot.resize_terminal(*LARGE)
            await settle(pilot)
            snapshot(pilot.app, "deployments-140x40")

    play(story)


def test_an_inventory_without_nodes_says_so() -> None:
    async def story() -> None:
        async with shown(Scripted(fleet()), start="deployments") as pilot:
            assert "docs/deploy.md" in frame(pilot.app)

    play(story)
