"""An inventory directory to a Testbed; what cannot be is told with file and line, all of it at once."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest
from inventories import TESTBED, site, write

from microdc.documents.model import DocumentError, Problem
from microdc.testbed.describe import describe
from microdc.testbed.load import inspect, load
from microdc.testbed.model import Bmc, Cable, Edge, PairWan, Reach, Uplink
from microdc.testbed.selectors import select


def problems(directory: Path) -> list[Problem]:
    with pytest.raises(DocumentError) as caught:
        load(directory)
    assert list(caught.value.problems) == inspect(directory)[1]
    return list(caught.value.problems)


def rack(text: str) -> str:
    return f"racks:\n  r1:\n    height: 10\n{text}\n"


RACK = """
access: gpon
probe: ssh://root@h
probe_ip: 10.1.0.11
labels: {country: es}
racks:
  r1:
    height: 10
    switches:
      sw1: {unit: 10, management: 10.101.0.2, snmp: {version: 2, credentials: env:C}, ssh: {platform: eos}}
    servers:
      s1:
        role: compute
        unit: 1
        height: 2
        labels: {gpu: a2}
        bmc: {redfish: "https://10.101.0.11", credentials: file:x, verify: false}
        nics: {eno1: {mac: 52-54-00-AA-00-01, switch: sw1, port: 1}}
    pdus:
      p1: {}
    cables:
      - {a: "p1:1", b: "s1:psu1", kind: power, label: red}
"""


def test_a_site_becomes_values(tmp_path: Path) -> None:
    testbed = load(write(tmp_path, a=site("a", 1, RACK)))
    built = testbed.sites["a"]
    assert (built.access, built.probe, built.probe_ip, built.mtu) == (
        "gpon",
        "ssh://root@h",
        "10.1.0.11",
        1500,
    )
    assert built.uplink == Uplink("wan1", "if1")
    assert built.data_networks == (ip_network("10.1.0.0/16"), ip_network("fd00:1::/32"))
    server, switch = built.racks["r1"].servers["s1"], built.racks["r1"].switches["sw1"]
    assert (server.site, server.rack, server.role, server.unit, server.height) == ("a", "r1", "compute", 1, 2)
    assert server.nics["eno1"].mac == "52:54:00:aa:00:01"
    assert (server.nics["eno1"].switch, server.nics["eno1"].port) == ("sw1", "1")
    assert server.bmc == Bmc(redfish="https://10.101.0.11", credentials="file:x", verify=False)
    assert (switch.management, switch.snmp_version, switch.snmp_credentials) == ("10.101.0.2", 2, "env:C")
    assert built.racks["r1"].cables == (Cable("p1:1", "s1:psu1", "power", "red"),)


def test_files_of_an_emulator_are_relative_to_the_document(tmp_path: Path) -> None:
    text = "testbed: t\nemulators:\n  e: {host: 'ssh://h', identity: keys/id, known_hosts: /etc/hosts, via: ns}\n"
    emulator = load(write(tmp_path, testbed=text, a="site: a", b="")).emulators["e"].reach
    assert (emulator.identity, emulator.known_hosts) == (str(tmp_path / "keys/id"), "/etc/hosts")
    assert emulator.via == "ns"


REACHED = """
probe:
  host: ssh://root@h
  identity: id
  host_key: "SHA256:%s"
  jump: ssh://op@gate.example:2222
racks:
  r1:
    servers:
      s1: {edge: {host: "ssh://s1", interface: eno1, known_hosts: known, jump: {host: "ssh://gate", identity: ~/gate}}}
""" % ("A" * 43)


def test_probes_and_edges_are_reached_like_emulators(tmp_path: Path) -> None:
    plain = site("a", 1).replace("uplink: {emulator: wan1, interface: if1}\n", "") + REACHED
    inventory = write(tmp_path, testbed="testbed: t\n", a=plain, b="")
    testbed, here = load(inventory), tmp_path / "sites"
    built = testbed.sites["a"]
    assert built.probe_reach == Reach(
        "ssh://root@h",
        identity=str(here / "id"),
        host_key="SHA256:" + "A" * 43,
        jump=Reach("ssh://op@gate.example:2222"),
    )
    assert built.probe == "ssh://root@h"
    jump = Reach("ssh://gate", identity="~/gate")
    edge = Edge("eno1", Reach("ssh://s1", known_hosts=str(here / "known"), jump=jump))
    assert [server.edge for server in built.edges] == [edge]
    (found,) = select(testbed, ["s1"])
    assert describe(testbed, found)["edge"] == {
        "interface": "eno1",
        "host": "ssh://s1",
        "known_hosts": str(here / "known"),
        "jump": {"host": "ssh://gate", "identity": "~/gate"},
    }
    (whole,) = select(testbed, ["a"])
    assert describe(testbed, whole)["probe"]["jump"] == "ssh://op@gate.example:2222"


def test_the_default_fills_the_pairs_that_are_not_named(tmp_path: Path) -> None:
    text = TESTBED + "  pairs:\n    - {between: [c, a], backbone: slow}\n"
    testbed = load(write(tmp_path, testbed=text, c=site("c", 3), d="site: d\n"))
    assert testbed.pairs == (
        PairWan("c", "a", backbone="slow"),
        PairWan("a", "b", profile="lan"),
        PairWan("b", "c", profile="lan"),
    )


def test_where_tells_the_line_of_every_value(tmp_path: Path) -> None:
    text = TESTBED + "  pairs:\n    - between: [a, b]\n      backbone: slow\n"
    testbed = load(write(tmp_path, testbed=text, a=site("a", 1, "access: gpon"), c=site("c", 3)))
    top, of_a = tmp_path / "testbed.yaml", tmp_path / "sites/a.yaml"
    assert str(testbed.where("sites", "a", "access")) == f"{of_a}:6"
    assert str(testbed.where("sites", "a", "probe")) == f"{of_a}:1"
    assert str(testbed.where("pairs", "b", "a", "backbone")) == f"{top}:8"
    assert str(testbed.where("pairs", "a", "c", "profile")) == f"{top}:5"
    assert str(testbed.where("emulators", "wan1", "host")) == f"{top}:3"
    assert str(testbed.where("no", "such", "thing")) == f"{top}:1"


def pairs(*entries: str) -> dict[str, str]:
    lines = "".join(f"    - {{between: {entry}, profile: lan}}\n" for entry in entries)
    return {"testbed": TESTBED + f"  pairs:\n{lines}"}


CABLE = 'servers: {{s1: {{nics: {{eno1: {{}}}}}}, s2: {{}}}}\n    cables:\n      - {{a: "{}", b: "{}"}}'

CASES = {
    "unknown site in a pair": (pairs("[a, bb]"), "testbed.yaml:7", "unknown site 'bb' (did you mean b?)"),
    "pair named twice": (pairs("[a, b]", "[b, a]"), "testbed.yaml:8", "b - a is named twice (first on line 7)"),
    "pair with itself": (pairs("[a, a]"), "testbed.yaml:7", "joins a with itself"),
    "pair of a site without uplink": ({"b": "site: b\n", **pairs("[a, b]")}, "testbed.yaml:7", "'b' is not in the WAN"),
    "unknown emulator": (
        {"b": site("b", 2).replace("wan1", "wan2")}, "sites/b.yaml:2", "unknown emulator 'wan2' (did you mean wan1?)",
    ),
    "two sites on one interface": (
        {"b": site("b", 2).replace("if2", "if1")}, "sites/b.yaml:2", "interface if1 of wan1 is the uplink of a already",
    ),
    "emulator called like a site": (
        {"testbed": TESTBED.replace("wan1:", "wan1: {host: local}\n  a:")}, "testbed.yaml:4", "name of a site too",
    ),
    "networks of two sites overlap": (
        {"b": site("b", 2).replace("10.2.0.0/16", "10.1.128.0/17")},
        "sites/b.yaml:4", "10.1.128.0/17 of b overlaps a's data network 10.1.0.0/16",
    ),
    "the larger network comes second": (
        {"b": site("b", 2).replace("10.2.0.0/16", "10.0.0.0/12")},
        "sites/b.yaml:4", "10.0.0.0/12 of b overlaps a's data network 10.1.0.0/16",
    ),
    "IPv6 networks overlap": (
        {"b": site("b", 2).replace("fd00:2::/32", "fd00:1:2::/48")}, "sites/b.yaml:4", "fd00:1:2::/48 of b overlaps",
    ),
    "a site overlaps itself": (
        {"b": site("b", 2).replace("10.102.0.0/24", "10.2.3.0/24")},
        "sites/b.yaml:5", "10.2.3.0/24 of b overlaps the site's own data network 10.2.0.0/16",
    ),
    "uplink without data networks": (
        {"b": "site: b\nuplink: {emulator: wan1, interface: x}\n"}, "sites/b.yaml:1", "needs networks.data",
    ),
    "probe outside of the site": (
        {"b": site("b", 2, "probe_ip: 10.1.0.11")}, "sites/b.yaml:6", "10.1.0.11 is in no data network of the site",
    ),
    "MTU larger than the emulator's": (
        {"b": site("b", 2, "mtu: 9000")}, "sites/b.yaml:6", "9000, is larger than that of its emulator wan1, 1500",
    ),
    "a site described twice": ({"c": site("a", 3)}, "sites/c.yaml:1", "site 'a' is described twice"),
    "rack units overlap": (
        {"b": site("b", 2, rack("    servers: {s1: {unit: 1, height: 2},\n      s2: {unit: 2}}"))},
        "sites/b.yaml:10", "s2 and s1 fill the same rack unit",
    ),
    "a device above the rack": (
        {"b": site("b", 2, rack("    servers: {s1: {unit: 10, height: 2}}"))},
        "sites/b.yaml:9", "s1 reaches unit 11 of a rack of 10 (unit 9 is its highest)",
    ),
    "two devices of one name": (
        {"a": site("a", 1, rack("    servers: {x: {}}")), "b": site("b", 2, rack("    switches: {x: {}}"))},
        "sites/b.yaml:9", "two devices are called 'x'",
    ),
    "a MAC address given twice": (
        {"b": site("b", 2, rack("    servers:\n      s1: {nics: {e0: {mac: '52:54:00:00:00:01'}}}\n"
                                "      s2: {nics: {e0: {mac: '52-54-00-00-00-01'}}}"))},
        "sites/b.yaml:11", "the MAC address 52:54:00:00:00:01 is given twice",
    ),
    "a NIC in an unknown switch": (
        {"b": site("b", 2, rack("    switches: {sw1: {}}\n    servers: {s1: {nics: {e0: {switch: sw}}}}"))},
        "sites/b.yaml:10", "unknown switch 'sw' (did you mean sw1?)",
    ),
    "two NICs in one port": (
        {"b": site("b", 2, rack("    switches: {sw1: {}}\n    servers: {s1: {nics: {e0: {switch: sw1, port: 1},\n"
                                "      e1: {switch: sw1, port: 1}}}}"))},
        "sites/b.yaml:11", "port 1 of sw1 has a cable already",
    ),
    "a cable to an unknown device": (
        {"b": site("b", 2, rack("    " + CABLE.format("s1:eno1", "s3:e0")))},
        "sites/b.yaml:11", "unknown device 's3' (known: s1, s2)",
    ),
    "a cable to an unknown NIC": (
        {"b": site("b", 2, rack("    " + CABLE.format("s1:eno2", "s1:eno1")))},
        "sites/b.yaml:11", "s1 has no NIC 'eno2' (did you mean eno1?)",
    ),
    "a cable with one end": (
        {"b": site("b", 2, rack("    " + CABLE.format("s1:eno1", "s1:eno1")))}, "sites/b.yaml:11", "with itself",
    ),
    "no testbed document": ({"testbed": ""}, "testbed.yaml", "cannot be read: no such file"),
    "no site": ({"a": "", "b": ""}, "sites", "holds no site"),
    "an empty site": ({"b": "# nothing yet\n"}, "sites/b.yaml", "is empty"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "where", "words"), CASES.values(), ids=CASES)
def test_what_cannot_be_is_told_where_it_stands(
    tmp_path: Path, changes: dict[str, str], where: str, words: str
) -> None:
    found = problems(write(tmp_path, **changes))
    assert len(found) == 1
    assert str(found[0]).startswith(f"{tmp_path / where}: ")
    assert words in str(found[0])


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    changes = {
        **pairs("[a, nowhere]"),
        "a": site("a", 1, "mtu: 9000"),
        "b": site("b", 2, "titel: x"),
        "c": "",
        "d": site("d", 1),
    }
    found = problems(write(tmp_path, **changes))
    assert [problem.where.file.name for problem in found] == [
        "a.yaml",
        "b.yaml",
        *["d.yaml"] * 4,
        "testbed.yaml",
    ]
    assert found == sorted(found)


def test_a_site_whose_file_is_wrong_is_still_known_by_name(tmp_path: Path) -> None:
    found = problems(write(tmp_path, b="site: bbb\nnonsense: 1\n", **pairs("[a, bbb]")))
    assert [problem.what for problem in found] == ["unknown key 'nonsense'"]


def test_a_directory_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert "no such directory" in str(problems(tmp_path / "nowhere")[0])


def test_networks_that_touch_do_not_overlap(tmp_path: Path) -> None:
    lower = site("a", 1).replace("10.1.0.0/16", "10.8.0.0/17")
    testbed = load(write(tmp_path, a=lower, b=site("b", 2).replace("10.2.0.0/16", "10.8.128.0/17")))
    found = {str(network) for each in testbed.sites.values() for network in each.data_networks}
    assert found >= {"10.8.0.0/17", "10.8.128.0/17"}
