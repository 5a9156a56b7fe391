"""A node as Ironic tells of it, and what microdc notes beside it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from microdc.deploy.model import Action

KEY = "microdc"
"""Where in a node's `extra` the mark stands."""
CLEAN_FAULT = "clean failure"
"""The fault with which Ironic itself puts a node into maintenance when its cleaning fails."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What microdc notes at a node before it asks anything of Ironic, so that a controller that starts anew knows what is asked already.

    move, action: of the job. seen, inspected, history: the time of the last change of state, that of the last inspection, and the newest
    entry of the history, all as Ironic told them when the job began: whatever is the same was there before. ours: it was deployed, or
    cleaned, by microdc before, so no stranger's data is on it. aborted: the job was ended.
    """

    testbed: str
    move: int
    action: Action
    seen: str = ""
    inspected: str = ""
    history: str = ""
    ours: bool = False
    aborted: bool = False

    def told(self) -> dict[str, Any]:
        """As it stands in `extra`."""
        return {
            "testbed": self.testbed,
            "move": self.move,
            "action": self.action.value,
            "seen": self.seen,
            "inspected": self.inspected,
            "history": self.history,
            "ours": self.ours,
            "aborted": self.aborted,
        }


@dataclass(frozen=True, slots=True)
class Node:
    """A node. updated: when its state changed last, "" for never; inspected: when it was inspected last; reserved: the conductor that has it in its hands.

    step: the step of a deployment or a cleaning that is being taken; heard: whether the ramdisk has called since it was started last.
    mark: None where it was never microdc's.
    """

    uuid: str
    name: str
    state: str
    driver: str = ""
    power: str = ""
    maintenance: bool = False
    reason: str = ""
    fault: str = ""
    error: str = ""
    updated: str = ""
    inspected: str = ""
    reserved: str = ""
    step: str = ""
    heard: bool = False
    properties: Mapping[str, Any] = field(default_factory=dict)
    instance: Mapping[str, Any] = field(default_factory=dict)
    mark: Mark | None = None


FIELDS = (
    "uuid", "name", "provision_state", "driver", "power_state", "maintenance", "maintenance_reason", "fault", "last_error",
    "provision_updated_at", "inspection_finished_at", "reservation", "deploy_step", "clean_step", "driver_internal_info",
    "properties", "instance_info", "extra",
)  # fmt: skip
"""What is asked for of a node: all that `node_of` reads, and not `driver_info`, where the BMC's user stands."""


def node_of(data: Mapping[str, Any]) -> Node:
    """A node from Ironic's JSON."""

    def text(key: str) -> str:
        return str(data.get(key) or "")

    def part(key: str) -> Mapping[str, Any]:
        value = data.get(key)
        return value if isinstance(value, Mapping) else {}

    return Node(
        uuid=text("uuid"),
        name=text("name"),
        state=text("provision_state") or "enroll",
        driver=text("driver"),
        power=text("power_state"),
        maintenance=bool(data.get("maintenance")),
        reason=text("maintenance_reason"),
        fault=text("fault"),
        error=text("last_error"),
        updated=text("provision_updated_at"),
        inspected=text("inspection_finished_at"),
        reserved=text("reservation"),
        step=str(part("deploy_step").get("step") or part("clean_step").get("step") or ""),
        heard=bool(part("driver_internal_info").get("agent_url")),
        properties=part("properties"),
        instance=part("instance_info"),
        mark=mark_of(part("extra").get(KEY)),
    )


def mark_of(data: Any) -> Mark | None:
    """The mark from `extra`; None where there is none, or none that can be read."""
    if not isinstance(data, Mapping):
        return None
    try:
        move, action = int(data["move"]), Action(data["action"])
    except (KeyError, TypeError, ValueError):
        return None
    return Mark(
        testbed=str(data.get("testbed") or ""),
        move=move,
        action=action,
        seen=str(data.get("seen") or ""),
        inspected=str(data.get("inspected") or ""),
        history=str(data.get("history") or ""),
        ours=bool(data.get("ours")),
        aborted=bool(data.get("aborted")),
    )
