"""DMTF's library, wrapped: one request, one answer, no habit of its own left.

What is taken away from it, as found in its source (redfish 3.4.2, rest/v1.py): certificates are not verified unless a file
of authorities is given; every request that fails, a POST too, is sent up to ten times more; there is no time-out; proxies and
.netrc of the environment are used; before each PUT the resource is read; a debug log holds tokens; its login follows no
redirect (github.com/bb-Ricardo/check_redfish, issue 187) and demands a Location (github.com/DMTF/python-redfish-library, issue 177),
and its logout raises where the session has ended already (issue 160): `login` and `access` do those.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from redfish.rest.v1 import HttpClient, RestResponse, RetriesExhaustedError

from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.model import Limits, Target
from microdc.bmc.redfish.answers import Resource
from microdc.bmc.redfish.failures import shown
from microdc.bmc.redfish.line import Line
from microdc.bmc.redfish.reply import Reply
from microdc.bmc.redfish.transport import Transport
from microdc.errors import MicrodcError

HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # compressed answers have other ETags (github.com/stmcginnis/gofish, issue 511)
    "Connection": "keep-alive",
    "User-Agent": "microdc",
}

# it writes tokens and passwords into its debug log
logging.getLogger("redfish.rest.v1").setLevel(logging.WARNING)


class _Library(HttpClient):
    def __init__(self, transport: Transport) -> None:
        base = transport.line.base
        super().__init__(base_url=base, max_retry=0, check_connectivity=False)  # type: ignore[no-untyped-call]
        self._session = transport

    def exchange(
        self, method: str, path: str, body: Resource | None, headers: Mapping[str, str], seconds: float
    ) -> Reply:
        # in lower case: the library reads a resource before each "PUT"; it is sent in capitals
        answer: RestResponse = self._rest_request(  # type: ignore[no-untyped-call]
            path,
            method=method.lower(),
            body=None if body is None else dict(body),
            headers={**HEADERS, **headers},
            timeout=seconds,
            allow_redirects=False,
        )
        reply: Reply = answer._http_response  # noqa: SLF001 - what the transport returned, all of it
        return reply


class Wire:
    """The connection to one BMC. Used by one thread at a time."""

    def __init__(self, target: Target, limits: Limits) -> None:
        self._limits = limits
        self._transport = Transport(Line.to(target, limits.connect), limits.answer_bytes)
        self._library = _Library(self._transport)

    @property
    def line(self) -> Line:
        return self._transport.line

    @property
    def requests(self) -> int:
        """How many were sent: logins, redirects and repetitions included."""
        return self._transport.requests

    def ask(
        self,
        method: str,
        path: str,
        body: Resource | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        seconds: float | None = None,
        repeatable: bool = False,
    ) -> Reply:
        """One request, sent once, whatever becomes of it. seconds: for the whole answer, else as the limits say. Raises BmcError.

        repeatable: also something other than a GET may be sent again where a kept connection turns out to have ended.
        """
        self._transport.repeatable = repeatable
        try:
            return self._library.exchange(method, path, body, headers or {}, seconds or self._limits.answer)
        except RetriesExhaustedError as error:
            if isinstance(error.__cause__, MicrodcError):
                raise error.__cause__ from error.__cause__.__cause__
            what = f"{method} {shown(path)} cannot be sent: {shown(str(error.__cause__))}"
            raise BmcError(Cause.BROKEN_ANSWER, what, where=self.line.where) from error

    def close(self) -> None:
        """Ends the connection."""
        self._transport.close()
