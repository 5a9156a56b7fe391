"""Why a deployment failed, from the kernel on: it panics, memory or the disk is missing, the image is damaged, or nobody phones home."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from explainlab import PATIENCE, Means, built, explained, failed
from netboot import boot_sector, wait_for
from racklab import RackLab

import ramdisk_image
from microdc.deploy.model import Action, ImageRef
from microdc.deploy.opening import RealWorld
from microdc.deploy.operate import Wish
from microdc.deploy.ports import Image, Payload, Ramdisk
from microdc.deploy.specs import site_spec
from microdc.events import Step
from ramdisk_image import MadeImage

pytestmark = [pytest.mark.root, pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(900)]

INVENTORY = {
    "testbed.yaml": "testbed: systems\n",
    "sites/hut.yaml": """
site: hut
networks: {data: [10.95.0.0/24], mgmt: [10.195.0.0/29]}
deploy: {host: local, interface: br0, image: base, directory: STATION}
racks:
  r1:
    servers:
      h1:
        bmc: {redfish: "https://10.195.0.2", credentials: env:RACK_BMC}
        nics: {eno1: {mac: "52:54:00:95:01:01"}}
        deploy: {address: 10.95.0.101}
""",
}
DEPLOY, INSPECT = Wish(Action.DEPLOY, attempts=1), Wish(Action.INSPECT, attempts=1)
EARLY = replace(PATIENCE, kernel=90.0, ramdisk=90.0, first_boot=45.0)
"""What is silent is given up soon: a loader that cannot start its kernel, a ramdisk after that, a system at its first boot."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, _homes: None) -> Iterator[RackLab]:
    """A lab with one site and one server."""
    place = tmp_path_factory.mktemp("boot")
    inventory = {name: text.replace("STATION", str(place)) for name, text in INVENTORY.items()}
    with built("hut", tmp_path_factory.mktemp("hut"), inventory) as made:
        yield made


@pytest.fixture
def hut(lab: RackLab) -> Iterator[RackLab]:
    """The same with its server off, and an empty disk."""
    (lab.directory("h1") / "disk0.img").unlink(missing_ok=True)
    try:
        yield lab
    finally:
        lab.machine("h1").off()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeImage:
    """An image of which a machine boots, and tells nobody of it."""
    return ramdisk_image.make(tmp_path_factory.mktemp("image"), boot_sector(), noise=8)


def image_of(made: MadeImage) -> Image:
    promise = made.promise()
    raw = (promise["raw_digest"], promise["raw"], promise["root_partition"], promise["efi_partition"])
    ref = ImageRef("base", promise["digest"], promise["size"], *raw)
    return Image(ref, Payload(ref.digest, ref.size, made.packed))


@contextmanager
def described(lab: RackLab, **changes: object) -> Iterator[None]:
    """The machine is made of something else."""
    file = lab.directory("h1") / "machine.json"
    text = file.read_text("utf-8")
    file.write_text(json.dumps({**json.loads(text), **changes}), "utf-8")
    try:
        yield
    finally:
        lab.machine("h1").off()
        file.write_text(text, "utf-8")


@dataclass(slots=True)
class Panicking(RealWorld):
    """Its ramdisk's kernel is told to begin with a program that is not there, and to stay so: of a console without times the last boot counts."""

    def ramdisk(self) -> Generator[Step, None, Ramdisk]:
        made = yield from RealWorld.ramdisk(self)
        return replace(made, options=f"{made.options} panic=0 rdinit=/nothing")


@pytest.mark.extra
def test_a_kernel_that_panics(hut: RackLab) -> None:
    told = failed(hut, "h1", INSPECT, Means(world=Panicking(hut.testbed), patience=EARLY), console=True)
    assert (told.causes[0], told.first["certainty"]) == ("kernel-panic", "certain")
    assert any("Kernel panic" in line for line in told.first["because"])
    assert {"dhcp", "http", "bmc", "console", "controller"} <= told.sources


@pytest.mark.extra
def test_memory_that_is_missing(hut: RackLab) -> None:
    """Too little for the kernel to unpack itself: it says nothing, and the machine starts anew."""
    hut.plant("h1", missing_dimm=64)
    try:
        told = failed(hut, "h1", INSPECT, Means(patience=EARLY), console=True)
    finally:
        hut.plant("h1", missing_dimm=None)
    assert (told.causes[0], told.first["certainty"]) == ("kernel-resets", "likely")


def test_a_disk_that_is_missing(hut: RackLab, made: MadeImage) -> None:
    with described(hut, disks=[]):
        told = failed(hut, "h1", DEPLOY, Means(lambda _: image_of(made)))
    assert (told.causes[0], told.first["certainty"]) == ("no-disk", "certain")
    assert "microdc deploy inspect h1" in told.commands


def stored(hut: RackLab, made: MadeImage) -> Path:
    """The image as the boot services keep it."""
    spec = site_spec(hut.testbed, hut.testbed.sites["hut"])
    return Path(spec.deploy.directory) / "hut" / "images" / str(made.promise()["digest"])


def test_an_image_that_is_damaged_at_the_site(hut: RackLab, made: MadeImage) -> None:
    """One byte is another, after it was brought there. It is found out, and taken away."""
    file = stored(hut, made)

    def flip(step: Step) -> None:
        if step.what == "h1: power" and step.state == "started":
            data = bytearray(file.read_bytes())
            data[len(data) // 2] ^= 1
            file.write_bytes(data)

    told = failed(hut, "h1", DEPLOY, Means(lambda _: image_of(made), step=flip))
    assert (told.causes[0], told.first["certainty"]) == ("image-hash", "certain")
    wait_for(lambda: not file.exists(), 30, "what is damaged is taken away")
    assert "it was damaged at hut" in explained(hut, "h1").first["what"]


@pytest.mark.extra
def test_a_system_that_does_not_phone_home(hut: RackLab, made: MadeImage) -> None:
    """It is written whole, whatever became of the copy at the site before, and boots."""
    told = failed(hut, "h1", DEPLOY, Means(lambda _: image_of(made), patience=EARLY), console=True)
    assert ramdisk_image.sha256(stored(hut, made)) == made.promise()["digest"]
    assert told.causes[0] == "no-home"
    assert "microdc power status h1" in told.commands
