"""In which order a machine's devices are tried. Pure.

Device names are those on QEMU's command line: `disk0`, `nic0`, `cd0`, and NOTHING. An index that is lower is tried earlier; a device
without one is not tried at all.
"""

from __future__ import annotations

from microdc.lab.machine.model import BootRequest, Description, Target

NOTHING = "nothing"
"""A drive without a medium. Firmware that is given no order at all makes its own; one in which all fails ends there."""
_OWN = 100
"""The first index of the machine's own order; what is asked for comes before it, and so the two never collide."""


def own(description: Description) -> dict[str, int]:
    """Device -> index, where nothing is asked."""
    named = [device for target in description.boot_order for device in _devices(description, target)]
    return {device: _OWN + number for number, device in enumerate(dict.fromkeys(named))}


def asked(description: Description, request: BootRequest) -> dict[str, int]:
    """Device -> index for a start with this request: the devices that it names first, then the machine's own order."""
    if request.target == "bios":
        return {NOTHING: 0}
    first = _devices(description, request.target)
    return {**own(description), **{device: number for number, device in enumerate(first)}}


def back(description: Description, request: BootRequest) -> dict[str, int]:
    """What has to be set for the machine's own order to hold again; -1: no index."""
    before, after = asked(description, request), own(description)
    return {
        device: after.get(device, -1)
        for device in sorted(before.keys() | after.keys())
        if before.get(device) != after.get(device)
    }


def _devices(description: Description, target: Target) -> list[str]:
    counts = {
        "disk": ("disk", len(description.disks)),
        "pxe": ("nic", len(description.nics)),
        "http": ("nic", len(description.nics)),
        "cd": ("cd", 1 if description.cd else 0),
    }
    kind, count = counts.get(target, ("", 0))
    return [f"{kind}{number}" for number in range(count)]
