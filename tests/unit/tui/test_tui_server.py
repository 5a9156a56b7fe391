"""The screen of a server: what is polled at once, what is asked when it is looked at, and what it says where nothing answers."""

from __future__ import annotations

from random import Random
from typing import Any

import click
import pytest
from tui_scripted import MOMENT, Hang, Scripted, fleet, server, switch, well
from tui_snapshots import LARGE, SMALL, StillDemo, frame, live, play, settle, shown, snapshot

from microdc.bmc.model import (
    Disk,
    Firmware,
    FoundNic,
    Hardware,
    Identity,
    Memory,
    Power,
    Processor,
    Reading,
    Thresholds,
)
from microdc.cli.main import cli
from microdc.cli.render import document
from microdc.health.model import DeviceHealth, Reason, Sample, State, Trouble
from microdc.health.sources.judging_servers import readings_data
from microdc.remarks import Remark
from microdc_tui.devices import cables, eventlog, hardware, sensors
from microdc_tui.devices.answers import Refusal, told
from microdc_tui.devices.overview import boot_words
from microdc_tui.devices.pane import Line, Scene
from microdc_tui.devices.telling import in_full
from microdc_tui.screens.server import Server
from microdc_tui.screens.switch import Switch
from microdc_tui.subject import Subject
from microdc_tui.widgets.filterbar import FilterBar
from microdc_tui.widgets.foot import MOST, Foot
from microdc_tui.widgets.table import VirtualTable
from microdc_tui.world.ports import Answer

ONE = server("one")
LEAF = switch("leaf")


def _scene(
    facts: dict[str, Any] | None = None, others: dict[str, DeviceHealth] | None = None, **answers: Any
) -> Scene:
    """answers: documents by the names of their questions."""
    health = DeviceHealth(ONE, State.OK, MOMENT, MOMENT, facts=facts or {})
    found = {name: told(data, "one", code=0, narration=(), at=MOMENT) for name, data in answers.items()}
    around = others or {}
    return Scene(health, MOMENT, found, around.get, all=lambda: around)


def _texts(lines: list[Line]) -> list[list[str]]:
    return [[cell if isinstance(cell, str) else cell.plain for cell in line.cells] for line in lines]


def _servers(**data: Any) -> dict[str, Any]:
    return document("Any", {"servers": [{"server": "one", "error": None, "notes": [], **data}]})


# What answers say


def test_an_answer_is_about_the_device_that_was_asked_for() -> None:
    found = told(
        document("X", {"servers": [{"server": "two", "a": 1}, {"server": "one", "a": 2}]}),
        "one",
        code=0,
        narration=(),
        at=1.0,
    )
    assert found.data["a"] == 2
    assert found.refusal is None
    assert (
        told(document("X", [{"path": "here/r1/one", "b": 3}]), "one", code=0, narration=(), at=1.0).data["b"]
        == 3
    )
    missing = told(document("X", {"servers": []}), "one", code=0, narration=("nothing is called so",), at=1.0)
    assert missing.refusal == Refusal("the answer says nothing of one", hint="nothing is called so")


def test_a_refusal_says_what_where_and_what_to_do() -> None:
    error = {
        "what": "nothing answers",
        "where": "https://10.0.0.1",
        "hint": "is it plugged in",
        "cause": None,
        "exit": 3,
    }
    assert told(_servers(error=error), "one", code=3, narration=(), at=1.0).refusal == Refusal(
        "nothing answers", "https://10.0.0.1", "is it plugged in"
    )
    collected = document("Hardware", [{"server": "one", "error": "one: nothing answers", "hardware": None}])
    assert told(collected, "one", code=3, narration=(), at=1.0).refusal == Refusal("one: nothing answers")
    said = (
        "reading ...",
        "Error: inventory/x.yaml:3: unknown key",
        "  did you mean bmc?",
        "  nothing was changed",
    )
    assert told(None, "one", code=2, narration=said, at=1.0).refusal == Refusal(
        "inventory/x.yaml:3: unknown key", hint="did you mean bmc? nothing was changed"
    )
    silent = told(None, "one", code=137, narration=(), at=1.0).refusal
    assert silent is not None
    assert "137" in silent.what


@pytest.mark.parametrize(
    "nonsense",
    [
        [],
        "text",
        7,
        {"servers": "x"},
        {"servers": [None, 3, {"server": 5}]},
        {"items": [{"server": ["one"]}]},
    ],
)
def test_answers_that_are_nonsense_are_told_and_break_nothing(nonsense: Any) -> None:
    found = told(nonsense, "one", code=0, narration=(), at=1.0)
    scene = Scene(
        DeviceHealth(ONE, State.OK, MOMENT),
        MOMENT,
        dict.fromkeys(("hardware", "log", "sensors", "cabling", "declared"), found),
    )
    for pane in Server.PANES:
        assert isinstance(pane.lines(scene), list)


_LISTS = """hardware identity processors modules nics disks power_supplies firmware readings sensors entries boot verdicts unread ports
neighbours vlans addresses findings components remarks notes thresholds bmc chassis remote_port evidence kinds"""
_FIELDS = """name value unit health kind state admin oper speed in out errors flaps far a b port reason there stands crossed where what
severity source message at id code total clock_skew_seconds target lasting mode told command system management untagged tagged vlan mac
learned ok model serial size cores link power driver uptime lower_warning upper_critical text error"""
_NONSENSE: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**70,
    1e308,
    float("nan"),
    "",
    "one:eno1",
    "leaf:1",
    "ok",
    "down",
    "\x1b[2J",
    "[red]",
    "\u202e",
    "wrong",
    [],
    {},
)


def _nonsense(dice: Random, depth: int = 1) -> Any:
    """A document with the right words, in which anything may stand."""
    if depth < 0 or dice.random() < 0.05:
        return dice.choice(_NONSENSE)
    if dice.random() < 0.6 and depth:
        return [_nonsense(dice, depth - 1) for _ in range(dice.randrange(4))]
    row = {field: dice.choice(_NONSENSE) for field in dice.sample(_FIELDS.split(), 12)}
    return row | {name: _nonsense(dice, depth - 1) for name in dice.sample(_LISTS.split(), 8)}


@pytest.mark.parametrize("seed", range(20))
def test_whatever_a_device_and_a_command_say_makes_rows_that_can_be_shown(seed: int) -> None:
    dice = Random(seed)
    facts, more = ({name: _nonsense(dice) for name in _LISTS.split()} for _ in range(2))
    answer = {"servers": [{**more, "server": "one"}], "switches": [{**more, "switch": "leaf"}], **more}
    known = {
        device.key: DeviceHealth(device, State.OK, MOMENT, MOMENT, facts=facts) for device in (ONE, LEAF)
    }
    for key, pane in [
        *((ONE.key, pane) for pane in Server.PANES),
        *((LEAF.key, pane) for pane in Switch.PANES),
    ]:
        device = known[key].device
        found = {
            name: told(answer, device.name, code=0, narration=(), at=MOMENT)
            for name in pane.questions(device)
        }
        lines = pane.lines(Scene(known[key], MOMENT, found, known.get, all=lambda: known))
        assert len({line.key for line in lines}) == len(lines)
        for line, texts in zip(lines, _texts(list(lines)), strict=True):
            assert len(texts) == len(pane.columns)
            assert all(text.isprintable() for text in texts), texts
            assert in_full(line).plain.isprintable()


# What panes make of them


def test_hardware_is_told_part_by_part() -> None:
    found = Hardware(
        Identity("Dell", "R650", "SN1"),
        Power.ON,
        "ok",
        processors=(Processor("CPU.1", "Xeon", cores=32, speed=2600.0, health="ok"),),
        processor_count=2,
        memory=256 << 30,
        modules=(Memory("A1", 32 << 30, "DDR4", 3200, health="critical"),),
        nics=(FoundNic("eno1", "52:54:00:00:00:01", link=False, speed=10_000_000_000),),
        disks=(Disk("Bay 0", "PM9", "S1", 1 << 40, "ssd", "NVMe"),),
        firmware=(Firmware("BIOS", "1.2", "bios"), Firmware("iDRAC", "7.0", "bmc")),
        remarks=(Remark("Fans", "not understood"),),
    )
    answer = document(
        "Hardware", [{"server": "one", "driver": "redfish", "error": None, "notes": (), "hardware": found}]
    )
    scene = _scene(hardware=answer)
    lines = _texts(hardware.lines(scene))
    assert ["server", "-", "", "Dell R650, serial SN1", "● ok"] in lines
    assert ["memory", "in all", "256 GiB", "", ""] in lines
    assert ["module", "A1", "32 GiB", "DDR4, 3200 MT/s", "✗ critical"] in lines
    assert ["port", "eno1", "10G", "52:54:00:00:00:01, no link", ""] in lines
    assert ["disk", "Bay 0", "1 TiB", "ssd, NVMe, PM9, serial S1", ""] in lines
    assert ["BMC", "iDRAC", "", "7.0", ""] in lines
    assert scene.told["hardware"].notes == ("Fans: not understood",)


def test_sensors_that_are_not_well_come_first_and_what_is_polled_is_newer() -> None:
    asked = (
        Reading("Fan1", "fan", 5400.0, "RPM", health="ok", thresholds=Thresholds(lower_critical=600.0)),
        Reading(
            "Inlet",
            "temperature",
            24.0,
            "Cel",
            health="ok",
            thresholds=Thresholds(upper_warning=30.0, upper_critical=35.0),
        ),
        Reading("Absent", "fan", None, "RPM", state="absent"),
    )
    answer = _servers(power="on", readings=[{**_reading(one)} for one in asked])
    polled = {
        "sensors": [
            {"name": "Inlet", "kind": "temperature", "value": 37.5, "unit": "Cel", "health": "critical"}
        ]
    }
    assert _texts(sensors.lines(_scene(polled, sensors=answer))) == [
        ["✗ critical", "Inlet", "temperature", "37.5 °C", ".. 30"],
        ["● ok", "Fan1", "fan", "5400 RPM", "600 .."],
        ["-", "Absent", "fan", "absent", ""],
    ]


def test_limits_are_those_that_are_polled() -> None:
    limited = [
        Reading("Inlet", "temperature", 24.0, "Cel", thresholds=Thresholds(None, 0.0, 5.0, 42.0, 47.0, 50.0)),
        Reading("Fan1", "fan", 5400.0, "RPM", thresholds=Thresholds(lower_fatal=600.0)),
        Reading("P12V", "voltage", 12.1, "V"),
    ]
    scene = _scene({"sensors": readings_data(limited)})
    assert not sensors.PANE.needed(scene)
    lines = sensors.lines(scene)
    assert [row[-1] for row in _texts(lines)] == ["5 .. 42", "600 ..", ""]
    assert lines[0].more == "Inlet: 24 °C, should be at least 5 and at most 42, critical below 0 or above 47"
    assert lines[1].more == "Fan1: 5400 RPM, should be at least 600"
    assert sensors.PANE.needed(_scene({"sensors": readings_data(limited[2:])}))
    for nonsense in (None, 3, [], [1.0], ["x"] * 4, [None] * 4, {"a": 1}):
        odd = {"name": "Odd", "kind": "fan", "value": 1.0, "unit": "RPM", "limits": nonsense}
        assert _texts(sensors.lines(_scene({"sensors": [odd]})))[0][-1] == ""


def _reading(one: Reading) -> dict[str, Any]:
    from microdc.cli.bmc_sensors import _data

    return _data(one)


def test_the_log_tells_how_much_is_left_out_and_whether_its_clock_is_wrong() -> None:
    entry = {
        "id": "7",
        "at": "2026-05-28T20:26:40+00:00",
        "severity": "critical",
        "source": "Fan2",
        "code": "FAN0001",
        "message": "Fan 2 failed.",
    }
    unset = {"id": "8", "at": None, "severity": None, "source": None, "code": None, "message": "began"}
    lines = eventlog.lines(_scene(log=_servers(entries=[entry, unset], total=512, clock_skew_seconds=-90.0)))
    texts = _texts(lines)
    assert texts[0][3] == "its clock is 90 s behind ours"
    assert texts[1][1:] == ["✗ critical", "Fan2", "Fan 2 failed."]
    assert "code FAN0001" in lines[1].more
    assert texts[2][0] == "clock not set"
    assert "510 older entries" in texts[3][3]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("/redfish/v1/Systems/1/LogServices/SEL", "SEL"),
        ("/redfish/v1/Systems/437XR1138R2", "437XR1138R2"),
        ("/redfish/v1/Systems/1/Memory/7/", "Memory 7"),
        ("/redfish/v1/Chassis/1/Thermal#/Fans/2", "Fans 2"),
        ("/redfish/v1/Chassis/1/Sensors/FanBay1", "FanBay1"),
        ("/7", "7"),
        ("/", "/"),
        ("Temperature #48", "Temperature #48"),
        ("a/b", "a/b"),
        (None, "Lclog"),
    ],
)
def test_where_an_entry_comes_from_is_told_as_people_call_it(source: str | None, shown: str) -> None:
    entry = {"id": "7", "log": "Lclog", "at": None, "severity": "ok", "source": source, "message": "began"}
    (line,) = eventlog.lines(_scene(log=_servers(entries=[entry], total=1)))
    assert _texts([line])[0][2] == shown
    assert source is None or source in line.more, "all of it stands below"
    assert line.more.endswith("in the log Lclog")


def test_boot_overrides_in_words() -> None:
    assert boot_words({"target": "pxe", "lasting": "once", "mode": "uefi"}) == "pxe, once with UEFI"
    assert boot_words({"target": "none", "lasting": "disabled", "mode": None}) == "as its firmware is set up"
    assert (
        boot_words({"target": "other", "lasting": "continuous", "mode": None, "told": "SDCard"})
        == "SDCard (its own word), continuous"
    )


def test_cables_join_what_is_declared_what_is_found_and_what_goes_through() -> None:
    declared = document(
        "InventoryItems",
        [
            {
                "path": "here/r1/one",
                "nics": {
                    "eno1": {"mac": "52:54:00:00:00:01", "switch": "leaf", "port": "1"},
                    "eno2": {"mac": "52:54:00:00:00:02"},
                },
                "bmc": {"nic": {"switch": "leaf", "port": "3"}},
            }
        ],
    )
    verdict = {
        "kind": "wrong",
        "severity": "critical",
        "a": "one:eno1",
        "b": "leaf:1",
        "port": "leaf:1",
        "reason": "two:eno1 is there",
    }
    vlan = verdict | {"kind": "wrong vlan", "reason": "VLAN 20 is declared, 30 found"}
    ports = [
        {
            "name": "swp1",
            "oper": "up",
            "admin": "up",
            "speed": 10e9,
            "in": 1.5e9,
            "out": 2e6,
            "far": "one:eno1",
        },
        {
            "name": "7",
            "oper": "down",
            "admin": "up",
            "speed": None,
            "in": None,
            "out": None,
            "far": "one:eno7",
        },
    ]
    live = DeviceHealth(LEAF, State.OK, MOMENT, MOMENT, facts={"ports": ports})
    scene = _scene(
        None,
        {"switch/leaf": live},
        declared=declared,
        cabling=document("Cabling", {"verdicts": [verdict, vlan]}),
    )
    lines = {line.key: line for line in cables.server_lines(scene)}
    texts = {key: _texts([line])[0] for key, line in lines.items()}
    assert texts["eno1"] == ["eno1", "✗ wrong", "leaf:1", "● up 10G", "1.5G/2M", "two:eno1 is there"]
    assert texts["eno2"] == ["eno2", "-", "not declared", "-", "-", ""]
    assert texts["bmc"][2] == "leaf:3"
    assert texts["eno7"][2:4] == ["leaf:7", "✗ down"]
    assert lines["eno1"].leads == Subject("switch", "leaf", "here")
    assert "52:54:00:00:00:01" in lines["eno1"].more
    right = verdict | {"kind": "right", "reason": "heard"}
    scene = _scene(None, cabling=document("Cabling", {"verdicts": [right, vlan]}))
    assert _texts(cables.server_lines(scene))[0][1] == "✗ wrong vlan"


@pytest.mark.parametrize("pane", [*Server.PANES, *Switch.PANES], ids=lambda pane: pane.id)
def test_every_question_is_a_command_line_that_microdc_knows(pane: Any) -> None:
    for argv in pane.questions(ONE).values():
        command: click.Command = cli
        words, context = list(argv), None
        while isinstance(command, click.Group):
            context = click.Context(command, parent=context, info_name=command.name)
            _, found, words = command.resolve_command(context, words)
            assert found is not None, argv
            command = found
        command.make_context(
            command.name, words, parent=context
        )  # raises UsageError for what it does not know


# The screen


def _world(**answers: Any) -> Scripted:
    return Scripted(fleet(ONE, LEAF), [well(ONE), well(LEAF)], answers)


def test_what_is_polled_shows_at_once_and_nothing_is_asked_for_it() -> None:
    async def story() -> None:
        world = _world()
        async with shown(world, start="devices") as pilot:
            pilot.app.open_subject(Subject("server", "one", "here"))  # type: ignore[attr-defined]
            await settle(pilot)
            text = frame(pilot.app)
            for said in ("● ok", "⏻ on", "180 W", "24 °C", "5400 RPM", "redfish", "here / r1 / unit 1"):
                assert said in text
            assert world.asked == []
            await pilot.press("y")
            assert pilot.app.clipboard == "microdc health server/one"
            await pilot.press("5", "y")
            assert pilot.app.clipboard == "microdc boot one\nmicrodc bmc console-hint one"
            await pilot.press("1")
            world.moment += 7
            await settle(pilot)
            assert "7 s ago" in frame(pilot.app)

    play(story)


def test_a_pane_asks_when_it_is_first_opened_and_again_by_r() -> None:
    async def story() -> None:
        world = _world()
        entry = {"id": "1", "at": None, "severity": "ok", "source": "SEL", "message": "[b]cleared[/b]"}
        world.answers["bmc sel one --limit 100"] = _servers(entries=[entry], total=1)
        async with shown(world, start="devices") as pilot:
            pilot.app.open_subject(Subject("server", "one", "here"))  # type: ignore[attr-defined]
            await settle(pilot)
            await pilot.press("4")
            await settle(pilot)
            assert "[b]cleared[/b]" in frame(pilot.app)
            await pilot.press("1", "4")
            await settle(pilot)
            assert world.asked == ["bmc sel one --limit 100"]
            world.answers["bmc sel one --limit 100"] = Answer(
                code=3, narration=("Error: nothing answers", "  is it plugged in")
            )
            world.moment += 40
            await pilot.press("r")
            await settle(pilot)
            text = frame(pilot.app)
            assert world.asked == ["bmc sel one --limit 100"] * 2
            assert "✗ nothing answers" in text
            assert "is it plugged in" in text
            assert "[b]cleared[/b]" in text, "what was told before is better than nothing"
            assert "40 s ago" in text, "but not as new as it would be"

    play(story)


def test_a_question_that_hangs_holds_nothing_up_and_ends_with_the_screen() -> None:
    async def story() -> None:
        world = _world()
        world.answers["inventory collect one"] = Hang
        async with shown(world, start="devices") as pilot:
            app = pilot.app
            app.open_subject(Subject("server", "one", "here"))  # type: ignore[attr-defined]
            await pilot.pause()
            app.tick()  # type: ignore[attr-defined]
            await pilot.press("2")
            assert world.hanging.wait(10)
            world.moment += 12
            app.tick()  # type: ignore[attr-defined]
            await pilot.pause()
            text = frame(app)
            assert "inventory collect one: asking for 12 s" in text
            assert "asking ..." in text
            await pilot.press("1")
            assert "● ok" in frame(app)
            await pilot.press("escape")
            await settle(pilot)
            assert app.asking.running == {}  # type: ignore[attr-defined]

    play(story)


def test_keys_and_clicks_go_from_pane_to_pane_and_enter_along_a_cable() -> None:
    async def story() -> None:
        world = _world()
        verdict = {"kind": "right", "a": "one:eno1", "b": "leaf:1", "port": "leaf:1", "reason": "heard"}
        world.answers["cabling check here --all"] = document(
            "Cabling", {"verdicts": [verdict], "remarks": [], "unread": []}
        )
        async with shown(world, start="devices") as pilot:
            pilot.app.open_subject(Subject("server", "one", "here"))  # type: ignore[attr-defined]
            await settle(pilot)
            screen = pilot.app.screen
            assert isinstance(screen, Server)
            seen = [screen.pane.id]
            for key in (
                "tab",
                "right_square_bracket",
                "shift+tab",
                "left_square_bracket",
                "left_square_bracket",
            ):
                await pilot.press(key)
                seen.append(screen.pane.id)
            assert seen == ["overview", "hardware", "sensors", "hardware", "overview", "cables"]
            await settle(pilot)
            await pilot.press("enter")
            await settle(pilot)
            assert isinstance(pilot.app.screen, Switch)
            assert pilot.app.screen.about == Subject("switch", "leaf", "here")
            await pilot.press("escape")
            await pilot.click("TabLine", offset=(3, 0))
            assert screen.pane.id == "overview"

    play(story)


def test_what_a_row_says_in_full_has_the_lines_that_it_needs() -> None:
    async def story() -> None:
        world = _world()
        long = " ".join(f"word{number}" for number in range(40))
        entries = [
            {"id": "1", "at": None, "severity": "ok", "source": "SEL", "message": long},
            {"id": "2", "at": None, "severity": "ok", "source": "SEL", "message": "short"},
        ]
        world.answers["bmc sel one --limit 100"] = _servers(entries=entries, total=2)
        async with shown(world, start="devices", size=SMALL) as pilot:
            pilot.app.open_subject(Subject("server", "one", "here"))  # type: ignore[attr-defined]
            await settle(pilot)
            await pilot.press("4")
            await settle(pilot)
            foot = pilot.app.screen.query_one(Foot)
            assert foot.size.height == MOST
            assert "word20" in frame(pilot.app)
            await pilot.press("down")
            await settle(pilot)
            assert foot.size.height == 1

    play(story)


def test_tabs_that_have_no_room_give_way_to_the_open_one() -> None:
    async def story() -> None:
        async with shown(_world(), start="devices", size=(40, 12)) as pilot:
            pilot.app.open_subject(Subject("server", "one", "here"))  # type: ignore[attr-defined]
            await settle(pilot)
            line = frame(pilot.app).splitlines()[2]
            assert "1 Overview" in line
            assert "6 Cables" not in line
            await pilot.press("6")
            assert "6 Cables" in frame(pilot.app).splitlines()[2]

    play(story)


def test_a_filter_is_about_the_pane_in_sight() -> None:
    async def story() -> None:
        fan = {"kind": "fan", "value": 1.0, "unit": "RPM", "health": "ok", "limits": [0.5, None, None, None]}
        polled = [{"name": f"S{place}", **fan} for place in range(9)]
        polled.append(
            {"name": "Hot", "kind": "temperature", "value": 99.0, "unit": "Cel", "health": "critical"}
        )
        world = Scripted(fleet(ONE), [well(ONE, facts={"power": "on", "sensors": polled})])
        async with shown(world, start="devices") as pilot:
            pilot.app.open_subject(Subject("server", "one", "here"))  # type: ignore[attr-defined]
            await settle(pilot)
            await pilot.press("3")
            pilot.app.screen.query_one(FilterBar).begin("health=critical")
            await pilot.press("enter")
            table = pilot.app.screen.query_one(VirtualTable)
            assert table.row_count == 1
            assert "Hot" in frame(pilot.app)
            assert world.asked == [], "sensors are polled already"
            await pilot.press("1")
            assert "nothing matches" in frame(pilot.app)
            await pilot.press("escape", "3")
            assert table.row_count == 10

    play(story)


def test_a_bmc_that_does_not_answer_and_a_server_that_is_not_there() -> None:
    async def story() -> None:
        dead = Trouble("refused", "the BMC refuses the user", "https://10.0.0.1", "check the credentials")
        world = Scripted(fleet(ONE), [Sample(ONE.key, MOMENT, 1.0, 10.0, trouble=dead)])
        world.answers["boot one"] = _servers(
            error={
                "what": "the BMC refuses the user",
                "where": "https://10.0.0.1",
                "hint": "check the credentials",
            }
        )
        async with shown(world, start="devices") as pilot:
            app = pilot.app
            app.open_subject(Subject("server", "one", "here"))  # type: ignore[attr-defined]
            await settle(pilot)
            text = frame(app)
            assert "refused: https://10.0.0.1: the BMC refuses the user" in text
            assert "check the credentials" in text
            await pilot.press("5")
            await settle(pilot)
            assert "✗ the BMC refuses the user  https://10.0.0.1  check the credentials" in frame(app)
            app.open_subject(Subject("server", "gone", "here"))  # type: ignore[attr-defined]
            await settle(pilot)
            assert "the inventory has no server gone" in frame(app)
            await pilot.press("r", "2", "enter", "escape")

    play(story)


def test_reasons_are_told_gravest_first_with_their_place() -> None:
    async def story() -> None:
        bad = (Reason("down", "the board lost power", "PSU1"), Reason("info", "it is off"))
        world = Scripted(fleet(ONE), [well(ONE, MOMENT, reasons=bad), well(ONE, MOMENT + 1, reasons=bad)])
        async with shown(world, start="devices") as pilot:
            for second in (2, 3):
                world.moment = MOMENT + second
                world.put([well(ONE, world.moment, reasons=bad)])
                await settle(pilot)
            pilot.app.open_subject(Subject("server", "one", "here"))  # type: ignore[attr-defined]
            await settle(pilot)
            text = frame(pilot.app)
            assert text.index("✗ PSU1: the board lost power") < text.index("· it is off")

    play(story)


def test_the_demo_fleet_looks_so() -> None:
    async def story() -> None:
        world = StillDemo()
        world.moment += 280  # it is hot, and a fan is dying
        async with shown(world, start="devices", size=SMALL) as pilot:
            pilot.app.open_subject(Subject("server", "par-c6", "paris"))  # type: ignore[attr-defined]
            await live(pilot, 20)
            snapshot(pilot.app, "server-80x24")
            for key, name in (("2", "hardware"), ("3", "sensors"), ("4", "log"), ("6", "cables")):
                await pilot.press(key)
                await settle(pilot)
                snapshot(pilot.app, f"server-{name}-80x24")
            await pilot.press("1")
            await pilot.resize_terminal(*LARGE)
            await settle(pilot)
            snapshot(pilot.app, "server-140x40")

    play(story)
