"""What was read before, by its ETag, so that to read it again costs a 304 without content."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass

from microdc.bmc.redfish.reply import Reply

_MOST = 2000
_MOST_BYTES = 4 * 1024 * 1024
_LONGEST_USE = 600.0  # seconds after which a resource is read whole again, whatever its ETag says
_ETAG = re.compile(r'(W/)?"[^"\s]+"')


@dataclass(frozen=True, slots=True)
class _Kept:
    etag: str
    reply: Reply
    at: float


class Etags:
    """The answers of one client, as bytes, at most 2,000 or 4 MiB of them; those not used for long go first.

    A service whose ETag stays when the resource changes would show a server's old power state for ever. So a resource that was seen
    with two contents under one ETag is read whole from then on, and every resource is, ten minutes after it was last read whole.
    """

    def __init__(self, most: int = _MOST, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._bytes = 0
        self._lying: set[str] = set()

    def ask(self, path: str, now: float) -> str:
        """The value of If-None-Match for a path, "" for none."""
        kept = self._kept.get(path)
        return "" if kept is None or now - kept.at > _LONGEST_USE else kept.etag

    def unchanged(self, path: str, reply: Reply) -> Reply | None:
        """What a 304 stands for, with the headers that came now; None where it was not kept."""
        kept = self._kept.get(path)
        if kept is None:
            return None
        self._kept.move_to_end(path)
        return Reply(
            kept.reply.status, kept.reply.reason, {**kept.reply.headers, **reply.headers}, kept.reply.content
        )

    def keep(self, path: str, reply: Reply, now: float) -> None:
        """Keeps a whole answer to a GET, if it has an ETag that can mean something."""
        before = self._kept.get(path)
        etag = reply.headers.get("etag", "")
        if before is not None and before.etag == etag and before.reply.content != reply.content:
            self._lying.add(path)
        self._drop(path)
        if (
            path in self._lying
            or reply.status != 200
            or _ETAG.fullmatch(etag) is None
            or "unimplemented" in etag
        ):
            return
        self._kept[path] = _Kept(etag, reply, now)
        self._bytes += len(reply.content)
        while len(self._kept) > self._most or self._bytes > self._most_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, path: str) -> None:
        gone = self._kept.pop(path, None)
        if gone is not None:
            self._bytes -= len(gone.reply.content)
