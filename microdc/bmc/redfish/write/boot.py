"""Asking for a boot override: which words, which resource, with a mode or without."""

from __future__ import annotations

from microdc.bmc.errors import BmcRefusedError, UnsupportedError
from microdc.bmc.model import Boot, BootMode, BootTarget
from microdc.bmc.redfish.answers import Resource, Service
from microdc.bmc.redfish.read.actions import ALLOWED, first_of
from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.reader import Reader
from microdc.bmc.redfish.read.state import OVERRIDE, TARGETS, boot
from microdc.bmc.redfish.write.patching import attempts, patch

_MODE_WORDS = {BootMode.BIOS: "Legacy", BootMode.UEFI: "UEFI"}
_LASTING_WORDS = {"once": "Once", "continuous": "Continuous", "disabled": "Disabled"}


def set_boot(service: Service, path: str, wanted: Boot) -> Boot:
    """Asks for a boot override until one way is accepted, and returns what is read back.

    That may be something else: bmclib#459 tells of a 200 that did nothing. An accepted request is not followed by another.

    Raises UnsupportedError where the BMC has no word for it, BmcRefusedError and BmcError.
    """
    system = _read(service, path)
    paths = (path, *elsewhere(system))
    accepted = patch(
        service, attempts(paths, bodies(system, wanted)), lambda: _is_so(read_boot(service, path), wanted)
    )
    found = read_boot(service, path)
    if accepted != path and not _is_so(found, wanted):
        pending = read_boot(service, accepted)
        found = pending if _is_so(pending, wanted) else found
    if found is None:
        raise BmcRefusedError("the boot override cannot be read back", where=path)
    return found


def bodies(system: Doc, wanted: Boot) -> tuple[Resource, ...]:
    """What is sent, first with the mode and then, where it is not to be changed, without. Pure.

    A Supermicro resets the mode unless it is sent (Redfishtool#106), an HPE refuses it (community.general#3509).
    """
    part = system.part("Boot")
    if boot(system) is None:
        raise UnsupportedError("the system has no boot override", where=system.at)
    if clears(wanted):
        off = {f"{OVERRIDE}Enabled": "Disabled"}
        none = first_of(TARGETS[BootTarget.NONE], part.words(f"{OVERRIDE}Target{ALLOWED}"))
        return tuple({"Boot": one} for one in ([{**off, f"{OVERRIDE}Target": none}] if none else []) + [off])
    main = {f"{OVERRIDE}Enabled": _lasting(part, wanted), f"{OVERRIDE}Target": _target(part, wanted)}
    mode = _mode(part, wanted)
    if mode is None:
        return ({"Boot": main},)
    told = part.word(f"{OVERRIDE}Mode")
    droppable = _needed_mode(wanted) is None or mode.lower() == told.lower()
    with_mode = {"Boot": {**main, f"{OVERRIDE}Mode": mode}}
    return (with_mode, {"Boot": main}) if droppable else (with_mode,)


def elsewhere(system: Doc) -> tuple[str, ...]:
    """Where a change may have to be sent instead: the settings object that the system names (gofish#511), else `/SD`, where an
    AMI firmware keeps the future state (Redfish-Tacklebox#144). Pure.
    """
    settings = system.part("@Redfish.Settings").link("SettingsObject")
    future = f"{system.path.rstrip('/')}/SD"
    return tuple(dict.fromkeys(path for path in (settings, future) if path))


def clears(wanted: Boot) -> bool:
    return wanted.target is BootTarget.NONE or wanted.lasting == "disabled"


def is_as_wanted(found: Boot, wanted: Boot) -> bool:
    """Whether a boot override is what was asked for; a mode that was not asked for may be any."""
    if clears(wanted):
        return clears(found)
    same = found.target is wanted.target and found.lasting == wanted.lasting
    return same and wanted.mode in {None, found.mode}


def read_boot(service: Service, path: str) -> Boot | None:
    """The boot override of the system, or of the settings, at a path; None where it cannot be read or is none. Raises BmcError."""
    doc = Reader(service).open(path)
    return None if doc is None else boot(doc)


def _is_so(found: Boot | None, wanted: Boot) -> bool:
    return found is not None and is_as_wanted(found, wanted)


def _lasting(part: Doc, wanted: Boot) -> str:
    told = part.words(f"{OVERRIDE}Enabled{ALLOWED}")
    word = first_of((_LASTING_WORDS[wanted.lasting],), told)
    if word is None:
        raise UnsupportedError(
            f"no boot override lasts so: {wanted.lasting}", where=part.at, hint=f"there is: {_list(told)}"
        )
    return word


def _target(part: Doc, wanted: Boot) -> str:
    """The BMC's word for a target. Where its override has no mode, UEFI is in the word: a Supermicro X10 knows `UefiHdd`."""
    told = part.words(f"{OVERRIDE}Target{ALLOWED}")
    words = TARGETS.get(wanted.target, (wanted.told,) if wanted.told else ())
    if not part.has(f"{OVERRIDE}Mode") and wanted.mode is BootMode.UEFI:
        words = tuple(word for word in words if word.startswith("Uefi"))
        told = told or ()
    word = first_of(words, told) if words else None
    if word is None:
        with_mode = f" with {wanted.mode}" if wanted.mode else ""
        raise UnsupportedError(
            f"the boot override knows no {wanted.target}{with_mode}",
            where=part.at,
            hint=f"there is: {_list(told)}",
        )
    return word


def _needed_mode(wanted: Boot) -> BootMode | None:
    """HTTP is booted from by UEFI only."""
    return BootMode.UEFI if wanted.mode is None and wanted.target is BootTarget.HTTP else wanted.mode


def _mode(part: Doc, wanted: Boot) -> str | None:
    """The BMC's word for the mode: the one that is wanted, else the one it has; None where the override has no mode."""
    if not part.has(f"{OVERRIDE}Mode"):
        return None
    needed = _needed_mode(wanted)
    if needed is None:
        return part.word(f"{OVERRIDE}Mode") or None
    told = part.words(f"{OVERRIDE}Mode{ALLOWED}")
    word = first_of((_MODE_WORDS[needed],), told)
    if word is None:
        raise UnsupportedError(
            f"the boot override has no mode {needed}", where=part.at, hint=f"there is: {_list(told)}"
        )
    return word


def _list(told: tuple[str, ...] | None) -> str:
    return ", ".join(told or ()) or "nothing"


def _read(service: Service, path: str) -> Doc:
    return Reader(service).doc(path, service.get(path))
