"""Configurations in files: one for each switch, SITE/RACK/SWITCH.cfg in a directory that git may keep, for their owner's eyes only."""

from __future__ import annotations

from pathlib import Path

from microdc.errors import InputError
from microdc.host.local import LocalHost
from microdc.switch.cli.differing import difference
from microdc.switch.cli.masking import masked
from microdc.switch.cli.model import Backup, Target
from microdc.switch.cli.platforms import platform_of

DIRECTORY = "switch-configs"
"""In the inventory's directory, where no other is named."""


def file_of(directory: Path, target: Target) -> Path:
    return directory / f"{target.path or target.name}.cfg"


def compared(directory: Path, target: Target, config: str) -> Backup:
    """How a configuration differs from the one that is kept. Nothing is written. Raises InputError where that cannot be read."""
    file = file_of(directory, target)
    try:
        old = file.read_text("utf-8")
    except FileNotFoundError:
        return Backup(target.name, file, "new")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise InputError(
            f"the configuration that is kept cannot be read: {reason}", where=str(file)
        ) from None
    diff = difference(old, config, platform_of(target).secrets)
    return Backup(target.name, file, "changed" if old != config else "same", diff)


def keep(directory: Path, target: Target, config: str) -> Backup:
    """Writes a configuration where it differs from the one that is kept, whole or not at all, with the rights 0600.

    Raises InputError where the kept one cannot be read, and UnreachableError where nothing can be written.
    """
    kept = compared(directory, target, config)
    try:
        for place in reversed(kept.file.relative_to(directory).parents):
            (directory / place).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the directory cannot be made: {error.strerror}", where=str(kept.file.parent)
        ) from None
    if kept.state == "same":
        kept.file.chmod(0o600)
    else:
        LocalHost().put(config.encode(), str(kept.file), mode=0o600)
    return kept


def shown(target: Target, config: str) -> str:
    """A configuration as it may be shown: without its secrets."""
    return masked(config, platform_of(target).secrets)
