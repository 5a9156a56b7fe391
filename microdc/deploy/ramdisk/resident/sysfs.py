"""Files of sysfs: small, of text, and often missing."""

from __future__ import annotations

from pathlib import Path


def text(path: Path) -> str:
    """What the file says, "" where it is missing or the kernel refuses to tell."""
    try:
        return path.read_bytes().decode("utf-8", "replace").strip("\0 \n")
    except OSError:
        return ""


def number(path: Path, default: int = 0) -> int:
    said = text(path)
    return int(said) if said.lstrip("-").isdigit() else default


def linked(path: Path) -> str:
    """The last part of where a link points to, "" where there is none."""
    try:
        return path.readlink().name
    except OSError:
        return ""


def real(path: Path) -> str:
    try:
        return str(path.resolve(strict=True))
    except OSError:
        return ""
