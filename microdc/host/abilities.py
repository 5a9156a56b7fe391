"""What this machine's kernel and processor let us do, found by doing it.

Each trial runs in a network namespace that has no name and ends with the trial, so that nothing is left and nothing
of the machine is touched. A module that the kernel can load is loaded by the trial.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from microdc import requirements


@dataclass(frozen=True, slots=True)
class Ability:
    """One thing tried. works: None where it could not be tried, because a program is missing. detail: why not."""

    name: str
    works: bool | None
    detail: str = ""


_TRIALS: dict[str, tuple[str, str]] = {
    "network namespaces": ("ip", "link set lo up"),
    "veth": ("ip", "link add type veth"),
    "bridge": ("ip", "link add type bridge"),
    "tap": ("ip", "tuntap add mode tap"),
    "sch_htb": ("tc", "qdisc add dev lo root handle 1: htb"),
    "sch_bfifo": ("tc", "qdisc add dev lo root bfifo limit 9000"),
    "cls_u32": (
        "tc",
        "qdisc add dev lo root handle 1: htb\nfilter add dev lo parent 1: protocol ip u32 match u32 0 0 flowid 1:1",
    ),
    "sch_netem": ("tc", "qdisc add dev lo root netem delay 1ms"),
}
"""Name -> the program and the lines of its batch."""


def kernel_abilities() -> list[Ability]:
    """What the emulated WAN and the lab need of the kernel: namespaces, links, qdiscs, filters."""
    return [try_kernel(name) for name in _TRIALS]


def try_kernel(name: str) -> Ability:
    """One trial by its name, such as "sch_netem". Raises KeyError for a name that is none."""
    program, batch = _TRIALS[name]
    unshare, path = requirements.find("unshare"), requirements.find(program)
    if unshare is None or path is None:
        return Ability(name, None, f"{program if path is None else 'unshare'} is not installed")
    argv = [unshare, "--net", path, "-batch", "-"]
    done = subprocess.run(argv, input=batch, capture_output=True, text=True, check=False, timeout=30)
    return Ability(name, done.returncode == 0, "" if done.returncode == 0 else _reason(done.stderr))


def _reason(stderr: str) -> str:
    lines = [line.removeprefix("Error: ").rstrip(".") for line in stderr.splitlines() if line.strip()]
    return lines[0] if lines else "the kernel refused"


# linux/kvm.h
_KVM_GET_API_VERSION, _KVM_CREATE_VM, _KVM_CREATE_VCPU = 0xAE00, 0xAE01, 0xAE41
_KVM_API_VERSION = 12


def kvm(device: Path = Path("/dev/kvm")) -> Ability:
    """Whether KVM makes a machine with a processor: the device may be there and not work."""
    opened: list[int] = []
    try:
        opened.append(os.open(device, os.O_RDWR | os.O_CLOEXEC))
        version = fcntl.ioctl(opened[0], _KVM_GET_API_VERSION)
        if version != _KVM_API_VERSION:
            return Ability("kvm", works=False, detail=f"API version {version}, not {_KVM_API_VERSION}")
        opened.append(fcntl.ioctl(opened[0], _KVM_CREATE_VM, 0))
        opened.append(fcntl.ioctl(opened[1], _KVM_CREATE_VCPU, 0))
    except OSError as error:
        return Ability("kvm", works=False, detail=f"{device}: {error.strerror}")
    finally:
        for handle in reversed(opened):
            os.close(handle)
    return Ability("kvm", works=True)
