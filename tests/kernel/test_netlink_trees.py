"""Plans against a real kernel: carried out, read back, taken back; and packets that find their class."""

from __future__ import annotations

import errno
import itertools
import random
import socket
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from netlink_port import Port, shaped

from microdc.agent.client import RejectedError
from microdc.errors import RefusedError
from microdc.host import namespaces
from microdc.netlink.classify import LINEAR, Network
from microdc.netlink.model import ETH_P_IP, ETH_P_IPV6, ROOT_HANDLE, HtbClass, QdiscTree, Rule

pytestmark = pytest.mark.root

NOT_THERE = HtbClass(ROOT_HANDLE | 0xFFF, ROOT_HANDLE, 1, 1, 1, 1, 1)
POOL: list[Network] = [
    *(ip_network(f"10.{i}.0.0/16") for i in range(LINEAR + 2)),
    *(ip_network(f"192.0.2.{i}/32") for i in range(3)),
    *(ip_network(f"fd00:{i:x}::/32") for i in range(LINEAR + 2)),
]
LEAF = st.tuples(st.integers(64_000, 400 * 10**9), st.integers(1514, 2**31))


@st.composite
def trees(draw: st.DrawFn) -> QdiscTree:
    leaves = draw(st.dictionaries(st.sampled_from([0x10, 0x11, 0xABC]), LEAF, min_size=1))
    return shaped(leaves, draw(st.dictionaries(st.sampled_from(POOL), st.sampled_from(sorted(leaves)))))


wished = st.one_of(st.just(QdiscTree()), trees())
few = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@few
@given(st.lists(wished, min_size=2, max_size=3))
def test_the_kernel_goes_from_any_tree_to_any_other(port: Port, steps: list[QdiscTree]) -> None:
    for tree in steps:
        port.lay(tree)
    port.lay(QdiscTree())


@few
@given(wished, wished, st.data())
def test_a_plan_that_the_kernel_refuses_in_the_middle_is_taken_back(
    port: Port, before: QdiscTree, after: QdiscTree, data: st.DataObject
) -> None:
    port.lay(before)
    operations = port.operations(after)
    at = data.draw(st.integers(0, len(operations)))
    batch = [(port.encoded(o.verb, o.item), port._inverse(o)) for o in operations[:at]]
    with pytest.raises(RejectedError) as refused:
        port.send([*batch, (port.encoded("change", NOT_THERE), [])])
    assert refused.value.index == at
    assert list(refused.value.left) == []
    assert port.tree == before
    port.lay(after)
    port.lay(QdiscTree())


def test_a_protocol_that_comes_later_is_taken_back_whole(port: Port) -> None:
    """The kernel numbers the root table of a new protocol itself, so that its rules cannot be deleted one by one."""
    leaves = {0x10: (10**6, 3000)}
    four = shaped(leaves, dict.fromkeys(POOL[: LINEAR + 2], 0x10))
    both = shaped(leaves, dict.fromkeys(POOL, 0x10))
    port.lay(four)
    operations = port.operations(both)
    assert any(isinstance(o.item, Rule) and o.item.protocol == ETH_P_IPV6 for o in operations)
    batch = [(port.encoded(o.verb, o.item), port._inverse(o)) for o in operations]
    with pytest.raises(RejectedError) as refused:
        port.send([*batch, (port.encoded("change", NOT_THERE), [])])
    assert list(refused.value.left) == []
    assert port.tree == four
    port.lay(both)
    port.lay(four)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("ip link add name c type veth peer name d", "noqueue"),
        ("ip tuntap add dev c mode tap", ""),  # the machine's default
        ("ip tuntap add dev c mode tap multi_queue", "mq"),
    ],
)
def test_an_interface_as_the_kernel_made_it_is_free(port: Port, words: str, kind: str) -> None:
    port.run(*words.split())
    try:
        port.run("ip", "link", "set", "dev", "c", "up")
        default = port.run("tc", "qdisc", "show", "dev", "c")
        assert kind in default
        other = Port(port.host, port.agent, port.directory, "c")
        other.lay(shaped({0x10: (10**9, 10_000)}, {POOL[0]: 0x10}))
        other.lay(QdiscTree())
        assert port.run("tc", "qdisc", "show", "dev", "c") == default
    finally:
        port.run("ip", "link", "del", "c")


def test_a_qdisc_of_somebody_else_is_named_and_left_alone(port: Port) -> None:
    port.batch(
        [
            "qdisc add dev a root handle 1: htb default 1",
            "class add dev a parent 1: classid 1:1 htb rate 5mbit",
            "filter add dev a parent 1: protocol ip prio 1 u32 match ip src 10.0.0.0/8 flowid 1:1",
        ]
    )
    shown = port.run("tc", "-s", "-d", "qdisc", "show", "dev", "a")
    with pytest.raises(RefusedError, match="htb 1:"):
        port.operations(shaped({0x10: (10**6, 3000)}, {}))
    assert port.operations(QdiscTree()) == []
    assert port.run("tc", "-s", "-d", "qdisc", "show", "dev", "a") == shown
    mine = shaped({0x10: (10**6, 3000)}, {POOL[0]: 0x10})
    port.commit(port.operations(mine, take_over=True))
    assert port.tree == mine


def test_a_message_for_an_interface_that_vanished_changes_nothing(port: Port) -> None:
    port.run("ip", "link", "add", "name", "c", "type", "veth", "peer", "name", "d")
    other = Port(port.host, port.agent, port.directory, "c")
    operations = other.operations(shaped({0x10: (10**6, 3000)}, {POOL[0]: 0x10}))
    batch = [(other.encoded(o.verb, o.item), other._inverse(o)) for o in operations]
    ours = port.operations(shaped({0x10: (10**6, 3000)}, {POOL[0]: 0x10}))
    batch = [*((port.encoded(o.verb, o.item), port._inverse(o)) for o in ours), *batch]
    port.run("ip", "link", "del", "c")
    with pytest.raises(RejectedError) as refused:
        port.send(batch)
    assert refused.value.errno == errno.ENODEV
    assert "c" not in refused.value.interfaces
    assert "a" in refused.value.interfaces
    assert list(refused.value.left) == []
    assert port.tree == QdiscTree()


def _send(port: Port, sources: Mapping[IPv4Address | IPv6Address, int]) -> None:
    """Packets out of the interface by the source address that they bear, so many of each."""

    def inside() -> None:
        with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM) as sock:
            for source, count in sources.items():
                four = source.version == 4
                header = bytearray(20 if four else 40)
                header[0] = 0x45 if four else 0x60
                at = 12 if four else 8
                header[at : at + len(source.packed)] = source.packed
                protocol = ETH_P_IP if four else ETH_P_IPV6
                for _ in range(count):
                    sock.sendto(bytes(header) + bytes(64), ("a", protocol, 0, 0, b"\2\0\0\0\0\1"))

    namespaces.call(port.host.address.name, inside)


def _sent(port: Port) -> dict[int, int]:
    """Packets that each class has sent, by minor number, where there were any."""
    counted = port.look().counters
    tree = port.tree
    return {handle & 0xFFFF: counted[handle].packets for handle in tree.classes if counted[handle].packets}


def test_packets_find_the_class_of_the_network_that_they_come_from(port: Port) -> None:
    rng = random.Random(5)
    places: dict[Network, int] = {}
    for number in range(60):
        places[ip_network(f"10.{number * 4}.0.0/{rng.choice([14, 16, 17, 24])}")] = 0x100 + number
        places[ip_network(f"fd00:{number:x}::/{rng.choice([32, 48, 49, 64, 128])}")] = 0x200 + number
    port.lay(shaped(dict.fromkeys(places.values(), (10**9, 10**6)), places))
    chosen = rng.sample(sorted(places, key=str), 40)
    wanted = {places[network]: count for count, network in enumerate(chosen, 1)}
    _send(port, {network[-1]: wanted[places[network]] for network in chosen})
    strangers = [network.broadcast_address + 1 for network in chosen if network.num_addresses > 1]
    _send(port, {address: 1 for address in strangers if not any(address in network for network in places)})
    assert _sent(port) == wanted


def test_the_kernel_follows_as_many_links_as_we_lay(port: Port) -> None:
    base = int(ip_address("2001:db8::"))
    places: dict[Network, int] = {}
    for byte, value in itertools.product(range(14), range(1, 6)):
        unused = 8 * (15 - byte)
        places[IPv6Network((((base >> unused) ^ value) << unused, 128 - unused))] = 0x100 + 16 * byte + value
    port.lay(shaped(dict.fromkeys(places.values(), (10**9, 10**6)), places))
    _send(port, {network[-1]: 1 for network in places})
    assert _sent(port) == dict.fromkeys(places.values(), 1)
