"""Many BMCs at once, as `microdc.abreast` works: those behind one BMC one after the other, and time to log out at the end."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TypeVar
from urllib.parse import urlsplit

from microdc import abreast
from microdc.abreast import Lost
from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.model import Target

T = TypeVar("T")
E = TypeVar("E")

AT_ONCE = 32
"""BMCs that are spoken to at the same time: waiting for them costs next to nothing, their TLS handshakes do."""
GRACE = 8.0
"""Seconds that those at work have to log out after an interruption: an answer that is under way and the logout, of a slow BMC."""

# in annotations only: to make one, abreast.Outcome is called
Outcome = abreast.Outcome[Target, T]
Task = abreast.Task[Target, E]
Work = abreast.Work[Target, E, T]


def each(
    targets: Iterable[Target], work: Work[object, T], *, at_once: int = AT_ONCE, deadline: float | None = None
) -> Iterator[Outcome[T]]:
    """Does the work at each target and yields the outcomes as they come; as `run`, without what the work tells."""
    for event in run(targets, work, at_once=at_once, deadline=deadline):
        if isinstance(event, abreast.Outcome):
            yield event


def run(
    targets: Iterable[Target],
    work: Work[E, T],
    *,
    at_once: int = AT_ONCE,
    deadline: float | None = None,
    heard: Callable[[Outcome[T]], None] = lambda _: None,
) -> Generator[E | Outcome[T], None, None]:
    """As `abreast.run`. Targets behind the same BMC are worked at one after the other, so that none is spoken to over two connections."""
    kind: abreast.Kind[Target] = abreast.Kind(
        name=lambda target: f"bmc-{target.name}",
        where=lambda target: target.where,
        lost=_lost,
        behind=address,
        grace=GRACE,
    )
    return abreast.run(targets, work, kind, at_once=at_once, deadline=deadline, heard=heard)


def address(target: Target) -> object:
    """What two targets share that are behind the same BMC: the host, port and namespace by which it is reached."""
    if target.redfish:
        url = urlsplit(target.redfish)
        return target.via, url.hostname, url.port or (80 if url.scheme == "http" else 443)
    return (target.via, target.ipmi.lower(), None) if target.ipmi else (target.via, target.name, target.where)


def _lost(target: Target, why: Lost, what: str) -> BmcError:
    hint = "what was asked of it may have been done all the same" if why in {Lost.LATE, Lost.LEFT} else ""
    cause = Cause.TIMEOUT if why is Lost.LATE else Cause.ENDED
    return BmcError(cause, what, where=target.where, hint=hint, sent=why is not Lost.UNBEGUN)
