"""A repository's directory: packages in `pool`, the signed index in `dists`, the key at the top."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import os
import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from microdc.errors import ApplyError, InputError, RefusedError
from microdc.repository import index, signing
from microdc.repository.apt import intact
from microdc.repository.locking import LOCK
from microdc.repository.model import KEY, SUITE, Package, Repository

_ORIGIN = "microdc"
_PART = ".part."
_OURS = {"pool", "dists", KEY, LOCK}
_KEPT = 2
"""Indexes that can still be fetched by their hashes: the one that holds, and the one before it, which a node may be reading."""


def place(packages: Iterable[Package], source: Path, directory: Path) -> None:
    """Puts the files of packages into the pool, those that it has not."""
    pool = directory / "pool"
    pool.mkdir(parents=True, exist_ok=True)
    for package in packages:
        if not intact(pool, package):
            _put(source / package.file, pool / package.file)


def sweep(packages: Iterable[Package], directory: Path) -> None:
    """Takes what is no file of these packages out of the pool: once no index that is served names it any more."""
    wanted = {package.file for package in packages}
    for file in (directory / "pool").iterdir():
        if file.name not in wanted:
            file.unlink()


def refuse_foreign(directory: Path) -> None:
    """Raises RefusedError for a directory that holds something else than a repository of ours, or one that was begun; InputError for a file."""
    if not directory.exists():
        return
    if not directory.is_dir():
        raise InputError("this is no directory", where=str(directory))
    names = {entry.name for entry in directory.iterdir()}
    foreign = [name for name in names if name not in _OURS and not name.startswith(_PART)]
    if names and not names & {KEY, LOCK}:
        foreign = [*names]  # a mirror of somebody, whose parts have the same names
    foreign += [f"pool/{entry.name}" for entry in (directory / "pool").glob("*") if entry.is_dir()]
    foreign += [f"dists/{entry.name}" for entry in (directory / "dists").glob("*") if entry.name != SUITE]
    if foreign:
        raise RefusedError(
            f"there is something else in this directory: {min(foreign)}",
            where=str(directory),
            hint="name an empty one",
        )


def publish(packages: Iterable[Package], directory: Path, date: datetime) -> str:
    """Writes and signs the index; the key's fingerprint. Whoever reads meanwhile, or after this was cut off, finds the old one or the new one."""
    known = sorted(packages)
    text = index.packages_text(known, "pool").encode()
    architectures = sorted({package.architecture for package in known} - {"all"}) or ["amd64"]
    files: dict[str, bytes] = {}
    for architecture in architectures:
        name = f"main/binary-{architecture}/Packages"
        files |= {name: text, f"{name}.gz": gzip.compress(text, mtime=0), f"{name}.xz": lzma.compress(text)}
    top = directory / "dists" / SUITE
    for name, data in files.items():
        _write(_by_hash(top / name, hashlib.sha256(data).hexdigest()), data)
    release = index.release_text(
        files, origin=_ORIGIN, label="microdc packages", suite=SUITE, date=date, architectures=architectures
    )
    fingerprint = _signed(release, directory)
    for name, data in files.items():
        _write(top / name, data)
    for name in ("Release", "Release.gpg", "InRelease"):
        (top / f".{name}").replace(top / name)
    for place in {_by_hash(top / name, "").parent for name in files}:
        old = sorted(place.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for gone in old[_KEPT * 3 :]:  # plain, gz and xz
            gone.unlink()
    return fingerprint


def _signed(release: str, directory: Path) -> str:
    """The text and its signatures beside those that hold, and the key."""
    top = directory / "dists" / SUITE
    with signing.Signer() as signer:
        fresh = directory / f"{_PART}{KEY}"
        fingerprint = signer.export(fresh)
        part = top / ".Release"
        part.write_text(release, "utf-8")
        signer.detached(part, top / ".Release.gpg")
        signer.clear(part, top / ".InRelease")
        fresh.replace(directory / KEY)
        return fingerprint


def load(directory: Path) -> Repository:
    """What is in a repository, by its signed index. Raises InputError where there is none, ApplyError for a wrong signature or hash."""
    top = directory / "dists" / SUITE
    if not (top / "InRelease").is_file() or not (directory / KEY).is_file():
        raise InputError(
            "this is no package repository of microdc",
            where=str(directory),
            hint="microdc repo build makes one",
        )
    release = signing.verified(top / "InRelease", directory / KEY).decode()
    found: set[Package] = set()
    for line in release.partition("SHA256:\n")[2].splitlines():
        digest, _, name = line.split()
        file = _by_hash(top / name, digest)  # as apt reads it
        data = file.read_bytes() if file.is_file() else b""
        if hashlib.sha256(data).hexdigest() != digest:
            raise ApplyError(
                "the index is not what its signature says", where=str(file), hint="build it again"
            )
        if name.endswith("/Packages"):
            found |= set(index.parse(data.decode()))
    with signing.home() as home:
        listing = signing.listing(home, directory / KEY)
    return Repository(directory, tuple(sorted(found)), signing.fingerprint(listing))


def check(repository: Repository) -> None:
    """Reads every package. Raises ApplyError with the first that is missing or not what the index says."""
    for package in repository.packages:
        if not intact(repository.directory / "pool", package):
            raise ApplyError(
                "this package is missing, or not what the index says",
                where=package.file,
                hint="build it again",
            )


def _put(source: Path, target: Path) -> None:
    part = target.with_name(f".{target.name}")
    part.unlink(missing_ok=True)
    try:
        os.link(source, part)
    except OSError:  # another file system
        shutil.copyfile(source, part)
    part.chmod(0o644)
    part.replace(target)


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}")
    part.write_bytes(data)
    part.replace(file)


def _by_hash(file: Path, digest: str) -> Path:
    """Where the same lies under its hash: who has read the signed list gets what belongs to it, whatever was published since."""
    return file.parent / "by-hash" / "SHA256" / digest
