"""What can be asked of a BMC before a session: whether it is there, and which cipher suites it has.

IPMI 1.5 packets without authentication (section 13.6), which every BMC answers. They tell an address where nothing answers from one
where nothing listens, which pyghmi cannot: it ignores what its sockets report.
"""

from __future__ import annotations

import contextlib
import socket
import time
from dataclasses import dataclass

from microdc.bmc.errors import BmcError, Cause

_RMCP = bytes.fromhex("0600ff07")  # version 1.0, no acknowledge, class IPMI (table 13-1)
_NO_SESSION = bytes(9)  # authentication none, sequence number and session 0
_BMC, _US = 0x20, 0x81
_APPLICATION = 6
_AUTHENTICATION = 0x38  # Get Channel Authentication Capabilities (22.13)
_SUITES = 0x54  # Get Channel Cipher Suites (22.15)
_THIS_CHANNEL = 0x0E
_REPEAT = 0.5  # seconds before a packet that is not answered is sent again; doubled after each
_SUITES_SECONDS = 1.5  # some never answer this one, so it is not waited for as long as for a sign of life


@dataclass(frozen=True, slots=True)
class Greeting:
    """A BMC that answered. address: numeric; suites: the ids of its cipher suites, () where it does not tell; ipmi2: whether it speaks RMCP+."""

    address: str
    suites: tuple[int, ...] = ()
    ipmi2: bool = True


def packet(command: int, data: bytes) -> bytes:
    """A request of the application functions outside of any session (figure 13-4, table 13-8)."""
    head = bytes([_BMC, _APPLICATION << 2])
    body = bytes([_US, 0, command]) + data
    message = head + _checksum(head) + body + _checksum(body)
    return _RMCP + _NO_SESSION + bytes([len(message)]) + message


def answer(data: bytes, command: int) -> bytes | None:
    """The completion code and data of an answer to `command`; None for any other packet."""
    message = data[14 : 14 + data[13]] if len(data) > 14 and data[:4] == _RMCP and data[4] == 0 else b""
    if len(message) < 8 or message[1] >> 2 != _APPLICATION + 1 or message[5] != command:
        return None
    return bytes(message[6:-1])


def suite_ids(records: bytes) -> tuple[int, ...]:
    """The ids in cipher suite records (table 22-18): C0h id, or C1h id and an OEM's number; then algorithm bytes, below C0h."""
    found, at = [], 0
    while at + 1 < len(records):
        if records[at] in {0xC0, 0xC1}:
            found.append(records[at + 1])
            at += 2 if records[at] == 0xC0 else 5
        else:
            at += 1
    return tuple(found)


def greet(host: str, port: int, seconds: float) -> Greeting:
    """The first address of `host` that answers within `seconds`. Raises BmcError: NO_ROUTE, REFUSED or TIMEOUT."""
    where = f"ipmi://{host}:{port}"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BmcError(Cause.NO_ROUTE, f"no address for it: {reason}", where=where) from None
    failure = BmcError(Cause.NO_ROUTE, "no address for it", where=where)
    for family, kind, protocol, _, address in found:
        try:
            with socket.socket(family, kind, protocol) as udp:
                udp.connect(address)
                return _greeting(udp, str(address[0]), seconds / len(found))
        except TimeoutError:
            hint = "nothing answers on UDP there: is IPMI over LAN enabled in the BMC?"
            failure = BmcError(Cause.TIMEOUT, f"no answer within {seconds:g} s", where=where, hint=hint)
        except ConnectionRefusedError:
            hint = "IPMI over LAN may be off in the BMC"
            failure = BmcError(Cause.REFUSED, "nothing listens there", where=where, hint=hint)
        except OSError as error:
            failure = BmcError(Cause.NO_ROUTE, error.strerror or str(error), where=where)
    raise failure


def _greeting(udp: socket.socket, address: str, seconds: float) -> Greeting:
    told = _exchange(udp, _AUTHENTICATION, bytes([0x80 | _THIS_CHANNEL, 4]), seconds)
    if told[0] == 0xCC:  # some that speak 1.5 only want the reserved bit to be 0
        return Greeting(address, ipmi2=False)
    # byte 3: bit 7, extended capabilities are told; byte 5: bit 1, IPMI 2.0
    ipmi2 = len(told) > 4 and bool(told[2] & 0x80) and bool(told[4] & 0x02)
    return Greeting(address, _suites(udp, min(seconds, _SUITES_SECONDS)) if ipmi2 else (), ipmi2)


def _suites(udp: socket.socket, seconds: float) -> tuple[int, ...]:
    """All pages of the list, 16 bytes each; () where it is not told whole."""
    records, end = b"", time.monotonic() + seconds
    with contextlib.suppress(OSError):
        for page in range(64):
            told = _exchange(udp, _SUITES, bytes([_THIS_CHANNEL, 0, 0x80 | page]), end - time.monotonic())
            if told[0] != 0:
                break
            records += told[2:]
            if len(told) < 18:
                return suite_ids(records)
    return ()


def _exchange(udp: socket.socket, command: int, data: bytes, seconds: float) -> bytes:
    """Asks until it is answered. Raises OSError, of which TimeoutError."""
    end, repeat = time.monotonic() + seconds, _REPEAT
    while (left := end - time.monotonic()) > 0:
        udp.send(packet(command, data))
        again = time.monotonic() + min(left, repeat)
        repeat *= 2
        while (wait := again - time.monotonic()) > 0:
            udp.settimeout(wait)
            try:
                told = answer(udp.recv(1024), command)
            except TimeoutError:
                break
            if told:
                return told
    raise TimeoutError


def _checksum(data: bytes) -> bytes:
    return bytes([-sum(data) & 0xFF])
