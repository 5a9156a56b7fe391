"""What can be done to the demo: each act changes what is sampled from then on, is written into its journal, and gives what the command prints."""

from __future__ import annotations

from dataclasses import replace

from microdc.errors import InputError, RefusedError
from microdc.health.demo.acts import Held, Laid
from microdc.health.demo.documents import nodes as node_documents
from microdc.health.demo.documents import wan as wan_documents
from microdc.health.demo.documents.frame import Document, document, of_server
from microdc.health.demo.documents.servers import override
from microdc.health.demo.documents.store import lease as lease_data
from microdc.health.demo.nodes import phase_at
from microdc.health.demo.state import State
from microdc.health.demo.wan import PROFILES
from microdc.health.model import Kind

ME = "you"
_POWERS = {
    "on": ("on", ["on"]),
    "off": ("off", ["shutdown"]),
    "cycle": ("on", ["cycle"]),
    "restart": ("on", ["restart"]),
    "reset": ("on", ["reset"]),
}
_TARGETS = ("none", "pxe", "http", "disk", "bios", "cd")


def power(state: State, name: str, act: str, at: float) -> Document:
    """Raises InputError for a server or an act that there is not."""
    machine = state.machine(name)
    if act not in _POWERS:
        raise InputError(
            f"{act!r} is nothing that is done to a server's power", hint=f"one of {', '.join(_POWERS)}"
        )
    trouble = state.trouble(machine.device.key, machine.device.site, at)
    summary = f"power {act}: {name}"
    if trouble is not None:
        state.journal.note("power", summary, at, ME, outcome="failed")
        return of_server("PowerResult", name, machine.driver, trouble)
    before = state.server(machine, at).power
    if before == "off" and act in {"restart", "reset"}:
        hint = "microdc power on turns it on"
        raise InputError(f"it is off: nothing to {act}", where=name, hint=hint)
    after, asked = _POWERS[act]
    same = before == act
    if not same:
        state.acts.power(name, act, at)
    state.journal.note("power", summary, at, ME, seconds=4.2)
    told = {
        "wish": act,
        "result": "nothing" if same else "done",
        "before": before,
        "power": after,
        "acts": [] if same else asked,
        "what": f"it is {act} already" if same else f"it is {after}",
    }
    return of_server("PowerResult", name, machine.driver, told)


def set_boot(state: State, name: str, target: str, at: float) -> Document:
    """Raises InputError."""
    machine = state.machine(name)
    if target not in _TARGETS:
        raise InputError(f"a server does not boot from {target!r}", hint=f"one of {', '.join(_TARGETS)}")
    trouble = state.trouble(machine.device.key, machine.device.site, at)
    state.journal.note("boot", f"boot {name} from {target}", at, ME, outcome="failed" if trouble else "done")
    if trouble is not None:
        return of_server("BootResult", name, machine.driver, trouble)
    before = state.server(machine, at).boot
    state.acts.boot(name, target, at)
    told = {
        "result": "nothing" if before == target else "done",
        "wanted": override(target),
        "before": override(before),
        "boot": override(target),
        "power": None,
        "what": "",
    }
    return of_server("BootResult", name, machine.driver, told)


def lay(state: State, pair: str, profile: str, at: float, *, until: float | None, owner: str) -> Document:
    """Raises InputError."""
    line = state.pair(pair)
    if profile not in PROFILES:
        raise InputError(f"the demo has no profile {profile!r}", hint=f"it has {', '.join(PROFILES)}")
    name = line.device.name
    laid = state.acts.lay(Laid("", owner, f"{profile} over {name}", (name,), profile, (), at, until))
    state.journal.note("apply", f"{profile} over {name}", at, owner, seconds=1.3)
    return wan_documents.plan(f"{profile} over {name}", laid, (), at, applied=True)


def undo(state: State, overlay: str, at: float) -> Document:
    """Raises InputError where there is no such overlay, or nothing of one's own."""
    own = [one.ident for one in state.acts.holding(at) if one.owner == ME]
    ident = overlay or (own[-1] if own else "")
    if not ident:
        raise InputError("nothing that is laid is yours, so there is nothing to undo")
    if not state.acts.take_away(ident, at):
        laid = ", ".join(one.ident for one in state.acts.holding(at))
        raise InputError(
            f"there is no overlay {ident!r}", hint=f"laid are {laid}" if laid else "nothing is laid"
        )
    state.journal.note("undo", f"{ident} taken away", at, ME, seconds=1.1)
    return wan_documents.plan(f"take away {ident}", None, (ident,), at, applied=True)


def cut(state: State, a: str, b: str, at: float, until: float | None) -> Document:
    """Raises InputError where no line joins the two."""
    name = state.pair(f"{a}:{b}").device.name
    laid = state.acts.lay(Laid("", ME, f"cut of {name}", (), "", (name,), at, until))
    state.journal.note("apply", f"{name} cut", at, ME, seconds=1.2)
    return wan_documents.plan(f"cut of {name}", laid, (), at, applied=True)


def restore(state: State, a: str, b: str, at: float) -> Document:
    """Raises InputError where it is not cut."""
    name = state.pair(f"{a}:{b}").device.name
    idents = [one.ident for one in state.acts.holding(at) if name in one.cuts]
    for ident in idents:
        state.acts.take_away(ident, at)
    if not idents:
        hint = (
            "the story of the demo cut it; it comes up again by itself"
            if name in state.moment(at).scene.cuts
            else ""
        )
        raise InputError(f"{name} is not cut by you", hint=hint)
    state.journal.note("apply", f"{name} up again", at, ME, seconds=1.2)
    return wan_documents.plan(f"{name} up again", None, idents, at, applied=True)


def deploy(state: State, name: str, at: float) -> Document:
    """Raises InputError; RefusedError for a node in maintenance, or one that is being deployed."""
    machine = state.node(name)
    kept = state.maintenance(f"{Kind.NODE}/{name}", at)
    if kept:
        hint = f"microdc deploy maintenance {name} --off takes it back"
        raise RefusedError(f"it is in maintenance: {kept}", where=name, hint=hint)
    if phase_at(state.move(name, at), at)[0] not in {"active", "failed"}:
        hint = f"microdc deploy abort {name} ends it"
        raise RefusedError("it is deploying already", where=name, hint=hint)
    state.acts.move(name, at)
    state.journal.note("deploy", f"deploy {name}", at, ME, seconds=147.0)
    record = node_documents.record(state, machine, at)
    return document("DeployResult", {"nodes": [_moved(record, "left", "it goes on by itself")]})


def abort(state: State, name: str, at: float) -> Document:
    """Raises InputError."""
    machine = state.node(name)
    move = state.move(name, at)
    if phase_at(move, at)[0] in {"active", "failed"}:
        return document("DeployResult", {"nodes": []})
    state.acts.abort(name, move, at)
    state.journal.end(f"deploy {name}", at, "interrupted")
    state.journal.note("abort", f"abort {name}", at, ME, seconds=0.8)
    record = node_documents.record(state, machine, at)
    return document("DeployResult", {"nodes": [_moved(record, "done", "ended by you")]})


def maintain(state: State, name: str, why: str, at: float) -> Document:
    """Raises InputError; RefusedError for a node that is being deployed."""
    machine = state.node(name)
    if why and phase_at(state.move(name, at), at)[0] not in {"active", "failed"}:
        raise RefusedError("it is deploying", where=name, hint=f"microdc deploy abort {name} ends it")
    state.acts.keep(machine.device.key.replace(Kind.SERVER, Kind.NODE, 1), why or "-", at)
    summary = f"maintenance: {why}: {name}" if why else f"maintenance is over: {name}"
    state.journal.note("maintenance", summary, at, ME)
    return document("DeployMaintenance", {"nodes": [node_documents.record(state, machine, at)]})


def _moved(record: Document, result: str, what: str) -> Document:
    return {**record, "result": result, "what": what, "hardware": None}


def lease(state: State, resource: str, seconds: float, at: float, *, reason: str, owner: str) -> Document:
    """Raises InputError for what cannot be leased, RefusedError where somebody else has it."""
    _check(state, resource)
    acts = state.acts
    for other in acts.held:
        if other.holder != owner and other.state(at) == "held" and _share(other.resource, resource):
            raise RefusedError(
                f"{other.resource} is {other.holder}'s: {other.reason}",
                where=resource,
                hint="it ends by itself",
            )
    mine = next(
        (
            one
            for one in acts.held
            if one.holder == owner and one.resource == resource and one.state(at) == "held"
        ),
        None,
    )
    if mine is not None:
        taken = replace(mine, ends=max(mine.ends, at + seconds), reason=reason or mine.reason)
        acts.held[acts.held.index(mine)] = taken
    else:
        taken = acts.hold(Held(0, resource, owner, reason, at, at + seconds, at))
    state.journal.note("lease", f"{resource} taken for {seconds:g} s", at, owner)
    return document("LeaseList", [{**lease_data(taken, at), "token": f"demo-{taken.ident}"}])


def release(state: State, resource: str, at: float, owner: str) -> Document:
    """Raises InputError for what cannot be leased."""
    if resource:
        _check(state, resource)
    own = [
        one.resource
        for one in state.acts.held
        if one.holder == owner and one.state(at) in {"held", "planned"}
    ]
    meant = [one for one in own if resource in {"", one}]
    ended = state.acts.release(meant, owner, at) if meant else []
    if ended:
        state.journal.note("release", f"{', '.join(one.resource for one in ended)} given back", at, owner)
    return document("LeaseList", [lease_data(one, at) for one in ended])


def _check(state: State, resource: str) -> None:
    kind, _, name = resource.partition(":")
    site, _, rack = name.partition("/")
    places = {place.name: place.racks for place in state.world.fleet.sites}
    known = (
        resource == "wan"
        or (kind == "site" and not rack and site in places)
        or (kind == "rack" and rack in places.get(site, {}))
    )
    if not known:
        raise InputError(f"{resource!r} cannot be leased", hint="write wan, site:NAME or rack:SITE/RACK")


def _share(a: str, b: str) -> bool:
    """Whether two resources share something: they are the same, or one is a site and the other a rack of it."""
    return a == b or _holds(a, b) or _holds(b, a)


def _holds(site: str, rack: str) -> bool:
    kind, _, name = site.partition(":")
    return kind == "site" and rack.startswith(f"rack:{name}/")
