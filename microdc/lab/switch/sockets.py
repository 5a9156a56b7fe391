"""The names of a switch's ports as Linux can have them. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

_LONGEST = 15
"""IFNAMSIZ without the zero at the end."""
_UNFIT = re.compile(r"[^A-Za-z0-9_.-]")
_HASHED = 6


def interface_names(declared: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Declared name -> interface name, no two alike. A name that Linux can have stays; others are shortened and bear a hash of the whole.

    taken: what no port may be called, such as the bridge.
    """
    found: dict[str, str] = {}
    for name in declared:
        fits = len(name) <= _LONGEST and not _UNFIT.search(name) and name not in {".", "..", *taken}
        found[name] = name if fits else _shortened(name)
    return found


def short_hash(*parts: str) -> str:
    """Nine hexadecimal digits that tell interfaces of a site apart."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:9]


def _shortened(name: str) -> str:
    digest = hashlib.sha256(name.encode()).hexdigest()[:_HASHED]
    readable = _UNFIT.sub("-", name)[: _LONGEST - _HASHED - 1]
    return f"{readable}-{digest}"
