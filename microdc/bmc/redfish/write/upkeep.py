"""Small requests: the identify LED, emptying logs, restarting the BMC."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from microdc.bmc.errors import UnsupportedError
from microdc.bmc.model import Led
from microdc.bmc.redfish.answers import Resource, Service
from microdc.bmc.redfish.read.actions import ALLOWED, action, allowed, first_of, target
from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.reader import Reader
from microdc.bmc.redfish.read.state import led
from microdc.bmc.redfish.write.patching import attempts, patch

CLEAR = "#LogService.ClearLog"
RESTART = "#Manager.Reset"
_LED_WORDS = {"on": "Lit", "off": "Off", "blinking": "Blinking"}
_OF_WHO_DID_WHAT = re.compile("audit|security", re.IGNORECASE)


def set_led(service: Service, parts: Iterable[Doc], wanted: Led) -> None:
    """parts: the system and its chassis; the first that has an LED is asked. Raises UnsupportedError, BmcRefusedError, BmcError."""
    lit = next((part for part in parts if led(part) is not None), None)
    if lit is None:
        raise UnsupportedError("neither the system nor its chassis has an identify LED")
    patch(service, attempts((lit.path,), led_bodies(lit, wanted)), lambda: _led(service, lit.path) == wanted)


def led_bodies(part: Doc, wanted: Led) -> tuple[Resource, ...]:
    """What is sent, the newer property first. It knows on and off only, so that blinking is asked of the older one. Pure."""
    found: list[Resource] = []
    if wanted != "blinking" and part.flag("LocationIndicatorActive") is not None:
        found.append({"LocationIndicatorActive": wanted == "on"})
    told = part.words(f"IndicatorLED{ALLOWED}")
    word = first_of((_LED_WORDS[wanted],), told) if part.word("IndicatorLED") else None
    if word is not None:
        found.append({"IndicatorLED": word})
    if not found:
        there = ", ".join(told or ()) or "on, off"
        raise UnsupportedError(f"the LED cannot be {wanted}", where=part.at, hint=f"it can be: {there}")
    return tuple(found)


def clear_logs(service: Service, logs: Sequence[Doc], system: str | None) -> None:
    """Empties the event logs of the system, else those of its managers; never those of who did what.

    Raises UnsupportedError where none can be emptied, BmcRefusedError, BmcError.
    """
    able = [one for one in logs if action(one, CLEAR) and not _of_who_did_what(one)]
    own = [one for one in able if system and one.path.startswith(f"{system.rstrip('/')}/")]
    if not able:
        raise UnsupportedError("the BMC has no event log that can be emptied")
    for one in own or able:
        found = action(one, CLEAR)
        if found is not None:
            kind = first_of(("ClearAll",), allowed(found, "ClearType") or ())
            service.send("POST", target(one, found, CLEAR), {"ClearType": kind} if kind else {})


def restart(service: Service, managers: Sequence[Doc]) -> None:
    """Restarts the first manager that can be: gracefully where it knows that. Raises UnsupportedError, BmcRefusedError, BmcError."""
    for one in managers:
        found = action(one, RESTART)
        if found is not None:
            word = first_of(("GracefulRestart", "ForceRestart"), allowed(found, "ResetType") or ())
            service.send("POST", target(one, found, RESTART), {"ResetType": word} if word else {})
            return
    raise UnsupportedError("the BMC offers no restart of itself")


def _of_who_did_what(one: Doc) -> bool:
    return bool(_OF_WHO_DID_WHAT.search(f"{one.text('Id') or ''} {one.text('Name') or ''}"))


def _led(service: Service, path: str) -> Led | None:
    doc = Reader(service).open(path)
    return None if doc is None else led(doc)
