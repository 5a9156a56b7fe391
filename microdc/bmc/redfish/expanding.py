"""A collection with its members in one request, where the service can (`$expand`, DSP0266 section 7.3)."""

from __future__ import annotations

from typing import Any

from microdc.bmc.redfish.answers import Resource

MOST_PAGES = 1000


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


def members_of(collection: Resource) -> list[Any]:
    """What it lists; nothing where it lists nothing."""
    found = collection.get("Members")
    return found if isinstance(found, list) else []


def next_of(collection: Resource) -> str:
    """Where the next page is, "" for none."""
    found = collection.get("Members@odata.nextLink")
    return found if isinstance(found, str) else ""


def reference_of(member: Any) -> str:
    """The path of a member that is no more than a reference, "" for one that is there in full, or is none."""
    if isinstance(member, dict) and set(member) == {"@odata.id"} and isinstance(member["@odata.id"], str):
        return member["@odata.id"]
    return ""
