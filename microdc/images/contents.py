"""What lies in the guests' images: base layout, programs, kernel modules, Python."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files as resources
from pathlib import Path

from microdc.images import closure, modules, python
from microdc.images.cpio import CharDevice, Directory, Entry, File, Symlink
from microdc.images.model import GuestKernel

# What starts other programs must not be busybox: it prefers its own `tc` and `ip` to the real ones.
_STARTERS = ("env", "nsenter", "setpriv", "setsid", "sh", "timeout", "unshare", "xargs")
EMULATOR_PROGRAMS = ("busybox", *_STARTERS, "dropbear", "ethtool", "ip", "tc")
TEST_PROGRAMS = ("busybox", *_STARTERS, "ethtool", "fping", "ip", "iperf3", "irtt", "ping", "tc")

_BUS = ("virtio_pci", "virtio_net", "virtio_console", "virtio_mmio")
_LINKS = ("veth", "bridge", "dummy", "ifb", "8021q", "af_packet", "macvlan", "vrf", "tun")
_QDISCS = ("netem", "htb", "tbf", "ingress", "prio", "fq", "fq_codel", "sfq", "red", "mqprio", "multiq")
_CLASSIFIERS = ("u32", "matchall", "fw", "flower", "basic", "bpf")
_ACTIONS = ("mirred", "gact", "police", "skbedit")
MODULES = (
    *_BUS,
    *_LINKS,
    *(f"sch_{name}" for name in _QDISCS),
    *(f"cls_{name}" for name in _CLASSIFIERS),
    *(f"act_{name}" for name in _ACTIONS),
)
_OPTIONS = {"ifb": "numifbs=0", "dummy": "numdummies=0"}  # none that nobody asked for
_MODULES_DIRECTORY = "/usr/lib/modules/microdc"


def base() -> dict[str, Entry]:
    """Directories, devices, the one user, and `init`. Where this machine has /bin as a link, the guest has it too."""
    tree: dict[str, Entry] = {
        f"/{name}": Directory() for name in ("dev", "etc", "proc", "run/netns", "sys", "usr/bin", "usr/sbin")
    }
    tree |= {
        "/dev/console": CharDevice(5, 1),
        "/dev/null": CharDevice(1, 3, 0o666),
        "/root": Directory(0o700),
        "/tmp": Directory(0o1777),  # noqa: S108 - the guest's
        "/var/run": Symlink("/run"),
        "/init": File(resources("microdc.images").joinpath("init").read_bytes(), 0o755),
        "/etc/passwd": File(b"root:x:0:0:root:/root:/bin/sh\n"),
        "/etc/group": File(b"root:x:0:\n"),
        "/etc/shells": File(b"/bin/sh\n"),
        "/etc/protocols": File(
            b"icmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\nipv6-icmp 58 IPv6-ICMP\n"
        ),  # fping looks here
        "/etc/nsswitch.conf": File(b"passwd: files\ngroup: files\nhosts: files\nprotocols: files\n"),
    }
    for name in ("bin", "sbin", "lib", "lib64"):
        link = Path("/") / name
        if link.is_symlink():
            tree[str(link)] = Symlink(str(link.readlink()))
    if "/bin" not in tree:
        tree["/bin/sh"] = Symlink("/usr/bin/sh")
    return tree


def programs(names: Iterable[str]) -> dict[str, Entry]:
    """Programs of this machine, and busybox for all others. Raises UnreachableError for one that is missing here."""
    tree = closure.programs(names)
    busybox = closure.located("busybox").resolve()
    taken = {Path(path).name for path in tree}
    applets = [name for name in closure.applets(busybox) if name not in taken]
    return {**{f"/usr/bin/{name}": Symlink(str(busybox)) for name in applets}, **tree}


def kernel_modules(kernel: GuestKernel) -> dict[str, Entry]:
    """The modules that guests use, and the list in which `init` finds them in the order of loading."""
    loaded = modules.load_order(MODULES, modules.find(kernel.modules))
    tree: dict[str, Entry] = {
        f"{_MODULES_DIRECTORY}/{name}.ko": File(contents) for name, contents in loaded.items()
    }
    lines = [f"{_MODULES_DIRECTORY}/{name}.ko {_OPTIONS.get(name, '')}".rstrip() for name in loaded]
    return {**tree, "/etc/microdc/modules": File("".join(f"{line}\n" for line in lines).encode())}


def emulator(kernel: GuestKernel) -> dict[str, Entry]:
    """The lab's emulator: a router with SSH, tc and Python."""
    return {**base(), **kernel_modules(kernel), **python.interpreter(), **programs(EMULATOR_PROGRAMS)}


def testing(kernel: GuestKernel, distributions: Iterable[str]) -> dict[str, Entry]:
    """For the tests: the tools that measure, and Python with the distributions and what they require."""
    return {
        **base(),
        **kernel_modules(kernel),
        **python.interpreter(),
        **python.packages(distributions),
        **programs(TEST_PROGRAMS),
    }
