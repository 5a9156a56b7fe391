"""What all resources have in common: their identity, links to others, collections."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from microdc.lab.redfish.world import Document

ENABLED: Document = {"State": "Enabled", "Health": "OK"}
"""Status of what is there and well."""
ABSENT: Document = {"State": "Absent"}


def resource(path: str, schema: str, name: str) -> Document:
    """The first properties of a resource. schema: as in `Chassis.v1_23_0.Chassis`; its Id is the last part of the path."""
    return {
        "@odata.id": path,
        "@odata.type": f"#{schema}",
        "Id": path.rpartition("/")[2],
        "Name": name,
    }


def collection(path: str, kind: str, members: Iterable[str], schema: str = "") -> Document:
    """A collection of resources of a kind. members: the last parts of their paths, or whole paths; schema: where it is not named after the kind."""
    paths = [member if member.startswith("/") else f"{path}/{member}" for member in members]
    schema = schema or f"{kind}Collection"
    return {
        "@odata.id": path,
        "@odata.type": f"#{schema}.{schema}",
        "Name": f"{kind} collection",
        "Members": [link(member) for member in paths],
        "Members@odata.count": len(paths),
    }


def tree(path: str, kind: str, members: Iterable[Document]) -> dict[str, Document]:
    """A collection together with its members, by path."""
    by_path = {member["@odata.id"]: member for member in members}
    return {path: collection(path, kind, by_path), **by_path}


def link(path: str) -> Document:
    return {"@odata.id": path}


def links(path: str, *names: str) -> dict[str, Any]:
    """Properties that lead to the resources right below a path, each by its last part."""
    return {name: link(f"{path}/{name}") for name in names}


def action(path: str, name: str, **allowable: list[str]) -> Document:
    """An entry of Actions. name: as in `Chassis.Reset`; allowable: values by parameter."""
    return {
        f"#{name}": {
            "target": f"{path}/Actions/{name}",
            **{f"{parameter}@Redfish.AllowableValues": values for parameter, values in allowable.items()},
        }
    }
