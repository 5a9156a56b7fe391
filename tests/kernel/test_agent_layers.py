"""What the agent does to a real kernel by itself: layers that end, and what it takes back when it was killed."""

from __future__ import annotations

import select
from base64 import b64encode
from ipaddress import ip_network
from pathlib import Path

import pytest
from netlink_port import Port, shaped

from microdc.agent.client import ChangedError, RejectedError
from microdc.agent.resident.record import Record
from microdc.errors import UnreachableError
from microdc.netlink.diff import diff
from microdc.netlink.model import ROOT_HANDLE, HtbClass, QdiscTree

pytestmark = pytest.mark.root

FAST, SLOW, SLOWER = 10**9, 10**7, 10**6
TREE = shaped({0x10: (FAST, 9000), 0x11: (FAST, 9000)}, {ip_network("10.1.0.0/16"): 0x10})


def cls(minor: int, rate: int) -> HtbClass:
    return HtbClass(ROOT_HANDLE | minor, ROOT_HANDLE, rate // 8, rate // 8, 40_000, 50_000, 1514)


def rates(port: Port) -> dict[int, int]:
    return {handle & 0xFFFF: found.rate * 8 for handle, found in port.tree.classes.items()}


def lay(port: Port, ident: str, seconds: float | None = None, **classes: HtbClass) -> int:
    """A layer that sets the classes of slots, and the tree under it where there is none yet."""
    there = port.tree
    old = there.classes or TREE.classes
    build = port.operations(TREE) if there.empty else []
    batch = [(port.encoded(o.verb, o.item), port._inverse(o)) for o in build]
    batch += [(port.encoded("change", c), [port.encoded("change", old[c.handle])]) for c in classes.values()]
    clean = {"one": cls(0x10, FAST), "two": cls(0x11, FAST)}
    return port.send(batch, put=[port.layer(ident, classes, seconds)], ports=port.given_back(clean))


def wait_for_end(port: Port, ident: str) -> None:
    """The agent tells when a layer has ended; asked now and then, for as long as the test may last."""
    while any(layer.id == ident for layer in port.state.layers):
        select.select([], [], [], 0.02)


def test_what_lies_below_shows_when_a_layer_ends(port: Port) -> None:
    lay(port, "base", one=cls(0x10, SLOW), two=cls(0x11, SLOW))
    lay(port, "over", 0.2, one=cls(0x10, SLOWER))
    wait_for_end(port, "over")
    assert rates(port) == {0x10: SLOW, 0x11: SLOW}
    assert port.state.notes[-1].text == "layer over of test ended"


def test_where_nothing_lies_below_traffic_is_as_it_was(port: Port) -> None:
    lay(port, "base", one=cls(0x10, SLOW))
    lay(port, "over", 0.2, two=cls(0x11, SLOWER))
    wait_for_end(port, "over")
    assert rates(port) == {0x10: SLOW, 0x11: FAST}


def test_the_interface_is_given_back_with_its_last_layer(port: Port) -> None:
    port.run("ethtool", "-K", "a", "gro", "on")
    generation = port.state.generation
    lay(port, "only", one=cls(0x10, SLOW))
    assert "generic-receive-offload: off" in port.run("ethtool", "-k", "a")
    lay(port, "only", 0.0, one=cls(0x10, SLOW))
    wait_for_end(port, "only")
    assert port.tree.empty
    assert "generic-receive-offload: on" in port.run("ethtool", "-k", "a")
    assert port.state.generation > generation + 1


def test_layers_outlive_an_agent_that_is_killed(port: Port) -> None:
    lay(port, "base", one=cls(0x10, SLOW))
    lay(port, "over", 1000, one=cls(0x10, SLOWER))
    port.kill()
    with pytest.raises(UnreachableError):
        port.agent.read({})
    port.restart()
    assert [layer.id for layer in port.state.layers] == ["base", "over"]
    assert rates(port)[0x10] == SLOWER
    remaining = port.state.layers[1].remaining
    assert remaining is not None
    assert 0 < remaining < 1000


def test_a_change_in_which_the_agent_was_killed_is_taken_back(port: Port) -> None:
    """Half of a change is in the kernel, and the record of it on the disk, as kill -9 leaves them."""
    lay(port, "base", one=cls(0x10, SLOW))
    before = port.tree
    after = shaped(
        {0x10: (SLOWER, 9000), 0x12: (FAST, 9000)},
        {ip_network(f"10.{i}.0.0/16"): 0x10 + i % 2 * 2 for i in range(8)} | {ip_network("fd00::/32"): 0x12},
    )
    operations = diff(after, before)
    for count in range(0, len(operations) + 1, 5):
        inverse = [b64encode(b"".join(port._inverse(o))).decode() for o in operations]
        port.send([(port.encoded(o.verb, o.item), []) for o in operations[:count]])
        port.kill()
        (path,) = Path(port.directory).glob("*/state.json")
        record = Record(path)
        record.save(record.load(), {"inverse": inverse, "switches": []})
        port.restart()
        assert port.tree == before
        assert port.state.notes[-1].text == "the agent died in a change, which was taken back"


def test_a_commit_can_be_taken_back_once(port: Port) -> None:
    generation = lay(port, "base", one=cls(0x10, SLOW))
    before = port.tree
    later = lay(port, "over", one=cls(0x10, SLOWER))
    assert port.agent.revert(later, "") == []
    assert port.tree == before
    assert [layer.id for layer in port.state.layers] == ["base"]
    for number in (later, generation, later + 1):
        with pytest.raises(ChangedError):
            port.agent.revert(number, "")


def test_giving_an_interface_back_can_be_taken_back(port: Port) -> None:
    port.run("ethtool", "-K", "a", "gro", "on")
    lay(port, "base", one=cls(0x10, SLOW))
    before = port.tree
    generation = port.commit(port.operations(QdiscTree()), drop=["base"], bare=["a"])
    assert port.tree.empty
    assert "generic-receive-offload: on" in port.run("ethtool", "-k", "a")
    assert port.agent.revert(generation, "") == []
    assert port.tree == before
    assert "generic-receive-offload: off" in port.run("ethtool", "-k", "a")


def test_a_layer_ends_also_where_its_interface_has_vanished(port: Port) -> None:
    port.run("ip", "link", "add", "name", "c", "type", "veth", "peer", "name", "d")
    other = Port(port.host, port.agent, port.directory, "c")
    lay(other, "gone", one=cls(0x10, SLOW))
    lay(port, "base", one=cls(0x10, SLOW))
    ends_at_once = other.layer("gone", {"one": cls(0x10, SLOW)}, 0.0)
    port.run("ip", "link", "del", "c")
    port.send([], put=[ends_at_once])
    wait_for_end(port, "gone")
    notes = [note.text for note in port.state.notes]
    assert "layer gone of test ended" in notes
    assert any("c: could not" in note and "No such device" in note for note in notes)
    assert rates(port)[0x10] == SLOW


def test_a_commit_that_the_kernel_refuses_leaves_the_layers(port: Port) -> None:
    lay(port, "base", one=cls(0x10, SLOW))
    before = port.tree
    bad = port.encoded("change", cls(0xFFF, FAST))
    with pytest.raises(RejectedError):
        port.send([(bad, [])], put=[port.layer("over", {"one": cls(0x10, SLOWER)})], drop=["base"])
    assert [layer.id for layer in port.state.layers] == ["base"]
    assert port.tree == before
