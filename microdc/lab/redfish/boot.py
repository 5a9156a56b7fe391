"""The boot override: between Redfish's words and a machine's, and the ways in which vendors take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from microdc.lab.redfish.faults import Fault
from microdc.lab.redfish.refusals import RefusedRequest
from microdc.lab.redfish.world import Document, Machine

TARGETS = {
    "none": "None",
    "pxe": "Pxe",
    "disk": "Hdd",
    "cd": "Cd",
    "bios": "BiosSetup",
    "http": "UefiHttp",
}
"""BootSourceOverrideTarget by a machine's word for it."""
SETTABLE = ("BootSourceOverrideEnabled", "BootSourceOverrideTarget", "BootSourceOverrideMode")
ENABLED = {"disabled": "Disabled", "once": "Once", "continuous": "Continuous"}
MODES = {"bios": "Legacy", "uefi": "UEFI"}


@dataclass(frozen=True, slots=True)
class Words:
    """What a BMC accepts: Redfish's words by the machine's, for targets and for modes."""

    targets: Mapping[str, str]
    modes: Mapping[str, str]


WORDS = Words(TARGETS, MODES)
"""What the lab's machines take: they start with either firmware, over HTTP with UEFI only."""


def document(machine: Machine, accepted: Words = WORDS) -> Document:
    """The property Boot of a ComputerSystem."""
    boot = machine.boot()
    return {
        "BootSourceOverrideEnabled": ENABLED[boot.enabled],
        "BootSourceOverrideEnabled@Redfish.AllowableValues": list(ENABLED.values()),
        "BootSourceOverrideTarget": accepted.targets.get(boot.target, "None"),
        "BootSourceOverrideTarget@Redfish.AllowableValues": list(accepted.targets.values()),
        "BootSourceOverrideMode": MODES[boot.mode],
        "BootSourceOverrideMode@Redfish.AllowableValues": list(accepted.modes.values()),
    }


def patch(machine: Machine, changes: Any, faults: Mapping[str, Any], accepted: Words = WORDS) -> None:
    """Carries out a PATCH of Boot.

    RefusedRequest (400) for what is no property of Boot, and for values that are not accepted; nothing is changed then.
    """
    if not isinstance(changes, dict):
        raise RefusedRequest(400, "PropertyValueTypeError", str(changes), "Boot", related="/Boot")
    if Fault.MODE_REJECTED in faults and "BootSourceOverrideMode" in changes:
        raise _refused("PropertyUnknown", "BootSourceOverrideMode")
    known = {
        "BootSourceOverrideEnabled": ENABLED,
        "BootSourceOverrideTarget": accepted.targets,
        "BootSourceOverrideMode": accepted.modes,
    }
    said = {name: _word(name, value, known) for name, value in changes.items()}
    if Fault.BOOT_LIES in faults:
        return
    boot = machine.boot()
    target = said.get("BootSourceOverrideTarget", boot.target)
    before = "once" if boot.enabled == "disabled" else boot.enabled  # a target alone means this once
    enabled = said.get("BootSourceOverrideEnabled", before)
    mode = said.get("BootSourceOverrideMode", "bios" if Fault.MODE_NEEDED in faults else boot.mode)
    if enabled == "disabled" or target == "none":
        target, enabled = "none", "disabled"
    if target == "http" and mode != "uefi":
        raise _refused("PropertyValueConflict", "BootSourceOverrideMode", "BootSourceOverrideTarget")
    machine.set_boot(replace(boot, target=target, enabled=enabled, mode=mode))


def _word(name: str, value: Any, known: Mapping[str, Mapping[str, str]]) -> str:
    if name not in known:
        raise _refused("PropertyUnknown", name)
    if not isinstance(value, str):
        raise _refused("PropertyValueTypeError", str(value), name)
    word = next((word for word, told in known[name].items() if told == value), None)
    if word is None:
        raise _refused("PropertyValueNotInList", value, name)
    return word


def _refused(message: str, *args: str) -> RefusedRequest:
    return RefusedRequest(400, message, *args, related=f"/Boot/{args[-1]}")


def settings_link(path: str) -> Document:
    """The property @Redfish.Settings. path: of the settings object."""
    return {"@odata.type": "#Settings.v1_3_5.Settings", "SettingsObject": {"@odata.id": path}}


def through_settings(faults: Mapping[str, Any], path: str) -> str | None:
    """The path of the settings object through which alone Boot can be changed; None where it is changed directly."""
    how = faults.get(Fault.SETTINGS_OBJECT)
    return f"{path}/{'SD' if how == 'SD' else 'Settings'}" if how else None


def refuse_outside_settings(faults: Mapping[str, Any]) -> RefusedRequest:
    """What the system itself says where Boot goes through the settings object, as two vendors say it."""
    if faults.get(Fault.SETTINGS_OBJECT) == "SD":
        text = "The property can be changed only at the settings URI of the resource."
        return RefusedRequest(400, ("Ami.1.0.OperationSupportedInFutureStateURI", text), related="/Boot")
    return RefusedRequest(400, "PropertyNotWritable", "Boot", related="/Boot")
