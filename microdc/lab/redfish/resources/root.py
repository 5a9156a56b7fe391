"""Where clients begin: the version, the service root, OData's service document and metadata, schemas and registries."""

from __future__ import annotations

from collections.abc import Iterable

from microdc.lab.redfish.refusals import MESSAGES, REGISTRY
from microdc.lab.redfish.resources.paths import ROOT
from microdc.lab.redfish.resources.session_service import SESSIONS
from microdc.lab.redfish.resources.shapes import ENABLED, collection, link, links, resource
from microdc.lab.redfish.world import Document

REDFISH_VERSION = "1.20.1"
LEVELS = 4
"""How deep $expand goes at most."""
SCHEMAS = "http://redfish.dmtf.org/schemas/v1"
BASE = f"{ROOT}/Registries/{REGISTRY}.1"
TASKS = f"{ROOT}/TaskService"
SERVICES = (
    "Systems",
    "Chassis",
    "Managers",
    "SessionService",
    "AccountService",
    "EventService",
    "UpdateService",
    "Registries",
    "JsonSchemas",
)


def service_root(uuid: str, product: str) -> Document:
    """Readable without a login."""
    return {
        "@odata.id": f"{ROOT}/",
        "@odata.type": "#ServiceRoot.v1_16_0.ServiceRoot",
        "Id": "RootService",
        "Name": "Root Service",
        "RedfishVersion": REDFISH_VERSION,
        "UUID": uuid,
        "Vendor": "microdc",
        "Product": product,
        "ProtocolFeaturesSupported": {
            "ExpandQuery": {
                "ExpandAll": True,
                "Levels": True,
                "Links": True,
                "NoLinks": True,
                "MaxLevels": LEVELS,
            },
            "SelectQuery": True,
            "OnlyMemberQuery": True,
            "FilterQuery": False,
            "ExcerptQuery": False,
            "MultipleHTTPRequests": True,
            "DeepOperations": {"DeepPATCH": False, "DeepPOST": False},
        },
        **links(ROOT, *SERVICES),
        "Tasks": link(TASKS),
        "Links": {"Sessions": link(SESSIONS)},
    }


def tasks() -> dict[str, Document]:
    """TaskService. No act of this BMC takes so long that it is a task."""
    return {
        TASKS: {
            **resource(TASKS, "TaskService.v1_2_0.TaskService", "Task Service"),
            "ServiceEnabled": True,
            "Status": ENABLED,
            "CompletedTaskOverWritePolicy": "Oldest",
            "LifeCycleEventOnTaskStateChange": False,
            **links(TASKS, "Tasks"),
        },
        f"{TASKS}/Tasks": collection(f"{TASKS}/Tasks", "Task", []),
    }


def registries() -> dict[str, Document]:
    """The messages that errors refer to."""
    content = f"{BASE}/Content"
    return {
        f"{ROOT}/Registries": collection(
            f"{ROOT}/Registries",
            "MessageRegistryFile",
            [BASE],
        ),
        BASE: {
            **resource(BASE, "MessageRegistryFile.v1_1_3.MessageRegistryFile", "Base message registry"),
            "Registry": REGISTRY,
            "Languages": ["en"],
            "Location": [{"Language": "en", "Uri": content}],
        },
        content: {
            "@odata.type": "#MessageRegistry.v1_6_0.MessageRegistry",
            "Id": f"{REGISTRY}.1",
            "Name": "Base message registry",
            "Language": "en",
            "Description": "The messages of the Base registry that this service uses.",
            "RegistryPrefix": "Base",
            "RegistryVersion": f"{REGISTRY.partition('.')[2]}.1",
            "OwningEntity": "DMTF",
            "Messages": {
                name: {
                    "Description": message.text,
                    "Message": message.text,
                    "MessageSeverity": message.severity,
                    "NumberOfArgs": message.arguments,
                    "ParamTypes": ["string"] * message.arguments,
                    "Resolution": message.resolution,
                }
                for name, message in MESSAGES.items()
            },
        },
    }


def schemas(types: Iterable[str]) -> dict[str, Document]:
    """Where the schema of each type is published. types: as in `Chassis.v1_23_0`, collections without version."""
    path = f"{ROOT}/JsonSchemas"
    return {
        path: collection(path, "JsonSchemaFile", types),
        **{
            f"{path}/{name}": {
                **resource(f"{path}/{name}", "JsonSchemaFile.v1_1_4.JsonSchemaFile", name),
                "Schema": f"#{name}.{name.partition('.')[0]}",
                "Languages": ["en"],
                "Location": [{"Language": "en", "PublicationUri": f"{SCHEMAS}/{name}.json"}],
            }
            for name in types
        },
    }


def odata() -> Document:
    """OData's service document."""
    found = [("Service", f"{ROOT}/"), *((name, f"{ROOT}/{name}") for name in SERVICES), ("Tasks", TASKS)]
    return {
        "@odata.context": f"{ROOT}/$metadata",
        "value": [{"name": name, "kind": "Singleton", "url": url} for name, url in found],
    }


def metadata(types: Iterable[str]) -> bytes:
    """OData's metadata: where the schemas of these types are, as XML."""
    references: dict[str, list[str]] = {}
    for name in types:
        references.setdefault(name.partition(".")[0], []).append(name)
    lines = [
        f'<edmx:Reference Uri="{SCHEMAS}/{base}_v1.xml">'
        + "".join(f'<edmx:Include Namespace="{name}"/>' for name in sorted({base, *names}))
        + "</edmx:Reference>"
        for base, names in sorted(references.items())
    ]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">'
        + "".join(lines)
        + '<edmx:DataServices><Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="Service">'
        '<EntityContainer Name="Service" Extends="ServiceRoot.v1_16_0.ServiceContainer"/>'
        "</Schema></edmx:DataServices></edmx:Edmx>\n"
    ).encode()
