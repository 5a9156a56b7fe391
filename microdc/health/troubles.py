"""What went wrong in a poll, as a value: told apart by what an operator does about it. Pure."""

from __future__ import annotations

import errno
from typing import Final, Literal

from microdc.abreast import UnexpectedError
from microdc.bmc.errors import BmcError, BmcRefusedError
from microdc.bmc.errors import Cause as OfBmc
from microdc.deploy.working import UnexpectedError as UnexpectedOfNode
from microdc.errors import Exit, InputError, MicrodcError, RefusedError
from microdc.health.model import Trouble
from microdc.snmp.errors import Cause as OfSnmp
from microdc.snmp.errors import SnmpError
from microdc.switch.cli.errors import Cause as OfSsh
from microdc.switch.cli.errors import SwitchError

Sort = Literal["unreachable", "refused", "late", "fault", "own"]

_REFUSED: Final = frozenset(
    {
        *(OfBmc.UNTRUSTED, OfBmc.CERTIFICATE_CHANGED, OfBmc.LOGIN, OfBmc.SESSIONS),
        *(OfSnmp.UNKNOWN_USER, OfSnmp.WRONG_PASSWORD, OfSnmp.PRIVACY, OfSnmp.NOT_PERMITTED),
        *(OfSsh.UNTRUSTED, OfSsh.LOGIN, OfSsh.PASSWORD_EXPIRED, OfSsh.ENABLE),
    }
)
_FAULTS: Final = frozenset(
    {
        *(OfBmc.NOT_TLS, OfBmc.NOT_REDFISH, OfBmc.BROKEN_ANSWER, OfBmc.TOO_LARGE),
        *(OfSnmp.TOO_BIG, OfSnmp.FAILED, OfSnmp.BROKEN_ANSWER),
        *(OfSsh.NOT_SSH, OfSsh.TOO_OLD, OfSsh.DIALOGUE),
    }
)
_NO_WAY: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})
_LATE: Final = frozenset({OfBmc.TIMEOUT, OfSnmp.TIMEOUT, OfSsh.TIMEOUT})


def trouble_of(error: BaseException, probe: str) -> Trouble:
    """What an error of a poll is to who watches. probe: its name, told where the error is a mistake of the program."""
    if isinstance(error, MicrodcError) and not isinstance(error, UnexpectedError | UnexpectedOfNode):
        return Trouble(_sort(error), error.what, error.where, error.hint)
    if isinstance(error, TimeoutError):
        return Trouble("late", str(error) or "no answer in time")
    if isinstance(error, ConnectionError) or (isinstance(error, OSError) and error.errno in _NO_WAY):
        return Trouble("unreachable", str(error) or type(error).__name__)
    return own(error, probe)


def own(error: BaseException, probe: str) -> Trouble:
    """A mistake of the program while it polled."""
    text = str(error).strip() or "no more is said of it"
    return Trouble(
        "own", f"{type(error).__name__}: {text}", probe, "a mistake of microdc; the others are polled on"
    )


def _sort(error: MicrodcError) -> Sort:
    if isinstance(error, BmcError | SnmpError | SwitchError):
        for known, sort in _BY_CAUSE:
            if error.cause in known:
                return sort
        return "unreachable"
    if isinstance(error, BmcRefusedError | RefusedError | InputError):
        return "refused"
    return "unreachable" if error.exit_code is Exit.UNREACHABLE else "fault"


_BY_CAUSE: Final[tuple[tuple[frozenset[object], Sort], ...]] = (
    (_REFUSED, "refused"),
    (_FAULTS, "fault"),
    (_LATE, "late"),
)
