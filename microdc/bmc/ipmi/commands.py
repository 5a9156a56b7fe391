"""The commands that are sent, and what a refusal of them means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from microdc.bmc.errors import BmcError, BmcRefusedError, Cause

CHASSIS, SENSOR, APPLICATION, STORAGE, TRANSPORT = 0x00, 0x04, 0x06, 0x0A, 0x0C
"""Network functions of requests (table 5-1)."""


@dataclass(frozen=True, slots=True)
class Command:
    """A request (appendix G). name: the specification's; once: it changes something, so it is never sent twice.

    wait: seconds for the answer, where they are fewer than for any other.
    """

    name: str
    netfn: int
    number: int
    data: bytes = b""
    lun: int = 0
    once: bool = False
    wait: float | None = None


class Ask(Protocol):
    """Who brings a command to a BMC: the data after the completion code 0. Raises BmcError and BmcRefusedError.

    where: the BMC, as messages name it.
    """

    where: str

    def __call__(self, command: Command) -> bytes: ...


def device_id() -> Command:
    return Command("Get Device ID", APPLICATION, 0x01)


NODE_BUSY, RESERVATION_LOST, TOO_LONG, NOT_PRESENT = 0xC0, 0xC5, 0xCA, 0xCB
WRONG_STATE = 0xD5
UNKNOWN = frozenset({0xC1, 0xC2, 0xD6})
"""Codes of a command that this BMC does not have, or has disabled."""

_BUSY = {
    NODE_BUSY: (Cause.BUSY, "it is busy"),
    0xD0: (Cause.BUSY, "its sensor records are being updated"),
    0xD1: (Cause.BUSY, "its firmware is being updated"),
    0xD2: (Cause.STARTING, "it is still starting"),
}
_WORDS = {
    0xC1: "unknown command",
    0xC2: "unknown command for this unit",
    0xC4: "out of space",
    RESERVATION_LOST: "the reservation was lost",
    0xC6: "the request is too short",
    0xC7: "the request has a wrong length",
    0xC8: "the request is too long",
    0xC9: "a value is out of range",
    TOO_LONG: "the answer would be too long",
    NOT_PRESENT: "there is no such sensor or record",
    0xCC: "a value is invalid",
    0xCD: "not possible for this sensor or record",
    0xCE: "no answer could be made",
    0xD3: "what it should go to is not there",
    0xD4: "the user's privilege does not suffice, or the command is blocked",
    WRONG_STATE: "not possible in the present state",
    0xD6: "the function is disabled",
    0xFF: "unspecified error",
}
"""Table 5-2."""


def failure(command: Command, code: int, where: str) -> BmcError | BmcRefusedError:
    """What a completion code other than 0 says."""
    if code in _BUSY:
        cause, words = _BUSY[code]
        return BmcError(cause, f"{command.name}: {words}", where=where)
    if code in {
        0xC3,
        0xCF,
    }:  # it ran out of time within the BMC, or was taken for one seen before: done or not
        return BmcError(
            Cause.TIMEOUT, f"{command.name}: the BMC cannot say what came of it", where=where, sent=True
        )
    words = _WORDS.get(code) or (
        "refused by this BMC" if 0x01 <= code <= 0x7E else "refused"
    )  # OEM codes, else the command's own
    hint = "use an administrator of the BMC" if code == 0xD4 else ""
    return BmcRefusedError(
        f"{command.name}: {words} (completion code 0x{code:02x})", where=where, hint=hint, status=code
    )


def broken(command: Command, where: str, detail: str = "") -> BmcError:
    """An answer that is shorter than the specification says, or contradicts itself."""
    what = f"{command.name}: broken answer" + (f", {detail}" if detail else "")
    return BmcError(Cause.BROKEN_ANSWER, what, where=where)
