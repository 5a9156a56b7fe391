"""Which node is at an address.

Where ours gives the addresses, the one that it gave it to. With proxyDHCP, the one whose MAC address the kernel of this machine has for that address: it
has just answered a packet of it, so it asked who is there. To take another node's place one needs its MAC address either way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from . import words
from .log import Log
from .plan import Node, Plan

_TABLE = Path("/proc/net/arp")
_COMPLETE = 0x2


class Knowing:
    """For several threads. plan: gives what holds now. What was learned of proxyDHCP is noted, and forgotten with the program: it is learned again by the next request."""

    def __init__(self, plan: Callable[[], Plan], log: Log) -> None:
        self.plan, self._log = plan, log
        self._lock = threading.Lock()
        self._learned: dict[str, str] = {}

    def node(self, plan: Plan, address: str) -> Node | None:
        """Whose address it is now; None where it is no node's."""
        if not plan.proxy:
            return plan.by_address.get(address)
        mac = neighbour(address, plan.interface) if address else ""
        node = plan.by_mac.get(mac)
        if node is not None:
            self._learn(node, mac, address)
        return node

    def known(self, plan: Plan, address: str) -> bool:
        """Whether it was a node's when it was seen last."""
        with self._lock:
            return address in plan.by_address or (plan.proxy and address in self._learned)

    def _learn(self, node: Node, mac: str, address: str) -> None:
        with self._lock:
            if self._learned.get(address) == node.name:
                return
            for old in [old for old, name in self._learned.items() if name == node.name]:
                del self._learned[old]
            self._learned[address] = node.name
        data = {"address": address, "mac": mac, "move": node.move}
        self._log.note("http", words.HTTP_BOUND, f"is at {address}", node=node.name, mac=mac, data=data)


def neighbour(address: str, interface: str, table: Path = _TABLE) -> str:
    """The MAC address that the kernel has for an address behind an interface; "" where it has none."""
    try:
        lines = table.read_text("ascii", errors="replace").splitlines()
    except OSError:
        return ""
    for row in map(str.split, lines[1:]):
        if len(row) == 6 and (row[0], row[5]) == (address, interface) and int(row[2], 16) & _COMPLETE:
            return row[3].lower()
    return ""
