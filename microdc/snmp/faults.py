"""What pysnmp and an agent say of a failure -> an SnmpError. Pure."""

from __future__ import annotations

from typing import Literal

from microdc.snmp.errors import Cause, SnmpError
from microdc.snmp.model import Agent, Community

Reached = Literal["nothing", "heard", "answered"]
"""How far a session came: no packet of the agent, a packet (with SNMPv3 its engine id), or an answer to what was asked."""
_INDICATIONS = {
    "UnknownUserName": (Cause.UNKNOWN_USER, "it knows no such user"),
    "UnknownSecurityName": (Cause.UNKNOWN_USER, "it knows no such user"),
    "WrongDigest": (Cause.WRONG_PASSWORD, "the authentication password is wrong, or it does not use SHA-256"),
    "AuthenticationFailure": (Cause.WRONG_PASSWORD, "its answer is not authentic"),
    "DecryptionError": (Cause.PRIVACY, "what is encrypted could not be read"),
    "UnsupportedSecurityLevel": (Cause.UNKNOWN_USER, "the user has no authentication or no privacy there"),
    "TooBig": (Cause.TOO_BIG, "the message would be too big"),
}
"""By the class of pysnmp's error indication."""
_STATUSES = {
    1: (Cause.TOO_BIG, "tooBig"),
    2: (Cause.NOT_WRITABLE, "noSuchName"),
    3: (Cause.WRONG_VALUE, "badValue"),
    4: (Cause.NOT_WRITABLE, "readOnly"),
    5: (Cause.FAILED, "genErr"),
    6: (Cause.NOT_PERMITTED, "noAccess"),
    7: (Cause.WRONG_VALUE, "wrongType"),
    8: (Cause.WRONG_VALUE, "wrongLength"),
    9: (Cause.WRONG_VALUE, "wrongEncoding"),
    10: (Cause.WRONG_VALUE, "wrongValue"),
    11: (Cause.NOT_WRITABLE, "noCreation"),
    12: (Cause.WRONG_VALUE, "inconsistentValue"),
    13: (Cause.FAILED, "resourceUnavailable"),
    14: (Cause.FAILED, "commitFailed"),
    15: (Cause.FAILED, "undoFailed"),
    16: (Cause.NOT_PERMITTED, "authorizationError"),
    17: (Cause.NOT_WRITABLE, "notWritable"),
    18: (Cause.WRONG_VALUE, "inconsistentName"),
}
"""Error statuses (RFC 3416, section 3)."""
_HINTS = {
    Cause.NOT_PERMITTED: "the community or user may not do this: one that may write is needed to set a value",
    Cause.NOT_WRITABLE: "the agent has no such object to be set, or keeps it read-only for this community or user",
}


def silence(agent: Agent, waited: float, reached: Reached, *, setting: bool) -> SnmpError:
    """No answer in time. waited: seconds in all; reached: how far the session ever came; setting: whether a value was to be set."""
    what = f"no answer in {waited:g} s"
    if reached == "answered":
        return SnmpError(Cause.TIMEOUT, what, where=agent.where, sent=setting)
    if isinstance(agent.credentials, Community):
        hint = "a wrong community is answered by silence, too"
        return SnmpError(Cause.TIMEOUT, what, where=agent.where, hint=hint, sent=setting)
    if reached == "heard":
        return SnmpError(
            Cause.PRIVACY,
            f"it answers, but not what is encrypted ({what})",
            where=agent.where,
            hint="the privacy password is probably wrong, or it does not use AES-128",
            sent=setting,
        )
    # before the agent told its engine id, nothing was sent that it could act upon
    return SnmpError(Cause.TIMEOUT, what, where=agent.where)


def lost(agent: Agent, problem: OSError, *, setting: bool) -> SnmpError:
    """The system says that packets do not arrive."""
    if isinstance(problem, ConnectionRefusedError):
        return SnmpError(
            Cause.REFUSED,
            "nobody listens on its SNMP port",
            where=agent.where,
            hint="is SNMP switched on there?",
            sent=setting,
        )
    said = problem.strerror or str(problem)
    return SnmpError(Cause.NO_ROUTE, said, where=agent.where, sent=setting)


def indicated(agent: Agent, indication: object, *, setting: bool) -> SnmpError:
    """What pysnmp made of an answer, or of the lack of a good one."""
    cause, what = _INDICATIONS.get(
        type(indication).__name__, (Cause.BROKEN_ANSWER, f"its answer makes no sense: {indication}")
    )
    sent = setting and cause is Cause.BROKEN_ANSWER
    return SnmpError(cause, what, where=agent.where, sent=sent)


def refused(agent: Agent, status: int, oid: str) -> SnmpError:
    """The agent's own word. oid: of the object that it spoke of, "" where it named none."""
    cause, name = _STATUSES.get(status, (Cause.FAILED, f"error status {status}"))
    of = f" for {oid}" if oid else ""
    return SnmpError(cause, f"it says {name}{of}", where=agent.where, hint=_HINTS.get(cause, ""))
