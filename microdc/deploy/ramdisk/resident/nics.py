"""The network interfaces of the machine that are hardware."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from . import sysfs

_PCI = re.compile(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")
_ETHERNET = "1"  # ARPHRD_ETHER


def hardware_nics(sys: Path = Path("/sys")) -> list[str]:
    """Their names as the kernel has them, in the order of their places on the bus."""
    found = [nic for nic in (sys / "class/net").iterdir() if (nic / "device").exists()]
    found = [nic for nic in found if sysfs.text(nic / "type") == _ETHERNET]
    return [nic.name for nic in sorted(found, key=lambda nic: (sysfs.real(nic / "device"), nic.name))]


def describe(name: str, sys: Path = Path("/sys")) -> dict[str, Any]:
    """{name, mac, driver, link, speed (Mbit/s, None where it has no link), pci}."""
    nic = sys / "class/net" / name
    link = sysfs.text(nic / "carrier") == "1"  # an interface that is down refuses to tell
    speed = sysfs.number(nic / "speed", -1)
    places = _PCI.findall(sysfs.real(nic / "device"))
    return {
        "name": name,
        "mac": sysfs.text(nic / "address"),
        "driver": sysfs.linked(nic / "device/driver"),
        "link": link,
        "speed": speed if link and speed > 0 else None,
        "pci": places[-1] if places else "",
    }


def with_mac(mac: str, sys: Path = Path("/sys")) -> str:
    """The NIC of this address, "" where there is none."""
    names = hardware_nics(sys)
    return next((name for name in names if sysfs.text(sys / "class/net" / name / "address") == mac), "")
