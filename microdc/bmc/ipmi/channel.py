"""The driver's end of the conversation with a talker: starts it, gives it a deadline, replaces it when it is gone."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from typing import IO, cast

from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.ipmi import wire
from microdc.bmc.ipmi.address import Endpoint, endpoint
from microdc.bmc.ipmi.commands import Command, device_id, failure
from microdc.bmc.ipmi.lines import Lines
from microdc.bmc.logins import one_try
from microdc.bmc.model import Limits, Target
from microdc.host import namespaces

_PROGRAM = (sys.executable, "-P", "-m", "microdc.bmc.ipmi.talker")
_START_SECONDS = 5.0  # for Python itself, on top of what the BMC is given
_GRACE = 1.0  # the talker's own deadline comes first, since it knows more
_END_SECONDS = 5.0  # for logging out
_DROP_SECONDS = 1.0  # the same where the BMC did not even answer
_STALE = 5.0  # seconds after which a session is tried before something is sent that is sent once


class Channel:
    """Commands to one BMC, through one talker at a time. Used by one thread at a time.

    A read that is not answered is asked again through a new talker, `Limits.attempts` times in all; a BMC that is busy is asked again for
    `Limits.busy` seconds. A command that is sent once is not: its BmcError says whether it was sent.
    """

    def __init__(self, target: Target, limits: Limits) -> None:
        self._target = target
        self._limits = limits
        self.endpoint: Endpoint = endpoint(target.ipmi, where=target.where)
        self.where = f"{target.name} (ipmi://{self.endpoint})"
        self.ready: wire.Ready | None = None
        self._talker: _Talker | None = None
        self._heard = 0.0

    def __call__(self, command: Command) -> bytes:
        """The data after the completion code. Raises BmcError and BmcRefusedError."""
        if command.once:
            if self._talker is not None and time.monotonic() - self._heard > _STALE:
                self._make_sure()
            return self._ask(command)
        end = time.monotonic() + self._limits.busy
        left, pause = self._limits.attempts, self._limits.pause
        while True:
            try:
                return self._ask(command)
            except BmcError as error:
                busy = error.cause in {Cause.BUSY, Cause.STARTING}
                left -= not busy
                again = time.monotonic() + pause < end if busy else left > 0 and self._lost(error)
                if not again:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, 10.0)

    def _make_sure(self) -> None:
        """Finds out whether the session still lives, and opens a new one if not: a BMC that restarted drops what belongs to an old one."""
        try:
            self(device_id())
        except BmcError as error:  # that was not yet the command, which has not been sent
            raise BmcError(error.cause, error.what, where=error.where, hint=error.hint) from None

    @staticmethod
    def _lost(error: BmcError) -> bool:
        """Whether a new talker may help: not where the BMC could not even be reached or entered."""
        return error.cause is Cause.ENDED or (error.sent and error.cause is Cause.TIMEOUT)

    def connect(self) -> wire.Ready:
        """Opens the session where there is none."""
        if self._talker is None:
            talker = _Talker(self._target.via, self.where)
            try:
                with one_try(self._target):
                    self.ready = self._log_in(talker)
            except BaseException:
                talker.end(_DROP_SECONDS)
                raise
            self._talker = talker
            self._heard = time.monotonic()
        assert self.ready is not None
        return self.ready

    def _log_in(self, talker: _Talker) -> wire.Ready:
        login, limits = self._target.login, self._limits
        told = talker.exchange(
            wire.Login(
                self.endpoint.host,
                self.endpoint.port,
                login.user if login else "",
                login.password if login else "",
                limits.connect,
                limits.answer,
            ),
            limits.connect + limits.answer + _START_SECONDS,
        )
        if isinstance(told, wire.Failure):
            raise BmcError(told.cause, told.what, where=self.where)
        if not isinstance(told, wire.Ready):
            raise BmcError(Cause.ENDED, "the talker speaks out of turn", where=self.where)
        return told

    def _ask(self, command: Command) -> bytes:
        self.connect()
        assert self._talker is not None
        wait = min(self._limits.answer, command.wait or self._limits.answer)
        ask = wire.Ask(command.netfn, command.number, command.data, command.lun, command.once, wait)
        try:
            told = self._talker.exchange(ask, wait + _GRACE)
        except BaseException:
            self._drop()
            raise
        if isinstance(told, wire.Answer):
            self._heard = time.monotonic()
            if told.code:
                raise failure(command, told.code, self.where)
            return told.data
        self._drop()
        if isinstance(told, wire.Failure):
            raise BmcError(told.cause, f"{command.name}: {told.what}", where=self.where, sent=told.sent)
        raise BmcError(Cause.ENDED, "the talker speaks out of turn", where=self.where, sent=True)

    def _drop(self) -> None:
        """Ends a talker that failed."""
        talker, self._talker = self._talker, None
        if talker:
            talker.end(_DROP_SECONDS)

    def close(self) -> None:
        """Logs out. Never raises."""
        talker, self._talker = self._talker, None
        if talker:
            talker.end(_END_SECONDS)


class _Talker:
    """A running talker. Its errors go to a file, so that it never waits for somebody to read them."""

    def __init__(self, via: str, where: str) -> None:
        self._where = where
        if via and not namespaces.path(via).exists():
            hint = "`ip netns list` shows those of this machine"
            raise BmcError(Cause.NO_ROUTE, f"no such network namespace: {via}", where=where, hint=hint)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        command = (*(namespaces.inside(via) if via else ()), *_PROGRAM)
        try:
            # in a session of its own: Ctrl-C is for the controller, which lets it log out
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            self._errors.close()
            raise BmcError(
                Cause.ENDED, f"cannot start {error.filename}: {error.strerror}", where=where
            ) from None
        self._input = cast("IO[bytes]", self._popen.stdin)
        self._lines = Lines(cast("IO[bytes]", self._popen.stdout).fileno())

    def exchange(self, message: wire.Message, seconds: float) -> wire.Message:
        """What is told within `seconds`. Raises BmcError: TIMEOUT, or ENDED where the talker did."""
        sent = isinstance(message, wire.Ask)
        try:
            self._input.write(wire.line(message))
        except OSError:
            raise self._ended(sent=False) from None
        try:
            told = self._lines.next(seconds)
            if told is not None:
                return wire.read(told)
        except (EOFError, wire.GarbledError):
            raise self._ended(sent=sent) from None
        raise BmcError(Cause.TIMEOUT, f"no answer within {seconds:g} s", where=self._where, sent=sent)

    def _ended(self, *, sent: bool) -> BmcError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(_DROP_SECONDS)
        self._errors.seek(0)
        words = self._errors.read().decode(errors="replace").strip().splitlines()[-1:]
        return BmcError(Cause.ENDED, ": ".join(["the talker ended", *words]), where=self._where, sent=sent)

    def end(self, seconds: float) -> None:
        """Ends its input, so that it logs out; kills it where it takes longer than that."""
        with contextlib.suppress(OSError):
            self._input.close()
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        cast("IO[bytes]", self._popen.stdout).close()
        self._errors.close()
