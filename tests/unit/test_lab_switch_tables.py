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
from microdc.lab.switch.tables.kernel import Entry, Link
from microdc.lab.switch.tables.rows import Row, rows

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
    ],
}
LINKS = [
    Link("lo", 1, "00:00:00:00:00:00", None),
    Link("br0", 2, "02:00:00:00:00:01", None),
    Link("Et1-1-ab", 1001, "02:00:00:00:00:11", 1),
    Link("9", 1009, "02:00:00:00:00:19", 5),
    Link("10", 1010, "02:00:00:00:00:1a", None),
]
HEARD = Entry("52:54:00:00:00:05", "9", learned=True)
OWN = Entry("02:00:00:00:00:19", "9", learned=False)
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
    assert ports == {"1": "1001", "9": "1009"}
    assert found[f"{BRIDGE}.1.2.0"] == ("integer", "2")
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


def test_the_only_vlan_is_untagged_on_every_port() -> None:
    found = told()
    for leaf in ("2.1.4.0", "2.1.5.0", "3.1.2", "3.1.4"):
        assert found[f"{BRIDGE}.7.1.4.{leaf}.1"] == ("octet", "80 80")  # ports 1 and 9
    assert found[f"{BRIDGE}.7.1.4.3.1.1.1"] == ("string", "default")


def test_the_chassis_has_a_serial_and_its_ports_lead_to_interfaces() -> None:
    found, entity = told(), "1.3.6.1.2.1.47.1.1.1.1"
    assert bytes.fromhex(found[f"{entity}.11.1"][1]).decode() == "S1"
    assert found[f"{entity}.4.109"] == ("integer", "1")
    assert found["1.3.6.1.2.1.47.1.3.2.1.2.109.0"] == ("objectid", ".1.3.6.1.2.1.2.2.1.1.1009")


MACS = st.binary(min_size=6, max_size=6).map(lambda data: data.hex(":"))


@given(st.lists(st.builds(Entry, MACS, st.sampled_from(["9", "Et1-1-ab", "gone"]), st.booleans())))
def test_rows_are_in_order_and_each_is_there_once(entries: list[Entry]) -> None:
    distinct = list({entry.mac: entry for entry in entries}.values())
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
    row = [f".{BRIDGE}.1.2.0", "integer", "2"]
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
