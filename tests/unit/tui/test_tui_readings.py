"""Answers of the command line as values: what it prints is read whole, and nothing that somebody else wrote there is an exception."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from microdc.cli import deploy_explain, history, lease
from microdc.cli.render import document
from microdc.deploy.explaining import model as explaining
from microdc.deploy.model import Evidence
from microdc.health.model import Device, DeviceHealth, Kind, Observation, State
from microdc.store.model import Actor
from microdc.store.model import Entry as StoredEntry
from microdc.store.model import Lease as StoredLease
from microdc_tui.readings import explanation, fields, journal, leases, nodes

AT = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
_SCALARS = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20)
_JSON = _SCALARS | st.lists(_SCALARS, max_size=3)
_KEYS = (
    "node", "status", "healthy", "diagnoses", "timeline", "next", "because", "at", "text", "times", "items", "id", "entry", "argv", "inputs",
    "began", "ended", "resource", "state", "begins", "ends", "failure", "done", "total", "eta", "since", "deadline", "attempt", "remarks",
)  # fmt: skip
_DOCUMENTS = st.dictionaries(
    st.sampled_from(_KEYS),
    _JSON | st.lists(st.dictionaries(st.sampled_from(_KEYS), _JSON, max_size=6), max_size=3),
    max_size=8,
)


def printed(kind: str, data: object) -> Any:
    """What a command prints, as it comes out of a pipe."""
    return json.loads(json.dumps(document(kind, data)))


def _health(facts: dict[str, Any], **figures: float) -> DeviceHealth:
    return DeviceHealth(Device(Kind.NODE, "n", "s"), State.OK, 0.0, figures=figures, facts=facts)


@settings(max_examples=60)
@given(_DOCUMENTS | _JSON)
def test_whatever_an_answer_holds_it_is_read(answer: Any) -> None:
    explanation.read(answer)
    for entry in journal.read(answer):
        assert entry.took is None or entry.took > 0
    journal.read_page(answer)
    for lease_of in leases.read(answer):
        assert lease_of.resource
    if isinstance(answer, dict):
        node = nodes.read(_health(answer))
        assert node.progress is None or 0 <= node.progress <= 1


@given(
    st.floats() | st.integers() | st.text() | st.datetimes().map(str) | st.just("9999-12-31T23:59:59-14:00")
)
def test_a_moment_is_one_that_a_calendar_has(value: Any) -> None:
    at = fields.moment({"at": value}, "at")
    assert at is None or datetime.fromtimestamp(at, UTC).year <= 9999


def test_an_explanation_is_read_as_it_is_printed() -> None:
    seen = Evidence(AT, "dhcp", "discover", mac="52:54:00:00:00:01")
    line = explaining.Entry(AT, "it asks", seen, "mind", 3, AT + timedelta(seconds=9))
    advice = (explaining.Advice("look", "microdc switch ports"), explaining.Advice("pull the cable"))
    cause = explaining.Diagnosis(
        "no-loader", explaining.Certainty.LIKELY, "nothing answers", ("it asks",), advice
    )
    made = explaining.Explanation("bcn-c1", "it waits", explaining.Timeline((line,), 4), (cause,))
    read = explanation.read(printed("DeployExplanation", deploy_explain.data(made, ("its BMC is silent",))))
    assert read is not None
    assert (read.node, read.status, read.healthy, read.left_out) == ("bcn-c1", "it waits", False, 4)
    assert read.remarks == ("its BMC is silent",)
    began = AT.timestamp()
    assert read.lines == (explanation.Line(began, "it asks", "dhcp", "mind", 3, began + 9),)
    told = (explanation.Advice("look", "microdc switch ports"), explanation.Advice("pull the cable"))
    assert read.causes == (explanation.Cause("no-loader", "likely", "nothing answers", ("it asks",), told),)


def test_entries_are_read_as_they_are_printed_the_newest_first() -> None:
    actor = Actor("ana", "root", "ctl", 7, ["microdc", "apply"])
    first = StoredEntry(1, "apply", actor, "t", "asked for", AT, AT + timedelta(seconds=2), "done", {}, {})
    second = StoredEntry(2, "cut", actor, "t", "a cut", AT, AT, "refused", {}, {})
    answer = printed("Log", [history.entry_data(one) for one in (first, second)])
    newest, oldest = journal.read(answer)
    assert (newest.ident, newest.outcome, newest.took) == ("2", "refused", None)
    assert (oldest.who, oldest.user, oldest.host, oldest.pid) == ("ana", "root", "ctl", 7)
    assert (oldest.began, oldest.took) == (AT.timestamp(), 2.0)
    page = journal.read_page({"entry": answer["items"][0], "argv": ["microdc", "apply"], "data": {"a": 1}, "inputs": [{"name": "x", "bytes": 3}]})  # fmt: skip
    assert page is not None
    assert (page.entry, page.argv, page.data, page.inputs) == (
        oldest,
        ("microdc", "apply"),
        {"a": 1},
        (("x", 3),),
    )


def test_leases_are_read_as_they_are_printed_those_that_hold_first() -> None:
    def stored(ident: int, resource: str, state: Any) -> StoredLease:
        return StoredLease(ident, "t", resource, "ana", "lease", "why", AT, AT, AT, "secret", state)

    some = [
        stored(1, "wan", "expired"),
        stored(2, "rack:paris/r1", "planned"),
        stored(3, "site:paris", "held"),
    ]
    read = leases.read(printed("LeaseList", [lease._data(one, token=False) for one in some]))
    assert [(one.resource, one.state, one.site) for one in read] == [
        ("site:paris", "held", "paris"),
        ("rack:paris/r1", "planned", "paris"),
        ("wan", "expired", ""),
    ]
    assert {one.holder for one in read} == {"ana"}


def test_a_node_is_read_as_the_poller_tells_it() -> None:
    from microdc.deploy.model import Action, Failure, NodeRecord, Phase, Progress
    from microdc.deploy.model import State as NodeState
    from microdc.health.sources.judging_nodes import observed

    record = NodeRecord("t", "n", "s", NodeState.DEPLOYING, Phase.WORK, 1, 2, 3, Action.DEPLOY, since=AT, deadline=AT + timedelta(minutes=5), progress=Progress(5, 20, 1.0))  # fmt: skip
    node = _observed(observed("node/n", record, AT + timedelta(seconds=5)))
    assert (node.state, node.phase, node.attempt, node.moving) == ("deploying", "work", 2, True)
    assert (node.since, node.deadline) == (AT.timestamp(), AT.timestamp() + 300)
    assert (node.done, node.total, node.rate) == (5.0, 20.0, 1.0)
    assert node.progress is not None
    assert node.eta is not None
    ended = NodeRecord(
        "t", "n", "s", NodeState.FAILED, failure=Failure(Phase.DHCP, "no-loader", "it stops", "look")
    )
    node = _observed(observed("node/n", ended, AT))
    assert (node.state, node.phase, node.failure) == (
        "failed",
        "dhcp",
        nodes.Failure("no-loader", "it stops", "look"),
    )
    assert node.progress is None


def _observed(seen: Observation) -> nodes.Node:
    """What a poll gave, as the board has it."""
    device = Device(Kind.NODE, "n", "s")
    return nodes.read(
        DeviceHealth(device, State.OK, 0.0, reasons=seen.reasons, figures=seen.figures, facts=seen.facts)
    )


def test_how_far_a_node_is_comes_of_its_figure_or_of_what_is_written() -> None:
    assert nodes.read(_health({"done": 5, "total": 0})).progress is None
    assert nodes.read(_health({"done": 5, "total": 20})).progress == 0.25
    assert nodes.read(_health({"done": 5, "total": 20}, progress=0.5)).progress == 0.5
    assert nodes.read(_health({}, progress=7.0)).progress == 1.0


def test_the_phases_are_those_of_the_life_cycle() -> None:
    from microdc.deploy.lifecycle import ENDS, phases
    from microdc.deploy.model import Action, Phase
    from microdc.deploy.model import State as NodeState
    from microdc_tui.nodes.signs import SIGNS

    assert tuple(str(phase) for phase in Phase) == nodes.PHASES
    assert {str(state) for state in NodeState} == set(SIGNS)
    assert {str(state) for state in NodeState if state.moving} == nodes.MOVING
    for action, state in zip(Action, ("inspecting", "deploying", "cleaning"), strict=True):
        assert nodes.Node("n", "s", state).phases == tuple(str(phase) for phase in phases(action))
    assert set(ENDS) == set(Action)
