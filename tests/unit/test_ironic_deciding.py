"""What is asked of Ironic next, from every state that it can have a node in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from microdc.deploy.ironic.deciding import Ask, Decision, Done, Stop, Wait, decide
from microdc.deploy.ironic.model import Mark, Node
from microdc.deploy.ironic.provision import MEANINGS, Way, meaning_of, phase_of
from microdc.deploy.model import Action, Phase, State

BEFORE, AFTER = "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:07+00:00"


def node(state: str, *, updated: str = AFTER, error: str = "", **more: object) -> Node:
    return replace(Node("u", "n1", state, updated=updated, error=error, inspected=BEFORE), **more)  # type: ignore[arg-type]


def mark(action: Action, *, aborted: bool = False) -> Mark:
    return Mark("t", 1, action, seen=BEFORE, inspected=BEFORE, aborted=aborted)


WAYS = {
    Action.DEPLOY: [
        ("enroll", "manage"),
        ("verifying", None),
        ("manageable", "provide"),
        ("cleaning", None),
        ("clean wait", None),
        ("available", "active"),
        ("deploying", None),
        ("wait call-back", None),
        ("active", "done"),
    ],
    Action.INSPECT: [("enroll", "manage"), ("manageable", "inspect"), ("inspecting", None), ("inspect wait", None)],
    Action.CLEAN: [("active", "deleted"), ("deleting", None), ("cleaning", None), ("available", "done")],
}  # fmt: skip


def word(decision: Decision) -> str | None:
    match decision:
        case Ask(verb):
            return verb
        case Done():
            return "done"
        case Stop(cause):
            return cause
        case Wait():
            return None


@pytest.mark.parametrize(
    ("action", "state", "verb"), [(action, *step) for action, way in WAYS.items() for step in way]
)
def test_the_way_of_a_job(action: Action, state: str, verb: str | None) -> None:
    assert word(decide(node(state), mark(action))) == verb


@pytest.mark.parametrize(
    ("action", "state", "verb"),
    [
        (Action.DEPLOY, "active", "rebuild"),
        (Action.DEPLOY, "deploy failed", "active"),
        (Action.DEPLOY, "error", "rebuild"),
        (Action.DEPLOY, "clean failed", "manage"),
        (Action.DEPLOY, "inspect failed", "manage"),
        (Action.CLEAN, "available", "manage"),
        (Action.CLEAN, "deploy failed", "deleted"),
        (Action.INSPECT, "inspect failed", "inspect"),
        (Action.INSPECT, "available", "manage"),
        (Action.INSPECT, "active", "ironic-has-system"),
    ],
)
def test_what_was_so_before_the_job_began_is_neither_its_end_nor_its_failure(
    action: Action, state: str, verb: str
) -> None:
    assert word(decide(node(state, updated=BEFORE, error="long ago"), mark(action))) == verb


@pytest.mark.parametrize("state", [state for state, meaning in MEANINGS.items() if meaning.way is Way.FAILED])
@pytest.mark.parametrize("action", Action)
def test_what_fails_in_the_job_ends_it_in_ironics_words(action: Action, state: str) -> None:
    decision = decide(node(state, error="the fan is on fire", maintenance=True), mark(action))
    assert isinstance(decision, Stop)
    assert decision.cause == "ironic-failed"
    assert "the fan is on fire" in decision.text
    assert decision.advice


def test_a_bmc_that_cannot_be_verified() -> None:
    failed = node("enroll", error="Redfish: 401")
    assert "could not verify the BMC: Redfish: 401" in getattr(
        decide(failed, mark(Action.DEPLOY)), "text", ""
    )
    assert word(decide(replace(failed, updated=BEFORE), mark(Action.DEPLOY))) == "manage"


def test_an_inspection_is_over_when_ironic_says_when() -> None:
    again = mark(Action.INSPECT)
    assert word(decide(node("manageable", inspected=BEFORE), again)) == "inspect"
    assert word(decide(node("manageable", inspected=AFTER), again)) == "done"


def test_a_node_in_a_conductors_hands_is_waited_for() -> None:
    assert word(decide(node("available", reserved="host1"), mark(Action.DEPLOY))) is None
    assert word(decide(node("active", reserved="host1"), mark(Action.DEPLOY))) == "done"


def test_maintenance_holds_and_strangers_work_stop_a_job() -> None:
    deploy = mark(Action.DEPLOY)
    assert word(decide(node("available", maintenance=True, reason="fan"), deploy)) == "ironic-maintenance"
    assert word(decide(node("deploy hold"), deploy)) == "ironic-held"
    for state in ("rescue", "rescue wait", "servicing", "adopting", "a state of the year 2040"):
        assert word(decide(node(state), deploy)) == "ironic-foreign"


@pytest.mark.parametrize("state", sorted(MEANINGS))
def test_nothing_is_asked_any_more_for_a_job_that_was_aborted(state: str) -> None:
    decision = decide(node(state), mark(Action.DEPLOY, aborted=True))
    assert word(decision) == "ironic-aborted"


@pytest.mark.parametrize("state", sorted(MEANINGS))
@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("heard", [False, True])
def test_every_state_has_a_phase_in_every_job(state: str, action: Action, heard: bool) -> None:  # noqa: FBT001
    phase = phase_of(state, action, step="", heard=heard)
    works = meaning_of(state).state in {State.DEPLOYING, State.INSPECTING, State.CLEANING}
    assert works or phase in {Phase.PREPARE, Phase.VERIFY}


@pytest.mark.parametrize(
    ("state", "step", "heard", "phase"),
    [
        ("available", "", False, Phase.PREPARE),
        ("deploying", "", False, Phase.POWER),
        ("wait call-back", "", False, Phase.RAMDISK),
        ("deploying", "write_image", True, Phase.WORK),
        ("wait call-back", "write_image", True, Phase.WORK),
        ("deploying", "tear_down_agent", True, Phase.CONFIGURE),
        ("deploying", "boot_instance", True, Phase.FIRST_BOOT),
        ("active", "", False, Phase.VERIFY),
    ],
)
def test_the_phases_of_a_deployment(state: str, step: str, heard: bool, phase: Phase) -> None:  # noqa: FBT001
    assert phase_of(state, Action.DEPLOY, step=step, heard=heard) is phase
