"""Files into a system below a directory. Its own links are followed as it would follow them itself: never out of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from .identity import DIRECTORY_MODES, SystemFile

_LINKS = 40  # as many as the kernel follows


def install(root: Path, file: SystemFile, modes: Mapping[str, int] = DIRECTORY_MODES) -> None:
    """Writes a file of root's, in the place of whatever has its name there: a link itself, not what it points to."""
    path = PurePosixPath(file.path)
    if not path.is_absolute() or ".." in path.parts:
        raise OSError(f"{file.path} is no plain absolute path")
    directory = _inside(root, path.parent, modes)
    part = directory / f".{path.name}.microdc"
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(file.content)
        os.fchmod(out.fileno(), file.mode)
        if os.geteuid() == 0:
            os.fchown(out.fileno(), 0, 0)
    part.replace(directory / path.name)


def _inside(root: Path, directory: PurePosixPath, modes: Mapping[str, int]) -> Path:
    """Where a directory of the system is here; it is made where it is missing."""
    waiting, at, followed = list(directory.parts[1:]), root, 0
    while waiting:
        name = waiting.pop(0)
        if name in {"..", "."}:
            at = at.parent if name == ".." and at != root else at
            continue
        step = at / name
        if step.is_symlink():
            followed += 1
            if followed > _LINKS:
                raise OSError(f"too many links on the way to {directory}")
            target = PurePosixPath(step.readlink())
            at = root if target.is_absolute() else at
            waiting = [*(part for part in target.parts if part != "/"), *waiting]
            continue
        if not step.exists():
            step.mkdir()
            step.chmod(modes.get(f"/{step.relative_to(root)}", 0o755))
        at = step
    return at


def host_keys(root: Path) -> list[str]:
    """The names of the private keys of an SSH server that are there already."""
    return [path.name for path in sorted((root / "etc/ssh").glob("ssh_host_*_key"))]
