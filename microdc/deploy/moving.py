"""A plan carried out: leave is asked, it is written down, the runner runs; and moves that are given up."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from typing import Literal

from microdc.deploy import lifecycle
from microdc.deploy.alone import KIND, Presence, check_alone
from microdc.deploy.delegating import Engine
from microdc.deploy.deployment import Deployment
from microdc.deploy.disarming import disarm
from microdc.deploy.lifecycle import ORDER
from microdc.deploy.model import NodeRecord, Phase
from microdc.deploy.planning import Item, Plan
from microdc.deploy.ports import Ramdisk
from microdc.deploy.records import record_of, row_of, seen_row
from microdc.deploy.reporting import NodeOutcome, Report
from microdc.deploy.running import Runner
from microdc.deploy.sites import Shop, SiteAtWork
from microdc.deploy.tracking import Track
from microdc.errors import MicrodcError, RefusedError
from microdc.events import Step
from microdc.store.pages import Page

_TRIES = 10


def carry_out(
    deployment: Deployment, plan: Plan, *, take_over: bool = False
) -> Generator[Step, None, Report]:
    """See operate.run."""
    book, doing = deployment.book, plan.doing
    idle = [NodeOutcome(item.record, "nothing", item.why) for item in plan.items if item.how == "nothing"]
    for outcome in idle:
        yield Step(outcome.record.name, "skipped", outcome.what)
    if not doing:
        return Report(tuple(idle))
    book.ask_leave(plan.racks)
    check_alone(book, [item.name for item in doing], take_over=take_over)
    words = ", ".join(dict.fromkeys(str(item.action) for item in doing))
    names = [item.name for item in doing]
    data = {"nodes": names, "actions": words, "wipe": [item.name for item in doing if item.wipe]}
    with book.page(KIND, f"{words}: {', '.join(names)}", data) as page:
        presence = Presence(book.store.nodes, page.entry)
        presence.tell(deployment.hands.now())
        runner = yield from _runner(deployment, doing)
        runner.tell_presence = presence.tell
        try:
            with closing(runner.run()) as steps:
                yield from steps
        finally:
            _written(page, runner.tracks.values())
    outcomes = {outcome.record.name: outcome for outcome in idle}
    for track in runner.tracks.values():
        outcomes[track.name] = NodeOutcome(track.record, track.ended or "left", track.what)
    return Report(tuple(outcomes[item.name] for item in plan.items if item.name in outcomes))


def _runner(deployment: Deployment, items: Sequence[Item]) -> Generator[Step, None, Runner]:
    shop = _shop(deployment)
    names = list(dict.fromkeys(item.spec.site for item in items))
    engines = {}
    for name in names:
        backend = deployment.world.backend(name)
        if backend is not None:
            engines[name] = backend
    ramdisk = None
    if set(names) - set(engines):
        ramdisk = yield from deployment.world.ramdisk()
    sites = {name: _site(deployment, shop, name, ramdisk) for name in names}
    tracks = {item.name: Track(item, item.record, sites[item.spec.site]) for item in items}
    at_work = {name: site for name, site in sites.items() if name not in engines}
    began = deployment.hands.now()
    other = {name: Engine(sites[name], backend, began) for name, backend in engines.items()}
    return Runner(shop, at_work, tracks, began, other)


def _shop(deployment: Deployment) -> Shop:
    return Shop(
        testbed=deployment.book.testbed,
        world=deployment.world,
        nodes=deployment.book.store.nodes,
        hands=deployment.hands,
        patience=deployment.patience,
        key=deployment.key,
    )


def _site(deployment: Deployment, shop: Shop, name: str, ramdisk: Ramdisk | None) -> SiteAtWork:
    declared = {node: one for node, one in deployment.declared.items() if one.spec.site == name}
    deploy = deployment.testbed.sites[name].deploy
    site = SiteAtWork(name, shop, declared, ramdisk, deploy.limit if deploy else 1)
    for record in deployment.records(declared).values():
        site.want(record)
    return site


def _written(page: Page, tracks: Iterable[Track]) -> None:
    """What the journal keeps of a run."""
    told = {}
    for track in tracks:
        told[track.name] = {
            "state": track.record.state,
            "move": track.record.move,
            "ended": track.ended or "left",
        }
        if track.what:
            told[track.name]["what"] = track.what
    page.result["nodes"] = told
    if any(track.ended != "done" for track in tracks):
        page.outcome = "failed"


# -- moves that are given up


def give_up(
    deployment: Deployment, names: Sequence[str], why: str, *, off: bool
) -> Generator[Step, None, Report]:
    """See operate.abort."""
    book = deployment.book
    records = deployment.records(names)
    racks = dict.fromkeys(f"rack:{r.site}/{deployment.one(r.name).spec.rack}" for r in records.values())
    book.ask_leave(tuple(racks))
    for record in records.values():
        lifecycle.abort(record, why, touched=_touched(record))  # one that does not move refuses it for all
    outcomes: dict[str, NodeOutcome] = {}
    with book.page(
        KIND, f"abort: {', '.join(names)}", {"nodes": list(names), "why": why, "off": off}
    ) as page:
        Presence(book.store.nodes, page.entry).tell(deployment.hands.now())
        for name, record in records.items():
            outcomes[name] = one = _ended(deployment, record, why)
            state: Literal["done", "failed"] = "failed" if one.ended == "lost" else "done"
            yield Step(name, state, one.what or f"is {one.record.state}: {why}")
        for site in dict.fromkeys(record.site for record in records.values()):
            there = [
                one.record for one in outcomes.values() if one.record.site == site and one.ended == "done"
            ]
            said = yield from disarm(deployment, site, there)
            outcomes |= {one.name: NodeOutcome(one, "left", said) for one in there if said}
        if off:
            for name in [name for name, one in outcomes.items() if one.ended in {"done", "left"}]:
                said = yield from _off(deployment, name)
                if said:
                    outcomes[name] = NodeOutcome(outcomes[name].record, "left", said)
        if any(one.ended not in {"done", "nothing"} for one in outcomes.values()):
            page.outcome = "failed"
    return Report(tuple(outcomes[name] for name in names))


def _ended(deployment: Deployment, record: NodeRecord, why: str) -> NodeOutcome:
    """A move that is over in the store. A runner that is at it writes there as well, every few seconds: then the node is read anew."""
    for _ in range(_TRIES):
        try:
            row = row_of(lifecycle.abort(record, why, touched=_touched(record)))
            return NodeOutcome(record_of(deployment.book.store.nodes.put(row)), "done")
        except RefusedError:
            record = deployment.records([record.name])[record.name]
            if not record.state.moving:
                return NodeOutcome(
                    record, "nothing", f"is {record.state}: its move came to its end meanwhile"
                )
    return NodeOutcome(record, "lost", "somebody else changes this node again and again")


def _touched(record: NodeRecord) -> bool:
    """Whether its system, or its disk, may be another than before: from the moment on at which it was started."""
    phase = record.phase or Phase.PREPARE
    return record.attempt > 1 or ORDER[phase] > ORDER[Phase.POWER] or bool(record.asked)


def _off(deployment: Deployment, name: str) -> Generator[Step, None, str]:
    """Turns it off; why that could not be, "" where it was."""
    try:
        said = deployment.world.server(name).off(kindly=False)
    except MicrodcError as problem:
        what = f"could not be turned off: {problem}"
        yield Step(name, "failed", what)
        return what
    yield Step(name, "done", said)
    return ""


def collect(deployment: Deployment, site: str) -> int:
    """See operate.collect."""
    nodes, testbed = deployment.book.store.nodes, deployment.book.testbed
    taken = 0
    with deployment.world.station(site) as station:
        while True:
            told = station.evidence(*nodes.reached(testbed, site))
            taken += len(nodes.take_in(testbed, site, told.log, [seen_row(e, site) for e in told.evidence]))
            if not told.more:
                return taken
