"""Asking for an act: sent once, never again."""

from __future__ import annotations

from microdc.bmc.errors import BmcRefusedError, UnsupportedError
from microdc.bmc.model import Act, Power
from microdc.bmc.redfish.answers import Service
from microdc.bmc.redfish.read.actions import RESET, action, allowed, reset_type, target
from microdc.bmc.redfish.read.reader import Reader
from microdc.bmc.redfish.read.state import power
from microdc.bmc.redfish.write.refusals import so_already

_LEADS_TO = {
    Act.ON: frozenset({Power.ON, Power.POWERING_ON}),
    Act.SHUTDOWN: frozenset({Power.OFF, Power.POWERING_OFF}),
    Act.FORCE_OFF: frozenset({Power.OFF, Power.POWERING_OFF}),
}


def act(service: Service, path: str, wanted: Act) -> None:
    """Asks the system at a path for an act. A refusal that says it is so already is none where the state read back agrees.

    Raises UnsupportedError for an act that the BMC has no word for (a harder one never stands in for it), BmcRefusedError, BmcError.
    """
    reader = Reader(service)
    system = reader.doc(path, service.get(path))
    found = action(system, RESET)
    if found is None:
        raise UnsupportedError("the system has no action Reset", where=path)
    told = allowed(found, "ResetType")
    word = reset_type(wanted, told)
    if word is None:
        raise UnsupportedError(
            f"the BMC has no {wanted} of this system", where=path, hint=f"it allows: {', '.join(told or ())}"
        )
    try:
        service.send("POST", target(system, found, RESET), {"ResetType": word})
    except BmcRefusedError as refusal:
        if not so_already(refusal) or read_power(service, path) not in _LEADS_TO.get(wanted, ()):
            raise


def read_power(service: Service, path: str) -> Power:
    """The state of the system or chassis at a path, read now. Raises BmcRefusedError and BmcError."""
    return power(Reader(service).doc(path, service.get(path)))
