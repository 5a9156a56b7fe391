"""Why PXE failed, on a rack: each cause is planted in the world, a run fails of it, and `deploy explain` names it."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from explainlab import Means, built, failed
from racklab import RackLab

from microdc.deploy.model import Action, ImageRef
from microdc.deploy.operate import Wish
from microdc.deploy.ports import Image, Payload
from microdc.deploy.station.client import open_station
from microdc.host.local import NamespaceHost
from microdc.lab import names

pytestmark = [pytest.mark.root, pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(900)]

MAC, MISTYPED = "52:54:00:93:01:01", "52:54:00:93:01:81"
INSPECT = Wish(Action.INSPECT, attempts=1)
INVENTORY = {
    "testbed.yaml": "testbed: why\n",
    "sites/yard.yaml": f"""
site: yard
networks: {{data: [10.93.0.0/24], mgmt: [10.193.0.0/29]}}
deploy: {{host: local, interface: br0, image: base}}
racks:
  r1:
    servers:
      y1:
        bmc: {{redfish: "https://10.193.0.2", credentials: env:RACK_BMC}}
        nics: {{eno1: {{mac: "{MAC}"}}}}
        deploy: {{address: 10.93.0.101}}
""",
}


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory, _homes: None) -> Iterator[RackLab]:
    """A lab with one site and one server, whose disk is empty."""
    with built("why", tmp_path_factory.mktemp("why"), INVENTORY) as made:
        yield made


@contextmanager
def written(yard: RackLab, change: Callable[[str], str]) -> Iterator[None]:
    """The site's document, changed."""
    document = yard.inventory / "sites/yard.yaml"
    text = document.read_text("utf-8")
    document.write_text(change(text), "utf-8")
    try:
        yield
    finally:
        document.write_text(text, "utf-8")


def test_a_mistyped_mac(yard: RackLab) -> None:
    with written(yard, lambda text: text.replace(MAC, MISTYPED)):
        told = failed(yard, "y1", INSPECT)
    assert told.causes[0] == "mistyped-mac"
    assert MAC in told.first["what"]
    assert MISTYPED in told.first["what"]


def test_another_dhcp_server(yard: RackLab, tmp_path: Path) -> None:
    """In the namespace of the site's first host, which is on the same segment. It is there when the boot services start, which then do not."""
    with open_station(yard.testbed, "yard") as station:
        station.stop()
    place = names.namespace(yard.name, "yard-h1")
    config = tmp_path / "other.conf"
    config.write_text(
        "port=0\ndhcp-range=10.93.0.180,10.93.0.190,2m\n"
        f"dhcp-leasefile={tmp_path}/leases\npid-file=\nuser=root\nlog-facility=-\n",
        "utf-8",
    )
    argv = ["dnsmasq", "--keep-in-foreground", f"--conf-file={config}"]
    other = NamespaceHost(place).start_daemon(argv, log=tmp_path / "other.log", outlive=False)
    try:
        told = failed(yard, "y1", INSPECT)
    finally:
        other.kill()
    assert (told.causes[0], told.first["certainty"]) == ("other-dhcp", "certain")


@pytest.mark.extra
def test_a_bmc_that_does_not_answer(yard: RackLab) -> None:
    """Nor does IPMI take its place."""
    yard.plant("y1", dead=True)
    try:
        with written(yard, lambda text: re.sub(r"ipmi: [0-9.]+, ", "", text)):
            told = failed(yard, "y1", INSPECT)
    finally:
        yard.plant("y1", dead=None)
    assert told.causes[0] == "bmc-lost"


@pytest.mark.extra
def test_foreign_data_on_the_disk(yard: RackLab, tmp_path: Path) -> None:
    """The ramdisk looks before it writes: what it finds is not microdc's. So the image is never asked for, and any bytes do."""
    disk = yard.directory("y1") / "disk0.img"
    disk.unlink(missing_ok=True)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-L", "precious", str(disk), "4G"], check=True)
    file = tmp_path / "image"
    file.write_bytes(bytes(1 << 16))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    ref = ImageRef("base", digest, 1 << 16, digest, 1 << 20, 3)
    image = Image(ref, Payload(digest, 1 << 16, file))
    told = failed(yard, "y1", Wish(Action.DEPLOY, attempts=1), Means(lambda _: image))
    assert told.causes[0] == "foreign-data"
    assert "microdc deploy run y1 --wipe" in told.commands
    assert {"dhcp", "http", "ramdisk", "bmc", "controller"} <= told.sources
