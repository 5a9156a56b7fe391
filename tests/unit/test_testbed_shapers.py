"""Who shapes the WAN: emulators at the sites' uplinks, or the sites' own servers. What nobody or two would shape is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from inventories import TESTBED, site, write

from microdc.documents.model import DocumentError
from microdc.testbed.load import load
from microdc.testbed.model import PairWan, Reach
from microdc.testbed.shapers import ShapedPort, Shaper, directions, others, shapers

PROFILE = "testbed: t\nwan:\n  default: {profile: lan}\n"


def edge_site(name: str, number: int, **servers: str) -> str:
    """A site without uplink. servers: by name, what its `edge` says."""
    lines = "".join(f"      {server}: {{edge: {edge}}}\n" for server, edge in servers.items())
    plain = site(name, number).replace(f"uplink: {{emulator: wan1, interface: if{number}}}\n", "")
    return f"{plain}racks:\n  r1:\n    servers:\n{lines}"


def edge(host: str, interface: str = "eno1") -> str:
    return f"{{host: 'ssh://{host}', interface: {interface}}}"


def test_an_emulator_shapes_what_comes_to_each_site(tmp_path: Path) -> None:
    testbed = load(write(tmp_path, c=site("c", 3), d="site: d\n"))
    ports = tuple(ShapedPort(f"if{number}", name, "uplink") for number, name in enumerate("abc", 1))
    assert shapers(testbed) == (Shaper("wan1", Reach("local"), ports),)
    assert directions(testbed, ports[0]) == (("b", "a"), ("c", "a"))
    assert others(testbed, ports[0]) == (testbed.sites["b"], testbed.sites["c"])


def test_an_emulator_behind_which_nothing_lies_shapes_nothing(tmp_path: Path) -> None:
    text = TESTBED.replace("wan1:", "wan2: {host: local}\n  wan1:")
    assert [shaper.name for shaper in shapers(load(write(tmp_path, testbed=text)))] == ["wan1"]


def test_without_emulator_each_server_shapes_what_it_sends(tmp_path: Path) -> None:
    a = edge_site("a", 1, a1=edge("a1"), a2=edge("a2", "bond0"))
    testbed = load(write(tmp_path, testbed=PROFILE, a=a, b=edge_site("b", 2, b1=edge("b1"))))
    assert shapers(testbed) == (
        Shaper("a1", Reach("ssh://a1"), (ShapedPort("eno1", "a", "edge"),)),
        Shaper("a2", Reach("ssh://a2"), (ShapedPort("bond0", "a", "edge"),)),
        Shaper("b1", Reach("ssh://b1"), (ShapedPort("eno1", "b", "edge"),)),
    )
    assert testbed.pairs == (PairWan("a", "b", profile="lan"),)
    for shaper, carried in zip(shapers(testbed), [("a", "b"), ("a", "b"), ("b", "a")], strict=True):
        assert directions(testbed, shaper.ports[0]) == (carried,)


def test_servers_do_not_shape_what_goes_to_an_uplink(tmp_path: Path) -> None:
    """A pair of both kinds cannot be emulated, but the sites may stand in one inventory."""
    text = "testbed: t\nemulators:\n  wan1: {host: local}\n"
    sites = {"c": edge_site("c", 3, c1=edge("c1")), "d": edge_site("d", 4, d1=edge("d1"))}
    testbed = load(write(tmp_path, testbed=text, **sites))
    of_emulator, of_c, _ = shapers(testbed)
    assert directions(testbed, of_c.ports[0]) == (("c", "d"),)
    assert directions(testbed, of_emulator.ports[0]) == (("b", "a"), ("c", "a"), ("d", "a"))


NAMED = PROFILE.replace("default: {profile: lan}", "pairs:\n    - {between: [a, b], profile: lan}")
BOTH = TESTBED + "  pairs:\n    - {between: [a, b], profile: lan}\n"

CASES = {
    "an uplink and an edge": (
        {"testbed": TESTBED, "b": site("b", 2, "racks: {r1: {servers: {b1: {edge: {host: 'ssh://x', interface: y}}}}}")},
        "sites/b.yaml:6", "b has an `uplink`, and its server b1 an `edge`",
    ),
    "a named pair of both kinds": (
        {"testbed": BOTH, "a": edge_site("a", 1, a1=edge("a1"))},
        "testbed.yaml:7", "nobody shapes what b sends to a: b lies behind an emulator, a does not (give a an `uplink`",
    ),
    "a default that covers both kinds": (
        {"testbed": TESTBED, "a": edge_site("a", 1, a1=edge("a1"))},
        "testbed.yaml:5", "nobody shapes what b sends to a",
    ),
    "a named pair of a site that nobody shapes": (
        {"testbed": NAMED, "a": edge_site("a", 1, a1=edge("a1")), "b": "site: b\nnetworks: {data: [10.2.0.0/16]}\n"},
        "testbed.yaml:4", "site 'b' is not in the WAN (add `uplink` to it, or `edge` to its servers)",
    ),
    "two edges on one host": (
        {"testbed": PROFILE, "a": edge_site("a", 1, a1=edge("h"), a2=edge("h")), "b": ""},
        "sites/a.yaml:9", "ssh://h is the edge of a1 already",
    ),
    "an edge called like an emulator": (
        {"testbed": TESTBED.replace("  default: {profile: lan}\n", "  pairs: []\n"),
         "a": edge_site("a", 1, wan1=edge("h"))},
        "sites/a.yaml:8", "'wan1' is the name of an emulator too",
    ),
    "an edge without data networks": (
        {"testbed": PROFILE, "b": "", "a": "site: a\nracks: {r1: {servers: {a1: {edge: {host: local, interface: x}}}}}\n"},
        "sites/a.yaml:1", "needs networks.data",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "where", "words"), CASES.values(), ids=CASES)
def test_what_cannot_be_shaped_is_told_where_it_stands(
    tmp_path: Path, changes: dict[str, str], where: str, words: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        load(write(tmp_path, **changes))
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{tmp_path / where}: ")
    assert words in str(problem)


def test_one_interface_name_on_two_hosts_is_two_interfaces(tmp_path: Path) -> None:
    behind = "{host: 'ssh://h', interface: eno1, jump: 'ssh://%s'}"
    sites = {
        name: edge_site(name, number, **{f"{name}1": behind % f"gate-{name}"})
        for number, name in enumerate("ab", 1)
    }
    assert len(shapers(load(write(tmp_path, testbed=PROFILE, **sites)))) == 2
