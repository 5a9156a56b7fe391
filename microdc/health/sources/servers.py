"""Servers polled through their BMCs, or the outlets that feed them."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from microdc.bmc.driver import Bmc
from microdc.bmc.errors import BmcError, BmcRefusedError, Cause, UnsupportedError
from microdc.bmc.fleet import address
from microdc.bmc.model import Boot, Limits, Power, Sensors
from microdc.bmc.targets import spare_outlets, target_of
from microdc.errors import InputError
from microdc.health.model import Kind, Observation, Reason
from microdc.health.sources import judging_servers as judging
from microdc.health.sources.intervals import Pace
from microdc.health.sources.kept import KeptBmc
from microdc.health.sources.unpolled import Unpolled
from microdc.testbed.model import Testbed
from microdc.testbed.servers import servers

LIMITS: Final = Limits(connect=4.0, answer=10.0, attempts=2, pause=0.5, busy=5.0)
"""Of a poll: what does not answer now is asked again by the next one."""
_BOOT_EVERY: Final = 6
"""Polls from one look at the boot override to the next: it costs a request, and changes rarely."""


@dataclass(slots=True)
class Powers:
    """Which servers are on, as was heard last: whoever judges a switch's ports wants to know. Used by several threads."""

    _known: dict[str, Power] = field(default_factory=dict)

    def expect(self, server: str) -> None:
        """A server that will be heard of."""
        self._known.setdefault(server, Power.UNKNOWN)

    def hear(self, server: str, power: Power) -> None:
        """Keeps the state of a server."""
        self._known[server] = power

    def asleep(self) -> dict[str, str]:
        """The servers that need not have a link, and why: those that are off, and those of which it is not known yet."""
        words = {Power.OFF: "is off", Power.UNKNOWN: "is not known to be on"}
        return {name: words[power] for name, power in list(self._known.items()) if power in words}


class ServerProbe:
    """One server; see `polling.Probe`. The BMC stays open from poll to poll."""

    kind = Kind.SERVER

    def __init__(self, bmc: KeptBmc, pace: Pace, powers: Powers, note: str = "") -> None:
        self.devices = (f"{Kind.SERVER}/{bmc.target.name}",)
        self.interval, self.timeout = pace.interval, pace.timeout
        self._bmc = bmc
        self._powers = powers
        powers.expect(bmc.target.name)
        self._note = note
        self._polls = 0
        self._boot: dict[str, Any] | None = None
        self._no_boot: tuple[Reason, ...] = ()

    def read(self) -> Iterable[Observation]:
        """Raises BmcError, BmcRefusedError, InputError."""
        found = self._bmc.use(self._read)
        if self._bmc.detour:
            by = Reason("degraded", f"read by {found.facts['driver']}, since {self._bmc.detour}")
            found = replace(found, reasons=(by, *found.reasons))
        return (found,)

    def close(self) -> None:
        """Logs out."""
        self._bmc.close()

    def _read(self, bmc: Bmc) -> Observation:
        sensors = _sensors(bmc)
        if self._polls % _BOOT_EVERY == 0:
            self._look_at_boot(bmc)
        self._polls += 1
        self._powers.hear(self._bmc.target.name, sensors.power)
        notes = (*((self._note,) if self._note else ()), *bmc.notes)
        return Observation(
            self.devices[0],
            (*judging.reasons(sensors), *self._no_boot),
            judging.figures(sensors, bmc.driver),
            {
                "power": str(sensors.power),
                "driver": bmc.driver,
                "bmc": self._bmc.place(bmc.driver),
                "health": judging.health(sensors),
                "sensors": judging.readings_data(sensors.readings),
                **({"boot": self._boot} if self._boot else {}),
                **({"notes": list(notes)} if notes else {}),
            },
        )

    def _look_at_boot(self, bmc: Bmc) -> None:
        """The boot override. That it cannot be read makes nothing worse, and keeps back nothing else that was read."""
        self._boot, self._no_boot = None, ()
        try:
            self._boot = _boot(bmc)
        except (BmcError, BmcRefusedError) as problem:
            self._no_boot = (Reason("info", f"its boot override cannot be read: {problem.what}"),)


def _sensors(bmc: Bmc) -> Sensors:
    """The sensors; of a BMC that has none, the power state alone. Raises BmcError where it answers, and nothing of it can be used."""
    try:
        found = bmc.sensors()
    except UnsupportedError:
        return Sensors((), bmc.power())
    if found.remarks and not found.readings and found.power is Power.UNKNOWN:
        first = found.remarks[0]
        raise BmcError(Cause.BROKEN_ANSWER, first.what, where=first.where)
    return found


def _boot(bmc: Bmc) -> dict[str, Any] | None:
    """None where it has none. Raises BmcError, BmcRefusedError."""
    try:
        boot: Boot = bmc.boot()
    except UnsupportedError:
        return None
    mode = None if boot.mode is None else str(boot.mode)
    return {"target": str(boot.target), "lasting": boot.lasting, "mode": mode}


def server_probes(
    testbed: Testbed, pace: Pace, powers: Powers, limits: Limits = LIMITS
) -> tuple[list[ServerProbe], list[Unpolled]]:
    """A probe for each server that can be spoken to, and the others with the reason. Only the secrets are read from outside."""
    locks: defaultdict[object, threading.Lock] = defaultdict(threading.Lock)
    probes: list[ServerProbe] = []
    left: list[Unpolled] = []
    for server in servers(testbed):
        try:
            target = target_of(testbed, server)
            outlets, note = spare_outlets(testbed, server)
        except InputError as problem:
            left.append(Unpolled(f"{Kind.SERVER}/{server.name}", str(problem)))
            continue
        if not (target.redfish or target.ipmi or outlets):
            left.append(Unpolled(f"{Kind.SERVER}/{server.name}", "no BMC and no switched outlet is declared"))
            continue
        kept = KeptBmc(target, limits, outlets, lock=locks[address(target)])
        probes.append(ServerProbe(kept, pace, powers, note))
    return probes, left
