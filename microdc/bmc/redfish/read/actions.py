"""Actions of resources: where they are sent, which values of their parameters are allowed, which word asks for which act."""

from __future__ import annotations

from typing import Final

from microdc.bmc.model import Act
from microdc.bmc.redfish.read.doc import Doc

ALLOWED: Final = "@Redfish.AllowableValues"
RESET: Final = "#ComputerSystem.Reset"
RESET_TYPES: Final[dict[Act, tuple[str, ...]]] = {
    Act.ON: ("On", "ForceOn"),
    Act.SHUTDOWN: ("GracefulShutdown",),
    Act.FORCE_OFF: ("ForceOff",),
    Act.RESTART: ("GracefulRestart",),
    Act.RESET: ("ForceRestart",),
    Act.CYCLE: ("PowerCycle",),
    Act.NMI: ("Nmi",),
}
"""The words that ask for an act, best first. No harder act ever stands in for a softer one."""


def action(doc: Doc, name: str) -> Doc | None:
    """An action of a resource, such as `#Manager.Reset`; None where it has none."""
    actions = doc.part("Actions")
    return actions.part(name) if actions.has(name) else None


def target(doc: Doc, found: Doc, name: str) -> str:
    """Where an action is sent: as it says, else where the standard puts it."""
    return found.link("target") or f"{doc.path.rstrip('/')}/Actions/{name.lstrip('#')}"


def allowed(found: Doc, parameter: str) -> tuple[str, ...] | None:
    """The values that a parameter may have, from the action or its ActionInfo; None where they are not told."""
    told = found.words(f"{parameter}{ALLOWED}")
    if told:
        return told
    info = found.follow("@Redfish.ActionInfo")
    for one in info.parts("Parameters") if info else ():
        if one.word("Name").lower() == parameter.lower():
            return one.words("AllowableValues") or told
    return told


def reset_type(act: Act, told: tuple[str, ...] | None) -> str | None:
    """The word for an act; None where the BMC has none. told: what it allows, None where it does not say."""
    return first_of(RESET_TYPES[act], told)


def first_of(words: tuple[str, ...], told: tuple[str, ...] | None) -> str | None:
    """The first word that is allowed, spelt as the BMC does; simply the first where the BMC does not say what is."""
    if told is None:
        return words[0]
    spelt = {one.lower(): one for one in told}
    return next((spelt[word.lower()] for word in words if word.lower() in spelt), None)
