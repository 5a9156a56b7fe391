"""What SNMP says of a failure -> what a BMC's driver says."""

from __future__ import annotations

from microdc.bmc.errors import BmcError, BmcRefusedError, Cause
from microdc.snmp import errors as snmp

_CAUSES = {
    snmp.Cause.NO_ROUTE: Cause.NO_ROUTE,
    snmp.Cause.REFUSED: Cause.REFUSED,
    snmp.Cause.TIMEOUT: Cause.TIMEOUT,
    snmp.Cause.TOO_BIG: Cause.TOO_LARGE,
    snmp.Cause.BROKEN_ANSWER: Cause.BROKEN_ANSWER,
    **dict.fromkeys(snmp.LOGIN, Cause.LOGIN),
}


def translated(problem: snmp.SnmpError) -> BmcError | BmcRefusedError:
    """The same, as `Bmc` promises it."""
    if problem.cause in snmp.REFUSALS:
        return BmcRefusedError(
            problem.what, where=problem.where, hint=problem.hint, codes=(str(problem.cause),)
        )
    return BmcError(
        _CAUSES[problem.cause], problem.what, where=problem.where, hint=problem.hint, sent=problem.sent
    )
