"""`microdc topology import`: what goes to standard output, to standard error and into a file."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

from microdc.cli import main
from microdc.errors import Exit
from microdc.topology.atlas import Atlas, load_topology

DATA = Path(__file__).parents[1] / "data" / "topologies"
TRAPS, PIXELS = str(DATA / "traps.gml"), str(DATA / "pixels-sndlib.txt")
Output = pytest.CaptureFixture[str]


def run(*argv: str) -> int:
    return main.call(["topology", "import", *argv])


def test_the_document_is_data_and_the_summary_is_told(capsys: Output, tmp_path: Path) -> None:
    assert run(TRAPS) == Exit.OK
    out, err = capsys.readouterr()
    (tmp_path / "traps.yaml").write_text(out, "utf-8")
    assert len(load_topology(tmp_path / "traps.yaml").pops) == 11
    assert (
        "traps: kept: 11 of 15 PoPs and 10 of 17 links in 2 parts of 9, 2 PoPs; links without a capacity: 3"
        in err
    )
    assert "  dropped 1: it joins a PoP with itself\n    Madrid - Madrid (line 27)" in err


def test_long_lists_are_cut_unless_all_is_asked_for(capsys: Output, tmp_path: Path) -> None:
    nodes = " ".join(f"node [ id {n} Latitude 4{n % 9} Longitude {n} ]" for n in range(1, 9))
    file = tmp_path / "loops.gml"
    file.write_text(f"graph [ {nodes} edge [ source 1 target 2 ] edge [ source 3 target 3 ] ]")
    assert run(str(file)) == Exit.OK
    assert "and 1 more" in capsys.readouterr().err
    assert run(str(file), "-v") == Exit.OK
    assert "more" not in capsys.readouterr().err


def test_a_file_is_written_once_and_over_only_by_force(capsys: Output, tmp_path: Path) -> None:
    target = tmp_path / "mine.yaml"
    assert run(TRAPS, "-O", str(target)) == Exit.OK
    assert load_topology(target).name == "mine"
    assert capsys.readouterr().out == ""
    target.write_text("mine")
    assert run(TRAPS, "-O", str(target)) == Exit.USAGE
    assert "--force" in capsys.readouterr().err
    assert target.read_text() == "mine"
    assert run(TRAPS, "-O", str(target), "--force", "--route-factor", "1.2") == Exit.OK
    assert load_topology(target).links["mine/pop-7:pop-2"].route_factor == 1.2


def test_a_directory_gets_a_file_of_the_topologys_name(tmp_path: Path) -> None:
    assert run(TRAPS, "--out", str(tmp_path), "--name", "try") == Exit.OK
    assert load_topology(tmp_path / "try.yaml").name == "try"


def test_a_file_of_another_name_than_the_topologys_is_told(capsys: Output, tmp_path: Path) -> None:
    assert run(TRAPS, "--name", "try", "-O", str(tmp_path / "other.yaml")) == Exit.OK
    assert "call it try.yaml" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["x.txt", "x", "x.json", "x.YAML", "x.y.yaml"])
def test_a_file_in_which_no_topology_is_looked_for_is_told(name: str, capsys: Output, tmp_path: Path) -> None:
    assert run(TRAPS, "-O", str(tmp_path / name)) == Exit.OK
    topology = (tmp_path / name).read_text("utf-8").partition("\n")[0].removeprefix("topology: ")
    assert topology not in Atlas(tmp_path)
    assert f"call it {topology}.yaml" in capsys.readouterr().err
    assert run(TRAPS, "-o", "json", "-O", str(tmp_path / name), "--force") == Exit.OK
    assert f"call it {topology}.yaml" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["x.yaml", "x.yml"])
def test_a_file_that_is_found_as_a_topology_needs_no_word(name: str, capsys: Output, tmp_path: Path) -> None:
    assert run(TRAPS, "-O", str(tmp_path / name)) == Exit.OK
    assert len(Atlas(tmp_path)["x"].pops) == 11
    assert "call it" not in capsys.readouterr().err


@pytest.mark.parametrize("out", ["new/", "new/.", "new/x.yaml", "new/deep/"])
def test_a_directory_that_is_not_there_is_refused(out: str, capsys: Output, tmp_path: Path) -> None:
    assert run(TRAPS, "-O", f"{tmp_path}/{out}") == Exit.USAGE
    assert "there is no such directory" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_json_gives_summary_and_document(capsys: Output) -> None:
    assert run(TRAPS, "-o", "json") == Exit.OK
    out, err = capsys.readouterr()
    answer = json.loads(out)
    assert err == ""
    assert answer["kind"] == "TopologyImport"
    assert (answer["summary"]["pops"], len(answer["document"]["pops"])) == (11, 11)
    reasons = {item["why"]: item["items"] for item in answer["summary"]["remarks"]}
    assert reasons["it joins a PoP with itself"] == ["Madrid - Madrid (line 27)"]


def test_no_usable_link_is_an_error_with_the_command_to_repeat(capsys: Output) -> None:
    assert run(PIXELS) == Exit.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert f"microdc topology import {PIXELS} --missing-km 100" in err
    assert run(PIXELS, "--missing-km", "100") == Exit.OK
    assert "100 km assumed" in capsys.readouterr().out
    assert run(PIXELS, "--missing-delay", "1.5ms") == Exit.OK
    assert "owd: 1.5ms" in capsys.readouterr().out


@pytest.mark.parametrize(
    "argv",
    [
        ("--missing-km", "1", "--missing-delay", "1ms"), ("--missing-km", "nan"), ("--missing-km", "-1"), ("--route-factor", "nan"),
        ("--route-factor", "0.5"), ("--missing-delay", "3"), ("--name", "Not A Name"), ("--format", "sndlib"),
        ("--out", "/no/such/directory/t.yaml"), ("--out", f"{TRAPS}/t.yaml"), ("--out", "n" * 300),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(argv: tuple[str, ...], capsys: Output) -> None:
    assert run(TRAPS, *argv) == Exit.USAGE
    assert capsys.readouterr().out == ""


def test_a_file_that_is_not_there_or_too_large_is_refused(capsys: Output, tmp_path: Path) -> None:
    assert run(str(tmp_path / "none.gml")) == Exit.USAGE
    assert "none.gml" in capsys.readouterr().err
    huge = tmp_path / "huge.graphml"
    huge.touch()
    os.truncate(huge, 40 * 10**6)
    assert run(str(huge)) == Exit.USAGE
    assert "larger than" in capsys.readouterr().err


def test_standard_input_needs_a_name(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    def feed() -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path(TRAPS).read_bytes())))

    feed()
    assert run("-") == Exit.USAGE
    assert "--name" in capsys.readouterr().err
    feed()
    assert run("-", "--name", "piped") == Exit.OK
    assert capsys.readouterr().out.startswith("topology: piped\n")
