"""A rack on one machine, as its operator uses it: brought up, worked with by the command line, and taken down whole."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import racklab
from netboot import console, wait_for
from racklab import SERVERS, RackLab, only

from microdc import locations
from microdc.bmc import operate
from microdc.errors import Exit
from microdc.host import namespaces
from microdc.lab import names
from microdc.lab.inventory import directory_of
from microdc.lab.rack.start import Files
from microdc.lab.teardown import clear

pytestmark = [pytest.mark.root, pytest.mark.lab]
_numbers = count(1)


def by_server(told: Any) -> dict[str, Any]:
    return {one["server"]: one for one in told["servers"]}


# -- servers


def test_all_servers_are_there_and_off(rack: RackLab) -> None:
    status = rack.data("lab", "status", "--name", rack.name)
    assert status["state"] == "up"
    machines = {machine["name"]: machine for machine in status["machines"]}
    assert [*machines] == [*SERVERS]
    assert all(one["redfish"] and one["ipmi"] and not one["power"] for one in machines.values())
    found = by_server(rack.data("power", "status"))
    assert {name: (one["power"], one["driver"]) for name, one in found.items()} == dict.fromkeys(
        SERVERS, ("off", "redfish")
    )


def test_from_off_to_the_network_and_off_again(rack: RackLab) -> None:
    """A new server has an empty disk: what it does for the network is seen on its serial port."""
    assert rack.data("power", "on", "n1")["servers"][0]["result"] == "done"
    assert by_server(rack.data("power", "status", "north"))["n1"]["power"] == "on"
    told = rack.data("boot", "n1", "--once", "pxe", "--reboot", "--force", "--yes")["servers"][0]
    assert told["result"] == "done"
    wait_for(lambda: "iPXE" in console(rack.machine("n1")), 90, "it boots from the network")
    assert "iPXE" in rack.microdc("lab", "console", "n1", "--name", rack.name).stdout
    off = rack.data("power", "off", "n1", "--force", "--yes")["servers"][0]
    assert (off["result"], off["acts"]) == ("done", ["force-off"])
    kinds = {entry["kind"] for entry in rack.data("log")["items"]}
    assert {"power", "boot"} <= kinds


def test_what_its_bmc_tells(rack: RackLab) -> None:
    """Log, sensors, LED, console and certificate, each by a command."""
    rack.microdc("bmc", "sel", "n1")
    sensors = rack.data("bmc", "sensors", "n1", "--kind", "temperature")["servers"][0]
    assert {one["kind"] for one in sensors["readings"]} == {"temperature"}
    assert rack.data("bmc", "led", "n1", "--set", "on")["servers"][0]["result"] == "done"
    assert rack.data("bmc", "led", "n1", "--set", "off")["servers"][0]["result"] == "done"
    hint = rack.data("bmc", "console-hint", "n1")["servers"][0]
    assert (hint["command"], hint["kinds"]) == ("", ["Oem"])  # the lab shows it itself
    trusted = rack.data("bmc", "trust", "n1", "--show")["bmcs"][0]
    assert trusted["state"] == "stored"


def test_faults_are_planted_and_taken_away(rack: RackLab) -> None:
    rack.microdc("lab", "fault", "n1", "hot-inlet=58", "null-readings", "slow=0.1", "--name", rack.name)
    told = rack.data("lab", "fault", "n1", "--name", rack.name)
    assert told["planted"] == {"hot-inlet": 58.0, "null-readings": True, "slow": 0.1}
    rack.microdc("lab", "fault", "n1", "--clear", "all", "--name", rack.name)
    assert rack.data("lab", "fault", "n1", "--name", rack.name)["planted"] == {}
    refused = rack.microdc("lab", "fault", "n1", "hot-inlett", "--name", rack.name, code=Exit.USAGE)
    assert "hot-inlet" in refused.stderr


# -- inventory


@pytest.fixture
def copied(rack: RackLab, tmp_path: Path) -> RackLab:
    """The same lab with an inventory that may be written to."""
    shutil.copytree(rack.inventory, tmp_path / "inventory")
    return RackLab(rack.name, tmp_path / "inventory")


def test_discover_finds_them_at_their_declared_addresses(rack: RackLab) -> None:
    told = rack.data("inventory", "discover")
    found = {
        one["server"]: (one["address"], one["redfish"] is not None, one["ipmi"]) for one in told["found"]
    }
    assert {name: address for name, (address, _, _) in found.items()} == {
        "n1": "10.181.0.2",
        "n2": "10.181.0.3",
        "s1": "10.182.0.2",
    }
    assert all(redfish and ipmi for _, redfish, ipmi in found.values())
    assert told["silent"] == []
    assert told["looked"] == 12  # two networks of 6 addresses, and no other
    refused = rack.microdc("inventory", "discover", "--range", "10.199.0.0/29", code=Exit.USAGE)
    assert "10.181.0.0/29" in refused.stderr


def test_discover_tells_strangers_and_the_silent(copied: RackLab) -> None:
    document = copied.inventory / "sites" / "north.yaml"
    document.write_text(document.read_text("utf-8").replace("10.181.0.3", "10.181.0.5"), "utf-8")
    told = copied.data("inventory", "discover", "north", code=Exit.FAILED)
    assert [(one["server"], one["address"]) for one in told["silent"]] == [("n2", "10.181.0.5")]
    strangers = [one["address"] for one in told["found"] if one["server"] is None]
    assert strangers == ["10.181.0.3"]


def test_collect_and_diff(rack: RackLab) -> None:
    collected = rack.data("inventory", "collect")
    serials = {one["server"]: one["hardware"]["identity"]["serial"] for one in collected["items"]}
    assert serials == {name: rack.machine(name).description().serial for name in SERVERS}
    assert rack.data("inventory", "diff")["unreached"] == []


def test_adopt_writes_what_is_there_and_no_other_line(copied: RackLab) -> None:
    document = copied.inventory / "sites" / "north.yaml"
    before = document.read_text("utf-8")
    serial = copied.machine("n1").description().serial
    assert serial in before
    document.write_text(before.replace(serial, "ANOTHER"), "utf-8")
    told = copied.data("inventory", "diff", "n1", code=Exit.FAILED)["differences"]
    assert [(one["severity"], one["what"], one["declared"]) for one in told] == [
        ("critical", "serial number", "ANOTHER")
    ]
    kept = copied.data("inventory", "adopt", "n1", "--yes")
    assert any("ANOTHER" in words for one in kept["files"] for words in one["left"])
    copied.microdc("inventory", "adopt", "n1", "--replace", "--yes")
    copied.microdc("inventory", "diff", "n1")
    old, new = before.splitlines(), document.read_text("utf-8").splitlines()
    changed = [after for line, after in zip(old, new, strict=True) if line != after]
    assert len(changed) <= 1  # the line of its hardware, in which there is more now
    assert all(serial in line for line in changed)
    assert any("# the first of them" in line for line in new)


# -- the lab itself


@pytest.fixture
def new_name() -> Iterator[Callable[[], str]]:
    """Names for labs that are taken down at the end of the test, whatever became of them."""
    given = []

    def new() -> str:
        given.append(f"t{os.getpid()}r{next(_numbers)}")
        return given[-1]

    yield new
    for name in given:
        for _ in clear(name):
            pass


def left_of(name: str) -> list[str]:
    """What there still is of a lab: namespaces, files, and processes that name its directory or run in it."""
    directory = names.lab_dir(name)
    left = [*names.namespaces_of(name)]
    left += [str(path) for path in (directory, *names.agent_dirs(name)) if path.exists()]
    current = locations.current_lab_file()
    if current.exists() and f"/{name}/" in current.read_text("utf-8"):
        left.append(str(current))
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it ended meanwhile
            continue
        if f"{directory}/" in command:
            left.append(f"{entry.name} {command}")
    return left


def bring_up(name: str) -> RackLab:
    done = subprocess.run(racklab.up(name), capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    return RackLab(name, directory_of(name))


@pytest.fixture
def in_force() -> Iterator[None]:
    """The lab that other tests use is the one in force again afterwards."""
    file = locations.current_lab_file()
    before = file.read_text("utf-8") if file.exists() else None
    yield
    if before is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(before, "utf-8")


@pytest.mark.usefixtures("in_force", "rack")
def test_down_takes_all_with_it_also_servers_that_are_on(new_name: Callable[[], str]) -> None:
    """Beside another lab of the same inventory, whose addresses are the same."""
    lab = bring_up(new_name())
    lab.microdc("power", "on", "n1", "s1")
    assert lab.machine("n1").power()
    assert len(left_of(lab.name)) > 5
    again = subprocess.run(racklab.up(lab.name), capture_output=True, text=True, check=False)
    assert (again.returncode, "up already" in again.stderr) == (0, True)
    assert lab.machine("n1").power()
    lab.microdc("lab", "down", "--name", lab.name)
    assert left_of(lab.name) == []


def first_namespace(name: str) -> bool:
    return bool(namespaces.names(names.namespace(name, "")))


def first_service(name: str) -> bool:
    return any(Files.of(name).root.glob("*/redfish.pid"))


def first_ipmi(name: str) -> bool:
    return any(Files.of(name).root.glob("*/ipmi/ipmi_sim.pid"))


@pytest.mark.usefixtures("in_force")
@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(first_namespace, marks=pytest.mark.long),
        first_service,
        pytest.param(first_ipmi, marks=pytest.mark.long),
    ],
)
def test_a_killed_up_is_built_anew_by_the_next(
    new_name: Callable[[], str], moment: Callable[[str], bool]
) -> None:
    name = new_name()
    with subprocess.Popen(racklab.up(name), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as building:
        wait_for(lambda: moment(name) or building.poll() is not None, 60, "it is being built")
        os.kill(building.pid, signal.SIGKILL)
    assert building.returncode == -signal.SIGKILL
    lab = bring_up(name)
    report = [only(operate.power_status(lab.servers(server))).value for server in SERVERS]
    assert report == ["off"] * len(SERVERS)
    lab.microdc("lab", "down", "--name", name)
    assert left_of(name) == []
