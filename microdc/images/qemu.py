"""The command line of QEMU for a guest. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from microdc.images import acceleration
from microdc.images.model import GuestNic, Machine

_KERNEL_OPTIONS = (
    "console=ttyS0 quiet panic=-1 reboot=t "  # a panic resets, and a reset ends QEMU (-no-reboot)
    "mitigations=off nokaslr init_on_alloc=0 random.trust_cpu=on tsc=reliable no_timer_check "
    "net.ifnames=0 audit=0 nowatchdog cgroup_disable=memory"
)
# Calibrating the local APIC's timer counts 200 ms in reads of the clock, each of which ends a block of translated code:
# 3 to 5 s of this machine's time. The HPET does as well.
_ICOUNT_OPTIONS = "nolapic_timer"
# `rep movsb` is one step for each byte where a processor is emulated, so the kernel is not told that it is fast.
_EMULATED_PROCESSOR = ("-cpu", "max,erms=off")
# The guest takes in single packets, since loss and rate act on what the qdisc sees; sums may be left to the host.
_NO_SEGMENTS = ",".join(
    f"{side}_{kind}=off" for side in ("host", "guest") for kind in ("tso4", "tso6", "ecn", "ufo")
)


def argv(
    machine: Machine,
    kernel: Path,
    initrd: str,
    nics: Sequence[tuple[GuestNic, int]],
    *,
    kvm: bool,
    console: Path,
    channel: Path,
) -> list[str]:
    """The words that start QEMU. initrd: a path that it can open; nics: each with the descriptor of its tap.

    console, channel: the files that QEMU writes what comes out of the guest into.
    """
    words = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
    words += ["-machine", "pc", "-m", str(machine.memory)]
    words += _processor(machine, kvm=kvm)
    options = f"{_KERNEL_OPTIONS} {_ICOUNT_OPTIONS}" if machine.icount else _KERNEL_OPTIONS
    words += ["-kernel", str(kernel), "-initrd", initrd, "-append", options]
    words += ["-chardev", f"file,id=console,path={console}", "-serial", "chardev:console"]
    if machine.channel:
        words += ["-chardev", f"file,id=channel,path={channel}", "-device", "virtio-serial-pci,max_ports=2"]
        words += ["-device", "virtserialport,chardev=channel,name=microdc"]
    for number, (nic, descriptor) in enumerate(nics):
        words += ["-netdev", f"tap,id=net{number},fd={descriptor}"]
        words += [
            "-device",
            f"virtio-net-pci,netdev=net{number},mac={nic.mac},romfile=,gso=off,{_NO_SEGMENTS}",
        ]
    return words


def _processor(machine: Machine, *, kvm: bool) -> list[str]:
    if machine.icount:
        return [
            "-accel",
            "tcg,thread=single",
            *_EMULATED_PROCESSOR,
            "-smp",
            "1",
            "-icount",
            "shift=0,sleep=off",
        ]
    accelerator = acceleration.PROCESSOR if kvm else ("-accel", "tcg,thread=multi", *_EMULATED_PROCESSOR)
    return [*accelerator, "-smp", str(machine.processors)]
