"""A site whose nodes another engine deploys: what it tells becomes what we keep, and a run that ends is gone on with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from deploy_world import IMAGE, SITE, SimulatedHands, SimulatedWorld

from microdc.deploy.delegating import Engine
from microdc.deploy.lifecycle import Patience
from microdc.deploy.model import Action, Evidence, Failure, NodeRecord, Phase, Progress, State
from microdc.deploy.pacing import Moved
from microdc.deploy.planning import Wish, make_plan
from microdc.deploy.ports import Glimpse, Job
from microdc.deploy.records import record_of
from microdc.deploy.running import Runner
from microdc.deploy.sites import Shop, SiteAtWork
from microdc.deploy.tracking import Track
from microdc.errors import InputError, MicrodcError, UnreachableError
from microdc.store.nodes import Nodes
from microdc.store.operate import open_store

LAB = "lab"


@dataclass
class Scripted:
    """An engine that tells one thing after the other, the last for ever."""

    tells: list[Glimpse | MicrodcError]
    begun: list[Job] = field(default_factory=list)
    closed: int = 0

    def begin(self, job: Job) -> None:
        self.begun.append(job)

    def look(self, job: Job) -> Glimpse:
        told = self.tells.pop(0) if len(self.tells) > 1 else self.tells[0]
        if isinstance(told, MicrodcError):
            raise told
        assert job.move == 1
        return told

    def abort(self, job: Job) -> str:
        return f"{job.spec.name} is left"

    def close(self) -> None:
        self.closed += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


SEEN = Evidence(datetime(2026, 1, 1, tzinfo=UTC), "controller", "decided", node="n1", text="it deploys")
STORY: list[Glimpse | MicrodcError] = [
    Glimpse(Phase.PREPARE),
    UnreachableError("it is away for a moment"),
    Glimpse(Phase.WORK, progress=Progress(1, 2), evidence=(SEEN,)),
    Glimpse(Phase.FIRST_BOOT),
    Glimpse(Phase.FIRST_BOOT, done=True, host_keys=("ssh-ed25519 AAAA",), hardware={"cpus": 2}),
]


@pytest.fixture
def world() -> SimulatedWorld:
    return SimulatedWorld()


@pytest.fixture
def nodes(tmp_path: Path, world: SimulatedWorld) -> Iterator[Nodes]:
    with open_store(str(tmp_path / "s.db"), clock=world.clock) as store:
        yield store.nodes


def run(nodes: Nodes, world: SimulatedWorld, backend: Scripted, **more: Any) -> list[Moved]:
    hands = SimulatedHands(world)
    shop = Shop(LAB, world, nodes, hands, Patience(**more), bytes(32))
    one = world.machines["n1"].one
    site = SiteAtWork(SITE, shop, {"n1": one})
    there = {name: record_of(row) for name, row in nodes.get(LAB).items()}
    records = {"n1": NodeRecord(LAB, "n1", SITE), **there}
    plan = make_plan(Wish(Action.DEPLOY), [one], records, {"base": IMAGE}, hands.now())
    tracks = {item.name: Track(item, item.record, site) for item in plan.doing}
    engine = Engine(site, backend, hands.now())
    steps = Runner(shop, {}, tracks, hands.now(), {SITE: engine}).run()
    return [step for step in steps if isinstance(step, Moved)]


def record(nodes: Nodes) -> NodeRecord:
    return record_of(nodes.get(LAB)["n1"])


def test_it_is_told_once_and_looked_at_until_it_is_done(nodes: Nodes, world: SimulatedWorld) -> None:
    backend = Scripted(list(STORY))
    steps = run(nodes, world, backend)
    kept = record(nodes)
    assert (kept.state, kept.host_keys, kept.hardware) == (State.ACTIVE, ("ssh-ed25519 AAAA",), {"cpus": 2})
    assert [(job.move, job.action, job.image) for job in backend.begun] == [(1, Action.DEPLOY, IMAGE)]
    assert backend.closed == 1
    assert "it deploys" in [row.text for row in nodes.seen(LAB, "n1")]
    assert any("away for a moment" in step.detail for step in steps)
    assert world.asked == {}


def test_what_it_gave_up_is_what_failed(nodes: Nodes, world: SimulatedWorld) -> None:
    failure = Failure(Phase.WORK, "engine", "it says no", "ask it")
    run(nodes, world, Scripted([Glimpse(Phase.WORK), Glimpse(Phase.WORK, failure=failure)]))
    assert record(nodes).failure == failure


def test_a_refusal_fails_with_its_words(nodes: Nodes, world: SimulatedWorld) -> None:
    run(nodes, world, Scripted([InputError("no driver of this name")]))
    failure = record(nodes).failure
    assert failure is not None
    assert "no driver" in failure.text


def test_one_that_stays_away_is_left_and_gone_on_with(nodes: Nodes, world: SimulatedWorld) -> None:
    began = world.clock.at
    steps = run(nodes, world, Scripted([UnreachableError("nobody answers")]), silence=60.0)
    assert record(nodes).state is State.DEPLOYING
    assert "goes on unwatched: nobody answers" in steps[-1].detail
    assert world.clock.at >= began + timedelta(seconds=60)
    run(nodes, world, Scripted([Glimpse(Phase.FIRST_BOOT, done=True)]))
    assert record(nodes).state is State.ACTIVE
