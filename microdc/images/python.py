"""Python for a guest: the interpreter that runs now, its library and packages, as bytecode so that it starts fast.

Library and packages come without their sources, which nothing in a guest reads; our own modules keep theirs, for
tracebacks and for pytest.
"""

from __future__ import annotations

import importlib.util
import py_compile
import sys
import sysconfig
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from microdc.images import closure
from microdc.images.cpio import Entry, File, Symlink

_OF_THE_LIBRARY = frozenset(
    {"ensurepip", "idlelib", "lib2to3", "pydoc_data", "test", "tests", "tkinter", "turtledemo", "venv"}
    | {"dist-packages", "site-packages"}
)
"""Left out: what needs a display or a network, and the library's own tests."""
_OF_PACKAGES = frozenset({"bin", "tests", "testing_data"})
_OF_ALL = frozenset({"__pycache__", ".git", ".venv", ".mypy_cache", ".ruff_cache", ".pytest_cache"})
_UNREAD = frozenset({".a", ".c", ".exe", ".h", ".pth", ".pyi", ".pyx", ".rst"})
_HEADER = 16  # bytes before the code in a .pyc: magic, flags, then mtime and size (PEP 552)


@dataclass(frozen=True, slots=True)
class Bytecode:
    """A module's compiled form: what Python has cached of it here if that is fresh, else compiled now."""

    source: Path

    def read_bytes(self) -> bytes:
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        with tempfile.NamedTemporaryFile(suffix=".pyc") as out:
            py_compile.compile(str(self.source), out.name, doraise=True, invalidation_mode=mode, quiet=1)
            return Path(out.name).read_bytes()


def interpreter() -> dict[str, Entry]:
    """The interpreter that runs now, without packages, and `/usr/bin/python3` as a name for it."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    program = Path(sys.base_prefix) / "bin" / name
    if not program.exists():
        program = Path(sys.executable).resolve()
    tree = dict(_tree(Path(sysconfig.get_path("stdlib")), _OF_THE_LIBRARY))
    for directory in sys.path:
        if Path(directory).name == "lib-dynload":
            tree.update(_tree(Path(directory), frozenset()))
    return {"/usr/bin/python3": Symlink(str(program)), **tree, **closure.files([program, *_binaries(tree)])}


def packages(directory: Path, *, skip: Collection[str] = ()) -> dict[str, Entry]:
    """The packages of a site-packages directory, as bytecode. skip: names in the directory that are left out."""
    tree: dict[str, Entry] = {}
    for path in sorted(directory.iterdir()):
        if path.name.split("-")[0] not in skip and path.name not in skip:
            tree.update(_tree(path, _OF_PACKAGES))
    return {**tree, **closure.files(_binaries(tree))}


def sources(paths: Iterable[Path]) -> dict[str, Entry]:
    """Files and directories with their Python modules as they are, and the bytecode where Python looks for it."""
    tree: dict[str, Entry] = {}
    for path in paths:
        for file in _files(path, frozenset()):
            tree[str(file)] = File(file, file.stat().st_mode & 0o777)
            if file.suffix == ".py":
                tree[importlib.util.cache_from_source(str(file))] = File(Bytecode(file))
    return tree


def _tree(path: Path, skip: Collection[str]) -> Iterator[tuple[str, Entry]]:
    for file in _files(path, skip):
        if file.suffix == ".py":
            yield str(file) + "c", File(Bytecode(file))
        elif file.suffix not in _UNREAD:
            yield str(file), File(file, file.stat().st_mode & 0o777)


def _files(path: Path, skip: Collection[str]) -> Iterator[Path]:
    if path.name in _OF_ALL or path.name in skip or path.name.startswith("config-"):
        return
    if path.is_dir():
        for child in sorted(path.iterdir()):
            yield from _files(child, skip)
    elif path.is_file():
        yield path


def _binaries(tree: dict[str, Entry]) -> Iterator[Path]:
    for entry in tree.values():
        if isinstance(entry, File) and isinstance(entry.content, Path) and ".so" in entry.content.suffixes:
            yield entry.content
