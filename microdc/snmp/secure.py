"""SNMPv3 at level authPriv (RFC 3412, RFC 3414) around the messages of `messages`, as far as they read: one user at one agent.

HMAC-SHA-256 cut to 24 octets (RFC 7860) and AES-128 in CFB mode (RFC 3826), the one pair that `User` stands for. The agent's clock is taken from
authentic messages only. The network is not touched here; time and chance are given.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from microdc.snmp.messages import (
    GET,
    OCTETS,
    RESPONSE,
    SEQUENCE,
    Response,
    inside,
    integer,
    integer_at,
    pdu,
    told,
    wrapped,
)
from microdc.snmp.model import User
from microdc.snmp.oids import Oid

_VERSION, _USM = 3, 3
_REPORT: Final = 0xA8
_AUTHENTIC, _PRIVATE, _REPORTABLE = 1, 2, 4
"""Flags of a message."""
_LARGEST: Final = 65507
_DIGEST: Final = 24
_KEY: Final = 16
_NUMBERS: Final = 2**31
_SALT: Final = 8
_WINDOW: Final = 150
"""Seconds by which an authentic message may be late (RFC 3414, 2.2.3)."""
_EXPANDED: Final = 2**20
"""Octets of a password, repeated, of which its key is made (RFC 3414, A.2)."""
_REASONS: Final[dict[Oid, str]] = {
    (1, 3, 6, 1, 6, 3, 15, 1, 1, number): reason
    for number, reason in (
        (1, "unsupportedSecurityLevel"),
        (2, "notInTimeWindow"),
        (3, "unknownUserName"),
        (4, "unknownEngineID"),
        (5, "wrongDigest"),
        (6, "decryptionError"),
    )
}
"""What the counters of a report (RFC 3414, 5) say, as pysnmp names it."""
_SETTLED: Final = {"notInTimeWindow", "unknownEngineID"}
"""After these, what was asked is asked again: the report told what was missing."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The agent's security says no to a message. number: the message's; reason: as pysnmp names it."""

    number: int
    reason: str

    @property
    def again(self) -> bool:
        """Whether it is to be asked once more, with what is known now."""
        return self.reason in _SETTLED


@dataclass(slots=True)
class _Engine:
    """What is known of the agent's engine. ahead: its clock less ours, in seconds; None until an authentic message told it."""

    identity: bytes
    authentication: bytes
    privacy: bytes
    boots: int = 0
    ahead: float | None = None


class Secure:
    """What one user sends to one agent, and what comes back. now: seconds on a clock that never goes back; salt: 64 bits that never come twice."""

    def __init__(self, user: User, now: Callable[[], float], salt: Callable[[], int]) -> None:
        self._user = user
        self._name = user.name.encode()
        self._now = now
        self._salt = salt
        self._engine: _Engine | None = None

    def request(self, number: int, kind: int, oids: Sequence[Oid], rows: int = 0) -> bytes:
        """A GET or a GETBULK; or, as long as the agent's engine is not known, the question for it, to which `Refused` is the answer."""
        engine = self._engine
        if engine is None:
            inner = wrapped(SEQUENCE, wrapped(OCTETS, b"") * 2 + pdu(number, GET, ()))
            return _message(number, _REPORTABLE, _parameters(b"", (0, 0), b"", b"", b""), inner)
        seconds = 0 if engine.ahead is None else int(self._now() + engine.ahead)
        context = wrapped(OCTETS, engine.identity) + wrapped(OCTETS, b"")
        plain = wrapped(SEQUENCE, context + pdu(number, kind, oids, rows))
        salt = self._salt().to_bytes(_SALT, "big")
        cipher = _cipher(engine.privacy, engine.boots, seconds, salt).encryptor()
        hidden = wrapped(OCTETS, cipher.update(plain) + cipher.finalize())

        def whole(digest: bytes) -> bytes:
            parameters = _parameters(engine.identity, (engine.boots, seconds), self._name, digest, salt)
            return _message(number, _AUTHENTIC | _PRIVATE | _REPORTABLE, parameters, hidden)

        return whole(_digest(engine.authentication, whole(bytes(_DIGEST))))

    def read(self, data: bytes, mine: Callable[[int], bool]) -> Response | Refused | None:
        """What an agent answers; None for what is not for us, not authentic where it has to be, too late, or breaks off. mine: whether a message of that
        number is waited for.
        """
        try:
            return self._read(data, mine)
        except (IndexError, ValueError):
            return None

    def _read(self, data: bytes, mine: Callable[[int], bool]) -> Response | Refused | None:
        start, end = inside(data, 0, len(data), SEQUENCE)
        version, at = integer_at(data, start, end)
        first, last = inside(data, at, end, SEQUENCE)
        number, at = integer_at(data, first, last)
        _, at = integer_at(data, at, last)
        begin, at = inside(data, at, last, OCTETS)
        flags = data[begin]
        model, _ = integer_at(data, at, last)
        if (version, model) != (_VERSION, _USM) or not mine(number):
            return None
        begin, at = inside(data, last, end, OCTETS)
        begin, stop = inside(data, begin, at, SEQUENCE)
        first, last = inside(data, begin, stop, OCTETS)
        identity = data[first:last]
        boots, begin = integer_at(data, last, stop)
        seconds, begin = integer_at(data, begin, stop)
        if not (0 <= boots < _NUMBERS and 0 <= seconds < _NUMBERS):
            raise ValueError("no agent has such a clock")
        first, last = inside(data, begin, stop, OCTETS)
        name = data[first:last]
        digest = inside(data, last, stop, OCTETS)
        first, last = inside(data, digest[1], stop, OCTETS)
        salt = data[first:last]
        authentic = bool(flags & _AUTHENTIC)
        if authentic and not self._proved(data, identity, name, digest):
            return None
        engine = self._engine
        if authentic and engine is not None and not self._timely(engine, boots, seconds):
            return None
        if flags & _PRIVATE:
            if engine is None or not authentic or len(salt) != _SALT:
                return None
            begin, stop = inside(data, at, end, OCTETS)
            cipher = _cipher(engine.privacy, boots, seconds, salt).decryptor()
            data = cipher.update(data[begin:stop]) + cipher.finalize()
            at, end = 0, len(data)
        return self._scoped(
            data, at, end, number, identity if not authentic else b"", secret=flags & _PRIVATE
        )

    def _scoped(
        self, data: bytes, at: int, end: int, number: int, stranger: bytes, *, secret: int
    ) -> Response | Refused | None:
        """A response, which has to be secret, or a report. stranger: the engine id of a message that nothing proves."""
        at, end = inside(data, at, end, SEQUENCE)
        _, at = inside(data, at, end, OCTETS)
        _, at = inside(data, at, end, OCTETS)
        if data[at] != _REPORT:
            found = told(data, at, end, RESPONSE)
            return found if secret and found.number == number else None
        report = told(data, at, end, _REPORT)
        reason = next((_REASONS.get(oid[:-1], "") for oid, _ in report.values), "")
        if reason == "unknownEngineID" and stranger:
            self._meet(stranger)
        elif reason == "notInTimeWindow" and stranger:
            return None  # only an authentic report may set the clock
        return Refused(number, reason or "the agent reports something else than SNMPv3's counters")

    def _meet(self, identity: bytes) -> None:
        user = self._user
        self._engine = _Engine(
            identity, _localized(user.authentication, identity), _localized(user.privacy, identity)[:_KEY]
        )

    def _proved(self, data: bytes, identity: bytes, name: bytes, digest: tuple[int, int]) -> bool:
        engine = self._engine
        first, last = digest
        if engine is None or identity != engine.identity or name != self._name or last - first != _DIGEST:
            return False
        blank = data[:first] + bytes(_DIGEST) + data[last:]
        return hmac.compare_digest(data[first:last], _digest(engine.authentication, blank))

    def _timely(self, engine: _Engine, boots: int, seconds: int) -> bool:
        """Whether an authentic message is not older than what is known (RFC 3414, 3.2, 7b); the clock is set by it where it is newer."""
        now = self._now()
        if (
            engine.ahead is None
            or boots > engine.boots
            or (boots == engine.boots and seconds > now + engine.ahead)
        ):
            engine.boots, engine.ahead = boots, seconds - now
            return True
        return boots == engine.boots and seconds >= now + engine.ahead - _WINDOW


def _message(number: int, flags: int, parameters: bytes, scoped: bytes) -> bytes:
    head = integer(number) + integer(_LARGEST) + wrapped(OCTETS, bytes((flags,))) + integer(_USM)
    return wrapped(
        SEQUENCE, integer(_VERSION) + wrapped(SEQUENCE, head) + wrapped(OCTETS, parameters) + scoped
    )


def _parameters(identity: bytes, clock: tuple[int, int], name: bytes, digest: bytes, salt: bytes) -> bytes:
    """clock: the agent's boot count, and seconds since it booted."""
    numbers = integer(clock[0]) + integer(clock[1])
    texts = wrapped(OCTETS, name) + wrapped(OCTETS, digest) + wrapped(OCTETS, salt)
    return wrapped(SEQUENCE, wrapped(OCTETS, identity) + numbers + texts)


def _digest(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")[:_DIGEST]


def _cipher(key: bytes, boots: int, seconds: int, salt: bytes) -> Cipher[CFB]:
    start = boots.to_bytes(4, "big") + seconds.to_bytes(4, "big") + salt
    return Cipher(algorithms.AES128(key), CFB(start))


@lru_cache(maxsize=1024)
def _localized(password: str, identity: bytes) -> bytes:
    """The key of a password at one engine (RFC 3414, A.2 and 2.6)."""
    key = _key(password)
    return hashlib.sha256(key + identity + key).digest()


@lru_cache(maxsize=64)
def _key(password: str) -> bytes:
    octets = password.encode()
    return hashlib.sha256((octets * (_EXPANDED // len(octets) + 1))[:_EXPANDED]).digest()
