"""Which packets belong to which class: address prefixes as hashed u32 rules.

A tree of 256-way tables over the bytes of the address in which the prefixes differ: the cost of a look-up is the
number of those bytes, not the number of prefixes. IPv4 and IPv6 alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from itertools import pairwise
from typing import Literal, NamedTuple

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


class _Parts(NamedTuple):
    """A network taken apart. first, behind: its addresses as numbers. matches: in the packet, all of its words."""

    first: int
    behind: int
    address: bytes
    length: int
    matches: tuple[Match, ...]


class _Prefix(NamedTuple):
    address: bytes
    length: int
    target: int
    matches: tuple[Match, ...]


@dataclass(slots=True)
class _Builder:
    protocol: _Protocol
    base: int
    linear: int
    tables: list[HashTable] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)

    def fill(self, table: int, bucket: int, prefixes: list[_Prefix], byte: int, depth: int) -> None:
        """Puts prefixes into a bucket, by a further table where they are many."""
        few = len(prefixes) <= self.linear or depth == MAX_DEPTH
        split = None if few else _split_byte(prefixes, byte)
        if split is None:
            for node, prefix in enumerate(prefixes, 1):
                self._rule(table, bucket, node, prefix.matches, target=prefix.target)
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


def _split_byte(prefixes: list[_Prefix], first: int) -> int | None:
    """The first byte at or behind `first` in which the prefixes differ."""
    for byte in range(first, len(prefixes[0].address)):
        if len({prefix.address[byte] for prefix in prefixes if prefix.length > byte * 8}) > 1:
            return byte
    return None


def _by_byte(prefixes: list[_Prefix], byte: int) -> dict[int, list[_Prefix]]:
    """Prefixes by the values that this byte of a matching address can have."""
    buckets: dict[int, list[_Prefix]] = {}
    for prefix in prefixes:
        first = prefix.address[byte]
        free = min(8, max(0, (byte + 1) * 8 - prefix.length))
        for value in range(first, first + (1 << free)):
            buckets.setdefault(value, []).append(prefix)
    return buckets


@lru_cache(maxsize=1 << 15)  # in a mesh each network stands behind every port but one
def _parts(network: Network, base: int) -> _Parts:
    """base: where the address is, in bytes behind the network header."""
    size, length = network.max_prefixlen // 8, network.prefixlen
    first = int(network.network_address)
    behind = first + (1 << network.max_prefixlen - length)
    address = first.to_bytes(size)
    mask = ((1 << 8 * size) - (behind - first)).to_bytes(size)
    words = (
        Match(int.from_bytes(address[i : i + 4]), int.from_bytes(mask[i : i + 4]), base + i)
        for i in range(0, (length + 31) // 32 * 4, 4)
    )
    return _Parts(first, behind, address, length, tuple(words) or (Match(0, 0, base),))


def classify(targets: Iterable[tuple[Network, int]], side: Side) -> tuple[list[HashTable], list[Rule]]:
    """Tables and rules that send packets by their source or destination address to classes.

    targets: networks, each with the handle of its class. Raises InputError where networks overlap, or are more than
    the kernel's classifier can hold.
    """
    tables, rules = _classified(tuple(targets), side)
    return [*tables], [*rules]


@lru_cache(maxsize=1 << 8)  # a port's networks are the same from plan to plan
def _classified(
    targets: tuple[tuple[Network, int], ...], side: Side
) -> tuple[Sequence[HashTable], Sequence[Rule]]:
    tables: list[HashTable] = []
    rules: list[Rule] = []
    for version, protocol in ((4, _IPV4), (6, _IPV6)):
        networks = [t for t in targets if t[0].version == version]
        if networks:
            builder = _built(protocol, protocol.offsets[side], networks)
            tables += builder.tables
            rules += builder.rules
    return tables, rules


def _built(protocol: _Protocol, base: int, targets: list[tuple[Network, int]]) -> _Builder:
    found = [(_parts(network, base), network, target) for network, target in targets]
    found.sort(key=lambda one: one[0].first)
    for (before, one, _), (after, other, _) in pairwise(found):
        if after.first < before.behind:
            raise InputError(f"{one} and {other} overlap: a packet can belong to one class only")
    prefixes = [_Prefix(parts.address, parts.length, target, parts.matches) for parts, _, target in found]
    linear = LINEAR
    while linear <= MAX_NODES:
        builder = _Builder(protocol, base, linear)
        builder.fill(0, 0, prefixes, 0, 0)
        if len(builder.tables) <= MAX_TABLES and all(rule.node <= MAX_NODES for rule in builder.rules):
            return builder
        linear *= 2
    raise InputError(
        f"{len(targets)} networks are more than the kernel's classifier can hold",
        where=f"{found[0][1]} to {found[-1][1]}",
        hint="give sites networks under fewer common prefixes",
    )
