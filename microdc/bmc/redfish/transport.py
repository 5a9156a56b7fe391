"""One request over a client's connection: its whole answer in time and within bounds, or a `BmcError`.

It stands where DMTF's library has its session of requests, and so decides what the library cannot be told: that certificates are
verified, how long a whole answer may take, how large it may be, where a redirect may lead, that nothing is sent twice, and
that no proxy, cookie or password of the environment plays a part. It also costs a third less time than requests.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import urllib3
from urllib3.exceptions import HTTPError

from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.redfish.failures import exchange_failure, shown
from microdc.bmc.redfish.line import Line
from microdc.bmc.redfish.reply import Reply
from microdc.bmc.redfish.timed import pool_of

SAFE = frozenset({"GET", "HEAD"})
"""What may be asked again without a doubt."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_CARRIED_OUT = frozenset({301, 307, 308})  # RFC 9110, 15.4: the resource is elsewhere, ask there
_MOST_REDIRECTS = 3
_CHUNK = 65536
_PROMISE = 1.0  # seconds for which "Connection: keep-alive" is believed: servers keep one for two at least


class Transport:
    """See the module. requests: how many were sent. Used by one thread at a time.

    A BMC may end a kept connection just when the next request is on its way, and then nobody knows whether that was read. What may be
    sent again (GET, and what `repeatable` says so of) is, at once over a new connection. Anything else is sent over a new one from the
    start, unless the BMC has just promised to keep this one.
    """

    def __init__(self, line: Line, most_bytes: int) -> None:
        self.line = line
        self.most_bytes = most_bytes
        self.requests = 0
        self.repeatable = False
        self._promised_until = 0.0
        self._pool = pool_of(line)

    def request(
        self,
        method: str,
        url: str,
        *,
        data: str | bytes | None,
        headers: Mapping[str, str],
        timeout: float,
        **_unheeded: object,
    ) -> Reply:
        """What the library calls. timeout: seconds for all of it, redirects included; what it says of certificates is not heeded."""
        self.line.deadline.start(timeout)
        first = path = url.removeprefix(self.line.base)
        if not self._may_repeat(method) and time.monotonic() > self._promised_until:
            self.line.remember()
            self.close()
        for _ in range(_MOST_REDIRECTS + 1):
            reply = self._answered(method, path, data, headers, timeout)
            place = reply.headers.get("location")
            if reply.status not in _REDIRECTS or not place:
                return reply
            path = self._followed(method, path, reply.status, place)
        what = f"it redirects more than {_MOST_REDIRECTS} times, at last to {shown(path)}"
        raise BmcError(Cause.BROKEN_ANSWER, what, where=self._where(method, first))

    def close(self) -> None:
        """Ends the connection; the next request opens another one."""
        self._pool.close()
        self._pool = pool_of(self.line)

    def _may_repeat(self, method: str) -> bool:
        return method in SAFE or self.repeatable

    def _answered(
        self, method: str, path: str, data: str | bytes | None, headers: Mapping[str, str], seconds: float
    ) -> Reply:
        before = self.line.opened
        try:
            return self._exchange(method, path, data, headers, seconds)
        except BmcError as error:
            kept = self.line.opened == before
            if not (kept and error.cause is Cause.ENDED and self._may_repeat(method)):
                raise
        return self._exchange(method, path, data, headers, seconds)

    def _exchange(
        self, method: str, path: str, data: str | bytes | None, headers: Mapping[str, str], seconds: float
    ) -> Reply:
        where, sent = self._where(method, path), method not in SAFE
        self.requests += 1
        try:
            answer = self._pool.urlopen(
                method,
                path,
                body=data,
                headers=headers,
                redirect=False,
                retries=False,
                assert_same_host=False,
                preload_content=False,
                timeout=seconds,
            )
        except (HTTPError, OSError) as error:
            raise exchange_failure(error, where, seconds=seconds, began="", sent=sent) from error
        try:
            content = self._whole(answer, where, seconds, sent=sent)
        finally:
            answer.close()  # of a connection that is kept it closes nothing: the answer gave it back when it was whole
        found = {name.lower(): value for name, value in answer.headers.items()}
        promised = "keep-alive" in found.get("connection", "").lower()
        self._promised_until = time.monotonic() + _PROMISE if promised else 0.0
        return Reply(answer.status, answer.reason or "", found, content)

    def _whole(self, answer: urllib3.BaseHTTPResponse, where: str, seconds: float, *, sent: bool) -> bytes:
        announced = answer.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self.most_bytes:
            raise self._too_large(where, f"{announced} bytes are announced", sent=sent)
        content = bytearray()
        try:
            for chunk in answer.stream(_CHUNK, decode_content=True):
                content += chunk
                if len(content) > self.most_bytes:
                    raise self._too_large(where, "more comes", sent=sent)
        except (HTTPError, OSError) as error:
            began = f"it announced {announced} bytes" if announced.isdigit() else "it began"
            raise exchange_failure(error, where, seconds=seconds, began=began, sent=sent) from error
        return bytes(content)

    def _too_large(self, where: str, what: str, *, sent: bool) -> BmcError:
        most = f"{self.most_bytes / 2**20:g} MiB"
        told = f"its answer is larger than {most}: {what}; it was not read"
        return BmcError(Cause.TOO_LARGE, told, where=where, sent=sent)

    def _followed(self, method: str, path: str, status: int, place: str) -> str:
        """Where a redirect leads. A request that changes something follows only where it was not carried out, and only to the other
        spelling of its path, with or without the final slash (github.com/bb-Ricardo/check_redfish, issue 187).
        """
        where, led = self._where(method, path), f"it redirects ({status}) to {shown(place)}"
        there = self.line.path_of(place, path)
        if not there:
            what, hint = f"{led}, which is another service", "write that address in the inventory"
            raise BmcError(Cause.BROKEN_ANSWER, what, where=where, hint=hint)
        carried_out = status not in _NOT_CARRIED_OUT
        if method in SAFE or (not carried_out and there.rstrip("/") == path.rstrip("/")):
            return there
        what = f"{led} instead of answering a {method}"
        raise BmcError(Cause.BROKEN_ANSWER, what, where=where, sent=carried_out)

    def _where(self, method: str, path: str) -> str:
        return f"{self.line.where}{path}" if method in SAFE else f"{self.line.where}: {method} {path}"
