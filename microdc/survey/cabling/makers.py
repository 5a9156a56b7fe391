"""What the octets of addresses that nobody declared say of whose they can be. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from microdc.survey.cabling.known import Known
from microdc.survey.cabling.model import End

_LOCAL = 2
"""The bit of a MAC address's first octet that says it was given by software (IEEE 802, 8.2.2)."""

_VIRTUAL = frozenset({"00:05:69", "00:0c:29", "00:1c:14", "00:50:56", "00:15:5d", "00:16:3e", "08:00:27"})
"""First octets of addresses that hypervisors give to guests: VMware, Hyper-V, Xen, VirtualBox (IEEE, MA-L)."""


def foreign(macs: Iterable[str], known: Known, wanted: End) -> bool:
    """Whether one of the addresses is burnt into a port that cannot be the wanted device's.

    A guest of the device sends from an address that software gave; another port of its cards, or a BMC that shares one, from an address of the same
    maker. Without a declared address nothing can be said.
    """
    own = known.expected.macs.get(wanted)
    if own is None:
        return False
    makers = {mac[:8] for mac in known.own.get(wanted.device, ())}
    return any(
        not int(mac[:2], 16) & _LOCAL and mac[:8] not in _VIRTUAL and mac[:8] not in makers
        for mac in macs
        if known.by_mac(mac) is None
    )
