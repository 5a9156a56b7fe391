"""Who else changes qdiscs here: the kernel tells of every change, and who asked for it."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator

RTNLGRP_LINK, RTNLGRP_TC = 1, 4
RTM_DELLINK = 17
CHANGES = range(36, 47)
"""RTM_NEWQDISC to RTM_GETTFILTER of linux/rtnetlink.h: qdiscs, classes, filters."""
SOL_NETLINK, ADD_MEMBERSHIP, DROP_MEMBERSHIP = 270, 1, 2


class Listener:
    """The kernel's notifications of traffic control. A change of our own is told apart by its sender's number."""

    def __init__(self, own: int) -> None:
        """own: the netlink number of the socket through which this process changes things."""
        self.own = own
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((0, 0))
        self.listen(on=True)

    def fileno(self) -> int:
        return self.socket.fileno()

    def listen(self, *, on: bool) -> None:
        """Off while much of our own is changed, so that it fills no buffer."""
        for group in (RTNLGRP_TC, RTNLGRP_LINK):
            self.socket.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP if on else DROP_MEMBERSHIP, group)

    def touched(self) -> set[int]:
        """The numbers of the interfaces on which others changed something since the last call. 0: on any, too much came."""
        found: set[int] = set()
        while True:
            try:
                data = self.socket.recv(1 << 16)
            except BlockingIOError:
                return found
            except OSError:  # ENOBUFS: some were not kept
                found.add(0)
                continue
            found.update(self._foreign(data))

    def _foreign(self, data: bytes) -> Iterator[int]:
        at = 0
        with contextlib.suppress(struct.error):
            while at + 16 <= len(data):
                length, kind, _flags, _sequence, sender = struct.unpack_from("=IHHII", data, at)
                if length < 16:
                    return
                if (kind in CHANGES and sender != self.own) or kind == RTM_DELLINK:
                    yield struct.unpack_from("=i", data, at + 20)[0]
                at += length + (-length % 4)
