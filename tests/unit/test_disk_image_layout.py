"""What an image's disk begins and ends with: partition tables, and the two numbers that GRUB has to know."""

from __future__ import annotations

import struct
import zlib
from uuid import UUID

import pytest

from microdc.errors import InputError
from microdc.images.disk import gpt, loader
from microdc.images.disk.gpt import SECTOR, Partition

DISK = UUID(int=1)
PARTITIONS = (
    Partition(gpt.BIOS_BOOT, UUID(int=2), 2048, 2048, "bios"),
    Partition(gpt.LINUX_ROOT_AMD64, UUID(int=3), 4096, 8192, "root"),
)
SECTORS = 16384


def header(data: bytes) -> tuple[int, ...]:
    """Of a GPT header: its checksum where that holds, here, other, first and last usable sector, table, its checksum."""
    fields = struct.unpack("<8sIIIIQQQQ16sQIII", data[:92])
    assert fields[0] == b"EFI PART"
    assert fields[3] == zlib.crc32(data[:16] + bytes(4) + data[20:92])
    return (*fields[5:9], fields[10], fields[13])


def test_both_tables_say_the_same_of_where_they_lie() -> None:
    primary, backup = gpt.tables(DISK, PARTITIONS, SECTORS)
    entries = primary[2 * SECTOR :]
    assert len(primary) == 34 * SECTOR
    assert len(backup) == gpt.AFTER * SECTOR
    assert entries == backup[:-SECTOR]
    assert header(primary[SECTOR:]) == (1, SECTORS - 1, 34, SECTORS - 34, 2, zlib.crc32(entries))
    assert header(backup[-SECTOR:]) == (SECTORS - 1, 1, 34, SECTORS - 34, SECTORS - 33, zlib.crc32(entries))


def test_partitions_are_where_they_were_put() -> None:
    entries = gpt.tables(DISK, PARTITIONS, SECTORS)[0][2 * SECTOR :]
    for number, partition in enumerate(PARTITIONS):
        kind, own, first, last, _, name = struct.unpack(
            "<16s16sQQQ72s", entries[number * 128 : (number + 1) * 128]
        )
        assert (UUID(bytes_le=kind), UUID(bytes_le=own)) == (partition.kind, partition.uuid)
        assert (first, last - first + 1) == (partition.first, partition.sectors)
        assert name.decode("utf-16-le").rstrip("\0") == partition.name
    assert not any(entries[len(PARTITIONS) * 128 :])


def test_what_knows_no_gpt_finds_the_whole_disk_taken() -> None:
    first = gpt.tables(DISK, PARTITIONS, SECTORS)[0][:SECTOR]
    assert first[-2:] == b"\x55\xaa"
    assert first[450] == 0xEE
    assert struct.unpack("<II", first[454:462]) == (1, SECTORS - 1)
    assert not any(first[:440])


def test_the_first_sector_finds_the_core_and_the_core_its_rest() -> None:
    boot = bytes(range(256)) + bytes(254) + b"\x55\xaa"
    code = loader.first_sector(boot, 2048)
    assert len(code) == 440
    assert struct.unpack_from("<Q", code, 0x5C) == (2048,)
    assert code[0x66:0x68] == b"\x90\x90"
    assert code[:0x5C] == boot[:0x5C]
    core = loader.core_at(bytes([7]) * 1000, 2048)
    assert len(core) == 1024
    assert struct.unpack_from("<Q", core, SECTOR - 12) == (2049,)
    assert core[SECTOR:1000] == bytes([7]) * (1000 - SECTOR)


@pytest.mark.parametrize("data", [b"", bytes(512), bytes(513)])
def test_what_is_no_boot_sector_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="no boot"):
        loader.first_sector(data, 2048)


def test_the_kernel_is_told_its_partition_and_the_options() -> None:
    text = loader.configuration(["console=ttyS0,115200n8", "mitigations=off"])
    line = next(line for line in text.splitlines() if line.startswith("linux "))
    assert line == "linux /vmlinuz root=PARTUUID=$partition rw console=ttyS0,115200n8 mitigations=off"
