"""Guest images, built where the cache has none: what everybody outside this room calls, with `guest.boot`."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Generator, Iterable
from pathlib import Path

from microdc import locations
from microdc.errors import UnreachableError
from microdc.events import Step
from microdc.images import cache, closure, contents, cpio
from microdc.images.guest import Guest, boot
from microdc.images.kernel import Flavour, guest_kernel
from microdc.images.model import GuestImage, GuestKernel

__all__ = ["Guest", "boot", "emulator_image", "image", "testing_image"]

_KEPT = 3
"""Images of each kind that stay in the cache."""


def emulator_image() -> Generator[Step, None, GuestImage]:
    """The image of the lab's emulator: a router with an SSH server, tc, ethtool and Python's standard library."""
    return (yield from image("emulator", contents.emulator))


def testing_image(distributions: Iterable[str]) -> Generator[Step, None, GuestImage]:
    """The image in which tests of the kernel run: the tools that measure, and these Python distributions installed here.

    Their own modules go beside it when a guest boots: see `python.sources` and the `files` of `boot`.
    """
    return (yield from image("testing", lambda kernel: contents.testing(kernel, distributions)))


def image(
    kind: str, filled: Callable[[GuestKernel], cpio.Tree], *, flavour: Flavour = "cloud", packed: bool = False
) -> Generator[Step, None, GuestImage]:
    """An image of another kind, for what boots it elsewhere. filled: all that lies in it, with a kernel's modules.

    packed: with zstd, for a machine that fetches it; a guest's own files cannot be laid over it then.
    """
    root = locations.cache_dir() / "guest"
    with cache.locked(root):
        kernel = yield from guest_kernel(root, flavour=flavour)
        return (yield from _built(root, kind, kernel, filled(kernel), packed=packed))


def _built(
    root: Path, kind: str, kernel: GuestKernel, tree: cpio.Tree, *, packed: bool
) -> Generator[Step, None, GuestImage]:
    digest = _digest(kernel, tree)
    directory = root / f"{kind}-{digest[:16]}"
    made = GuestImage(directory / "vmlinuz", directory / "initrd", digest)
    what = f"building the {kind} guest's image"
    if directory.is_dir():
        os.utime(directory)  # the last use, for pruning
        yield Step(what, "skipped", "it is in the cache")
        return made
    yield Step(what, "started", f"{len(tree)} files, kernel {kernel.release}")
    with cache.replaced_by(directory) as fresh:
        with (fresh / "initrd").open("wb") as out:
            cpio.write(tree, out)
        if packed:
            _pack(fresh / "initrd")
        (fresh / "vmlinuz").write_bytes(kernel.image.read_bytes())
    cache.prune(root, f"{kind}-*", keep=_KEPT)
    size = made.initrd.stat().st_size
    yield Step(what, "done", done=size, total=size, unit="bytes")
    return made


def _pack(archive: Path) -> None:
    """Packs a file in its place. One thread, so that the same archive always gives the same bytes."""
    argv = [str(closure.located("zstd")), "-q", "-12", "--single-thread", "--rm", str(archive)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnreachableError(f"zstd cannot pack the image: {done.stderr.strip()}", where=str(archive))
    archive.with_name(f"{archive.name}.zst").replace(archive)


def _digest(kernel: GuestKernel, tree: cpio.Tree) -> str:
    """Of all that goes into an image: contents where they are at hand, else size and time of the file they come from."""
    parts = hashlib.sha256(f"{kernel.release} {_stamp(kernel.image)}\n".encode())
    for path in sorted(tree):
        entry = tree[path]
        text = f"file {entry.mode} {_stamp(entry.content)}" if isinstance(entry, cpio.File) else repr(entry)
        parts.update(f"{path} {text}\n".encode())
    return parts.hexdigest()


def _stamp(content: bytes | Path | cpio.Derived) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    source = content if isinstance(content, Path) else content.source
    status = source.stat()
    return f"{type(content).__name__} {source} {status.st_size} {status.st_mtime_ns}"
