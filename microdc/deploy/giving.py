"""The images that nodes can be given: those that were built here and bear our signature."""

from __future__ import annotations

from microdc.deploy.model import ImageRef
from microdc.deploy.ports import Image, Payload
from microdc.errors import InputError, MicrodcError
from microdc.images.disk import operate as disks
from microdc.images.disk.model import DiskImage


def built_image(name: str) -> Image | MicrodcError:
    """The image of that name, or why there is none to give: none is built, or its signature is not ours."""
    found = disks.find(name)
    if found is None:
        return InputError(f"the image {name!r} is not built", hint=f"microdc image build {name}")
    return image_of(found)


def image_of(image: DiskImage) -> Image:
    """An image of the cache, as nodes are given it."""
    manifest = image.manifest
    ref = ImageRef(
        name=manifest.name,
        digest=manifest.digest,
        size=manifest.size,
        raw_digest=manifest.raw_digest,
        raw=manifest.raw,
        root_partition=manifest.root_partition,
        efi_partition=manifest.efi_partition,
        kernel=manifest.kernel,
    )
    return Image(ref, Payload(manifest.digest, manifest.size, image.path))
