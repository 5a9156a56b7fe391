"""From an inventory to BMCs: which servers are meant, their credentials, and the outlets that feed them."""

from __future__ import annotations

from pathlib import Path

import inventories
import pytest

from microdc.bmc.model import Login
from microdc.bmc.targets import feeds, outlets_of, selected, target_of
from microdc.bmc.visiting import servers_of
from microdc.errors import InputError
from microdc.testbed.load import load
from microdc.testbed.model import Server, Testbed

RACKS = """
labels: {country: es}
racks:
  r1:
    servers:
      a1:
        role: compute
        bmc:
          redfish: "https://10.101.0.11"
          ipmi: 10.101.0.11
          credentials: "file:bmc"
      a2: {role: storage, bmc: {ipmi: 10.101.0.12, credentials: "env:NO_SUCH_BMC"}}
      a3: {role: storage}
      a4: {role: storage}
    switches: {sw1: {}}
    pdus:
      pdu1: {management: 10.101.0.3, outlets: apc, snmp: {version: 2, credentials: "file:community"}}
      pdu2: {management: 10.101.0.4}
    cables:
      - {a: "pdu1:7", b: "a4:psu1", kind: power}
      - {a: "a4:psu2", b: "pdu2:8", kind: power}
  r2:
    servers:
      a5: {role: compute, bmc: {redfish: "https://10.101.0.15", verify: false, via: lab, system: "2"}}
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    inventories.write(tmp_path, a=inventories.site("a", 1, RACKS))
    (tmp_path / "sites/bmc").write_text("admin:pass:word\n", "utf-8")
    (tmp_path / "sites/community").write_text("private\n", "utf-8")
    return tmp_path


@pytest.fixture
def testbed(directory: Path) -> Testbed:
    return load(directory)


def server(testbed: Testbed, name: str) -> Server:
    return next(rack.servers[name] for rack in testbed.sites["a"].racks.values() if name in rack.servers)


@pytest.mark.parametrize(
    ("patterns", "labels", "names"),
    [
        (["a1"], [], "a1"),
        (["a"], [], "a1 a2 a4 a5"),
        (["a/r2"], [], "a5"),
        (["a/r1/*"], [], "a1 a2 a4"),
        (["a[12]"], [], "a1 a2"),
        ([], ["role=compute"], "a1 a5"),
        (["role=compute"], [], "a1 a5"),
        (["a/r1"], ["role=compute"], "a1"),
        (["a"], ["country=es", "role!=compute"], "a2 a4"),
        (["a5", "a1"], [], "a1 a5"),  # the inventory's order
    ],
)
def test_which_are_meant(testbed: Testbed, patterns: list[str], labels: list[str], names: str) -> None:
    assert [found.name for found in selected(testbed, patterns, labels).servers] == names.split()


def test_those_without_a_bmc_are_told(testbed: Testbed) -> None:
    assert [found.name for found in selected(testbed, ["a"]).without] == ["a3"]


@pytest.mark.parametrize(
    ("patterns", "labels", "says"),
    [
        ([], [], "no server is named"),
        (["a9"], [], "nothing in the testbed is called 'a9'"),
        (["sw1"], [], "sw1 is no server, but a switch"),
        (["b"], [], "there is no server in b"),
        (["wan1"], [], "wan1 is no server, but an emulator"),
        ([], ["role=none"], "role=none"),
        (["a1"], ["role=storage"], "no server is a1 and role=storage"),
    ],
)
def test_what_is_not_there(testbed: Testbed, patterns: list[str], labels: list[str], says: str) -> None:
    with pytest.raises(InputError, match=says):
        selected(testbed, patterns, labels)


def test_a_target_with_its_login_and_place(testbed: Testbed, directory: Path) -> None:
    target = target_of(testbed, server(testbed, "a1"))
    assert target.login == Login("admin", "pass:word")
    assert (target.redfish, target.ipmi) == ("https://10.101.0.11", "10.101.0.11")
    line = (directory / "sites/a.yaml").read_text("utf-8").splitlines().index("        bmc:") + 1
    assert target.where == f"{directory / 'sites/a.yaml'}:{line}"
    assert "word" not in repr(target)


def test_what_the_document_says_of_the_connection(testbed: Testbed) -> None:
    target = target_of(testbed, server(testbed, "a5"))
    assert (target.verify, target.via, target.system, target.login) == (False, "lab", "2", None)


def test_credentials_that_are_not_there_are_told_with_their_line(testbed: Testbed) -> None:
    with pytest.raises(InputError, match="NO_SUCH_BMC") as caught:
        target_of(testbed, server(testbed, "a2"))
    assert caught.value.where.rpartition(":")[0].endswith("a.yaml")


@pytest.mark.parametrize("secret", ["sesame", ":sesame", ""])
def test_what_is_no_user_and_password_is_not_shown(testbed: Testbed, directory: Path, secret: str) -> None:
    (directory / "sites/bmc").write_text(secret, "utf-8")
    with pytest.raises(InputError, match="is not user:password") as caught:
        target_of(testbed, server(testbed, "a1"))
    assert "sesame" not in str(caught.value)


def test_the_outlets_that_feed_a_server(testbed: Testbed) -> None:
    (outlet,) = outlets_of(testbed, server(testbed, "a4"))
    assert (outlet.pdu, outlet.number, outlet.address) == ("pdu1", "7", "10.101.0.3")
    assert (outlet.vendor, outlet.version, outlet.secret) == ("apc", 2, "private")
    assert "private" not in repr(outlet)
    assert not feeds(testbed, server(testbed, "a1"))


@pytest.mark.parametrize("other", ["a3:psu1", "sw1:psu1"])
def test_an_outlet_that_feeds_others_too_is_no_way_to_a_server(directory: Path, other: str) -> None:
    file = directory / "sites/a.yaml"
    cable = f'      - {{a: "{other}", b: "pdu1:7", kind: power}}\n'
    file.write_text(file.read_text("utf-8").replace("  r2:\n", f"{cable}  r2:\n"), "utf-8")
    testbed = load(directory)
    with pytest.raises(InputError, match=f"pdu1:7 feeds {other.partition(':')[0]}, too") as caught:
        outlets_of(testbed, server(testbed, "a4"))
    assert caught.value.where.rpartition(":")[0].endswith("a.yaml")


def test_a_server_with_a_bmc_is_spoken_to_by_it_where_its_outlet_feeds_others(directory: Path) -> None:
    file = directory / "sites/a.yaml"
    cables = "".join(f'      - {{a: "{end}:psu1", b: "pdu1:9", kind: power}}\n' for end in ("a1", "a3"))
    file.write_text(file.read_text("utf-8").replace("  r2:\n", f"{cables}  r2:\n"), "utf-8")
    servers = servers_of(load(directory), ["a1", "a3"])
    assert servers.names == ("a1",)
    assert not servers.outlets
    assert [outcome.target.name for outcome in servers.unready] == ["a3"]


def test_servers_that_are_not_ready_are_there_with_their_error(testbed: Testbed) -> None:
    servers = servers_of(testbed, ["a"])
    assert servers.names == ("a1", "a4", "a5")
    assert [outcome.target.name for outcome in servers.unready] == ["a2"]
    assert servers.without == ("a3",)
    assert servers.racks == ("rack:a/r1", "rack:a/r2")
    assert set(servers.outlets) == {"a4"}
    with pytest.raises(InputError, match="NO_SUCH_BMC"):
        servers.check()
    with pytest.raises(InputError, match="no BMC is declared for a3"):
        servers_of(testbed, ["a3"]).check()


def test_outlets_that_cannot_be_used_are_a_note_where_there_is_a_bmc(directory: Path) -> None:
    file = directory / "sites/a.yaml"
    cable = '      - {a: "pdu1:3", b: "a1:psu1", kind: power}\n'
    file.write_text(file.read_text("utf-8").replace("    cables:\n", f"    cables:\n{cable}"), "utf-8")
    (directory / "sites/community").unlink()
    servers = servers_of(load(directory), ["a1", "a4"])
    assert servers.names == ("a1",)
    assert "its power outlets are no way to it: " in servers.notes["a1"]
    assert "community" in servers.notes["a1"]
    assert [outcome.target.name for outcome in servers.unready] == ["a4"]  # which has no other way
