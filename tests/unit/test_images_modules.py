import gzip
import lzma
from pathlib import Path

import pytest

from microdc.errors import InputError
from microdc.images import modules

_NEEDS = {
    "virtio_net.ko": "net_failover,virtio",
    "net-failover.ko": "failover",
    "failover.ko": "",
    "virtio.ko": "",
    "bridge.ko": "stp,llc",
    "stp.ko": "llc",
    "llc.ko": "",
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Modules as far as they matter: the line of .modinfo that says what they need."""
    for name, needed in _NEEDS.items():
        path = tmp_path / "kernel" / "net" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"\x7fELF\0\0license=GPL\0depends={needed}\0name=x\0".encode())
    return tmp_path


def test_every_module_comes_after_what_it_needs(directory: Path) -> None:
    order = list(modules.load_order(["bridge", "virtio_net"], modules.find(directory)))
    assert order == ["llc", "stp", "bridge", "failover", "net_failover", "virtio", "virtio_net"]


def test_what_is_built_in_is_left_out(directory: Path) -> None:
    assert list(modules.load_order(["af_packet", "llc"], modules.find(directory))) == ["llc"]


def test_a_module_whose_need_is_missing_is_named(directory: Path) -> None:
    (directory / "kernel/net/llc.ko").unlink()
    with pytest.raises(InputError, match="llc, which stp needs, is missing"):
        modules.load_order(["stp"], modules.find(directory))


def test_compressed_modules_are_read(directory: Path) -> None:
    path = directory / "kernel/net/bridge.ko"
    contents = path.read_bytes()
    path.unlink()
    (directory / "a.ko.xz").write_bytes(lzma.compress(contents))
    (directory / "b.ko.gz").write_bytes(gzip.compress(contents))
    found = modules.find(directory)
    assert modules.read(found["a"]) == modules.read(found["b"]) == contents
    assert list(modules.load_order(["a"], found)) == ["llc", "stp", "a"]


def test_what_is_no_archive_is_named(directory: Path) -> None:
    (directory / "c.ko.gz").write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"c\.ko\.gz"):
        modules.read(directory / "c.ko.gz")
