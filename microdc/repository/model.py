"""Packages of a distribution as values, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sources:
    """Where packages come from.

    lines: as in sources.list. lists: the directory of apt's lists of them, which this machine keeps up to date; None where they are fetched
    by microdc.
    """

    lines: tuple[str, ...]
    lists: Path | None = None


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """A package of one version. sha256, size (bytes): of its file. stanza: what the index says of it."""

    name: str
    version: str
    architecture: str
    sha256: str
    size: int
    stanza: str

    @property
    def file(self) -> str:
        """The name of its file, as apt calls it."""
        return f"{self.name}_{self.version.replace(':', '%3a')}_{self.architecture}.deb"

    @property
    def exact(self) -> str:
        """It and no other version, as apt is asked for it."""
        return f"{self.name}={self.version}"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of packages in a directory. fingerprint: of the key that signed it."""

    directory: Path
    packages: tuple[Package, ...]
    fingerprint: str

    @property
    def key(self) -> Path:
        """The public key, as apt takes it in `signed-by`."""
        return self.directory / KEY

    @property
    def size(self) -> int:
        """Bytes of its packages."""
        return sum(package.size for package in self.packages)


KEY = "microdc.gpg"
SUITE = "microdc"
NODE_KEY = "/etc/apt/keyrings/microdc.gpg"
"""Where a node keeps the key."""


def source_line(url: str, key: str = NODE_KEY) -> str:
    """The line of sources.list by which apt finds a repository that is served at a URL."""
    return f"deb [signed-by={key}] {url.rstrip('/')} {SUITE} main"
