"""The BIOS: attributes that hold, and through @Redfish.Settings those that will after the next start."""

from __future__ import annotations

from microdc.lab.redfish.facts import Facts
from microdc.lab.redfish.resources.paths import SYSTEM
from microdc.lab.redfish.resources.shapes import action, link, resource
from microdc.lab.redfish.world import Document

BIOS = f"{SYSTEM}/Bios"
SETTINGS = f"{BIOS}/Settings"
VERSION = "1.16.2"
DEFAULTS = {"NumLock": "On", "QuietBoot": "Disabled", "SerialConsole": "Enabled", "WatchdogTimer": 0}
"""The attributes and their factory values. They describe; nothing in the machine listens to them."""


def documents(facts: Facts) -> dict[str, Document]:
    """Bios and its settings object."""
    return {
        BIOS: {
            **resource(BIOS, "Bios.v1_2_1.Bios", "BIOS"),
            "Attributes": {"BootMode": "Uefi" if facts.firmware == "uefi" else "Legacy", **facts.bios},
            "@Redfish.Settings": {
                "@odata.type": "#Settings.v1_3_5.Settings",
                "SettingsObject": link(SETTINGS),
                "SupportedApplyTimes": ["OnReset"],
            },
            "Actions": action(BIOS, "Bios.ResetBios"),
        },
        SETTINGS: {
            **resource(SETTINGS, "Bios.v1_2_1.Bios", "BIOS after the next start"),
            "Attributes": dict(facts.pending),
        },
    }
