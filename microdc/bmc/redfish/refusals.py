"""What the status of an answer means: refused, not now, or too many sessions."""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime

from microdc.bmc.errors import BmcError, BmcRefusedError, Cause
from microdc.bmc.redfish.contents import Told, told_by
from microdc.bmc.redfish.failures import shown
from microdc.bmc.redfish.reply import Reply

_TOO_MANY = frozenset({"SessionLimitExceeded", "RAC0218"})
_TOO_MANY_WORDS = re.compile(
    r"(maximum|limit|number) [\w ]*\bsessions?\b|too many [\w ]*sessions|session limit", re.IGNORECASE
)
_STARTING = frozenset({"ServiceShuttingDown", "ServiceInUnknownState", "SWC0700"})
_STARTING_WORDS = re.compile(
    r"initiali[sz]ing|\bstarting|\bbooting|start(ing)? ?up|not (yet )?(ready|initiali[sz]ed)|shutting down",
    re.IGNORECASE,
)
PASSWORD_CHANGE = "PasswordChangeRequired"  # noqa: S105 - the name of a message
NO_SESSION = "NoValidSession"


class NotNowError(BmcError):
    """Not carried out, and may be asked again. after: seconds, where the BMC says how long."""

    def __init__(self, cause: Cause, what: str, *, where: str, after: float | None) -> None:
        super().__init__(cause, what, where=where)
        self.after = after


def told(reply: Reply) -> Told:
    """The messages in it."""
    return told_by(reply.content)


def too_many_sessions(reply: Reply, *, at_login: bool = False) -> bool:
    """Whether it says that no further session can be opened. Dell says so with 503 (github.com/quadsproject/badfish, issue 447)."""
    if reply.status < 400:
        return False
    said = told(reply)
    names = said.names()
    if names & _TOO_MANY or (at_login and "CreateLimitReachedForResource" in names):
        return True
    return (at_login or reply.status == 503) and _TOO_MANY_WORDS.search(said.text) is not None


def expired(reply: Reply) -> bool:
    """Whether it says that the login no longer holds, so that nothing was done."""
    return reply.status in {401, 440} or (reply.status == 403 and NO_SESSION in told(reply).names())


def check(reply: Reply, where: str, *, user: str = "") -> None:
    """Raises what a failing status means: BmcError for SESSIONS, NotNowError for STARTING and BUSY, else BmcRefusedError."""
    if reply.status < 400:
        return
    said = told(reply)
    if too_many_sessions(reply):
        raise BmcError(
            Cause.SESSIONS,
            f"it has too many sessions: {said.text or shown(reply.reason)}",
            where=where,
            hint="end those that others left open, or wait until they expire",
        )
    if reply.status in {429, 503}:
        raise _not_now(reply, said, where)
    hint = ""
    if reply.status == 403 and PASSWORD_CHANGE in said.names():
        raise password_change(where, user)
    if reply.status in {401, 403} and user:
        hint = f"the user {user!r} may lack the privilege"
    words = said.text or shown(", ".join(said.codes)) or shown(reply.reason)
    raise BmcRefusedError(
        f"refused with {reply.status}" + (f": {words}" if words else ""),
        where=where,
        hint=hint,
        status=reply.status,
        codes=said.codes,
    )


def password_change(where: str, user: str) -> BmcError:
    """An account that may do nothing before its password is another one."""
    return BmcError(
        Cause.LOGIN,
        f"the password of {user!r} must be changed before anything else is allowed",
        where=where,
        hint="change it in the BMC's own web page, then in the inventory's secret",
    )


def _not_now(reply: Reply, said: Told, where: str) -> NotNowError:
    """503 and 429. A 503 without a word of Redfish is a web server that runs before the service behind it does."""
    silent = reply.status == 503 and not said.codes and not said.text
    starting = silent or bool(said.names() & _STARTING) or _STARTING_WORDS.search(said.text) is not None
    cause = Cause.STARTING if starting and reply.status == 503 else Cause.BUSY
    words = said.text or shown(reply.reason)
    return NotNowError(
        cause,
        f"it is {cause}" + (f": {words}" if words else ""),
        where=where,
        after=_retry_after(reply.headers.get("retry-after", "")),
    )


def _retry_after(text: str) -> float | None:
    """Seconds from a Retry-After header: a number or a date; None for anything else."""
    text = text.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None
