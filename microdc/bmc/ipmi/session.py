"""pyghmi's session with one BMC, held to one try of a password, to a cipher suite of our choice and to a deadline."""

# mypy: disable-error-code="no-untyped-call"
# pyghmi has no types.

from __future__ import annotations

import struct
import time
from typing import Any, Self

from pyghmi.exceptions import IpmiException
from pyghmi.ipmi.private import session as pyghmi_session
from pyghmi.ipmi.private.session import Session

from microdc.bmc.errors import Cause
from microdc.bmc.ipmi.greeting import Greeting
from microdc.bmc.ipmi.wire import Answer, Ask, Failure, Login

_HASHES = {17: 256, 3: 1}  # cipher suite -> pyghmi's name of its hash
_RELOGINS = 2  # how often the exchange of keys is begun anew where a packet is lost

_CLOSE_SECONDS, _CLOSE_TRIES = 1.0, 3

# RMCP+ status codes (table 13-15)
_NO_RESOURCES = frozenset({0x01, 0x0B})
_NO_SUITE = frozenset({0x04, 0x05, 0x10, 0x11, 0x12})
_NO_PRIVILEGE = frozenset({0x09, 0x0A})
_NO_LOGIN = frozenset({0x0C, 0x0D, 0x0E, 0x0F})
_NO_HASH = 0x100  # ours: what the BMC proves with the password is not what we have
_SILENT = 0x101  # ours: no answer
_NO_COMMAND = 0x102  # ours: a session, but not the privilege


_WAKE_SECONDS = 0.02
_io_wait = pyghmi_session._io_wait  # noqa: SLF001 - see _wait


def _wait(timeout: float, *where: Any) -> None:
    """Waits for packets in short steps.

    pyghmi begins to wait after it has sent: an answer that comes in between wakes nobody, and lies there until it would be asked
    again, 0.5 s to 1 s later. On a local network that is one command in ten.
    """
    _io_wait(min(timeout, _WAKE_SECONDS), *where)


pyghmi_session._io_wait = _wait  # noqa: SLF001 - both of its loops look again whenever it returns


class LoginFailedError(Exception):
    """code: of RMCP+, or one of ours."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


class BmcSession(Session):
    """A session that says why it could not be opened, and that does not log in again by itself.

    pyghmi tries a name that was refused again as operator, logs in again when packets get lost and then sends the last command again,
    and takes any refusal of SHA-256 as a reason to try SHA-1. user, password: bytes, since it finds a session that failed again where they are text.
    """

    def __new__(cls, *words: Any, **_: Any) -> Self:
        made: Self = super().__new__(cls, *words)
        return made

    def __init__(
        self, host: str, user: bytes, password: bytes, port: int, *, privilege: int, suite: int, until: float
    ) -> None:
        self.suite = suite
        self._until = until
        self._relogins = 0
        self._refused: LoginFailedError | None = None
        try:
            super().__init__(host, user, password, port, privlevel=privilege)
        except IpmiException as error:
            raise self._refused or LoginFailedError(_SILENT, str(error)) from None
        if not self.logged:
            raise self._refused or LoginFailedError(_NO_COMMAND, "no session")
        self.logontries = 0  # from now on a silent BMC ends the session
        Session.keepalive_sessions.pop(self, None)  # the talker keeps it alive itself, between commands

    def _refuse(self, code: int, words: str) -> None:
        self._refused = self._refused or LoginFailedError(code, words)
        self.sessioncontext = "FAILED"
        self.onlogon({"error": words})

    def _initsession(self) -> None:
        super()._initsession()
        self.attemptedhash = _HASHES[self.suite]

    def _got_rmcp_response(self, data: bytearray) -> Any:
        if self.sessioncontext == "OPENSESSION" and data[0] == self.rmcptag and data[1] != 0:
            return self._refuse(data[1], "Open Session")
        return super()._got_rmcp_response(data)

    def _got_rakp2(self, data: bytearray) -> Any:
        if self.sessioncontext == "EXPECTINGRAKP2" and data[0] == self.rmcptag and data[1] not in {0, 2}:
            return self._refuse(data[1], "RAKP 2")
        done = super()._got_rakp2(data)
        if self.sessioncontext == "FAILED":
            self._refused = self._refused or LoginFailedError(_NO_HASH, "RAKP 2")
        return done

    def _got_rakp4(self, data: bytearray) -> Any:
        if self.sessioncontext == "EXPECTINGRAKP4" and data[0] == self.rmcptag and data[1] not in {0, 2}:
            return self._refuse(data[1], "RAKP 4")
        return super()._got_rakp4(data)

    def _relog(self) -> Any:
        self._relogins += 1
        if self._relogins > _RELOGINS:
            return self._refuse(_SILENT, "no answer while logging in")
        return super()._relog()

    def _timedout(self) -> None:
        if self.logging and time.monotonic() > self._until:
            self._refuse(_SILENT, "no answer while logging in")
        else:
            super()._timedout()


def log_in(login: Login, greeting: Greeting) -> BmcSession | Failure:
    """A session with the best cipher suite that both ends have, as administrator or else as operator.

    A BMC's list of suites is a hint only: what it lists may be refused (ipmitool/ipmitool#363), some have 17 only and others none of it
    (bougou/go-ipmi#37). So the other suite is tried where the first one is refused or not answered. A name or password that was refused
    is never tried again.
    """
    until = time.monotonic() + login.answer
    suites = [17, 3] if not greeting.suites or 17 in greeting.suites else [3, 17]
    privilege = 4
    failed = LoginFailedError(_SILENT, "")
    while suites and time.monotonic() < until:
        try:
            return BmcSession(
                greeting.address, login.user.encode(), login.password.encode(), login.port,
                privilege=privilege, suite=suites[0], until=until,
            )  # fmt: skip
        except LoginFailedError as error:
            failed = error
            if error.code in _NO_PRIVILEGE and privilege == 4:
                privilege = 3
            elif error.code in _NO_SUITE or error.code == _SILENT:
                suites.pop(0)
            else:
                break
    return _failure(failed, login.user)


def _failure(failed: LoginFailedError, user: str) -> Failure:
    if failed.code == _SILENT:
        return Failure(Cause.TIMEOUT, "it answers, but no session could be opened in time")
    if failed.code in _NO_RESOURCES:
        return Failure(Cause.SESSIONS, "it has no session left")
    if failed.code in _NO_SUITE:
        return Failure(
            Cause.BROKEN_ANSWER, "it accepts neither cipher suite 17 nor 3, and no other is spoken here"
        )
    if failed.code in _NO_PRIVILEGE or failed.code == _NO_COMMAND:
        return Failure(Cause.LOGIN, f"{user!r} may be neither administrator nor operator")
    if failed.code == _NO_HASH or failed.code in _NO_LOGIN:
        return Failure(Cause.LOGIN, f"name or password of {user!r} refused")
    return Failure(Cause.BROKEN_ANSWER, f"{failed} was refused with status 0x{failed.code:02x}")


def log_out(session: BmcSession) -> None:
    """Ends the session, and makes sure of it: a BMC has few, and keeps one that was left for a minute."""
    if session.logged:
        close = Ask(6, 0x3C, struct.pack("<I", session.sessionid), once=True, wait=_CLOSE_SECONDS)
        for _ in range(_CLOSE_TRIES):
            if _once(session, close) is not None:
                break
        session.logged = 0
    session.logout()


def perform(session: BmcSession, ask: Ask) -> Answer | Failure:
    """The BMC's answer to a command."""
    try:
        told = _once(session, ask) if ask.once else _repeated(session, ask)
    except IpmiException:
        told = None
    if told is None or told["code"] == 0xFFFF:  # pyghmi's own code for no answer
        return Failure(Cause.TIMEOUT, f"no answer within {ask.wait:g} s", sent=True)
    return Answer(told["code"], bytes(told["data"]))


def _repeated(session: BmcSession, ask: Ask) -> dict[str, Any] | None:
    told: dict[str, Any] | None = session.raw_command(ask.netfn, ask.command, data=ask.data, rslun=ask.lun)
    return told


def _once(session: BmcSession, ask: Ask) -> dict[str, Any] | None:
    """Sends one packet. pyghmi waits for an answer only where it may send again, unless it is given a callback."""
    told: list[dict[str, Any]] = []
    end = time.monotonic() + ask.wait
    session.raw_command(
        ask.netfn, ask.command, data=ask.data, rslun=ask.lun, retry=False, callback=told.append
    )
    while not told and (left := end - time.monotonic()) > 0:
        Session.wait_for_rsp(min(left, 1.0))
    session.incommand = False
    return told[0] if told else None
