"""How a job begins: its node is enrolled unless Ironic has it, and the job noted at it. Nothing is done to the server yet."""

from __future__ import annotations

from collections.abc import Mapping

from microdc.bmc.model import Target
from microdc.deploy.ironic import enrolling, telling
from microdc.deploy.ironic.api import Api
from microdc.deploy.ironic.errors import IronicAwayError
from microdc.deploy.ironic.model import CLEAN_FAULT, Mark, Node
from microdc.deploy.ironic.place import Place
from microdc.deploy.ironic.provision import AVAILABLE, Way, meaning_of
from microdc.deploy.model import Action
from microdc.deploy.ports import Job
from microdc.errors import RefusedError


def begin(api: Api, place: Place, job: Job) -> None:
    """Idempotent. Raises RefusedError for a node that is somebody else's, and for a first job on disks that may hold somebody's data;
    UnreachableError while Ironic is still busy with an earlier job.
    """
    target = place.target(job.spec.name)
    api.wire.hide([target.login.password] if target.login else [])
    node = api.node(job.spec.name)
    if node is None:
        _check_wipe(job, ours=False)
        mark = Mark(place.testbed, job.move, job.action)
        api.create(enrolling.new_node(job.spec, target, place.ironic, mark))
        node = there(api, job)
    ports = api.ports(node)
    _check_ours(api, place, node, job, ports)
    if node.mark is None or node.mark.move != job.move:
        _take_on(api, place, node, job, target)
    _connect(api, place, node, job, ports)


def there(api: Api, job: Job) -> Node:
    """The node of a job that was begun. Raises RefusedError where it is gone."""
    node = api.node(job.spec.name)
    if node is None:
        hint = "somebody deleted it there: begin the job anew"
        raise RefusedError(f"Ironic knows no node {job.spec.name}", where=api.wire.where, hint=hint)
    return node


def _check_wipe(job: Job, *, ours: bool) -> None:
    """Ironic looks for nobody's data: its cleaning and its deployment overwrite what is there."""
    if job.action is Action.INSPECT or job.wipe or ours:
        return
    hint = "--wipe allows it, once it is certain that nobody needs what is there"
    what = f"Ironic would overwrite the disks of {job.spec.name} without looking, and they may hold somebody's data"
    raise RefusedError(what, where=job.spec.where, hint=hint)


def _check_ours(api: Api, place: Place, node: Node, job: Job, ports: Mapping[str, object]) -> None:
    where, mark = api.wire.where, node.mark
    if mark is not None and mark.testbed != place.testbed:
        hint = "names of nodes are one for all that use an Ironic"
        raise RefusedError(f"{node.name} is a node of the testbed {mark.testbed}", where=where, hint=hint)
    macs = enrolling.macs_of(place.server(job.spec.name), job.spec)
    if mark is None and not macs.keys() & ports.keys():
        hint = "it has none of this server's MACs; rename or delete it there"
        raise RefusedError(f"Ironic has another {node.name} already", where=where, hint=hint)


def _take_on(api: Api, place: Place, node: Node, job: Job, target: Target) -> None:
    """Notes a new job at a node that Ironic has, and brings it to what the inventory says."""
    if meaning_of(node.state).way is Way.WORKS or node.reserved:
        what, hint = (
            f"Ironic is still busy with {node.name}: {node.state}",
            "microdc deploy abort ends that where it can be",
        )
        raise IronicAwayError(what, where=api.wire.where, hint=hint)
    ours = node.mark is not None and node.mark.ours
    _check_wipe(job, ours=ours or node.state == AVAILABLE)
    if node.maintenance and node.fault == CLEAN_FAULT:
        api.maintain(node.name, None)  # Ironic's own; whoever begins a job has looked into it
    mark = Mark(
        testbed=place.testbed,
        move=job.move,
        action=job.action,
        seen=node.updated,
        inspected=node.inspected,
        history=telling.newest(api.history(node.name)),
        ours=ours,
    )
    api.patch(node.name, enrolling.changes(node, job.spec, target, place.ironic, mark))


def _connect(api: Api, place: Place, node: Node, job: Job, ports: Mapping[str, tuple[str, bool]]) -> None:
    for mac, boots in enrolling.macs_of(place.server(job.spec.name), job.spec).items():
        port = ports.get(mac.lower())
        if port is None:
            api.add_port(node, mac, boots=boots)
        elif port[1] != boots:
            api.set_port(port[0], boots=boots)
