"""What every driver of BMCs can be asked: the one protocol of Redfish, IPMI and switched power outlets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Protocol, Self

from microdc.bmc.model import (
    Abilities,
    Act,
    Boot,
    Console,
    Hardware,
    Identity,
    Led,
    Log,
    LogEntry,
    Power,
    Sensors,
    Target,
)


class Bmc(Protocol):
    """One server behind one BMC, open. A context manager that logs out at its end; used by one thread at a time.

    Every call may raise BmcError (it could not be used), BmcRefusedError (it said no) and UnsupportedError (it cannot).
    Nothing here waits for what was asked to come true: `control` does that, by reading back.
    """

    target: Target
    driver: str
    """`redfish`, `ipmi` or `pdu`."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What every report on this server repeats, such as that its certificate is not verified."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *failure: object) -> None: ...

    def abilities(self) -> Abilities:
        """What it can do, as far as can be known without trying."""

    def identity(self) -> Identity:
        """Who it is: cheap, one or two requests."""

    def hardware(self) -> Hardware:
        """All that it consists of."""

    def power(self) -> Power:
        """Its power state, read now."""

    def act(self, act: Act) -> None:
        """Asks once for an act; an act that is never sent twice. That it is in that state already is no error."""

    def boot(self) -> Boot:
        """The boot override, read now."""

    def set_boot(self, wanted: Boot) -> Boot:
        """Asks for a boot override and returns what it reads back, which may differ: the caller judges.

        Tries the ways that vendors need, one after the other, as far as each refusal says that nothing was changed.
        """

    def sensors(self) -> Sensors:
        """All sensors, read now."""

    def log(self, limit: int | None = None) -> Log:
        """The event log, newest first, at most `limit` entries (None: all)."""

    def clear_log(self) -> None:
        """Empties the event log."""

    def events(self, stop: threading.Event) -> Iterator[LogEntry]:
        """New entries as they happen, until `stop` is set. UnsupportedError where the log must be polled."""

    def reset_controller(self) -> None:
        """Restarts the BMC itself; the server runs on."""

    def led(self) -> Led:
        """The identify LED."""

    def set_led(self, led: Led) -> None:
        """Sets the identify LED."""

    def console(self) -> Console:
        """How its serial console is reached."""

    def close(self) -> None:
        """Logs out and closes the connection; never raises."""
