"""What a driver and its talker say to each other: JSON, one value a line.

The driver begins with a Login and hears Ready or Failure. Then each Ask is followed by one Answer or Failure. The end of its
input tells the talker to log out and to end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from microdc.bmc.errors import Cause

LONGEST = 16384
"""Bytes of the longest line; an IPMI message over LAN has less than 300 bytes."""


@dataclass(frozen=True, slots=True)
class Login:
    """To whom and as whom. connect, answer: seconds for a first sign of life, and for the whole login after it."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    connect: float = 5.0
    answer: float = 30.0


@dataclass(frozen=True, slots=True)
class Ready:
    """A session is open. suite: its cipher suite (3 or 17, table 22-20); privilege: 4 administrator, 3 operator."""

    suite: int
    privilege: int


@dataclass(frozen=True, slots=True)
class Ask:
    """A command. once: sent one single time and never again, whatever comes back; else packets are repeated until answered.

    wait: seconds for the answer.
    """

    netfn: int
    command: int
    data: bytes = b""
    lun: int = 0
    once: bool = False
    wait: float = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The BMC's completion code (section 5.2) and what follows it."""

    code: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no session or no answer; the talker ends after it. sent: whether a command may have reached the BMC."""

    cause: Cause
    what: str
    sent: bool = False


Message = Login | Ready | Ask | Answer | Failure
_KINDS: dict[str, type[Message]] = {
    kind.__name__.lower(): kind for kind in (Login, Ready, Ask, Answer, Failure)
}


class GarbledError(ValueError):
    """A line that is none of these values."""


def line(message: Message) -> bytes:
    """A value as its line, with the line's end."""
    values = {name: getattr(message, name) for name in message.__slots__}
    plain = {name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()}
    return json.dumps({"is": type(message).__name__.lower(), **plain}).encode() + b"\n"


def read(text: bytes) -> Message:
    """The value of a line. Raises GarbledError."""
    try:
        fields: dict[str, Any] = json.loads(text)
        kind = _KINDS[fields.pop("is")]
        if "data" in fields:
            fields["data"] = bytes.fromhex(fields["data"])
        if "cause" in fields:
            fields["cause"] = Cause(fields["cause"])
        return kind(**fields)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GarbledError(f"not a message: {error}") from None
