"""The names of a lab, from which everything of it can be found again, also after a crash.

A lab named LAB owns the namespaces `mdc-LAB-...`, the directory `labs/LAB` under the state directory, and the
agents' directories of its namespaces. A lab's name has no dash, so that of two labs neither owns what is the other's.
"""

from __future__ import annotations

import re
from pathlib import Path

from microdc import locations
from microdc.errors import InputError
from microdc.host import namespaces

_LAB = re.compile(r"[a-z][a-z0-9_]{0,31}")
_OWNED = re.compile(rf"mdc-({_LAB.pattern})-.+")


def check(lab: str) -> None:
    """Raises InputError for a name that no lab can have."""
    if not _LAB.fullmatch(lab):
        hint = "small letters, digits and _, a letter first, at most 32; no dash, which ends it in namespaces' names"
        raise InputError(f"{lab!r} is not a name for a lab", hint=hint)


def namespace(lab: str, part: str) -> str:
    """The namespace of a part of the lab: a site, a host `SITE-h1`, an emulator, `mgmt`."""
    return f"mdc-{lab}-{part}"


def namespaces_of(lab: str) -> list[str]:
    """The namespaces of a lab that exist now, sorted."""
    return namespaces.names(namespace(lab, ""))


def labs_dir() -> Path:
    return locations.state_dir() / "labs"


def lab_dir(lab: str) -> Path:
    """What the lab keeps: its inventory, keys, and the emulator's logs."""
    return labs_dir() / lab


def agents_dir() -> Path:
    """Where agents keep sockets and state, in a directory for each namespace."""
    return locations.runtime_dir() / "agents"


def agent_dirs(lab: str) -> list[Path]:
    """What agents left for namespaces of the lab, those that are gone included."""
    return sorted(agents_dir().glob(f"{namespace(lab, '')}*"))


def existing_labs() -> list[str]:
    """Every lab of which something exists: a directory or a namespace."""
    kept = [path.name for path in labs_dir().glob("*") if path.is_dir()]
    owned = [match[1] for name in namespaces.names("mdc-") if (match := _OWNED.fullmatch(name))]
    return sorted({*kept, *owned})
