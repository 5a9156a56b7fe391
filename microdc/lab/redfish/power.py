"""The power of a server as its BMC tells it: reset types, states on the way, and what comes after an orderly shutdown."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from microdc.errors import MicrodcError
from microdc.lab.redfish.faults import Fault, seconds
from microdc.lab.redfish.refusals import RefusedRequest
from microdc.lab.redfish.world import Asked, Machine

RESET_TYPES = (
    "On",
    "ForceOn",
    "ForceOff",
    "GracefulShutdown",
    "ForceRestart",
    "GracefulRestart",
    "PowerCycle",
    "PushPowerButton",
    "Nmi",
)
LOOK_SECONDS = 0.05
GRACE = 120.0
"""Seconds in which an operating system that was asked to restart must be off, else the restart is forgotten."""


class _Way(NamedTuple):
    """A change on its way: what is told until `end` (monotonic seconds). falls_back: it then turns out to have failed."""

    state: str
    end: float
    falls_back: bool = False


class ServerPower:
    """The power of one machine behind one BMC.

    planted: gives the faults that hold now. told: is called with a sentence for the log. way: seconds for which a change is on its way; a machine
    that really starts needs none of our making.
    """

    def __init__(
        self,
        machine: Machine,
        planted: Callable[[], dict[str, Any]],
        told: Callable[[str], None] = lambda _: None,
        way: float = 0.0,
    ) -> None:
        self.machine = machine
        self._planted = planted
        self._told = told
        self._length = way
        self._way: _Way | None = None
        self._lock = threading.RLock()
        self._fell_back = False

    def state(self) -> str:
        """PowerState: On, Off, PoweringOn or PoweringOff."""
        with self._lock:
            way = self._way
            if way and time.monotonic() < way.end:
                return way.state
            self._way = None
            if way and way.falls_back:
                self._told("The server did not come up")
            return "On" if self.machine.power() else "Off"

    def reset(self, kind: str) -> None:
        """Does what ComputerSystem.Reset asks. RefusedRequest where the state forbids it."""
        with self._lock:
            on = self.state() in {"On", "PoweringOn"}
            if kind == "PushPowerButton":
                kind = "GracefulShutdown" if on else "On"
            if kind in {"On", "ForceOn"}:
                if not self._already("ON", on):
                    self._on()
            elif kind == "ForceOff":
                if not self._already("OFF", not on):
                    self._off()
            elif not on and kind != "PowerCycle":
                raise RefusedRequest(409, "ResourceInStandby")
            else:
                self._of_one_that_is_on(kind)

    def _of_one_that_is_on(self, kind: str) -> None:
        if kind == "GracefulShutdown":
            self.machine.shutdown()
            self._told("The operating system was asked to shut down")
            if not self.machine.power():
                self._set_out("PoweringOff")
        elif kind == "GracefulRestart":
            self.machine.shutdown()
            self._told("The operating system was asked to restart")
            threading.Thread(target=self._on_when_off, daemon=True).start()
        elif kind == "PowerCycle":
            self.machine.off()
            self._on()
            self._told("The server was power-cycled")
        elif kind == "Nmi":
            self.machine.nmi()
            self._told("A diagnostic interrupt was sent")
        else:
            self.machine.reset()
            self._set_out("PoweringOn")
            self._told("The server was reset")

    def _already(self, word: str, is_so: bool) -> bool:  # noqa: FBT001  read as: already ON, is it so?
        """Whether there is nothing to do, which is no error but with one vendor."""
        if is_so and Fault.ALREADY_409 in self._planted():
            text = f"Server is already powered {word}."
            raise RefusedRequest(409, ("IDRAC.2.8.PSU501", text))
        return is_so

    def _on(self) -> None:
        falls_back = Fault.FALLS_BACK in self._planted() and not self._fell_back
        self._fell_back = falls_back or (self._fell_back and Fault.FALLS_BACK in self._planted())
        if not falls_back:
            self.machine.on()
        self._set_out("PoweringOn", falls_back=falls_back)

    def _off(self) -> None:
        self.machine.off()
        self._set_out("PoweringOff")

    def _set_out(self, state: str, *, falls_back: bool = False) -> None:
        late = self._planted().get(Fault.LAGGING_POWER)
        length = seconds(late, 5.0) if late else self._length
        if falls_back:
            length = max(length, 0.5)
        self._way = _Way(state, time.monotonic() + length, falls_back) if length else None

    def _on_when_off(self) -> None:
        """Waits for the end of the operating system, and turns the machine on again."""
        end = time.monotonic() + GRACE
        try:
            while self.machine.power():
                if time.monotonic() > end:
                    return
                time.sleep(LOOK_SECONDS)
            with self._lock:
                self._on()
        except (MicrodcError, OSError) as failure:
            self._told(f"The server was not restarted: {failure}")


def reset_type(asked: Asked, allowed: Sequence[str], default: str) -> str:
    """The parameter ResetType of a Reset; RefusedRequest for another value, and for parameters that it has not."""
    action = asked.path.rpartition("/")[2]
    for name in asked.document:
        if name != "ResetType":
            raise RefusedRequest(400, "ActionParameterUnknown", action, name, related=f"/{name}")
    kind = asked.document.get("ResetType", default)
    if kind not in allowed:
        told = "ActionParameterValueNotInList"
        raise RefusedRequest(400, told, str(kind), "ResetType", action, related="/ResetType")
    return str(kind)
