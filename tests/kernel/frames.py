"""Frames through an interface's qdiscs: sent at one end of a cable, seen at the other with the kernel's own time."""

from __future__ import annotations

import errno
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from microdc.host import namespaces

ETHERTYPE = 0x88B5  # for experiments (IEEE 802)
ETH_P_ALL = 3
SO_PRIORITY, SO_RCVBUFFORCE, SO_TIMESTAMPNS = 12, 33, 35
_ADDRESSES = bytes.fromhex("02000000000b 02000000000a")


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame that came: which (None: its number cannot be read), when (ns), and all its bytes."""

    number: int | None
    at: int
    frame: bytes


@dataclass(frozen=True, slots=True)
class Flow:
    """What was sent (ns, by number) and what came, in the order in which it came."""

    sent: Sequence[int]
    seen: Sequence[Seen]

    @property
    def numbers(self) -> list[int | None]:
        return [one.number for one in self.seen]

    @property
    def delays(self) -> dict[int, float]:
        """ms by number, of those that came."""
        return {
            one.number: (one.at - self.sent[one.number]) / 1e6 for one in self.seen if one.number is not None
        }

    @property
    def lost(self) -> list[bool]:
        """By number, whether it did not come."""
        came = set(self.numbers)
        return [number not in came for number in range(len(self.sent))]


@dataclass(frozen=True, slots=True)
class Cable:
    """The ends `a` and `b` of a cable in one namespace."""

    sender: socket.socket
    receiver: socket.socket

    def send(
        self, count: int, *, size: int = 100, quiet: float = 0.2, every: float = 0.0, header: bytes = b""
    ) -> Flow:
        """Sends frames of `size` bytes, `every` s apart, and waits until nothing has come for `quiet` s."""
        sent = []
        body = header or struct.pack(">H", ETHERTYPE)
        for number in range(count):
            frame = (_ADDRESSES + body + struct.pack("=I", number)).ljust(size, b"\x55")
            sent.append(time.clock_gettime_ns(time.CLOCK_REALTIME))
            try:
                self.sender.send(frame)
            except OSError as problem:  # the qdisc had no room; what does not come tells that
                if problem.errno != errno.ENOBUFS:
                    raise
            if every:
                time.sleep(every)
        return Flow(sent, list(self._received(size, 12 + len(body), count, quiet)))

    def _received(self, size: int, at: int, count: int, quiet: float) -> Iterator[Seen]:
        self.receiver.settimeout(quiet)
        while True:
            try:
                frame, ancillary, _, _ = self.receiver.recvmsg(65536, 256)
            except TimeoutError:
                return
            if len(frame) != size:
                continue  # the kernel's own: neighbour discovery
            seconds, nanoseconds = struct.unpack("=qq", ancillary[0][2][:16])
            number = struct.unpack_from("=I", frame, at)[0]
            yield Seen(number if number < count else None, seconds * 10**9 + nanoseconds, frame)


@contextmanager
def cable(namespace: str, handle: int) -> Iterator[Cable]:
    """Sockets at both ends. handle: the class of `a` into which what is sent goes."""

    def inside() -> tuple[socket.socket, socket.socket]:
        kinds = socket.AF_PACKET, socket.SOCK_RAW
        return socket.socket(*kinds, 0), socket.socket(*kinds, socket.htons(ETH_P_ALL))

    sender, receiver = namespaces.call(namespace, inside)
    with sender, receiver:
        sender.bind(("a", 0))
        sender.setsockopt(socket.SOL_SOCKET, SO_PRIORITY, handle)
        receiver.bind(("b", ETH_P_ALL))
        receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 * 2**20)
        receiver.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        yield Cable(sender, receiver)
