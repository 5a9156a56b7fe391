"""What an image is to be, what was written of it, and whether the disk still says so."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from .device import Device, told
from .words import IMAGE_HASH, FailedError

BLOCK = 1 << 20
RAW, RAW_ZSTD = "raw", "raw.zst"


@dataclass(frozen=True, slots=True)
class Promise:
    """What the image is to be. digest, size: of what is sent; raw_digest, raw: of what is written. form: RAW or RAW_ZSTD."""

    digest: str
    size: int
    raw_digest: str
    raw: int
    form: str = RAW_ZSTD

    @classmethod
    def of(cls, image: dict[str, Any]) -> Promise:
        """Of an order's `image`. Raises FailedError for a form that is not known."""
        form = str(image.get("format", RAW_ZSTD))
        if form not in {RAW, RAW_ZSTD}:
            raise FailedError(IMAGE_HASH, f"an image of the form {form!r} cannot be unpacked here")
        if int(image["raw"]) % 512:
            raise FailedError(IMAGE_HASH, f"{image['raw']} bytes are no whole number of sectors")
        return cls(
            str(image["digest"]), int(image["size"]), str(image["raw_digest"]), int(image["raw"]), form
        )


@dataclass(frozen=True, slots=True)
class Written:
    """first: the block that was kept back; last: the digest of the last one."""

    first: bytes
    last: tuple[int, int, bytes]
    seconds: float


def read_back(target: Device, written: Written, *, whole: Promise | None = None) -> None:
    """Reads from the disk what was written last, or all but the first block. Raises FailedError where it reads otherwise."""
    offset, length, digest = written.last
    with told("reading the image back"):
        if offset and hashlib.sha256(target.read(offset, length)).digest() != digest:
            raise FailedError(IMAGE_HASH, f"the disk does not hold what was written at byte {offset}")
        if whole is None:
            return
        found = hashlib.sha256(written.first)
        for at in range(len(written.first), whole.raw, BLOCK):
            found.update(target.read(at, min(BLOCK, whole.raw - at)))
    if found.hexdigest() != whole.raw_digest:
        raise FailedError(IMAGE_HASH, f"the disk reads back with the SHA-256 {found.hexdigest()}")
