"""`microdc topology`, `wan path` and `wan matrix`: what people and scripts read of a backbone."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import inventories
import pytest
import topologies

from microdc.cli import main
from microdc.errors import Exit

Output = pytest.CaptureFixture[str]
Call = Callable[..., str]


@pytest.fixture
def call(tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> Call:
    """A command on three sites of a ring of PoPs; what it says on stdout."""
    topologies.write(tmp_path)
    sites = {
        name: inventories.site(name, number, f"pop: ring/{name}\naccess: gpon-100")
        for number, name in enumerate(("north", "east", "lone"), 1)
    }
    inventories.write(tmp_path, testbed="testbed: t\nemulators: {wan1: {host: local}}\n", a="", b="", **sites)
    monkeypatch.setenv("MICRODC_INVENTORY", str(tmp_path))

    def run(*words: str, expected: Exit = Exit.OK) -> str:
        assert main.call(words) == expected, capsys.readouterr().err
        said = capsys.readouterr()
        return said.out if expected == Exit.OK else said.err

    return run


def data(call: Call, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(call(*words, "-o", "json"))
    return found


def test_a_path_hop_by_hop(call: Call) -> None:
    found = data(call, "wan", "path", "north", "lone")
    assert [hop["kind"] for hop in found["hops"]] == ["access", "link", "link", "link", "access"]
    assert [hop["to"] for hop in found["hops"][1:4]] == ["ring/east", "ring/south", "ring/lone"]
    assert found["hops"][1]["delay_is"] == "measured"
    assert "a survey" in found["hops"][1]["which_comes_of"]
    assert found["rtt_ns"] == sum(hop["forth"]["owd"] + hop["back"]["owd"] for hop in found["hops"])
    text = call("wan", "path", "lone", "north")
    assert text.index("ring/south") < text.index("ring/east")
    assert "measured" in text
    assert "derived" in text


def test_a_path_as_if_a_link_were_down(call: Call) -> None:
    found = data(call, "wan", "path", "north", "east", "--cut", "ring/east:north")
    assert len(found["hops"]) == 5
    words = call("wan", "path", "north", "lone", "--cut", "ring/south:lone", expected=Exit.USAGE)
    assert "no links lead from" in words


def test_what_is_no_site_or_no_link(call: Call) -> None:
    assert "did you mean north?" in call("wan", "path", "nort", "east", expected=Exit.USAGE)
    assert "there is no link" in call("wan", "matrix", "--cut", "ring/north:south", expected=Exit.USAGE)
    assert "did you mean ring?" in call("topology", "show", "rimg", expected=Exit.USAGE)
    assert "two different" in call("wan", "path", "north", "north", expected=Exit.USAGE)


def test_the_matrix_as_table_json_csv_and_heat_map(call: Call, tmp_path: Path) -> None:
    pairs = data(call, "wan", "matrix")["pairs"]
    assert {(pair["a"], pair["b"]) for pair in pairs} == {
        ("east", "lone"),
        ("east", "north"),
        ("lone", "north"),
    }
    rows = list(csv.DictReader(io.StringIO(call("wan", "matrix", "--csv", "-"))))
    assert [float(row["rtt_ms"]) * 1e6 for row in rows] == pytest.approx([pair["rtt_ns"] for pair in pairs])
    assert rows[0]["rate_bit_per_s_a_to_b"] == "100000000"
    table = call("wan", "matrix")
    assert table.count(f"{pairs[0]['rtt_ns'] / 1e6:.4g}") == 2
    target = tmp_path / "heat.svg"
    assert call("wan", "matrix", "--svg", str(target)) == ""
    drawn = ET.fromstring(target.read_text("utf-8"))
    assert {"north", "east", "lone"} <= {"".join(item.itertext()).strip() for item in drawn.iter()}


def test_the_matrix_of_rates_and_losses(call: Call) -> None:
    assert "100" in call("wan", "matrix", "--what", "rate")
    assert "%" in call("wan", "matrix", "--what", "loss")
    cut = data(call, "wan", "matrix", "--cut", "ring/south:lone")
    parted = [pair for pair in cut["pairs"] if pair["forth"] is None]
    assert len(parted) == 2
    assert cut["cut"] == ["ring/south:lone"]


def test_topologies_are_listed_and_shown(call: Call, tmp_path: Path) -> None:
    names = {item["name"] for item in data(call, "topology", "list")["items"]}
    assert {"ring", "nren-europe", "intercontinental"} <= names
    shown = data(call, "topology", "show", "ring")
    assert len(shown["pops"]) == len(shown["links"]) == 5
    by_name = {link["name"]: link for link in shown["links"]}
    assert by_name["ring/north:east"]["sources"]["delay"] == "a survey"
    assert by_name["ring/south:lone"]["delay_is"] == "derived"
    assert "North" in call("topology", "show", "ring")
    assert "great circle x route factor 1.2" in call("topology", "show", "ring", "--links")
    assert "50.00N 0.00E" in call("topology", "show", "ring", "--pops")
    ET.fromstring(call("topology", "show", "ring", "--svg", "-"))
    file = tmp_path / "topologies" / "ring.yaml"
    assert data(call, "topology", "show", "-f", str(file))["name"] == "ring"


def test_the_way_between_two_pops_is_shown_as_a_profile(call: Call) -> None:
    text = call("profile", "show", "ring/north:lone")
    assert "ring/north:east measured 8ms there and back (a survey)" in " ".join(text.split())
    assert "derived from 222 km" in " ".join(text.split())
    assert "did you mean lone?" in call("profile", "show", "ring/north:lon", expected=Exit.USAGE)


def test_validate_tells_of_topologies(call: Call, tmp_path: Path, capsys: Output) -> None:
    place = tmp_path / "topologies"
    assert "1 topology" in call("validate", str(place))
    assert "valid" in call("validate", str(place / "ring.yaml"))
    (place / "ring.yaml").write_text(topologies.RING.lstrip().replace("rtt: 9ms", "rtt: 3ms"))
    for words in ((), (str(place),), (str(place / "ring.yaml"),)):
        assert main.call(["validate", *words]) == Exit.USAGE
        assert "ring.yaml:16: west - north has 1.5ms one way" in capsys.readouterr().out
