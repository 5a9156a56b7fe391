"""Which packets belong to which class: address prefixes as hashed u32 rules.

A tree of 256-way tables over the bytes of the address in which the prefixes differ: the cost of a look-up is the
number of those bytes, not the number of prefixes. IPv4 and IPv6 alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from itertools import pairwise
from typing import Literal

from microdc.errors import InputError
from microdc.netlink.model import ETH_P_IP, ETH_P_IPV6, HashTable, Match, Rule

Network = IPv4Network | IPv6Network
Side = Literal["src", "dst"]

LINEAR = 4
"""Up to so many prefixes are searched one after the other: cheaper than one more table. More where tables run out."""
MAX_DEPTH = 8
"""u32 follows at most so many links (TC_U32_MAXDEPTH). What is left to tell apart below them is searched in line."""
MAX_TABLES = 0x3FF
"""Table numbers are 1..0x7ff; each protocol gets half."""
MAX_NODES = 0xFFF
"""Rules in one bucket."""


@dataclass(frozen=True, slots=True)
class _Protocol:
    ethertype: int
    prio: int
    offsets: Mapping[Side, int]  # of the address behind the network header
    first_table: int


_IPV4 = _Protocol(ETH_P_IP, 1, {"src": 12, "dst": 16}, 1)
_IPV6 = _Protocol(ETH_P_IPV6, 2, {"src": 8, "dst": 24}, 0x400)


@dataclass(slots=True)
class _Builder:
    protocol: _Protocol
    base: int
    linear: int
    tables: list[HashTable] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)

    def fill(
        self, table: int, bucket: int, prefixes: list[tuple[Network, int]], byte: int, depth: int
    ) -> None:
        """Puts prefixes into a bucket, by a further table where they are many."""
        split = _split_byte(prefixes, byte)
        if len(prefixes) <= self.linear or split is None or depth == MAX_DEPTH:
            for node, (network, target) in enumerate(prefixes, 1):
                self._rule(table, bucket, node, self._matches(network), target=target)
            return
        child = self._table()
        word, shift = self.base + split // 4 * 4, 24 - split % 4 * 8
        self._rule(table, bucket, 1, (Match(0, 0, 0),), link=child, hash_offset=word, hash_mask=0xFF << shift)
        for value, inside in _by_byte(prefixes, split).items():
            self.fill(child, value, inside, split + 1, depth + 1)

    def _table(self) -> int:
        ident = self.protocol.first_table + len(self.tables)
        self.tables.append(HashTable(ident, self.protocol.ethertype, self.protocol.prio))
        return ident

    def _rule(self, table: int, bucket: int, node: int, matches: tuple[Match, ...], **where: int) -> None:
        self.rules.append(
            Rule(self.protocol.ethertype, self.protocol.prio, table, bucket, node, matches, **where)
        )

    def _matches(self, network: Network) -> tuple[Match, ...]:
        size = network.max_prefixlen // 8
        value, mask = network.network_address.packed, network.netmask.packed
        words = [
            Match(int.from_bytes(value[i : i + 4]), int.from_bytes(mask[i : i + 4]), self.base + i)
            for i in range(0, size, 4)
            if any(mask[i : i + 4])
        ]
        return tuple(words) or (Match(0, 0, self.base),)


def _split_byte(prefixes: list[tuple[Network, int]], first: int) -> int | None:
    """The first byte at or behind `first` in which the prefixes differ."""
    for byte in range(first, prefixes[0][0].max_prefixlen // 8):
        if len({n.network_address.packed[byte] for n, _ in prefixes if n.prefixlen > byte * 8}) > 1:
            return byte
    return None


def _by_byte(prefixes: list[tuple[Network, int]], byte: int) -> dict[int, list[tuple[Network, int]]]:
    """Prefixes by the values that this byte of a matching address can have."""
    buckets: dict[int, list[tuple[Network, int]]] = {}
    for network, target in prefixes:
        first = network.network_address.packed[byte]
        free = min(8, max(0, (byte + 1) * 8 - network.prefixlen))
        for value in range(first, first + (1 << free)):
            buckets.setdefault(value, []).append((network, target))
    return buckets


def classify(targets: Iterable[tuple[Network, int]], side: Side) -> tuple[list[HashTable], list[Rule]]:
    """Tables and rules that send packets by their source or destination address to classes.

    targets: networks, each with the handle of its class. Raises InputError where networks overlap, or are more than
    the kernel's classifier can hold.
    """
    tables: list[HashTable] = []
    rules: list[Rule] = []
    ordered = sorted(targets, key=lambda t: (t[0].version, int(t[0].network_address)))
    for version, protocol in ((4, _IPV4), (6, _IPV6)):
        prefixes = [t for t in ordered if t[0].version == version]
        if prefixes:
            _check_apart(prefixes)
            builder = _built(protocol, protocol.offsets[side], prefixes)
            tables += builder.tables
            rules += builder.rules
    return tables, rules


def _check_apart(prefixes: list[tuple[Network, int]]) -> None:
    """prefixes: in the order of their addresses."""
    for (one, _), (other, _) in pairwise(prefixes):
        if int(other.network_address) <= int(one.broadcast_address):
            raise InputError(f"{one} and {other} overlap: a packet can belong to one class only")


def _built(protocol: _Protocol, base: int, prefixes: list[tuple[Network, int]]) -> _Builder:
    linear = LINEAR
    while linear <= MAX_NODES:
        builder = _Builder(protocol, base, linear)
        builder.fill(0, 0, prefixes, 0, 0)
        if len(builder.tables) <= MAX_TABLES and all(rule.node <= MAX_NODES for rule in builder.rules):
            return builder
        linear *= 2
    raise InputError(
        f"{len(prefixes)} networks are more than the kernel's classifier can hold",
        where=f"{prefixes[0][0]} to {prefixes[-1][0]}",
        hint="give sites networks under fewer common prefixes",
    )
