"""A root file system of ext4, made of a directory without mounting anything: the same directory always gives the same bytes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from microdc.errors import ApplyError
from microdc.repository.running import run

_MIB = 1 << 20
_BLOCK = 4096
_JOURNAL = 32  # MiB
_BYTES_PER_INODE = 16384
_SPARE = 32 * _MIB  # to boot with before the file system grows to its disk
# What this machine's mke2fs.conf says is not asked, so that images of two machines are the same; and no feature that GRUB 2.06 does not know.
_CONFIGURATION = f"""\
[defaults]
    base_features = sparse_super,large_file,filetype,resize_inode,dir_index,ext_attr
    default_mntopts = acl,user_xattr
    enable_periodic_fsck = 0
    blocksize = {_BLOCK}
    inode_size = 256
    inode_ratio = {_BYTES_PER_INODE}
[fs_types]
    ext4 = {{
        features = has_journal,extent,huge_file,flex_bg,metadata_csum,64bit,dir_nlink,extra_isize
    }}
    small = {{
    }}
"""
_TIMES = ("atime", "ctime", "crtime")
_INODES = ("<2>", "<7>", "<8>", "<11>")  # root, the room to grow into, the journal, lost+found


def make(tree: Path, file: Path, *, label: str, uuid: UUID, epoch: int) -> int:
    """Writes the file system; its size in bytes, a whole number of MiB.

    epoch: the time (s) that everything in it bears which would bear that of now. Raises UnreachableError, ApplyError.
    """
    clamp(tree, epoch)
    size = size_of(tree)
    configuration = file.with_suffix(".mke2fs.conf")
    configuration.write_text(_CONFIGURATION, "ascii")
    time = {"E2FSPROGS_FAKE_TIME": str(epoch), "SOURCE_DATE_EPOCH": str(epoch)}
    extended = f"hash_seed={uuid},lazy_itable_init=0,lazy_journal_init=0,nodiscard"
    words = [
        "-q",
        "-F",
        "-t",
        "ext4",
        "-L",
        label,
        "-U",
        str(uuid),
        "-E",
        extended,
        "-J",
        f"size={_JOURNAL}",
        "-m",
        "1",
    ]
    argv = ["mke2fs", *words, "-d", str(tree), str(file), f"{size // 1024}k"]
    run(argv, environment={**time, "MKE2FS_CONFIG": str(configuration)}, hint="is there room on the disk?")
    _set_times(tree, file, epoch, time)
    configuration.unlink()
    return size


def size_of(tree: Path) -> int:
    """Bytes of a file system for what is below a directory, and some room."""
    sizes = [entry.lstat() for entry in _below(tree)]
    blocks = sum(-(-status.st_size // _BLOCK) + 1 for status in sizes if stat.S_ISREG(status.st_mode))
    data = (blocks + len(sizes)) * _BLOCK
    needed = max(data + data // 20 + _JOURNAL * _MIB + _SPARE, len(sizes) * _BYTES_PER_INODE * 5 // 4)
    return -(-needed // _MIB) * _MIB


def clamp(tree: Path, epoch: int) -> None:
    """What was changed after `epoch` was changed by the building: it bears `epoch`. Fractions of seconds are dropped."""
    for entry in (tree, *_below(tree)):
        time = min(int(entry.lstat().st_mtime), epoch)
        os.utime(entry, (epoch, time), follow_symlinks=False)


def _below(tree: Path) -> Iterator[Path]:
    for root, directories, files in os.walk(tree):
        yield from (Path(root, name) for name in (*directories, *files))


def _set_times(tree: Path, file: Path, epoch: int, environment: dict[str, str]) -> None:
    """When inodes were made and changed is the kernel's to say, and mke2fs copies it: it is overwritten."""
    # a quote in a name is written twice; debugfs knows no other way
    names = ('"/' + str(entry.relative_to(tree)).replace('"', '""') + '"' for entry in _below(tree))
    lines = [
        f"set_inode_field {name} {field} @{epoch}" for name in (*_INODES, *sorted(names)) for field in _TIMES
    ]
    lines += [f"set_inode_field {name} mtime @{epoch}" for name in _INODES]
    lines += [f"set_super_value {field} @{epoch}" for field in ("mkfs_time", "lastcheck", "wtime")]
    commands = file.with_suffix(".debugfs")
    commands.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    told = run(["debugfs", "-w", "-f", str(commands), str(file)], environment=environment, merged=True)
    commands.unlink()
    wrong = [line for line in told.splitlines() if line and not line.startswith(("debugfs:", "debugfs "))]
    if wrong:
        raise ApplyError(f"debugfs could not set times: {wrong[0]}", where=str(file))
