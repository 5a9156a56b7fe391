"""Disk images as values: what a document asks for, and what was built of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from microdc.documents.model import Where

Kernel = Literal["cloud", "generic"]
BOOT_PARTITION, EFI_PARTITION, ROOT_PARTITION = 1, 2, 3
"""The numbers of the partitions of every image: the BIOS's part of the loader, the EFI system partition, the root file system."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an image is made of, with all that it extends.

    services: units that start by themselves beside those of every image. own: the packages that it adds to what it extends. sources: lines as in sources.list; () for this
    machine's. options: of the kernel. lineage: names, its own first.
    """

    name: str
    description: str
    kernel: Kernel
    packages: tuple[str, ...]
    own: tuple[str, ...]
    sources: tuple[str, ...]
    options: tuple[str, ...]
    services: tuple[str, ...]
    lineage: tuple[str, ...]
    where: Where
    shipped: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is said, and signed, of an image.

    key: of all that went in: packages, document, files of ours, loader. digest, size: SHA-256 and bytes of the packed file; raw_digest, raw:
    of the disk that comes of it. kernel: its release. packages: name -> version. document_digest: of what the documents ask for. made_by: the
    version of microdc.
    """

    name: str
    key: str
    digest: str
    size: int
    raw_digest: str
    raw: int
    root_partition: int
    efi_partition: int | None
    kernel: str
    suite: str
    architecture: str
    document_digest: str
    made_by: str
    packages: dict[str, str] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """As JSON has it."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class DiskImage:
    """An image in the cache. path: the disk, packed with zstd. status: the list of what dpkg has installed in it."""

    path: Path
    manifest: Manifest

    @property
    def directory(self) -> Path:
        return self.path.parent

    @property
    def status(self) -> Path:
        return self.directory / "dpkg-status"
