"""What goes wrong between microdc and a switch's command line, told apart by what a caller does about it."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from microdc.errors import Exit, MicrodcError, UnreachableError


class Cause(StrEnum):
    """Why the command line of a switch could not be used."""

    NO_ROUTE = "unreachable"  # no address, no route, no answer to a connection
    REFUSED = "connection refused"
    TIMEOUT = "no answer in time"
    NOT_SSH = "no SSH server"
    UNTRUSTED = "host key not trusted"
    TOO_OLD = "only outdated SSH"  # SHA-1 key exchange, ssh-rsa host keys, CBC ciphers
    LOGIN = "login refused"  # never tried twice: some lock a user after three wrong tries
    PASSWORD_EXPIRED = "password expired"  # noqa: S105  not a password
    ENABLE = "no privileges"  # the enable password is missing or wrong
    DIALOGUE = "asks back"  # something else than a prompt waits for an answer
    ENDED = "connection lost"


class SwitchError(UnreachableError):
    """A command line that could not be used. sent: whether a command may have reached the switch, so that it may have been done."""

    def __init__(
        self, cause: Cause, what: str, *, where: str = "", hint: str = "", sent: bool = False
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.cause = cause
        self.sent = sent


class CommandError(MicrodcError):
    """A command that the switch did not take. command: which one, said: its answer."""

    exit_code: ClassVar[Exit] = Exit.FAILED

    def __init__(self, command: str, said: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(f"`{command}` was not taken: {said}", where=where, hint=hint)
        self.command = command
        self.said = said


class ReadOnlyError(MicrodcError):
    """What this platform cannot do, or was not yet seen to do on a device. Nothing was sent."""

    exit_code: ClassVar[Exit] = Exit.FAILED
