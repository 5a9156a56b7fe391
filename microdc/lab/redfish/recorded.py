"""A recorded tree as the resources of a BMC: shown as it was recorded, with live power, boot override and LED."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from microdc.lab.redfish import boot
from microdc.lab.redfish.faults import Fault
from microdc.lab.redfish.power import reset_type
from microdc.lab.redfish.properties import Kinds, merged, writable
from microdc.lab.redfish.query import PAGING
from microdc.lab.redfish.recorded_system import RecordedSystem
from microdc.lab.redfish.resources.paths import ROOT
from microdc.lab.redfish.resources.session_service import SESSIONS
from microdc.lab.redfish.world import Act, Acts, Asked, Document, Reply

_WRITABLE: Kinds = {"AssetTag": str, "IndicatorLED": str, "LocationIndicatorActive": bool}
"""What can be changed of any resource that has it."""


class RecordedTree:
    """The part of a service that is all of a recorded tree but its sessions.

    tree: documents by path. planted: gives the faults that hold now.
    """

    def __init__(self, tree: Mapping[str, Document | bytes], planted: Callable[[], dict[str, Any]]) -> None:
        self._tree, self._planted = tree, planted
        self._folded = {path.lower(): path for path in tree}
        self._held: dict[str, Document] = {}
        self._systems = {path: self._system(path) for path in tree if _is_system(self._document(path))}
        self._actions = {system.action: system for system in self._systems.values() if system.action}

    def _system(self, path: str) -> RecordedSystem:
        document = self._document(path)
        reset = document["Actions"].get("#ComputerSystem.Reset", {})
        info = self._document(str(reset.get("@Redfish.ActionInfo", "")).rstrip("/"))
        return RecordedSystem(path, document, info, self._planted)

    @property
    def sessions(self) -> str:
        """Where this BMC has its sessions."""
        told = self._document(ROOT).get("Links", {}).get("Sessions", {}).get("@odata.id")
        return str(told or SESSIONS).rstrip("/")

    def _path(self, path: str) -> str:
        """As it was recorded: real BMCs differ in whether case counts, and some link to another case than they have."""
        return path if path in self._tree else self._folded.get(path.lower(), path)

    def _document(self, path: str) -> Document:
        """What was recorded there; {} where that is no JSON object."""
        found = self._tree.get(path)
        return found if isinstance(found, dict) else {}

    def _through_settings(self, path: str) -> RecordedSystem | None:
        """The system whose settings object lies there."""
        return next((one for one in self._systems.values() if one.settings == path), None)

    def read(self, path: str) -> Document | bytes | None:
        path = self._path(path)
        if settings := self._through_settings(path):
            return {"@odata.id": path, "Id": "Settings", "Name": "Settings", "Boot": settings.boot_property()}
        system = self._systems.get(path)
        live = {**self._held.get(path, {}), **(system.live() if system else {})}
        document = self._document(path)
        return _live(document, live) if live and document else self._tree.get(path)

    def acts(self, path: str) -> Acts:
        if path in self._actions:
            return {"POST": Act(partial(self._reset, self._actions[path]))}
        path = self._path(path)
        if settings := self._through_settings(path):
            return {"PATCH": Act(partial(self._patch_settings, settings))}
        document = self._document(path)
        if "Members" in document:
            return {"GET": Act(partial(self._page, document), "Login")}
        if path in self._systems or _WRITABLE.keys() & document.keys():
            return {"PATCH": Act(partial(self._patch, path))}
        return {}

    @staticmethod
    def _reset(system: RecordedSystem, asked: Asked) -> Reply:
        system.power.reset(reset_type(asked, system.reset_types, "On"))
        return Reply.done()

    @staticmethod
    def _patch_settings(system: RecordedSystem, asked: Asked) -> Reply:
        system.patch_boot(writable(asked.document, {}, {"Boot": dict})["Boot"])
        return Reply.done()

    def _patch(self, path: str, asked: Asked) -> Reply:
        system, document = self._systems.get(path), self._document(path)
        kinds = {name: kind for name, kind in _WRITABLE.items() if name in document}
        changes = writable(asked.document, document, {**kinds, **({"Boot": dict} if system else {})})
        if system and "Boot" in changes:
            faults = self._planted()
            if Fault.SETTINGS_OBJECT in faults:
                raise boot.refuse_outside_settings(faults)
            system.patch_boot(changes.pop("Boot"))
        self._held[path] = merged(self._held.get(path, {}), changes)
        return Reply(200, self.read(path))

    @staticmethod
    def _page(document: Document, asked: Asked) -> Reply:
        """A collection. Only first pages were recorded: what comes after is empty, and does not lead on for ever."""
        skip = next((value for name, value in asked.query.items() if name in PAGING - {"$top"}), "0")
        if skip == "0":
            return Reply(200, document)
        rest = list(document["Members"] or [])[int(skip) :] if skip.isdecimal() else []
        last = {name: value for name, value in document.items() if "nextLink" not in name}
        return Reply(200, {**last, "Members": rest})


def _is_system(document: Document) -> bool:
    kind = str(document.get("@odata.type", ""))
    return kind.startswith("#ComputerSystem.") and {"Boot", "Actions"} <= document.keys()


def _live(document: Document, live: Document) -> Document:
    """A recorded document with what is live in it; its recorded ETag no longer holds."""
    return {**{name: value for name, value in document.items() if name != "@odata.etag"}, **live}
