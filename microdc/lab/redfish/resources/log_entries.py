"""The entries of a log, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from microdc.lab.redfish.resources.shapes import link, resource
from microdc.lab.redfish.world import Document

PAGE = 50
"""Entries in one answer, as many as common BMCs give."""


def entry(path: str, number: int, told: dict[str, Any]) -> Document:
    """A LogEntry. path: of the entries; told: a line of `sel.jsonl`, {"at", "message", "severity", "code", "source"}, all but the message optional."""
    return {
        **resource(f"{path}/{number}", "LogEntry.v1_15_0.LogEntry", f"Log entry {number}"),
        "EntryType": "SEL",
        "EntryCode": "Assert",
        "Created": told.get("at"),
        "Severity": told.get("severity", "OK"),
        "Message": str(told.get("message", "")),
        "MessageId": str(told.get("code", "")),
        "MessageArgs": [],
        **({"Links": {"OriginOfCondition": link(told["source"])}} if told.get("source") else {}),
    }


def page(path: str, entries: Sequence[dict[str, Any]], skip: int, top: int | None) -> Document:
    """The collection from entry `skip` on, at most `top` and never more than a page; with a link to the next one."""
    size = PAGE if top is None else min(top, PAGE)
    members = [entry(path, number, told) for number, told in enumerate(entries, 1)][skip : skip + size]
    document: Document = {
        "@odata.id": path,
        "@odata.type": "#LogEntryCollection.LogEntryCollection",
        "Name": "Log entries",
        "Members": members,
        "Members@odata.count": len(entries),
    }
    if top is None and skip + size < len(entries):
        document["Members@odata.nextLink"] = f"{path}?$skip={skip + size}"
    return document
