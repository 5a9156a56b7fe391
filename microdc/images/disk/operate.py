"""Disk images of nodes, built where the cache has none: what everybody outside this room calls."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from microdc import __version__
from microdc.errors import ApplyError, InputError
from microdc.events import Step
from microdc.images import cache
from microdc.images.disk import assemble, loader, overlay, recipe, rootfs, shelf
from microdc.images.disk.model import EFI_PARTITION, ROOT_PARTITION, DiskImage, Manifest, Recipe
from microdc.images.disk.recipe import Recipes
from microdc.images.disk.shelf import adopt, found, prune
from microdc.images.disk.shelf import check as verify
from microdc.images.disk.signing import public as public_key
from microdc.repository import apt, sources
from microdc.repository.apt import ESSENTIAL, AptRoot
from microdc.repository.model import Package, Sources
from microdc.repository.running import located

__all__ = [
    "Recipes",
    "Verdict",
    "adopt",
    "asked",
    "audit",
    "build",
    "find",
    "found",
    "packages_of",
    "prune",
    "public_key",
    "sources_of",
    "status_of",
    "verify",
]

_BASE = (
    "apt", "ca-certificates", "e2fsprogs", "initramfs-tools", "iproute2", "kmod", "linux-image-{kernel}", "netbase", "openssh-server",
    "python3", "systemd-sysv", "udev", "usr-is-merged", "zstd",
)  # fmt: skip
"""What every image has: it boots, is reached by SSH, and runs what Ansible brings. zstd: for its initramfs."""
_LEVEL = "-5"  # of zstd: 95 % of what three times the time would give


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of reading an image whole. wrong: "" where it is as it was built."""

    name: str
    path: Path
    digest: str
    wrong: str = ""


def find(name: str) -> DiskImage | None:
    """The image of this name that was built or used last, None where there is none. One with a wrong signature is none."""
    return next(shelf.found(name), None)


def build(documents: Path | None, name: str, *, anew: bool = False) -> Generator[Step, None, DiskImage]:
    """The image of a name, from the cache where one is there of the same documents, packages and files of ours.

    documents: the inventory's directory. anew: build it also where the cache has it. Raises InputError, DocumentError, UnreachableError,
    ApplyError.
    """
    wanted = Recipes(documents)[name]
    with cache.locked(shelf.place()):
        shelf.tidy()
        root = apt_root(wanted)
        yield from root.update()
        what = f"working out the packages of {name}"
        yield Step(what, "started")
        packages = resolve(root, wanted)
        yield Step(what, "done", done=len(packages), unit="packages")
        key = key_of(wanted, packages)
        directory = shelf.directory_of(name, key)
        known = None if anew else _known(directory)
        if known is not None:
            os.utime(directory)  # the last use, for pruning
            yield Step(f"building {name}", "skipped", "it is in the cache")
            return known
        yield from root.fetch(packages, apt.pool())
        try:
            yield from _built(wanted, packages, apt.pool(), directory, key)
        except OSError as error:
            what = f"the image cannot be built: {error.strerror or error}"
            raise ApplyError(what, where=str(error.filename or directory)) from None
    image = shelf.load(directory)
    if image is None:
        raise ApplyError("the image is gone as soon as it was built", where=str(directory))
    return image


def audit() -> list[Verdict]:
    """Reads all images of the cache whole."""
    verdicts = [
        Verdict(directory.name[:-17], directory, "", error.what) for directory, error in shelf.wrong()
    ]
    for image in found():
        wrong = ""
        try:
            verify(image)
        except InputError as error:
            wrong = error.what
        verdicts.append(Verdict(image.manifest.name, image.directory, image.manifest.digest, wrong))
    return sorted(verdicts, key=lambda verdict: str(verdict.path))


def asked(
    known: Recipes, *, images: Iterable[str], roles: Iterable[str], packages: Iterable[str]
) -> list[str]:
    """The packages that a repository is asked for: all of images, what roles add to the images that they extend, and others by name."""
    words: list[str] = []
    for name in images:
        words += [ESSENTIAL, *packages_of(known[name])]
    for name in roles:
        words += known[name].own
    return [*words, *packages]


def sources_of(known: Recipes, names: Iterable[str]) -> Sources | None:
    """Where the packages of images come from; None for this machine's own sources. Raises InputError where they differ."""
    lines = {known[name].sources for name in names}
    if len(lines) > 1:
        raise InputError("these images have different sources", hint="build a repository for each")
    own = next(iter(lines), ())
    return sources.of_document(own) if own else None


def status_of(name: str | None) -> str:
    """What dpkg has installed in the image of a name, as it was built; "" for no image. Raises InputError where it was not."""
    if name is None:
        return ""
    image = find(name)
    if image is None:
        raise InputError(f"the image {name!r} was not built here", hint=f"microdc image build {name}")
    return shelf.status(image)


def apt_root(wanted: Recipe) -> AptRoot:
    """A root of apt with the sources of an image, and nothing installed."""
    return apt.opened(sources.of_document(wanted.sources) if wanted.sources else sources.of_machine())


def packages_of(wanted: Recipe) -> tuple[str, ...]:
    """The packages that are asked for, those that every image has among them."""
    flavour = f"{wanted.kernel}-amd64" if wanted.kernel == "cloud" else "amd64"
    return tuple(dict.fromkeys([*(name.format(kernel=flavour) for name in _BASE), *wanted.packages]))


def resolve(root: AptRoot, wanted: Recipe) -> list[Package]:
    """All packages of an image. Raises DocumentError, with the document's place, for what apt cannot resolve."""
    try:
        return root.resolve([ESSENTIAL, *packages_of(wanted)])
    except InputError as error:
        raise recipe.unknown(wanted, error) from None


def key_of(wanted: Recipe, packages: Sequence[Package]) -> str:
    """SHA-256 of all that goes into an image."""
    told = hashlib.sha256(f"{rootfs.FORMAT} {recipe.digest(wanted)}\n".encode())
    for package in packages:
        told.update(f"{package.exact} {package.architecture} {package.sha256}\n".encode())
    for part in overlay.contents(overlay.tree(wanted, "")):
        told.update(hashlib.sha256(part).digest())
    for file in loader.parts():
        told.update(hashlib.sha256(file.read_bytes()).digest())
    return told.hexdigest()


def _known(directory: Path) -> DiskImage | None:
    try:
        return shelf.load(directory)
    except InputError:
        return None  # it is built over


def _built(
    wanted: Recipe, packages: Sequence[Package], pool: Path, directory: Path, key: str
) -> Generator[Step, None, None]:
    epoch = rootfs.epoch_of(packages, pool)
    with (
        cache.replaced_by(directory) as fresh,
        tempfile.TemporaryDirectory(prefix=".work.", dir=shelf.place()) as made,
    ):
        work = Path(made)
        root = yield from rootfs.install(packages, packages_of(wanted), pool, work, epoch)
        status = (root / "var/lib/dpkg/status").read_text("utf-8")
        overlay.apply(root, overlay.tree(wanted, key), wanted.services)
        what = f"making the disk of {wanted.name}"
        yield Step(what, "started")
        release, suite = assemble.kernel_release(root), _suite(root)
        assemble.disk(root, work / "disk.raw", work, key=key, epoch=epoch)
        shutil.rmtree(root)
        raw_digest, raw = _pack(work / "disk.raw", fresh / shelf.DISK)
        (fresh / "dpkg-status").write_text(status, "utf-8")
        size = (fresh / shelf.DISK).stat().st_size
        manifest = Manifest(
            wanted.name, key, _digest(fresh / shelf.DISK), size, raw_digest, raw, ROOT_PARTITION, EFI_PARTITION, release, suite,
            "amd64", recipe.digest(wanted), f"microdc {__version__}", assemble.versions(status),
        )  # fmt: skip
        shelf.sign(fresh, manifest)
        yield Step(what, "done", f"{raw / 1e6:.0f} MB on disk", done=size, total=size, unit="bytes")


def _suite(root: Path) -> str:
    return sources.os_release((root / "usr/lib/os-release").read_text("utf-8")).get("VERSION_CODENAME", "")


def _pack(raw: Path, packed: Path) -> tuple[str, int]:
    """Packs a disk; its own SHA-256 and size."""
    argv = [located("zstd"), "-q", "-T0", _LEVEL, str(raw), "-o", str(packed)]
    done = subprocess.run(argv, capture_output=True, check=False)
    if done.returncode != 0:
        raise ApplyError(f"zstd failed: {done.stderr.decode(errors='replace').strip()}", where=str(packed))
    return _digest(raw), raw.stat().st_size


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
