"""The index of a repository of packages: stanzas read, and written again for where the files lie now. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

from microdc.errors import InputError
from microdc.repository.model import Package

_FIELD = re.compile(r"^([A-Za-z0-9-]+):[ \t]*(.*)$", re.MULTILINE)
_NEEDED = ("Package", "Version", "Architecture", "SHA256", "Size")


def parse(text: str) -> list[Package]:
    """The packages of an index, or of what `apt-cache show` prints: each once. Raises InputError for a stanza that is not whole."""
    found: dict[tuple[str, str, str], Package] = {}
    for stanza in filter(None, (part.strip("\n") for part in re.split(r"\n\s*\n", text))):
        package = _package(stanza)
        found.setdefault((package.name, package.version, package.architecture), package)
    return sorted(found.values())


def fields(stanza: str) -> dict[str, str]:
    """The fields of a stanza; of those with several lines the first line."""
    return dict(_FIELD.findall(stanza))


def _package(stanza: str) -> Package:
    said = fields(stanza)
    missing = [name for name in _NEEDED if not said.get(name)]
    if missing:
        raise InputError(
            f"the index says no {', '.join(missing)} of {said.get('Package', 'a package')}",
            hint="run `apt-get update`",
        )
    return Package(
        said["Package"], said["Version"], said["Architecture"], said["SHA256"], int(said["Size"]), stanza
    )


def packages_text(packages: Iterable[Package], directory: str = "") -> str:
    """The text of `Packages`: each package with its file in a directory below the index."""
    prefix = f"{directory}/" if directory else "./"
    return "".join(f"{_placed(package, prefix)}\n\n" for package in sorted(packages))


def _placed(package: Package, prefix: str) -> str:
    """Its stanza, with its file where it lies now."""
    lines = package.stanza.splitlines()
    place = f"Filename: {prefix}{package.file}"
    return "\n".join(place if line.startswith("Filename:") else line for line in lines)


def release_text(
    files: Mapping[str, bytes],
    *,
    origin: str,
    label: str,
    suite: str,
    date: datetime,
    architectures: Iterable[str],
) -> str:
    """The text of `Release`, which says what each file of the index is. date: of now, in UTC; apt refuses one of the future."""
    lines = [
        f"Origin: {origin}",
        f"Label: {label}",
        f"Suite: {suite}",
        f"Codename: {suite}",
        f"Date: {format_datetime(date.astimezone(UTC), usegmt=True)}",
        f"Architectures: {' '.join(sorted(architectures))}",
        "Components: main",
        "Acquire-By-Hash: yes",
        "SHA256:",
    ]
    lines += [
        f" {hashlib.sha256(data).hexdigest()} {len(data)} {name}" for name, data in sorted(files.items())
    ]
    return "".join(f"{line}\n" for line in lines)
