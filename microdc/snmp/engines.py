"""pysnmp's engines, shared by sessions that set values. Only the loop's thread comes here.

An engine takes some 0.3 s to make, since pysnmp compiles its MIB modules anew for each. So all that speak v2c share one. SNMPv3 users of one name and
different passwords cannot share one, for an engine knows users by name: there is one for each login.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from pysnmp.carrier.asyncio.dispatch import AsyncioDispatcher
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine

from microdc.snmp.model import Agent, Community, Credentials, User
from microdc.snmp.wire import Wire, close

_engines: dict[User | None, _Shared] = {}
_numbers = itertools.count(1)
_DISPATCHER: Any = AsyncioDispatcher
_LATER = 100  # hundredths of a second
_V2C, _V3 = 1, 3  # message processing models (RFC 3411, section 6)


@dataclass(slots=True)
class _Shared:
    """parameters: the names by which the engine knows credentials."""

    engine: SnmpEngine
    parameters: dict[Credentials, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """A session's place in an engine: its own transport, and the name of the agent there."""

    engine: SnmpEngine
    target: str
    domain: tuple[int, ...]
    wire: Wire

    def leave(self) -> None:
        """Gives it up, and closes the socket."""
        config.delete_target_address(self.engine, self.target)
        config.delete_transport(self.engine, self.domain)
        close(self.wire)


def join(agent: Agent, wire: Wire, address: tuple[str, int], seconds: float) -> Place:
    """A place in the engine that knows the agent's credentials. address: where the wire leads; seconds: how long an answer is waited for."""
    key = agent.credentials if isinstance(agent.credentials, User) else None
    shared = _engines.get(key)
    if shared is None:
        shared = _engines[key] = _Shared(SnmpEngine())
        # its own for good: the one that pysnmp makes by itself ends with its last transport, and with it the count of time by which answers expire
        shared.engine.register_transport_dispatcher(_DISPATCHER())
    parameters = shared.parameters.get(agent.credentials)
    if parameters is None:
        parameters = shared.parameters[agent.credentials] = _introduce(shared.engine, agent.credentials)
    number = next(_numbers)
    place = Place(shared.engine, f"agent-{number}", (*wire.domain, number), wire)
    config.add_transport(shared.engine, place.domain, wire)
    # pysnmp's own retries are not used: what is given up must not be sent again behind our back. Its timer only forgets, after the session gave up
    forgets = seconds * 100 + _LATER
    config.add_target_address(
        shared.engine, place.target, place.domain, address, parameters, forgets, retryCount=0
    )
    return place


def _introduce(engine: SnmpEngine, who: Credentials) -> str:
    """Makes credentials known to an engine. Returns the name of the parameters with which messages are sent."""
    name = f"login-{next(_numbers)}"
    if isinstance(who, Community):
        config.add_v1_system(engine, name, who.name)
        config.add_target_parameters(engine, name, name, "noAuthNoPriv", _V2C)
        return name
    config.add_v3_user(
        engine,
        who.name,
        config.USM_AUTH_HMAC192_SHA256,
        who.authentication,
        config.USM_PRIV_CFB128_AES,
        who.privacy,
    )
    config.add_target_parameters(engine, name, who.name, "authPriv", _V3)
    return name
