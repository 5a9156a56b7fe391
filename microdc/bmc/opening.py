"""A server's BMC, opened: by Redfish, else by IPMI, else the outlets that feed the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from microdc.bmc.driver import Bmc
from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.model import Limits, Target
from microdc.errors import InputError

if TYPE_CHECKING:
    from microdc.bmc.targets import Outlet

GOES_ON = frozenset(
    {
        Cause.NO_ROUTE,
        Cause.REFUSED,
        Cause.TIMEOUT,
        Cause.NOT_REDFISH,
        Cause.SESSIONS,
        Cause.STARTING,
        Cause.BUSY,
        Cause.BROKEN_ANSWER,
        Cause.TOO_LARGE,
        Cause.ENDED,
    }
)
"""After these the next way is tried. Not after a refused login, which another try may turn into a lock-out, and not where somebody
else may be answering (the certificate, no TLS): he shall not be given the password, or a proof of it, by another protocol."""

Way = tuple[str, Callable[[], Bmc]]


@contextmanager
def open_bmc(target: Target, limits: Limits | None = None, outlets: Sequence[Outlet] = ()) -> Iterator[Bmc]:
    """Opens the first way to a server that works, and logs out at its end; a way that failed is a note of the BMC.

    Raises BmcError of the first way where none works, and InputError where the documents name none.
    """
    ways = _ways(target, limits or Limits(), outlets)
    if not ways:
        raise InputError(
            "no way to this server is known", where=target.where, hint="write `bmc:` with redfish or ipmi"
        )
    with _first(ways) as bmc:
        yield bmc


@contextmanager
def _first(ways: Sequence[Way]) -> Iterator[Bmc]:
    failed: list[tuple[str, BmcError]] = []
    for number, (name, make) in enumerate(ways):
        try:
            bmc = _opened(make, tried=number + 1 < len(ways))
        except BmcError as problem:
            failed.append((name, problem))
            if problem.cause not in GOES_ON or number + 1 == len(ways):
                break
            continue
        notes = tuple(f"by {name}, since {other} failed: {problem.what}" for other, problem in failed)
        try:
            yield cast("Bmc", _Noted(bmc, notes)) if notes else bmc
        finally:
            bmc.__exit__(None, None, None)
        return
    first, others = failed[0][1], failed[1:]
    told = [first.hint, *(f"nor by {name}: {problem.what}" for name, problem in others)]
    raise BmcError(first.cause, first.what, where=first.where, hint="; ".join(filter(None, told))) from first


def _opened(make: Callable[[], Bmc], *, tried: bool) -> Bmc:
    """A BMC, entered. tried: it is asked something, so that a way that does not work is known while there is another."""
    bmc = make()
    try:
        bmc.__enter__()
        if tried:
            bmc.power()
    except BaseException:
        bmc.close()
        raise
    return bmc


def _ways(target: Target, limits: Limits, outlets: Sequence[Outlet]) -> list[Way]:
    """The ways that the documents name, best first. A driver is imported when it is used."""

    def redfish() -> Bmc:
        from microdc.bmc.redfish.client import Client  # noqa: PLC0415
        from microdc.bmc.redfish.driver import RedfishBmc  # noqa: PLC0415

        return RedfishBmc(target, Client(target, limits))

    def ipmi() -> Bmc:
        from microdc.bmc.ipmi.driver import IpmiBmc  # noqa: PLC0415

        return IpmiBmc(target, limits)

    def pdu() -> Bmc:
        from microdc.bmc.pdu.driver import PduBmc  # noqa: PLC0415

        return PduBmc(target, tuple(outlets), limits)

    named: list[tuple[object, Way]] = [
        (target.redfish, ("Redfish", redfish)),
        (target.ipmi, ("IPMI", ipmi)),
        (outlets, ("its power outlets", pdu)),
    ]
    return [way for there, way in named if there]


class _Noted:
    """A BMC with notes of how it was come by. All else is the BMC's own."""

    def __init__(self, bmc: Bmc, notes: tuple[str, ...]) -> None:
        self._bmc = bmc
        self._notes = notes

    @property
    def notes(self) -> tuple[str, ...]:
        return (*self._notes, *self._bmc.notes)

    def __getattr__(self, name: str) -> object:
        return getattr(self._bmc, name)
