"""What snmpd does not tell of a bridge: the rows, and the protocol by which snmpd asks for them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.lab.switch.tables import kernel, program
from microdc.lab.switch.tables.cells import Row
from microdc.lab.switch.tables.kernel import Entry, Link
from microdc.lab.switch.tables.rows import rows

FACTS: dict[str, Any] = {
    "name": "sw1",
    "mac": "02:00:00:00:00:01",
    "serial": "S1",
    "manufacturer": "microdc",
    "model": "Virtual Switch",
    "ports": [
        {"name": "Et1/1", "interface": "Et1-1-ab", "number": 1},
        {"name": "9", "interface": "9", "number": 9},
        {"name": "10", "interface": "10", "number": 10},
        {"name": "11", "interface": "11", "number": 11},
    ],
}
LINKS = [
    Link("lo", 1, "00:00:00:00:00:00", None),
    Link("br1", 2, "02:00:00:00:00:01", None),
    Link("br20", 3, "02:00:00:00:00:01", None),
    Link("br30", 4, "02:00:00:00:00:01", None),
    Link("Et1-1-ab", 1001, "02:00:00:00:00:11", 1, 1),
    Link("9", 1009, "02:00:00:00:00:19", 5, 1),
    Link("10", 1010, "02:00:00:00:00:1a", None),
    Link("11", 1011, "02:00:00:00:00:1b", 5, 20),
    Link("+20-9", 2001, "02:00:00:00:00:99", 5, 20),
]
"""A port in VLAN 1, one more that carries VLAN 20 too, one in none, one in VLAN 20; VLAN 30 has no port."""
HEARD = Entry("52:54:00:00:00:05", "9", learned=True, vlan=1)
OWN = Entry("02:00:00:00:00:19", "9", learned=False, vlan=1)
BRIDGE = "1.3.6.1.2.1.17"


def told(entries: list[Entry] | None = None) -> dict[str, tuple[str, str]]:
    made = rows(FACTS, LINKS, [HEARD, OWN] if entries is None else entries)
    return {".".join(map(str, oid)): (kind, value) for oid, kind, value in made}


def test_a_port_tells_its_declared_name() -> None:
    found = told()
    for column in ("1.3.6.1.2.1.2.2.1.2", "1.3.6.1.2.1.31.1.1.1.1"):
        assert bytes.fromhex(found[f"{column}.1001"][1]).decode() == "Et1/1"
        assert bytes.fromhex(found[f"{column}.1"][1]).decode() == "lo"


def test_the_bridges_ports_are_those_that_are_in_it() -> None:
    found = told()
    ports = {
        oid.rpartition(".")[2]: value for oid, (_, value) in found.items() if f"{BRIDGE}.1.4.1.2." in oid
    }
    assert ports == {"1": "1001", "9": "1009", "11": "1011"}
    assert found[f"{BRIDGE}.1.2.0"] == ("integer", "3")
    assert found[f"{BRIDGE}.2.15.1.3.1"] == ("integer", "1")
    assert found[f"{BRIDGE}.2.15.1.3.9"] == ("integer", "5")


def test_an_address_is_behind_the_port_where_it_was_heard_in_both_tables() -> None:
    found = told()
    index = "82.84.0.0.0.5"
    assert found[f"{BRIDGE}.4.3.1.1.{index}"] == ("octet", "52 54 00 00 00 05")
    assert found[f"{BRIDGE}.4.3.1.2.{index}"] == ("integer", "9")
    assert found[f"{BRIDGE}.4.3.1.3.{index}"] == ("integer", "3")
    assert found[f"{BRIDGE}.7.1.2.2.1.2.1.{index}"] == ("integer", "9")
    assert found[f"{BRIDGE}.4.3.1.3.2.0.0.0.0.25"] == ("integer", "4")
    assert found[f"{BRIDGE}.7.1.2.1.1.2.1"] == ("gauge", "1")


def test_a_port_is_untagged_in_the_vlan_of_its_bridge_and_tagged_where_it_has_a_strand() -> None:
    found = told()
    for leaf in ("2.1.4.0", "3.1.2"):  # current and static
        assert found[f"{BRIDGE}.7.1.4.{leaf}.1"] == ("octet", "80 80")  # ports 1 and 9
        assert found[f"{BRIDGE}.7.1.4.{leaf}.20"] == ("octet", "00 a0")  # 9 and 11
    for leaf in ("2.1.5.0", "3.1.4"):
        assert found[f"{BRIDGE}.7.1.4.{leaf}.1"] == ("octet", "80 80")
        assert found[f"{BRIDGE}.7.1.4.{leaf}.20"] == ("octet", "00 20")
        assert found[f"{BRIDGE}.7.1.4.{leaf}.30"] == ("octet", "00")
    assert found[f"{BRIDGE}.7.1.4.3.1.1.1"] == ("string", "default")
    assert found[f"{BRIDGE}.7.1.4.3.1.1.20"] == ("string", "VLAN0020")
    assert found[f"{BRIDGE}.7.1.1.4.0"] == ("gauge", "3")
    pvids = {oid.rpartition(".")[2]: value for oid, (_, value) in found.items() if ".7.1.4.5.1.1." in oid}
    assert pvids == {"1": "1", "9": "1", "11": "20"}


def test_a_strand_is_no_port_and_what_is_heard_on_it_was_heard_on_its_port() -> None:
    beyond = Entry("52:54:00:00:00:06", "+20-9", learned=True, vlan=20)
    own = Entry("02:00:00:00:00:99", "+20-9", learned=False, vlan=20)
    found = told([beyond, own])
    assert found[f"{BRIDGE}.7.1.2.2.1.2.20.82.84.0.0.0.6"] == ("integer", "9")
    assert found[f"{BRIDGE}.4.3.1.2.82.84.0.0.0.6"] == ("integer", "9")
    assert not any(oid.endswith(".2.0.0.0.0.153") for oid in found)
    assert not any(oid.endswith(".2001") for oid in found)  # neither its name nor its number
    assert (found[f"{BRIDGE}.7.1.2.1.1.2.1"], found[f"{BRIDGE}.7.1.2.1.1.2.20"]) == (
        ("gauge", "0"),
        ("gauge", "1"),
    )


def test_an_address_in_two_vlans_is_in_the_table_of_each() -> None:
    mac = "52:54:00:00:00:07"
    found = told([Entry(mac, "+20-9", learned=True, vlan=20), Entry(mac, "Et1-1-ab", learned=True, vlan=1)])
    assert found[f"{BRIDGE}.7.1.2.2.1.2.1.82.84.0.0.0.7"] == ("integer", "1")
    assert found[f"{BRIDGE}.7.1.2.2.1.2.20.82.84.0.0.0.7"] == ("integer", "9")
    assert found[f"{BRIDGE}.4.3.1.2.82.84.0.0.0.7"] == ("integer", "1")


def test_the_kernels_bridges_are_read_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    said: dict[tuple[str, ...], list[dict[str, Any]]] = {
        ("bridge", "link", "show"): [
            {"ifname": "1", "master": "br1", "state": "forwarding"},
            {"ifname": "+20-4", "master": "br20", "state": "disabled"},
            {"ifname": "x", "master": "br0", "state": "forwarding"},
        ],
        ("ip", "link", "show"): [
            {"ifname": name, "ifindex": n} for n, name in enumerate(("1", "+20-4", "x"), 1)
        ],
        ("bridge", "fdb", "show"): [
            {"mac": "52:54:00:00:00:01", "ifname": "1", "master": "br1", "state": ""},
            {"mac": "52:54:00:00:00:01", "ifname": "+20-4", "master": "br20", "state": ""},
            {"mac": "02:00:00:00:00:01", "ifname": "br1", "master": "br1", "state": "permanent"},
            {"mac": "33:33:00:00:00:01", "ifname": "1", "flags": ["self"], "state": "permanent"},
        ],
    }
    monkeypatch.setattr(kernel, "_told", lambda *words: said[words])
    assert [(one.name, one.state, one.vlan) for one in kernel.links()] == [
        ("1", 5, 1),
        ("+20-4", 1, 20),
        ("x", None, None),
    ]
    assert {(one.interface, one.vlan) for one in kernel.entries()} == {("1", 1), ("+20-4", 20)}


def test_the_chassis_has_a_serial_and_its_ports_lead_to_interfaces() -> None:
    found, entity = told(), "1.3.6.1.2.1.47.1.1.1.1"
    assert bytes.fromhex(found[f"{entity}.11.1"][1]).decode() == "S1"
    assert found[f"{entity}.4.109"] == ("integer", "1")
    assert found["1.3.6.1.2.1.47.1.3.2.1.2.109.0"] == ("objectid", ".1.3.6.1.2.1.2.2.1.1.1009")


MACS = st.binary(min_size=6, max_size=6).map(lambda data: data.hex(":"))


PLACES = st.sampled_from(["9", "Et1-1-ab", "+20-9", "gone"])


@given(st.lists(st.builds(Entry, MACS, PLACES, st.booleans(), st.sampled_from([1, 20]))))
def test_rows_are_in_order_and_each_is_there_once(entries: list[Entry]) -> None:
    distinct = list({(entry.vlan, entry.mac): entry for entry in entries}.values())
    oids = [oid for oid, _, _ in rows(FACTS, LINKS, distinct)]
    assert oids == sorted(set(oids))


# -- the protocol


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> program.Answers:
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps(FACTS))
    monkeypatch.setattr(kernel, "links", lambda: LINKS)
    monkeypatch.setattr(kernel, "entries", lambda: [HEARD])
    return program.Answers(facts)


def asked(answers: program.Answers, text: str) -> list[str]:
    said = io.StringIO()
    program.serve(answers, io.StringIO(text), said)
    return said.getvalue().splitlines()


def test_a_value_is_got_and_the_next_one(answers: program.Answers) -> None:
    text = f"PING\nget\n.{BRIDGE}.1.2.0\ngetnext\n.{BRIDGE}.1.2\ngetnext\n.{BRIDGE}.1.2.0\n"
    row = [f".{BRIDGE}.1.2.0", "integer", "3"]
    assert asked(answers, text) == ["PONG", *row, *row, f".{BRIDGE}.1.3.0", "integer", "2"]


def test_what_is_not_there_is_none_and_nothing_can_be_set(answers: program.Answers) -> None:
    text = f"get\n.{BRIDGE}.1.2\ngetnext\n.1.4\nset\n.{BRIDGE}.1.2.0\ninteger 4\nPING\n"
    assert asked(answers, text) == ["NONE", "NONE", "not-writable", "PONG"]


def test_walking_by_getnext_gives_every_row(answers: program.Answers) -> None:
    found: list[Row] = []
    oid: tuple[int, ...] = (1,)
    while (row := answers.after(oid)) is not None:
        found.append(row)
        oid = row[0]
    assert found == rows(FACTS, LINKS, [HEARD])


def test_the_program_needs_nothing_that_is_installed(tmp_path: Path) -> None:
    """Snmpd starts it without site-packages."""
    root = Path(program.__file__).parents[4]
    words = [sys.executable, "-S", "-m", "microdc.lab.switch.tables", str(tmp_path / "facts.json")]
    done = subprocess.run(
        words, input="PING\n\n", capture_output=True, text=True, check=True, env={"PYTHONPATH": str(root)}
    )
    assert done.stdout == "PONG\n"
