"""Requests to one agent and its answers, as coroutines on the loop."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pysnmp.entity.rfc3413 import cmdgen
from pysnmp.error import PySnmpError
from pysnmp.proto.errind import RequestTimedOut, requestTimedOut

from microdc.snmp import engines, faults, messages, wire
from microdc.snmp.model import Agent, Community, Limits
from microdc.snmp.oids import Oid, text
from microdc.snmp.values import Bound, asked, wished

_CONTEXT = (None, b"")  # the agent's own engine, its default context
_GET: Any = cmdgen.GetCommandGenerator
_BULK: Any = cmdgen.BulkCommandGeneratorSingleRun
_SET: Any = cmdgen.SetCommandGenerator
_NUMBER = 2**31 - 1
_numbers = itertools.count(secrets.randbelow(_NUMBER))
"""Of requests, which others cannot guess."""


class Session:
    """An open way to one agent. Every request raises SnmpError."""

    def __init__(self, agent: Agent, limits: Limits, transport: wire.Wire, address: tuple[str, int]) -> None:
        self.agent = agent
        self._limits = limits
        self._wire = transport
        self._address = address
        self._joined: engines.Place | None = None
        self._waiting: set[asyncio.Future[Any]] = set()
        self._answered = False
        self._community = (
            agent.credentials.name.encode() if isinstance(agent.credentials, Community) else None
        )
        self._heard: dict[int, Callable[..., None]] = {}
        transport.lost = self._lost
        transport.took = self._took

    @classmethod
    async def open(cls, agent: Agent, made: socket.socket, limits: Limits) -> Session:
        """Over a socket of `wire.connected`, which it closes at its end."""
        host, port = made.getpeername()[:2]
        return cls(agent, limits, await wire.opened(made), (host, port))

    async def get(self, oids: Sequence[Oid]) -> list[Bound]:
        """The values of objects, in one request."""
        if self._community is not None:
            return await self._read(self._sender(messages.GET, oids))
        varbinds = [asked(oid) for oid in oids]
        return await self._read(
            lambda heard: _GET().send_varbinds(
                self._place.engine, self._place.target, *_CONTEXT, varbinds, heard
            )
        )

    async def bulk(self, after: Oid, rows: int) -> list[Bound]:
        """At most so many objects that come after an OID (GETBULK)."""
        return await self.bulk_of([after], rows)

    async def bulk_of(self, after: Sequence[Oid], rows: int) -> list[Bound]:
        """For each OID at most so many objects that come after it: the first of each, the second of each, and so on."""
        if self._community is not None:
            return await self._read(self._sender(messages.BULK, after, rows))
        varbinds = [asked(oid) for oid in after]
        return await self._read(
            lambda heard: _BULK().send_varbinds(
                self._place.engine, self._place.target, *_CONTEXT, 0, rows, varbinds, heard
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
        if self._joined is None:
            wire.close(self._wire)
        else:
            self._joined.leave()

    @property
    def _place(self) -> engines.Place:
        """In pysnmp's engine, for what is asked through it: reading over v2c never comes here."""
        if self._joined is None:
            self._joined = engines.join(self.agent, self._wire, self._address, self._limits.seconds)
        return self._joined

    def _sender(self, kind: int, oids: Sequence[Oid], rows: int = 0) -> Callable[[Any], object]:
        """Sends a request of v2c, each time under a number of its own."""

        def send(heard: Callable[..., None]) -> None:
            number = next(_numbers) & _NUMBER
            self._heard[number] = heard
            wire.send(self._wire, messages.request(self._community or b"", number, kind, oids, rows))

        return send

    def _took(self, datagram: bytes) -> bool:
        """Whether it is none of pysnmp's business: an answer to what this session asked for by itself, or anything while pysnmp has asked for nothing."""
        if self._community is None:
            return False
        answer = messages.response(datagram, self._community)
        heard = None if answer is None else self._heard.pop(answer.number, None)
        if answer is None or heard is None:
            return self._joined is None
        heard(None, None, None, answer.status, answer.index, answer.values, None)
        return True

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
