"""What the demo answers has the shape of what the commands print: the functions that make it print values here, and the keys are compared."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from microdc.abreast import Outcome
from microdc.bmc import judging as bmc_judging
from microdc.bmc import plans as bmc_plans
from microdc.bmc.booting import CLEAR, BootResult
from microdc.bmc.control import PowerResult
from microdc.bmc.judging import Force, Patience, Wish, words
from microdc.bmc.model import (
    Abilities,
    Act,
    Boot,
    BootMode,
    BootTarget,
    Console,
    Disk,
    Firmware,
    FoundNic,
    Hardware,
    Identity,
    Log,
    LogEntry,
    Memory,
    Power,
    PowerSupply,
    Processor,
    Reading,
    SensorKind,
    Target,
)
from microdc.cli import (
    bmc_log,
    bmc_results,
    bmc_sensors,
    boot,
    cabling_results,
    deploy_explain,
    deploy_moves,
    deploy_nodes,
    drift,
    history,
    inventory_survey,
    lease,
    plans,
    render,
    switch,
    switch_results,
)
from microdc.deploy.explaining.model import Advice, Certainty, Diagnosis, Entry, Explanation, Timeline
from microdc.deploy.model import Action, Evidence, Failure, ImageRef, NodeRecord, Phase, Progress
from microdc.deploy.model import State as NodeState
from microdc.deploy.reporting import NodeOutcome
from microdc.errors import InputError, MicrodcError, UnreachableError
from microdc.health.demo import Demo
from microdc.store.model import Actor, Lease
from microdc.store.model import Entry as JournalEntry
from microdc.survey.cabling.model import Cabled, CableVerdict, End
from microdc.survey.cabling.model import Evidence as Heard
from microdc.switch.health import Finding
from microdc.switch.model import (
    Address,
    Component,
    Identifier,
    Neighbour,
    Port,
    Sensor,
    SwitchState,
    System,
    Vlan,
)
from microdc.switch.operate import Examined
from microdc.wan.differences import Difference
from microdc.wan.drift import Drift, Drifted, Since
from microdc.wan.model import Direction, Plan

ZERO = 1_800_000_000.0
MOMENT = datetime(2026, 11, 27, tzinfo=UTC)
CLI = Path(bmc_results.__file__).parent
IMAGE = ImageRef("debian", "sha256:0", 10, "sha256:1", 20, 1)
TARGET = Target("a1")


def after(seconds: float = 30.0) -> Demo:
    """A demo that began so long ago."""
    clock = [ZERO]
    one = Demo(10, 6, clock=lambda: clock[0])
    clock[0] += seconds
    return one


@pytest.fixture(scope="module")
def demo() -> Demo:
    return after()


@pytest.fixture(scope="module")
def names(demo: Demo) -> dict[str, str]:
    """A server that answers, a switch with wrong cables, a node that failed, one that is being deployed, and what answers nothing."""
    found: dict[str, str] = {}
    for sample in demo.samples(ZERO + 30):
        kind, _, name = sample.device.partition("/")
        state = sample.facts.get("state")
        told = {
            kind: sample.trouble is None and not sample.maintenance,
            f"dead {kind}": sample.trouble is not None,
            "wrong": bool(sample.figures.get("wrong_cables")),
            "failed": state == "failed",
            "deploying": state == "deploying",
        }
        for role, plays in told.items():
            if plays:
                found.setdefault(role, name)
    return found


def same(ours: Any, theirs: Any, path: str = "") -> None:
    """Compares keys, and kinds of values where both have one, all the way down; of lists, each of ours with the first of theirs."""
    if ours is None or theirs is None:
        return
    if isinstance(theirs, dict):
        assert isinstance(ours, dict), path
        assert ours.keys() == theirs.keys(), path
        for key, value in ours.items():
            same(value, theirs[key], f"{path}.{key}")
    elif isinstance(theirs, list):
        assert isinstance(ours, list), path
        for one in ours if theirs else ():
            same(one, theirs[0], f"{path}[]")
    else:
        number = (int, float)
        assert isinstance(ours, number if isinstance(theirs, number) else type(theirs)), path


def check(told: dict[str, Any], theirs: Any) -> None:
    """The head, that a command prints this kind, and the rest."""
    assert any(f'"{told["kind"]}"' in file.read_text("utf-8") for file in CLI.glob("*.py"))
    same(told, render.document(told["kind"], theirs))


def of_server(value: Any, data: Any) -> dict[str, Any]:
    outcome: Outcome[Target, Any] = Outcome(TARGET, value=value, driver="redfish", seconds=0.1)
    return {"servers": [bmc_results._data(outcome, data)], "without_bmc": []}


def failed_server() -> dict[str, Any]:
    error = UnreachableError("no answer", where="a1", hint="plug it in")
    outcome: Outcome[Target, Any] = Outcome(TARGET, error=error)
    return {"servers": [bmc_results._data(outcome, dict)], "without_bmc": []}


def of_switch(data: dict[str, Any]) -> dict[str, Any]:
    return {"switches": [{"switch": "s1", "seconds": 0.1, "error": None, **data}]}


def test_hardware(demo: Demo, names: dict[str, str]) -> None:
    value = Hardware(
        Identity("a", "b", "c", "d", "e", "f", "g"),
        Power.ON,
        "ok",
        BootMode.UEFI,
        (Processor("p"),),
        1,
        1,
        (Memory("m"),),
        (FoundNic("n"),),
        (Disk("d"),),
        (PowerSupply("s"),),
        (Firmware("f", "1"),),
    )
    theirs: dict[str, Any] = {
        "server": "a1",
        "driver": "redfish",
        "error": None,
        "notes": [],
        "hardware": value,
    }
    check(demo.hardware(names["server"]), [theirs])
    assert demo.hardware(names["dead server"])["items"][0]["hardware"] is None
    assert all(f'"{key}":' in Path(inventory_survey.__file__).read_text("utf-8") for key in theirs)


def test_sensors(demo: Demo, names: dict[str, str]) -> None:
    reading = bmc_sensors._data(Reading("t", "temperature", 1.0, "Cel", "Enabled", "ok"))
    told = demo.sensors(names["server"])
    check(told, of_server(1, lambda _: {"power": "on", "readings": [reading], "remarks": []}))
    assert {one["kind"] for one in told["servers"][0]["readings"]} <= set(get_args(SensorKind))


def test_event_log(demo: Demo, names: dict[str, str]) -> None:
    value = Log((LogEntry("1", "m", MOMENT, "ok", "s", "c", "l"),), 1, timedelta(0))
    check(demo.sel(names["server"]), of_server(value, bmc_log._data))


def test_boot_and_console(demo: Demo, names: dict[str, str]) -> None:
    value = Boot(BootTarget.PXE, "once", BootMode.UEFI)
    check(demo.boot(names["server"]), of_server(value, lambda one: {"boot": boot._data(one)}))
    hint = Console("ssh", ("SSH",))
    theirs = of_server(hint, lambda one: {"command": one.command, "kinds": list(one.kinds), "remarks": []})
    check(demo.console(names["server"]), theirs)


@pytest.mark.parametrize("ask", ["sensors", "sel", "boot", "console"])
def test_a_server_that_does_not_answer(demo: Demo, names: dict[str, str], ask: str) -> None:
    check(getattr(demo, ask)(names["dead server"]), failed_server())


def test_power_and_boot_acts(names: dict[str, str]) -> None:
    acting = after()
    value = PowerResult(Wish.OFF, Power.ON, Power.OFF, "done", "it is off")
    theirs = of_server(value, lambda one: {"wish": one.wish, **bmc_results.power_data(one)})
    check(acting.power(names["server"], "off"), theirs)
    check(acting.power(names["dead server"], "off"), failed_server())
    result = BootResult(Boot(BootTarget.PXE), CLEAR, Boot(BootTarget.PXE), "done", "")
    check(acting.set_boot(names["server"], "pxe"), of_server(result, boot._result))


def test_switches(demo: Demo, names: dict[str, str]) -> None:
    identifier = Identifier("mac", "x", "78")
    state = SwitchState(
        System("n", "d", "o", "l", "c", 1.0, identifier),
        (Port(1, "p", "d", "a", "m", 6, 1500, 1, "up", "up", 1.0),),
        (Neighbour("p", identifier, identifier, 1, "s"),),
        (Vlan(1, "v", ("p",), ("p",)),),
        (Address("m", "p", 1),),
        (Component(1, "chassis", "n", "d", "m", "s", "h", "f", "s"),),
        (Sensor("n", "k", 1.0, "Cel", ok=True),),
    )
    name = names["wrong"]
    examined = Examined(state, (Finding("warning", "p", "w"),))
    check(demo.switch(name), of_switch(switch._examined_data(examined)))
    check(demo.ports(name), of_switch({"ports": state.ports, "remarks": ()}))
    check(demo.neighbours(name), of_switch({"neighbours": state.neighbours, "remarks": ()}))
    check(demo.macs(name), of_switch({"addresses": state.addresses, "remarks": ()}))
    check(demo.vlans(name), of_switch({"vlans": state.vlans, "remarks": ()}))


def test_a_switch_that_does_not_answer() -> None:
    demo = after(75)  # by then one hangs
    hung = next(
        one.device.partition("/")[2]
        for moment in range(75, 80)
        for one in demo.samples(ZERO + moment)
        if one.trouble and one.device.startswith("switch/")
    )
    error = switch_results.error_data(UnreachableError("late", where="s1", hint="wait"))
    check(demo.ports(hung), {"switches": [{"switch": "s1", "seconds": 0.1, "error": error}]})
    assert demo.cabling(hung)["unread"][0].keys() == {"switch", "error"}


def test_cabling(demo: Demo, names: dict[str, str]) -> None:
    cable = Cabled(End("a", "b"), End("s", "p"), "l", "w:1")
    end = End("s", "p")
    verdict = CableVerdict(
        "wrong", "critical", end, "r", cable, end, end, (cable,), (Heard("LLDP", end, "told"),)
    )
    theirs = cabling_results._verdict_data(verdict)
    told = demo.cabling(names["wrong"])
    assert any(one["kind"] == "wrong" for one in told["verdicts"])
    check(told, {"verdicts": [theirs], "remarks": [], "unread": []})


def record() -> NodeRecord:
    return NodeRecord(
        "t",
        "n",
        "s",
        NodeState.FAILED,
        Phase.WORK,
        action=Action.DEPLOY,
        since=MOMENT,
        deadline=MOMENT,
        image=IMAGE,
        failure=Failure(Phase.WORK, "c", "t", "a"),
        progress=Progress(1, 2, 3.0),
        host_keys=("k",),
        note="n",
    )


@pytest.mark.parametrize("role", ["failed", "deploying", "node"])
def test_nodes(demo: Demo, names: dict[str, str], role: str) -> None:
    theirs = {**deploy_nodes.data(record()), "address": "10.0.0.1/24"}
    told = demo.nodes(names[role])
    assert {one["state"] for one in told["nodes"]} <= {state.value for state in NodeState}
    assert {one["phase"] for one in told["nodes"]} - {None} <= {phase.value for phase in Phase}
    check({**told, "counts": {}}, {"nodes": [theirs], "counts": {}})


def test_deployments(names: dict[str, str]) -> None:
    acting = after()
    theirs = {"nodes": [deploy_moves._data(NodeOutcome(record(), "left", "w"))]}
    check(acting.deploy(names["failed"]), theirs)
    check(acting.abort(names["failed"]), theirs)
    check(acting.maintain(names["failed"], "why"), {"nodes": [deploy_nodes.data(record())]})


@pytest.mark.parametrize("role", ["failed", "deploying", "node"])
def test_explanation(demo: Demo, names: dict[str, str], role: str) -> None:
    evidence = Evidence(MOMENT, "dhcp", "ack", "n", "m", "t")
    entry = Entry(MOMENT, "t", evidence, "good", 1, MOMENT)
    diagnosis = Diagnosis("c", Certainty.LIKELY, "w", ("b",), (Advice("a", "c"),))
    theirs = deploy_explain.data(Explanation("n", "s", Timeline((entry,)), (diagnosis,)))
    told = demo.explain(names[role])
    assert told["healthy"] == (role != "failed") == (not told["diagnoses"])
    check(told, theirs)


def test_journal_and_leases() -> None:
    demo = after()
    actor = Actor("o", "u", "h", 1, ())
    entry = JournalEntry(1, "apply", actor, "t", "s", MOMENT, MOMENT, "done", {}, {})
    check(demo.journal(), [history.entry_data(entry)])
    held = Lease(1, "t", "wan", "h", "lease", "r", MOMENT, MOMENT, MOMENT, "token")
    check(demo.leases(), [lease._data(held, token=False)])
    check(demo.lease("wan", 60, "why"), [lease._data(held, token=True)])
    check(demo.release("wan"), [lease._data(held, token=False)])


def test_the_wan(names: dict[str, str]) -> None:
    demo = after()
    plan = plans.data(Plan("s", (), {}, ()))
    check(demo.lay(names["pair"], "lte"), plan)
    check(demo.undo(""), plan)
    shown = demo.wan()
    assert {"directions", "overlays", "notes"} <= shown.keys()
    source = (CLI / "wan.py").read_text("utf-8")
    for one in (*shown["directions"][:1], *shown["overlays"][:1]):
        assert all(f'"{key}":' in source for key in one)


def test_what_drifted_is_what_the_shapers_tell() -> None:
    seen = 0
    one = Demo(10, 6, clock=lambda: ZERO)
    difference = Difference("delay line", (Direction("a", "b"),), "40 ms", "0 ms")
    theirs = Drifted("wan1", "eth1", difference, Since(ZERO, ZERO, 1, ZERO))
    for at in range(200, 400, 20):
        told = one.drift(ZERO + at)
        found = Drift([theirs] * bool(told["differences"]), [], [])
        check(told, drift._data(found))
        polled = {
            sample.device.partition("/")[2]: len(sample.facts["drift"])
            for sample in one.samples(ZERO + at)
            if sample.device.startswith("shaper/") and sample.facts["drift"]
        }
        assert Counter(difference["emulator"] for difference in told["differences"]) == polled
        seen += len(polled)
    assert seen


# -- what acts would do


def keys_in(told: dict[str, Any], file: str) -> None:
    """Whether a command's file writes each key: of documents that no function of it makes by itself."""
    source = (CLI / file).read_text("utf-8")
    assert [key for key in told if f'"{key}"' not in source and f"'{key}'" not in source] == []


@pytest.mark.parametrize("wish", ["on", "off", "cycle", "restart", "reset"])
@pytest.mark.parametrize("power", ["on", "off"])
def test_plans_of_power_are_those_of_real_bmcs(names: dict[str, str], wish: str, power: str) -> None:
    acting = after()
    if power == "off":
        acting.power(names["server"], "off", ZERO + 10)
    able = Abilities(frozenset(Act), frozenset(), frozenset(), frozenset())
    refused = ""
    found: tuple[bmc_judging.Stage, ...] = ()
    try:
        found = bmc_judging.stages(Wish(wish), Force.LATER, Power(power), able)
    except MicrodcError as error:
        refused = error.what
    if refused:
        for told in (acting.plan_power(names["server"], wish), acting.power(names["server"], wish)):
            check(told, failed_server())
            assert told["servers"][0]["error"]["what"] == refused
        return
    steps = [bmc_plans._stage(one, Patience()) for one in found]
    told = acting.plan_power(names["server"], wish)
    check(told, of_server(1, lambda _: {"reads": "on", "steps": [""]}))
    assert told["servers"][0]["reads"] == power
    assert told["servers"][0]["steps"] == steps
    check(acting.plan_power(names["dead server"], wish), failed_server())


def test_plans_of_boot(demo: Demo, names: dict[str, str]) -> None:
    told = demo.plan_boot(names["server"], "pxe")
    check(told, of_server(1, lambda _: {"reads": "none", "steps": [""]}))
    wished = words(Boot(BootTarget.PXE, "once", BootMode.UEFI))
    assert (told["servers"][0]["reads"], told["servers"][0]["steps"]) == ("none", [f"set {wished}"])


def test_plans_of_the_wan_say_what_comes_of_them(names: dict[str, str]) -> None:
    acting, plan = after(), plans.data(Plan("s", (), {}, ()))
    pair = names["pair"]
    a, _, b = pair.partition(":")
    for told in (acting.plan_lay(pair, "lte"), acting.plan_cut(a, b)):
        check(told, plan)
        keys_in(told["operations"][0], "plans.py")
        assert (told["applied"], told["changes"]) == (False, True)
    planned = acting.plan_lay(pair, "lte")
    assert acting.lay(pair, "lte")["overlay"] == planned["overlay"]
    assert acting.plan_undo(planned["overlay"])["removed"] == [planned["overlay"]]
    with pytest.raises(InputError, match="not cut"):
        acting.plan_restore(a, b)
    cut = acting.cut(a, b)
    assert acting.plan_restore(a, b)["removed"] == [cut["overlay"]]
    with pytest.raises(InputError, match="o99"):
        acting.plan_undo("o99")
    with pytest.raises(InputError, match="smoke"):
        acting.plan_lay(pair, "smoke signals")


@pytest.mark.parametrize("role", ["failed", "deploying", "node"])
def test_plans_of_deployments(demo: Demo, names: dict[str, str], role: str) -> None:
    told = demo.plan_deploy(names[role])
    keys_in(told["nodes"][0], "deploy_plan.py")
    keys_in({key: told[key] for key in told if key not in {"schema", "kind"}}, "deploy_plan.py")
    how = {"failed": "begin", "deploying": "resume", "node": "nothing"}
    assert told["nodes"][0]["how"] == how[role]


def test_an_entry_of_the_journal_keeps_its_number(demo: Demo) -> None:
    early = demo.journal(at=ZERO + 30)["items"]
    late = demo.journal(1000, at=ZERO + 4000)["items"]
    assert late[: len(early)] != early  # what was open has ended
    assert [one["id"] for one in late] == list(range(1, len(late) + 1))
    assert [one["began"] for one in late] == sorted(one["began"] for one in late)
    told = demo.entry(early[-1]["id"])
    assert told["entry"] == early[-1]
    keys_in({key: told[key] for key in told if key not in {"schema", "kind"}}, "log.py")
    with pytest.raises(InputError, match="no entry 99999"):
        demo.entry(99999)
