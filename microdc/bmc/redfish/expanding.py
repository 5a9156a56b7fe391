"""A collection with its members in one request, where the service can (`$expand`, DSP0266 section 7.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from microdc.bmc.errors import BmcRefusedError
from microdc.bmc.redfish.answers import Resource

_MOST_PAGES = 1000


def expand_query(root: Resource) -> str:
    """The query by which this service puts members into a collection, from what its root says; "" where it does not."""
    features = root.get("ProtocolFeaturesSupported")
    can = features.get("ExpandQuery") if isinstance(features, dict) else None
    if not isinstance(can, dict):
        return ""
    what = "." if can.get("NoLinks") is True else "*" if can.get("ExpandAll") is True else ""
    if not what:
        return ""
    return f"$expand={what}($levels=1)" if can.get("Levels") is True else f"$expand={what}"


def whole_collection(get: Callable[[str], Resource], path: str, first: Resource) -> Resource:
    """All pages of the collection whose first page is given, in one, with members in full. A member that is refused stays a reference."""
    members = _members(first)
    seen, following = {path}, _next(first)
    while following and following not in seen and len(seen) < _MOST_PAGES:
        seen.add(following)
        page = get(following)
        members += _members(page)
        following = _next(page)
    whole = {**first, "Members": [_in_full(get, member) for member in members]}
    if not following:
        whole.pop("Members@odata.nextLink", None)
    return whole


def _members(collection: Resource) -> list[Any]:
    found = collection.get("Members")
    return list(found) if isinstance(found, list) else []


def _next(collection: Resource) -> str:
    found = collection.get("Members@odata.nextLink")
    return found if isinstance(found, str) else ""


def _in_full(get: Callable[[str], Resource], member: Any) -> Any:
    """What a member refers to, where it is no more than a reference."""
    if (
        not isinstance(member, dict)
        or set(member) != {"@odata.id"}
        or not isinstance(member["@odata.id"], str)
    ):
        return member
    try:
        return get(member["@odata.id"])
    except BmcRefusedError:
        return member
