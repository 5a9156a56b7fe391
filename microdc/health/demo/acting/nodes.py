"""Deployments, and taking nodes out."""

from __future__ import annotations

from microdc.errors import RefusedError
from microdc.health.demo.acts import ME
from microdc.health.demo.documents import nodes as documents
from microdc.health.demo.documents.frame import Document, document
from microdc.health.demo.nodes import IMAGE, phase_at
from microdc.health.demo.state import State

_AT_REST = frozenset({"active", "failed"})


def plan(state: State, name: str, at: float) -> Document:
    """Of a node or a site. Raises InputError."""
    items = [_item(state, one, at) for one in documents.status(state, name, at)["nodes"]]
    racks = sorted({f"rack:{one['site']}/{one['rack']}" for one in items})
    held = [
        f"{one.resource} is {one.holder}'s: {one.reason}"
        for one in state.acts.held
        if one.resource in racks and one.state(at) == "held" and one.holder != ME
    ]
    told = {"nodes": items, "racks": racks, "in_the_way": held[0] if held else None, "remarks": []}
    return document("DeployPlan", told)


def _item(state: State, record: Document, at: float) -> Document:
    machine = state.world.nodes[record["node"]]
    how, why = "begin", None
    match record["state"]:
        case "maintenance":
            how, why = "refused", f"it is in maintenance: {record['note']}"
        case "deploying":
            how = "resume"
        case "active":
            how, why = "nothing", f"runs {IMAGE} already"
    return {
        "node": machine.name,
        "site": machine.device.site,
        "rack": machine.device.rack,
        "how": how,
        "action": "deploy",
        "why": why,
        "state": record["state"],
        "power": state.server(machine, at).power,
        "image": documents.image(),
        "address": record["address"],
        "nic": "eno1",
        "mac": machine.macs[0],
        "disk": {"least": "200GiB", "kind": "ssd"},
        "firmware": "uefi",
        "wipe": False,
        "loses": None,
        "described": f"sites/{machine.device.site}.yaml:{20 + machine.port}",
    }


def deploy(state: State, name: str, at: float) -> Document:
    """Also what is active. Raises InputError; RefusedError for a node in maintenance, or one that is being deployed: then none is begun."""
    machines = state.nodes(name)
    for one in machines:
        kept = state.maintenance(f"node/{one.name}", at)
        if kept:
            hint = f"microdc deploy maintenance {one.name} --off takes it back"
            raise RefusedError(f"it is in maintenance: {kept}", where=one.name, hint=hint)
        if not _rests(state, one.name, at):
            hint = f"microdc deploy abort {one.name} ends it"
            raise RefusedError("it is deploying already", where=one.name, hint=hint)
    for one in machines:
        state.acts.move(one.name, at)
    state.journal.note("deploy", f"deploy {name}", at, ME, seconds=147.0)
    records = [documents.record(state, one, at) for one in machines]
    return document(
        "DeployResult", {"nodes": [_moved(one, "left", "it goes on by itself") for one in records]}
    )


def abort(state: State, name: str, at: float) -> Document:
    """Raises InputError."""
    moving = [one for one in state.nodes(name) if not _rests(state, one.name, at)]
    for one in moving:
        state.acts.abort(one.name, state.move(one.name, at), at)
        state.journal.end(f"deploy {one.name}", at, "interrupted")
    if moving:
        state.journal.note("abort", f"abort {name}", at, ME, seconds=0.8)
    records = [documents.record(state, one, at) for one in moving]
    return document("DeployResult", {"nodes": [_moved(one, "done", "ended by you") for one in records]})


def maintain(state: State, name: str, why: str, at: float) -> Document:
    """Takes nodes out, or back where `why` is "". Raises InputError; RefusedError for one that is being deployed, or is not out."""
    machines = state.nodes(name)
    for one in machines:
        if why and not _rests(state, one.name, at):
            raise RefusedError(
                "it is deploying", where=one.name, hint=f"microdc deploy abort {one.name} ends it"
            )
        if not why and not state.maintenance(f"node/{one.name}", at):
            raise RefusedError("it is in no maintenance", where=one.name)
    for one in machines:
        state.acts.keep(f"node/{one.name}", why or "-", at)
    summary = f"maintenance: {why}: {name}" if why else f"maintenance is over: {name}"
    state.journal.note("maintenance", summary, at, ME)
    return document("DeployMaintenance", {"nodes": [documents.record(state, one, at) for one in machines]})


def _rests(state: State, name: str, at: float) -> bool:
    return phase_at(state.move(name, at), at)[0] in _AT_REST


def _moved(record: Document, result: str, what: str) -> Document:
    return {**record, "result": result, "what": what, "hardware": None}
