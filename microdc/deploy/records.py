"""Nodes and evidence, between the values of this room and the plain rows of the store. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from microdc.deploy.model import (
    Action,
    Evidence,
    Failure,
    ImageRef,
    NodeRecord,
    Phase,
    Progress,
    Source,
    State,
)
from microdc.errors import MicrodcError
from microdc.store.nodes import NodeRow, SeenRow
from microdc.store.plain import plain

_APART = frozenset({"testbed", "name", "site", "state", "version"})
_MOMENTS = ("began", "since", "deadline")


def row_of(record: NodeRecord) -> NodeRow:
    """A node as the store keeps it."""
    body: dict[str, Any] = {
        field.name: getattr(record, field.name) for field in fields(record) if field.name not in _APART
    }
    for name in _MOMENTS:
        moment = body[name]
        body[name] = moment.isoformat() if moment is not None else None
    body = plain(body)
    return NodeRow(record.testbed, record.name, record.site, record.state.value, body, record.version)


def record_of(row: NodeRow) -> NodeRecord:
    """A node of the store. Raises MicrodcError for a row that this program does not understand."""
    try:
        return _record(row, dict(row.body))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"the store holds of this node what microdc does not understand: {error}"
        raise MicrodcError(what, where=row.name, hint="did a newer microdc write it?") from error


def _record(row: NodeRow, body: dict[str, Any]) -> NodeRecord:
    for name in _MOMENTS:
        if body.get(name) is not None:
            body[name] = datetime.fromisoformat(body[name])
    for name, kind in (("phase", Phase), ("action", Action), ("before", State)):
        if body.get(name) is not None:
            body[name] = kind(body[name])
    for name in ("image", "ran"):
        if body.get(name) is not None:
            body[name] = ImageRef(**body[name])
    if body.get("failure") is not None:
        failure = dict(body["failure"])
        body["failure"] = Failure(**{**failure, "phase": Phase(failure["phase"])})
    if body.get("progress") is not None:
        body["progress"] = Progress(**body["progress"])
    for name in ("host_keys", "ran_keys"):
        body[name] = tuple(body.get(name, ()))
    return NodeRecord(row.testbed, row.name, row.site, State(row.state), version=row.version, **body)


_SOURCES: Mapping[str, Source] = {
    "station": "station",
    "dhcp": "dhcp",
    "tftp": "tftp",
    "http": "http",
    "ramdisk": "ramdisk",
    "node": "node",
    "bmc": "bmc",
    "console": "console",
    "controller": "controller",
}


def seen_row(evidence: Evidence, site: str) -> SeenRow:
    """Evidence as the store keeps it."""
    return SeenRow(
        site=site,
        source=evidence.source,
        kind=evidence.kind,
        at=evidence.at,
        node=evidence.node,
        mac=evidence.mac,
        text=evidence.text,
        data=evidence.data,
        number=evidence.number,
    )


def evidence_of(row: SeenRow) -> Evidence:
    """Evidence of the store. A source that is not known is the station's: it told of it."""
    return Evidence(
        at=row.at,
        source=_SOURCES.get(row.source, "station"),
        kind=row.kind,
        node=row.node,
        mac=row.mac,
        text=row.text,
        data=row.data,
        number=row.number,
    )
