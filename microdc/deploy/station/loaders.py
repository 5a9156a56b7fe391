"""What firmware loads first: iPXE, by kind of machine, from wherever this machine keeps it.

Debian's package `ipxe` (1.0.0+git-20190125, bookworm) has it for BIOS and for UEFI on x86-64. For arm64 it has none: who has such
machines puts a build of iPXE into microdc's directory, as `arm64.efi`.
"""

from __future__ import annotations

from pathlib import Path

from microdc import locations

_SYSTEM = (Path("/usr/lib/ipxe"), Path("/usr/share/ipxe"), Path("/boot"))
_NAMES = {
    "bios": ("undionly.kpxe",),
    "x86_64": ("snponly.efi", "ipxe-snponly-x86_64.efi", "ipxe.efi", "ipxe-x86_64.efi"),
    "arm64": (
        "arm64.efi",
        "snponly-arm64.efi",
        "ipxe-arm64.efi",
        "arm64-efi/snponly.efi",
        "arm64-efi/ipxe.efi",
    ),
}
"""In the order of preference: `undionly` and `snponly` drive the NIC through the firmware, which knows it."""


def own_directory() -> Path:
    """Where a lab keeps loaders of its own, which are taken before the system's: `bios.kpxe`, `x86_64.efi`, `arm64.efi`."""
    return locations.state_dir() / "loaders"


def find(system: tuple[Path, ...] = _SYSTEM) -> dict[str, Path]:
    """Kind -> file. A kind that is nowhere is left out: machines of it are told so, unless their NIC brings iPXE itself."""
    own = own_directory()
    found: dict[str, Path] = {}
    for kind, names in _NAMES.items():
        mine = own / ("bios.kpxe" if kind == "bios" else f"{kind}.efi")
        places = [mine, *(place / name for name in names for place in system)]
        file = next((place for place in places if place.is_file()), None)
        if file is not None:
            found[kind] = file
    return found
