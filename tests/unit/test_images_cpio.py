import io
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from microdc.errors import InputError
from microdc.images import cpio
from microdc.images.cpio import CharDevice, Directory, File, Symlink


def _archive(tree: cpio.Tree) -> bytes:
    out = io.BytesIO()
    cpio.write(tree, out)
    return out.getvalue()


def _unpack(archive: bytes, into: Path) -> None:
    """With busybox's cpio, which others wrote."""
    subprocess.run(["busybox", "cpio", "-i", "-d"], input=archive, cwd=into, capture_output=True, check=True)


needs_busybox = pytest.mark.skipif(not shutil.which("busybox"), reason="needs busybox")


@needs_busybox
def test_another_cpio_unpacks_what_we_pack(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(os.urandom(10_001))
    tree: cpio.Tree = {
        "/bin/tool": File(source, 0o755),
        "/etc/empty": File(b""),
        "/etc/odd": File(b"abc"),
        "/link": Symlink("bin/tool"),
        "/private": Directory(0o700),
    }
    unpacked = tmp_path / "out"
    unpacked.mkdir()
    _unpack(_archive(tree), unpacked)
    assert (unpacked / "bin/tool").read_bytes() == source.read_bytes()
    assert stat.S_IMODE((unpacked / "bin/tool").stat().st_mode) == 0o755
    assert (unpacked / "etc/empty").read_bytes() == b""
    assert (unpacked / "etc/odd").read_bytes() == b"abc"
    assert (unpacked / "link").readlink() == Path("bin/tool")
    assert stat.S_IMODE((unpacked / "private").stat().st_mode) == 0o700


@needs_busybox
@pytest.mark.root
def test_devices_keep_their_numbers(tmp_path: Path) -> None:
    _unpack(_archive({"/dev/null": CharDevice(1, 3, 0o666)}), tmp_path)
    status = (tmp_path / "dev/null").stat()
    assert stat.S_ISCHR(status.st_mode)
    assert (os.major(status.st_rdev), os.minor(status.st_rdev)) == (1, 3)


def test_the_order_of_entries_does_not_show() -> None:
    entries: list[tuple[str, cpio.Entry]] = [("/b/c", File(b"1")), ("/a", Symlink("b")), ("/b", Directory())]
    assert _archive(dict(entries)) == _archive(dict(reversed(entries)))


def test_archives_may_follow_one_another() -> None:
    assert len(_archive({"/a": File(b"abc")})) % 512 == 0


@pytest.mark.parametrize("path", ["a", "/", "/a/../b", "/a//b", "/a/", "/a/./b"])
def test_paths_that_are_not_plain_are_refused(path: str) -> None:
    with pytest.raises(InputError, match="no plain absolute path"):
        _archive({path: Directory()})


def test_a_file_below_a_link_is_refused_since_the_kernel_would_lose_it() -> None:
    with pytest.raises(InputError, match="below '/lib', which is no directory"):
        _archive({"/lib": Symlink("usr/lib"), "/lib/a": File(b"")})
