"""The distribution's kernel for guests: fetched as a package, unpacked into microdc's cache, never installed.

Seen working: Debian 12 on amd64. The names for arm64 and for Ubuntu are theirs, and untested.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Literal

from microdc.errors import InputError, UnreachableError
from microdc.events import Step
from microdc.images.cache import replaced_by
from microdc.images.model import GuestKernel

VARIABLE = "MICRODC_GUEST_KERNEL"
"""Environment variable with the directory of a kernel to use instead: unpacked packages, or `/` for the installed one."""

Flavour = Literal["cloud", "generic"]
"""cloud: with the drivers of virtual machines; generic: with those of servers, several times as large."""

_METAPACKAGES: dict[Flavour, tuple[str, ...]] = {
    "cloud": ("linux-image-cloud-{0}", "linux-image-{0}", "linux-image-virtual", "linux-image-generic"),
    "generic": ("linux-image-{0}", "linux-image-generic"),
}
_CONCRETE = re.compile(r"linux-(image|modules)(-unsigned|-extra)?-\d[a-z0-9.+~-]*")
_HINT = f"run `apt-get update`, or unpack a kernel package (vmlinuz and modules) somewhere and name the directory in {VARIABLE}"


def guest_kernel(
    cache: Path, *, given: Path | None = None, flavour: Flavour = "cloud"
) -> Generator[Step, None, GuestKernel]:
    """The kernel that guests boot, fetched if the cache has none.

    given: a directory with `boot/vmlinuz-*` and `lib/modules/*`; by default the one that MICRODC_GUEST_KERNEL names.
    The network is used only where the cache holds no kernel. Raises InputError where `given` holds no kernel,
    UnreachableError where none can be fetched.
    """
    given = given or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if given:
        kernel = find_kernel(given)
        if kernel is None:
            hint = "it must hold boot/vmlinuz-RELEASE and lib/modules/RELEASE"
            raise InputError("there is no kernel in this directory", where=str(given), hint=hint)
        return kernel
    root = cache / ("kernel" if flavour == "cloud" else f"kernel-{flavour}")
    kernel = find_kernel(root)
    if kernel is None:
        yield from _fetch(root, flavour)
        kernel = find_kernel(root)
    if kernel is None:
        raise UnreachableError("the kernel packages hold no kernel", where=str(root), hint=_HINT)
    return kernel


def find_kernel(root: Path) -> GuestKernel | None:
    """The newest kernel below a directory that has its modules beside it."""
    found = [
        GuestKernel(release, image, modules)
        for image in root.glob("boot/vmlinuz-*")
        for release in [image.name.removeprefix("vmlinuz-")]
        for modules in (root / "lib/modules" / release, root / "usr/lib/modules" / release)
        if modules.is_dir()
    ]
    return max(found, key=lambda kernel: _version(kernel.release), default=None)


def _version(release: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", release)]


def _fetch(root: Path, flavour: Flavour) -> Generator[Step, None, None]:
    packages = concrete_packages(flavour)
    yield Step("fetching the guest's kernel", "started", ", ".join(packages))
    root.parent.mkdir(parents=True, exist_ok=True)
    with replaced_by(root) as fresh, tempfile.TemporaryDirectory(prefix="microdc-kernel-") as downloads:
        # apt's own sandbox user must be able to write here, or apt warns
        Path(downloads).chmod(0o755)
        _run(["apt-get", "download", "--quiet=2", *packages], cwd=downloads)
        archives = sorted(Path(downloads).glob("*.deb"))
        size = sum(archive.stat().st_size for archive in archives)
        yield Step("fetching the guest's kernel", "done", done=size, total=size, unit="bytes")
        yield Step("unpacking the guest's kernel", "started")
        for archive in archives:
            _run(["dpkg-deb", "--extract", str(archive), str(fresh)], cwd=downloads)
        for unused in ("usr/share", "lib/firmware"):
            shutil.rmtree(fresh / unused, ignore_errors=True)
    yield Step("unpacking the guest's kernel", "done")


def concrete_packages(flavour: Flavour = "cloud") -> list[str]:
    """The packages of the kernel and its modules, resolved from the first metapackage that the sources know."""
    architecture = _run(["dpkg", "--print-architecture"]).strip()
    for template in _METAPACKAGES[flavour]:
        packages = _resolve(template.format(architecture), set())
        if packages:
            return sorted(packages)
    names = ", ".join(template.format(architecture) for template in _METAPACKAGES[flavour])
    raise UnreachableError(f"apt knows none of {names}", hint=_HINT)


def _resolve(package: str, seen: set[str]) -> set[str]:
    listing = _run(["apt-cache", "depends", "--important", package], missing_is_empty=True)
    found = {package} if _CONCRETE.fullmatch(package) and listing else set()
    for name in re.findall(r"Depends: (\S+)", listing):
        if _CONCRETE.fullmatch(name) and name not in seen:
            seen.add(name)
            found |= _resolve(name, seen)
    return found


def _run(argv: list[str], *, cwd: str | None = None, missing_is_empty: bool = False) -> str:
    try:
        done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise UnreachableError(
            f"there is no {argv[0]} to fetch a kernel with",
            where="guest kernel",
            hint=_HINT.split(", or ")[1],
        ) from None
    if done.returncode == 0:
        return done.stdout
    if missing_is_empty:
        return ""
    reason = next((line for line in done.stderr.splitlines() if line.startswith("E:")), done.stderr.strip())
    raise UnreachableError(f"{' '.join(argv[:2])} failed: {reason}", where="guest kernel", hint=_HINT)
