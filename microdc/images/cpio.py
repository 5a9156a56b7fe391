"""Archives in the "newc" form of cpio, which the kernel unpacks as its first root file system. Pure but for reading.

The same entries always give the same bytes: times are zero, owners root, the order is that of the paths. The kernel
takes several archives one after the other (Documentation/driver-api/early-userspace/buffer-format.rst).
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from microdc.errors import InputError

_MAGIC = b"070701"
_BLOCK = 512  # archives are padded to whole blocks, as cpio writes them


@dataclass(frozen=True, slots=True)
class Directory:
    mode: int = 0o755


class Derived(Protocol):
    """Contents that are made of a file of this machine when they are needed."""

    @property
    def source(self) -> Path: ...

    def read_bytes(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class File:
    """content: the bytes, the file of this machine that holds them, or what is made of one."""

    content: bytes | Path | Derived
    mode: int = 0o644

    def read(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()


@dataclass(frozen=True, slots=True)
class Symlink:
    target: str


@dataclass(frozen=True, slots=True)
class CharDevice:
    major: int
    minor: int
    mode: int = 0o600


Entry = Directory | File | Symlink | CharDevice
Tree = Mapping[str, Entry]
"""Absolute path in the guest -> what lies there. Directories that are only parents need not be named."""


def write(tree: Tree, out: IO[bytes]) -> None:
    """Writes the archive of a tree. Raises InputError for a path that is not absolute and plain."""
    entries = dict(_with_parents(tree))
    for number, path in enumerate(sorted(entries), start=1):
        _write_entry(out, number, path.removeprefix("/"), entries[path])
    _write_header(out, "TRAILER!!!", ino=0, mode=0, size=0)
    out.write(bytes(-out.tell() % _BLOCK))  # an archive may follow another, whose end is a whole block too


def _with_parents(tree: Tree) -> Iterator[tuple[str, Entry]]:
    parents: set[str] = set()
    for path in tree:
        pure = PurePosixPath(path)
        if str(pure) != path or not pure.is_absolute() or ".." in pure.parts or path == "/":
            raise InputError(f"{path!r} is no plain absolute path", where="guest image")
        for parent in map(str, pure.parents):
            if not isinstance(tree.get(parent, Directory()), Directory):
                raise InputError(
                    f"{path!r} lies below {parent!r}, which is no directory", where="guest image"
                )
            parents.add(parent)
    yield from ((parent, Directory()) for parent in parents - {"/"})
    yield from tree.items()  # what is named comes after, and wins


def _write_entry(out: IO[bytes], number: int, name: str, entry: Entry) -> None:
    match entry:
        case Directory(mode):
            _write_header(out, name, ino=number, mode=stat.S_IFDIR | mode, size=0)
        case CharDevice(major, minor, mode):
            _write_header(out, name, ino=number, mode=stat.S_IFCHR | mode, size=0, device=(major, minor))
        case Symlink(target):
            data = target.encode()
            _write_header(out, name, ino=number, mode=stat.S_IFLNK | 0o777, size=len(data))
            _write_padded(out, data)
        case File(_, mode):
            data = entry.read()
            _write_header(out, name, ino=number, mode=stat.S_IFREG | mode, size=len(data))
            _write_padded(out, data)


def _write_header(
    out: IO[bytes], name: str, *, ino: int, mode: int, size: int, device: tuple[int, int] = (0, 0)
) -> None:
    encoded = name.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    # ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
    fields = (ino, mode, 0, 0, links, 0, size, 0, 0, *device, len(encoded), 0)
    _write_padded(out, _MAGIC + b"".join(b"%08X" % field for field in fields) + encoded)


def _write_padded(out: IO[bytes], data: bytes) -> None:
    out.write(data)
    out.write(bytes(-len(data) % 4))
