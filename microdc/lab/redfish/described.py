"""A machine of the lab, as the resources of its BMC: read from its directory, acted on through `Machine`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from microdc.lab.redfish import boot
from microdc.lab.redfish.clock import now
from microdc.lab.redfish.crossings import Crossings
from microdc.lab.redfish.facts import Facts, MachineFiles
from microdc.lab.redfish.faults import Fault, seconds
from microdc.lab.redfish.kept import Kept
from microdc.lab.redfish.power import RESET_TYPES, ServerPower, reset_type
from microdc.lab.redfish.properties import Kinds, writable
from microdc.lab.redfish.query import number
from microdc.lab.redfish.resources import bios, chassis, managers, systems, update_service
from microdc.lab.redfish.resources.log_entries import entry, page
from microdc.lab.redfish.resources.paths import CHASSIS, MANAGER, ROOT, SEL, SYSTEM
from microdc.lab.redfish.resources.root import service_root
from microdc.lab.redfish.resources.shapes import resource
from microdc.lab.redfish.sel import EventLog
from microdc.lab.redfish.world import Act, Acts, Asked, Document, Machine, Reply

TREES: dict[str, Callable[[Facts], dict[str, Document]]] = {
    "Systems": systems.documents,
    "Chassis": chassis.documents,
    "Managers": managers.documents,
    "UpdateService": update_service.documents,
}
"""The resources, by the first part of their path below the root."""

LED = ("Off", "Lit", "Blinking")
SKEW = 86_400.0
"""Seconds by which a clock is ahead that is planted to be wrong."""
ENTRIES = f"{SEL}/Entries"

_WRITABLE: dict[str, Kinds] = {
    SYSTEM: {
        "Boot": dict,
        "AssetTag": str,
        "HostName": str,
        "IndicatorLED": LED,
        "LocationIndicatorActive": bool,
    },
    CHASSIS: {"AssetTag": str, "IndicatorLED": LED, "LocationIndicatorActive": bool},
    MANAGER: {"DateTimeLocalOffset": str},
    managers.NETWORK_PROTOCOL: {"HostName": str, "NTP": {"ProtocolEnabled": bool, "NTPServers": list}},
}
"""What PATCH may change, by path. All but Boot and the LED is only kept and shown."""


class DescribedMachine:
    """The part of a service that is about its machine.

    planted: gives the faults that hold now. where: address and port at which the service listens.
    """

    def __init__(
        self,
        directory: Path,
        machine: Machine,
        planted: Callable[[], dict[str, Any]],
        where: tuple[str, int] = ("", 443),
    ) -> None:
        self._files = MachineFiles(directory)
        self._machine, self._planted, self._where = machine, planted, where
        self._log = EventLog(directory, self._now)
        self._kept = Kept()
        self._built: tuple[Facts | None, dict[str, dict[str, Document]]] = (None, {})
        self._crossings = Crossings(self._log, self._kept.started)
        self._power = ServerPower(machine, planted, self._told)

    def facts(self) -> Facts:
        """All that is so now. A sensor that has crossed a threshold since leaves an entry in the log."""
        facts = Facts(
            about=self._files.about(),
            memory=self._files.memory(),
            readings=self._files.readings(),
            power=self._power.state(),
            boot=boot.document(self._machine),
            led=self._kept.led,
            bios=self._kept.attributes,
            pending=self._kept.pending,
            address=self._where[0],
            port=self._where[1],
            at=self._now(),
        )
        self._crossings.note(facts)
        return facts

    def entries(self) -> list[dict[str, Any]]:
        """The log, after a look at the world."""
        self.facts()
        return self._log.entries()

    def _now(self) -> str:
        return now(seconds(self._planted().get(Fault.CLOCK_SKEW, 0), SKEW))

    def _told(self, sentence: str) -> None:
        self._log.append(sentence, code="ResourceEvent.1.3.ResourceStateChanged", source=SYSTEM)

    # -- as resources

    def read(self, path: str) -> Document | None:
        if path == ROOT:
            about = self._files.about()
            return service_root(str(about.get("uuid", "")), str(about.get("model", "")))
        settings = boot.through_settings(self._planted(), SYSTEM)
        if path == settings:
            named = resource(path, systems.SCHEMA, "Settings of the system")
            return {**named, "Boot": self.facts().boot}
        if path.startswith(f"{ENTRIES}/"):
            return self._entry(path.rpartition("/")[2])
        found = self._tree(path.removeprefix(f"{ROOT}/").partition("/")[0]).get(path)
        if found and path == SYSTEM and settings:
            found = {**found, "@Redfish.Settings": boot.settings_link(settings)}
        return {**found, **self._kept.of(path)} if found else None

    def _tree(self, name: str) -> dict[str, Document]:
        """All resources below a part of the root, built once as long as nothing changes: $expand asks for many of them."""
        if name not in TREES:
            return {}
        facts, (known, built) = self.facts(), self._built
        if facts != known:
            built = {}
            self._built = facts, built
        if name not in built:
            built[name] = TREES[name](facts)
        return built[name]

    def _entry(self, number: str) -> Document | None:
        entries = self._log.entries()
        if not number.isdecimal() or not 1 <= int(number) <= len(entries):
            return None
        return entry(ENTRIES, int(number), entries[int(number) - 1])

    def acts(self, path: str) -> Acts:
        return {
            SYSTEM: {"PATCH": Act(self._patch_system)},
            boot.through_settings(self._planted(), SYSTEM) or "": {"PATCH": Act(self._patch_settings)},
            f"{SYSTEM}/Actions/ComputerSystem.Reset": {"POST": Act(self._reset)},
            CHASSIS: {"PATCH": Act(self._patch)},
            f"{CHASSIS}/Actions/Chassis.Reset": {"POST": Act(self._reset)},
            MANAGER: {"PATCH": Act(self._patch, "ConfigureManager")},
            f"{MANAGER}/Actions/Manager.Reset": {"POST": Act(self._reset_manager, "ConfigureManager")},
            managers.NETWORK_PROTOCOL: {"PATCH": Act(self._patch, "ConfigureManager")},
            ENTRIES: {"GET": Act(self._page, "Login")},
            f"{SEL}/Actions/LogService.ClearLog": {"POST": Act(self._clear_log, "ConfigureManager")},
            bios.SETTINGS: {"PATCH": Act(self._patch_bios)},
            f"{bios.BIOS}/Actions/Bios.ResetBios": {"POST": Act(self._reset_bios)},
        }.get(path, {})

    def _patch(self, asked: Asked) -> Reply:
        """Any resource with writable properties: all of them are checked before the first is changed."""
        current = self.read(asked.path) or {}
        changes = writable(asked.document, current, _WRITABLE[asked.path])
        if "Boot" in changes:
            boot.patch(self._machine, changes.pop("Boot"), self._planted())
        self._kept.set(asked.path, current, changes)
        return Reply(200, self.read(asked.path))

    def _patch_system(self, asked: Asked) -> Reply:
        faults = self._planted()
        if "Boot" in asked.document and Fault.SETTINGS_OBJECT in faults:
            raise boot.refuse_outside_settings(faults)
        return self._patch(asked)

    def _patch_settings(self, asked: Asked) -> Reply:
        changes = writable(asked.document, {}, {"Boot": dict})
        boot.patch(self._machine, changes["Boot"], self._planted())
        return Reply.done()

    def _patch_bios(self, asked: Asked) -> Reply:
        kinds = {"Attributes": {name: type(value) for name, value in bios.DEFAULTS.items()}}
        attributes = writable(asked.document, {}, kinds)["Attributes"]
        self._kept.pending = {**self._kept.pending, **attributes}
        return Reply(200, self.read(asked.path))

    def _reset_bios(self, _: Asked) -> Reply:
        self._kept.pending = dict(bios.DEFAULTS)
        return Reply.done()

    def _reset(self, asked: Asked) -> Reply:
        types = RESET_TYPES if asked.path.startswith(f"{SYSTEM}/") else chassis.RESET_TYPES
        kind = reset_type(asked, types, "On")
        self._power.reset(kind)
        if kind in {"ForceRestart", "PowerCycle"}:
            self._kept.started()
        return Reply.done()

    def _reset_manager(self, asked: Asked) -> Reply:
        reset_type(asked, managers.RESET_TYPES, "GracefulRestart")
        return Reply(204, restarts=True)

    def _page(self, asked: Asked) -> Reply:
        skip, top = number(asked.query, "$skip"), number(asked.query, "$top")
        return Reply(200, page(ENTRIES, self.entries(), skip or 0, top))

    def _clear_log(self, _: Asked) -> Reply:
        self._log.clear()
        return Reply.done()
