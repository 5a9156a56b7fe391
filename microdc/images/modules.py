"""Kernel modules: what each needs, in which order they are loaded. From the modules themselves, without depmod."""

from __future__ import annotations

import lzma
import re
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from microdc.errors import InputError, UnreachableError

_SUFFIX = re.compile(r"\.ko(\.xz|\.zst|\.gz)?$")
_ALIAS = re.compile(rb"(?<=\0)alias=([a-z0-9_]+:[^\0]+)(?=\0)")
_DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")


def find(directory: Path) -> dict[str, Path]:
    """The modules below a directory, by name with `_` for `-` as the kernel names them."""
    return {module_name(path): path for path in directory.rglob("*.ko*") if _SUFFIX.search(path.name)}


def module_name(path: Path) -> str:
    return _SUFFIX.sub("", path.name).replace("-", "_")


def read(path: Path) -> bytes:
    """A module as the kernel takes it, decompressed."""
    data = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(data)
    if path.suffix in {".zst", ".gz"}:
        return _filtered("zstd" if path.suffix == ".zst" else "gzip", data, path)
    return data


def _filtered(program: str, data: bytes, path: Path) -> bytes:
    try:
        return subprocess.run([program, "-dc"], input=data, capture_output=True, check=True).stdout
    except FileNotFoundError:
        hint = f"install {program}"
        raise UnreachableError(
            f"{program} is needed to read the module", where=str(path), hint=hint
        ) from None
    except subprocess.CalledProcessError as error:
        raise InputError(
            f"no module: {error.stderr.decode(errors='replace').strip()}", where=str(path)
        ) from None


def depends(module: bytes) -> list[str]:
    """The modules that a module needs, from the `depends` line of its .modinfo section."""
    found = _DEPENDS.search(module)
    return [name.replace("-", "_") for name in found[1].decode().split(",") if name] if found else []


def aliases(module: bytes) -> list[str]:
    """The patterns of the hardware that a module drives, from the `alias` lines of its .modinfo section."""
    return [found.decode("ascii", "replace") for found in _ALIAS.findall(module)]


def load_order(
    wanted: Iterable[str], available: Mapping[str, Path], read: Callable[[Path], bytes] = read
) -> dict[str, bytes]:
    """Name -> contents of the wanted modules and all that they need, each after what it needs.

    A wanted module that is not available is taken to be built into the kernel, or not made for it, and left out; one
    that is needed by an available one and missing raises InputError.
    """
    ordered: dict[str, bytes] = {}

    def add(name: str, needed_by: str) -> None:
        if name in ordered:
            return
        if name not in available:
            raise InputError(f"the module {name}, which {needed_by} needs, is missing", where="guest kernel")
        contents = read(available[name])
        for other in depends(contents):
            add(other, name)
        ordered[name] = contents

    for name in wanted:
        if name in available:
            add(name, name)
    return ordered
