"""A site is told that nothing is to be done with some of its nodes any more."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from microdc.deploy.arming import config, orders_of
from microdc.deploy.deployment import Deployment
from microdc.deploy.model import Action, NodeRecord
from microdc.deploy.ports import Backend, Job, Ramdisk, StaleError, Station
from microdc.deploy.records import record_of
from microdc.deploy.tracking import shared
from microdc.errors import MicrodcError
from microdc.events import Step

_TRIES = 5


def disarm(deployment: Deployment, site: str, records: Sequence[NodeRecord]) -> Generator[Step, None, str]:
    """Has a site give up what goes on with nodes whose moves are over in the store; why it could not be told, "" where it was."""
    if not records or site not in deployment.testbed.sites:
        return ""
    try:
        backend = deployment.world.backend(site)
        if backend is not None:
            return (yield from _engine(deployment, backend, records))
        with deployment.world.station(site) as station:
            _told(deployment, site, station)
    except MicrodcError as problem:
        what = f"its boot services could not be told: {problem}; until the next run there, a node that boots from the network may still be given its order"
        yield Step(site, "failed", what)
        return what
    yield Step(site, "done", "its boot services give them nothing more")
    return ""


def _engine(
    deployment: Deployment, backend: Backend, records: Sequence[NodeRecord]
) -> Generator[Step, None, str]:
    """Another engine ends what it is at, as far as it lets itself be interrupted."""
    with backend:
        for record in records:
            spec, action = deployment.one(record.name).spec, record.action or Action.INSPECT
            said = backend.abort(Job(spec, record.move, action, None, record.wipe))
            yield Step(record.name, "done", said)
    return ""


def _told(deployment: Deployment, site: str, station: Station) -> None:
    """Raises MicrodcError. A runner that is at other nodes of the site tells it, too, and may be faster: then what is to hold is worked out anew."""
    ramdisk: Ramdisk | None = None
    declared = {node: one for node, one in deployment.declared.items() if one.spec.site == site}
    orders = orders_of(deployment.world, station.url())
    for left in reversed(range(_TRIES)):
        revision, rows = deployment.book.store.nodes.revise(deployment.book.testbed, site)
        records = {name: record_of(row) for name, row in rows.items()}
        if ramdisk is None and any(record.state.moving for record in records.values()):
            ramdisk = _built(deployment, station)
        wanted = config(site, revision, declared, records, ramdisk=ramdisk, key=deployment.key, orders=orders)
        try:
            station.ensure(wanted)
        except StaleError:
            if not left:
                raise
        else:
            return


def _built(deployment: Deployment, station: Station) -> Ramdisk:
    """What those boot that still move, at the site."""
    operation = deployment.world.ramdisk()
    while True:
        try:
            next(operation)
        except StopIteration as end:
            ramdisk: Ramdisk = end.value
            for file in shared(ramdisk):
                station.push(file, lambda _: None)
            return ramdisk
