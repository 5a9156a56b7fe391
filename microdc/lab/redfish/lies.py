"""Faults that concern whatever is asked: what a lying BMC answers before it has looked at the request, and what it makes of an answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from microdc.lab.redfish.faults import Fault, seconds
from microdc.lab.redfish.refusals import error
from microdc.lab.redfish.world import Asked, Document, Reply

RETRY = 5.0
"""Seconds of Retry-After where the fault does not say."""
HUGE = 20 * 1024 * 1024
_PAGE = b"<!DOCTYPE html><html><head><title>Login</title></head><body><h1>Please log in</h1></body></html>\n"
_REDIRECTS = (301, 302, 303, 307, 308)
_READINGS = {
    "Reading",
    "ReadingCelsius",
    "ReadingVolts",
    "SpeedRPM",
    "PowerConsumedWatts",
    "PowerOutputWatts",
    "LineInputVoltage",
    "LastPowerOutputWatts",
}


def instead(asked: Asked, faults: Mapping[str, Any]) -> Reply | None:
    """The answer of a BMC that does not get so far as to read the request; None where it does. Waits where it is slow."""
    if Fault.SLOW in faults:
        time.sleep(seconds(faults[Fault.SLOW], 3.0))
    answers = (answer(asked, faults[fault]) for fault, answer in _ANSWERS.items() if fault in faults)
    return next((reply for reply in answers if reply), None)


def _to_itself(asked: Asked, _: Any) -> Reply | None:
    return Reply(302, None, {"Location": asked.target}) if asked.method in {"GET", "HEAD"} else None


def _to_a_slash(asked: Asked, status: Any) -> Reply | None:
    if asked.method != "POST" or not asked.target.endswith("/Sessions"):
        return None
    return Reply(status if status in _REDIRECTS else 308, None, {"Location": f"{asked.target}/"})


def starting(wait: float) -> Reply:
    """503 of a BMC that is not ready yet. wait: seconds to tell."""
    text = "The Redfish service is still starting. Try again later."
    told = error(("SYS.1.0.SYS518", text))
    return Reply(503, told, {"Retry-After": str(int(wait))})


def _unavailable(wait: float) -> Reply:
    told = error("ServiceTemporarilyUnavailable", str(int(wait)))
    return Reply(503, told, {"Retry-After": str(int(wait))})


def spoilt(reply: Reply, faults: Mapping[str, Any]) -> Reply:
    """What becomes of a good answer on its way."""
    if reply.body is None or reply.stream or not {Fault.HUGE, Fault.HALF} & faults.keys():
        return reply
    body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
    if Fault.HUGE in faults:
        size = int(seconds(faults[Fault.HUGE], HUGE))
        body = b'{"Padding":"' + b"x" * size + b'"}'
    cut = len(body) // 2 if Fault.HALF in faults else None
    return Reply(reply.status, body, {"Content-Type": "application/json", **reply.headers}, cut=cut)


def without_readings(document: Document) -> Document:
    """The document with null for all that sensors have read."""

    def blank(value: Any) -> Any:
        if isinstance(value, list):
            return [blank(one) for one in value]
        if isinstance(value, dict):
            return without_readings(value)
        return value

    return {
        name: None
        if name in _READINGS and not isinstance(value, dict)
        else value
        if name == "Thresholds"
        else blank(value)
        for name, value in document.items()
    }


_ANSWERS: dict[Fault, Callable[[Asked, Any], Reply | None]] = {
    Fault.DEAD: lambda *_: Reply(0, b"", cut=0),
    Fault.STARTING: lambda _, wait: starting(seconds(wait, RETRY)),
    Fault.BUSY: lambda _, wait: _unavailable(seconds(wait, RETRY)),
    Fault.HTML: lambda *_: Reply(200, _PAGE, {"Content-Type": "text/html"}),
    Fault.REDIRECT_LOOP: _to_itself,
    Fault.TRAILING_SLASH: _to_a_slash,
}
"""What each of them answers; the first that has an answer gives it."""
