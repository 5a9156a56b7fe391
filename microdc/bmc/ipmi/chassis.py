"""Power, power acts and the identify LED (chapter 28)."""

from __future__ import annotations

from microdc.bmc.errors import BmcRefusedError, UnsupportedError
from microdc.bmc.ipmi.commands import CHASSIS, WRONG_STATE, Ask, Command, broken
from microdc.bmc.model import Act, Led, Power

ACTS = {
    Act.FORCE_OFF: 0,
    Act.ON: 1,
    Act.CYCLE: 2,
    Act.RESET: 3,
    Act.NMI: 4,
    Act.SHUTDOWN: 5,
}
"""Chassis Control (28.3)."""
_ENDS_IN = {Act.ON: Power.ON, Act.FORCE_OFF: Power.OFF, Act.SHUTDOWN: Power.OFF}
_IDENTIFY_KNOWN = 0x40
_WRONG_LENGTH = frozenset({0xC7, 0xC8})


def _status(ask: Ask) -> bytes:
    command = Command("Get Chassis Status", CHASSIS, 0x01)
    told = ask(command)
    if len(told) < 3:
        raise broken(command, ask.where)
    return told


def power(ask: Ask) -> Power:
    """Whether it is on; IPMI knows no state between."""
    return Power.ON if _status(ask)[0] & 0x01 else Power.OFF


def act(ask: Ask, wanted: Act) -> None:
    """Asks once for an act. Some refuse what is so already: that is no error."""
    try:
        ask(Command("Chassis Control", CHASSIS, 0x02, bytes([ACTS[wanted]]), once=True))
    except BmcRefusedError as error:
        if error.status != WRONG_STATE or wanted not in _ENDS_IN or power(ask) is not _ENDS_IN[wanted]:
            raise


def led(ask: Ask) -> Led:
    """The identify LED. Raises UnsupportedError where the BMC does not tell."""
    state = _status(ask)[2]
    if not state & _IDENTIFY_KNOWN:
        raise UnsupportedError("this BMC does not tell whether its identify LED is on", where=ask.where)
    return "on" if state >> 4 & 3 else "off"


def set_led(ask: Ask, wanted: Led) -> None:
    """Chassis Identify (28.5): off, or on until it is switched off; where only a while can be asked for, for 255 s."""
    if wanted == "blinking":
        raise UnsupportedError("IPMI knows the identify LED as on or off, not as blinking", where=ask.where)
    try:
        ask(_identify(b"\x00\x01" if wanted == "on" else b"\x00"))
    except BmcRefusedError as error:
        if wanted != "on" or error.status not in _WRONG_LENGTH:
            raise
        ask(_identify(b"\xff"))


def _identify(data: bytes) -> Command:
    return Command("Chassis Identify", CHASSIS, 0x04, data, once=True)
