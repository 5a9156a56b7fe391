"""Which disk it is, what lies on it, and that no other is ever touched."""

from __future__ import annotations

import struct
import subprocess
from dataclasses import replace
from pathlib import Path
from random import Random
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.deploy.ramdisk.resident import deploying, gpt, mark, signatures, start, wiping
from microdc.deploy.ramdisk.resident.choosing import choose
from microdc.deploy.ramdisk.resident.disks import Disk, by_path, disks, normal_wwn, partitions
from microdc.deploy.ramdisk.resident.promise import Written
from microdc.deploy.ramdisk.resident.words import FailedError

GB = 10**9
SSD = Disk(
    "sda", 480 * GB, "S1", "5000c500a1b2c3d4", "ATA INTEL SSDSC2KB480G8", "ssd", ("pci-0000:00:1f.2-ata-1",)
)
HDD = Disk("sdb", 4000 * GB, "S2", "5000c500a1b2c3d5", "ATA ST4000NM0035", "hdd", ("pci-0000:00:1f.2-ata-2",))
NVME = Disk(
    "nvme0n1", 960 * GB, "S3", "0025385b71b00001", "SAMSUNG MZ1LB960", "nvme", ("pci-0000:01:00.0-nvme-1",)
)
USB = Disk(
    "sdc", 16 * GB, "V1", "", "AMI Virtual Media", "hdd", ("pci-0000:00:14.0-scsi-0:0:0:0",), fixed=False
)
ALL = [SSD, HDD, NVME, USB]


@pytest.mark.parametrize(
    ("hints", "disk"),
    [
        ({"serial": "S2"}, HDD),
        ({"wwn": "0x5000C500A1B2C3D4"}, SSD),
        ({"wwn": "eui.0025385b71b00001"}, NVME),
        ({"model": "intel"}, SSD),
        ({"path": "/dev/disk/by-path/pci-0000:01:00.0-nvme-1"}, NVME),
        ({"kind": "hdd"}, HDD),
        ({"least": 500 * GB, "most": 1000 * GB}, NVME),
        ({"serial": "V1"}, USB),
        ({"kind": "ssd", "serial": None, "model": ""}, SSD),
    ],
)
def test_the_one_for_which_all_holds(hints: dict[str, object], disk: Disk) -> None:
    assert choose(ALL, hints) == disk


@pytest.mark.parametrize(
    ("hints", "code", "said"),
    [
        ({}, "many-disks", "there are 3 disks"),
        ({"least": 1}, "many-disks", "3 disks have least 1"),
        ({"model": "ata"}, "many-disks", "serial S2"),
        ({"serial": "S9"}, "no-such-disk", "no disk has serial S9"),
        ({"serial": "S1", "kind": "nvme"}, "no-such-disk", "no disk has serial S1, kind nvme"),
        ({"serial": "S"}, "no-such-disk", "serial S3"),
        ({"wwn": "0x"}, "no-such-disk", "no disk has"),
    ],
)
def test_anything_else_is_refused_with_the_candidates(hints: dict[str, object], code: str, said: str) -> None:
    with pytest.raises(FailedError, match=said) as failed:
        choose(ALL, hints)
    assert failed.value.code == code


def test_the_only_one_needs_no_hint_and_what_is_not_built_in_is_no_disk() -> None:
    assert choose([HDD, USB], {}) == HDD
    for found in ([], [USB]):
        with pytest.raises(FailedError) as failed:
            choose(found, {})
        assert failed.value.code == "no-disk"


def test_a_virtual_medium_does_not_end_the_waiting_for_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([[USB], [USB], [USB], [HDD, USB], [HDD, SSD, USB], [HDD, SSD, USB]])
    monkeypatch.setattr(start, "disks", lambda: next(looks))
    monkeypatch.setattr(start, "_LOOK_SECONDS", 0.0)
    assert start._disks() == [HDD, SSD, USB]
    monkeypatch.setattr(start, "disks", lambda: [USB])
    monkeypatch.setattr(start, "_DISK_SECONDS", 0.05)
    assert start._disks() == [USB]


_DISK = st.builds(
    Disk,
    name=st.uuids().map(str),
    size=st.integers(1, 4) | st.just(10**12),
    serial=st.sampled_from(["", "A", "B"]),
    wwn=st.sampled_from(["", "1", "2"]),
    model=st.sampled_from(["", "X", "XY"]),
    kind=st.sampled_from(["ssd", "hdd", "nvme"]),
    fixed=st.booleans(),
)
_HINTS = st.fixed_dictionaries(
    {},
    optional={
        "serial": st.sampled_from(["A", "B", "C", None]),
        "wwn": st.sampled_from(["1", "naa.2", None]),
        "model": st.sampled_from(["x", "y", None]),
        "least": st.integers(1, 5) | st.none(),
        "most": st.integers(1, 5) | st.none(),
        "kind": st.sampled_from(["ssd", "nvme", None]),
    },
)


def _chosen(found: list[Disk], hints: dict[str, object]) -> Disk | None:
    try:
        return choose(found, hints)
    except FailedError:
        return None


@given(st.lists(_DISK, max_size=5), _HINTS)
def test_a_disk_is_chosen_only_where_no_other_would_do(found: list[Disk], hints: dict[str, object]) -> None:
    chosen = _chosen(found, hints)
    if chosen is None:
        return
    said = {name: value for name, value in hints.items() if value is not None}
    assert chosen in found
    assert chosen.fixed or {"serial", "wwn"} & set(said)
    assert said.get("serial", chosen.serial) == chosen.serial
    assert said.get("kind", chosen.kind) == chosen.kind
    assert str(said.get("model", "")) in chosen.model.lower()
    # without it, the same hints find nothing among the others
    others = [disk for disk in found if disk is not chosen]
    assert _chosen(others, hints) is None
    assert choose(found[::-1], hints) == chosen  # the order never matters


@pytest.mark.parametrize(
    ("place", "address", "names"),
    [
        (
            "/sys/devices/pci0000:00/0000:00:03.0/virtio0/block/vda",
            "",
            ("pci-0000:00:03.0", "virtio-pci-0000:00:03.0"),
        ),
        (
            "/sys/devices/pci0000:00/0000:00:1c.0/0000:01:00.0/nvme/nvme0/nvme0n1",
            "",
            ("pci-0000:01:00.0-nvme-1",),
        ),
        (
            "/sys/devices/pci0000:00/0000:00:1f.2/ata3/host2/target2:0:0/2:0:0:0/block/sda",
            "",
            ("pci-0000:00:1f.2-ata-3",),
        ),
        (
            "/sys/devices/pci0000:3a/0000:3a:00.0/0000:3b:00.0/host0/target0:2:0/0:2:0:0/block/sda",
            "",
            ("pci-0000:3b:00.0-scsi-0:2:0:0",),
        ),
        (
            "/sys/devices/pci0000:3a/0000:3a:00.0/0000:3b:00.0/host0/port-0:0/end_device-0:0/target0:0:0/0:0:0:0/block/sda",
            "0x5000c500a1b2c3d5",
            ("pci-0000:3b:00.0-sas-0x5000c500a1b2c3d5-lun-0",),
        ),
        ("/sys/devices/virtual/block/vda", "", ()),
    ],
)
def test_names_by_path(place: str, address: str, names: tuple[str, ...]) -> None:
    assert by_path(place, address) == names


def test_world_wide_names_are_compared_without_their_kinds() -> None:
    assert {normal_wwn(text) for text in ("naa.5000C5", "0x5000c5", "5000c5", "wwn-0x5000c5")} == {"5000c5"}


def test_disks_as_the_kernel_describes_them(tmp_path: Path) -> None:
    device = tmp_path / "devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0"
    sda = device / "block/sda"
    (sda / "queue").mkdir(parents=True)
    (sda / "sda1").mkdir()
    files = {
        sda / "size": "937703088\n",
        sda / "removable": "0\n",
        sda / "ro": "0\n",
        sda / "queue/rotational": "0\n",
        sda / "queue/logical_block_size": "512\n",
        sda / "sda1/partition": "1\n",
        sda / "sda1/start": "2048\n",
        sda / "sda1/size": "4096\n",
        device / "model": "INTEL SSDSC2KB48\n",
        device / "vendor": "ATA     \n",
        device / "wwid": "naa.55cd2e4150b1c2d3\n",
    }
    for path, text in files.items():
        path.write_text(text)
    (device / "vpd_pg80").write_bytes(b"\0\x80\0\x14" + b"  PHYF123456780480  ")
    (sda / "device").symlink_to(device)
    (tmp_path / "block").mkdir()
    (tmp_path / "block/sda").symlink_to(sda)
    for other in ("loop0", "dm-0", "sr0", "empty"):
        (tmp_path / "block" / other).mkdir()
        (tmp_path / "block" / other / "size").write_text("0\n" if other == "empty" else "100\n")
    (found,) = disks(tmp_path)
    assert found == Disk(
        "sda",
        937703088 * 512,
        "PHYF123456780480",
        "55cd2e4150b1c2d3",
        "ATA INTEL SSDSC2KB48",
        "ssd",
        ("pci-0000:00:1f.2-ata-1",),
    )
    assert partitions("sda", tmp_path) == {1: ("sda1", 2048 * 512, 4096 * 512)}


# -- what lies on it

SIZE = 8 << 20


def looked(content: bytes | bytearray) -> signatures.Found:
    data = bytes(content).ljust(SIZE, b"\0")
    return signatures.look(lambda offset, length: data[offset : offset + length], SIZE)


def with_at(offset: int, text: bytes) -> bytearray:
    data = bytearray(SIZE)
    data[offset : offset + len(text)] = text
    return data


def mbr(kind: int = 0x83) -> bytes:
    return bytes(446) + struct.pack("<B3sB3sII", 0x80, b"", kind, b"", 2048, 4096) + bytes(48) + b"\x55\xaa"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (with_at(0, mbr()), "a partition table (MBR) with 1 partition"),
        (with_at(0, b"\xfa" * 440 + bytes(70) + b"\x55\xaa"), "a boot sector"),
        (with_at(0, b"LUKS\xba\xbe"), "an encrypted volume (LUKS)"),
        (with_at(0x218, b"LABELONE"), "data of an unknown kind"),
        (with_at(0x200, b"LABELONE"), "a volume of LVM"),
        (with_at(0x1000, b"\xfc\x4e\x2b\xa9"), "a member of a Linux RAID"),
        (with_at(SIZE - 0x10000, b"\xfc\x4e\x2b\xa9"), "a member of a Linux RAID"),
        (with_at(SIZE - 8192, b"\xfc\x4e\x2b\xa9"), "a member of a Linux RAID"),
        (with_at(SIZE - 512, b"\xde\x11\xde\x11"), "a member of a controller's RAID (DDF)"),
        (with_at(0x20000 + 5 * 1024, b"\x0c\xb1\xba\0\0\0\0\0"), "a ZFS pool"),
        (with_at(0x10040, b"_BHRfS_M"), "a btrfs file system"),
        (with_at(777_777, b"?"), "data of an unknown kind"),
        (with_at(SIZE - 777_777, b"?"), "data of an unknown kind"),
    ],
)
def test_what_lies_on_a_disk(content: bytearray, said: str) -> None:
    assert looked(content).what == (said,)


def test_what_others_programs_make(tmp_path: Path) -> None:
    path = tmp_path / "disk"
    makers: list[tuple[list[str], str]] = [
        (["/usr/sbin/mke2fs", "-q", "-F", "-t", "ext4"], "an ext file system"),
        (["busybox", "mkdosfs"], "a FAT file system"),
        (["busybox", "mkswap"], "swap space"),
    ]
    for argv, said in makers:
        path.write_bytes(bytes(SIZE))
        subprocess.run([*argv, str(path)], check=True, capture_output=True)
        assert looked(path.read_bytes()).what == (said,)


def test_an_empty_disk_holds_nothing() -> None:
    assert looked(b"") == signatures.Found()
    assert wiping.is_ours(looked(b""), "n1")


def marked(node: str) -> bytearray:
    table = gpt.Table(mark.mark(node, b"salt"), SIZE // 512)
    data = bytearray(gpt.first_bytes(table).ljust(SIZE, b"\0"))
    data[-gpt.LAST_BYTES :] = gpt.last_bytes(table)
    return data


def test_a_disk_of_ours_is_known_whatever_was_cut_off() -> None:
    whole = marked("n1")
    torn = bytearray(whole)
    torn[600:700] = bytes(100)  # in the middle of the table's header
    lost = bytearray(whole)
    lost[:20480] = bytes(20480)
    half_written = bytearray(whole)
    half_written[1 << 20 : 2 << 20] = b"x" * (1 << 20)
    for content in (whole, torn, lost, half_written):
        assert wiping.is_ours(looked(content), "n1")
        found = looked(content)
        with pytest.raises(FailedError, match="for another node") as failed:
            wiping.refuse_foreign(HDD, found, "n2")
        assert failed.value.code == "foreign-data"


def test_a_disk_of_ours_is_known_wherever_the_writing_of_its_table_was_cut_off() -> None:
    claimed = bytes(marked("n1"))
    system = gpt.Partition(3, b"t" * 16, b"g" * 16, 2048, 9_000, 0, "root")
    table = gpt.Table(mark.mark("n1", b"salt"), SIZE // 512, (system,), b"boot code".ljust(440, b"\xf4"))
    final = bytearray(claimed)
    final[-gpt.LAST_BYTES :] = gpt.last_bytes(table)
    for sectors in range(gpt.FIRST_BYTES // 512 + 1):
        cut = sectors * 512
        torn = gpt.first_bytes(table)[:cut] + final[cut:]
        begun = claimed[:cut] + bytes(gpt.FIRST_BYTES - cut) + claimed[gpt.FIRST_BYTES :]
        assert wiping.is_ours(looked(torn), "n1"), sectors
        assert wiping.is_ours(looked(begun), "n1"), sectors


@pytest.mark.parametrize(
    ("at", "content", "said"),
    [
        (0, mbr(), "a partition table (MBR) with 1 partition"),
        (0, b"XFSB" + b"x" * 2000, "an XFS file system"),
        (0, b"LUKS\xba\xbe" + b"x" * 30_000, "an encrypted volume (LUKS)"),
        (0, bytes(512) + b"LABELONE", "a volume of LVM"),
        (0, bytes(1080) + b"\x53\xef", "an ext file system"),
        (0, bytes(gpt.FIRST_BYTES) + b"?", "data of an unknown kind"),
        (0, b"x" * gpt.FIRST_BYTES, "data of an unknown kind"),
        (0x1000, b"\xfc\x4e\x2b\xa9", "a member of a Linux RAID"),
        (0xFF6, b"SWAPSPACE2", "swap space"),
        (0x10040, b"_BHRfS_M", "a btrfs file system"),
        (SIZE - 8192, b"\xfc\x4e\x2b\xa9", "a member of a Linux RAID"),
    ],
)
def test_what_somebody_made_of_a_disk_of_ours_is_not_ours(at: int, content: bytes, said: str) -> None:
    """Many programs leave one of the two tables, or both of them, with our mark in it."""
    data = marked("n1")
    data[at : at + len(content)] = content
    found = looked(data)
    assert said in found.what
    assert not mark.is_of(found.guid, "n1")
    with pytest.raises(FailedError) as failed:
        wiping.refuse_foreign(HDD, found, "n1")
    assert failed.value.code == "foreign-data"


def test_a_disk_of_somebody_is_refused_with_what_it_holds() -> None:
    partition = gpt.Partition(1, b"t" * 16, b"g" * 16, 2048, 4095, 0, "data")
    table = gpt.Table(b"somebody's disk!", SIZE // 512, (partition,))
    found = looked(gpt.first_bytes(table))
    with pytest.raises(
        FailedError, match=r"holds a partition table \(GPT\) with 1 partition: 1 'data'"
    ) as failed:
        wiping.refuse_foreign(HDD, found, "n1")
    assert str(HDD) in failed.value.text


@given(st.text(max_size=20), st.text(max_size=20), st.binary(min_size=4, max_size=4))
def test_a_mark_names_one_node(one: str, other: str, salt: bytes) -> None:
    made = mark.mark(one, salt)
    assert len(made) == 16
    assert mark.is_ours(made)
    assert mark.is_of(made, one)
    assert mark.is_of(made, other) == (one == other)


@given(st.binary(min_size=16, max_size=16))
def test_a_random_guid_is_not_ours(guid: bytes) -> None:
    assert not mark.is_ours(guid) or guid.startswith(b"microd")
    assert not mark.is_of(guid, "n1")


# -- partition tables


@st.composite
def tables(draw: st.DrawFn) -> gpt.Table:
    lengths = draw(st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 5000)), min_size=1, max_size=6))
    numbers = draw(st.lists(st.integers(1, 128), min_size=len(lengths), max_size=len(lengths), unique=True))
    at, made = 2048, []
    for number, (gap, length) in zip(numbers, lengths, strict=True):
        at += gap
        name = draw(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=36))
        made.append(gpt.Partition(number, b"T" * 16, bytes([number] * 16), at, at + length - 1, 0, name))
        at += length
    partitions = tuple(sorted(made, key=lambda each: each.number))
    return gpt.Table(b"g" * 16, at + 34, partitions, b"code".ljust(440, b"\0"))


@given(tables())
def test_a_table_reads_back(table: gpt.Table) -> None:
    first, last = gpt.first_bytes(table), gpt.last_bytes(table)
    assert (len(first), len(last)) == (gpt.FIRST_BYTES, gpt.LAST_BYTES)
    assert gpt.parse(first) == table
    assert gpt.guid_of(last[-512:]) == table.guid


@given(tables(), st.integers(0, gpt.FIRST_BYTES - 513), st.integers(1, 255))
def test_a_broken_table_is_never_taken_for_a_whole_one(table: gpt.Table, at: int, bits: int) -> None:
    data = bytearray(gpt.first_bytes(table))
    data[512 + at] ^= bits
    try:
        found = gpt.parse(bytes(data))
    except gpt.TableError:
        return
    in_signature, behind_header = at < 8, 92 <= at < 512
    assert (found is None and in_signature) or behind_header


@given(tables(), st.integers(0, 100_000))
def test_the_last_partition_grows_to_the_end_of_a_larger_disk(table: gpt.Table, more: int) -> None:
    last = max(table.partitions, key=lambda each: each.first)
    made = gpt.moved(table, table.sectors + more, b"n" * 16, last.number)
    assert made.guid == b"n" * 16
    for before, after in zip(table.partitions, made.partitions, strict=True):
        assert (before.first, before.type, before.guid) == (after.first, after.type, after.guid)
        assert after.last == before.last or before.number == last.number
    grown = made.partition(last.number)
    assert last.last <= grown.last <= made.last_usable
    assert grown.last > made.last_usable - 8 or grown.last == last.last
    if len(table.partitions) > 1:
        other = min(table.partitions, key=lambda each: each.first)
        with pytest.raises(gpt.TableError, match="another one lies behind"):
            gpt.moved(table, table.sectors, b"n" * 16, other.number)


@given(tables(), st.integers())
def test_two_disks_of_one_image_have_no_identifier_in_common(table: gpt.Table, seed: int) -> None:
    random = Random(seed)
    made = [gpt.renamed(table, random.randbytes) for _ in range(2)]
    guids = [each.guid for one in (table, *made) for each in one.partitions]
    assert len(set(guids)) == len(guids)
    for one in made:
        assert [replace(each, guid=b"") for each in one.partitions] == [
            replace(each, guid=b"") for each in table.partitions
        ]
        for each in one.partitions:
            assert (UUID(bytes_le=each.guid).version, UUID(bytes_le=each.guid).variant) == (4, RFC_4122)


def test_what_is_written_of_an_image_is_never_the_same_twice() -> None:
    """The system finds its root by the GUID of its partition: two disks of one image may be in one machine."""
    root = gpt.Partition(3, b"t" * 16, b"g" * 16, 2048, 9_000, 0, "root")
    image = gpt.first_bytes(gpt.Table(b"i" * 16, 10_000, (root,)))
    made = [deploying.moved(Written(image, (0, 0, b""), 1.0), HDD, b"n" * 16, 3) for _ in range(2)]
    assert len({table.partition(3).guid for table in made} | {root.guid}) == 3
    assert {table.partition(3).first for table in made} == {2048}


def test_a_table_that_does_not_fit_or_a_partition_that_is_not_there() -> None:
    table = gpt.Table(b"g" * 16, 10_000, (gpt.Partition(1, b"t" * 16, b"u" * 16, 2048, 9_000),))
    with pytest.raises(gpt.TableError, match="do not fit"):
        gpt.moved(table, 9_000, b"n" * 16, 1)
    with pytest.raises(gpt.TableError, match="no partition 3"):
        gpt.moved(table, 10_000, b"n" * 16, 3)


def test_other_programs_read_our_table(tmp_path: Path) -> None:
    partition = gpt.Partition(
        3, bytes.fromhex("af3dc60f838472478e793d69d8477de4"), b"u" * 16, 2048, 9_000, 0, "root"
    )
    table = gpt.Table(mark.mark("n1", b"salt"), SIZE // 512, (partition,))
    data = bytearray(gpt.first_bytes(table).ljust(SIZE, b"\0"))
    data[-gpt.LAST_BYTES :] = gpt.last_bytes(table)
    path = tmp_path / "disk"
    path.write_bytes(data)

    def said(*argv: str) -> str:
        return subprocess.run([*argv, str(path)], capture_output=True, text=True, check=True).stdout

    assert said("partx", "-g", "-s", "-o", "NR,START,END,NAME").split() == ["3", "2048", "9000", "root"]
    assert 'PTTYPE="gpt"' in said("/usr/sbin/blkid", "-p")
