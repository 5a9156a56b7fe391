"""Links between resources: where they lead, whatever way a BMC writes them. Pure."""

from __future__ import annotations

import functools
import posixpath
from urllib.parse import quote, urlsplit

ROOT = "/redfish/v1"
_KEPT = "/%:@!$&'()*+,;=~"
"""What stands in a path as it is; all else that is no letter or digit is written in percents, such as the spaces in some ids."""
_LONGEST = 2000


def led_to(link: str, here: str) -> str | None:
    """The path (and query) that a link in the resource `here` leads to; None where it leads out of the service.

    A final slash is kept, as the BMC wants it; a fragment is not, since it points into a resource. Relative ones are read as
    from within `here`.
    """
    return _led_to(link, here) if _sendable(link) else None


@functools.lru_cache(maxsize=4096)
def _led_to(link: str, here: str) -> str | None:
    """Remembered: servers of one model have the same links, and each is met again with each reading."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    if not parts.path:
        return None
    path = quote(parts.path, safe=_KEPT)
    whole = posixpath.normpath(posixpath.join(plain(here), path)).replace("//", "/")
    if whole != ROOT and not whole.startswith(ROOT + "/"):
        return None
    slash = "/" if parts.path.endswith("/") else ""
    query = quote(parts.query, safe=_KEPT + "?")
    return whole + slash + (f"?{query}" if query else "")


def plain(path: str) -> str:
    """A path by which a resource is known: without query and final slash."""
    return path.partition("?")[0].rstrip("/") or "/"


def name_of(path: str) -> str:
    """The last part of a path, which is mostly the resource's id."""
    return plain(path).rpartition("/")[2]


def _sendable(link: str) -> bool:
    return link.isprintable() and "\\" not in link and len(link) <= _LONGEST
