"""The kinds of document and their JSON Schemas, by which editors complete, explain and check."""

from __future__ import annotations

from typing import Any

from microdc.documents.check import nearest
from microdc.documents.fields import Record
from microdc.documents.image import ImageDocument
from microdc.documents.profile import ProfileDocument
from microdc.documents.site import SiteDocument
from microdc.documents.testbed import TestbedDocument
from microdc.documents.topology import TopologyDocument
from microdc.errors import InputError

DRAFT = "https://json-schema.org/draft/2020-12/schema"

KINDS: dict[str, type[Record]] = {
    "testbed": TestbedDocument,
    "site": SiteDocument,
    "profile": ProfileDocument,
    "topology": TopologyDocument,
    "image": ImageDocument,
}
"""Every kind of document by name; each one's first key bears the same name."""


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a document kind. Raises InputError for a name that is none."""
    if name not in KINDS:
        raise InputError(f"there is no document kind {name!r}", hint=nearest(name, KINDS))
    schema = KINDS[name].model_json_schema(mode="validation")
    return {"$schema": DRAFT, **_without_null(schema)}


def _without_null(schema: Any) -> Any:
    """A key that may be left out is not one that may be empty: pydantic's `anyOf: [X, null]` becomes X."""
    if isinstance(schema, list):
        return [_without_null(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {
        key: _without_null(value) for key, value in schema.items() if not (key == "default" and value is None)
    }
    choices = [choice for choice in kept.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        del kept["anyOf"]
        kept = {**choices[0], **kept}
    return kept
