"""What Ironic is to write on a node's disk, and onto which disk: `instance_info`. Pure."""

from __future__ import annotations

from typing import Any

from microdc.deploy.model import ImageRef, NodeSpec
from microdc.errors import InputError
from microdc.testbed.nodes import DiskHints, Ironic

_GIB = 1 << 30


def instance_info(spec: NodeSpec, image: ImageRef, ironic: Ironic, where: str) -> dict[str, Any]:
    """Image and disk. Ironic's ramdisk checks the disk image that it reads against the digest, so where it lies need not be trusted.

    Raises InputError where the document does not say where the images lie.
    """
    info: dict[str, Any] = {
        "image_source": image_url(image, ironic, where),
        "image_os_hash_algo": "sha256",
        "image_os_hash_value": image.raw_digest,
        "image_disk_format": "raw",
        "image_type": "whole-disk",
    }
    hints = root_device(spec.disk, spec.where)
    return {**info, "root_device": hints} if hints else info


def image_url(image: ImageRef, ironic: Ironic, where: str) -> str:
    """Where Ironic fetches the image: the disk itself, not packed, since no ramdisk of Ironic's unpacks zstd."""
    if not ironic.images:
        hint = f"write `images:` with a URL under which {image.raw_digest}.raw lies: the image, unpacked by `zstd -d`"
        raise InputError("`ironic` does not say where it finds images", where=where, hint=hint)
    return f"{ironic.images.rstrip('/')}/{image.raw_digest}.raw"


def root_device(disk: DiskHints, where: str = "") -> dict[str, Any]:
    """The hints in the words of ironic-lib's `VALID_ROOT_DEVICE_HINTS`; all must hold. Sizes are in GiB there.

    Raises InputError for what those words cannot say.
    """
    hints: dict[str, Any] = {}
    if disk.serial:
        hints["serial"] = f"s== {disk.serial}"
    if disk.wwn:
        hints["wwn"] = _wwn(disk.wwn)
    if disk.model:
        hints["model"] = f"<in> {disk.model}"
    if disk.path:
        hints["by_path"] = f"s== /dev/disk/by-path/{disk.path}"
    if disk.kind:
        hints["rotational"] = disk.kind == "hdd"
    if disk.kind == "nvme":
        hints["name"] = "<in> nvme"
    size = _size(disk.least, disk.most, where)
    return {**hints, "size": size} if size else hints


def _wwn(wwn: str) -> str:
    """As udev has it, whom Ironic's ramdisk asks: 0x and the digits, where others write naa. or nothing before them."""
    plain = wwn.lower().removeprefix("naa.").removeprefix("0x")
    return f"s== {wwn.lower()}" if "." in plain else f"s== 0x{plain}"


def _size(least: int | None, most: int | None, where: str) -> str:
    """ironic-lib takes one bound, in whole GiB: `<range-in>` is an expression that it knows, and refuses for a size."""
    if least is not None and most is not None:
        hint = "leave one out, or name the disk by its serial"
        raise InputError("Ironic cannot be told both `least` and `most` of a disk", where=where, hint=hint)
    if least is not None:
        return f">= {max(1, -(-least // _GIB))}"
    if most is None:
        return ""
    if most < _GIB:
        raise InputError("Ironic cannot be told of a disk below 1 GiB", where=where, hint="leave `most` out")
    return f"<= {most // _GIB}"
