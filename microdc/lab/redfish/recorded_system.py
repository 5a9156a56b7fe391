"""A ComputerSystem of a recorded tree, brought to life: its power and its boot override."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from microdc.lab.redfish import boot
from microdc.lab.redfish.memory import MemoryMachine
from microdc.lab.redfish.power import RESET_TYPES, ServerPower
from microdc.lab.redfish.world import Document

WAY_SECONDS = 0.3
"""How long a recorded server is PoweringOn or PoweringOff."""


class RecordedSystem:
    """One system. document: as it was recorded; action_info: that of its Reset, {} for none; planted: gives the faults that hold now."""

    def __init__(
        self, path: str, document: Document, action_info: Document, planted: Callable[[], dict[str, Any]]
    ) -> None:
        self.path = path
        self._recorded, self._planted = document, planted
        machine = MemoryMachine(on=document.get("PowerState") == "On")
        self.power = ServerPower(machine, planted, way=WAY_SECONDS)
        reset = document["Actions"].get("#ComputerSystem.Reset", {})
        self.action = str(reset.get("target", "")).rstrip("/")
        named = {
            str(one.get("Name")): one.get("AllowableValues") for one in action_info.get("Parameters", [])
        }
        told = reset.get("ResetType@Redfish.AllowableValues") or named.get("ResetType")
        self.reset_types: Sequence[str] = told or RESET_TYPES
        self._asked = False

    @property
    def settings(self) -> str:
        """The path of its settings object, "" where it has none of our making."""
        return boot.through_settings(self._planted(), self.path) or ""

    def live(self) -> Document:
        """What is not as it was recorded. Boot is, as long as nothing was asked of it."""
        changed: Document = {"PowerState": self.power.state(), "Boot": self.boot_property()}
        if self.settings:
            changed["@Redfish.Settings"] = boot.settings_link(self.settings)
        return {name: value for name, value in changed.items() if name in self._recorded or "@" in name}

    def boot_property(self) -> Document:
        recorded = dict(self._recorded.get("Boot") or {})
        now = boot.document(self.power.machine, self._words()) if self._asked else {}
        return {**recorded, **{name: now[name] for name in now if name in boot.SETTABLE}}

    def patch_boot(self, changes: Any) -> None:
        """Carries out a PATCH of Boot; RefusedRequest as `boot.patch`."""
        boot.patch(self.power.machine, changes, self._planted(), self._words())
        self._asked = True

    def _words(self) -> boot.Words:
        """The targets that were recorded as allowable, in the BMC's own words, or all there are; both modes."""
        told = (self._recorded.get("Boot") or {}).get("BootSourceOverrideTarget@Redfish.AllowableValues")
        own = {str(one): str(one) for one in told or () if one != "None"}
        return boot.Words({"none": "None", **own} if told else boot.TARGETS, boot.MODES)
