"""The packages of an image installed into a directory, by mmdebstrap, from files that are here already."""

from __future__ import annotations

import contextlib
import os
import posixpath
import shlex
import shutil
import signal
import subprocess
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path

from microdc.errors import ApplyError, UnreachableError
from microdc.events import Step
from microdc.images.disk import overlay
from microdc.repository import index
from microdc.repository.model import Package
from microdc.repository.running import located

_HOOKS = Path("/usr/share/mmdebstrap/hooks/merged-usr")
_APART = (
    "setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "slave", "--pid", "--fork", "--kill-child", "--mount-proc",
)  # fmt: skip
"""Its mounts are seen by nobody else, and go with it; and it goes when microdc is killed."""
FORMAT = 2
"""Grows where what is done here gives another directory of the same packages and files."""
_AR_TIME = slice(8 + 16, 8 + 28)
"""In a package's file, which is an ar archive: when its first member was made, which is when the package was."""


def install(
    packages: Sequence[Package], asked: Iterable[str], pool: Path, work: Path, epoch: int
) -> Generator[Step, None, Path]:
    """The root directory, in a working directory. packages: all; asked: those that others are needed by.

    No service is started, since mmdebstrap puts a policy in its way. Where it may not mount, it says so and goes on, and what needs /proc
    in a package's script then fails with the script's own words. Raises UnreachableError, ApplyError.
    """
    if os.geteuid() != 0:
        raise UnreachableError(
            "building an image needs root: its files belong to its own users", hint="run it with sudo"
        )
    if not _HOOKS.is_dir():
        raise UnreachableError(
            "mmdebstrap has no hooks for a merged /usr",
            where=str(_HOOKS),
            hint="install mmdebstrap 1.2 or newer",
        )
    mirror, root, log = work / "mirror", work / "root", work / "mmdebstrap.log"
    mirror.mkdir()
    for package in packages:
        (mirror / package.file).symlink_to(pool / package.file)
    (mirror / "Packages").write_text(index.packages_text(packages), "utf-8")
    what = f"installing {len(packages)} packages"
    yield Step(what, "started", done=0, total=len(packages), unit="packages")
    initramfs = work / "initramfs.conf"
    initramfs.write_bytes(overlay.own("initramfs.conf"))
    argv = [*_apart(), *_argv(sorted(asked), root, mirror, initramfs)]
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "SOURCE_DATE_EPOCH": str(epoch),
    }
    with (
        log.open("wb") as out,
        subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment, start_new_session=True
        ) as process,
    ):
        try:
            while not _ended(process):
                done = min(log.read_bytes().count(b"\nSetting up "), len(packages))
                yield Step(what, "progress", done=done, total=len(packages), unit="packages")
        finally:
            _end(process)
    if process.returncode != 0:
        told = log.read_text("utf-8", errors="replace").splitlines()
        wrong = [line for line in told if line.startswith("E: ") or "dpkg: error" in line] or told[-1:]
        raise ApplyError(f"mmdebstrap failed: {'; '.join(wrong[:3])}", where=str(log))
    shutil.rmtree(mirror)
    yield Step(what, "done", done=len(packages), total=len(packages), unit="packages")
    return root


def epoch_of(packages: Iterable[Package], pool: Path) -> int:
    """When the newest of the packages was made, in seconds: the time of an image that is made of them."""
    times = []
    for package in packages:
        with (pool / package.file).open("rb") as file:
            times.append(int(file.read(_AR_TIME.stop)[_AR_TIME]))
    return max(times, default=0)


def _argv(asked: Sequence[str], root: Path, mirror: Path, initramfs: Path) -> list[str]:
    settings = [line for line in overlay.own("dpkg.cfg").decode().splitlines() if line.startswith("path-")]
    options = [f"--dpkgopt={line}" for line in ("force-unsafe-io", *settings)]
    return [
        located("mmdebstrap"), "--verbose",
        "--mode=root", "--variant=apt", "--format=directory", f"--include={','.join(asked)}",
        f"--hook-dir={_HOOKS}", *options,
        f'--essential-hook=mkdir -p "$1{posixpath.dirname(overlay.INITRAMFS)}"',
        f"--essential-hook=upload {shlex.quote(str(initramfs))} {overlay.INITRAMFS}",
        '--aptopt=APT::Install-Recommends "false"', "",
        str(root), f"deb [trusted=yes] copy:{mirror} ./",
    ]  # fmt: skip


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends it, and all that it started, where somebody interrupted."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _apart() -> tuple[str, ...]:
    """Words before a command that put it apart from the system; none where that is not allowed, and nothing can be mounted either."""
    try:
        allowed = subprocess.run([*_APART, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        allowed = False
    return _APART if allowed else ()
