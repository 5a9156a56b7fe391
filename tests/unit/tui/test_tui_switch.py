"""The screen of a switch: ports as polled, cables against what is declared, and the tables that are asked of it."""

from __future__ import annotations

from typing import Any

from tui_scripted import MOMENT, Scripted, fleet, server, switch, well
from tui_snapshots import LARGE, SMALL, StillDemo, frame, live, play, settle, shown, snapshot

from microdc.cli.render import document
from microdc.health.model import DeviceHealth, Reason, State
from microdc.switch.health import Finding
from microdc.switch.model import Address, Component, Identifier, Neighbour, Sensor, Vlan
from microdc_tui.devices import cables, ports, tables
from microdc_tui.devices.answers import told
from microdc_tui.devices.pane import Line, Scene
from microdc_tui.screens.server import Server
from microdc_tui.screens.switch import Switch
from microdc_tui.subject import Subject
from microdc_tui.widgets.table import VirtualTable

LEAF, ONE, OFF = switch("leaf"), server("one"), server("off", unit=2)
UP = {
    "name": "swp1",
    "oper": "up",
    "admin": "up",
    "speed": 10e9,
    "in": 1.25e9,
    "out": 480e6,
    "errors": 0.0,
    "flaps": 0,
    "far": "one:eno1",
}
PORTS = [
    UP,
    UP | {"name": "swp2", "oper": "down", "far": "off:eno1", "in": 0, "out": 0},
    UP | {"name": "swp3", "oper": "down", "far": "one:eno2", "flaps": 6, "errors": 2.5},
    UP
    | {
        "name": "swp4",
        "oper": "down",
        "admin": "down",
        "far": None,
        "speed": None,
        "in": None,
        "out": None,
        "flaps": None,
        "errors": None,
    },
    UP | {"name": "swp5", "oper": "down", "far": None},
    UP | {"name": "swp6", "far": "router:xe-0"},
]


def _scene(facts: dict[str, Any] | None = None, **answers: Any) -> Scene:
    health = DeviceHealth(LEAF, State.OK, MOMENT, MOMENT, facts=facts or {})
    others = {
        ONE.key: DeviceHealth(ONE, State.OK, MOMENT, MOMENT, facts={"power": "on"}),
        OFF.key: DeviceHealth(OFF, State.OK, MOMENT, MOMENT, facts={"power": "off"}),
        LEAF.key: health,
    }
    found = {name: told(data, "leaf", code=0, narration=(), at=MOMENT) for name, data in answers.items()}
    return Scene(health, MOMENT, found, others.get, all=lambda: others)


def _switches(**data: Any) -> dict[str, Any]:
    return document("Any", {"switches": [{"switch": "leaf", "seconds": 0.1, "error": None, **data}]})


def _texts(lines: list[Line]) -> list[list[str]]:
    return [[cell if isinstance(cell, str) else cell.plain for cell in line.cells] for line in lines]


def test_ports_tell_state_rates_and_where_they_should_end() -> None:
    lines = ports.lines(_scene({"ports": PORTS}))
    assert _texts(lines) == [
        ["swp1", "● up", "10G", "1.2G", "480M", "0", "0", "one:eno1"],
        ["swp2", "○ down", "10G", "0", "0", "0", "0", "off:eno1"],
        ["swp3", "✗ down", "10G", "1.2G", "480M", "2.5", "6", "one:eno2"],
        ["swp4", "· off", "-", "-", "-", "-", "-", ""],
        ["swp5", "○ down", "10G", "1.2G", "480M", "0", "0", ""],
        ["swp6", "● up", "10G", "1.2G", "480M", "0", "0", "router:xe-0"],
    ]
    assert lines[0].leads == Subject("server", "one", "here")
    assert lines[5].leads is None, "what is not watched has no screen"


def test_ports_are_asked_only_where_nothing_is_polled_of_them() -> None:
    assert ports.PANE.needed(_scene())
    assert not ports.PANE.needed(_scene({"ports": PORTS}))
    asked = _switches(
        ports=[{"name": "swp9", "oper": "up", "admin": "up", "speed": 1_000_000_000, "alias": "to the roof"}],
        remarks=[],
    )
    assert _texts(ports.lines(_scene(ports=asked))) == [
        ["swp9", "● up", "1G", "-", "-", "-", "-", "to the roof"]
    ]


def test_wrong_cables_come_first_with_all_that_is_told_of_them() -> None:
    right: dict[str, Any] = {
        "kind": "right",
        "severity": None,
        "a": "one:eno1",
        "b": "leaf:swp1",
        "port": "leaf:swp1",
        "reason": "heard",
        "crossed": [],
        "evidence": [],
    }
    wrong = right | {
        "kind": "wrong",
        "severity": "critical",
        "a": "off:eno1",
        "b": "leaf:swp2",
        "port": "leaf:swp2",
        "reason": "one:eno2 is there",
        "there": "one:eno2",
        "where": "here.yaml:12",
        "evidence": [{"by": "LLDP", "port": "leaf:swp2", "told": "hears one:eno2"}],
    }
    stranger = right | {
        "kind": "stranger",
        "a": None,
        "b": None,
        "port": "leaf:swp7",
        "reason": "nobody declared it",
    }
    foreign = right | {"a": "x:1", "b": "other:1", "port": "other:1"}
    unread = [{"switch": "leaf2", "error": "nothing answers"}]
    lines = cables.switch_lines(
        _scene(cabling=document("Cabling", {"verdicts": [right, foreign, stranger, wrong], "unread": unread}))
    )
    assert _texts(lines) == [
        ["✗ wrong", "swp2", "off:eno1", "one:eno2 is there"],
        ["▲ stranger", "swp7", "-", "nobody declared it"],
        ["● right", "swp1", "one:eno1", "heard"],
        ["▲ not read", "", "", "leaf2 was not read: nothing answers"],
    ]
    for said in ("there is one:eno2", "LLDP of leaf:swp2: hears one:eno2", "declared in here.yaml:12"):
        assert said in lines[0].more
    assert lines[0].leads == Subject("server", "off", "here")


def test_tables_of_a_switch_as_the_command_line_prints_them() -> None:
    heard = Neighbour(
        "swp1",
        Identifier("mac", "52:54:00:00:00:01"),
        Identifier("name", "eno1"),
        1,
        "one",
        "Debian",
        management=("10.0.0.1",),
    )
    nameless = Neighbour(
        "swp2", Identifier("mac", "52:54:00:00:00:02"), Identifier("port", "7"), protocol="CDP"
    )
    lines = tables.neighbours(_scene(neighbours=_switches(neighbours=[heard, nameless])))
    assert _texts(lines) == [
        ["swp1", "one", "eno1", "52:54:00:00:00:01", "10.0.0.1", "LLDP"],
        ["swp2", "-", "7", "52:54:00:00:00:02", "", "CDP"],
    ]
    assert lines[0].leads == Subject("server", "one", "here")
    vlans = _switches(vlans=[Vlan(20, "data", ("swp1", "swp2"), ()), Vlan(30, None, (), ("swp9",))])
    assert _texts(tables.vlans(_scene(vlans=vlans))) == [
        ["20", "data", "swp1, swp2", "-"],
        ["30", "", "-", "swp9"],
    ]
    macs = _switches(
        addresses=[
            Address("52:54:00:00:00:01", "swp1", 20),
            Address("52:54:00:00:00:09", "cpu", None, learned=False),
        ]
    )
    assert _texts(tables.macs(_scene(macs=macs))) == [
        ["52:54:00:00:00:01", "swp1", "20", "learned"],
        ["52:54:00:00:00:09", "cpu", "-", "its own or configured"],
    ]
    examined = _switches(
        findings=[Finding("critical", "Fan 1", "it stands still")],
        sensors=[
            Sensor("Temp", "temperature", 41.0, "Cel", ok=True),
            Sensor("PSU", "voltage", None, ok=False),
        ],
        components=[Component(1, "chassis", "Chassis", model="SN2410", serial="MT1", software="5.9")],
    )
    assert _texts(tables.made_of(_scene(show=examined))) == [
        ["✗ critical", "Fan 1", "it stands still"],
        ["● ok", "Temp", "41 °C"],
        ["✗ critical", "PSU", "-"],
        ["chassis", "Chassis", "SN2410, serial MT1, software 5.9"],
    ]


def test_the_screen_shows_ports_as_they_are_polled_and_follows_a_port_to_its_server() -> None:
    async def story() -> None:
        devices = (LEAF, ONE, OFF)
        samples = [well(LEAF, facts={"system": "leaf", "ports": PORTS}), well(ONE), well(OFF)]
        world = Scripted(fleet(*devices), samples)
        async with shown(world, start="devices", size=SMALL) as pilot:
            pilot.app.open_subject(Subject("switch", "leaf", "here"))  # type: ignore[attr-defined]
            await settle(pilot)
            screen = pilot.app.screen
            assert isinstance(screen, Switch)
            await pilot.press("2")
            assert "swp3" in frame(pilot.app)
            assert world.asked == []
            later = [UP | {"in": 7.5e9}, *PORTS[1:]]
            world.moment += 1
            world.put([well(LEAF, world.moment, facts={"system": "leaf", "ports": later})])
            await settle(pilot)
            assert "7.5G" in frame(pilot.app)
            await pilot.press("slash", *"off", "enter")
            assert screen.query_one(VirtualTable).row_count == 2, "off:eno1, and the port that is turned off"
            await pilot.press("enter")
            await settle(pilot)
            assert isinstance(pilot.app.screen, Server)
            assert pilot.app.screen.about == Subject("server", "off", "here")

    play(story)


def test_tables_are_asked_by_their_panes_and_errors_told() -> None:
    async def story() -> None:
        reasons = (Reason("degraded", "one is heard where off is declared", "swp2"),)
        world = Scripted(fleet(LEAF), [well(LEAF, reasons=reasons)])
        world.answers["switch vlans leaf"] = _switches(vlans=[Vlan(20, "[red]data", ("swp1",))])
        error = {
            "what": "no answer over SNMP",
            "where": "10.120.0.2:161",
            "hint": "is its agent on",
            "exit": 3,
        }
        world.answers["switch macs leaf"] = document(
            "SwitchMacs", {"switches": [{"switch": "leaf", "error": error}]}
        )
        async with shown(world, start="devices", size=LARGE) as pilot:
            pilot.app.open_subject(Subject("switch", "leaf", "here"))  # type: ignore[attr-defined]
            await settle(pilot)
            assert "swp2: one is heard where off is declared" in frame(pilot.app)
            for key in ("5", "6"):
                await pilot.press(key)
                await settle(pilot)
                if key == "5":
                    assert "[red]data" in frame(pilot.app)
            text = frame(pilot.app)
            assert "✗ no answer over SNMP  10.120.0.2:161  is its agent on" in text
            assert "it could not be told" in text
            assert world.asked == ["switch vlans leaf", "switch macs leaf"]

    play(story)


def test_the_demo_fleet_looks_so() -> None:
    async def story() -> None:
        world = StillDemo()
        world.moment += 290  # two of its cables have changed places
        async with shown(world, start="devices", size=SMALL) as pilot:
            pilot.app.open_subject(Subject("switch", "cps-sw1", "campinas"))  # type: ignore[attr-defined]
            await live(pilot, 10)
            await pilot.press("3")
            await settle(pilot)
            snapshot(pilot.app, "switch-cables-80x24")
            await pilot.press("2")
            snapshot(pilot.app, "switch-80x24")
            await pilot.resize_terminal(*LARGE)
            await settle(pilot)
            snapshot(pilot.app, "switch-140x40")

    play(story)
