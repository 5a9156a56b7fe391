"""What comes in at an interface led through a queue of its own, on a real kernel: laid, mended, taken back, and nobody else's touched."""

from __future__ import annotations

import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from frames import ETHERTYPE
from netlink_port import Port, shaped

from microdc.agent.client import RejectedError
from microdc.agent.model import Port as AgentPort
from microdc.agent.resident.record import KEPT, Record
from microdc.errors import RefusedError
from microdc.host import namespaces
from microdc.netlink.intake import removing
from microdc.netlink.intake_values import Redirect, ifb_name
from microdc.netlink.messages import encode
from microdc.netlink.model import ROOT_HANDLE, TC_H_ROOT, Htb, HtbClass, Qdisc, QdiscTree
from microdc.netlink.tc import tc_line
from microdc.units import Rate, Size
from microdc.wan.compile import compile_intake
from microdc.wan.model import AccessLine

pytestmark = pytest.mark.root

NOT_THERE = HtbClass(ROOT_HANDLE | 0xFFF, ROOT_HANDLE, 1, 1, 1, 1, 1)
PLAIN = shaped({0x10: (10**9, 9000)}, {ip_network("10.1.0.0/16"): 0x10})


def led(rate: int, buffer: int = 100_000) -> QdiscTree:
    return replace(PLAIN, intake=compile_intake(AccessLine(Rate(rate), Size(buffer)), 1500))


FAST, SLOW = led(10**8), led(10**6)


def shown(port: Port) -> str:
    """All that ip and tc show of the namespace."""
    links = port.run("ip", "-d", "link", "show")
    kept = "\n".join(line for line in links.splitlines() if "qdisc" in line)
    return kept + port.run("tc", "qdisc", "show") + port.run("tc", "filter", "show", "dev", "a", "ingress")


@pytest.fixture
def untouched(port: Port) -> Iterator[str]:
    """What is shown before, and has to be shown after."""
    before = shown(port)
    yield before
    port.lay(QdiscTree())
    assert shown(port) == before


@pytest.mark.usefixtures("untouched")
def test_it_is_laid_changed_and_taken_away(port: Port) -> None:
    for tree in (FAST, SLOW, PLAIN, FAST, QdiscTree(), SLOW):
        port.lay(tree)
    assert f"dev {ifb_name(port.index)}" in port.run("tc", "qdisc", "show")


@pytest.mark.usefixtures("untouched")
def test_another_rate_is_set_in_place(port: Port) -> None:
    port.lay(FAST)
    assert [operation.verb for operation in port.operations(led(10**6))] == ["change"]
    port.lay(led(10**6))
    assert [operation.verb for operation in port.operations(led(10**6, 5000))] == ["change"]


DEEDS = {
    "filter": "tc filter del dev a ingress",
    "ingress": "tc qdisc del dev a ingress",
    "down": "ip link set dev {ifb} down",
    "ifb": "ip link del dev {ifb}",
    "elsewhere": "tc filter replace dev a parent ffff: protocol all prio 32192 handle 800::800 u32 match u32 0 0 "
    "action mirred egress redirect dev b",
    "root": "tc qdisc replace dev {ifb} root handle 5: pfifo limit 7",
    "queue": "tc qdisc replace dev {ifb} parent 7dc0:1 handle 9: pfifo limit 7",
    "rate": "tc class change dev {ifb} parent 7dc0: classid 7dc0:1 htb rate 3mbit",
}


@pytest.mark.usefixtures("untouched")
@pytest.mark.long
@pytest.mark.parametrize("deed", DEEDS)
def test_what_others_did_to_it_is_seen_and_mended(port: Port, deed: str) -> None:
    port.lay(FAST)
    assert port.operations(FAST) == []
    port.run(*DEEDS[deed].format(ifb=ifb_name(port.index)).split())
    assert port.operations(FAST)
    port.lay(FAST)


@pytest.mark.usefixtures("untouched")
@pytest.mark.long
@pytest.mark.parametrize("deed", DEEDS)
def test_what_others_left_of_it_goes_too(port: Port, deed: str) -> None:
    port.lay(FAST)
    port.run(*DEEDS[deed].format(ifb=ifb_name(port.index)).split())
    port.lay(QdiscTree())


@pytest.mark.long
@pytest.mark.parametrize(
    "trees", [(PLAIN, FAST), (FAST, PLAIN), (FAST, SLOW), (QdiscTree(), FAST), (FAST, QdiscTree())]
)
def test_a_change_that_the_kernel_refuses_anywhere_is_taken_back(
    port: Port, trees: tuple[QdiscTree, QdiscTree]
) -> None:
    before, after = trees
    port.lay(before)
    operations = port.operations(after)
    for at in range(len(operations) + 1):
        sent = [(port.encoded(o.verb, o.item), port._inverse(o)) for o in operations[:at]]
        with pytest.raises(RejectedError) as refused:
            port.send([*sent, (port.encoded("change", NOT_THERE), [])])
        assert (refused.value.index, list(refused.value.left)) == (at, [])
        assert port.tree == before
    port.lay(QdiscTree())


@pytest.mark.long
@pytest.mark.parametrize("trees", [(PLAIN, FAST), (FAST, PLAIN)])
def test_a_change_in_which_the_agent_was_killed_is_taken_back(
    port: Port, trees: tuple[QdiscTree, QdiscTree]
) -> None:
    """Half of a change is in the kernel, and the record of it on the disk, as kill -9 leaves them."""
    before, after = trees
    port.lay(before)
    operations = port.operations(after)
    for count in range(len(operations) + 1):
        inverse = [b64encode(b"".join(port._inverse(operation))).decode() for operation in operations]
        port.send([(port.encoded(o.verb, o.item), []) for o in operations[:count]])
        port.kill()
        (path,) = Path(port.directory).glob("*/state.json")
        state = Record(path).load()
        Record(path).save({name: state[name] for name in KEPT}, {"inverse": inverse, "switches": []})
        port.restart()
        assert port.tree == before
        assert port.state.notes[-1].text == "the agent died in a change, which was taken back"
    port.lay(QdiscTree())


@pytest.mark.usefixtures("untouched")
def test_an_interface_is_watched_and_given_back_with_all_of_it(port: Port) -> None:
    """By the messages that the agent keeps for it. What it does itself is nobody else's doing, at the ifb neither."""
    root = Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb())
    bare = [encode("delete", item, port.index) for item in (*removing(), root)]
    cls = next(iter(PLAIN.classes.values()))
    port.commit(
        port.operations(FAST),
        put=[port.layer("only", {"one": cls})],
        ports={"a": AgentPort(port.index, {"a/one": [port.encoded("change", cls)]}, bare)},
    )
    assert port.tree == FAST
    assert not port.state.touched
    port.run(*DEEDS["rate"].format(ifb=ifb_name(port.index)).split())
    assert port.state.touched.keys() == {"a"}
    notes = port.state.notes
    port.agent.release(["a"])
    assert port.tree.empty
    assert port.tree.intake is None
    assert port.state.notes == notes


@pytest.mark.parametrize("kind", ["ingress", "clsact"])
def test_somebody_elses_ingress_qdisc_is_named_and_left_alone(port: Port, kind: str) -> None:
    port.run("tc", "qdisc", "add", "dev", "a", kind)
    words = "tc filter add dev a ingress protocol ip prio 7 u32 match u32 0 0 flowid 1:1"
    port.run(*words.split())
    before = port.run("tc", "filter", "show", "dev", "a", "ingress")
    with pytest.raises(RefusedError, match=f"here.*{kind} ffff:"):
        port.operations(FAST, where="here")
    port.commit(port.operations(PLAIN))
    port.commit(port.operations(QdiscTree()))
    assert port.run("tc", "filter", "show", "dev", "a", "ingress") == before
    port.commit(port.operations(FAST, take_over=True))
    assert port.tree == FAST
    port.lay(QdiscTree())


def test_what_tc_is_told_comes_to_the_same(port: Port) -> None:
    lines = [tc_line(operation, "a") for operation in port.operations(FAST)]
    port.run("sh", "-ec", "\n".join(lines))
    told = port.tree.intake
    assert told is not None
    assert FAST.intake is not None
    assert (told.ifb, told.ingress) == (FAST.intake.ifb, FAST.intake.ingress)
    assert told.tree.qdiscs == FAST.intake.tree.qdiscs
    # tc cannot be told of no key: its filter has one that matches everything
    assert told.redirect == Redirect(everything=False)
    gone = [tc_line(operation, "a") for operation in port.operations(QdiscTree())]
    port.run("sh", "-ec", "\n".join(gone))
    assert port.tree == QdiscTree()


@contextmanager
def frames(port: Port) -> Iterator[tuple[socket.socket, socket.socket]]:
    """What sends at `b`; and what hears at `a` of one EtherType: behind the ingress qdisc, unlike who hears of all."""

    def inside() -> tuple[socket.socket, socket.socket]:
        return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0), socket.socket(
            socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE)
        )

    sender, receiver = namespaces.call(port.host.address.name, inside)
    with sender, receiver:
        sender.bind(("b", 0))
        receiver.bind(("a", ETHERTYPE))
        receiver.settimeout(5)
        yield sender, receiver


def test_every_packet_passes_in_order_however_short_also_while_that_changes(port: Port) -> None:
    """EtherTypes that nobody knows pass like ARP and IP. What stands in the queue when it goes is lost: here nothing does."""
    head = b"\xff" * 6 + bytes.fromhex("02000000000b") + ETHERTYPE.to_bytes(2)
    sent = [head + bytes([n]) * (1 + n * 7) for n in range(100)]
    with frames(port) as (sender, receiver):
        for tree in (PLAIN, FAST, SLOW, PLAIN, QdiscTree(), FAST, QdiscTree()):
            port.lay(tree)
            for frame in sent:
                sender.send(frame)
            assert [receiver.recv(2000) for _ in sent] == sent
        receiver.settimeout(0)
        with pytest.raises(BlockingIOError):
            receiver.recv(2000)


def test_what_comes_in_queues_up_to_the_buffer(port: Port) -> None:
    """A burst of 60 kB into a queue of 20 kB at 8 Mbit/s: what fits comes, at the rate, and the rest is dropped."""
    tree = led(8_000_000, 20_000)
    port.lay(tree)
    head = b"\xff" * 6 + bytes.fromhex("02000000000b") + ETHERTYPE.to_bytes(2)
    with frames(port) as (sender, receiver):
        for n in range(60):
            sender.send(head + bytes([n]) * 986)
        came = []
        receiver.settimeout(0.5)
        with suppress(TimeoutError):
            while True:
                came.append(receiver.recv(2000)[20])
    # 20 in the queue, two or so at once from HTB's bucket, and those that left while the burst came
    assert came == sorted(came)
    assert 20 <= len(came) < 60
    port.lay(QdiscTree())
