"""What every service of a described machine says alike: tasks, registries, schemas, OData."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from microdc.lab.redfish.resources import account_service, event_service, log_entries, root, session_service
from microdc.lab.redfish.resources.paths import ROOT, SEL
from microdc.lab.redfish.resources.shapes import collection
from microdc.lab.redfish.world import Acts, Document


class Common:
    """Documents that nothing changes. types: of all resources that the service has."""

    def __init__(self, types: tuple[str, ...]) -> None:
        self._documents = _documents(types)

    def read(self, path: str) -> Document | bytes | None:
        return self._documents.get(path)

    def acts(self, path: str) -> Acts:  # noqa: ARG002  the protocol's
        return {}


@cache
def _documents(types: tuple[str, ...]) -> dict[str, Document | bytes]:
    return {
        "/redfish": {"v1": f"{ROOT}/"},
        f"{ROOT}/odata": root.odata(),
        f"{ROOT}/$metadata": root.metadata(types),
        **root.tasks(),
        **root.registries(),
        **root.schemas(types),
    }


def types_of(documents: Iterable[Document]) -> tuple[str, ...]:
    """The types of documents, without repetition: `Chassis.v1_23_0`, `ChassisCollection`."""
    found = {
        str(one["@odata.type"]).removeprefix("#").rpartition(".")[0]
        for one in documents
        if "@odata.type" in one
    }
    return tuple(sorted(found))


def examples() -> list[Document]:
    """One resource of each type whose members come and go."""
    return [
        root.service_root("", ""),
        session_service.service(0),
        session_service.session("", "", "", ""),
        account_service.service(0, 0),
        account_service.role("ReadOnly"),
        account_service.account("", "", ""),
        event_service.service(0, 0),
        event_service.destination("", {}),
        event_service.event(0, []),
        log_entries.page(SEL, [], 0, None),
        log_entries.entry(SEL, 1, {}),
        *(
            collection("", kind, [])
            for kind in ("Session", "ManagerAccount", "Role", "EventDestination", "JsonSchemaFile")
        ),
        *(
            document
            for part in (root.tasks(), root.registries(), root.schemas(["Message.v1_1_2"]))
            for document in part.values()
        ),
    ]
