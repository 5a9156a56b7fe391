"""The ramdisk as files that a site serves: a kernel, and all that it runs. Built of this machine's programs, kept by content."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
import sys
from collections.abc import Generator, Iterable
from dataclasses import replace
from importlib.resources import files as resources
from pathlib import Path

from microdc.deploy.ports import Payload, Ramdisk
from microdc.deploy.ramdisk.resident.drivers import ALWAYS
from microdc.deploy.ramdisk.resident.unpacking import LIBRARY
from microdc.errors import UnreachableError
from microdc.events import Step
from microdc.host.bundle import bytecode
from microdc.images import closure, contents, modules, operate, python
from microdc.images.cpio import Directory, Entry, File, Symlink
from microdc.images.kernel import Flavour
from microdc.images.lean import Lean
from microdc.images.model import GuestKernel

OPTIONS = "console=tty0 console=ttyS0,115200 panic=60 loglevel=5 mitigations=off net.ifnames=0 audit=0"
"""Of the kernel. The last console is the one on which the ramdisk itself speaks. It runs nobody's code but ours."""

_VIRTUAL_OPTIONS = "no_timer_check"
"""A virtual machine's timer works; whoever checks it where others have the processor may miss its ticks, and panic."""

PROGRAMS = ("busybox", "ssh-keygen")
_VIRTUAL = ("virtio_pci", "virtio_mmio", "virtio_blk", "virtio_scsi", "virtio_net", "sd_mod", "vmw_pvscsi")
_NICS = (
    *("e1000", "e1000e", "igb", "igc", "ixgbe", "ixgbevf", "i40e", "iavf", "ice", "tg3", "bnxt_en", "bnx2"),
    *(
        "bnx2x",
        "mlx4_core",
        "mlx4_en",
        "mlx5_core",
        "ena",
        "gve",
        "qede",
        "sfc",
        "r8169",
        "vmxnet3",
        "be2net",
    ),
)
_STORAGE = (
    *("nvme", "ahci", "ata_piix", "ata_generic", "megaraid_sas", "mpt3sas", "mpi3mr", "hpsa", "smartpqi"),
    *("aacraid", "arcmsr", "isci", "mvsas", "pm80xx", "3w_sas", "vmd", "usb_storage", "uas", "xhci_pci"),
)
_HOME, _MODULES = "/usr/lib/microdc", "/usr/lib/modules/microdc"
_LEASE = """#!/bin/sh
[ "$1" = bound ] || exit 0
echo "$ip/$mask ${router%% *}" >/run/microdc/lease
"""
"""What udhcpc calls; `mask` is the prefix length."""
_LAZY = ("encodings.ascii", "encodings.latin_1", "encodings.utf_16_le", "encodings.unicode_escape")
"""Modules that Python imports only when it needs them."""
_LISTING = """
import sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    __import__(name)
import json
found = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
print(json.dumps(sorted({path for path in found if path and not path.startswith(sys.argv[1])})))
"""


def build(flavour: Flavour = "cloud") -> Generator[Step, None, Ramdisk]:
    """The ramdisk, from the cache where it is there. flavour: `generic` has the drivers of real servers.

    Raises UnreachableError where a program or the kernel cannot be had.
    """
    kind = "ramdisk" if flavour == "cloud" else f"ramdisk_{flavour}"
    image = yield from operate.image(kind, tree, flavour=flavour, packed=True)
    options = f"{OPTIONS} {_VIRTUAL_OPTIONS}" if flavour == "cloud" else OPTIONS
    return Ramdisk(payload(image.kernel), payload(image.initrd), options)


def payload(path: Path) -> Payload:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Payload(digest, path.stat().st_size, path)


def tree(kernel: GuestKernel) -> dict[str, Entry]:
    """All that lies in the ramdisk."""
    made = {
        **contents.base(),
        **_lean({**interpreter(), **contents.programs(PROGRAMS), **closure.files([library(LIBRARY)])}),
        **drivers(kernel),
        **program(),
        "/init": File(resources("microdc.deploy.ramdisk").joinpath("init").read_bytes(), 0o755),
        "/run": Directory(),
        f"{_HOME}/lease": File(_LEASE.encode(), 0o755),
    }
    for unused in ("/var/run", "/run/netns", "/etc/shells", "/etc/protocols"):
        made.pop(unused, None)
    return made


def _lean(entries: dict[str, Entry]) -> dict[str, Entry]:
    return {
        path: replace(entry, content=Lean(entry.content))
        if isinstance(entry, File) and isinstance(entry.content, Path)
        else entry
        for path, entry in entries.items()
    }


def library(name: str) -> Path:
    """A shared library of this machine, which is where the loader says that it is."""
    code = "import ctypes, sys; ctypes.CDLL(sys.argv[1]); print(open('/proc/self/maps').read())"
    done = subprocess.run([sys.executable, "-ISc", code, name], capture_output=True, text=True, check=False)
    found = {word for word in done.stdout.split() if word.startswith("/") and f"/{name}" in word}
    for path in sorted(found):
        for link in (Path(path).with_name(name), Path(path)):
            if link.exists():
                return link
    hint = f"install the package of {name}, such as libzstd1"
    raise UnreachableError(f"there is no library {name} to put into the ramdisk", hint=hint)


def interpreter() -> dict[str, Entry]:
    """Python with as much of its library as the program imports."""
    everything = python.interpreter()
    names = sorted(f"resident.{name.removesuffix('.py')}" for name in _sources() if name != "__init__.py")
    used = set(_imported([*names, *_LAZY]))
    library = {path.removesuffix("c") for path in used}

    def wanted(path: str, entry: Entry) -> bool:
        if isinstance(entry, Symlink) or not path.endswith((".pyc", ".so")):
            return True
        return path in used or path.removesuffix("c") in library

    kept = {path: entry for path, entry in everything.items() if wanted(path, entry) and not _data(path)}
    extensions = [Path(path) for path in used if path.endswith(".so")]
    needed = {str(path) for path in closure.libraries([Path(sys.base_prefix) / "bin" / _name(), *extensions])}
    needed |= set(closure.files(map(Path, needed)))
    return {path: entry for path, entry in kept.items() if ".so." not in path or path in needed}


def _name() -> str:
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def _data(path: str) -> bool:
    """What the library holds besides modules."""
    return Path(path).suffix in {".txt", ".cfg", ".bat", ".decTest", ".pem", ".sh", ".json"}


def _imported(names: Iterable[str]) -> list[str]:
    """The files of the library that these modules bring in, as the interpreter itself tells."""
    home = str(Path(str(resources("microdc.deploy.ramdisk").joinpath("resident"))).parent)
    done = subprocess.run(
        [sys.executable, "-ISB", "-c", _LISTING, home, *names], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise UnreachableError(
            f"the ramdisk's program cannot be loaded: {done.stderr.strip().splitlines()[-1]}", where=home
        )
    return [str(path) for path in json.loads(done.stdout)]


def _sources() -> dict[str, bytes]:
    entries = resources("microdc.deploy.ramdisk").joinpath("resident").iterdir()
    return {entry.name: entry.read_bytes() for entry in entries if entry.name.endswith(".py")}


def program() -> dict[str, Entry]:
    """The package `resident`, with bytecode from which Python starts at once, and sources for what a traceback quotes."""
    made: dict[str, Entry] = {f"{_HOME}/ramdisk.py": File(b"from resident.start import run\n\nrun()\n")}
    for name, text in sorted(_sources().items()):
        path = f"{_HOME}/resident/{name}"
        made[path] = File(text)
        made[importlib.util.cache_from_source(path)] = File(bytecode(text, path))
    return made


def drivers(kernel: GuestKernel) -> dict[str, Entry]:
    """The kernel's modules, and the two lists by which the program finds those that the hardware wants."""
    available = modules.find(kernel.modules)
    loaded = modules.load_order((*ALWAYS, *_VIRTUAL, *_NICS, *_STORAGE), available)
    made: dict[str, Entry] = {f"{_MODULES}/{name}.ko": File(data) for name, data in loaded.items()}
    aliases = [f"{pattern} {name}" for name, data in loaded.items() for pattern in modules.aliases(data)]
    needs = [" ".join([name, *_needs(name, loaded)]) for name in loaded]
    for path, lines in (("aliases", aliases), ("needs", needs)):
        made[f"/etc/microdc/{path}"] = File("".join(f"{line}\n" for line in lines).encode("ascii"))
    return made


def _needs(name: str, loaded: dict[str, bytes]) -> list[str]:
    """All that a module needs, each after what it needs itself."""
    found: dict[str, None] = {}
    for other in modules.depends(loaded[name]):
        found |= dict.fromkeys([*_needs(other, loaded), other])
    return list(found)
