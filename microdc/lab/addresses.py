"""Which management addresses of an inventory can stand in a lab, where a BMC or a switch really answers at them. Pure."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address


def unfit(address: IPv4Address | IPv6Address, management: IPv4Network) -> str:
    """Why a device of a lab cannot have this address, in words; "" where it can. management: the lab's own network."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return unfit(address.ipv4_mapped, management)
    if address in management:
        return f"it is in the management network of the lab itself, {management}"
    kinds = {
        "it is a loopback address": address.is_loopback,
        "it is a multicast address": address.is_multicast,
        "it is a link-local address": address.is_link_local,
        "it stands for no address": address.is_unspecified,
        "it is reserved": address.is_reserved,
    }
    return next((words for words, so in kinds.items() if so), "")
