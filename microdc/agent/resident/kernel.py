"""The kernel: netlink messages in, acknowledgements and raw dumps out. No message is understood here."""

from __future__ import annotations

import errno
import os
import socket
import struct
import time
from collections.abc import Iterator

ANSWER_SECONDS = 20.0
"""How long the kernel may take to answer; it takes milliseconds."""
BUSY_SECONDS = 2.0
DUMP_ATTEMPTS = 8
BURST_MESSAGES, BURST_BYTES = 256, 1 << 15
"""What goes to the kernel at once: far less than a socket may hold of messages (0.2 MB), and of refusals of all of them."""
NLMSG_ERROR, NLMSG_DONE, NLM_F_ACK, NLM_F_DUMP_INTR, NLMSGERR_ATTR_MSG = 2, 3, 4, 0x10, 1
SOL_NETLINK, NETLINK_CAP_ACK, NETLINK_EXT_ACK = 270, 10, 11
ABSENT = (errno.ENOENT, errno.EINVAL, errno.ENODEV)
"""What the kernel says of an object that is not there."""
UNDONE = (*ABSENT, errno.EEXIST, errno.ENOSPC)
"""What the kernel says when a message is taken back that was not carried out."""


class Kernel:
    """One rtnetlink socket: encoded messages in, acknowledgements and raw dumps out."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
        self.socket.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.socket.bind((0, 0))
        self.socket.settimeout(ANSWER_SECONDS)
        self.number: int = self.socket.getsockname()[0]
        self.sequence = 0

    def request(self, message: bytes) -> tuple[int, str]:
        """One message and its acknowledgement: 0 or an errno, and what the kernel says about it.

        A table to which a rule led is busy until the kernel has let go of the deleted rule (an RCU grace period, some
        milliseconds); so what is busy is asked for again for a while.
        """
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            code, words = self._request(message)
            if code != errno.EBUSY or time.monotonic() > deadline:
                return code, words
            time.sleep(0.005)

    def _request(self, message: bytes) -> tuple[int, str]:
        wanted = self._send(message)
        while True:
            for kind, _flags, sequence, body in self._receive():
                if kind == NLMSG_ERROR and sequence == wanted:
                    return said(body)

    def burst(self, messages: list[bytes]) -> dict[int, tuple[int, str]]:
        """Messages at once (BURST_MESSAGES and BURST_BYTES at most): what the kernel refused, by its place among them.

        The kernel carries each out whatever became of those before. It speaks of those that it refuses and of the last one,
        which it comes to last: what it does not speak of then is done.
        """
        first, at = self.sequence + 1, 0
        sent = bytearray(b"".join(messages))
        for number, message in enumerate(messages, first):
            last = number - first + 1 == len(messages)
            flags = struct.unpack_from("=H", message, 6)[0] & ~NLM_F_ACK
            struct.pack_into("=HI", sent, at + 6, flags | NLM_F_ACK if last else flags, number)
            at += len(message)
        self.sequence += len(messages)
        self.socket.send(sent)
        refused: dict[int, tuple[int, str]] = {}
        while True:
            for kind, _flags, sequence, body in self._receive():
                if kind == NLMSG_ERROR and first <= sequence <= self.sequence:
                    code, words = said(body)
                    if code:
                        refused[sequence - first] = code, words
                    if sequence == self.sequence:
                        return refused

    def dump(self, message: bytes) -> bytes:
        """All messages of a dump as they came, without the closing one; none under an object that is not there.

        A dump into which a change came, or that overran the socket's buffer, is asked for again.
        """
        for _ in range(DUMP_ATTEMPTS):
            parts = self._dump(message)
            if parts is not None:
                return b"".join(parts)
        raise OSError(errno.EAGAIN, "what is there changes too fast to be read")

    def _dump(self, message: bytes) -> list[bytes] | None:
        wanted = self._send(message)
        interface = message[20:24]  # the kernel dumps qdiscs of all interfaces, whichever is asked for
        parts: list[bytes] = []
        whole = True
        while True:
            try:
                received = list(self._receive())
            except OSError as problem:
                if problem.errno != errno.ENOBUFS:
                    raise
                whole, received = False, []
            for kind, flags, sequence, body in received:
                if sequence != wanted:
                    continue
                whole = whole and not flags & NLM_F_DUMP_INTR
                if kind in (NLMSG_DONE, NLMSG_ERROR):
                    code = -struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0
                    if code not in (0, *ABSENT):
                        raise OSError(code, os.strerror(code))
                    return parts if whole else None
                if interface not in (b"\0\0\0\0", body[4:8]):
                    continue
                padding = b"\0" * (-len(body) % 4)
                parts.append(struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body + padding)

    def _send(self, message: bytes) -> int:
        self.sequence += 1
        self.socket.send(message[:8] + struct.pack("=I", self.sequence) + message[12:])
        return self.sequence

    def _receive(self) -> Iterator[tuple[int, int, int, bytes]]:
        data = self.socket.recv(1 << 17)
        at = 0
        while at + 16 <= len(data):
            length, kind, flags, sequence, _pid = struct.unpack_from("=IHHII", data, at)
            if length < 16:
                break
            yield kind, flags, sequence, data[at + 16 : at + length]
            at += length + (-length % 4)


def said(body: bytes) -> tuple[int, str]:
    """What the kernel acknowledges: 0 or an errno, and words."""
    code = -struct.unpack_from("=i", body)[0]
    words = dict(attributes(body[20:])).get(NLMSGERR_ATTR_MSG, b"")
    return code, words.rstrip(b"\0").decode("utf-8", "replace") or os.strerror(code)


def split(data: bytes) -> Iterator[bytes]:
    """Messages that stand one behind the other, each with what fills it up to four bytes. Raises ValueError for what are none."""
    at = 0
    while at < len(data):
        length = struct.unpack_from("=I", data, at)[0] if at + 16 <= len(data) else 0
        end = at + length + (-length % 4)
        if length < 16 or end > len(data):
            raise ValueError("these are no netlink messages")
        yield data[at:end]
        at = end


def attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The netlink attributes in data: (type, payload)."""
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4:
            return
        yield kind & 0x3FFF, data[at + 4 : at + length]
        at += length + (-length % 4)
