"""Python for a guest: the interpreter that runs now, its library and packages, as bytecode so that it starts fast.

Library and packages come without their sources, which nothing in a guest reads; our own modules keep theirs, for
tracebacks and for pytest.
"""

from __future__ import annotations

import importlib.util
import py_compile
import re
import sys
import sysconfig
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from microdc.errors import UnreachableError
from microdc.images import closure
from microdc.images.cpio import Entry, File, Symlink

# Left out of the library: what needs a display or a network, and its own tests; of its extensions also what brings many
# libraries and is of no use in a guest.
_OF_THE_LIBRARY = frozenset(
    {"ensurepip", "idlelib", "lib2to3", "pydoc_data", "test", "tests", "tkinter", "turtledemo", "venv"}
    | {"dist-packages", "site-packages"}
)
_EXTENSIONS = ("_ctypes_test.", "_test", "_tkinter.", "nis.", "xx")
_OF_PACKAGES = frozenset({"..", "tests"})
_OF_ALL = frozenset({"__pycache__", ".git", ".venv", ".mypy_cache", ".ruff_cache", ".pytest_cache"})
_UNREAD = frozenset({".a", ".c", ".exe", ".h", ".pth", ".pyi", ".pyx", ".rst"})


@dataclass(frozen=True, slots=True)
class Bytecode:
    """A module's compiled form, which Python takes without a look at the source."""

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
    tree = {path: entry for path, entry in tree.items() if not Path(path).name.startswith(_EXTENSIONS)}
    return {"/usr/bin/python3": Symlink(str(program)), **tree, **closure.files([program, *_binaries(tree)])}


def packages(names: Iterable[str]) -> dict[str, Entry]:
    """Installed distributions and all that they require, as bytecode. Raises UnreachableError for one not installed."""
    tree: dict[str, Entry] = {}
    for found in required(names):
        for file in found.files or ():
            path = Path(str(file.locate())).resolve()
            if not _OF_ALL.union(_OF_PACKAGES).intersection(file.parts) and path.is_file():
                tree.update(_module(path))
    return {**tree, **closure.files(_binaries(tree))}


def required(names: Iterable[str]) -> list[Distribution]:
    """The distributions of these names and, recursively, what they require without extras, as far as it is here."""
    found: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        name = _normal(waiting.pop())
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            if name in map(_normal, names):
                hint = f"python -m pip install {name}"
                raise UnreachableError(f"{name} is not installed", where="guest image", hint=hint) from None
            continue  # required on other systems or Pythons only
        requirements = found[name].requires or []
        waiting += [re.split(r"[^A-Za-z0-9._-]", text)[0] for text in requirements if "extra ==" not in text]
    return [found[name] for name in sorted(found)]


def sources(paths: Iterable[Path], *, compiled: bool = False) -> dict[str, Entry]:
    """Files and directories as they are; compiled: with the modules' bytecode where Python looks for it."""
    tree: dict[str, Entry] = {}
    for path in paths:
        for file in _files(path, frozenset()):
            tree[str(file)] = File(file, file.stat().st_mode & 0o777)
            if compiled and file.suffix == ".py":
                tree[importlib.util.cache_from_source(str(file))] = File(Bytecode(file))
    return tree


def _tree(path: Path, skip: Collection[str]) -> Iterator[tuple[str, Entry]]:
    for file in _files(path, skip):
        yield from _module(file)


def _module(file: Path) -> Iterator[tuple[str, Entry]]:
    if file.suffix == ".py":
        yield f"{file}c", File(Bytecode(file))
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


def _normal(name: str) -> str:
    """A distribution's name as it is compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _binaries(tree: dict[str, Entry]) -> Iterator[Path]:
    for entry in tree.values():
        if isinstance(entry, File) and isinstance(entry.content, Path) and ".so" in entry.content.suffixes:
            yield entry.content
