"""Query parameters: only, $select, $expand, $top and $skip, as far as the service root says that they are supported."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from microdc.lab.redfish.refusals import RefusedRequest
from microdc.lab.redfish.world import Document

_EXPAND = re.compile(r"([*.~])(?:\(\$levels=(\d+)\))?")
PAGING = {"$top", "$skip", "$skiptoken", "skip"}
"""What leads from page to page; the last two are seen in links of real BMCs."""
Read = Callable[[str], Document | None]


def supported(root: Mapping[str, Any]) -> dict[str, Any]:
    """The query parameters that a service root says it supports, each with what it says of it; $top and $skip go without saying."""
    features = root.get("ProtocolFeaturesSupported", {})
    names = {"$expand": "ExpandQuery", "$select": "SelectQuery", "only": "OnlyMemberQuery"}
    told = {query: features[name] for query, name in names.items() if features.get(name)}
    return {"$top": True, "$skip": True, **told}


def apply(document: Document, query: Mapping[str, str], known: Mapping[str, Any], read: Read) -> Document:
    """The document as the query wants it. known: what is supported; read: gives other documents.

    RefusedRequest: 501 for a parameter with $ that is not supported, 400 for one that does not fit; others are ignored.
    """
    asked = {name: value for name, value in query.items() if name in known}
    for name in query:
        if name not in known and name.startswith("$"):
            raise RefusedRequest(501, "QueryParameterUnsupported", name)
    if "only" in asked:
        document = _only(document, asked, read)
    if "$top" in asked or "$skip" in asked:
        document = _slice(document, asked)
    if "$expand" in asked:
        document = _expand(document, asked["$expand"], known["$expand"], read)
    return _select(document, asked["$select"]) if "$select" in asked else document


def _only(document: Document, asked: Mapping[str, str], read: Read) -> Document:
    """The one member of a collection; the collection where there are more or none."""
    if "$expand" in asked or "$select" in asked:
        raise RefusedRequest(400, "QueryCombinationInvalid")
    if asked["only"]:
        raise RefusedRequest(400, "QueryParameterValueFormatError", asked["only"], "only")
    members = _members(document)
    return (read(members[0]["@odata.id"]) or document) if len(members) == 1 else document


def _members(document: Document) -> list[Any]:
    if "Members" not in document:
        raise RefusedRequest(400, "QueryNotSupportedOnResource")
    return list(document["Members"])


def _slice(document: Document, asked: Mapping[str, str]) -> Document:
    members = _members(document)
    skip, top = (number(asked, name) for name in ("$skip", "$top"))
    start = skip or 0
    end = len(members) if top is None else start + top
    return {**document, "Members": members[start:end]}


def number(asked: Mapping[str, str], name: str) -> int | None:
    """A parameter that counts; None where it is not there."""
    if name not in asked:
        return None
    if not re.fullmatch(r"-?\d+", asked[name]):
        raise RefusedRequest(400, "QueryParameterValueFormatError", asked[name], name)
    if int(asked[name]) < 0:
        raise RefusedRequest(400, "QueryParameterOutOfRange", asked[name], name, "0-")
    return int(asked[name])


def _expand(document: Document, value: str, feature: Mapping[str, Any], read: Read) -> Document:
    """Puts the documents in the place of links: `.` below the resource, `~` in Links, `*` both; as many levels deep as asked."""
    found = _EXPAND.fullmatch(value)
    if not found:
        raise RefusedRequest(400, "QueryParameterValueFormatError", value, "$expand")
    levels, most = int(found[2] or 1), int(feature.get("MaxLevels", 1))
    if not 1 <= levels <= most:
        raise RefusedRequest(400, "QueryParameterOutOfRange", str(levels), "$expand", f"1-{most}")
    return _expanded(document, found[1], levels, read)


def _expanded(document: Document, which: str, levels: int, read: Read) -> Document:
    def grown(value: Any) -> Any:
        if isinstance(value, list):
            return [grown(one) for one in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"@odata.id"}:
            other = read(value["@odata.id"]) if "#" not in value["@odata.id"] else None
            if other is None:
                return value
            return _expanded(other, which, levels - 1, read) if levels > 1 else other
        return {name: grown(one) for name, one in value.items() if name != "Links"} | (
            {"Links": value["Links"]} if "Links" in value else {}
        )

    grow = {
        "Links": which != ".",
        "Actions": False,
        "@Redfish.Settings": False,
    }
    return {name: grown(value) if grow.get(name, which != "~") else value for name, value in document.items()}


def _select(document: Document, value: str) -> Document:
    """The properties named, with `/` into objects; what identifies the resource stays, and so do members of a collection."""
    if not value or any(not name for name in value.split(",")):
        raise RefusedRequest(400, "QueryParameterValueFormatError", value, "$select")
    kept = {name: one for name, one in document.items() if name.startswith("@odata.")}
    for path in value.split(","):
        _copy(document, kept, path.strip().split("/"))
    return kept


def _copy(source: Document, into: Document, names: list[str]) -> None:
    name, *rest = names
    if name not in source:
        return
    if rest and isinstance(source[name], dict):
        _copy(source[name], into.setdefault(name, {}), rest)
    else:
        into[name] = source[name]
