"""An agent and how it is reached; what it tells, as plain Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from microdc.errors import InputError

PORT = 161
_LEAST = 8

Value: TypeAlias = "int | bytes | str | None"
"""INTEGER, counters, gauges and ticks are int; OCTET STRING, IpAddress and Opaque are bytes; an OBJECT IDENTIFIER is its dotted text. None: there is no such
object or instance."""
Row: TypeAlias = "tuple[str, Value]"
"""An OID in dotted text and its value."""


Cell: TypeAlias = "tuple[tuple[int, ...], Value]"
"""An OID as numbers and its value."""


@dataclass(frozen=True, slots=True)
class Community:
    """The credentials of SNMPv2c, which go over the wire as they are."""

    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class User:
    """The credentials of SNMPv3 at level authPriv: HMAC-SHA-256 (RFC 7860) and AES-128 (RFC 3826)."""

    name: str
    authentication: str = field(repr=False)
    privacy: str = field(repr=False)


Credentials: TypeAlias = "Community | User"


@dataclass(frozen=True, slots=True)
class Agent:
    """What answers SNMP. address: a name or an IP address, without brackets; via: the network namespace from which it is asked ("" for the caller's)."""

    name: str
    address: str
    credentials: Credentials
    port: int = PORT
    via: str = ""

    @property
    def where(self) -> str:
        """As errors name it."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.name} (snmp://{host}{'' if self.port == PORT else f':{self.port}'})"


@dataclass(frozen=True, slots=True)
class Limits:
    """seconds: how long one answer is waited for; attempts: of a read, the first included (what is set is sent once)."""

    seconds: float = 2.0
    attempts: int = 3


@dataclass(frozen=True, slots=True)
class Walk:
    """The rows below an OID, in the agent's order. cut: why there may be more, in a sentence; "" where that is all."""

    rows: tuple[Row, ...]
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """The cells below an OID, in the agent's order, each once. cut: why there may be more, or what else is wrong with them, in a sentence; "" if nothing."""

    cells: tuple[Cell, ...]
    cut: str = ""


def credentials(secret: str, version: int, *, where: str = "") -> Credentials:
    """What `credentials:` of a document stand for: a community, or `user:authentication password:privacy password`. Raises InputError."""
    if version != 3:
        if not secret:
            raise InputError(
                "no community is known", where=where, hint="write `credentials:`, a reference to it"
            )
        return Community(secret)
    parts = secret.split(":")
    if len(parts) != 3 or not all(parts):
        raise InputError(
            "SNMPv3 needs user:authentication password:privacy password",  # what was given is not shown
            where=where,
            hint="that is what `credentials:` are to refer to; a password with a colon cannot be written so",
        )
    if min(len(parts[1]), len(parts[2])) < _LEAST:
        raise InputError(
            f"a password of SNMPv3 has at least {_LEAST} characters",
            where=where,
            hint="RFC 3414, section 11.2",
        )
    return User(*parts)
