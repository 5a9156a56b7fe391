"""A disk image for tests, built once for all that need one.

    diskimages.base_image()             the image, to write to disks
    with diskimages.lent(directory):    the same, where microdc itself looks for images: `find("base")`, `microdc deploy`

It lies in the user's cache, below a directory of the tests' own, with the key that signs it; so that it is built once for a machine, not
once for a run, as the guests' images are. Whoever comes while it is built waits.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from microdc import locations
from microdc.images.disk import operate, shelf
from microdc.images.disk.model import DiskImage

_SHARED = locations.cache_dir() / "tests"
"""Worked out before any test says where caches are."""


def base_image(name: str = "base") -> DiskImage:
    """The image of a document that comes with microdc; minutes where it has to be built."""
    with _at_home():
        building = operate.build(None, name)
        while True:
            try:
                next(building)
            except StopIteration as end:
                image: DiskImage = end.value
                return image


@contextlib.contextmanager
def lent(directory: Path, name: str = "base") -> Iterator[DiskImage]:
    """The image on a shelf of its own in an empty directory, signed by the key of the state directory in force."""
    image = base_image(name)
    with _at_home():
        signer = operate.public_key()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(shelf.VARIABLE, str(directory))
        yield operate.adopt(image.directory, signer)


@contextlib.contextmanager
def _at_home() -> Iterator[None]:
    """Caches and keys are the tests' own, and the same in each run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(shelf.VARIABLE, raising=False)
        for variable in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
            patch.setenv(variable, str(_SHARED / variable.lower()))
        yield
