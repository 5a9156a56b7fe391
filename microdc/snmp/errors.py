"""What goes wrong between microdc and an SNMP agent, told apart by what a caller does about it."""

from __future__ import annotations

from enum import StrEnum

from microdc.errors import UnreachableError


class Cause(StrEnum):
    """Why an agent could not be used, or what it refused."""

    NO_ROUTE = "unreachable"
    REFUSED = "port closed"  # an ICMP message said so: nobody listens there
    TIMEOUT = "no answer in time"  # v2c says a wrong community with silence, too
    UNKNOWN_USER = "unknown user"
    WRONG_PASSWORD = "wrong authentication password"  # noqa: S105  its name, not its value
    PRIVACY = "no answer to what is encrypted"  # with a wrong privacy password most agents are silent
    NOT_PERMITTED = "not permitted"
    NOT_WRITABLE = "not writable"
    WRONG_VALUE = "wrong value"
    TOO_BIG = "answer too big"
    FAILED = "the agent failed"
    BROKEN_ANSWER = "broken answer"


LOGIN = frozenset({Cause.UNKNOWN_USER, Cause.WRONG_PASSWORD, Cause.PRIVACY})
"""The credentials are wrong."""
REFUSALS = frozenset({Cause.NOT_PERMITTED, Cause.NOT_WRITABLE, Cause.WRONG_VALUE, Cause.FAILED})
"""The agent answered, and said no: nothing was set."""


class SnmpError(UnreachableError):
    """An agent that could not be used, or that refused. sent: whether what was to be set may have reached it."""

    def __init__(
        self, cause: Cause, what: str, *, where: str = "", hint: str = "", sent: bool = False
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.cause = cause
        self.sent = sent
