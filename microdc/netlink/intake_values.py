"""What leads the packets that come in at an interface through a queue: an ifb beside it, as values.

The kernel queues nothing that comes in. So all of it is redirected, by a filter on an ingress qdisc, through an ifb: a device
that queues what it is handed as an interface queues what it sends, and then lets it come in where it came from.
"""

from __future__ import annotations

from dataclasses import dataclass

LED = 0x7DC0_0000
"""The ifb of interface number N has the number LED + N and the name mdcN: by both it is known for ours, and whose it is."""
TC_H_INGRESS = 0xFFFF_FFF1
INGRESS_HANDLE = 0xFFFF_0000
"""The kernel gives every ingress qdisc this handle, so that it does not tell whose one is."""
PRIORITY = 0x7DC0
"""Of our filter on an ingress qdisc. By it the filter is known for ours, and by the filter the qdisc."""
QUEUE_LENGTH = 1000
"""txqueuelen of an ifb: packets between its qdisc and the processor that takes them in. With 0 it passes nothing."""


def ifb_name(ifindex: int) -> str:
    return f"mdc{ifindex}"


@dataclass(frozen=True, slots=True)
class Ifb:
    """The ifb of an interface. up: one that is down drops all that is led to it."""

    up: bool = True


@dataclass(frozen=True, slots=True)
class Redirect:
    """The filter that leads what comes in to another device.

    to: its number less the interface's. everything: whether each packet matches, ARP and IPv6's neighbour discovery too.
    """

    to: int = LED
    everything: bool = True
