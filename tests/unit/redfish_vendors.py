"""A small Redfish service in memory with one system, that can be told to behave as some vendor's does."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from microdc.bmc.errors import BmcRefusedError
from microdc.bmc.redfish.answers import Answer, Resource

SYSTEM = "/redfish/v1/Systems/1"
MANAGER = "/redfish/v1/Managers/1"
RESET = f"{SYSTEM}/Actions/ComputerSystem.Reset"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that changes something."""

    method: str
    path: str
    body: Any
    if_match: str


Behaviour = Callable[["Vendor", Sent], None]


def obeys(_service: Vendor, _sent: Sent) -> None:
    """Refuses nothing."""


@dataclass
class Vendor:
    """resources: by path. behaves: what is done with a request, after which it is carried out; it may refuse, or change anything."""

    resources: dict[str, Any]
    behaves: Behaviour = obeys
    etags: dict[str, str] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    swallows: bool = False

    def get(self, path: str) -> Resource:
        return self.read(path).body

    def read(self, path: str) -> Answer:
        key = path.rstrip("/")
        self.reads.append(key)
        if key not in self.resources:
            raise refusal(404, "Base.1.8.ResourceMissingAtURI")
        headers = {"etag": self.etags[key]} if key in self.etags else {}
        return Answer(200, headers, copy.deepcopy(self.resources[key]))

    def send(self, method: str, path: str, body: Resource | None = None, *, if_match: str = "") -> Answer:
        request = Sent(method, path, copy.deepcopy(body), if_match)
        self.sent.append(request)
        self.behaves(self, request)
        if method == "PATCH" and not self.swallows:
            merge(self.resources[path], request.body)
        return Answer(204)

    @property
    def system(self) -> dict[str, Any]:
        found: dict[str, Any] = self.resources[SYSTEM]
        return found

    @property
    def boot(self) -> dict[str, Any]:
        found: dict[str, Any] = self.system["Boot"]
        return found


def refusal(status: int, *codes: str, what: str = "") -> BmcRefusedError:
    return BmcRefusedError(what or f"refused with {status}", status=status, codes=codes)


def merge(into: dict[str, Any], change: Resource) -> None:
    for name, value in change.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            merge(into[name], value)
        else:
            into[name] = value


def system(**changes: Any) -> dict[str, Any]:
    """A system as the standard has it, with parts of it changed."""
    return {
        "@odata.id": SYSTEM,
        "@odata.type": "#ComputerSystem.v1_10_0.ComputerSystem",
        "Id": "1",
        "PowerState": "On",
        "Boot": {
            "BootSourceOverrideEnabled": "Disabled",
            "BootSourceOverrideTarget": "None",
            "BootSourceOverrideMode": "UEFI",
            "BootSourceOverrideTarget@Redfish.AllowableValues": [
                "None",
                "Pxe",
                "UefiHttp",
                "Hdd",
                "Cd",
                "BiosSetup",
            ],
        },
        "Actions": {
            "#ComputerSystem.Reset": {
                "target": RESET,
                "ResetType@Redfish.AllowableValues": [
                    "On",
                    "ForceOff",
                    "GracefulShutdown",
                    "GracefulRestart",
                    "ForceRestart",
                    "Nmi",
                ],
            }
        },
        **changes,
    }


def vendor(behaves: Behaviour = obeys, /, **changes: Any) -> Vendor:
    """A service around such a system."""
    found = Vendor(
        {
            "/redfish/v1": {"Systems": {"@odata.id": "/redfish/v1/Systems"}},
            "/redfish/v1/Systems": {"@odata.id": "/redfish/v1/Systems", "Members": [{"@odata.id": SYSTEM}]},
            SYSTEM: system(**changes),
        }
    )
    found.behaves = behaves
    return found
