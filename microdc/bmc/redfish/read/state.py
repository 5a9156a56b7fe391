"""What a server is doing: its power, its boot override, its identify LED."""

from __future__ import annotations

from typing import Final

from microdc.bmc.model import Boot, BootMode, BootTarget, Lasting, Led, Power
from microdc.bmc.redfish.read.doc import Doc

TARGETS: Final[dict[BootTarget, tuple[str, ...]]] = {
    BootTarget.NONE: ("None",),
    BootTarget.PXE: ("Pxe", "UefiPxe", "Network"),
    BootTarget.HTTP: ("UefiHttp", "Http", "HttpBoot"),
    BootTarget.DISK: ("Hdd", "UefiHdd", "Hard_Drive"),
    BootTarget.CD: ("Cd", "CD/DVD", "UefiCd", "UsbCd", "UefiUsbCd"),
    BootTarget.BIOS: ("BiosSetup", "Setup"),
}
"""The words for boot targets, the standard's first. `CD/DVD`, `UefiHdd` and their like are those of a Supermicro X10."""

OVERRIDE = "BootSourceOverride"
_POWER: dict[str, Power] = {
    "on": Power.ON,
    "off": Power.OFF,
    "poweringon": Power.POWERING_ON,
    "poweringoff": Power.POWERING_OFF,
    "paused": Power.PAUSED,
}
_TARGET_OF = {word.lower(): target for target, words in TARGETS.items() for word in words}
_MODES: dict[str, BootMode] = {"legacy": BootMode.BIOS, "uefi": BootMode.UEFI}
_LASTING: dict[str, Lasting] = {"once": "once", "continuous": "continuous", "disabled": "disabled"}
_LEDS: dict[str, Led] = {"lit": "on", "off": "off", "blinking": "blinking"}


def power(doc: Doc) -> Power:
    """Of a system or chassis; UNKNOWN for no word that is known, which is remarked."""
    word = doc.word("PowerState")
    found = _POWER.get(word.lower())
    if found is None and word:
        doc.remark("PowerState", f"is no known state: {word}")
    return found or Power.UNKNOWN


def boot(system: Doc) -> Boot | None:
    """The boot override; None where the system has none that can be set."""
    part = system.part("Boot")
    if not any(part.has(f"{OVERRIDE}{name}") for name in ("Target", "Enabled")):
        return None
    told = part.word(f"{OVERRIDE}Target")
    return Boot(
        target=target_of(told),
        lasting=_LASTING.get(part.word(f"{OVERRIDE}Enabled").lower(), "disabled"),
        mode=mode_of(part.word(f"{OVERRIDE}Mode")),
        told=told,
    )


def target_of(word: str) -> BootTarget:
    """What a BMC's word for a target means; no word is none."""
    return _TARGET_OF.get(word.lower(), BootTarget.OTHER) if word else BootTarget.NONE


def mode_of(word: str) -> BootMode | None:
    return _MODES.get(word.lower())


def led(doc: Doc) -> Led | None:
    """The LED of a system or chassis; None where it has none."""
    old = _LEDS.get(doc.word("IndicatorLED").lower())
    active = doc.flag("LocationIndicatorActive")
    if active is None:
        return old
    return "blinking" if active and old == "blinking" else "on" if active else "off"
