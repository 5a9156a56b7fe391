"""How the machine was booted, and what its firmware says it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import smbios, sysfs

_SECURE_BOOT = "firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
_DMI = {
    "manufacturer": "sys_vendor",
    "product": "product_name",
    "serial": "product_serial",
    "sku": "product_sku",
    "uuid": "product_uuid",
    "board": "board_name",
    "chassis_serial": "chassis_serial",
    "bios": "bios_version",
    "bios_date": "bios_date",
}


def kind(sys: Path = Path("/sys")) -> str:
    return "uefi" if (sys / "firmware/efi").is_dir() else "bios"


def secure_boot(sys: Path = Path("/sys")) -> bool:
    try:
        return (sys / _SECURE_BOOT).read_bytes()[4:5] == b"\x01"  # four bytes of attributes come first
    except OSError:
        return False


def identity(sys: Path = Path("/sys")) -> dict[str, Any]:
    """Who made the machine, its serial number, its UUID and so on; "" where the firmware does not say."""
    return {name: sysfs.text(sys / "class/dmi/id" / file) for name, file in _DMI.items()}


def memory_modules(sys: Path = Path("/sys")) -> list[dict[str, Any]]:
    try:
        return smbios.memory_modules((sys / "firmware/dmi/tables/DMI").read_bytes())
    except OSError:
        return []
