"""`microdc switch` as a person and as a script see it, over an agent on loopback; the second switch of the rack does not answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import table_agent
from inventories import site, write

from microdc.cli import complete, main
from microdc.errors import Exit
from microdc.snmp.model import Cell, Limits
from microdc.snmp.oids import Oid, parse
from microdc.switch.targets import agent_of, chosen
from microdc.testbed.load import load

RACK = """
racks:
  r1:
    switches:
      sw1: {role: leaf, management: 127.0.0.1, snmp: {version: 2, credentials: env:TEST_COMMUNITY}}
      sw2: {role: spine, management: 127.0.0.2, snmp: {version: 2, credentials: env:TEST_COMMUNITY}}
    servers:
      c1:
        nics:
          eno1: {mac: "52:54:00:00:01:01", switch: sw1, port: "1"}
          eno2: {mac: "52:54:00:00:01:02", switch: sw1, port: "2"}
"""
COMMUNITY = "read-it"
UPTIME = parse("1.3.6.1.2.1.1.3.0")
IN_OCTETS = parse("1.3.6.1.2.1.31.1.1.1.6.1")
CHANGED = parse("1.3.6.1.2.1.2.2.1.9.1")
A_SECOND = 100
MEGABIT = 125_000


def _rows() -> Iterator[tuple[str, int | bytes | str]]:
    """Two ports, a neighbour at the first, an address behind it, one VLAN."""
    system, table, more = "1.3.6.1.2.1.1", "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
    yield from ((f"{system}.1.0", b"Model S, a switch"), (f"{system}.3.0", 10**7), (f"{system}.5.0", b"sw1"))
    for port, oper in ((1, 1), (2, 2)):
        yield f"{table}.2.{port}", f"Ethernet{port}".encode()
        yield f"{table}.3.{port}", 6
        yield f"{table}.4.{port}", 9000
        yield f"{table}.5.{port}", 10**9
        yield f"{table}.6.{port}", bytes((2, 0, 0, 0, 0, port))
        yield f"{table}.7.{port}", 1
        yield f"{table}.8.{port}", oper
        yield f"{table}.9.{port}", 500
        yield f"{more}.1.{port}", f"Ethernet{port}".encode()
        yield f"{more}.18.{port}", b"to c1" if port == 1 else b""
        yield from ((f"{table}.{column}.{port}", 0) for column in (13, 14, 19, 20))
        yield from ((f"{more}.{column}.{port}", 0) for column in (6, 7, 10, 11))
        yield f"1.3.6.1.2.1.17.1.4.1.2.{port}", port
    heard = "1.0.8802.1.1.2.1.4.1.1"
    for column, value in ((4, 4), (5, bytes.fromhex("525400000101")), (6, 5), (7, b"eno1"), (9, b"c1")):
        yield f"{heard}.{column}.0.1.1", value
    yield "1.3.6.1.2.1.17.7.1.2.2.1.2.10.82.84.0.0.1.1", 1
    yield "1.3.6.1.2.1.17.7.1.2.2.1.3.10.82.84.0.0.1.1", 3
    vlan = "1.3.6.1.2.1.17.7.1.4.3.1"
    yield from ((f"{vlan}.1.10", b"data"), (f"{vlan}.2.10", b"\xc0"), (f"{vlan}.4.10", b"\x80"))


class Busy(table_agent.Table):
    """Between two readings a second passes, a megabit comes in at the first port, and its link goes away and comes back."""

    def value(self, oid: Oid) -> Any:
        if oid == UPTIME and oid in self.requests[-1]:  # a walk of what is not there runs into it, too
            for moved, by in ((UPTIME, A_SECOND), (IN_OCTETS, MEGABIT), (CHANGED, A_SECOND)):
                told = self._values[moved]
                assert isinstance(told, int)
                self._values[moved] = told + by
        return super().value(oid)


Call = Callable[..., tuple[str, str]]


@pytest.fixture
def call(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Call]:
    """Runs `microdc switch` and returns stdout and stderr."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "xdg"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TEST_COMMUNITY", COMMUNITY)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lab").mkdir()
    write(tmp_path / "lab", a=site("a", 1, RACK))
    cells: list[Cell] = [(parse(oid), value) for oid, value in _rows()]
    with table_agent.serving(Busy(cells, COMMUNITY)) as port:
        monkeypatch.setattr("microdc.snmp.model.PORT", port)

        def run(*words: str, code: Exit = Exit.OK) -> tuple[str, str]:
            came = main.call(["switch", *words, "--inventory", "lab"])
            said = capsys.readouterr()
            assert came == code, said.out + said.err
            return said.out, said.err

        yield run


def only(out: str) -> dict[str, Any]:
    """The one switch of a document."""
    found = json.loads(out)
    assert found["schema"] == "microdc/v1"
    (one,) = found["switches"]
    assert isinstance(one, dict)
    return one


def test_ports(call: Call) -> None:
    out, err = call("ports", "sw1")
    lines = [line.split() for line in out.splitlines()]
    assert lines[1][:5] == ["sw1", "Ethernet1", "up", "1G", "9000"]
    assert lines[2][:3] == ["sw1", "Ethernet2", "down"]
    assert "1 of 1 switches" in err
    down = only(call("ports", "sw1", "--down", "-o", "json")[0])
    assert [port["name"] for port in down["ports"]] == ["Ethernet2"]


def test_a_switch_that_does_not_answer_is_a_result_beside_the_others(call: Call) -> None:
    out, err = call("ports", code=Exit.UNREACHABLE)
    assert "Ethernet1" in out
    assert "sw2 (snmp://127.0.0.2" in out
    assert "sw2: Reading switches: failed" in err
    found = json.loads(call("ports", "-o", "json", code=Exit.UNREACHABLE)[0])["switches"]
    assert [(one["switch"], one["error"] is None) for one in found] == [("sw1", True), ("sw2", False)]
    assert found[1]["error"]["exit"] == Exit.UNREACHABLE
    assert found[1]["error"]["where"].startswith("sw2")


def test_neighbours_macs_and_vlans(call: Call) -> None:
    heard = only(call("neighbours", "sw1", "-o", "json")[0])["neighbours"]
    assert [(one["port"], one["system"], one["remote_port"]["text"]) for one in heard] == [
        ("Ethernet1", "c1", "eno1")
    ]
    assert "52:54:00:00:01:01" in call("neighbours", "sw1")[0]
    seen = only(call("macs", "sw1", "-o", "json")[0])["addresses"]
    assert seen == [{"mac": "52:54:00:00:01:01", "port": "Ethernet1", "vlan": 10, "learned": True}]
    for words, count in (
        ("--mac 5254.0000", 1),
        ("--mac 52-54-01", 0),
        ("--vlan 11", 0),
        ("--port Ethernet1", 1),
    ):
        found = only(call("macs", "sw1", *words.split(), "-o", "json")[0])["addresses"]
        assert len(found) == count, words
    assert "no MAC address" in call("macs", "sw1", "--mac", "nonsense", code=Exit.USAGE)[1]
    assert call("macs", "sw1", "--vlan", "11")[0] == "Nothing to show.\n"
    vlan = only(call("vlans", "sw1", "-o", "json")[0])["vlans"]
    assert vlan == [{"id": 10, "name": "data", "untagged": ["Ethernet1"], "tagged": ["Ethernet2"]}]


def test_health_knows_the_declared_cables(call: Call) -> None:
    out, _ = call("show", "sw1", code=Exit.FAILED)
    assert "Model S, a switch" in out
    assert "1 of 2" in out
    assert "it is down, and the cable to c1:eno2 is declared there" in out
    found = only(call("show", "sw1", "--over", "50ms", "-o", "json", code=Exit.FAILED)[0])["findings"]
    assert [(one["severity"], one["where"]) for one in found] == [
        ("warning", "Ethernet2"),
        ("warning", "Ethernet1"),
    ]
    assert "changed just now" in found[1]["what"]


def test_watching_tells_rates_and_flaps_by_the_switchs_own_clock(call: Call) -> None:
    words = ("ports", "--watch", "--every", "10ms", "--count", "2")
    told = [json.loads(line) for line in call(*words, "-o", "json")[0].splitlines()]
    mine = [one for one in told if one["switch"] == "sw1"]
    assert [one["seconds"] for one in mine] == [1.0, 1.0]
    assert [one["ports"][0]["rates"]["in_octets"] for one in mine] == [MEGABIT, MEGABIT]
    assert [one["ports"][0]["flaps"] for one in mine] == [1, 2]
    other = [one for one in told if one["switch"] == "sw2"]
    assert [one["error"]["exit"] for one in other] == [Exit.UNREACHABLE] * 2
    out, _ = call(*words)
    rows = [line.split() for line in out.splitlines() if " sw1 " in line]
    assert [row[2:5] for row in rows] == [["Ethernet1", "up", "1.000"]] * 2
    assert any(" sw2 " in line and "snmp://127.0.0.2" in line for line in out.splitlines())


def test_a_configuration_cannot_be_read_of_a_switch_without_ssh(call: Call) -> None:
    for command in ("backup", "diff"):
        out, _ = call(command, "sw1", code=Exit.USAGE)
        assert "a.yaml:" in out
        assert "sw1 has no `ssh`" in out


def test_a_wrong_community_is_silence(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_COMMUNITY", "wrong")
    monkeypatch.setattr("microdc.snmp.client.Limits", lambda: Limits(seconds=0.1, attempts=1))
    assert "community" in call("ports", "sw1", code=Exit.UNREACHABLE)[0]


def test_switches_are_chosen_by_name_rack_site_and_label(tmp_path: Path) -> None:
    testbed = load(write(tmp_path, a=site("a", 1, RACK)))

    def names(*patterns: str, labels: tuple[str, ...] = ()) -> list[str]:
        return [one.name for one in chosen(testbed, patterns, labels)]

    assert names() == names("a") == names("a/r1") == names("sw*") == ["sw1", "sw2"]
    assert names("sw2", "sw1") == ["sw1", "sw2"]
    assert names("role=spine") == names("a", labels=("role=spine",)) == ["sw2"]
    for wrong, what in (("c1", "no switch is in c1"), ("b", "no switch is in b"), ("sw3", "'sw3'")):
        with pytest.raises(Exception, match=what):
            names(wrong)


def test_the_tab_key_knows_switches_in_both_styles_of_yaml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = RACK.replace("sw1: {role", "sw1: # the first\n        {role")
    in_line = (
        'racks: \n  r1:\n    switches: {sw3: {snmp: {credentials: "env:X"}}, sw4: {labels: {a: {b: c}}}}\n'
    )
    write(tmp_path, a=site("a", 1, block), b=site("b", 2, in_line))
    monkeypatch.setenv("MICRODC_INVENTORY", str(tmp_path))
    assert complete.switch_names() == ["a", "b", "sw1", "sw2", "sw3", "sw4"]


def test_what_the_document_says_too_little_of_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rack = """
racks:
  r1:
    switches:
      one: {snmp: {credentials: env:TEST_LOGIN}}
      two: {management: 10.101.0.2}
      three: {management: 10.101.0.3, snmp: {credentials: env:TEST_NOBODY}}
      four: {management: 10.101.0.4, snmp: {credentials: env:TEST_LOGIN}}
"""
    testbed = load(write(tmp_path, a=site("a", 1, rack)))
    monkeypatch.setenv("TEST_LOGIN", "not-what-v3-needs")
    monkeypatch.delenv("TEST_NOBODY", raising=False)
    switches = testbed.sites["a"].racks["r1"].switches
    for name, what in (("one", "management"), ("two", "snmp"), ("three", "TEST_NOBODY"), ("four", "privacy")):
        with pytest.raises(Exception, match=what) as failed:
            agent_of(testbed, switches[name])
        assert "a.yaml:" in str(failed.value)
        assert "not-what" not in str(failed.value)
