"""The screen of a shaper: whether its agent runs, what is laid there and until when, on which directions, and what somebody else changed."""

from __future__ import annotations

from typing import Any

from tui_scripted import MOMENT, Scripted, fleet, server
from tui_snapshots import LARGE, SMALL, StillDemo, frame, live, play, settle, shown, snapshot

from microdc.cli.render import document
from microdc.health.model import Device, DeviceHealth, Kind, Reason, Sample, State, Trouble
from microdc.impairment import Impairment
from microdc.losses import GilbertElliott
from microdc.units import Delay, Percent, Rate
from microdc_tui.app import Face
from microdc_tui.devices import drift, shaping
from microdc_tui.devices.answers import told
from microdc_tui.devices.pane import Line, Scene
from microdc_tui.screens.server import Server
from microdc_tui.screens.shaper import Shaper
from microdc_tui.screens.wan import Wan
from microdc_tui.subject import Subject
from microdc_tui.widgets.actionmenu import ActionMenu

WAN1 = Device(Kind.SHAPER, "wan1", role="emulator", labels={"region": "europe"})
PAIR = Device(Kind.PAIR, "paris:barcelona")
BASE = {"id": "inventory", "owner": "ana", "what": "", "until": None, "pairs": ["barcelona:paris"]}
LTE = {
    "id": "o3",
    "owner": "bob",
    "what": "a slow evening",
    "until": MOMENT + 754,
    "pairs": ["barcelona:paris", "boston:paris"],
}
DRIFT = ["eth1: not as it was laid: netem of paris → barcelona: 0 ms instead of 40 ms"]
FACTS: dict[str, Any] = {
    "host": "wan1.lab",
    "ports": ["eth1", "eth2"],
    "overlays": [BASE, LTE],
    "drift": [],
}


def sample(
    at: float = MOMENT, *, facts: dict[str, Any] | None = None, reasons: tuple[Reason, ...] = ()
) -> Sample:
    figures = {"overlays": 1.0, "drifted": 0.0, "agent_up": 1.0}
    return Sample(WAN1.key, at, 0.1, 5.0, None, reasons, figures, FACTS | (facts or {}))


def scene(
    facts: dict[str, Any] | None = None, *, trouble: Trouble | None = None, agent: float = 1.0, **answers: Any
) -> Scene:
    health = DeviceHealth(
        WAN1,
        State.OK,
        MOMENT,
        MOMENT,
        trouble=trouble,
        figures={"overlays": 1.0, "drifted": 0.0, "agent_up": agent},
        facts=FACTS | (facts or {}),
    )
    others = {WAN1.key: health, PAIR.key: DeviceHealth(PAIR, State.OK, MOMENT, MOMENT)}
    found = {name: told(data, "wan1", code=0, narration=(), at=MOMENT) for name, data in answers.items()}
    return Scene(health, MOMENT, found, others.get, lambda _: (0.0, 1.0, 1.0), lambda: others)


def texts(lines: list[Line]) -> list[list[str]]:
    return [[cell if isinstance(cell, str) else cell.plain for cell in line.cells] for line in lines]


def difference(emulator: str = "wan1") -> dict[str, Any]:
    return {
        "emulator": emulator,
        "interface": "eth1",
        "what": "delay line",
        "directions": [{"from": "paris", "to": "barcelona"}],
        "asked": "40 ms",
        "found": "0 ms",
        "since": {"first": MOMENT - 60, "last": MOMENT - 50, "times": 2, "watched": MOMENT - 900},
    }


def drifted(**more: Any) -> dict[str, Any]:
    """As `microdc wan drift -o json` prints it."""
    empty: dict[str, Any] = {
        group: [] for group in ("differences", "parts", "gone", "waiting", "unverifiable", "touched")
    }
    return document("Drift", {"drifted": True, **empty, **more})


def direction(source: str, target: str, emulator: str = "wan1", **more: Any) -> dict[str, Any]:
    asked = Impairment(owd=Delay(20_000_000), rate=Rate(100_000_000), loss=Percent(0.5))
    shown = {"from": source, "to": target, "emulator": emulator, "interface": "eth1", "asked": asked}
    shown |= {"origin": "profile lte", "overlay": "o3", "as_asked": True}
    return shown | {"sent": {"packets": 12_000, "bytes": 9_000_000}, "lost": 60} | more


def test_the_topmost_overlay_stands_first_and_only_those_that_can_be_undone_are_acted_on() -> None:
    lte, base = shaping.overlays(scene())
    assert texts([lte, base]) == [
        ["o3", "bob", "12 min", "barcelona:paris +1", "a slow evening"],
        ["inventory", "ana", "stays", "barcelona:paris", "what the inventory asks"],
    ]
    assert lte.about == Subject("overlay", "o3")
    assert base.about is None
    assert lte.leads == Subject("pair", "paris:barcelona"), "as the inventory names the pair"
    assert "barcelona:paris, boston:paris" in lte.more


def test_where_all_were_asked_cuts_and_missing_parts_are_told() -> None:
    asked = {"id": "o3", "cuts": ["t/a:b"], "missing_on": ["wan2"]}
    lte, base = shaping.overlays(scene(show=document("Wan", {"overlays": [asked]})))
    assert lte.more.endswith("cuts t/a:b; is missing on wan2")
    assert "missing" not in base.more


def test_an_overlay_whose_end_has_come_and_one_over_nothing_are_told_so() -> None:
    late = LTE | {"until": MOMENT - 1, "pairs": []}
    assert texts(shaping.overlays(scene({"overlays": [late]}))) == [
        ["o3", "bob", "over", "-", "a slow evening"]
    ]


def test_nonsense_among_the_facts_breaks_nothing() -> None:
    kinds: tuple[Any, ...] = (
        None,
        3,
        "x",
        [None, 3, {}],
        {"a": 1},
        [{"id": 7, "pairs": "x", "until": "soon"}],
    )
    for nonsense in kinds:
        broken = scene({"overlays": nonsense, "drift": nonsense, "ports": nonsense, "host": nonsense})
        for pane in Shaper.PANES:
            assert all(isinstance(line, Line) for line in pane.lines(broken))


def test_directions_are_those_of_this_shaper() -> None:
    bursty = Impairment(loss_model=GilbertElliott(Percent(1.0), Percent(20.0)))
    answer = document(
        "Wan",
        {
            "directions": [
                direction("paris", "barcelona"),
                direction("barcelona", "paris", as_asked=False, asked=bursty, overlay="inventory"),
                direction("paris", "boston", asked=Impairment(), overlay=None, origin=""),
                direction("oslo", "paris", emulator="wan2"),
            ]
        },
    )
    lines = shaping.directions(scene(show=answer))
    assert texts(lines) == [
        ["paris → barcelona", "eth1", "20 ms", "100M", "0.5 %", "o3", "● as laid"],
        ["barcelona → paris", "eth1", "0 ms", "-", "in runs", "inventory", "▲ drifted"],
        ["paris → boston", "eth1", "0 ms", "-", "0 %", "-", "clean"],
    ]
    assert lines[1].leads == lines[1].about == Subject("pair", "paris:barcelona")
    assert "12,000 packets went through, 60 were lost" in lines[0].more


def test_what_drifted_is_polled_and_told_in_full_when_it_is_asked() -> None:
    assert texts(drift.lines(scene({"drift": DRIFT}))) == [
        ["▲ drifted", "eth1", "not as it was laid: netem of paris → barcelona: 0 ms instead of 40 ms"]
    ]
    answer = drifted(
        differences=[difference(), difference("wan2")],
        gone=[{"emulator": "wan1", "overlays": ["o1", "o2"], "rebooted": True, "after": MOMENT}],
        parts=[
            {"overlay": "o4", "owner": "bob", "missing": ["wan1"]},
            {"overlay": "o5", "owner": "bob", "missing": ["wan2"]},
        ],
        waiting=[{"emulator": "wan1", "by": "bob", "remaining": 21.4}],
        touched=[{"emulator": "wan2", "interface": "eth1", "since": {}}],
        unverifiable=[
            {"emulator": "wan1", "interface": "eth2", "from": "a", "to": "b", "what": ["the seed"]}
        ],
    )
    lines = drift.lines(scene({"drift": DRIFT}, drift=answer))
    assert texts(lines) == [
        ["▲ drifted", "eth1", "delay line of paris → barcelona: 0 ms instead of 40 ms"],
        ["✗ gone", "-", "o1, o2: it was rebooted"],
        ["▲ in part", "-", "o4 of bob lies elsewhere, and not here; laying it again makes it whole"],
        ["· waits", "-", "a change by bob ends in 21 s unless it is confirmed"],
        ["○ unseen", "eth2", "the kernel does not give back the seed of a → b"],
    ]
    assert "2 changes" in lines[0].more


def test_what_is_polled_is_newer_than_what_was_asked_once() -> None:
    answer = drifted(differences=[difference()])
    assert drift.lines(scene({"drift": []}, drift=answer)) == []
    both = drift.lines(scene({"drift": [*DRIFT, "eth2: else"]}, drift=answer))
    assert texts(both)[1] == ["▲ drifted", "eth2", "else"]


def test_an_agent_that_is_not_heard_is_not_told_to_run() -> None:
    def agent(of: Scene) -> str:
        return next(texts([line])[0][1] for line in shaping.overview(of) if line.key == "agent")

    assert "● runs" in agent(scene())
    assert "✗ does not run" in agent(scene(agent=0.0))
    assert "not heard now" in agent(scene(trouble=Trouble("unreachable", "no route", "wan1")))


def test_enter_goes_from_an_alert_to_the_shaper_and_from_its_overlay_to_the_pair() -> None:
    async def story() -> None:
        world = Scripted(fleet(WAN1, PAIR), [sample(facts={"drift": DRIFT})])
        world.answers["wan show"] = document("Wan", {"directions": [direction("paris", "barcelona")]})
        async with shown(world, start="alerts", size=SMALL) as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            for at in (1, 2):
                reasons = (Reason("degraded", "the delay is not what was set", "eth1"),)
                world.moment = MOMENT + at
                world.put([sample(world.moment, reasons=reasons)])
                await settle(pilot)
            await pilot.press("enter")
            await settle(pilot)
            assert isinstance(app.screen, Shaper)
            assert "eth1: the delay is not what was set" in frame(app)
            assert app.screen.subject() == Subject("shaper", "wan1")
            await pilot.press("2")
            await settle(pilot)
            assert world.asked == []
            await pilot.press("a")
            await settle(pilot)
            assert isinstance(app.screen, ActionMenu)
            assert "Take overlay o3 away" in frame(app)
            await pilot.press("escape", "r")
            await settle(pilot)
            assert world.asked == ["wan show"]
            assert "microdc wan show: 0 s ago" in frame(app)
            await pilot.press("3")
            await settle(pilot)
            assert world.asked == ["wan show"], "it was told already"
            assert "paris → barcelona" in frame(app)
            await pilot.press("2", "enter")
            await settle(pilot)
            assert isinstance(app.screen, Wan)
            assert app.screen.subject() == Subject("pair", "paris:barcelona")

    play(story)


def test_a_server_that_shapes_at_its_edge_leads_to_itself() -> None:
    async def story() -> None:
        edge = Device(Kind.SHAPER, "one", "here")
        world = Scripted(fleet(server("one"), edge), [Sample(edge.key, MOMENT, facts=FACTS, next=5.0)])
        async with shown(world, size=LARGE) as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            app.open_subject(Subject("shaper", "one", "here"))
            await settle(pilot)
            screen = app.screen
            assert isinstance(screen, Shaper)
            await pilot.press("slash", *"server", "enter", "enter")
            await settle(pilot)
            assert isinstance(app.screen, Server)

    play(story)


def test_one_that_was_never_heard_of_and_one_that_there_is_not_are_told_so() -> None:
    async def story() -> None:
        async with shown(Scripted(fleet(WAN1))) as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            for name, words in (("wan1", "never heard of"), ("wan9", "the inventory has no shaper wan9")):
                app.open_subject(Subject("shaper", name))
                await settle(pilot)
                assert words in frame(app)

    play(story)


def test_the_demo_fleet_looks_so() -> None:
    async def story() -> None:
        world = StillDemo(sites=12)
        world.moment += 250  # a profile is laid over a pair, and somebody changed a delay by hand
        async with shown(world, size=SMALL) as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            await live(pilot, 12)
            name = next(
                health.device.name
                for health in app.board.devices().values()
                if health.device.kind is Kind.SHAPER and health.figures.get("overlays")
            )
            app.open_subject(Subject("shaper", name))
            await live(pilot, 3)
            snapshot(app, "shaper-80x24")
            await pilot.press("2")
            await settle(pilot)
            snapshot(app, "shaper-overlays-80x24")
            await pilot.press("3")
            await settle(pilot)
            snapshot(app, "shaper-directions-80x24")
            await pilot.press("4", "r")
            await settle(pilot)
            assert "delay line of " in frame(app)
            assert "microdc wan drift: 0 s ago" in frame(app)
            await pilot.press("1")
            await pilot.resize_terminal(*LARGE)
            await settle(pilot)
            snapshot(app, "shaper-140x40")

    play(story)
