"""`microdc topology`, `wan path` and `wan matrix`: what people and scripts read of a backbone."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import resource
import signal
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import inventories
import pytest
import topologies

from microdc.cli import main, target
from microdc.errors import Exit, InputError
from microdc.topology.atlas import load_topology
from microdc.topology.picture import WIDTH_NAMES, picture
from microdc.units import parse_rate

Output = pytest.CaptureFixture[str]
Call = Callable[..., str]
SVG = "{http://www.w3.org/2000/svg}"


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
    file = tmp_path / "heat.svg"
    assert call("wan", "matrix", "--svg", str(file)) == ""
    drawn = ET.fromstring(file.read_text("utf-8"))
    assert {"north", "east", "lone"} <= {"".join(item.itertext()).strip() for item in drawn.iter()}


DISH = """
profile: dish
description: Each direction otherwise
source: made up
up: {owd: 3ms, rate: 20mbit, loss: 1%}
down: {owd: 5ms, rate: 40mbit, loss: 3%}
"""


@pytest.fixture
def uneven(call: Call, tmp_path: Path) -> Call:
    """Besides: a site behind a line whose directions differ, and two on one PoP without lines."""
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/dish.yaml").write_text(DISH.lstrip())
    more = {"dish": "pop: ring/north\naccess: dish", "bare": "pop: ring/lone", "bore": "pop: ring/lone"}
    for number, (name, what) in enumerate(more.items(), 4):
        (tmp_path / f"sites/{name}.yaml").write_text(inventories.site(name, number, what).lstrip())
    return call


def square(text: str) -> dict[tuple[str, str], str]:
    """What a table of all pairs says, by row and column."""
    _, head, *rows = text.splitlines()
    starts = [(found.start(), found.group().lower()) for found in re.finditer(r"\S+", head)]
    ends = [*(start for start, _ in starts[1:]), None]
    return {
        (row.split()[0], column): row[start:end].strip()
        for row in rows
        for (start, column), end in zip(starts, ends, strict=True)
    }


def heat(text: str) -> dict[tuple[str, str], str]:
    """What a heat map tells of each pair, by where from and where to."""
    titles = [(item.text or "").partition(" → ") for item in ET.fromstring(text).iter(f"{SVG}title")]
    told = [(a, rest.partition(": ")) for a, arrow, rest in titles if arrow]
    return {(a, b): words for a, (b, _, words) in told}


CUT = ("--cut", "ring/south:lone")
FIGURES = [
    # what, without what, from, to: as the table has it, as the heat map tells it
    ("rtt", (), "dish", "north", "9.5", "9.5 ms"),
    ("rtt", (), "north", "dish", "9.5", "9.5 ms"),
    ("rtt", (), "bare", "bore", "0", "0 ms"),
    ("rtt", CUT, "bare", "north", "no way", "no way"),
    ("rtt", CUT, "bare", "bore", "0", "0 ms"),
    ("rate", (), "dish", "north", "20", "20 Mbit/s"),
    ("rate", (), "north", "dish", "40", "40 Mbit/s"),
    ("rate", (), "north", "lone", "100", "100 Mbit/s"),
    ("rate", (), "bare", "bore", "no limit", "no limit"),
    ("rate", CUT, "bare", "bore", "no limit", "no limit"),
    ("rate", CUT, "bare", "dish", "no way", "no way"),
    ("rate", CUT, "dish", "bare", "no way", "no way"),
    ("loss", (), "dish", "north", "1", "1 %"),
    ("loss", (), "north", "dish", "3", "3 %"),
    ("loss", (), "bare", "bore", "0", "0 %"),
    ("loss", CUT, "lone", "dish", "100", "100 %"),
    ("loss", CUT, "dish", "lone", "100", "100 %"),
    ("loss", CUT, "north", "dish", "3", "3 %"),
]


@pytest.mark.parametrize(("what", "cut", "a", "b", "cell", "told"), FIGURES)
def test_table_and_heat_map_say_the_same_of_each_direction(
    uneven: Call, *, what: str, cut: tuple[str, ...], a: str, b: str, cell: str, told: str
) -> None:
    assert square(uneven("wan", "matrix", "--what", what, *cut))[a, b] == cell
    assert heat(uneven("wan", "matrix", "--what", what, *cut, "--svg", "-"))[a, b] == told


@pytest.mark.parametrize("what", ["rtt", "rate", "loss"])
def test_where_the_inventory_asks_nothing_there_is_no_value(uneven: Call, tmp_path: Path, what: str) -> None:
    (tmp_path / "sites/apart.yaml").write_text(inventories.site("apart", 9).lstrip())
    wan = "wan: {pairs: [{between: [apart, north], profile: lan}]}\n"
    (tmp_path / "testbed.yaml").write_text(f"testbed: t\nemulators: {{wan1: {{host: local}}}}\n{wan}")
    cells = square(uneven("wan", "matrix", "--what", what, *CUT))
    drawn = uneven("wan", "matrix", "--what", what, *CUT, "--svg", "-")
    told = heat(drawn)
    assert cells["apart", "east"] == cells["east", "apart"] == "-"
    assert cells["apart", "apart"] == ""
    assert told["apart", "east"] == told["east", "apart"] == "no value"
    assert "asks nothing" in drawn
    assert cells["apart", "north"] not in {"-", "no way"}
    assert told["apart", "north"] not in {"no value", "no way"}


def test_csv_and_json_tell_no_limit_from_no_way(uneven: Call) -> None:
    text = uneven("wan", "matrix", "--csv", "-", *CUT)
    rows = {(row["a"], row["b"]): row for row in csv.DictReader(io.StringIO(text))}
    pairs = {(pair["a"], pair["b"]): pair for pair in data(uneven, "wan", "matrix", *CUT)["pairs"]}
    assert rows.keys() == pairs.keys()

    def of(a: str, b: str) -> tuple[str, list[str], list[str]]:
        each = ("owd_ms", "rate_bit_per_s", "loss_percent")
        row = rows[a, b]
        return row["way"], [row[f"{k}_a_to_b"] for k in each], [row[f"{k}_b_to_a"] for k in each]

    assert of("dish", "north") == ("yes", ["3.75", "20000000", "1.0"], ["5.75", "40000000", "3.0"])
    assert of("bare", "bore") == ("yes", ["0.0", "", "0.0"], ["0.0", "", "0.0"])
    assert of("bare", "north") == ("no", ["", "", "100.0"], ["", "", "100.0"])
    ways = {ends: pair["way"] for ends, pair in pairs.items()}
    assert ways == {ends: row["way"] == "yes" for ends, row in rows.items()}
    forth, back = pairs["dish", "north"]["forth"], pairs["dish", "north"]["back"]
    assert forth == {"owd_ns": 3_750_000, "rate_bit_per_s": 20_000_000, "loss_percent": 1.0}
    assert back == {"owd_ns": 5_750_000, "rate_bit_per_s": 40_000_000, "loss_percent": 3.0}
    assert pairs["bare", "bore"]["forth"]["rate_bit_per_s"] is None
    assert pairs["bare", "north"]["forth"] is pairs["bare", "north"]["back"] is None


def test_what_a_cut_leaves_is_told_with_the_links_that_are_cut(call: Call) -> None:
    cut = data(call, "wan", "matrix", *CUT)
    assert {(pair["a"], pair["b"]) for pair in cut["pairs"] if not pair["way"]} == {
        ("east", "lone"),
        ("lone", "north"),
    }
    assert cut["cut"] == ["ring/south:lone"]
    assert all(pair["way"] for pair in data(call, "wan", "matrix")["pairs"])


def test_many_sites_are_summed_up(uneven: Call, tmp_path: Path) -> None:
    for number in range(20, 32):
        text = inventories.site(f"s{number}", number, "pop: ring/lone").replace("10.10", "10.2")
        (tmp_path / f"sites/s{number}.yaml").write_text(text.lstrip())

    def row(name: str, *words: str) -> list[str]:
        lines = uneven("wan", "matrix", *words).splitlines()
        return next(re.split(r"  +", line) for line in lines if line.startswith(f"{name} "))

    # Without lines at one PoP: bare, bore, s20 to s31. Behind lines: lone there, dish, east and north elsewhere.
    assert row("bare", "--what", "rate") == ["bare", "40 (dish)", "no limit", "no limit (s31)"]
    assert row("bare", "--what", "rate", *CUT) == ["bare", "100 (lone)", "no limit", "no limit (s31)", "3"]
    assert row("bare", "--what", "loss", *CUT) == ["bare", "0 (bore)", "0", "100 (north)"]
    assert row("north", "--what", "loss", *CUT) == ["north", "0 (east)", "100", "100 (s31)"]
    assert row("dish", *CUT)[-1] == "15"


WRITERS = [("wan", "matrix", "--svg"), ("wan", "matrix", "--csv"), ("topology", "show", "ring", "--svg")]


def files(place: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() if path.is_file() else b"" for path in place.rglob("*")}


@pytest.mark.parametrize("words", WRITERS)
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing/x.svg", "mkdir -p"),
        ("", "this is a directory"),
        ("sites", "this is a directory"),
        ("testbed.yaml", "--force"),
        ("testbed.yaml/x.svg", "testbed.yaml is no directory"),
        ("x" * 300, "cannot write this file"),
    ],
)
def test_what_cannot_be_written_is_told_and_leaves_nothing(
    call: Call, tmp_path: Path, words: tuple[str, ...], name: str, said: str
) -> None:
    before = files(tmp_path)
    told = call(*words, str(tmp_path / name), expected=Exit.USAGE)
    assert said in told
    assert told.startswith(f"Error: {tmp_path / name}: ")
    assert files(tmp_path) == before


@pytest.mark.parametrize("words", WRITERS)
def test_a_drawing_is_written_over_another_only_by_force(
    call: Call, tmp_path: Path, words: tuple[str, ...]
) -> None:
    file = tmp_path / "drawn"
    file.write_text("mine, and long " * 10_000)
    before = files(tmp_path)
    call(*words, str(file), expected=Exit.USAGE)
    assert files(tmp_path) == before
    assert call(*words, str(file), "--force") == ""
    assert file.read_text("utf-8") == call(*words, "-")


def test_of_two_files_both_are_written_or_none(call: Call, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    other.write_text("mine")
    call("wan", "matrix", "--csv", str(one), "--svg", str(other), expected=Exit.USAGE)
    assert not one.exists()
    for same in ("-", str(one)):
        told = call("wan", "matrix", "--csv", same, "--svg", same, "--force", expected=Exit.USAGE)
        assert "each its own" in told
    assert call("wan", "matrix", "--csv", str(one), "--svg", str(other), "--force") == ""
    assert one.read_text("utf-8").startswith("a,b,way,")
    ET.fromstring(other.read_text("utf-8"))


def test_a_pipe_or_a_device_is_no_file_to_be_written_over(call: Call) -> None:
    assert "No space left" in call("wan", "matrix", "--csv", "/dev/full", expected=Exit.USAGE)
    there, here = os.pipe()
    with os.fdopen(there, "rb") as reader:
        try:
            assert call("wan", "matrix", "--csv", f"/dev/fd/{here}") == ""
        finally:
            os.close(here)
        assert reader.read().startswith(b"a,b,way,")


def test_what_was_not_written_whole_is_taken_away(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then to write beyond the limit is an error
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(InputError, match="File too large"):
            target.write("x" * 10_000, str(tmp_path / "x.svg"), force=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.iterdir()) == []


def test_a_way_without_links(uneven: Call) -> None:
    text = uneven("wan", "path", "bare", "bore")
    assert text.startswith("Nothing lies between bare and bore")
    assert "0ms there and back" in text
    found = data(uneven, "wan", "path", "bare", "bore")
    assert found["hops"] == []
    assert found["rtt_ns"] == 0
    for a, b, lines in (("bare", "lone", 1), ("dish", "north", 2)):
        hops = data(uneven, "wan", "path", a, b)["hops"]
        assert [hop["kind"] for hop in hops] == ["access"] * lines
        assert "Nothing" not in uneven("wan", "path", a, b)


@pytest.mark.parametrize("output", ["table", "json"])
def test_a_pair_that_a_cut_parts_has_no_path(call: Call, output: str) -> None:
    words = call("wan", "path", "north", "lone", *CUT, "-o", output, expected=Exit.USAGE)
    assert "no way is left from north to lone without ring/south:lone" in words
    assert "loses every packet" in words


def test_a_broken_topology_is_told_and_the_others_are_listed(
    call: Call, tmp_path: Path, capsys: Output
) -> None:
    whole = {item["name"] for item in data(call, "topology", "list")["items"]}
    (tmp_path / "topologies/torn.yaml").write_text("topology: torn\n")
    (tmp_path / "topologies/over.yaml").write_text(
        "topology: over\ndescription: x\nsource: x\ninclude: [torn, ring]\npops: {}\nlinks: []\n"
    )
    for quiet in ((), ("-q",)):
        assert main.call(["topology", "list", "-o", "json", *quiet]) == Exit.USAGE
        out, err = capsys.readouterr()
        assert {item["name"] for item in json.loads(out)["items"]} == whole
        assert "topology torn cannot be read" in err
        assert "topology over cannot be read" in err
        assert "torn.yaml:1: `description` is missing" in err


def test_a_lines_thickness_is_that_of_its_capacity(tmp_path: Path) -> None:
    def class_of(capacity: str) -> int:
        text = topologies.RING.replace("capacity: 1gbit", f"capacity: {capacity}")
        lines = picture(load_topology(topologies.write(tmp_path, text) / "ring.yaml"))[1]
        return next(line.width_class for line in lines if line.ends == ("ring/east", "ring/south"))

    names = {number: name for number, name in WIDTH_NAMES.items() if number}
    assert [class_of(name) for name in names.values()] == list(names) == [1, 2, 3, 4, 5]
    for number, name in names.items():
        assert class_of(f"{parse_rate(name) - 1}bit") == number - 1


def test_a_capacity_that_is_not_known_is_not_said_to_be_small(call: Call, tmp_path: Path) -> None:
    text = re.sub(r", capacity: \w+", "", topologies.RING)
    topologies.write(tmp_path, text)
    drawn = ET.fromstring(call("topology", "show", "ring", "--svg", "-"))
    keys = [item.text or "" for item in drawn.iter(f"{SVG}text") if "gbit" in (item.text or "")]
    assert keys == ["under 1gbit, or not known"]


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
