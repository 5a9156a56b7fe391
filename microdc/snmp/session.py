"""Requests to one agent and its answers, as coroutines on the loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pysnmp.entity.rfc3413 import cmdgen
from pysnmp.error import PySnmpError
from pysnmp.proto.errind import RequestTimedOut, requestTimedOut

from microdc.snmp import engines, faults, wire
from microdc.snmp.model import Agent, Limits
from microdc.snmp.oids import Oid, text
from microdc.snmp.values import Bound, asked, wished

_CONTEXT = (None, b"")  # the agent's own engine, its default context
_GET: Any = cmdgen.GetCommandGenerator
_BULK: Any = cmdgen.BulkCommandGeneratorSingleRun
_SET: Any = cmdgen.SetCommandGenerator


class Session:
    """An open way to one agent. Every request raises SnmpError."""

    def __init__(self, agent: Agent, limits: Limits, transport: wire.Wire, place: engines.Place) -> None:
        self.agent = agent
        self._limits = limits
        self._wire = transport
        self._place = place
        self._waiting: set[asyncio.Future[Any]] = set()
        self._answered = False
        transport.lost = self._lost

    @classmethod
    async def open(cls, agent: Agent, made: socket.socket, limits: Limits) -> Session:
        """Over a socket of `wire.connected`, which it closes at its end."""
        host, port = made.getpeername()[:2]
        transport = await wire.opened(made)
        try:
            place = engines.join(agent, transport, (host, port), limits.seconds)
        except BaseException:
            wire.close(transport)
            raise
        return cls(agent, limits, transport, place)

    async def get(self, oids: Sequence[Oid]) -> list[Bound]:
        """The values of objects, in one request."""
        varbinds = [asked(oid) for oid in oids]
        return await self._read(
            lambda heard: _GET().send_varbinds(
                self._place.engine, self._place.target, *_CONTEXT, varbinds, heard
            )
        )

    async def bulk(self, after: Oid, rows: int) -> list[Bound]:
        """At most so many objects that come after an OID (GETBULK)."""
        return await self._read(
            lambda heard: _BULK().send_varbinds(
                self._place.engine, self._place.target, *_CONTEXT, 0, rows, [asked(after)], heard
            )
        )

    async def set(self, values: Mapping[Oid, int | bytes]) -> list[Bound]:
        """Sets objects, all in one request, which is sent once."""
        varbinds = [wished(oid, value) for oid, value in values.items()]
        return await self._once(
            lambda heard: _SET().send_varbinds(
                self._place.engine, self._place.target, *_CONTEXT, varbinds, heard
            ),
            setting=True,
            last=True,
        )

    def close(self) -> None:
        """Ends what is waited for, and closes the socket."""
        for future in self._waiting:
            future.cancel()
        self._place.leave()

    async def _read(self, send: Callable[[Any], object]) -> list[Bound]:
        for attempt in range(1, self._limits.attempts + 1):
            try:
                return await self._once(send, last=attempt == self._limits.attempts)
            except TimeoutError:
                continue
        raise AssertionError("the last attempt does not raise TimeoutError")

    async def _once(self, send: Callable[[Any], object], *, last: bool, setting: bool = False) -> list[Bound]:
        """One try. Raises TimeoutError where it was not the last and no answer came."""
        future: asyncio.Future[tuple[Any, int, int, Any]] = asyncio.get_running_loop().create_future()

        def heard(_engine: Any, _handle: Any, *answer: Any) -> None:
            if not future.done():
                indication, status, index, varbinds, _context = answer
                future.set_result((indication, int(status), int(index), varbinds))

        self._waiting.add(future)
        try:
            send(heard)
            async with asyncio.timeout(self._limits.seconds):
                indication, status, index, varbinds = await future
        except TimeoutError:
            indication, status, index, varbinds = requestTimedOut, 0, 0, ()
        except OSError as problem:
            raise faults.lost(self.agent, problem, setting=setting) from None
        except PySnmpError as problem:
            said = getattr(problem, "get", lambda _: None)("errorIndication") or problem
            raise faults.indicated(self.agent, said, setting=setting) from problem
        finally:
            self._waiting.discard(future)
        if isinstance(indication, RequestTimedOut):
            if not last:
                raise TimeoutError
            waited = self._limits.seconds * (1 if setting else self._limits.attempts)
            raise faults.silence(self.agent, waited, self._reached(), setting=setting)
        if indication:
            raise faults.indicated(self.agent, indication, setting=setting)
        self._answered = True
        found = [(tuple(name), value) for name, value in varbinds]
        if status:
            named = text(found[index - 1][0]) if 0 < index <= len(found) else ""
            raise faults.refused(self.agent, status, named)
        return found

    def _reached(self) -> faults.Reached:
        if self._answered:
            return "answered"
        return "heard" if self._wire.heard else "nothing"

    def _lost(self, problem: OSError) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_exception(problem)
