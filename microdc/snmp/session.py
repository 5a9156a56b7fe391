"""Requests to one agent and its answers, as coroutines on the loop."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from pysnmp.entity.rfc3413 import cmdgen
from pysnmp.error import PySnmpError
from pysnmp.proto import errind

from microdc.snmp import engines, faults, messages, wire
from microdc.snmp.model import Agent, Community, Credentials, Limits
from microdc.snmp.oids import Oid, text
from microdc.snmp.secure import Refused, Secure
from microdc.snmp.values import Bound, wished

_CONTEXT = (None, b"")  # the agent's own engine, its default context
_SET: Any = cmdgen.SetCommandGenerator
_NUMBER = 2**31 - 1
_64_BITS = 2**64 - 1
_numbers = itertools.count(secrets.randbelow(_NUMBER))
"""Of requests, which others cannot guess."""
_salts = itertools.count(secrets.randbits(64))
"""Of what is encrypted: none comes twice under one key (RFC 3826, 3.1.2.1)."""
_LEARNS: Final = 3
"""How often one question is put again since the agent told its engine id, its clock, or another one of them after a restart."""


class Speech(Protocol):
    """How requests and answers look on the wire."""

    def request(self, number: int, kind: int, oids: Sequence[Oid], rows: int = 0) -> bytes: ...
    def read(self, data: bytes, mine: Callable[[int], bool]) -> messages.Response | Refused | None: ...


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question that is open. heard: is told what comes of it; left: how often it may be put again."""

    heard: Callable[..., None]
    kind: int
    oids: Sequence[Oid]
    rows: int
    left: int = _LEARNS


@dataclass(frozen=True, slots=True)
class _Plain:
    """SNMPv2c."""

    community: bytes

    def request(self, number: int, kind: int, oids: Sequence[Oid], rows: int = 0) -> bytes:
        return messages.request(self.community, number, kind, oids, rows)

    def read(self, data: bytes, mine: Callable[[int], bool]) -> messages.Response | None:
        found = messages.response(data, self.community)
        return found if found is not None and mine(found.number) else None


def _speech(who: Credentials) -> Speech:
    if isinstance(who, Community):
        return _Plain(who.name.encode())
    return Secure(who, time.monotonic, lambda: next(_salts) & _64_BITS)


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
        self._speech = _speech(agent.credentials)
        self._heard: dict[int, _Asked] = {}
        transport.lost = self._lost
        transport.took = self._took

    @classmethod
    async def open(cls, agent: Agent, made: socket.socket, limits: Limits) -> Session:
        """Over a socket of `wire.connected`, which it closes at its end."""
        host, port = made.getpeername()[:2]
        return cls(agent, limits, await wire.opened(made), (host, port))

    async def get(self, oids: Sequence[Oid]) -> list[Bound]:
        """The values of objects, in one request."""
        return await self._read(self._sender(messages.GET, oids))

    async def bulk(self, after: Oid, rows: int) -> list[Bound]:
        """At most so many objects that come after an OID (GETBULK)."""
        return await self.bulk_of([after], rows)

    async def bulk_of(self, after: Sequence[Oid], rows: int) -> list[Bound]:
        """For each OID at most so many objects that come after it: the first of each, the second of each, and so on."""
        return await self._read(self._sender(messages.BULK, after, rows))

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
        """In pysnmp's engine, through which values are set: reading never comes here."""
        if self._joined is None:
            self._joined = engines.join(self.agent, self._wire, self._address, self._limits.seconds)
        return self._joined

    def _sender(self, kind: int, oids: Sequence[Oid], rows: int = 0) -> Callable[[Any], object]:
        """Sends a request, each time under a number of its own, and again where the agent told what was missing in it."""

        def send(heard: Callable[..., None]) -> None:
            self._send(_Asked(heard, kind, oids, rows))

        return send

    def _send(self, one: _Asked) -> None:
        number = next(_numbers) & _NUMBER
        self._heard[number] = one
        wire.send(self._wire, self._speech.request(number, one.kind, one.oids, one.rows))

    def _took(self, datagram: bytes) -> bool:
        """Whether it is none of pysnmp's business: an answer to what this session asked for by itself, or anything while pysnmp has asked for nothing."""
        answer = self._speech.read(datagram, self._heard.__contains__)
        one = None if answer is None else self._heard.pop(answer.number, None)
        if answer is None or one is None:
            return self._joined is None
        if isinstance(answer, messages.Response):
            one.heard(None, None, None, answer.status, answer.index, answer.values, None)
        elif answer.again and one.left:
            self._send(replace(one, left=one.left - 1))
        else:
            one.heard(None, None, getattr(errind, answer.reason, answer.reason), 0, 0, (), None)
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
            indication, status, index, varbinds = errind.requestTimedOut, 0, 0, ()
        except OSError as problem:
            raise faults.lost(self.agent, problem, setting=setting) from None
        except PySnmpError as problem:
            said = getattr(problem, "get", lambda _: None)("errorIndication") or problem
            raise faults.indicated(self.agent, said, setting=setting) from problem
        finally:
            self._waiting.discard(future)
        if isinstance(indication, errind.RequestTimedOut):
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
