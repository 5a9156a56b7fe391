"""The login of one client: opened, renewed when it expires, judged when it is denied, and closed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from microdc.bmc import logins
from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.model import Limits, Login
from microdc.bmc.redfish import reaping, sessions
from microdc.bmc.redfish.answers import Resource
from microdc.bmc.redfish.login import (
    Granted,
    NoSessionsError,
    by_basic,
    by_session,
    protected_path,
    sessions_path,
)
from microdc.bmc.redfish.patience import repeated
from microdc.bmc.redfish.refusals import expired
from microdc.bmc.redfish.wire import Wire

_LOGOUT = 5.0  # seconds that a logout may take
_NOT_JUDGED = frozenset({Cause.STARTING, Cause.BUSY})  # the login was not looked at, so it may be sent again
_log = logging.getLogger(__name__)


class Access:
    """What lets one client in. notes: what every report repeats of it, each once."""

    def __init__(self, wire: Wire, limits: Limits) -> None:
        self._wire = wire
        self._limits = limits
        self._granted = Granted()
        self._record: Path | None = None
        self._root: Resource = {}
        self.notes: dict[str, None] = {}

    @property
    def headers(self) -> Mapping[str, str]:
        """What goes with every request; nothing while nobody is logged in."""
        return self._granted.headers

    @property
    def missing(self) -> bool:
        """Whether a login is declared, and nobody is logged in: the last one failed."""
        return self._login is not None and not self._granted.headers

    @property
    def renewable(self) -> bool:
        """Whether it is a session, which may expire."""
        return bool(self._granted.token)

    @property
    def user(self) -> str:
        """Who is logged in, "" for nobody."""
        return "" if self._login is None else self._login.user

    @property
    def _login(self) -> Login | None:
        return self._wire.line.target.login

    def open(self, root: Resource) -> None:
        """By a session; by Basic authentication where there are no sessions or none is free. Raises BmcError."""
        self._root = root
        if self._login is None:
            return
        path = sessions_path(root)
        if not path:
            self._open_basic(
                self._login, "its service has no sessions: Basic authentication is used", full=False
            )
            return
        try:
            self._open_session(self._login, path)
        except NoSessionsError as error:
            lack = "too many sessions" if error.full else "no sessions"
            note = f"its service has {lack}, so that Basic authentication is used: {error}"
            self._open_basic(self._login, note, full=error.full)

    def renew(self) -> None:
        """Logs in again, in place of a session that is not accepted any more."""
        self.close()
        self.open(self._root)

    def accepted(self, but: str) -> bool:
        """After a 401: whether something other than the path `but` can be read, so that the 401 is a matter of privileges."""
        other = protected_path(self._root, but=but)
        return bool(other) and not expired(self._wire.ask("GET", other, headers=self.headers))

    def require(self, path: str) -> None:
        """After a 401 to a login that cannot be renewed, or that was just made. Raises LOGIN unless it is a matter of privileges."""
        if self.renewable:  # the password was accepted a moment ago: there is nothing to remember against it
            self._require(path, "was logged in, and may read nothing")
            return
        with logins.one_try(self._wire.line.target):
            self._require(path, "is not accepted any more")

    def _require(self, path: str, what: str) -> None:
        if not self.accepted(but=path):
            hint = "was the password changed, or the user's role?"
            raise BmcError(Cause.LOGIN, f"{self.user!r} {what}", where=self._wire.line.where, hint=hint)

    def close(self) -> None:
        """Logs out; never raises. The file of a session that could not be ended stays for `reaping`."""
        if self._granted.session:
            why = reaping.end(self._wire, self._session(), min(_LOGOUT, self._limits.answer))
            if why:
                _log.debug("%s: the session was not ended: %s", self._wire.line.where, why)
                self._record = None
        self._forget()

    def _open_session(self, login: Login, path: str) -> None:
        where = self._wire.line.where
        with logins.one_try(self._wire.line.target):
            self._granted = repeated(
                lambda: by_session(self._wire.ask, login, path, where), self._limits, retryable=_NOT_JUDGED
            )
        if self._granted.note:
            self.notes[self._granted.note] = None
        if not self._granted.session:
            return
        try:
            self._record = sessions.record(self._session())
        except OSError as error:
            note = (
                f"its session is not written down ({error.strerror}): it stays open if this process is killed"
            )
            self.notes[note] = None

    def _open_basic(self, login: Login, note: str, *, full: bool) -> None:
        """full: because too many sessions are open, so that a refusal may mean that Basic authentication is switched off."""
        where, probe = self._wire.line.where, protected_path(self._root)
        try:
            with logins.one_try(self._wire.line.target, "basic" if full else ""):
                self._granted = repeated(lambda: by_basic(self._wire.ask, login, probe, where), self._limits)
        except BmcError as error:
            if not full or error.cause is not Cause.LOGIN:
                raise
            raise BmcError(
                Cause.SESSIONS,
                "it has too many sessions, and refuses Basic authentication",
                where=where,
                hint="end sessions that others left open, or wait until they expire",
            ) from error
        self.notes[note] = None

    def _session(self) -> sessions.Session:
        line = self._wire.line
        return sessions.Session.of(line.target, line.base, self._granted.session, self._granted.token)

    def _forget(self) -> None:
        if self._record is not None:
            sessions.erase(self._record)
        self._record = None
        self._granted = Granted()
