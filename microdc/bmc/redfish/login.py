"""Logging in: by a session, or by Basic authentication where sessions are not to be had. Each login is sent once."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.model import Login
from microdc.bmc.redfish.answers import Resource
from microdc.bmc.redfish.contents import NoObjectError, as_object
from microdc.bmc.redfish.failures import shown
from microdc.bmc.redfish.refusals import (
    PASSWORD_CHANGE,
    check,
    expired,
    password_change,
    told,
    too_many_sessions,
)
from microdc.bmc.redfish.reply import Reply

SESSIONS = "/redfish/v1/SessionService/Sessions"
"""Where sessions are since version 1.6 of the specification, where the root does not say."""

Ask = Callable[..., Reply]
"""`Wire.ask`."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What goes with every request from now on. session: the path of the session, "" where there is none to be closed."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    session: str = ""
    note: str = ""

    @property
    def token(self) -> str:
        """Of the session; "" for Basic authentication."""
        return self.headers.get("X-Auth-Token", "")


class NoSessionsError(Exception):
    """The service has no sessions, or none is free. The message says which, for a note."""

    def __init__(self, what: str, *, full: bool) -> None:
        super().__init__(what)
        self.full = full


def sessions_path(root: Resource) -> str:
    """Where a session is asked for, as the service's root says; "" for a service without sessions."""
    links = root.get("Links")
    named = _link(links.get("Sessions")) if isinstance(links, dict) else ""
    if named:
        return named
    return SESSIONS if not root or _link(root.get("SessionService")) else ""


def protected_path(root: Resource, but: str = "") -> str:
    """Something that only those who are logged in may read, other than the path `but`."""
    for name in ("Systems", "Managers", "Chassis"):
        path = _link(root.get(name))
        if path and path.rstrip("/") != but.rstrip("/"):
            return path
    return ""


def by_session(ask: Ask, login: Login, path: str, where: str) -> Granted:
    """Opens a session. Raises BmcError (LOGIN for whatever the service says against the credentials) and NoSessionsError."""
    reply = ask("POST", path, {"UserName": login.user, "Password": login.password})
    if too_many_sessions(reply, at_login=True):
        raise NoSessionsError(told(reply).text or shown(reply.reason), full=True)
    if reply.status in {404, 405, 501}:
        raise NoSessionsError(f"{path} answers {reply.status}", full=False)
    if 400 <= reply.status < 500 and reply.status != 429:
        raise _refused(reply, login, where)
    if reply.status >= 500 and reply.status != 503:
        # it says nothing about the password, so that another way may be tried
        said = told(reply).text or shown(reply.reason)
        what = f"it answers {reply.status} to a login" + (f": {said}" if said else "")
        raise BmcError(Cause.BROKEN_ANSWER, what, where=where, sent=True)
    check(reply, where)
    granted = _granted(reply, path, where)
    if PASSWORD_CHANGE in told(reply).names():
        if granted.session:
            with contextlib.suppress(BmcError):  # what matters is told next
                ask("DELETE", granted.session, headers=granted.headers)
        raise password_change(where, login.user)
    return granted


def by_basic(ask: Ask, login: Login, probe: str, where: str) -> Granted:
    """Basic authentication, tried on a path that asks for it. Raises BmcError."""
    pair = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
    granted = Granted({"Authorization": f"Basic {pair}"})
    if probe:
        reply = ask("GET", probe, headers=granted.headers)
        if expired(reply):
            raise _refused(reply, login, where)
        if reply.status in {429, 503}:
            check(reply, where)
    return granted


def _refused(reply: Reply, login: Login, where: str) -> BmcError:
    said = told(reply)
    if PASSWORD_CHANGE in said.names():
        return password_change(where, login.user)
    words = f": {said.text}" if said.text else ""
    return BmcError(
        Cause.LOGIN,
        f"the login of {login.user!r} was refused ({reply.status}){words}",
        where=where,
        hint="check the user and the password that the inventory refers to",
    )


def _granted(reply: Reply, path: str, where: str) -> Granted:
    token = reply.headers.get("x-auth-token", "")
    if not token:
        raise BmcError(
            Cause.BROKEN_ANSWER,
            f"it answers {reply.status} to a login and gives no token: {shown(reply.content) or 'no content'}",
            where=where,
            sent=True,
        )
    session = _session_path(reply, path)
    note = "" if session else "it does not say which session it opened: that session ends when it expires"
    return Granted({"X-Auth-Token": token}, session, note)


def _session_path(reply: Reply, path: str) -> str:
    """Where the session is: in the Location header, in its own words, or by its id (github.com/DMTF/python-redfish-library, issue 177)."""
    try:
        body = as_object(reply.content)
    except NoObjectError:
        body = {}
    named, id_ = body.get("@odata.id"), body.get("Id")
    place = reply.headers.get("location") or (named if isinstance(named, str) else "")
    if not place and isinstance(id_, str) and id_:
        place = f"{path.rstrip('/')}/{id_}"
    found = urlsplit(urljoin(path, place)).path if place else ""
    return "" if found.rstrip("/") == path.rstrip("/") else found


def _link(found: Any) -> str:
    path = found.get("@odata.id") if isinstance(found, dict) else None
    return path if isinstance(path, str) and path.startswith("/") else ""
