"""What goes wrong between microdc and a BMC, told apart by what a caller does about it."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from microdc.errors import Exit, MicrodcError, UnreachableError


class Cause(StrEnum):
    """Why a BMC could not be used."""

    NO_ROUTE = "unreachable"  # no address, no route, no answer to a connection
    REFUSED = "connection refused"
    TIMEOUT = "no answer in time"
    UNTRUSTED = "certificate not trusted"
    CERTIFICATE_CHANGED = "certificate changed"
    NOT_TLS = "no TLS"  # HTTP where HTTPS was asked for
    NOT_REDFISH = "no Redfish service"
    LOGIN = "login refused"  # never tried twice: three wrong tries lock some BMCs
    SESSIONS = "too many sessions"
    STARTING = "still starting"
    BUSY = "busy"
    BROKEN_ANSWER = "broken answer"  # half an answer, no JSON, a redirect loop
    TOO_LARGE = "answer too large"
    ENDED = "connection lost"


RETRYABLE = frozenset(
    {
        Cause.TIMEOUT,
        Cause.REFUSED,
        Cause.NO_ROUTE,
        Cause.ENDED,
        Cause.STARTING,
        Cause.BUSY,
        Cause.BROKEN_ANSWER,
    }
)
"""What may be gone the next time."""


class BmcError(UnreachableError):
    """A BMC that could not be used. `sent`: whether the request may have reached it, so that an act may have been done."""

    def __init__(
        self, cause: Cause, what: str, *, where: str = "", hint: str = "", sent: bool = False
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.cause = cause
        self.sent = sent


class BmcRefusedError(MicrodcError):
    """A BMC that answered, and said no. status: of HTTP, or the completion code of IPMI; codes: its message ids, such as Base.1.12.PropertyReadOnly."""

    exit_code: ClassVar[Exit] = Exit.FAILED

    def __init__(
        self, what: str, *, where: str = "", hint: str = "", status: int = 0, codes: tuple[str, ...] = ()
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.status = status
        self.codes = codes


class UnsupportedError(MicrodcError):
    """What this BMC, or the protocol by which it is reached, cannot do. Nothing was sent."""

    exit_code: ClassVar[Exit] = Exit.FAILED
