"""The programs of the system that microdc calls, and the packages that bring them: the one list of them.

`microdc doctor` reads it, and so does `make`, before anything is installed:

    python3 microdc/requirements.py --missing-packages

prints the missing packages, one a line; with `--tests` after it also those that only the tests need, with `--extra` those of the extra tier. So this file is of the standard library only, and runs on old Pythons as well.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

_POSTGRESQL = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
"""Debian keeps the programs of PostgreSQL's server apart from the others."""
_PATH = os.pathsep.join(
    [os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin", *_POSTGRESQL]
)
_FIRMWARE = ("/usr/lib/ipxe/qemu", "/usr/share/ipxe/qemu", "/usr/share/OVMF", "/usr/share/edk2/ovmf")
"""Where Debian and others keep what a virtual server's processor and NICs run first."""

_LOADERS = ("/usr/lib/grub", "/usr/share/grub", "/usr/lib/grub2", "/usr/lib/ipxe", "/usr/share/ipxe")
"""Where the parts of GRUB lie, in a directory for each platform, and iPXE as a loader."""


class Tool(NamedTuple):
    """A program and where it comes from.

    program: the name it is called by; for firmware (`.rom`, `.fd`) and loaders (`.img`, `.kpxe`, `.efi`), the file's. package: in Debian and Ubuntu. project:
    what to look for elsewhere. why: what microdc does with it. guest: needed only where the emulator has to be a guest.
    rack: needed only for a lab whose servers are virtual machines.
    """

    program: str
    package: str
    project: str
    why: str
    guest: bool = False
    rack: bool = False


TOOLS = (
    Tool("ip", "iproute2", "iproute2", "sites and hosts as network namespaces"),
    Tool("tc", "iproute2", "iproute2", "reads back what microdc sets, as a second opinion"),
    Tool("nsenter", "util-linux", "util-linux", "runs programs inside a site"),
    Tool("unshare", "util-linux", "util-linux", "tries the kernel out in a namespace of its own"),
    Tool("ethtool", "ethtool", "ethtool", "turns segmentation offload off on the sites' uplinks"),
    Tool("irtt", "irtt", "irtt", "measures round-trip time, loss and order"),
    Tool("fping", "fping", "fping", "measures round-trip time where irtt cannot run"),
    Tool("iperf3", "iperf3", "iperf3", "measures throughput"),
    Tool("ping", "iputils-ping", "iputils", "a second opinion on round-trip time, for the tests"),
    Tool("qemu-system-x86_64", "qemu-system-x86", "QEMU for x86-64", "runs the guest emulator", guest=True),
    Tool("busybox", "busybox-static", "BusyBox, linked statically", "the guest's programs", guest=True),
    Tool("dropbear", "dropbear-bin", "Dropbear", "the guest's SSH server", guest=True),
    Tool("zstd", "zstd", "zstd", "unpacks kernel modules that are packed with it", guest=True),
    Tool("apt-get", "apt", "apt", "fetches the guest's kernel, which is not installed", guest=True),
    Tool("dpkg-deb", "dpkg", "dpkg", "unpacks the guest's kernel", guest=True),
    Tool("ipmi_sim", "openipmi", "OpenIPMI", "the virtual servers' BMCs over IPMI", rack=True),
    Tool("pxe-virtio.rom", "ipxe-qemu", "iPXE's ROMs for QEMU", "network boot of BIOS servers", rack=True),
    Tool("efi-virtio.rom", "ipxe-qemu", "iPXE's ROMs for QEMU", "network boot of UEFI servers", rack=True),
    Tool("OVMF_CODE_4M.fd", "ovmf", "OVMF", "the firmware of UEFI servers", rack=True),
    Tool("OVMF_VARS_4M.fd", "ovmf", "OVMF", "the firmware of UEFI servers", rack=True),
    Tool("bridge", "iproute2", "iproute2", "the virtual switches' addresses and ports", rack=True),
    Tool("snmpd", "snmpd", "net-snmp", "the virtual switches' SNMP agents", rack=True),
    Tool("lldpd", "lldpd", "lldpd", "the virtual switches' LLDP", rack=True),
    Tool("lldpcli", "lldpd", "lldpd", "the virtual switches' LLDP", rack=True),
    Tool("sshd", "openssh-server", "OpenSSH", "the virtual switches' command line", rack=True),
    Tool("dnsmasq", "dnsmasq-base", "dnsmasq", "DHCP and TFTP of a site's boot services", rack=True),
    Tool("undionly.kpxe", "ipxe", "iPXE", "the loader of BIOS machines whose NICs have none", rack=True),
    Tool("snponly.efi", "ipxe", "iPXE", "the loader of UEFI machines whose NICs have none", rack=True),
    Tool("ssh-keygen", "openssh-client", "OpenSSH", "nodes' host keys, made in the ramdisk", rack=True),
    Tool("setpriv", "util-linux", "util-linux", "ends the boot services' programs with them", rack=True),
)

IMAGE_TOOLS = (
    Tool("mmdebstrap", "mmdebstrap", "mmdebstrap", "installs the packages of a disk image"),
    Tool("apt-get", "apt", "apt", "works out and fetches the packages of images and repositories"),
    Tool("mke2fs", "e2fsprogs", "e2fsprogs", "the root file system of a disk image"),
    Tool("debugfs", "e2fsprogs", "e2fsprogs", "takes the time of building out of it"),
    Tool("mkfs.vfat", "dosfstools", "dosfstools", "the EFI system partition of a disk image"),
    Tool("mcopy", "mtools", "mtools", "the EFI system partition of a disk image"),
    Tool("grub-mkimage", "grub-common", "GRUB", "the loader of a disk image"),
    Tool("i386-pc/boot.img", "grub-pc-bin", "GRUB for PC BIOS", "the loader of a disk image, for BIOS"),
    Tool(
        "x86_64-efi/kernel.img", "grub-efi-amd64-bin", "GRUB for UEFI", "the loader of a disk image, for UEFI"
    ),
    Tool("zstd", "zstd", "zstd", "packs disk images"),
    Tool("gpg", "gpg", "GnuPG", "signs package repositories"),
    Tool("gpg-agent", "gpg-agent", "GnuPG", "keeps the key of package repositories"),
)
"""What building disk images and package repositories calls; a lab needs none of it."""

TEST_TOOLS = (
    Tool("initdb", "postgresql", "the server of PostgreSQL", "the tests of the store run on it as well"),
    Tool("ipmitool", "ipmitool", "ipmitool", "a second opinion on IPMI"),
    Tool("snmpwalk", "snmp", "net-snmp", "a second opinion on SNMP"),
    Tool("vtysh", "frr", "FRR", "a switch's command line in the tests, and in a lab that asks for it"),
    Tool("partx", "util-linux", "util-linux", "a second opinion on partition tables"),
    Tool("curl", "curl", "curl", "the tests of the boot services"),
    Tool("tmux", "tmux", "tmux", "the full screen in a real terminal"),
    Tool("promtool", "prometheus", "Prometheus", "a second opinion on the metrics and the documented alerts"),
)
"""What only the tests call. Whoever uses microdc with PostgreSQL has a server somewhere."""


EXTRA_TOOLS = (
    Tool("ironic-api", "ironic-common", "OpenStack Ironic", "the other backend of deployment"),
    Tool("ironic-conductor", "ironic-common", "OpenStack Ironic", "the other backend of deployment"),
)
"""What only the extra tier of the tests calls, beside all that the others do."""


def find(program: str) -> str | None:
    """The path of a program or a firmware file, system directories included; None where it is not installed."""
    if program.endswith((".rom", ".fd", ".img", ".kpxe", ".efi")):
        places = (Path(d, program) for d in (*_FIRMWARE, *_LOADERS))
        return next((str(path) for path in places if path.is_file()), None)
    return shutil.which(program, path=_PATH)


_MORE: dict[str, tuple[Tool, ...]] = {
    "": (),
    "--tests": (*IMAGE_TOOLS, *TEST_TOOLS),
    "--extra": (*IMAGE_TOOLS, *TEST_TOOLS, *EXTRA_TOOLS),
}
"""What is asked for beside TOOLS, by the word for it: nothing, what the tests and disk images need, what the extra tier needs."""


def missing(more: str = "") -> list[Tool]:
    """The tools that are not installed. more: "", `--tests` or `--extra`."""
    return [tool for tool in (*TOOLS, *_MORE[more]) if find(tool.program) is None]


def missing_packages(more: str = "") -> list[str]:
    """The Debian packages that bring what is missing, Python's venv included. more: as `missing`."""
    packages = {tool.package for tool in missing(more)}
    if importlib.util.find_spec("ensurepip") is None:
        packages.add("python3-venv")
    return sorted(packages)


def install_line(packages: list[str]) -> str:
    """The command that installs packages on Debian and Ubuntu."""
    return f"apt-get install --no-install-recommends {' '.join(packages)}"


def _main(arguments: list[str]) -> int:
    asked, more = (*arguments, "", "")[:2]
    if len(arguments) > 2 or more not in _MORE:
        asked = ""
    if asked == "--missing-packages":
        lines = missing_packages(more)
    elif asked == "--missing":  # for systems without apt: what to look for
        lines = sorted({f"{tool.project} ({tool.program}): {tool.why}" for tool in missing(more)})
    else:
        sys.stderr.write("usage: requirements.py --missing-packages | --missing [--tests | --extra]\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
