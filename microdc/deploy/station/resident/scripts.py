"""What iPXE is told, as scripts. Pure."""

from __future__ import annotations

from ipaddress import IPv4Address

from .plan import Node, Plan

KERNEL, RAMDISK = "kernel", "ramdisk"
WAIT_SECONDS = 10
"""Before a machine that could not fetch its kernel begins anew."""


def start(plan: Plan, node: Node, address: str) -> str:
    """Kernel and ramdisk of ours, with the words by which the program in it finds its way back. address: from which it asks, and keeps.

    `initrd=` names what iPXE fetched to a kernel that UEFI starts; a kernel that a BIOS starts does not look at it.
    """
    base = f"{plan.url}/boot/{node.boot}"
    words = [
        f"initrd={RAMDISK}",
        f"microdc.station={plan.url}",
        f"microdc.token={node.boot}",
        f"microdc.node={node.name}",
        f"BOOTIF={node.mac}",
        f"ip={_ip(plan, node, address)}",
        plan.options,
    ]
    return (
        "#!ipxe\n"
        f"echo microdc: {node.name}, move {node.move}\n"
        f"kernel {base}/{KERNEL} {' '.join(words).strip()} || goto failed\n"
        f"initrd --name {RAMDISK} {base}/{RAMDISK} || goto failed\n"
        "boot || goto failed\n"
        ":failed\n"
        f"echo microdc: the kernel could not be started, once more in {WAIT_SECONDS} s\n"
        f"sleep {WAIT_SECONDS}\n"
        "reboot\n"
    )


def local(node: Node) -> str:
    """On to the disk: UEFI goes on with its next entry when iPXE ends; of a BIOS the first disk is started by iPXE, which not each does itself."""
    return (
        "#!ipxe\n"
        f"echo microdc: nothing to be done with {node.name}, on to its disk\n"
        "iseq ${platform} efi && exit ||\n"
        "sanboot --no-describe --drive 0x80 ||\n"
        "exit\n"
    )


def _ip(plan: Plan, node: Node, address: str) -> str:
    """As the kernel documents it (admin-guide/nfs/nfsroot.rst): client::gateway:netmask:host::autoconf."""
    gateway: object = plan.gateway or ""
    return f"{IPv4Address(address)}::{gateway}:{plan.network.netmask}:{node.name}::none"
