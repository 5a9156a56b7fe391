"""Nodes: planned, taken through their moves, looked at, given up, kept out. All that others call.

Long ones yield steps; those of a node are `pacing.Moved`, which bears its record and how long it still takes.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from microdc.bmc.targets import feeds
from microdc.deploy import lifecycle, moving
from microdc.deploy.arming import Declared
from microdc.deploy.authorized import nobody
from microdc.deploy.deployment import Deployment, FindImage
from microdc.deploy.giving import built_image
from microdc.deploy.lifecycle import Patience
from microdc.deploy.model import Action, Evidence, NodeRecord, State
from microdc.deploy.opening import RealWorld
from microdc.deploy.planning import Item, Plan, Wish, make_plan
from microdc.deploy.ports import World
from microdc.deploy.records import evidence_of, record_of, row_of
from microdc.deploy.reporting import Ended, NodeOutcome, Report
from microdc.deploy.specs import node_spec, site_spec
from microdc.deploy.tokens import load_key
from microdc.documents.model import DocumentError
from microdc.events import Step
from microdc.store.pages import Book
from microdc.testbed.model import Server, Testbed
from microdc.testbed.servers import servers

__all__ = ["Deployment", "Ended", "NodeOutcome", "Plan", "Report", "Wish", "open_deployment"]


def open_deployment(
    testbed: Testbed,
    book: Book,
    *,
    find_image: FindImage = built_image,
    world: World | None = None,
    patience: Patience | None = None,
) -> Deployment:
    """The nodes of a testbed: every server that declares how it is deployed. Raises InputError where the key of tokens cannot be used.

    A server whose documents do not say enough is no node; `without` of the result says why.
    """
    declared: dict[str, Declared] = {}
    without: dict[str, str] = {}
    for server in servers(testbed):
        if server.deploy is None:
            continue
        try:
            declared[server.name] = _declared(testbed, server)
        except DocumentError as problem:
            without[server.name] = str(problem)
    return Deployment(
        testbed,
        book,
        world or RealWorld(testbed),
        declared,
        find_image,
        load_key(book.store.nodes),
        patience or Patience(),
        without=without,
    )


def _declared(testbed: Testbed, server: Server) -> Declared:
    spec = node_spec(testbed, server, site_spec(testbed, testbed.sites[server.site]))
    macs = {nic.mac.lower() for nic in server.nics.values() if nic.mac}
    return Declared(spec, frozenset(macs | {spec.mac.lower()}))


# -- plans


def plan(deployment: Deployment, names: Sequence[str], wish: Wish) -> Plan:
    """What a wish means for these nodes; nothing is asked of anybody. Raises InputError for a name that is no node's."""
    every = [deployment.one(name) for name in names]
    images = {}
    if wish.action is Action.DEPLOY:
        for name in dict.fromkeys(one.spec.image for one in every):
            images[name] = deployment.find_image(name)
    made = make_plan(wish, every, deployment.records(names), images, datetime.now(UTC))
    items = tuple(_reachable(deployment, item) for item in made.items)
    return replace(made, items=items, remarks=tuple(_remarks(deployment, items)))


def _remarks(deployment: Deployment, items: Iterable[Item]) -> Iterator[str]:
    """What a plan cannot be refused for, and nobody wants."""
    installed = [item for item in items if item.how == "begin" and item.action is Action.DEPLOY]
    for name in dict.fromkeys(item.spec.site for item in installed):
        deploy = deployment.testbed.sites[name].deploy
        why = nobody(deploy.authorized_keys) if deploy is not None else ""
        if why:
            yield f"nobody will be able to log in to the nodes of {name}: {why}"


def plan_retry(deployment: Deployment, names: Sequence[str], *, attempts: int = 2) -> Plan:
    """What begins the last move of nodes again that failed, each with its own action and whether its disk may be wiped."""
    records = deployment.records(names)
    items: dict[str, Item] = {}
    remarks: dict[str, None] = {}
    for action in Action:
        for wipe in (False, True):
            some = [name for name in names if (records[name].action, records[name].wipe) == (action, wipe)]
            if some:
                made = plan(deployment, some, Wish(action, wipe, attempts, again=True))
                items |= {item.name: _failed(item) for item in made.items}
                remarks |= dict.fromkeys(made.remarks)
    for name in names:
        if name not in items:
            one = deployment.one(name)
            why = "nothing was done with it yet: microdc deploy run begins"
            items[name] = Item(one, records[name], "refused", Action.DEPLOY, why=why)
    racks = dict.fromkeys(
        f"rack:{item.spec.site}/{item.spec.rack}" for item in (items[name] for name in names)
    )
    wish = Wish(Action.DEPLOY, attempts=attempts)
    return Plan(wish, tuple(items[name] for name in names), tuple(racks), tuple(remarks))


def _failed(item: Item) -> Item:
    if item.record.state is State.FAILED or item.how == "resume":
        return item
    return replace(item, how="refused", why=f"it is {item.record.state}, and did not fail")


def plan_resume(deployment: Deployment) -> Plan:
    """What goes on with every move that somebody left, or was ended at."""
    left = {name: record.action for name, record in deployment.records().items() if record.state.moving}
    items: dict[str, Item] = {}
    for action in Action:
        some = [name for name, its in left.items() if its is action]
        if some:
            items |= {item.name: item for item in plan(deployment, some, Wish(action)).items}
    racks = dict.fromkeys(f"rack:{item.spec.site}/{item.spec.rack}" for item in items.values())
    return Plan(Wish(Action.DEPLOY), tuple(items[name] for name in left), tuple(racks))


def _reachable(deployment: Deployment, item: Item) -> Item:
    """Refused where nothing could turn it on: it has neither a BMC nor an outlet that is switched."""
    if item.how != "begin" or deployment.testbed.sites[item.spec.site].deploy is None:
        return item
    server = next(server for server in servers(deployment.testbed) if server.name == item.name)
    if server.bmc or feeds(deployment.testbed, server):
        return item
    why = "nothing can turn it on: it has no `bmc`, and no outlet that is switched"
    return replace(item, how="refused", why=why)


# -- acts


def run(deployment: Deployment, plan: Plan, *, take_over: bool = False) -> Generator[Step, None, Report]:
    """Carries a plan out, and goes on with what was left. Ending it, by Ctrl-C or any other way, leaves all as it is: a run of the same goes on.

    take_over: a microdc of another machine that is at one of the nodes is gone, and need not be waited for.
    Raises RefusedError where a node is refused, where somebody else holds a rack, or where another microdc is at one of the nodes.
    """
    plan.check()
    return (yield from moving.carry_out(deployment, plan, take_over=take_over))


def abort(
    deployment: Deployment, names: Sequence[str], why: str, *, off: bool = False
) -> Generator[Step, None, Report]:
    """Ends the moves of nodes: first in the store, which a runner that is at them notices, then at their sites. off: they are turned off, too."""
    return (yield from moving.give_up(deployment, names, why, off=off))


def maintain(deployment: Deployment, names: Sequence[str], why: str) -> tuple[NodeRecord, ...]:
    """Takes nodes out, so that no move begins. Raises RefusedError for one that moves; nothing is changed then."""
    return _changed(deployment, names, lambda record: lifecycle.maintain(record, why), f"maintenance: {why}")


def take_back(deployment: Deployment, names: Sequence[str]) -> tuple[NodeRecord, ...]:
    """Takes nodes back after their maintenance. Raises RefusedError for one that is in none."""
    return _changed(deployment, names, lifecycle.take_back, "maintenance is over")


def _changed(
    deployment: Deployment, names: Sequence[str], change: Callable[[NodeRecord], NodeRecord], what: str
) -> tuple[NodeRecord, ...]:
    book = deployment.book
    changed = [change(record) for record in deployment.records(names).values()]
    summary = f"{what}: {', '.join(names)}"
    with book.page("maintenance", summary, {"nodes": list(names)}):
        return tuple(record_of(book.store.nodes.put(row_of(record))) for record in changed)


# -- looking


def status(deployment: Deployment, names: Sequence[str] | None = None) -> tuple[NodeRecord, ...]:
    """The nodes as they are now, in the inventory's order."""
    return tuple(deployment.records(names).values())


def evidence(deployment: Deployment, name: str, *, limit: int | None = None) -> tuple[Evidence, ...]:
    """What was seen of a node and on its segment in its last move, or the newest of all where it had none. Oldest first.

    What its site noted since a run ended is not in it: `collect` takes it in.
    """
    record = deployment.records([name])[name]
    nodes = deployment.book.store.nodes
    after = record.mark or 0
    rows = nodes.seen(deployment.book.testbed, site=record.site, after=after, limit=limit)
    return tuple(evidence_of(row) for row in rows)


def collect(deployment: Deployment, site: str) -> int:
    """Takes in what a site's boot services noted since it was asked last; how much. Raises MicrodcError where they cannot be asked."""
    return moving.collect(deployment, site)


def counts(records: Iterable[NodeRecord]) -> dict[str, Any]:
    """How many nodes are in which state."""
    found: dict[str, Any] = {}
    for record in records:
        found[record.state.value] = found.get(record.state.value, 0) + 1
    return found
