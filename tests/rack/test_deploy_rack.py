"""Three empty machines, two BIOS and one UEFI, become nodes: the whole way, by the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from netboot import console, wait_for
from racklab import RackLab, only

import diskimages
from microdc.bmc import operate
from microdc.bmc.model import BootTarget
from microdc.errors import MicrodcError
from microdc.host.model import Address
from microdc.host.operate import connect
from microdc.lab import names
from microdc.lab.inventory import directory_of
from microdc.lab.machine.machine import Machine
from microdc.lab.rack.start import Files
from microdc.lab.teardown import clear

pytestmark = [pytest.mark.root, pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(1800)]

YARD = Path(__file__).parents[1] / "data" / "deploy"
NODES = ("y1", "y2", "y3")
ADDRESSES = {"y1": "10.91.0.101", "y2": "10.91.0.102", "y3": "10.91.0.103"}


@pytest.fixture(scope="module")
def yard(_homes: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RackLab]:
    """A lab with three servers that were never deployed, and the image that they are to get."""
    name = f"t{os.getpid()}yard"
    words = ["lab", "up", "--rack", "--hosts", "1", "--name", name, "--from", str(YARD)]
    with diskimages.lent(tmp_path_factory.mktemp("shelf")):
        try:
            done = subprocess.run(
                [sys.executable, "-m", "microdc.cli", *words],
                capture_output=True,
                text=True,
                check=False,
                timeout=180,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            yield RackLab(name, directory_of(name))
        finally:
            for _ in clear(name):
                pass


def run(lab: RackLab, *words: str, code: int = 0, timeout: float = 1500) -> str:
    done = subprocess.run(
        [*lab.argv("--yes", *words), "-o", "json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    told = "".join(console(Machine(Files.of(lab.name).machine(node)))[-600:] for node in NODES)
    assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr[-6000:]}\n{told}"
    return done.stdout


def nodes(text: str) -> dict[str, dict[str, object]]:
    return {one["node"]: one for one in json.loads(text)["nodes"]}


def test_empty_machines_become_nodes(yard: RackLab) -> None:
    done = nodes(run(yard, "deploy", "run", *NODES))
    assert {name: (one["result"], one["state"]) for name, one in done.items()} == dict.fromkeys(
        NODES, ("done", "active")
    )
    for node in NODES:
        assert told_by(yard, node, "hostname") == node
        # it runs from its disk, whose file system fills it
        assert told_by(yard, node, "findmnt", "-no", "SOURCE", "/").startswith("/dev/vda")
        size = int(told_by(yard, node, "df", "--output=size", "-B1", "/").split()[-1])
        assert size > 3 * 2**30
    # the UEFI machine came by UEFI
    assert told_by(yard, "y3", "ls", "/sys/firmware/efi")
    assert told_by(yard, "y1", "sh", "-c", "test -e /sys/firmware/efi || echo bios") == "bios"


def told_by(yard: RackLab, node: str, *command: str) -> str:
    """What a program says on a node, over SSH with the lab's key, the node's host key being the one that its ramdisk made."""
    directory = names.lab_dir(yard.name)
    known = directory / f"known-{node}"
    keys = nodes(run(yard, "deploy", "status", node))[node]["host_keys"]
    assert isinstance(keys, list)
    known.write_text("".join(f"{ADDRESSES[node]} {key}\n" for key in keys), "ascii")
    address = Address(
        "ssh",
        ADDRESSES[node],
        via=names.namespace(yard.name, "yard"),
        identity=directory / "node_ed25519",
        known_hosts=known,
    )
    with connect(address) as host:
        done = host.run(command)
    assert done.ok, done.stderr
    return done.stdout.decode().strip()


def test_the_boot_order_is_the_disks_again_and_nothing_is_left_to_do(yard: RackLab) -> None:
    for node in NODES:
        boot = only(operate.boot_status(yard.servers(node))).value
        assert boot is not None
        assert (boot.target, boot.lasting) == (BootTarget.NONE, "disabled")
    again = nodes(run(yard, "deploy", "run", *NODES))
    assert {one["result"] for one in again.values()} == {"nothing"}


def test_an_active_node_that_asks_the_network_is_sent_on_to_its_disk(yard: RackLab) -> None:
    machine = yard.machine("y1")
    before = told_by(yard, "y1", "cat", "/proc/sys/kernel/random/boot_id")
    yard.microdc("boot", "y1", "--once", "pxe", "--reboot", "--force", "--yes")

    def booted() -> bool:
        with suppress(MicrodcError):
            return told_by(yard, "y1", "cat", "/proc/sys/kernel/random/boot_id") != before
        return False

    wait_for(booted, 300, "it is up again", lambda: console(machine))
    assert nodes(run(yard, "deploy", "status", "y1"))["y1"]["state"] == "active"
