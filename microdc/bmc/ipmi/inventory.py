"""Who a server is and what it consists of, as far as its BMC tells over IPMI: FRU data, device id, GUID."""

from __future__ import annotations

import struct
from uuid import RFC_4122, UUID

from microdc.bmc.errors import BmcRefusedError
from microdc.bmc.ipmi import fru
from microdc.bmc.ipmi.commands import APPLICATION, STORAGE, Ask, Command, broken, device_id
from microdc.bmc.ipmi.sdr import Part
from microdc.bmc.model import Firmware, Identity, PowerSupply, Remark

_SERVER = 0
"""The FRU device id of the server itself (section 34)."""
_CHUNK = 32
_LARGEST = 4096
_POWER_SUPPLY = 0x0A  # entity id (table 43-13)
_NO_GUID = frozenset({bytes(16), b"\xff" * 16})


def identity(ask: Ask) -> tuple[Identity, tuple[Remark, ...]]:
    """From the FRU data of the server and the system's GUID."""
    found, remarks = _fru(ask, _SERVER, "FRU 0")
    return Identity(
        manufacturer=found.first("manufacturer"),
        model=found.first("model"),
        serial=found.first("serial"),
        sku=found.product.get("part"),
        uuid=_guid(ask),
        asset_tag=found.product.get("asset"),
    ), remarks


def power_supplies(ask: Ask, parts: tuple[Part, ...]) -> tuple[tuple[PowerSupply, ...], tuple[Remark, ...]]:
    """Those that have FRU data."""
    found: list[PowerSupply] = []
    remarks: list[Remark] = []
    for part in parts:
        if part.entity[0] == _POWER_SUPPLY:
            told, noted = _fru(ask, part.device, part.name or f"FRU {part.device}")
            remarks.extend(noted)
            if told.board or told.product:
                found.append(PowerSupply(part.name, told.first("model"), told.first("serial")))
    return tuple(found), tuple(remarks)


def firmware(ask: Ask) -> Firmware:
    """That of the BMC itself (Get Device ID, 20.1): a binary number, then a BCD one."""
    command = device_id()
    told = ask(command)
    if len(told) < 4:
        raise broken(command, ask.where)
    return Firmware("BMC", f"{told[2] & 0x7F}.{told[3]:02x}", "bmc")


def uuid(told: bytes) -> str | None:
    """A GUID's 16 bytes as text.

    The specification (20.8) wants all bytes in reverse, most BMCs have them as SMBIOS does, some as RFC 4122. Whichever has a version that
    RFC 4122 knows is taken, SMBIOS first, as ipmitool does.
    """
    if len(told) < 16 or told[:16] in _NO_GUID:
        return None
    raw = told[:16]  # ipmi_sim sends more, which means nothing
    orders = (UUID(bytes_le=raw), UUID(bytes=raw), UUID(bytes=raw[::-1]))
    known = (one for one in orders if one.variant == RFC_4122 and one.version in {1, 2, 3, 4, 5})
    return str(next(known, orders[0]))


def _guid(ask: Ask) -> str | None:
    try:
        return uuid(ask(Command("Get System GUID", APPLICATION, 0x37)))
    except BmcRefusedError:
        return None


def _fru(ask: Ask, device: int, place: str) -> tuple[fru.Fru, tuple[Remark, ...]]:
    try:
        found = fru.decoded(_read(ask, device))
    except BmcRefusedError as error:
        return fru.Fru(), (Remark(place, error.what),)
    return found, tuple(Remark(place, fault) for fault in found.faults)


def _read(ask: Ask, device: int) -> bytes:
    """All bytes of FRU data, or as many as are told (34.1, 34.2)."""
    about = ask(Command("Get FRU Inventory Area Info", STORAGE, 0x10, bytes([device])))
    if len(about) < 3:
        return b""
    size = min(int(struct.unpack_from("<H", about)[0]), _LARGEST)
    by_words = about[2] & 1
    data = b""
    while len(data) < size:
        at, count = len(data), min(_CHUNK, size - len(data))
        asked = struct.pack("<BHB", device, at >> by_words, count >> by_words)
        told = ask(Command("Read FRU Data", STORAGE, 0x11, asked))
        if len(told) < 2:
            break
        data += told[1:]
    return data
