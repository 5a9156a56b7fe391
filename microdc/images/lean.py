"""Programs and libraries without what only debuggers and linkers read."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

_MAGIC = b"\x7fELF\x02\x01"  # 64 bits, the smallest byte first
_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")


@dataclass(frozen=True, slots=True)
class Lean:
    """A file of this machine; of an ELF program or library only what is loaded when it runs."""

    source: Path

    def read_bytes(self) -> bytes:
        return loaded_part(self.source.read_bytes())


def loaded_part(data: bytes) -> bytes:
    """An ELF file up to the end of its last segment, without its table of sections; any other as it is. Pure.

    The kernel and the loader go by the segments alone (System V ABI, chapter 5); sections behind them hold symbols and debug
    information. Not for kernel modules, which are loaded by section.
    """
    if not data.startswith(_MAGIC) or len(data) < _HEADER.size:
        return data
    header = list(_HEADER.unpack_from(data))
    start, size, count = header[5], header[9], header[10]
    if not count or size != _PROGRAM_HEADER.size:
        return data
    segments = (_PROGRAM_HEADER.unpack_from(data, start + index * size) for index in range(count))
    end = max(start + count * size, *(offset + length for _, _, offset, _, _, length, _, _ in segments))
    header[6] = header[12] = header[13] = (
        0  # where the sections are described, how many, which has their names
    )
    return _HEADER.pack(*header) + data[_HEADER.size : end]
