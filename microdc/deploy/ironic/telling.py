"""What Ironic did with a node, as evidence for `microdc deploy explain`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from microdc.deploy import kinds
from microdc.deploy.ironic.model import Node
from microdc.deploy.model import Evidence


def change(node: Node, name: str, move: int, now: datetime) -> Evidence:
    """The state that a node is in, where it is another than at the last look. now: of the controller, which saw it."""
    step = f", at {node.step}" if node.step else ""
    error = f": {node.error}" if node.error else ""
    data = {"state": node.state, "step": node.step, "power": node.power, "since": node.updated, "move": move}
    return Evidence(now, "ironic", kinds.PROVISION, node=name, text=f"{node.state}{step}{error}", data=data)


def mark_of_change(node: Node) -> tuple[str, ...]:
    """What makes a change that is worth telling."""
    return node.state, node.updated, node.step, node.error


def entries(
    history: Iterable[Mapping[str, Any]], name: str, move: int, now: datetime
) -> tuple[Evidence, ...]:
    """Entries of Ironic's own history of a node, which it writes when something goes wrong. Their times are of Ironic's clock."""
    return tuple(_entry(entry, name, move, now) for entry in history)


def newer(history: Sequence[Mapping[str, Any]], last: str) -> Sequence[Mapping[str, Any]]:
    """The entries after the one of this UUID, oldest first; all where it is not among them, since Ironic forgets old ones."""
    ordered = sorted(history, key=lambda entry: str(entry.get("created_at") or ""))
    at = next((number for number, entry in enumerate(ordered) if entry.get("uuid") == last), -1)
    return ordered[at + 1 :]


def newest(history: Sequence[Mapping[str, Any]]) -> str:
    """The UUID of the newest entry; "" where there is none."""
    ordered = newer(history, "")
    return str(ordered[-1].get("uuid") or "") if ordered else ""


def _entry(entry: Mapping[str, Any], name: str, move: int, now: datetime) -> Evidence:
    data = {key: entry.get(key) for key in ("uuid", "event_type", "severity", "conductor")} | {"move": move}
    text = str(entry.get("event") or "")
    return Evidence(
        _time(entry.get("created_at"), now), "ironic", kinds.HISTORY, node=name, text=text, data=data
    )


def _time(told: Any, now: datetime) -> datetime:
    """ISO 8601; Ironic's times are UTC also where they do not say so."""
    try:
        at = datetime.fromisoformat(str(told))
    except ValueError:
        return now
    return at if at.tzinfo else at.replace(tzinfo=UTC)
