"""Ending the sessions that killed processes left open."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from microdc.bmc.errors import BmcError
from microdc.bmc.model import Limits
from microdc.bmc.redfish.sessions import Session, erase, orphans
from microdc.bmc.redfish.wire import Wire
from microdc.errors import MicrodcError

_BUDGET = 2.0  # seconds that others' leftovers may cost who only wants to use the BMC
_GONE = frozenset({401, 403, 404, 440})
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reaped:
    """A session that a killed process left. ended: whether it is closed now, or was already; why: where it is not."""

    base: str
    path: str
    ended: bool
    why: str = ""


def end(wire: Wire, session: Session, seconds: float) -> str:
    """Ends a session by its own token, asked once; "" where it is gone then, else why it is not known to be."""
    try:
        token = {"X-Auth-Token": session.token}
        reply = wire.ask("DELETE", session.path, headers=token, seconds=seconds, repeatable=True)
    except BmcError as error:
        return f"{error.cause}: {error.what}"
    if reply.status < 300 or reply.status in _GONE:
        return ""
    return f"refused with {reply.status}"


def reap(wire: Wire) -> tuple[Reaped, ...]:
    """Ends what was left open at this BMC, over a connection that is there already. What takes longer than two seconds is left."""
    reaped = []
    begin = time.monotonic()
    for file, session in orphans(wire.line.base, wire.line.target.via):
        left = _BUDGET - (time.monotonic() - begin)
        if left <= 0:
            break
        reaped.append(_reaped(file, session, end(wire, session, left)))
    return tuple(reaped)


def reap_all(at_once: int = 16) -> tuple[Reaped, ...]:
    """Ends what was left open at any BMC. A session whose BMC does not answer stays on file, for a day at most."""
    with ThreadPoolExecutor(at_once, thread_name_prefix="reap") as pool:
        return tuple(pool.map(_reap_one, orphans()))


def _reap_one(left: tuple[Path, Session]) -> Reaped:
    file, session = left
    try:
        wire = Wire(session.target, Limits(connect=_BUDGET, answer=_BUDGET))
    except MicrodcError as error:
        return _reaped(file, session, error.what)
    try:
        return _reaped(file, session, end(wire, session, _BUDGET))
    finally:
        wire.close()


def _reaped(file: Path, session: Session, why: str) -> Reaped:
    if why:
        _log.debug("%s%s of a process that is gone was not ended: %s", session.base, session.path, why)
    else:
        erase(file)
    return Reaped(session.base, session.path, ended=not why, why=why)
