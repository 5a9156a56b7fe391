"""Sessions: logins that bring a token, until they end by DELETE, by idleness or by a fault."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from microdc.lab.redfish.accounts import Accounts
from microdc.lab.redfish.clock import now
from microdc.lab.redfish.faults import Fault
from microdc.lab.redfish.properties import ranged, required, typed, writable
from microdc.lab.redfish.refusals import RefusedRequest, extended_info
from microdc.lab.redfish.resources import session_service as documents
from microdc.lab.redfish.resources.session_service import SERVICE, SESSIONS
from microdc.lab.redfish.resources.shapes import collection
from microdc.lab.redfish.world import Act, Acts, Asked, Document, Reply, User

LIMIT = 8
"""Sessions at a time, as many as small BMCs have."""
TIMEOUT = 1800
"""Seconds of idleness, DSP0266's example; PATCH of SessionTimeout takes 30 to 86,400, the range of its schema."""


@dataclass(slots=True)
class _Session:
    path: str
    user: User
    token: str
    document: Document
    begun: float
    used: float
    requests: int = 0


class Sessions:
    """The sessions of one BMC. path: of their collection."""

    def __init__(
        self,
        accounts: Accounts,
        planted: Callable[[], dict[str, Any]],
        limit: int = LIMIT,
        path: str = SESSIONS,
    ) -> None:
        self._accounts, self._planted, self._limit = accounts, planted, limit
        self.path = path
        self.timeout = TIMEOUT
        self._lock = threading.Lock()
        self._sessions: dict[str, _Session] = {}

    def user(self, token: str) -> User | None:
        """Whose session it is, which is thereby used; None where it has ended or never was."""
        with self._lock:
            self._expire()
            for session in self._sessions.values():
                if secrets.compare_digest(session.token.encode(), token.encode()):
                    session.used = monotonic()
                    session.requests += 1
                    return self._accounts.current(session.user)
        return None

    def end_all(self) -> None:
        """All sessions end, as when the BMC restarts."""
        with self._lock:
            self._sessions.clear()

    def _expire(self) -> None:
        early = self._planted().get(Fault.EXPIRED)
        limits = early if isinstance(early, dict) else {"requests": 1} if early else {}
        now = monotonic()
        for number, session in list(self._sessions.items()):
            if (
                now - session.used > self.timeout
                or now - session.begun > limits.get("seconds", float("inf"))
                or session.requests >= limits.get("requests", float("inf"))
                or self._accounts.current(session.user) is None
            ):
                del self._sessions[number]

    # -- as resources

    def read(self, path: str) -> Document | None:
        if Fault.BASIC_ONLY in self._planted():
            return None
        if path == SERVICE and self.path == SESSIONS:
            return documents.service(self.timeout)
        with self._lock:
            self._expire()
            if path == self.path:
                return collection(self.path, "Session", [one.path for one in self._sessions.values()])
            found = self._sessions.get(self._number(path))
            return found.document if found else None

    def acts(self, path: str) -> Acts:
        if Fault.BASIC_ONLY in self._planted():
            return {}
        if path == SERVICE and self.path == SESSIONS:
            return {"PATCH": Act(self._configure, "ConfigureManager")}
        if path == self.path:
            return {"POST": Act(self._login, "Login")}
        return {"DELETE": Act(self._logout, "ConfigureSelf")} if self._number(path) in self._sessions else {}

    def _number(self, path: str) -> str:
        parent, _, number = path.rpartition("/")
        return number if parent == self.path else ""

    def _login(self, asked: Asked) -> Reply:
        told = asked.document
        required(told, "UserName", "Password")
        faults = self._planted()
        user = self._accounts.check(typed(told, "UserName", str, ""), typed(told, "Password", str, ""))
        if user is None or Fault.LOGIN_401 in faults:
            raise RefusedRequest(401, "ResourceAtUriUnauthorized", asked.path, "wrong user name or password")
        if Fault.SESSIONS in faults:
            raise RefusedRequest(
                503, ("IDRAC.2.8.RAC0218", "The maximum number of user sessions has been reached.")
            )
        session = self._begin(user, asked.headers.get("client", ""))
        headers = {"X-Auth-Token": session.token}
        if Fault.NO_LOCATION not in faults:
            headers["Location"] = session.path
        body = dict(session.document)
        if user.must_change:
            body["@Message.ExtendedInfo"] = [extended_info("PasswordChangeRequired", user.must_change)]
        return Reply(201, body, headers)

    def _begin(self, user: User, client: str) -> _Session:
        with self._lock:
            self._expire()
            if len(self._sessions) >= self._limit:
                raise RefusedRequest(503, "SessionLimitExceeded")
            number = secrets.token_hex(6)
            path = f"{self.path}/{number}"
            begun = monotonic()
            session = _Session(
                path,
                replace(user, session=number),
                secrets.token_hex(16),
                documents.session(path, user.name, now(), client),
                begun,
                begun,
            )
            self._sessions[number] = session
            return session

    def _logout(self, asked: Asked) -> Reply:
        with self._lock:
            session = self._sessions.get(self._number(asked.path))
            if session and asked.user.name != session.user.name and not asked.user.may("ConfigureManager"):
                raise RefusedRequest(403, "InsufficientPrivilege")
            self._sessions.pop(self._number(asked.path), None)
        return Reply.done()

    def _configure(self, asked: Asked) -> Reply:
        changes = writable(asked.document, documents.service(self.timeout), {"SessionTimeout": int})
        self.timeout = ranged(changes, "SessionTimeout", 30, 86_400)
        return Reply(200, self.read(SERVICE))
