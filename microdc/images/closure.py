"""What programs of this machine need to run elsewhere: shared libraries, symbolic links, Python's own library.

Everything keeps its path, so that a program finds in the guest what it finds here. Reads files; changes nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from microdc import requirements
from microdc.errors import UnreachableError
from microdc.images.cpio import Entry, File, Symlink

_LIBRARY = re.compile(r"^\s+(?:\S+ => )?(/\S+) \(0x[0-9a-f]+\)$", re.MULTILINE)
_ELF = b"\x7fELF"
_LINKS = 40  # as many symbolic links as the kernel follows in one path


def programs(names: Iterable[str]) -> dict[str, Entry]:
    """The tree of programs found by name, with their libraries. Raises UnreachableError for one not installed."""
    return files(located(name) for name in names)


def located(name: str) -> Path:
    """Where a program of this machine is."""
    found = requirements.find(name)
    if found is None:
        package = next((tool.package for tool in requirements.TOOLS if tool.program == name), name)
        raise UnreachableError(f"no program {name!r} to put into a guest", hint=f"install {package}")
    return Path(found)


def files(paths: Iterable[Path]) -> dict[str, Entry]:
    """The tree of these files, of the links on the way to them, and of the libraries they are linked with."""
    tree: dict[str, Entry] = {}
    for path in paths:
        tree.update(with_links(path))
    for library in libraries(Path(path) for path, entry in tree.items() if isinstance(entry, File)):
        tree.update(with_links(library))
    return tree


def with_links(path: Path) -> Iterator[tuple[str, Entry]]:
    """A file at its real path, and every symbolic link that is met on the way to it, links among directories too."""
    parts, at = list(path.absolute().parts[1:]), Path("/")
    for _ in range(_LINKS):
        while parts:
            at /= parts.pop(0)
            if at.is_symlink():
                break
        else:
            yield str(at), File(at, at.stat().st_mode & 0o777)
            return
        target = str(at.readlink())
        yield str(at), Symlink(target)
        parts = [*Path(os.path.normpath(at.parent / target)).parts[1:], *parts]
        at = Path("/")
    raise UnreachableError("too many symbolic links", where=str(path))


def libraries(binaries: Iterable[Path]) -> list[Path]:
    """The shared libraries and loaders that programs and libraries are linked with, as ldd finds them here."""
    wanted = sorted({str(binary) for binary in binaries if _is_elf(binary)})
    if not wanted:
        return []
    # ldd has status 1 as soon as one of them is linked statically, which is no failure
    done = subprocess.run(["ldd", *wanted], capture_output=True, text=True, check=False)
    return [Path(text) for text in sorted(set(_LIBRARY.findall(done.stdout)))]


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_ELF)) == _ELF


def applets(busybox: Path) -> list[str]:
    """The programs that this busybox can be."""
    done = subprocess.run([str(busybox), "--list"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UnreachableError("busybox does not list its applets", where=str(busybox))
    return [name for name in done.stdout.split() if name != "busybox"]
