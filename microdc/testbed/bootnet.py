"""The network that a site's nodes boot from, and what follows from it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Network


def boot_network(networks: Iterable[IPv4Network | IPv6Network]) -> IPv4Network | None:
    """The first IPv4 network of those that a site declares for a purpose: iPXE and the firmware of servers boot over IPv4."""
    return next((network for network in networks if isinstance(network, IPv4Network)), None)


def gateway_of(network: IPv4Network, *, uplink: bool) -> IPv4Address | None:
    """The first address of the network where the site has an uplink: there the emulator routes. Without one, nodes have no way out."""
    return network.network_address + 1 if uplink and network.prefixlen < 31 else None


def in_network(address: IPv4Interface, network: IPv4Network) -> IPv4Interface:
    """An address with the prefix length of its network where it was written without one."""
    if address.network.prefixlen != address.max_prefixlen:
        return address
    return IPv4Interface(f"{address.ip}/{network.prefixlen}")
