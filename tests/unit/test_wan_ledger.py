"""What is written down of a change, whose leave it needs, and what becomes of what a killed controller left open."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from microdc.agent.model import Hello, Note, State, Unconfirmed
from microdc.errors import ApplyError, RefusedError
from microdc.impairment import Impairment
from microdc.store.journal import Journal
from microdc.store.operate import Store, open_store
from microdc.store.process import this_process
from microdc.testbed.model import Reach
from microdc.testbed.shapers import Shaper
from microdc.units import Delay
from microdc.wan.ledger import Ledger, kind_of, plan_data, values_of_data
from microdc.wan.model import BASE, Asked, Direction, Overlay, Plan
from microdc.wan.planning import Situation

VALUES = {Direction("paris", "boston"): Asked(Impairment(owd=Delay(40_000_000)), "lte")}
OVERLAY = Overlay("o1", "ann", "a test", VALUES, change="c1")
PLAN = Plan("a test", (), {"wan1": 0}, [OVERLAY], OVERLAY, (), frozenset(VALUES), change="c1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "s.db")) as opened:
        yield opened


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return Ledger(
        store, this_process("ann", ["microdc", "apply"]), "lab", lambda: {"testbed.yaml": b"testbed: lab"}
    )


def situation(*notes: Note, unconfirmed: str = "") -> dict[str, Situation]:
    state = State(1, (), notes, unconfirmed=Unconfirmed(unconfirmed, 5.0) if unconfirmed else None)
    return {"wan1": Situation(Shaper("wan1", Reach("local"), ()), Hello(1, "6.1", "boot", 0, {}), state, {})}


def test_a_change_is_written_down_before_it_is_made(ledger: Ledger, store: Store) -> None:
    with ledger.page(kind_of(PLAN), PLAN.summary, plan_data(PLAN)) as page:
        (open_one,) = store.journal.unfinished("lab")
        assert open_one.outcome == "open"
        page.result["shapers"] = {"wan1": {"kernel": "6.1"}}
    entry = store.journal.entry(open_one.id)
    assert (entry.outcome, entry.kind, entry.actor.owner) == ("done", "apply-profile", "ann")
    assert entry.result == {"shapers": {"wan1": {"kernel": "6.1"}}}
    assert values_of_data(entry.data["put"]) == VALUES
    assert store.journal.inputs(entry.id) == {"testbed.yaml": b"testbed: lab"}


@pytest.mark.parametrize(
    ("problem", "outcome"),
    [
        (ApplyError("no"), "failed"),
        (RefusedError("no"), "refused"),
        (KeyboardInterrupt(), "interrupted"),
        (ValueError("bug"), "failed"),
    ],
)
def test_how_it_came_out_is_written_down(
    ledger: Ledger, store: Store, problem: BaseException, outcome: str
) -> None:
    with pytest.raises(type(problem)), ledger.page("apply", "x", {}):
        raise problem
    (entry,) = store.journal.entries("lab")
    assert entry.outcome == outcome
    assert entry.result["error"]


def test_kinds() -> None:
    assert kind_of(PLAN) == "apply-profile"
    assert kind_of(replace(PLAN, put=replace(OVERLAY, id=BASE))) == "apply"
    assert kind_of(replace(PLAN, put=None, drop=["o1"])) == "undo"
    assert kind_of(replace(PLAN, put=None)) == "mend"


@pytest.mark.parametrize("resource", ["wan", "site:paris", "site:boston"])
def test_what_somebody_else_holds_is_not_changed(ledger: Ledger, store: Store, resource: str) -> None:
    store.leases.take(this_process("ben", ["x"]), "lab", [resource], 60, reason="thesis")
    with pytest.raises(RefusedError, match="ben"):
        ledger.check(PLAN)


def test_a_refusal_is_written_down(ledger: Ledger, store: Store) -> None:
    store.leases.take(this_process("ben", ["x"]), "lab", ["site:paris"], 60, reason="thesis")
    with pytest.raises(RefusedError), ledger.page(kind_of(PLAN), PLAN.summary, plan_data(PLAN)):
        ledger.check(PLAN)
    (entry,) = store.journal.entries("lab", kinds=["apply-profile"])
    assert entry.outcome == "refused"
    assert "ben" in entry.result["error"]


def test_other_sites_other_testbeds_and_own_leases_are_no_matter(ledger: Ledger, store: Store) -> None:
    store.leases.take(this_process("ben", ["x"]), "lab", ["site:rio"], 60, reason="thesis")
    store.leases.take(this_process("ben", ["x"]), "racks", ["wan"], 60, reason="thesis")
    store.leases.take(this_process("ann", ["x"]), "lab", ["wan"], 60, reason="thesis")
    ledger.check(PLAN)


def test_what_agents_did_comes_in_once(ledger: Ledger, store: Store) -> None:
    notes = [Note(1, 1e9, "layer o1 of ann ended"), Note(2, 1e9 + 1, "layer o2 of ann ended")]
    ledger.collect(situation(notes[0]))
    ledger.collect(situation(*notes))
    assert [entry.summary for entry in store.journal.entries("lab")] == [note.text for note in notes]


def left_open(store: Store, data: dict[str, Any]) -> int:
    """What a process began that is gone now."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os._exit(0)
    dead = replace(this_process("ann", ["microdc"]), pid=child)
    os.waitpid(child, 0)
    os.close(reading)
    os.close(writing)
    return store.journal.begin("apply-profile", dead, "lab", "a test", data)


def test_what_a_dead_controller_left_is_settled_by_what_is_there(ledger: Ledger, store: Store) -> None:
    ident = left_open(store, plan_data(PLAN))
    ledger.settle([], situation())
    entry = store.journal.entry(ident)
    assert entry.outcome == "interrupted"
    assert entry.result["laid"] == []


def test_what_it_had_made_whole_is_done(ledger: Ledger, store: Store) -> None:
    ident = left_open(store, plan_data(PLAN))
    ledger.settle([OVERLAY], situation())
    assert store.journal.entry(ident).outcome == "done"


def test_what_it_had_made_in_part_is_interrupted_and_the_part_is_named(ledger: Ledger, store: Store) -> None:
    ident = left_open(store, plan_data(PLAN))
    ledger.settle([replace(OVERLAY, missing=("wan2",))], situation())
    entry = store.journal.entry(ident)
    assert (entry.outcome, entry.result["missing_on"]) == ("interrupted", ["wan2"])


def test_what_still_waits_for_its_confirmation_is_left_open(ledger: Ledger, store: Store) -> None:
    ident = left_open(store, plan_data(PLAN))
    ledger.settle([OVERLAY], situation(unconfirmed="ann on here, process 1 (c1)"))
    assert store.journal.entry(ident).outcome == "open"


def test_an_undo_that_came_through_is_done_and_one_that_did_not_is_interrupted(
    ledger: Ledger, store: Store
) -> None:
    undo = replace(PLAN, put=None, drop=["o1"])
    through, not_through = (
        left_open(store, plan_data(undo)),
        left_open(store, plan_data(replace(undo, drop=["o2"]))),
    )
    ledger.settle([replace(OVERLAY, id="o2")], situation())
    assert store.journal.entry(through).outcome == "done"
    assert store.journal.entry(not_through).outcome == "interrupted"


@pytest.mark.parametrize("laid", [[], [OVERLAY]])
def test_two_controllers_that_settle_the_same_do_not_trip_over_each_other(
    ledger: Ledger, store: Store, monkeypatch: pytest.MonkeyPatch, laid: list[Overlay]
) -> None:
    ident = left_open(store, plan_data(PLAN))
    seen = store.journal.unfinished("lab")
    ledger.settle(laid, situation())
    settled = store.journal.entry(ident)
    monkeypatch.setattr(Journal, "unfinished", lambda *_: seen)
    ledger.settle([] if laid else [OVERLAY], situation())
    assert store.journal.entry(ident) == settled


def test_what_runs_is_left_alone(ledger: Ledger, store: Store) -> None:
    with ledger.page("apply", "x", plan_data(PLAN)) as page:
        ledger.settle([], situation())
        assert store.journal.entry(page.entry).outcome == "open"
