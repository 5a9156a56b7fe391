import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from microdc.errors import UnreachableError
from microdc.images import closure, contents, cpio, python
from microdc.images.cpio import File, Symlink


def _unpack(tree: cpio.Tree, root: Path) -> None:
    """Lays a tree out below a directory, so that what is in it can be tried there."""
    for path, entry in tree.items():
        target = root / path.removeprefix("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(entry, Symlink):
            target.unlink(missing_ok=True)
            target.symlink_to(entry.target)
        elif isinstance(entry, File):
            target.write_bytes(entry.read())
            target.chmod(entry.mode)


def test_links_on_the_way_are_kept(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/file-1").write_bytes(b"contents")
    (tmp_path / "real/file").symlink_to("file-1")
    (tmp_path / "alias").symlink_to("real")
    found = dict(closure.with_links(tmp_path / "alias/file"))
    assert found == {
        str(tmp_path / "alias"): Symlink("real"),
        str(tmp_path / "real/file"): Symlink("file-1"),
        str(tmp_path / "real/file-1"): File(
            tmp_path / "real/file-1", (tmp_path / "real/file-1").stat().st_mode & 0o777
        ),
    }


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(UnreachableError, match="too many symbolic links"):
        list(closure.with_links(tmp_path / "a"))


def test_a_missing_program_is_named_with_its_package() -> None:
    with pytest.raises(UnreachableError, match="no-such-program"):
        closure.programs(["no-such-program"])


@pytest.mark.root
def test_programs_run_with_nothing_but_their_tree(tmp_path: Path) -> None:
    _unpack({**contents.base(), **python.interpreter(), **closure.programs(["sh", "ip"])}, tmp_path)
    code = "import ssl, json, asyncio, ctypes, lzma"
    for argv in (["/bin/sh", "-c", "ip link show lo"], ["/usr/bin/python3", "-c", code]):
        done = subprocess.run(["chroot", str(tmp_path), *argv], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_modules_come_as_bytecode_of_this_python(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("VALUE = 42\n")
    shown = python.sources([package], compiled=True)
    assert {Path(path).name for path in shown} == {
        "__init__.py",
        f"__init__.{sys.implementation.cache_tag}.pyc",
    }
    out = tmp_path / "out"
    _unpack(shown, out)
    shutil.rmtree(package)
    code = "import package; print(package.VALUE, package.__cached__)"
    moved = out / str(tmp_path).removeprefix("/")
    done = subprocess.run([sys.executable, "-c", code], cwd=moved, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("42 ")


def test_requirements_are_followed_and_extras_are_not() -> None:
    names = {found.metadata["Name"].lower() for found in python.required(["pytest"])}
    assert {"pytest", "pluggy", "iniconfig", "packaging"} <= names
    assert "hypothesis" not in names  # one of pytest's own extras
    with pytest.raises(UnreachableError, match="no-such-distribution"):
        python.required(["no-such-distribution"])
