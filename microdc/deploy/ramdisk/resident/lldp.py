"""Which switch port each NIC is plugged into, as the switch itself tells it (IEEE 802.1AB). Nothing is sent."""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any

ETHERTYPE = 0x88CC
_GROUPS = ("0180c200000e", "0180c2000003", "0180c2000000")
_SOL_PACKET, _ADD_MEMBERSHIP, _MULTICAST = 263, 1, 0  # linux/if_packet.h
_CHASSIS, _PORT, _PORT_DESCRIPTION, _SYSTEM_NAME, _ORGANISATION = 1, 2, 4, 5, 127
_MAC_CHASSIS, _ADDRESS_CHASSIS, _MAC_PORT, _ADDRESS_PORT = 4, 5, 3, 4
_PORT_VLAN = bytes.fromhex("0080c2") + b"\x01"
_HEADER = 14


def parse(frame: bytes) -> dict[str, Any] | None:
    """{chassis, port, port_description, system, vlan} of a frame, as far as it has them; None where it is none of LLDP."""
    if len(frame) < _HEADER or frame[12:14] != ETHERTYPE.to_bytes(2, "big"):
        return None
    found: dict[str, Any] = {}
    for kind, value in _elements(frame[_HEADER:]):
        if kind == _CHASSIS and value:
            found["chassis"] = _identity(value, _MAC_CHASSIS, _ADDRESS_CHASSIS)
        elif kind == _PORT and value:
            found["port"] = _identity(value, _MAC_PORT, _ADDRESS_PORT)
        elif kind == _PORT_DESCRIPTION:
            found["port_description"] = _text(value)
        elif kind == _SYSTEM_NAME:
            found["system"] = _text(value)
        elif kind == _ORGANISATION and value.startswith(_PORT_VLAN) and len(value) >= 6:
            found["vlan"] = int.from_bytes(value[4:6], "big")
    return found if {"chassis", "port"} <= set(found) else None


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 2 <= len(data):
        head = int.from_bytes(data[at : at + 2], "big")
        kind, length = head >> 9, head & 0x1FF
        if kind == 0 or at + 2 + length > len(data):
            return
        yield kind, data[at + 2 : at + 2 + length]
        at += 2 + length


def _identity(value: bytes, mac: int, address: int) -> str:
    subtype, rest = value[0], value[1:]
    if subtype == mac and len(rest) == 6:
        return rest.hex(":")
    if subtype == address and len(rest) in {5, 17}:  # a family before the address
        return str(ip_address(rest[1:]))
    return _text(rest)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace").strip("\0 \r\n")


class Listener:
    """Listens at NICs in a thread, from now until `neighbours` is asked for after its time, and keeps what came last."""

    def __init__(self, nics: Mapping[str, int]) -> None:
        """nics: name -> the kernel's number of the interface."""
        self._heard: dict[str, dict[str, Any]] = {}
        self._sockets = {name: _opened(name, index) for name, index in nics.items()}
        self._change = threading.Condition()
        self._begun = time.monotonic()
        threading.Thread(target=self._listen, name="lldp", daemon=True).start()

    def _listen(self) -> None:
        names = {sock.fileno(): name for name, sock in self._sockets.items()}
        while names:
            for descriptor in select.select(list(names), [], [])[0]:
                name = names[descriptor]
                try:
                    found = parse(self._sockets[name].recv(4096))
                except OSError:  # the interface went away
                    del names[descriptor]
                    continue
                if found:
                    with self._change:
                        self._heard[name] = found
                        self._change.notify_all()

    def neighbours(self, seconds: float = 0.0) -> dict[str, dict[str, Any]]:
        """What was heard, by NIC; waits until all are heard, or so many seconds have gone by since it began to listen."""
        with self._change:
            while len(self._heard) < len(self._sockets):
                left = self._begun + seconds - time.monotonic()
                if left <= 0 or not self._change.wait(left):
                    break
            return dict(self._heard)


def _opened(name: str, index: int) -> socket.socket:
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
    for group in _GROUPS:
        request = struct.pack("@iHH8s", index, _MULTICAST, 6, bytes.fromhex(group))
        sock.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, request)
    sock.bind((name, ETHERTYPE))
    return sock
