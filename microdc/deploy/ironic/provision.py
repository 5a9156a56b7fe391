"""The provision states of Ironic's nodes, in the words of microdc's life cycle. Pure.

The states are those of Ironic's `ironic/common/states.py` from release 21.4 (2023.1) to those that newer ones added (hold and service).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from microdc.deploy.model import Action, Phase, State


class Way(Enum):
    """How a state is left."""

    RESTS = auto()  # somebody asks for something
    WORKS = auto()  # by itself
    FAILED = auto()  # somebody looks into it, then asks for something
    HELD = auto()  # whoever holds it there lets it go on
    FOREIGN = auto()  # somebody is at work who is not microdc: it is never interfered with


@dataclass(frozen=True, slots=True)
class Meaning:
    """state: of a node that Ironic has there. agent: whether Ironic waits there for its ramdisk."""

    state: State
    way: Way
    agent: bool = False


ENROLL, MANAGEABLE, AVAILABLE, ACTIVE = "enroll", "manageable", "available", "active"
DEPLOYING, DEPLOY_WAIT, DEPLOY_FAILED = "deploying", "wait call-back", "deploy failed"
CLEAN_WAIT, CLEAN_FAILED = "clean wait", "clean failed"
INSPECT_WAIT, INSPECT_FAILED = "inspect wait", "inspect failed"
ADOPT_FAILED, ERROR = "adopt failed", "error"

MEANINGS: dict[str, Meaning] = {
    ENROLL: Meaning(State.ENROLLED, Way.RESTS),
    "verifying": Meaning(State.ENROLLED, Way.WORKS),
    MANAGEABLE: Meaning(State.ENROLLED, Way.RESTS),
    AVAILABLE: Meaning(State.ENROLLED, Way.RESTS),
    "inspecting": Meaning(State.INSPECTING, Way.WORKS),
    INSPECT_WAIT: Meaning(State.INSPECTING, Way.WORKS, agent=True),
    INSPECT_FAILED: Meaning(State.FAILED, Way.FAILED),
    DEPLOYING: Meaning(State.DEPLOYING, Way.WORKS),
    DEPLOY_WAIT: Meaning(State.DEPLOYING, Way.WORKS, agent=True),
    "deploy hold": Meaning(State.DEPLOYING, Way.HELD),
    "deploy complete": Meaning(State.DEPLOYING, Way.WORKS),
    "deploy": Meaning(
        State.DEPLOYING, Way.WORKS
    ),  # these three are words for what is asked, and were states once
    "rebuild": Meaning(State.DEPLOYING, Way.WORKS),
    "undeploy": Meaning(State.CLEANING, Way.WORKS),
    DEPLOY_FAILED: Meaning(State.FAILED, Way.FAILED),
    ACTIVE: Meaning(State.ACTIVE, Way.RESTS),
    "deleting": Meaning(State.CLEANING, Way.WORKS),
    "deleted": Meaning(State.CLEANING, Way.WORKS),
    "cleaning": Meaning(State.CLEANING, Way.WORKS),
    CLEAN_WAIT: Meaning(State.CLEANING, Way.WORKS, agent=True),
    "clean hold": Meaning(State.CLEANING, Way.HELD),
    CLEAN_FAILED: Meaning(State.FAILED, Way.FAILED),
    ERROR: Meaning(State.FAILED, Way.FAILED),
    "adopting": Meaning(State.MAINTENANCE, Way.FOREIGN),
    ADOPT_FAILED: Meaning(State.FAILED, Way.FAILED),
    "rescue": Meaning(State.MAINTENANCE, Way.FOREIGN),
    "rescuing": Meaning(State.MAINTENANCE, Way.FOREIGN),
    "rescue wait": Meaning(State.MAINTENANCE, Way.FOREIGN, agent=True),
    "rescue failed": Meaning(State.FAILED, Way.FAILED),
    "unrescuing": Meaning(State.MAINTENANCE, Way.FOREIGN),
    "unrescue failed": Meaning(State.FAILED, Way.FAILED),
    "servicing": Meaning(State.MAINTENANCE, Way.FOREIGN),
    "service wait": Meaning(State.MAINTENANCE, Way.FOREIGN, agent=True),
    "service hold": Meaning(State.MAINTENANCE, Way.FOREIGN),
    "service failed": Meaning(State.FAILED, Way.FAILED),
}

_LATE_STEPS = {
    "prepare_instance_boot": Phase.CONFIGURE,
    "tear_down_agent": Phase.CONFIGURE,
    "switch_to_tenant_network": Phase.FIRST_BOOT,
    "boot_instance": Phase.FIRST_BOOT,
}
"""Steps of Ironic's `direct` deployment after the image is written; its ramdisk is heard in all of them."""


def meaning_of(state: str) -> Meaning:
    """What a provision state says; one that is not known is somebody else's business: it is waited for by nobody and never changed."""
    return MEANINGS.get(state, Meaning(State.MAINTENANCE, Way.FOREIGN))


def phase_of(state: str, action: Action, *, step: str, heard: bool) -> Phase:
    """In which phase of a move a node is. step: the name of the step that Ironic takes; heard: whether its ramdisk has called."""
    meaning = meaning_of(state)
    if state == ACTIVE and action is Action.DEPLOY:
        return Phase.VERIFY
    if meaning.state is not _WORKS_AT[action]:
        return Phase.PREPARE  # on the way there: enrolled, verified, cleaned before it is deployed
    if heard:
        return _LATE_STEPS.get(step, Phase.WORK)
    return Phase.RAMDISK if meaning.agent else Phase.POWER


_WORKS_AT = {
    Action.DEPLOY: State.DEPLOYING,
    Action.INSPECT: State.INSPECTING,
    Action.CLEAN: State.CLEANING,
}
