"""The images that were built, as they lie in the cache: a directory each, with a signed manifest. A wrong signature is no image."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from microdc import locations
from microdc.errors import InputError
from microdc.images import cache
from microdc.images.disk import signing
from microdc.images.disk.assemble import versions
from microdc.images.disk.model import DiskImage, Manifest

DISK, MANIFEST, SIGNATURE = "disk.raw.zst", "manifest.json", "manifest.json.sig"
_NAME, _KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}"), re.compile(r"[0-9a-f]{64}")
"""What becomes the name of a directory."""


VARIABLE = "MICRODC_IMAGES"
"""Environment variable with the directory of images, where it is not to be below the user's cache."""


def place() -> Path:
    return Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else locations.cache_dir() / "images"


def directory_of(name: str, key: str) -> Path:
    """Where an image of this name and key lies, or is to."""
    return place() / f"{name}-{key[:16]}"


def sign(directory: Path, manifest: Manifest) -> None:
    """Writes the manifest of an image and its signature beside the disk."""
    data = (json.dumps(manifest.data(), indent=2, sort_keys=True) + "\n").encode()
    (directory / MANIFEST).write_bytes(data)
    (directory / SIGNATURE).write_bytes(signing.sign(data))


def load(directory: Path, signer: bytes | None = None) -> DiskImage | None:
    """The image in a directory; None where there is none. Raises InputError for one that is not as it was signed.

    signer: the public key of another controller, which signed it; None for this one.
    One that lies in the place of another image is none either: whoever asked for that would get another system. The disk's own hash is not
    computed here, which `check` does.
    """
    try:
        data, signature = (directory / MANIFEST).read_bytes(), (directory / SIGNATURE).read_bytes()
        size = (directory / DISK).stat().st_size
    except FileNotFoundError:
        return None
    hint = "remove it, and build it again"
    if not signing.verified(data, signature, signer):
        whom = "this controller" if signer is None else "the owner of that key"
        raise InputError(
            f"the manifest of this image is not signed by {whom}", where=str(directory), hint=hint
        )
    manifest = _manifest(json.loads(data))
    if signer is None and directory.name != directory_of(manifest.name, manifest.key).name:
        what = f"this is the image {manifest.name!r}, in the place of another"
        raise InputError(what, where=str(directory), hint=hint)
    if size != manifest.size:
        raise InputError(
            f"the disk has {size} bytes, and not {manifest.size}", where=str(directory), hint=hint
        )
    return DiskImage(directory / DISK, manifest)


def check(image: DiskImage) -> None:
    """Reads all of an image. Raises InputError where it is not what its manifest says."""
    with image.path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != image.manifest.digest:
        raise InputError(
            "the disk is not what the manifest says",
            where=str(image.path),
            hint="remove it, and build it again",
        )


def status(image: DiskImage) -> str:
    """What dpkg has installed in it. Raises InputError where that is not what the manifest says."""
    try:
        text = image.status.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    if versions(text) != image.manifest.packages:
        raise InputError(
            "the list of installed packages is not what the manifest says",
            where=str(image.status),
            hint="remove the image, and build it again",
        )
    return text


def adopt(directory: Path, signer: bytes) -> DiskImage:
    """Takes in an image that another controller built and signed: it is copied, read whole, and signed by this one. Raises InputError."""
    given = load(directory, signer)
    if given is None:
        raise InputError(
            "there is no image in this directory",
            where=str(directory),
            hint=f"it has {DISK}, {MANIFEST} and {SIGNATURE}",
        )
    name, key = given.manifest.name, given.manifest.key
    if _NAME.fullmatch(name) is None or _KEY.fullmatch(key) is None:
        raise InputError(f"{name!r} is not the name of an image", where=str(directory / MANIFEST))
    target = directory_of(name, key)
    with cache.locked(place()), cache.replaced_by(target) as fresh:
        taken = DiskImage(fresh / DISK, given.manifest)
        try:
            _take(given.path, taken.path)
            _take(given.status, taken.status)
        except OSError as error:
            raise InputError(f"cannot be taken in: {error.strerror}", where=str(error.filename)) from None
        check(taken)
        status(taken)
        sign(fresh, given.manifest)
    return DiskImage(target / DISK, given.manifest)


def _take(file: Path, target: Path) -> None:
    """Copied, since what another still has in hand, or what a link leads to, may change after it was read; linked where it is this user's own."""
    kept = file.lstat()
    if stat.S_ISREG(kept.st_mode) and kept.st_uid == os.geteuid() and not kept.st_mode & 0o022:
        with contextlib.suppress(OSError):  # another file system
            os.link(file, target)
            return
    shutil.copyfile(file, target)


def tidy() -> None:
    """Removes what a builder left that was killed. Only for who holds the shelf: there is one builder at a time."""
    for pattern in (".work.*", ".*-????????????????.*"):
        for left in place().glob(pattern):
            shutil.rmtree(left, ignore_errors=True)


def found(name: str | None = None) -> Iterator[DiskImage]:
    """The images in the cache, those used last first; those that are not as they were signed are passed over."""
    entries = [entry for entry in place().glob("[!.]*-????????????????") if entry.is_dir()]
    for directory in sorted(entries, key=lambda path: path.stat().st_mtime, reverse=True):
        if name is not None and directory.name[:-17] != name:
            continue
        try:
            image = load(directory)
        except InputError:
            continue
        if image is not None:
            yield image


def wrong() -> Iterator[tuple[Path, InputError]]:
    """What keeps directories of the cache from being images."""
    for directory in sorted(place().glob("[!.]*-????????????????")):
        try:
            load(directory)
        except InputError as error:
            yield directory, error


def prune(keep: int) -> list[Path]:
    """Removes all but the `keep` images of each name that were used last, and those that are none; the directories that went."""
    with cache.locked(place()):
        before = set(place().glob("*-????????????????"))
        good = {image.directory for image in found()}
        names = {directory.name[:-17] for directory in before}
        for directory in before - good:
            cache.prune(place(), directory.name, keep=0)
        for name in names:
            cache.prune(place(), f"{name}-????????????????", keep=keep)
        return sorted(directory for directory in before if not directory.exists())


def _manifest(data: dict[str, Any]) -> Manifest:
    known = {field.name for field in fields(Manifest)}
    needed = {
        field.name
        for field in fields(Manifest)
        if field.default is MISSING and field.default_factory is MISSING
    }
    if not needed <= data.keys():
        raise InputError("the manifest of this image was written by another version", hint="build it again")
    return Manifest(**{name: value for name, value in data.items() if name in known})
