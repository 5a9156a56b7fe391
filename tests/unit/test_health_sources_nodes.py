"""Nodes as the store has them, and what is under maintenance."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from microdc.deploy import lifecycle
from microdc.deploy.lifecycle import Patience, phases
from microdc.deploy.model import Action, Failure, ImageRef, NodeRecord, Phase, Progress, State
from microdc.deploy.records import row_of
from microdc.health.model import Device, Kind, Reason, Sample, Trouble
from microdc.health.sources import judging_nodes as judging
from microdc.health.sources.windows import Calendar, windows_of
from microdc.store.operate import Store, open_store
from microdc.store.process import this_process

NOW = datetime(2026, 1, 1, tzinfo=UTC)
IMAGE = ImageRef("base", "d" * 64, 200, "e" * 64, 1000, 3)
NEW = NodeRecord("t", "n1", "here")


def deploying(phase: Phase = Phase.PREPARE) -> NodeRecord:
    record = lifecycle.begin(NEW, Action.DEPLOY, NOW, Patience(), image=IMAGE, attempts=2)
    return replace(record, phase=phase)


# -- judged


@pytest.mark.parametrize("state", [State.ENROLLED, State.INSPECTED, State.ACTIVE])
def test_a_node_at_rest_is_well(state: State) -> None:
    found = judging.observed("node/n1", replace(NEW, state=state), NOW)
    assert (found.reasons, found.maintenance) == ((), "")
    assert found.figures == {}
    assert (found.facts["state"], found.facts["phase"], found.facts["eta"]) == (state.value, None, None)


def test_a_node_that_failed_says_why_and_what_to_do() -> None:
    failure = Failure(Phase.DHCP, "no-dhcp", "it asked for no address", "look at the cable")
    found = judging.observed("node/n1", replace(NEW, state=State.FAILED, failure=failure), NOW)
    assert found.reasons == (Reason("down", "it asked for no address (look at the cable)", "dhcp"),)
    assert found.facts["failure"] == {
        "cause": "no-dhcp",
        "text": "it asked for no address",
        "advice": "look at the cable",
    }


def test_a_move_has_a_phase_an_age_and_an_end() -> None:
    record = replace(deploying(Phase.WORK), progress=Progress(250, 1000, 50.0), attempt=2)
    now = NOW + timedelta(seconds=10)
    found = judging.observed("node/n1", record, now)
    assert (found.figures["phase_seconds"], found.figures["attempt"]) == (10.0, 2.0)
    facts = found.facts
    assert (facts["done"], facts["total"], facts["rate"], facts["image"]) == (250, 1000, 50.0, "base")
    assert facts["since"] == NOW.timestamp()
    assert facts["eta"] > 750 / 50
    assert [one.severity for one in found.reasons] == ["info"]  # the second attempt


def test_a_move_that_is_over_its_time_is_degraded() -> None:
    late = NOW + timedelta(hours=2)
    (reason,) = judging.observed("node/n1", deploying(), late).reasons
    assert (reason.severity, reason.where) == ("degraded", "prepare")
    assert "deploy resume" in reason.what


@pytest.mark.parametrize("action", list(Action))
def test_progress_grows_from_phase_to_phase_and_is_never_the_whole(action: Action) -> None:
    told: list[float] = []
    for phase in phases(action):
        record = replace(deploying(phase), action=action)
        for seconds in (0, 5, 500):
            share = judging.progress(record, NOW + timedelta(seconds=seconds))
            assert share is not None
            told.append(share)
    assert told == sorted(told)
    assert told[0] == 0.0
    assert told[-1] < 1.0


def test_progress_in_the_work_is_what_was_written() -> None:
    begin = judging.progress(deploying(Phase.WORK), NOW) or 0.0
    end = judging.progress(deploying(Phase.CONFIGURE), NOW) or 0.0
    half = judging.progress(replace(deploying(Phase.WORK), progress=Progress(500, 1000)), NOW)
    assert half == pytest.approx((begin + end) / 2)
    empty = replace(deploying(Phase.WORK), progress=Progress(0, 0))
    assert judging.progress(empty, NOW) == begin


def test_maintenance_is_told_with_its_note() -> None:
    record = replace(NEW, state=State.MAINTENANCE, note="new fans")
    assert judging.observed("node/n1", record, NOW).maintenance == "new fans"
    assert judging.observed("node/n1", replace(record, note=""), NOW).maintenance


# -- maintenance


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "store.db")) as opened:
        yield opened


SERVER = Device(Kind.SERVER, "n1", "here", "r1")
NODE = Device(Kind.NODE, "n1", "here", "r1")
SWITCH = Device(Kind.SWITCH, "sw1", "here", "r2")
ELSEWHERE = Device(Kind.SERVER, "n9", "there", "r1")
PAIR = Device(Kind.PAIR, "here:there")
SHAPER = Device(Kind.SHAPER, "wan1")
EVERY = (SERVER, NODE, SWITCH, ELSEWHERE, PAIR, SHAPER)


def out(calendar: Calendar) -> set[str]:
    calendar.look()
    return {one.key for one in EVERY if calendar.stamped(Sample(one.key, 1.0), one).maintenance}


def test_a_lease_of_maintenance_covers_what_it_names(store: Store) -> None:
    calendar, ann = Calendar(store, "t"), this_process("ann", ["microdc"])
    assert not out(calendar)
    store.leases.take(ann, "t", ["rack:here/r1"], 3600, kind="maintenance", reason="new PSU")
    assert out(calendar) == {"server/n1", "node/n1"}
    stamped = calendar.stamped(Sample("server/n1", 1.0), SERVER)
    assert stamped.maintenance.startswith("new PSU (ann, until ")
    store.leases.release(ann, "t", ["rack:here/r1"])
    assert not out(calendar)
    store.leases.take(ann, "t", ["site:here"], 3600, kind="maintenance")
    assert out(calendar) == {"server/n1", "node/n1", "switch/sw1", "pair/here:there"}
    store.leases.release(ann, "t")
    store.leases.take(ann, "t", ["wan"], 3600, kind="maintenance")
    assert out(calendar) == {"pair/here:there", "shaper/wan1"}


def test_leases_that_are_none_of_maintenance_or_of_now_change_nothing(store: Store) -> None:
    calendar, ann = Calendar(store, "t"), this_process("ann", ["microdc"])
    store.leases.take(ann, "t", ["site:here"], 3600)
    store.leases.take(ann, "u", ["site:here"], 3600, kind="maintenance")
    store.leases.take(
        ann, "t", ["wan"], 3600, kind="maintenance", begins=datetime.now(UTC) + timedelta(hours=2)
    )
    assert not out(calendar)


def test_a_node_that_was_taken_out_takes_its_server_with_it(store: Store) -> None:
    store.nodes.put(row_of(replace(NEW, state=State.MAINTENANCE, note="hands in it")))
    calendar = Calendar(store, "t")
    assert out(calendar) == {"server/n1", "node/n1"}
    assert calendar.stamped(Sample("server/n1", 1.0), SERVER).maintenance == "hands in it"


def test_a_poll_that_gave_nothing_is_stamped_as_well_and_keeps_what_it_has() -> None:
    windows = windows_of((), [row_of(replace(NEW, state=State.MAINTENANCE, note="out"))])
    assert windows.why(SERVER, 1.0) == "out"
    assert windows.why(ELSEWHERE, 1.0) == ""


def test_a_troubled_sample_keeps_its_trouble(store: Store) -> None:
    store.nodes.put(row_of(replace(NEW, state=State.MAINTENANCE, note="out")))
    calendar = Calendar(store, "t")
    calendar.look()
    trouble = Trouble("unreachable", "no answer")
    stamped = calendar.stamped(Sample("server/n1", 1.0, trouble=trouble), SERVER)
    assert (stamped.trouble, stamped.maintenance) == (trouble, "out")
    own = calendar.stamped(Sample("node/n1", 1.0, maintenance="its own word"), NODE)
    assert own.maintenance == "its own word"


def test_the_store_is_looked_at_again_by_itself(store: Store) -> None:
    calendar, stop = Calendar(store, "t"), threading.Event()
    calendar.start(0.02, stop)
    try:
        store.nodes.put(row_of(replace(NEW, state=State.MAINTENANCE, note="out")))
        for _ in range(1000):
            if calendar.stamped(Sample("node/n1", 1.0), NODE).maintenance:
                break
            stop.wait(0.02)
        assert calendar.stamped(Sample("node/n1", 1.0), NODE).maintenance == "out"
    finally:
        stop.set()
