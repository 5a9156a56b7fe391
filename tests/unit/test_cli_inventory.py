"""`microdc validate`, `schema`, `inventory` and `profile` as a person and as a script see them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from inventories import site, write

from microdc import locations
from microdc.cli import main
from microdc.documents.schema import json_schema
from microdc.errors import Exit


@pytest.fixture(autouse=True)
def _bare_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of the machine, and the inventory that ships with microdc."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "xdg"))
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


Output = pytest.CaptureFixture[str]


def data(capsys: Output, *argv: str, code: int = Exit.OK) -> dict[str, Any]:
    assert main.call([*argv, "-o", "json"]) == code
    out = capsys.readouterr()
    assert out.err == ""
    found: dict[str, Any] = json.loads(out.out)
    assert found["schema"] == "microdc/v1"
    return found


def test_validate_says_what_is_there_and_that_it_is_right(capsys: Output) -> None:
    assert main.call(["validate"]) == Exit.OK
    assert "inventory: valid (4 sites, 4 racks, " in capsys.readouterr().out
    assert data(capsys, "validate")["counts"]["emulators"] == 1


def test_validate_tells_every_problem_of_every_kind_of_file(capsys: Output, tmp_path: Path) -> None:
    inventory = write(tmp_path / "here", a=site("a", 1, "access: gpom"), b=site("b", 2, "titel: x"))
    (inventory / "profiles").mkdir()
    (inventory / "profiles" / "p.yaml").write_text(
        "profile: p\ndescription: d\nsource: s\nboth: {delay: 1ms}\n"
    )
    assert main.call(["validate", "."]) == Exit.USAGE
    out = capsys.readouterr()
    assert out.out.splitlines() == [
        "profiles/p.yaml:4: unknown key 'delay' (delay is never bare: write `owd` (one way) or `rtt` (there and back))",
        "sites/a.yaml:6: unknown profile 'gpom' (did you mean gpon?)",
        "sites/b.yaml:6: unknown key 'titel' (did you mean title?)",
        ".: 3 problems",
    ]
    found = data(capsys, "validate", ".", code=Exit.USAGE)
    assert found["valid"] is False
    assert found["problems"][1] == {
        "file": "sites/a.yaml", "line": 6, "what": "unknown profile 'gpom'", "hint": "did you mean gpon?",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("site.yaml", "site: a\n", "valid (1 site document)"),
        ("p.yaml", "profile: p\ndescription: d\nsource: s\nbase: lte\n", "valid (1 profile document)"),
        (
            "p.yaml",
            "profile: p\ndescription: d\nsource: s\nbase: p\n",
            "p.yaml:4: profile 'p' is its own base",
        ),
        ("x.yaml", "stie: a\n", "x.yaml:1: cannot tell what kind of document this is (did you mean site?)"),
        ("x.yaml", "", "x.yaml: is empty"),
    ],
)
def test_validate_takes_a_single_document(capsys: Output, name: str, text: str, words: str) -> None:
    Path(name).write_text(text)
    assert main.call(["validate", name]) == (Exit.OK if "valid" in words else Exit.USAGE)
    assert words in capsys.readouterr().out


def test_validate_takes_a_directory_of_profiles(capsys: Output) -> None:
    library = locations.data_dir("netem_profiles")
    topologies = len(list((library / "topologies").glob("*.yaml")))
    assert data(capsys, "validate", str(library))["counts"] == {
        "profiles": len(list(library.rglob("*.yaml"))) - topologies,
        "topologies": topologies,
    }


def test_validate_of_nothing_is_a_problem_and_not_a_crash(capsys: Output) -> None:
    assert main.call(["validate", "nowhere"]) == Exit.USAGE
    assert capsys.readouterr().out.startswith("nowhere: there is no such directory")


def test_schema_prints_a_schema_and_nothing_else(capsys: Output) -> None:
    assert main.call(["schema", "site"]) == Exit.OK
    assert json.loads(capsys.readouterr().out) == json_schema("site")
    assert [item["name"] for item in data(capsys, "schema", "--list")["items"]] == [
        "testbed",
        "site",
        "profile",
        "topology",
        "image",
    ]


@pytest.mark.parametrize(
    ("argv", "words"), [(["schema", "sit"], "did you mean site?"), (["schema"], "testbed, site")]
)
def test_schema_of_nothing_is_bad_input(capsys: Output, argv: list[str], words: str) -> None:
    assert main.call(argv) == Exit.USAGE
    assert words in capsys.readouterr().err


def test_inventory_list_takes_names_and_labels(capsys: Output) -> None:
    found = data(capsys, "inventory", "list", "barcelona/*", "-l", "role=compute")
    assert [item["path"] for item in found["items"]] == ["barcelona/r1/bcn-c1", "barcelona/r1/bcn-c2"]
    assert main.call(["inventory", "list", "-l", "kind=site"]) == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["PATH", "KIND", "ROLE", "LABELS"]
    assert [line.split()[0] for line in lines[1:]] == ["barcelona", "boston", "brazil", "paris"]


def test_inventory_show_tells_all_of_a_site_and_no_secret(capsys: Output) -> None:
    assert main.call(["inventory", "show", "barcelona", "bcn-c1"]) == Exit.OK
    text = capsys.readouterr().out
    assert "Sagrada Família" in text
    assert "10.20.0.0/16, fd00:20::/32" in text
    assert "env:BCN_BMC" in text
    (found,) = data(capsys, "inventory", "show", "wan1")["items"]
    assert found["interfaces"] == {"bcn": "barcelona", "bos": "boston", "bra": "brazil", "par": "paris"}


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["inventory", "show", "barcelone"], "did you mean barcelona?"),
        (["inventory", "list", "-l", "role=compue"], "did you mean compute?"),
        (["inventory", "show"], "name what to show"),
        (["inventory", "list", "-i", "nowhere"], "there is no inventory here"),
        (["profile", "show", "lt"], "did you mean lte?"),
        (["profile", "list", "vdsl"], "did you mean vdsl2?"),
        (["profile", "show"], "the name of a profile, or -f FILE"),
        (["profile", "show", "lte", "-f", "x"], "the name of a profile, or -f FILE"),
        (["profile", "show", "-f", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_what_is_not_there_is_bad_input_with_the_nearest_name(
    capsys: Output, argv: list[str], words: str
) -> None:
    assert main.call(argv) == Exit.USAGE
    out = capsys.readouterr()
    assert words in out.err
    assert out.out == ""


def test_an_inventory_with_problems_is_told_problem_by_problem(capsys: Output, tmp_path: Path) -> None:
    write(tmp_path / "here", a=site("a", 1, "titel: x"), b=site("b", 2, "titel: x"))
    assert main.call(["inventory", "list", "-i", "."]) == Exit.USAGE
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_profile_list_is_the_whole_library_or_a_part(capsys: Output) -> None:
    everything = data(capsys, "profile", "list")["items"]
    assert {"vdsl2", "lte", "openstack-owd-150"} <= {item["name"] for item in everything}
    points = data(capsys, "profile", "list", "openstack-owd-*")["items"]
    assert len(points) == 6
    assert main.call(["profile", "list", "vdsl2"]) == Exit.OK
    assert capsys.readouterr().out.splitlines()[1].split()[:5] == ["vdsl2", "4.3ms", "420us", "-", "10mbit"]


def test_profile_show_tells_both_directions_the_buffer_and_the_source(capsys: Output) -> None:
    assert main.call(["profile", "show", "vdsl2"]) == Exit.OK
    text = capsys.readouterr().out
    assert "buffer  125kB (100ms)  625kB (100ms)" in text
    assert "source  gist kralo" in text
    found = data(capsys, "profile", "show", "vdsl2")
    assert (found["rtt_ns"], found["up"]["rate_bit_per_s"], found["down"]["buffer_bytes"]) == (
        4_300_000,
        10**7,
        625_000,
    )


def test_profile_show_reads_standard_input_with_bases_of_the_library(
    capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "profile: mine\ndescription: d\nsource: s\nbase: vdsl2\nup: {loss: 1%}\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    found = data(capsys, "profile", "show", "-f", "-")
    assert (found["up"]["loss_percent"], found["up"]["owd_ns"], found["base"]) == (1.0, 2_150_000, "vdsl2")


def test_the_inventory_has_profiles_of_its_own(capsys: Output, tmp_path: Path) -> None:
    inventory = write(tmp_path / "here")
    (inventory / "profiles").mkdir()
    own = inventory / "profiles" / "lte.yaml"
    own.write_text("profile: lte\ndescription: ours\nsource: s\nboth: {owd: 1ms}\n")
    found = data(capsys, "profile", "show", "lte", "-i", ".")
    assert (found["description"], found["shipped"]) == ("ours", False)
    assert found["shadows"] == str(locations.data_dir("netem_profiles") / "access" / "lte.yaml")


@pytest.mark.parametrize(
    "command", ["validate", "schema", "inventory list", "inventory show", "profile list", "profile show"]
)
def test_every_help_has_examples(capsys: Output, command: str) -> None:
    assert main.call([*command.split(), "--help"]) == Exit.OK
    assert "Examples:" in capsys.readouterr().out
