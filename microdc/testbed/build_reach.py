"""How hosts are reached: checked records to values, files resolved against their document. Pure."""

from __future__ import annotations

from microdc.documents.reach import ReachRecord
from microdc.documents.site import SiteDocument
from microdc.documents.testbed import TestbedDocument
from microdc.testbed.files import Source
from microdc.testbed.reach import Reach

AnySource = Source[TestbedDocument] | Source[SiteDocument]


def reach_of(record: ReachRecord, source: AnySource) -> Reach:
    return Reach(
        host=record.host,
        identity=file_of(record.identity, source),
        known_hosts=file_of(record.known_hosts, source),
        host_key=record.host_key or "",
        via=record.via or "",
        jump=reach_of(record.jump, source) if record.jump else None,
    )


def file_of(name: str | None, source: AnySource) -> str:
    """Relative to the document; `~` is left to whoever opens it."""
    if not name or name.startswith("~"):
        return name or ""
    return str(source.document.file.parent / name)
