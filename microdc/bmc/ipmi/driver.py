"""The IPMI driver: a server's BMC behind the protocol that all drivers share."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import NoReturn, Self

from microdc.bmc.errors import BmcError, BmcRefusedError, Cause, UnsupportedError
from microdc.bmc.ipmi import boot, chassis, eventlog, inventory, repository, solconsole
from microdc.bmc.ipmi.abilities import ABILITIES
from microdc.bmc.ipmi.channel import Channel
from microdc.bmc.ipmi.commands import APPLICATION, Command
from microdc.bmc.ipmi.repository import Repository
from microdc.bmc.model import (
    Abilities,
    Act,
    Boot,
    Console,
    Hardware,
    Identity,
    Led,
    Limits,
    Log,
    LogEntry,
    Power,
    Remark,
    Sensors,
    Target,
)

_RESET_SECONDS = 5.0


class IpmiBmc:
    """A server through IPMI 2.0 over LAN; see Bmc. The session is opened by the first call that needs it."""

    driver = "ipmi"

    def __init__(self, target: Target, limits: Limits | None = None) -> None:
        self.target = target
        self._ask = Channel(target, limits or Limits())
        self._repository: Repository | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """With which cipher suite it speaks, once it does: 3 rests on SHA-1, 17 on SHA-256."""
        ready = self._ask.ready
        if ready is None:
            return ()
        kept = f"IPMI session with cipher suite {ready.suite}"
        weaker = f"{kept} (SHA-1), since 17 was not to be had" if ready.suite == 3 else kept
        return (weaker,) if ready.privilege == 4 else (weaker, "IPMI session as operator, not administrator")

    @property
    def suite(self) -> int | None:
        """The cipher suite of the session; None before it is open."""
        return self._ask.ready.suite if self._ask.ready else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def abilities(self) -> Abilities:
        return ABILITIES

    def identity(self) -> Identity:
        return inventory.identity(self._ask)[0]

    def hardware(self) -> Hardware:
        who, remarks = inventory.identity(self._ask)
        firmware = inventory.firmware(self._ask)
        known, more = self._known()
        supplies, noted = inventory.power_supplies(self._ask, known.parts)
        return Hardware(
            who,
            self.power(),
            power_supplies=supplies,
            firmware=(firmware,),
            remarks=(*remarks, *more, *noted),
        )

    def power(self) -> Power:
        return chassis.power(self._ask)

    def act(self, act: Act) -> None:
        if act not in chassis.ACTS:
            self._cannot(act.value)
        chassis.act(self._ask, act)

    def boot(self) -> Boot:
        return boot.read(self._ask)

    def set_boot(self, wanted: Boot) -> Boot:
        """As Bmc says. A wish without a mode keeps the one that is set, since IPMI has no "whatever it has"."""
        if wanted.target not in boot.TARGETS:
            self._cannot(wanted.target.value)
        if wanted.mode is None:
            wanted = Boot(wanted.target, wanted.lasting, boot.read(self._ask).mode)
        boot.write(self._ask, wanted)
        return boot.read(self._ask)

    def sensors(self) -> Sensors:
        self._repository = repository.load(self._ask, self._repository)
        power = self.power()
        readings, remarks = repository.read_all(self._ask, self._repository, power)
        return Sensors(readings, power, remarks)

    def log(self, limit: int | None = None) -> Log:
        known, remarks = self._known()
        found = eventlog.read(self._ask, known.named, limit, time.time)
        return Log(found.entries, found.total, found.skew, (*remarks, *found.remarks))

    def clear_log(self) -> None:
        eventlog.clear(self._ask)

    def events(self, stop: threading.Event) -> Iterator[LogEntry]:
        del stop
        self._cannot("events as they happen")

    def reset_controller(self) -> None:
        """As Bmc says. Most restart before they answer: that is taken for a yes."""
        self._ask.connect()
        try:
            self._ask(Command("Cold Reset", APPLICATION, 0x02, once=True, wait=_RESET_SECONDS))
        except BmcError as error:
            if not error.sent or error.cause is not Cause.TIMEOUT:
                raise
        self._ask.close()

    def led(self) -> Led:
        return chassis.led(self._ask)

    def set_led(self, led: Led) -> None:
        chassis.set_led(self._ask, led)

    def console(self) -> Console:
        return solconsole.console(self._ask, self.target)

    def close(self) -> None:
        self._ask.close()

    def _known(self) -> tuple[Repository, tuple[Remark, ...]]:
        """The sensors' records, of which the log and the inventory need names only: without them the rest stands."""
        if self._repository is None:
            try:
                self._repository = repository.load(self._ask)
            except BmcRefusedError as error:
                return Repository(b""), (Remark("sensor data records", error.what),)
        return self._repository, ()

    def _cannot(self, what: str) -> NoReturn:
        raise UnsupportedError(ABILITIES.lacks.get(what, f"IPMI has no {what}"), where=self._ask.where)
