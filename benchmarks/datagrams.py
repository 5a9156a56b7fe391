"""Small datagrams, sent as fast as one processor can: many to a call (sendmmsg(2), which Python's sockets do not have)."""

from __future__ import annotations

import ctypes
import os
import socket
import time

MANY = 256
"""Datagrams to a call."""
PAYLOAD = 64 - 42
"""Bytes, so that the frame has 64 with its Ethernet, IPv4 and UDP headers, less the checksum that no veth carries."""


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """struct msghdr, and what sendmmsg writes behind it."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint),
        ("vectors", ctypes.POINTER(_Vector)),
        ("count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("sent", ctypes.c_uint),
    )


class Sender:
    """Sends from one address and port to another. Belongs to the network namespace in which it was made."""

    def __init__(self, source: tuple[str, int], target: tuple[str, int]) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(source)
        self._socket.connect(target)
        self._payload = ctypes.create_string_buffer(PAYLOAD)
        self._vector = _Vector(ctypes.addressof(self._payload), PAYLOAD)
        self._headers = (_Header * MANY)(*[_Header(None, 0, ctypes.pointer(self._vector), 1)] * MANY)
        self._call = ctypes.CDLL(None, use_errno=True).sendmmsg

    def send_for(self, seconds: float) -> float:
        """Sends for so long; the seconds that it took. Raises OSError where it cannot."""
        number, start = self._socket.fileno(), time.perf_counter()
        while (took := time.perf_counter() - start) < seconds:
            if self._call(number, self._headers, MANY, 0) < 0:
                code = ctypes.get_errno()
                raise OSError(code, os.strerror(code))
        return took

    def close(self) -> None:
        self._socket.close()
