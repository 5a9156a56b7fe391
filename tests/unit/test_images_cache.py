"""The cache, and the kernel fetched into it: with a stand-in for apt, and real packages."""

import os
import subprocess
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from microdc.errors import InputError, UnreachableError
from microdc.events import Step
from microdc.images import cache
from microdc.images.kernel import VARIABLE, guest_kernel
from microdc.images.model import GuestKernel

_APT = """#!/bin/sh
echo "$0 $*" >>"$CALLS"
case "${0##*/} $*" in
  "dpkg --print-architecture") echo amd64 ;;
  "apt-cache depends --important linux-image-amd64")
    echo "linux-image-amd64"; echo "  Depends: linux-image-6.1.0-9-amd64" ;;
  "apt-cache depends --important linux-image-6.1.0-9-amd64")
    echo "linux-image-6.1.0-9-amd64"; echo "  Depends: kmod"; echo "  Depends: linux-modules-6.1.0-9-amd64" ;;
  "apt-cache depends --important linux-modules-6.1.0-9-amd64") echo "linux-modules-6.1.0-9-amd64" ;;
  "apt-get download"*) shift 2; for package; do cp "$PACKAGES/$package.deb" . || exit 100; done ;;
  *) echo "E: No packages found" >&2; exit 100 ;;
esac
"""


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """apt and dpkg that know one kernel; returns the file in which they note how they were called."""
    packages, programs = tmp_path / "packages", tmp_path / "programs"
    programs.mkdir()
    _package(packages, "linux-image-6.1.0-9-amd64", "boot/vmlinuz-6.1.0-9-amd64")
    _package(packages, "linux-modules-6.1.0-9-amd64", "lib/modules/6.1.0-9-amd64/kernel/sch_netem.ko")
    for name in ("apt-get", "apt-cache", "dpkg"):
        (programs / name).write_text(_APT)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("PACKAGES", str(packages))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.delenv(VARIABLE, raising=False)
    return tmp_path / "calls"


def _package(packages: Path, name: str, file: str) -> None:
    root = packages / name
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: 1\nArchitecture: amd64\nMaintainer: none\nDescription: none\n"
    )
    (root / file).parent.mkdir(parents=True)
    (root / file).write_bytes(b"contents")
    subprocess.run(["dpkg-deb", "--build", str(root)], check=True, capture_output=True)


def _result(steps: Generator[Step, None, GuestKernel]) -> tuple[list[Step], GuestKernel]:
    told = []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as end:
            return told, end.value


def test_a_kernel_is_fetched_once_and_then_taken_from_the_cache(apt: Path, tmp_path: Path) -> None:
    store = tmp_path / "cache"
    told, kernel = _result(guest_kernel(store))
    assert [step.state for step in told] == ["started", "done", "started", "done"]
    assert kernel.release == "6.1.0-9-amd64"
    assert kernel.image.read_bytes() == b"contents"
    assert (kernel.modules / "kernel/sch_netem.ko").exists()
    calls = apt.read_text()
    assert _result(guest_kernel(store)) == ([], kernel)
    assert apt.read_text() == calls
    assert [path.name for path in store.iterdir()] == ["kernel"]


@pytest.mark.usefixtures("apt")
def test_a_fetch_that_fails_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACKAGES", str(tmp_path / "nowhere"))
    store = tmp_path / "cache"
    with pytest.raises(UnreachableError, match="apt-get download failed") as failed:
        _result(guest_kernel(store))
    assert VARIABLE in failed.value.hint
    assert list(store.iterdir()) == []


@pytest.mark.usefixtures("apt")
def test_without_apt_it_says_what_to_provide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with pytest.raises(UnreachableError, match="there is no dpkg") as failed:
        _result(guest_kernel(tmp_path / "cache"))
    assert VARIABLE in failed.value.hint


def test_a_kernel_that_is_given_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for release in ("6.1.0-9", "6.1.0-10"):
        (tmp_path / "usr/lib/modules" / release).mkdir(parents=True)
        (tmp_path / "boot").mkdir(exist_ok=True)
        (tmp_path / f"boot/vmlinuz-{release}").touch()
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert _result(guest_kernel(tmp_path / "cache"))[1].release == "6.1.0-10"
    with pytest.raises(InputError, match="no kernel in this directory"):
        _result(guest_kernel(tmp_path / "cache", given=tmp_path / "boot"))


def test_a_directory_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    directory = tmp_path / "image"
    with cache.replaced_by(directory) as fresh:
        (fresh / "file").write_text("old")
    with pytest.raises(RuntimeError), cache.replaced_by(directory) as fresh:  # noqa: PT012 - the block is what is tried
        (fresh / "file").write_text("new")
        raise RuntimeError
    assert (directory / "file").read_text() == "old"
    assert list(tmp_path.iterdir()) == [directory]


def test_one_builder_at_a_time(tmp_path: Path) -> None:
    inside: list[str] = []
    entered = threading.Event()

    def other() -> None:
        entered.set()
        with cache.locked(tmp_path):
            inside.append("other")

    thread = threading.Thread(target=other)
    with cache.locked(tmp_path):
        thread.start()
        entered.wait(10)
        inside.append("first")
    thread.join(10)
    assert inside == ["first", "other"]


def test_the_images_used_last_are_kept(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"emulator-{number}").mkdir()
        os.utime(tmp_path / f"emulator-{number}", (number, number))
    (tmp_path / ".emulator-9.half").mkdir()
    (tmp_path / "testing-0").mkdir()
    cache.prune(tmp_path, "emulator-*", keep=3)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "emulator-2",
        "emulator-3",
        "emulator-4",
        "testing-0",
    ]
