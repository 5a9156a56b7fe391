"""`microdc inventory import`: what goes to standard output, to standard error and into an inventory; and the ports of BMCs in documents."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from microdc.cli import main
from microdc.documents.model import DocumentError
from microdc.errors import Exit
from microdc.testbed.load import load

Output = pytest.CaptureFixture[str]
WIRES = "Source,SPort,Destination,DPort\nc1,eno1,sw1,1\nc1,MGMT,sw1,2\nsw1,48,sw2,48\nsw1,47,,\n"


@pytest.fixture(autouse=True)
def _own_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "xdg"))
    (tmp_path / "wires.csv").write_text(WIRES)
    (tmp_path / "vars" / "c1").mkdir(parents=True)
    (tmp_path / "vars" / "c1" / "main.yml").write_text(
        "mgmt_address: 10.0.0.1\nmgmt_mac: 52:54:00:00:00:01\n"
    )
    monkeypatch.chdir(tmp_path)


def run(*argv: str) -> int:
    return main.call(["inventory", "import", "csv", *argv])


def test_documents_are_data_and_the_rest_is_told(capsys: Output) -> None:
    assert run("wires.csv", "--site", "here", "--rack", "r1") == Exit.OK
    out, err = capsys.readouterr()
    assert out.startswith("# sites/here.yaml\nsite: here\nracks:\n  r1:\n    height: 42\n")
    assert "here: 1 servers, 2 switches, 0 PDUs in 1 racks; 3 cables, told 3 times; 0 BMCs" in err
    assert "  dropped 1: a cable of which one end is not told\n    sw1 47 - nowhere (wires.csv:5)" in err
    assert not Path("inventory").exists()


def test_an_inventory_is_begun_and_valid_and_described(capsys: Output) -> None:
    assert (
        run("wires.csv", "--site", "here", "--rack", "r1", "--host-vars", "vars", "-O", "new/lab") == Exit.OK
    )
    out, err = capsys.readouterr()
    assert out == ""
    assert "Written: new/lab/testbed.yaml\nWritten: new/lab/sites/here.yaml" in err
    assert main.call(["validate", "-i", "new/lab"]) == Exit.OK
    testbed = load(Path("new/lab"))
    assert testbed.name == "lab"
    capsys.readouterr()
    assert main.call(["inventory", "show", "c1", "-i", "new/lab", "-o", "json"]) == Exit.OK
    (shown,) = json.loads(capsys.readouterr().out)["items"]
    nic = {"mac": "52:54:00:00:00:01", "switch": "sw1", "port": "2"}
    assert shown["bmc"] == {"redfish": "https://10.0.0.1", "nic": nic}


def test_a_site_is_added_and_written_over_only_by_force(capsys: Output) -> None:
    Path("lab/sites").mkdir(parents=True)
    Path("lab/testbed.yaml").write_text("testbed: mine # kept\n")
    Path("lab/sites/other.yaml").write_text("site: other\n")
    assert run("wires.csv", "--site", "here", "-O", "lab") == Exit.OK
    assert Path("lab/testbed.yaml").read_text() == "testbed: mine # kept\n"
    assert load(Path("lab")).sites.keys() == {"here", "other"}
    before = Path("lab/sites/here.yaml").read_text()
    Path("lab/sites/here.yaml").write_text(before + "# mine\n")
    assert run("wires.csv", "--site", "here", "-O", "lab") == Exit.USAGE
    assert "--force" in capsys.readouterr().err
    assert Path("lab/sites/here.yaml").read_text().endswith("# mine\n")
    assert run("wires.csv", "--site", "here", "-O", "lab", "--force") == Exit.OK
    assert Path("lab/sites/here.yaml").read_text() == before


def test_what_does_not_fit_beside_the_other_sites_is_not_written(capsys: Output) -> None:
    Path("lab/sites").mkdir(parents=True)
    Path("lab/testbed.yaml").write_text("testbed: mine\n")
    Path("lab/sites/other.yaml").write_text("site: other\nracks: {r1: {servers: {c1: {unit: 1}}}}\n")
    assert run("wires.csv", "--site", "here", "-O", "lab") == Exit.USAGE
    assert "two devices are called 'c1'" in capsys.readouterr().err
    assert not Path("lab/sites/here.yaml").exists()


def test_a_dry_run_writes_nothing(capsys: Output) -> None:
    assert run("wires.csv", "--site", "here", "-O", "lab", "--dry-run") == Exit.OK
    out = capsys.readouterr().out
    assert out.startswith("# lab/testbed.yaml\ntestbed: lab\n# lab/sites/here.yaml\nsite: here\n")
    assert not Path("lab").exists()


def test_json_gives_counts_remarks_and_documents(capsys: Output) -> None:
    assert run("wires.csv", "--site", "here", "--rack", "r1", "-o", "json") == Exit.OK
    out, err = capsys.readouterr()
    assert err == ""
    answer = json.loads(out)
    assert answer["kind"] == "InventoryImport"
    assert (answer["summary"]["cables"], answer["summary"]["stated"], answer["files"]) == (3, 3, [])
    assert answer["summary"]["remarks"][0]["items"] == ["sw1 47 - nowhere (wires.csv:5)"]
    assert answer["documents"]["here"]["racks"]["r1"]["cables"] == [{"a": "sw1:48", "b": "sw2:48"}]


def test_standard_input_is_a_table_too(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WIRES.encode())))
    assert run("-", "--site", "here") == Exit.OK
    assert "sw1 47 - nowhere (<stdin>:5)" in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv",
    [
        ("wires.csv",), ("none.csv", "--site", "x"), ("wires.csv", "--site", "Not A Name"), ("wires.csv", "--site", "x", "--kind", "c1=toaster"),
        ("wires.csv", "--site", "x", "--kind", "c1"), ("wires.csv", "--site", "x", "--columns", "nonsense"), ("wires.csv", "--site", "x", "--names", "{x}"),
        ("wires.csv", "--site", "x", "--columns", "q=Source"), ("wires.csv", "--site", "x", "--host-vars", "none"), ("wires.csv", "--site", "x", "-O", "wires.csv"),
        ("wires.csv", "--site", "x", "--rename", "=x"), ("wires.csv", "--site", "x", "--bmc", "telnet"), ("vars", "--site", "x"), (),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(argv: tuple[str, ...], capsys: Output) -> None:
    assert run(*argv) == Exit.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err


def test_a_directory_without_documents_is_refused(capsys: Output) -> None:
    Path("empty").mkdir()
    assert main.call(["inventory", "import", "netbox", "empty"]) == Exit.USAGE
    assert "holds no file that ends in .yml" in capsys.readouterr().err


def test_help_loads_no_reader_of_documents() -> None:
    code = (
        "import sys; from microdc.cli import main; main.call(['inventory', 'import', 'csv', '--help']); "
        "print(sorted({'pydantic', 'ruamel.yaml', 'rich', 'redfish', 'requests'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.endswith("[]\n")


RACK = """site: s
racks:
  r1:
    switches: {sw1: {}}
    servers:
      c1:
        bmc: {redfish: "https://10.0.0.1", nic: {mac: "52:54:00:00:00:01", switch: sw1, port: "1"}}
        nics: {eno1: {mac: "52:54:00:00:00:02"}}
      c2: {nics: {eno1: {mac: "52:54:00:00:00:03", switch: sw1, port: "2"}}}
"""


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("00:03", "00:01", "the MAC address 52:54:00:00:00:01 is given twice"),
        ('port: "2"', 'port: "1"', "port 1 of sw1 has a cable already"),
        ('switch: sw1, port: "1"', 'switch: sw9, port: "1"', "unknown switch 'sw9'"),
        ("    servers:", '    cables: [{a: "c2:bmc", b: "sw1:3"}]\n    servers:', "c2 has no NIC 'bmc'"),
    ],
)
def test_the_port_of_a_bmc_is_checked_as_a_nic_is(tmp_path: Path, old: str, new: str, what: str) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "testbed.yaml").write_text("testbed: t\n")
    (tmp_path / "sites" / "s.yaml").write_text(
        RACK.replace("    servers:", '    cables: [{a: "c1:bmc", b: "sw1:9"}]\n    servers:')
    )
    load(tmp_path)
    (tmp_path / "sites" / "s.yaml").write_text(RACK.replace(old, new))
    with pytest.raises(DocumentError) as error:
        load(tmp_path)
    assert [problem.what for problem in error.value.problems] == [what]
