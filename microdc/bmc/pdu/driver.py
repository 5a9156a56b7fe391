"""The driver of power outlets: the outlets that feed a server behind the protocol that all drivers share."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import NoReturn, Self

from microdc.bmc.errors import UnsupportedError
from microdc.bmc.model import (
    Abilities,
    Act,
    Boot,
    Console,
    Feature,
    Hardware,
    Identity,
    Led,
    Limits,
    Log,
    LogEntry,
    Power,
    Sensors,
    Target,
)
from microdc.bmc.pdu import feeds, measuring, switching
from microdc.bmc.pdu.abilities import ABILITIES
from microdc.bmc.pdu.faults import translated
from microdc.bmc.targets import Outlet
from microdc.snmp import model as snmp

REST = 10.0
"""Seconds without power in a cycle, so that power supplies are empty: within the 5 to 60 s that PowerNet-MIB has for a reboot."""


class PduBmc:
    """A server by its power outlets; see Bmc. What it calls on is fed: whether the server booted, an outlet cannot tell.

    rest: seconds without power in a cycle; port: where PDUs answer SNMP. Raises InputError for outlets that the documents describe wrongly.
    """

    driver = "pdu"

    def __init__(
        self,
        target: Target,
        outlets: Sequence[Outlet],
        limits: Limits | None = None,
        *,
        port: int = snmp.PORT,
        rest: float = REST,
        clock: switching.Clock = switching.SYSTEM,
    ) -> None:
        self.target = target
        self._limits = limits or Limits()
        asking = snmp.Limits(self._limits.connect, self._limits.attempts)
        self._feeds = feeds.feeds_of(outlets, asking, port)
        self._rest = rest
        self._clock = clock
        self._cut = -rest
        self._odd: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """By which outlets it is reached, what on means, and where its feeds differed when they were last read."""
        names = ", ".join(feed.name for feed in self._feeds)
        open_ = {
            feed.pdu.agent.name
            for feed in self._feeds
            if isinstance(feed.pdu.agent.credentials, snmp.Community)
        }
        readable = (f"SNMPv2c to {', '.join(sorted(open_))}: its community goes over the wire unencrypted",)
        means = f"by its power outlets ({names}): on means fed, not booted"
        return (means, *(readable if open_ else ()), *self._odd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def abilities(self) -> Abilities:
        return ABILITIES

    def identity(self) -> Identity:
        """Nothing: an outlet does not know what is plugged into it. No error, since nothing that is told is wrong."""
        return Identity()

    def hardware(self) -> Hardware:
        self._cannot(Feature.HARDWARE.value)

    def power(self) -> Power:
        """On where any outlet is on, off where all are off, unknown where none is on and one tells neither.

        An outlet that cannot be read matters only where no other is on: then its error is raised.
        """
        found = self._read()
        if any(state.on for state in found.states.values()):
            return Power.ON
        for problem in found.failed.values():
            raise translated(problem) from problem
        return Power.OFF if all(state.on is False for state in found.states.values()) else Power.UNKNOWN

    def act(self, act: Act) -> None:
        """As Bmc says, for all outlets. A cycle returns after the outlets read on again; on, after a rest where this driver just cut the power."""
        if act is Act.ON:
            self._clock.sleep(max(0.0, self._cut + self._rest - self._clock.monotonic()))
            switching.switch(self._feeds, on=True)
        elif act is Act.FORCE_OFF:
            switching.switch(self._feeds, on=False)
            self._cut = self._clock.monotonic()
        elif act is Act.CYCLE:
            switching.cycle(self._feeds, rest=self._rest, patience=self._limits.busy, clock=self._clock)
        else:
            self._cannot(act.value)

    def boot(self) -> Boot:
        self._cannot(Feature.BOOT_ONCE.value)

    def set_boot(self, wanted: Boot) -> Boot:
        del wanted
        self._cannot(Feature.BOOT_ONCE.value)

    def sensors(self) -> Sensors:
        """Whether each outlet is on, and what it measures."""
        power = self.power()
        found, remarks = measuring.readings(self._feeds, self._read())
        return Sensors(found, power, remarks)

    def log(self, limit: int | None = None) -> Log:
        del limit
        self._cannot(Feature.LOG.value)

    def clear_log(self) -> None:
        self._cannot(Feature.CLEAR_LOG.value)

    def events(self, stop: threading.Event) -> Iterator[LogEntry]:
        del stop
        self._cannot(Feature.EVENTS.value)

    def reset_controller(self) -> None:
        self._cannot(Feature.RESET.value)

    def led(self) -> Led:
        self._cannot(Feature.LED.value)

    def set_led(self, led: Led) -> None:
        del led
        self._cannot(Feature.LED.value)

    def console(self) -> Console:
        self._cannot(Feature.CONSOLE.value)

    def close(self) -> None:
        for pdu in feeds.by_pdu(self._feeds):
            pdu.close()

    def _read(self) -> feeds.Read:
        """The states of the outlets; `notes` tells where they are not all the same."""
        found = feeds.read(self._feeds)
        same = len({(state.on, state.there) for state in found.states.values()}) <= 1
        self._odd = () if same and not found.failed else (f"its feeds differ: {found.words()}",)
        return found

    def _cannot(self, what: str) -> NoReturn:
        raise UnsupportedError(f"{what}: {ABILITIES.lacks[what]}", where=self.target.where)
