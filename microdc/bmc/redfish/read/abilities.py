"""What can be asked of a server through Redfish, and why not where it cannot."""

from __future__ import annotations

from microdc.bmc.model import Abilities, Act, BootMode, BootTarget, Feature, Target
from microdc.bmc.redfish.read.actions import ALLOWED, RESET, action, allowed, first_of, reset_type
from microdc.bmc.redfish.read.console import console
from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.hardware import opened
from microdc.bmc.redfish.read.logs import log_services
from microdc.bmc.redfish.read.place import Place
from microdc.bmc.redfish.read.reader import Reader
from microdc.bmc.redfish.read.state import OVERRIDE, TARGETS, boot, led, mode_of

NO_SYSTEM = "this BMC manages no system"


def abilities(reader: Reader, place: Place, target: Target, *, streams: bool) -> Abilities:
    """streams: whether the connection can carry server-sent events. Raises BmcError."""
    system = reader.open(place.system) if place.system else None
    lacks: dict[str, str] = {}
    return Abilities(
        acts=_acts(system, lacks),
        targets=_targets(system, lacks),
        modes=_modes(system),
        features=_features(reader, place, target, system, lacks, streams=streams),
        lacks=lacks,
    )


def _acts(system: Doc | None, lacks: dict[str, str]) -> frozenset[Act]:
    found = action(system, RESET) if system else None
    if found is None:
        reason = "the system has no action Reset" if system else NO_SYSTEM
        lacks.update({act.value: reason for act in Act})
        return frozenset()
    told = allowed(found, "ResetType")
    able = frozenset(act for act in Act if reset_type(act, told) is not None)
    words = ", ".join(told or ())
    lacks.update({act.value: f"the BMC allows only: {words}" for act in Act if act not in able})
    return able


def _targets(system: Doc | None, lacks: dict[str, str]) -> frozenset[BootTarget]:
    named = [one for one in BootTarget if one is not BootTarget.OTHER]
    if system is None or boot(system) is None:
        reason = "the system has no boot override" if system else NO_SYSTEM
        lacks.update({one.value: reason for one in named})
        return frozenset()
    told = system.part("Boot").words(f"{OVERRIDE}Target{ALLOWED}")
    able = frozenset(one for one in named if first_of(TARGETS[one], told) is not None)
    lacks.update(
        {one.value: f"the BMC allows only: {', '.join(told or ())}" for one in named if one not in able}
    )
    return able


def _modes(system: Doc | None) -> frozenset[BootMode]:
    """Without reasons of their own: that a mode is missing has none but the BMC's word, and `bios` is a target too."""
    part = system.part("Boot") if system else None
    if part is None or not part.has(f"{OVERRIDE}Mode"):
        return frozenset()
    told = part.words(f"{OVERRIDE}Mode{ALLOWED}")
    return frozenset(BootMode) if told is None else frozenset(mode for one in told if (mode := mode_of(one)))


def _features(
    reader: Reader, place: Place, target: Target, system: Doc | None, lacks: dict[str, str], *, streams: bool
) -> frozenset[Feature]:
    chassis, managers = opened(reader, place.chassis), opened(reader, place.managers)
    logs = list(log_services(reader, place))
    measured = ("Sensors", "Thermal", "Power", "ThermalSubsystem", "PowerSubsystem", "EnvironmentMetrics")
    part = system.part("Boot") if system else None
    lasting = part.words(f"{OVERRIDE}Enabled{ALLOWED}") if part else None
    override = system is not None and boot(system) is not None
    holds = {
        Feature.HARDWARE: (True, ""),
        Feature.FIRMWARE: (
            "UpdateService" in place.services,
            "the BMC has no update service; only the versions of the BIOS and of itself are told",
        ),
        Feature.SENSORS: (
            any(one.has(name) for one in chassis for name in measured),
            "no chassis of the server tells of sensors",
        ),
        Feature.LOG: (bool(logs), "the BMC lists no log"),
        Feature.CLEAR_LOG: (
            any(action(one, "#LogService.ClearLog") for one in logs),
            "no log of the BMC can be cleared",
        ),
        Feature.EVENTS: _events(reader, place, streams=streams),
        Feature.LED: (
            any(led(one) for one in (*([system] if system else []), *chassis)),
            "neither the system nor its chassis has an identify LED",
        ),
        Feature.RESET: (
            any(action(one, "#Manager.Reset") for one in managers),
            "the BMC offers no restart of itself",
        ),
        Feature.CONSOLE: (
            console(target, system, managers) is not None,
            "the BMC tells of no serial console",
        ),
        Feature.BOOT_ONCE: (
            override and (lasting is None or "Once" in lasting),
            "the system has no boot override for one boot",
        ),
        Feature.BOOT_MODE: (
            part is not None and part.has(f"{OVERRIDE}Mode"),
            "the boot override has no mode",
        ),
    }
    lacks.update({feature.value: reason for feature, (there, reason) in holds.items() if not there})
    return frozenset(feature for feature, (there, _) in holds.items() if there)


def _events(reader: Reader, place: Place, *, streams: bool) -> tuple[bool, str]:
    uri = event_stream(reader, place)
    reason = "the BMC sends no events over a connection of ours; its log is polled"
    return uri is not None and streams, reason


def event_stream(reader: Reader, place: Place) -> str | None:
    """Where the BMC sends its events to whoever listens; None where it does not."""
    path = place.services.get("EventService")
    service = reader.open(path) if path else None
    if service is None or service.flag("ServiceEnabled") is False:
        return None
    return service.link("ServerSentEventUri")
