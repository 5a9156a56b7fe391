"""Why PXE failed, on a rack: each cause is planted in the world, a run fails of it, and `deploy explain` names it.

Real are the machine with its iPXE, the BMC, the boot services with their dnsmasq and the ramdisk; the times for which phases are waited for are short.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from racklab import RackLab

from microdc.deploy import inquiring, operate
from microdc.deploy.deployment import FindImage
from microdc.deploy.explaining.model import Certainty, Explanation
from microdc.deploy.lifecycle import Patience
from microdc.deploy.model import Action, ImageRef, State
from microdc.deploy.operate import Deployment, Wish
from microdc.deploy.ports import Image, Payload
from microdc.deploy.station.client import open_station
from microdc.errors import InputError, MicrodcError
from microdc.events import Step
from microdc.host.local import NamespaceHost
from microdc.lab.inventory import directory_of
from microdc.lab.teardown import clear

pytestmark = [pytest.mark.root, pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(900)]

T = TypeVar("T")
MAC, MISTYPED = "52:54:00:93:01:01", "52:54:00:93:01:81"
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
PATIENCE = Patience(prepare=60.0, power=45.0, firmware=45.0, dhcp=45.0, ramdisk=240.0, work=240.0, look=5.0)


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory, _homes: None) -> Iterator[RackLab]:
    """A lab with one site and one server, whose disk is empty."""
    source = tmp_path_factory.mktemp("why")
    for place, text in INVENTORY.items():
        (source / place).parent.mkdir(exist_ok=True)
        (source / place).write_text(text.lstrip(), "utf-8")
    name = f"t{os.getpid()}why"
    words = ["lab", "up", "--rack", "--hosts", "1", "--name", name, "--from", str(source)]
    argv = [sys.executable, "-m", "microdc.cli", *words]
    try:
        made = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=240)
        assert made.returncode == 0, made.stdout + made.stderr
        yield RackLab(name, directory_of(name))
    finally:
        for _ in clear(name):
            pass


@contextmanager
def opened(yard: RackLab, find_image: FindImage) -> Iterator[Deployment]:
    book = yard.book()
    with book.store:
        yield operate.open_deployment(yard.testbed, book, find_image=find_image, patience=PATIENCE)


def no_image(name: str) -> MicrodcError:
    return InputError(f"there is no {name} here")


def ended(operation: Generator[Step, None, T]) -> T:
    try:
        while True:
            next(operation)
    except StopIteration as end:
        value: T = end.value
        return value


def failed(yard: RackLab, wish: Wish, find_image: FindImage = no_image) -> Explanation:
    """A run that fails, and why, as it is explained after it."""
    with opened(yard, find_image) as deployment:
        report = ended(operate.run(deployment, operate.plan(deployment, ["y1"], wish)))
        record = report.outcomes[0].record
        assert record.state is State.FAILED, report
        told = ended(inquiring.explain(deployment, "y1"))
    assert told.explanation.diagnoses
    return told.explanation


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
        told = failed(yard, Wish(Action.INSPECT, attempts=1))
    assert told.diagnoses[0].cause == "mistyped-mac"
    assert MAC in told.diagnoses[0].what
    assert MISTYPED in told.diagnoses[0].what


def test_another_dhcp_server(yard: RackLab, tmp_path: Path) -> None:
    """In the namespace of the site's first host, which is on the same segment. It is there when the boot services start, which then do not."""
    with open_station(yard.testbed, "yard") as station:
        station.stop()
    place = f"mdc-{yard.name}-yard-h1"
    config = tmp_path / "other.conf"
    config.write_text(
        "port=0\ndhcp-range=10.93.0.180,10.93.0.190,2m\n"
        f"dhcp-leasefile={tmp_path}/leases\npid-file=\nuser=root\nlog-facility=-\n",
        "utf-8",
    )
    argv = ["dnsmasq", "--keep-in-foreground", f"--conf-file={config}"]
    other = NamespaceHost(place).start_daemon(argv, log=tmp_path / "other.log", outlive=False)
    try:
        told = failed(yard, Wish(Action.INSPECT, attempts=1))
    finally:
        other.kill()
    assert told.diagnoses[0].cause == "other-dhcp"
    assert told.diagnoses[0].certainty is Certainty.CERTAIN


def test_a_bmc_that_does_not_answer(yard: RackLab) -> None:
    """Nor does IPMI take its place."""
    yard.plant("y1", dead=True)
    try:
        with written(yard, lambda text: re.sub(r"ipmi: [0-9.]+, ", "", text)):
            told = failed(yard, Wish(Action.INSPECT, attempts=1))
    finally:
        yard.plant("y1", dead=None)
    assert told.diagnoses[0].cause == "bmc-lost"


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
    told = failed(yard, Wish(Action.DEPLOY, attempts=1), lambda _: image)
    assert told.diagnoses[0].cause == "foreign-data"
    assert "microdc deploy run y1 --wipe" in [step.command for step in told.diagnoses[0].next]
    sources = {entry.source for entry in told.timeline.entries}
    assert {"dhcp", "http", "ramdisk", "bmc", "controller"} <= sources
