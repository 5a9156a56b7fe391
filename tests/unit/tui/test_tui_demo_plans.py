"""What the demo would do, shown before it is done."""

from __future__ import annotations

from threading import Event

import pytest

from microdc.errors import Exit, InputError
from microdc.health.demo import Demo
from microdc_tui.world.demo import DemoWorld
from microdc_tui.world.demo_plans import planned
from microdc_tui.world.words import take_apart


@pytest.fixture
def demo() -> Demo:
    return Demo(3, 4, clock=lambda: 1_800_000_000.0)


def lines(demo: Demo, *argv: str) -> list[str]:
    return list(planned(demo, take_apart(argv)).narration)


def alive(demo: Demo) -> str:
    return next(
        one.device.partition("/")[2]
        for one in demo.samples(1_800_000_000.0)
        if one.figures.get("power_state") and not one.maintenance
    )


def test_a_plan_of_power_says_what_is_asked(demo: Demo) -> None:
    name = alive(demo)
    told = lines(demo, "power", "off", name, "--dry-run")
    assert told == [f"{name}: reads on; would be asked: shutdown, after 120 s force-off"]
    assert lines(demo, "power", "on", name, "--dry-run")[0].endswith("nothing: it is as wished")
    assert len(lines(demo, "power", "off", demo.fleet.sites[0].name, "--dry-run")) == 4
    assert "set pxe, once (uefi)" in lines(demo, "boot", name, "--once", "pxe", "--dry-run")[0]


def test_a_plan_of_the_wan_says_the_same_with_tc(demo: Demo) -> None:
    pair = next(one.name for one in demo.fleet.devices if ":" in one.name)
    told = lines(demo, "apply-profile", "lte", "--pair", pair, "--dry-run")
    assert len(told) == 5
    assert "netem delay 42ms loss 0.58% rate 12mbit" in told[2]
    assert lines(demo, "wan", "cut", f"demo/{pair}", "--dry-run")[0].startswith(f"cut of {pair}")


def test_a_plan_of_nodes_says_what_becomes_of_them(demo: Demo) -> None:
    for node in (one.name for one in demo.fleet.devices if one.kind == "node"):
        assert lines(demo, "deploy", "plan", node)[0].startswith(f"{node} is ")


def test_what_there_is_not_is_refused(demo: Demo) -> None:
    with pytest.raises(InputError, match="atlantis"):
        lines(demo, "power", "off", "atlantis", "--dry-run")


def test_a_bmc_that_is_dead_does_nothing_and_the_act_has_failed() -> None:
    demo = Demo(10, 6, clock=lambda: 1_800_000_000.0)
    dead = next(
        one.device.partition("/")[2]
        for one in demo.samples(1_800_000_000.0)
        if one.trouble and one.device.startswith("server/")
    )
    told: list[str] = []
    answer = DemoWorld(demo).act(("power", "off", dead), told.append, Event())
    assert answer.code in {Exit.FAILED, Exit.UNREACHABLE}
    assert told == [f"{dead}: failed: {demo.power(dead, 'off')['servers'][0]['error']['what']}"]
