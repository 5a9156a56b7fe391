"""What the machine is made of, as plain values: what the controller compares with what is declared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import device, firmware, nics, signatures
from .disks import Disk, disks, partitions

_PROC = Path("/proc")


def found(sys: Path = Path("/sys"), proc: Path = _PROC) -> dict[str, Any]:
    """{cpu, memory, disks, nics, firmware, secure_boot, serial, uuid, product, …}. LLDP neighbours come later: they take time."""
    return {
        **firmware.identity(sys),
        "firmware": firmware.kind(sys),
        "secure_boot": firmware.secure_boot(sys),
        "cpu": cpus((proc / "cpuinfo").read_text("utf-8", "replace")),
        "memory": {"total": memory((proc / "meminfo").read_text()), "modules": firmware.memory_modules(sys)},
        "disks": [_disk(disk, sys) for disk in disks(sys)],
        "nics": [nics.describe(name, sys) for name in nics.hardware_nics(sys)],
    }


def cpus(text: str) -> dict[str, Any]:
    """{model, sockets, cores, threads} from /proc/cpuinfo."""
    processors = [_pairs(part) for part in text.strip().split("\n\n") if part.strip()]
    sockets = {each.get("physical id", "0") for each in processors}
    cores = {
        (each.get("physical id", "0"), each.get("core id", number)) for number, each in enumerate(processors)
    }
    model = next((each["model name"] for each in processors if "model name" in each), "")
    return {"model": model, "sockets": len(sockets), "cores": len(cores), "threads": len(processors)}


def memory(text: str) -> int:
    """Bytes that the kernel has, from /proc/meminfo; a little less than there are."""
    line = next(line for line in text.splitlines() if line.startswith("MemTotal:"))
    return int(line.split()[1]) << 10


def _pairs(text: str) -> dict[str, str]:
    pairs = (line.partition(":")[::2] for line in text.splitlines())
    return {name.strip(): value.strip() for name, value in pairs}


def _disk(disk: Disk, sys: Path) -> dict[str, Any]:
    parts = [
        {
            "number": number,
            "name": name,
            "start": start,
            "size": size,
            "content": _content(Path("/dev") / name),
        }
        for number, (name, start, size) in partitions(disk.name, sys).items()
    ]
    return {**disk.described(), "content": _content(disk.device), "partitions": parts}


def _content(path: Path) -> list[str]:
    try:
        with device.reading(path) as opened:
            return list(signatures.look(opened.read, opened.size).what)
    except OSError as error:
        return [f"it cannot be read: {error.strerror}"]
