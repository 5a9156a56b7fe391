"""A disk image for tests, built once for all that need one.

    diskimages.base_image()             the image, to write to disks
    with diskimages.lent(directory):    the same, where microdc itself looks for images: `find("base")`, `microdc deploy`

It lies in the user's cache, below a directory of the tests' own, with the key that signs it; so that it is built once for a machine, not
once for a run, as the guests' images are. Whoever comes while it is built waits.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from microdc import locations
from microdc.events import Step
from microdc.images.disk import operate, shelf
from microdc.images.disk.model import DiskImage

_SHARED = locations.cache_dir() / "tests"
"""Worked out before any test says where caches are."""


def base_image(name: str = "base") -> DiskImage:
    """The image of a document that comes with microdc; minutes where it has to be built."""
    with _at_home():
        return _end(operate.build(None, name))


def built_anew(directory: Path, name: str = "base") -> DiskImage:
    """The same, built again from the same packages, on a shelf of its own in an empty directory."""
    with _at_home(), pytest.MonkeyPatch.context() as patch:
        patch.setenv(shelf.VARIABLE, str(directory))
        return _end(operate.build(None, name))


def unpack(image: DiskImage, disk: Path, size: int) -> None:
    """Writes an image to a disk of so many bytes, as a file with holes."""
    subprocess.run(["zstd", "-dqf", "--sparse", str(image.path), "-o", str(disk)], check=True)
    with disk.open("r+b") as file:
        file.truncate(size)


@contextlib.contextmanager
def lent(directory: Path, name: str = "base") -> Iterator[DiskImage]:
    """The image on a shelf of its own in an empty directory, signed by the key of the state directory in force."""
    image = base_image(name)
    with _at_home():
        signer = operate.public_key()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(shelf.VARIABLE, str(directory))
        yield operate.adopt(image.directory, signer)


def _end(building: Generator[Step, None, DiskImage]) -> DiskImage:
    while True:
        try:
            next(building)
        except StopIteration as end:
            image: DiskImage = end.value
            return image


@contextlib.contextmanager
def _at_home() -> Iterator[None]:
    """Caches and keys are the tests' own, and the same in each run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(shelf.VARIABLE, raising=False)
        for variable in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
            patch.setenv(variable, str(_SHARED / variable.lower()))
        yield
