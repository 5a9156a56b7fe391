"""SNMP as other rooms see it: calls that block."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from microdc.snmp import loop, wire
from microdc.snmp.columns import columns
from microdc.snmp.errors import Cause, SnmpError
from microdc.snmp.model import Agent, Column, Limits, Value, Walk
from microdc.snmp.oids import Oid, parse
from microdc.snmp.session import Session
from microdc.snmp.values import row
from microdc.snmp.walking import ROWS, walk

T = TypeVar("T")

_AT_ONCE = 20
"""Objects in one GET: small agents answer no larger datagram than 484 bytes (RFC 3417, section 3.2)."""


class Client:
    """One agent. A context manager; opened by the first call, and anew by the next one after a timeout or an interruption; used by one thread at a time.

    Every call raises SnmpError, UnreachableError for a namespace that cannot be entered, and InputError for what is no OID.
    """

    def __init__(self, agent: Agent, limits: Limits | None = None) -> None:
        self.agent = agent
        self._limits = limits or Limits()
        self._session: Session | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def get(self, oids: Sequence[str]) -> dict[str, Value]:
        """The value of each object, None where the agent has none; keyed as asked for."""
        found: dict[str, Value] = {}
        for first in range(0, len(oids), _AT_ONCE):
            found |= self._get(oids[first : first + _AT_ONCE])
        return found

    def _get(self, oids: Sequence[str]) -> dict[str, Value]:
        names = [parse(oid) for oid in oids]
        answer = dict(map(row, self._run(lambda session: session.get(names))))
        return {oid: answer.get(oid.removeprefix(".")) for oid in oids}

    def walk(self, root: str, *, limit: int = ROWS) -> Walk:
        """The rows below an OID, at most so many."""
        below = parse(root)
        return self._run(lambda session: walk(session, below, limit=limit))

    def columns(self, roots: Iterable[Oid], *, limit: int = ROWS) -> dict[Oid, Column]:
        """The cells below each of many OIDs, at most so many of each, walked together. A subtree that fails says so and hides no other."""
        wanted = list(roots)
        return self._run(lambda session: columns(session, wanted, limit=limit))

    def set(self, values: Mapping[str, int | bytes]) -> None:
        """Sets objects in one request, all or none (RFC 3416, section 4.2.5). It is sent once; SnmpError's `sent` says whether it may have been done."""
        wanted = {parse(oid): value for oid, value in values.items()}
        self._run(lambda session: session.set(wanted))

    def close(self) -> None:
        """Closes the socket; never raises."""
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(Exception):
                loop.run(_closed(session))

    def _run(self, work: Callable[[Session], Coroutine[Any, Any, T]]) -> T:
        if self._session is None:
            made = wire.connected(self.agent)
            self._session = loop.run(Session.open(self.agent, made, self._limits))
        try:
            return loop.run(work(self._session))
        except SnmpError as problem:
            if (
                problem.cause is Cause.TIMEOUT
            ):  # an agent that was replaced has another engine id: it is asked for anew
                self.close()
            raise
        except BaseException:
            self.close()
            raise


async def _closed(session: Session) -> None:
    session.close()
