"""Tables and rules are followed here as the kernel follows them (net/sched/cls_u32.c, u32_classify)."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from microdc.errors import InputError
from microdc.netlink.classify import LINEAR, MAX_DEPTH, MAX_TABLES, Network, Side, classify
from microdc.netlink.model import ETH_P_IP, ETH_P_IPV6, HashTable, Rule

MAX_LINKS = 8  # TC_U32_MAXDEPTH


class Classifier:
    """The rules of an interface, followed packet by packet."""

    def __init__(self, tables: Sequence[HashTable], rules: Sequence[Rule]) -> None:
        assert len({rule.key for rule in rules}) == len(rules)
        self.divisors = {table.ident: table.divisor for table in tables}
        self.buckets: Mapping[tuple[int, int, int], list[Rule]] = defaultdict(list)
        for rule in sorted(rules, key=lambda rule: rule.node):
            assert not rule.table or rule.bucket < self.divisors[rule.table]
            self.buckets[rule.protocol, rule.table, rule.bucket].append(rule)

    def find(self, source: IPv4Address | IPv6Address, side: Side = "src") -> tuple[int | None, int]:
        """The class of a packet, None without one, and how many rules were looked at."""
        protocol, packet = _packet(source, side)
        self.looked_at = 0
        return self._search(packet, protocol, 0, 0, 0), self.looked_at

    def _search(self, packet: bytes, protocol: int, table: int, bucket: int, links: int) -> int | None:
        for rule in self.buckets[protocol, table, bucket]:
            self.looked_at += 1
            if any((_word(packet, m.offset) ^ m.value) & m.mask for m in rule.matches):
                continue
            if not rule.link:
                return rule.target
            assert links < MAX_LINKS
            shift = (rule.hash_mask & -rule.hash_mask).bit_length() - 1
            selected = (_word(packet, rule.hash_offset) & rule.hash_mask) >> shift
            selected &= self.divisors[rule.link] - 1
            found = self._search(packet, protocol, rule.link, selected, links + 1)
            if found is not None:
                return found
        return None


def _word(packet: bytes, offset: int) -> int:
    return int.from_bytes(packet[offset : offset + 4])


def _packet(address: IPv4Address | IPv6Address, side: Side) -> tuple[int, bytes]:
    """A network header with one address set and all else such that a wrong offset shows."""
    noise = random.Random(int(address)).randbytes(40)
    length, at = (4, 12) if address.version == 4 else (16, 8)
    at += length if side == "dst" else 0
    packet = noise[:at] + address.packed + noise[at + length :]
    return (ETH_P_IP if address.version == 4 else ETH_P_IPV6), packet


@st.composite
def networks(draw: st.DrawFn, version: int) -> list[Network]:
    """Networks that do not overlap, of mixed lengths, many of them close to each other."""
    bits = 32 if version == 4 else 128
    kind = IPv4Network if version == 4 else IPv6Network
    near = draw(st.integers(0, 2**bits - 1))
    found: list[Network] = []
    for _ in range(draw(st.integers(0, 40))):
        length = draw(st.integers(0, bits))
        shared = draw(st.integers(0, length))
        own = draw(st.integers(0, 2**bits - 1)) >> shared
        value = (near >> (bits - shared) << (bits - shared) | own) >> (bits - length) << (bits - length)
        network: Network = kind((value, length))
        if not any(network.overlaps(other) for other in found):
            found.append(network)
    return found


def _probes(network: Network) -> list[int]:
    first, last = int(network.network_address), int(network.broadcast_address)
    return [first, last, (first + last) // 2, first - 1, last + 1]


@given(networks(4), networks(6), st.sampled_from(["src", "dst"]), st.data())
@example([IPv4Network("0.0.0.0/0")], [IPv6Network("::/0")], "src", None)
def test_a_packet_finds_the_network_that_contains_it(
    four: list[Network], six: list[Network], side: Side, data: st.DataObject | None
) -> None:
    targets = {network: 0x7DC00010 + i for i, network in enumerate([*four, *six])}
    classifier = Classifier(*classify(targets.items(), side))
    for kind, bits, chosen in ((IPv4Address, 32, four), (IPv6Address, 128, six)):
        numbers = {n % 2**bits for network in chosen for n in _probes(network)}
        if data is not None:
            numbers |= set(data.draw(st.lists(st.integers(0, 2**bits - 1), max_size=10)))
        for number in numbers:
            address = kind(number)
            right = next((targets[n] for n in chosen if address in n), None)
            found, looked_at = classifier.find(address, side)
            assert found == right
            assert looked_at <= MAX_DEPTH + max(LINEAR, len(chosen) - MAX_DEPTH)


def _spread(version: int, count: int, seed: int) -> list[Network]:
    """Networks of mixed lengths, some at the very end of the range of lengths, drawn apart from each other."""
    rng = random.Random(seed)
    kind, bits = (IPv4Network, 32) if version == 4 else (IPv6Network, 128)
    lengths = (16, 20, 24, 24, 28, 32) if version == 4 else (32, 48, 48, 56, 64, 128)
    found: dict[int, Network] = {}
    while len(found) < count:
        length = rng.choice(lengths)
        # of each /16 (IPv4) or /32 (IPv6) only the first is taken, so that none overlaps another
        step = bits - (16 if version == 4 else 32)
        top = rng.randrange(2 ** (bits - step))
        value = (top << step | rng.randrange(2**step)) >> (bits - length) << (bits - length)
        found.setdefault(top, kind((value, length)))
    return list(found.values())


@pytest.mark.parametrize("version", [4, 6])
def test_ten_thousand_networks_cost_no_more_rules_than_the_bytes_that_differ(version: int) -> None:
    chosen = _spread(version, 10_000, 7)
    targets = {network: 0x7DC00010 + i for i, network in enumerate(chosen)}
    tables, rules = classify(targets.items(), "src")
    assert len(tables) <= MAX_TABLES
    classifier = Classifier(tables, rules)
    most = 0
    for network in random.Random(1).sample(chosen, 2000):
        address = network[random.Random(2).randrange(min(network.num_addresses, 2**40))]
        found, looked_at = classifier.find(address)
        assert found == targets[network]
        most = max(most, looked_at)
    assert most <= 3 + LINEAR


def test_ten_thousand_networks_of_both_kinds_have_a_place_each() -> None:
    """A site has one of each, most often: neither kind takes the tables of the other."""
    chosen = [*_spread(4, 10_000, 11), *_spread(6, 10_000, 12)]
    tables, rules = classify([(network, 0x7DC00010 + i) for i, network in enumerate(chosen)], "dst")
    assert len({table.ident for table in tables}) == len(tables)
    assert all(0 < table.ident < 0x800 for table in tables)
    classifier = Classifier(tables, rules)
    for i in random.Random(1).sample(range(len(chosen)), 1000):
        assert classifier.find(chosen[i][0], "dst")[0] == 0x7DC00010 + i


def test_the_cost_does_not_grow_with_the_number_of_networks() -> None:
    costs = {}
    for count in (5, 50, 250):
        targets = [(ip_network(f"10.{i}.0.0/16"), 0x7DC00010 + i) for i in range(count)]
        classifier = Classifier(*classify(targets, "src"))
        costs[count] = max(classifier.find(ip_address(f"10.{i}.3.4"))[1] for i in range(count))
    assert set(costs.values()) == {2}


def test_where_tables_run_out_more_is_searched_in_line() -> None:
    """2,000 groups of six neighbours want a table each, and there are half as many."""
    targets = [
        (ip_network(f"10.{group // 250}.{group % 250}.{host * 8}/29"), 0x7DC00010 + group)
        for group in range(2000)
        for host in range(6)
    ]
    tables, rules = classify(targets, "src")
    assert len(tables) <= MAX_TABLES
    classifier = Classifier(tables, rules)
    for network, target in random.Random(3).sample(targets, 500):
        found, looked_at = classifier.find(network[1])
        assert found == target
        assert looked_at <= 3 + 2 * LINEAR


def test_networks_that_differ_in_more_bytes_than_the_kernel_follows_are_found_still() -> None:
    """At each byte of the address five networks branch off: a table at each of sixteen levels would be needed."""
    base = int(IPv6Address("2001:db8::"))
    targets = [
        (_beside(base, byte, value), 0x7DC00010 + 5 * byte + value)
        for byte in range(16)
        for value in range(1, 6)
    ]
    classifier = Classifier(*classify(targets, "dst"))
    for network, target in targets:
        assert classifier.find(network[-1], "dst")[0] == target
    assert classifier.find(IPv6Address(base), "dst")[0] is None


def test_four_networks_need_no_table() -> None:
    targets = [(ip_network(f"10.{i}.0.0/16"), 0x7DC00010 + i) for i in range(LINEAR)]
    tables, rules = classify(targets, "src")
    assert not tables
    assert len(rules) == LINEAR


def test_nothing_gives_nothing() -> None:
    assert classify([], "src") == ([], [])


@pytest.mark.parametrize(
    ("one", "other"), [("10.0.0.0/8", "10.1.0.0/16"), ("::/0", "fd00::/8"), ("10.0.0.0/8", "10.0.0.0/8")]
)
def test_networks_that_overlap_are_refused(one: str, other: str) -> None:
    with pytest.raises(InputError, match="overlap"):
        classify([(ip_network(one), 1), (ip_network(other), 2), (ip_network("192.0.2.0/24"), 3)], "src")


def test_more_than_the_kernel_can_hold_is_refused() -> None:
    """Five thousand neighbours below eight forks: there the kernel follows no more links."""
    base = int(IPv6Address("2001:db8::"))
    targets = [(_beside(base, byte, 1), 1) for byte in range(8)]
    targets += [(IPv6Network((base + host, 128)), 2) for host in range(5000)]
    with pytest.raises(InputError, match="5008 networks"):
        classify(targets, "src")


def _beside(base: int, byte: int, distance: int) -> IPv6Network:
    """The network that leaves the address `base` at a byte."""
    unused = 8 * (15 - byte)
    return IPv6Network((((base >> unused) ^ distance) << unused, 128 - unused))
