"""Power, and what servers boot from."""

from __future__ import annotations

from collections.abc import Mapping

from microdc.errors import InputError
from microdc.health.demo.acts import ME
from microdc.health.demo.building import Machine
from microdc.health.demo.documents.frame import Document, Told, of_servers
from microdc.health.demo.documents.servers import override
from microdc.health.demo.state import State
from microdc.health.model import Trouble

_OFF = "shutdown, after 120 s force-off"
_STEPS: Mapping[tuple[str, bool], tuple[str, ...]] = {
    ("on", False): ("on",),
    ("off", True): (_OFF,),
    ("cycle", True): (_OFF, "on"),
    ("cycle", False): ("on",),
    ("restart", True): ("restart",),
    ("reset", True): ("reset",),
}
"""What is asked of a BMC, by the wish and whether the server is on."""
_WISHES = tuple(dict.fromkeys(wish for wish, _ in _STEPS))
_TARGETS = ("none", "pxe", "http", "disk", "bios", "cd")


def plan_power(state: State, name: str, wish: str, at: float) -> Document:
    """Raises InputError for a server or a wish that there is not."""
    _check(wish, _WISHES, "is nothing that is done to a server's power")
    return of_servers("PowerPlan", [(one, _plan(state, one, wish, at)) for one in state.machines(name)])


def _plan(state: State, machine: Machine, wish: str, at: float) -> Told:
    trouble = state.trouble(machine.device.key, machine.device.site, at)
    if trouble is not None:
        return trouble
    reads = state.server(machine, at).power
    if reads == "off" and wish not in {"on", "off", "cycle"}:
        return Trouble("fault", f"it is off: nothing to {wish}", hint="microdc power on turns it on")
    return {"reads": reads, "steps": list(_STEPS.get((wish, reads != "off"), ()))}


def power(state: State, name: str, wish: str, at: float) -> Document:
    """Raises InputError for a server or a wish that there is not."""
    _check(wish, _WISHES, "is nothing that is done to a server's power")
    machines = state.machines(name)
    told = [(one, _power(state, one, wish, at)) for one in machines]
    failed = any(isinstance(one, Trouble) for _, one in told)
    outcome = "failed" if failed else "done"
    state.journal.note("power", f"power {wish}: {name}", at, ME, seconds=4.2, outcome=outcome)
    return of_servers("PowerResult", told)


def _power(state: State, machine: Machine, wish: str, at: float) -> Told:
    plan = _plan(state, machine, wish, at)
    if isinstance(plan, Trouble):
        return plan
    if plan["steps"]:
        state.acts.power(machine.name, wish, at)
    after = "off" if wish == "off" else "on"
    return {
        "wish": wish,
        "result": "done" if plan["steps"] else "nothing",
        "before": plan["reads"],
        "power": after,
        "acts": [step.partition(",")[0] for step in plan["steps"]],
        "what": f"it is {after}" if plan["steps"] else f"it is {wish} already",
    }


def plan_boot(state: State, name: str, target: str, at: float) -> Document:
    """Raises InputError. target `none`: the override is taken away."""
    _check(target, _TARGETS, "is nothing that a server boots from")
    return of_servers("BootPlan", [(one, _plan_boot(state, one, target, at)) for one in state.machines(name)])


def _plan_boot(state: State, machine: Machine, target: str, at: float) -> Told:
    trouble = state.trouble(machine.device.key, machine.device.site, at)
    before = state.server(machine, at).boot
    told = {"reads": _words(before), "steps": [] if before == target else [f"set {_words(target)}"]}
    return trouble or told


def boot(state: State, name: str, target: str, at: float) -> Document:
    """Raises InputError."""
    _check(target, _TARGETS, "is nothing that a server boots from")
    told = [(one, _boot(state, one, target, at)) for one in state.machines(name)]
    outcome = "failed" if any(isinstance(one, Trouble) for _, one in told) else "done"
    state.journal.note("boot", f"boot {name} from {target}", at, ME, outcome=outcome)
    return of_servers("BootResult", told)


def _boot(state: State, machine: Machine, target: str, at: float) -> Told:
    trouble = state.trouble(machine.device.key, machine.device.site, at)
    if trouble is not None:
        return trouble
    before = state.server(machine, at).boot
    state.acts.boot(machine.name, target, at)
    return {
        "result": "nothing" if before == target else "done",
        "wanted": override(target),
        "before": override(before),
        "boot": override(target),
        "power": None,
        "what": "",
    }


def _words(target: str) -> str:
    return "none" if target == "none" else f"{target}, once (uefi)"


def _check(word: str, known: tuple[str, ...], why: str) -> None:
    if word not in known:
        raise InputError(f"{word!r} {why}", hint=f"one of {', '.join(known)}")
