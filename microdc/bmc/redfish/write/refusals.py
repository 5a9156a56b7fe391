"""What a refusal means for the next try. Pure."""

from __future__ import annotations

from enum import StrEnum

from microdc.bmc.errors import BmcRefusedError


class Meaning(StrEnum):
    """Why a request was refused. All but FINAL say that nothing was changed."""

    PRECONDITION = "the ETag, or the lack of one"
    ELSEWHERE = "the request belongs to another resource"
    PROPERTY = "a property or its value"
    FINAL = "something that another try does not change"


_PRECONDITION = frozenset({"PreconditionFailed", "PreconditionHeaderMissing", "PreconditionRequired"})
_ELSEWHERE = frozenset({"OperationSupportedInFutureStateURI"})
NOT_FOUND = 404
_BAD_REQUEST, _NOT_ALLOWED, _CONFLICT = 400, 405, 409
_FAILED_PRECONDITION, _REQUIRED_PRECONDITION = 412, 428


def meaning(refusal: BmcRefusedError) -> Meaning:
    """By its message ids, which vendors prefix as they like (`Ami.1.0.PreconditionHeaderMissing`), then by its status."""
    names = {code.rpartition(".")[2] for code in refusal.codes}
    if names & _PRECONDITION or refusal.status in {_FAILED_PRECONDITION, _REQUIRED_PRECONDITION}:
        return Meaning.PRECONDITION
    if names & _ELSEWHERE or refusal.status in {NOT_FOUND, _NOT_ALLOWED}:
        return Meaning.ELSEWHERE
    return Meaning.PROPERTY if refusal.status == _BAD_REQUEST else Meaning.FINAL


def so_already(refusal: BmcRefusedError) -> bool:
    """Whether it may say that what was asked for is so already; what is read back decides.

    `PSU501` of an iDRAC comes as 409 (dellemc-openmanage-ansible-modules#132), an iLO's InvalidOperationForSystemState as 400.
    """
    told = " ".join((refusal.what, *refusal.codes)).lower()
    return refusal.status == _CONFLICT or "already" in told or "invalidoperation" in told
