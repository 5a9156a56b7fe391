"""What is asked of Ironic next for a node's job. Pure: the same node and mark always give the same answer, so a controller that starts anew goes on."""

from __future__ import annotations

from dataclasses import dataclass

from microdc.deploy.ironic.model import Mark, Node
from microdc.deploy.ironic.provision import (
    ACTIVE,
    ADOPT_FAILED,
    AVAILABLE,
    CLEAN_FAILED,
    DEPLOY_FAILED,
    ENROLL,
    ERROR,
    INSPECT_FAILED,
    MANAGEABLE,
    Way,
    meaning_of,
)
from microdc.deploy.model import Action


@dataclass(frozen=True, slots=True)
class Wait:
    """Ironic works at it."""


@dataclass(frozen=True, slots=True)
class Ask:
    """verb: what Ironic is asked for (`target` of a change of its provision state)."""

    verb: str


@dataclass(frozen=True, slots=True)
class Done:
    """The job ended well."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The job ended badly. cause: ironic-failed, ironic-maintenance, ironic-held, ironic-foreign, ironic-aborted or ironic-has-system."""

    cause: str
    text: str
    advice: str = ""


Decision = Wait | Ask | Done | Stop

DEPLOY_VERBS = frozenset({"active", "rebuild"})
"""Those that write a system; they are given the configuration drive."""

_MANAGE = {ENROLL: "manage", INSPECT_FAILED: "manage", CLEAN_FAILED: "manage", ADOPT_FAILED: "manage"}
_NEXT: dict[Action, dict[str, str]] = {
    Action.DEPLOY: {
        **_MANAGE,
        MANAGEABLE: "provide",
        AVAILABLE: "active",
        DEPLOY_FAILED: "active",
        ACTIVE: "rebuild",
        ERROR: "rebuild",
    },
    Action.INSPECT: {**_MANAGE, MANAGEABLE: "inspect", AVAILABLE: "manage", INSPECT_FAILED: "inspect"},
    Action.CLEAN: {
        **_MANAGE,
        MANAGEABLE: "provide",
        AVAILABLE: "manage",  # so that it is cleaned once more on its way back
        ACTIVE: "deleted",
        DEPLOY_FAILED: "deleted",
        ERROR: "deleted",
    },
}
"""By action and state: the way from every state where a node rests to the end of the job."""
_END = {Action.DEPLOY: ACTIVE, Action.INSPECT: MANAGEABLE, Action.CLEAN: AVAILABLE}


def decide(node: Node, mark: Mark) -> Decision:
    """The next thing for the job that the mark names."""
    way = meaning_of(node.state).way
    if (way is Way.WORKS or (way is Way.FAILED and node.reserved)) and not mark.aborted:
        return (
            Wait()
        )  # a conductor that has a failed node in its hands has not written down yet why it failed
    stop = _stop(node, mark, way)
    if stop is not None:
        return stop
    if node.state == _END[mark.action] and _reached(node, mark):
        return Done()
    if node.reserved:
        return Wait()  # the last thing that it was asked for is just being ended
    verb = _NEXT[mark.action].get(node.state)
    if verb is None:
        text = f"Ironic cannot {mark.action} a node that is {node.state}"
        return Stop("ironic-has-system", text, "microdc deploy clean takes its system away")
    return Ask(verb)


def _stop(node: Node, mark: Mark, way: Way) -> Stop | None:
    """Why the job cannot go on, where it cannot. What failed before the job began is no failure of it."""
    if mark.aborted:
        return Stop("ironic-aborted", "the job was aborted", "microdc deploy retry begins it anew")
    failed = way is Way.FAILED or (node.state == ENROLL and node.error)
    if failed and node.updated != mark.seen:
        return _failed(node)
    if node.maintenance:
        text = f"the node is in maintenance in Ironic: {node.reason or node.fault or 'no reason is given'}"
        return Stop("ironic-maintenance", text, "take it out of maintenance there, then retry")
    if way is Way.HELD:
        advice = "whoever holds it there lets it go on with `unhold`"
        return Stop("ironic-held", f"Ironic holds the node at {node.state}", advice)
    if way is Way.FOREIGN:
        advice = "wait for its end, or end it in Ironic; then retry"
        return Stop("ironic-foreign", f"somebody is at work on the node in Ironic: {node.state}", advice)
    return None


def _reached(node: Node, mark: Mark) -> bool:
    if mark.action is Action.INSPECT:
        return node.inspected != mark.inspected
    return node.updated != mark.seen


def _failed(node: Node) -> Stop:
    told = node.error or "Ironic gives no reason"
    what = "Ironic could not verify the BMC" if node.state == ENROLL else node.state
    return Stop("ironic-failed", f"{what}: {told}", _ADVICE.get(node.state, _RETRY))


_RETRY = "look at the conductor's log; microdc deploy retry tries again"
_ADVICE = {
    ENROLL: "check the BMC's address and credentials in the inventory, and that the conductor reaches it",
    DEPLOY_FAILED: "look at the node's console and at the conductor's log; microdc deploy retry tries again",
    CLEAN_FAILED: "look at the node's console and at the conductor's log; a new job takes it out of the maintenance that Ironic put it in",
}
