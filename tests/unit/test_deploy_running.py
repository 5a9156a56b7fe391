"""Nodes are taken through their moves in a simulated world, and a runner that is killed anywhere is followed by one that ends where it would have."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Self

import pytest
from deploy_world import IMAGE, RAMDISK, SITE, Killed, SimulatedHands, SimulatedWorld
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from microdc.bmc.model import Power
from microdc.deploy import kinds, lifecycle, working
from microdc.deploy.lifecycle import Patience
from microdc.deploy.model import Action, NodeRecord, Phase, State
from microdc.deploy.pacing import Moved
from microdc.deploy.planning import Plan, Wish, make_plan
from microdc.deploy.ports import Payload
from microdc.deploy.records import record_of, row_of
from microdc.deploy.running import Runner
from microdc.deploy.sites import Shop, SiteAtWork
from microdc.deploy.tracking import Track
from microdc.errors import InputError, RefusedError, UnreachableError
from microdc.events import Step
from microdc.store.nodes import Nodes
from microdc.store.operate import open_store

LAB = "lab"
KEY = bytes(32)
QUICK = Patience(stagger=0.0)


class Watched(Nodes):
    """The nodes of a store, with places at which the controller may be killed before and after each write."""

    def __init__(self, nodes: Nodes, world: SimulatedWorld) -> None:
        super().__init__(nodes._database)
        self.world = world

    def _at(self, write: Callable[..., Any], *args: Any) -> Any:
        self.world.point(f"before {write.__name__}")
        result = write(*args)
        self.world.point(f"after {write.__name__}")
        return result

    def put(self, row: Any) -> Any:
        return self._at(super().put, row)

    def take_in(self, testbed: str, site: str, log: str, seen: Any) -> Any:
        return self._at(super().take_in, testbed, site, log, seen)

    def add(self, testbed: str, seen: Any) -> Any:
        return self._at(super().add, testbed, seen)

    def revise(self, testbed: str, site: str) -> Any:
        return self._at(super().revise, testbed, site)


def records(nodes: Nodes, world: SimulatedWorld) -> dict[str, NodeRecord]:
    there = nodes.get(LAB)
    new = {name: NodeRecord(LAB, name, SITE) for name in world.machines}
    return new | {name: record_of(row) for name, row in there.items()}


def plan(nodes: Nodes, world: SimulatedWorld, wish: Wish) -> Plan:
    every = [machine.one for machine in world.machines.values()]
    return make_plan(wish, every, records(nodes, world), {"base": IMAGE}, world.clock.at)


def runner(
    nodes: Nodes, world: SimulatedWorld, wish: Wish, patience: Patience = QUICK, limit: int = 8
) -> Runner:
    hands = SimulatedHands(world)
    shop = Shop(LAB, world, nodes, hands, patience, KEY)
    every = {name: machine.one for name, machine in world.machines.items()}
    site = SiteAtWork(SITE, shop, every, RAMDISK, limit)
    made = plan(nodes, world, wish)
    tracks = {item.name: Track(item, item.record, site) for item in made.doing}
    return Runner(shop, {SITE: site}, tracks, hands.now())


def run(nodes: Nodes, world: SimulatedWorld, action: Action = Action.DEPLOY, **more: Any) -> list[Step]:
    wish = Wish(action, attempts=more.pop("attempts", 2), wipe=more.pop("wipe", False))
    return list(runner(nodes, world, wish, **more).run())


@pytest.fixture
def world() -> SimulatedWorld:
    return SimulatedWorld()


@pytest.fixture
def nodes(tmp_path: Path, world: SimulatedWorld) -> Iterator[Nodes]:
    with open_store(str(tmp_path / "s.db"), clock=world.clock) as store:
        yield store.nodes


def state(nodes: Nodes, name: str = "n1") -> NodeRecord:
    return record_of(nodes.get(LAB)[name])


def test_a_deployment_goes_through_its_phases(nodes: Nodes, world: SimulatedWorld) -> None:
    steps = run(nodes, world)
    record = state(nodes)
    assert (record.state, record.attempt, record.image) == (State.ACTIVE, 1, IMAGE.ref)
    assert record.host_keys == ("ssh-ed25519 AAAAn11",)
    started = [step.what.partition(": ")[2] for step in steps if step.state == "started"]
    order = [Phase(word) for word in started]
    assert order == sorted(order, key=list(Phase).index)
    assert {Phase.PREPARE, Phase.POWER, Phase.WORK, Phase.FIRST_BOOT, Phase.VERIFY} <= set(order)
    assert world.machines["n1"].starts == 1
    node = world.station_.known("n1")
    assert node is not None
    assert not node.armed


def outcome(nodes: Nodes, world: SimulatedWorld) -> tuple[Any, ...]:
    """What matters of how it ended."""
    world.advance(100)
    record, machine = state(nodes), world.machines["n1"]
    stands = world.station_.known("n1")
    assert stands is not None
    return record.state, record.failure, machine.disk, machine.stage, machine.boot, stands.armed


def never(world: SimulatedWorld) -> None:
    """What may never be."""
    assert not world.cut, "a server was turned off while its ramdisk was writing"
    assert all(len(tokens) == 1 for tokens in world.station_.tokens.values()), (
        "armed twice with another token"
    )


class TestKilled:
    """The controller is killed, and another one goes on."""

    def disturbed(
        self, directory: Path, action: Action, kills: Sequence[tuple[int, float]]
    ) -> tuple[SimulatedWorld, tuple[Any, ...]]:
        """A run that is killed at a point, another one after a while that may be, too, and one that is not; the world, and how it ended."""
        world = SimulatedWorld()
        with open_store(str(directory / f"{kills}.db"), clock=world.clock) as store:
            nodes = Watched(store.nodes, world)
            for point, pause in kills:
                world.kill_at = world.points + point
                with contextlib.suppress(Killed):
                    run(nodes, world, action)
                world.kill_at = None
                world.advance(pause)
            run(nodes, world, action)
            return world, outcome(nodes, world)

    def check(self, directory: Path, action: Action, first: int, step: int) -> None:
        """Kills at every `step`th point."""
        undisturbed, wanted = self.disturbed(directory, action, [])
        assert undisturbed.points > 30
        for point in range(first, undisturbed.points + 1, step):
            pause = (0.0, 3.0, 40.0, 4000.0)[point % 4]
            world, found = self.disturbed(directory, action, [(point, pause)])
            where = f"killed {world.killed_in} at {point}, {pause:g} s"
            assert world.killed_in, where
            never(world)
            assert found == wanted, where
            assert world.machines["n1"].starts <= 2, where

    @pytest.mark.parametrize("action", list(Action))
    def test_at_some_points(self, tmp_path: Path, action: Action) -> None:
        self.check(tmp_path, action, 5, 19)

    @pytest.mark.long
    @pytest.mark.timeout(1800)
    @pytest.mark.parametrize(
        "action",
        [
            pytest.param(action, marks=() if action is Action.DEPLOY else pytest.mark.extra)
            for action in Action
        ],
    )
    def test_at_any_point(self, tmp_path: Path, action: Action) -> None:
        self.check(tmp_path, action, 1, 1)

    @pytest.mark.long
    @pytest.mark.timeout(1800)
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        action=st.sampled_from(Action),
        kills=st.lists(
            st.tuples(st.integers(1, 60), st.sampled_from([0.0, 1.0, 12.0, 40.0, 700.0])),
            min_size=2,
            max_size=5,
        ),
    )
    def test_again_and_again(
        self, tmp_path_factory: pytest.TempPathFactory, action: Action, kills: list[tuple[int, float]]
    ) -> None:
        directory = tmp_path_factory.mktemp("again")
        _, wanted = self.disturbed(directory, action, [])
        world, found = self.disturbed(directory, action, kills)
        never(world)
        assert found == wanted


class TestFaults:
    """What goes wrong in the world, and what becomes of it."""

    def test_power_that_is_lost_while_writing_begins_anew(self, nodes: Nodes, world: SimulatedWorld) -> None:
        world.machines["n1"].dies_at = "configuring"
        run(nodes, world)
        record = state(nodes)
        assert (record.state, record.attempt, record.move) == (State.ACTIVE, 2, 2)
        assert world.machines["n1"].starts == 2

    def test_and_says_that_the_disk_is_half_written_where_no_attempt_is_left(
        self, nodes: Nodes, world: SimulatedWorld
    ) -> None:
        machine = world.machines["n1"]
        machine.dies_at = "configuring"
        run(nodes, world, attempts=1)
        record = state(nodes)
        assert (record.state, record.failure and record.failure.cause) == (State.FAILED, "power-lost")
        assert record.failure is not None
        assert "half written" in record.failure.text
        assert (machine.starts, machine.disk) == (1, "half")
        node = world.station_.known("n1")
        assert node is not None
        assert not node.armed
        assert not node.boot_token

    def test_power_that_is_lost_at_the_first_boot_is_turned_on(
        self, nodes: Nodes, world: SimulatedWorld
    ) -> None:
        world.machines["n1"].dies_at = "booting"
        run(nodes, world)
        assert (state(nodes).state, state(nodes).attempt) == (State.ACTIVE, 1)
        assert world.machines["n1"].starts == 1

    @pytest.mark.parametrize("stage", ["dhcp", "kernel", "ramdisk", "configuring"])
    def test_a_server_that_hangs_is_begun_anew(self, nodes: Nodes, world: SimulatedWorld, stage: str) -> None:
        machine = world.machines["n1"]
        machine.hangs_at, machine.hangs = stage, 1
        run(nodes, world)
        assert (state(nodes).state, state(nodes).attempt) == (State.ACTIVE, 2)

    @pytest.mark.parametrize(
        ("stage", "phase"),
        [
            ("dhcp", Phase.FIRMWARE),
            ("kernel", Phase.KERNEL),
            ("ramdisk", Phase.RAMDISK),
            ("booting", Phase.FIRST_BOOT),
        ],
    )
    def test_one_that_hangs_for_good_fails_in_its_phase(
        self, nodes: Nodes, world: SimulatedWorld, stage: str, phase: Phase
    ) -> None:
        machine = world.machines["n1"]
        machine.hangs_at, machine.hangs = stage, 99
        run(nodes, world)
        failure = state(nodes).failure
        assert failure is not None
        assert failure.phase is phase
        assert "n1" in failure.advice
        assert machine.starts == (1 if phase is Phase.FIRST_BOOT else 2)

    def test_a_disk_that_hangs_fails_and_is_left_alone(self, nodes: Nodes, world: SimulatedWorld) -> None:
        machine = world.machines["n1"]
        machine.sticks = 2
        run(nodes, world)
        failure = state(nodes).failure
        assert failure is not None
        assert (failure.phase, failure.cause) == (Phase.WORK, "disk-hangs")
        assert "400 of 1000 bytes" in failure.text
        assert (machine.starts, machine.stage, world.cut) == (1, "writing", [])

    def test_a_ramdisk_that_waits_long_for_its_turn_is_waited_for(
        self, nodes: Nodes, world: SimulatedWorld
    ) -> None:
        world.machines["n1"].waits = int(3 * QUICK.stall / world.machines["n1"].pace)
        run(nodes, world)
        assert (state(nodes).state, state(nodes).attempt) == (State.ACTIVE, 1)

    def test_a_bmc_that_dies_in_the_middle_keeps_nothing_from_going_on(
        self, nodes: Nodes, world: SimulatedWorld
    ) -> None:
        def die() -> None:
            world.machines["n1"].deaf = True

        world.at(60, die)
        run(nodes, world)
        record = state(nodes)
        assert record.state is State.ACTIVE
        assert "could not be looked at" in record.note

    def test_a_bmc_that_is_dead_fails_and_nothing_was_done(self, nodes: Nodes, world: SimulatedWorld) -> None:
        machine = world.machines["n1"]
        machine.deaf = True
        run(nodes, world)
        failure = state(nodes).failure
        assert failure is not None
        assert (failure.phase, failure.cause) == (Phase.POWER, "bmc-lost")
        assert "no answer in time" in failure.text
        assert (machine.starts, machine.power) == (0, Power.OFF)

    def test_an_answer_that_is_lost_is_no_second_act(self, nodes: Nodes, world: SimulatedWorld) -> None:
        machine = world.machines["n1"]
        machine.drops = 1
        run(nodes, world)
        assert state(nodes).state is State.ACTIVE
        assert machine.starts == 1

    @pytest.mark.parametrize("at", [20.0, 60.0, 90.0])
    def test_a_station_that_is_away_for_a_while(self, nodes: Nodes, world: SimulatedWorld, at: float) -> None:
        """Its ramdisk goes on meanwhile, and nobody turns it off because nothing is heard."""

        def away() -> None:
            world.station_.gone = world.clock.at + timedelta(seconds=1000)

        world.at(at, away)
        run(nodes, world)
        assert state(nodes).state is State.ACTIVE
        assert world.machines["n1"].starts == 1
        never(world)

    def test_a_station_that_stays_away_leaves_the_node_to_itself(
        self, nodes: Nodes, world: SimulatedWorld
    ) -> None:
        def away() -> None:
            world.station_.gone = world.clock.at + timedelta(days=1)

        world.at(70, away)
        steps = run(nodes, world)
        assert state(nodes).state is State.DEPLOYING
        assert any("goes on unwatched" in step.detail for step in steps)
        assert world.machines["n1"].starts == 1
        world.station_.gone = None
        run(nodes, world)
        assert (state(nodes).state, state(nodes).attempt) == (State.ACTIVE, 1)

    def test_what_a_station_noted_is_read_also_while_its_program_cannot_be_started(
        self, nodes: Nodes, world: SimulatedWorld
    ) -> None:
        def break_() -> None:
            world.station_.refuses = UnreachableError("its program does not start")

        world.at(30, break_)
        run(nodes, world)
        assert (state(nodes).state, state(nodes).attempt) == (State.ACTIVE, 1)

    def test_a_station_that_refuses_ends_it_before_anything_is_done(
        self, nodes: Nodes, world: SimulatedWorld
    ) -> None:
        world.station_.refuses = RefusedError("another DHCP server answers: 10.20.0.66")
        run(nodes, world)
        failure = state(nodes).failure
        assert failure is not None
        assert (failure.phase, failure.cause) == (Phase.PREPARE, "station")
        assert "10.20.0.66" in failure.text
        assert world.machines["n1"].starts == 0

    @pytest.mark.parametrize(
        ("code", "state_"), [("no-such-disk", State.FAILED), ("image-cut", State.ACTIVE)]
    )
    def test_what_the_ramdisk_says_is_believed(
        self, nodes: Nodes, world: SimulatedWorld, code: str, state_: State
    ) -> None:
        world.machines["n1"].broken = [code]
        run(nodes, world)
        assert state(nodes).state is state_
        if state_ is State.FAILED:
            assert world.machines["n1"].starts == 1

    def test_a_server_that_is_restarted_at_its_work_is_begun_anew(
        self, nodes: Nodes, world: SimulatedWorld
    ) -> None:
        """Its firmware goes to the network first: it asks for a script for ever, and is sent to a disk that is half written."""
        machine = world.machines["n1"]
        machine.hangs_at, machine.hangs = "configuring", 1

        def ask() -> None:
            if machine.stage == "configuring":
                world.station_.note("http", kinds.HTTP_LOCAL, "n1", move=1)
                world.at(20, ask)

        world.at(100, ask)
        run(nodes, world)
        assert (state(nodes).state, state(nodes).attempt) == (State.ACTIVE, 2)

    def test_an_order_that_cannot_be_made_is_the_sites_trouble_and_no_end_of_the_run(
        self, nodes: Nodes, world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def lacks(*_: Any, **__: Any) -> Any:
            raise InputError("cannot be read: No such file or directory", where="keys/operators.pub")

        monkeypatch.setattr(world, "order", lacks)
        steps = run(nodes, world)
        failure = state(nodes).failure
        assert failure is not None
        assert (failure.phase, "keys/operators.pub" in failure.text) == (Phase.PREPARE, True)
        assert world.machines["n1"].starts == 0
        assert steps

    def test_a_file_that_cannot_be_brought_is_in_the_way_of_those_that_need_it_only(
        self, nodes: Nodes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world = SimulatedWorld(("n1", "n2"))
        broken = replace(IMAGE.file, digest="f" * 64)
        push = world.station_.push

        def refuse(file: Payload, tell: Callable[[int], None]) -> None:
            if file == broken:
                raise InputError("cannot be read: No such file or directory")
            push(file, tell)

        monkeypatch.setattr(world.station_, "push", refuse)
        going = runner(nodes, world, Wish(Action.DEPLOY))
        going.tracks["n1"].item = replace(going.tracks["n1"].item, image=replace(IMAGE, file=broken))
        list(going.run())
        assert (state(nodes, "n1").state, state(nodes, "n2").state) == (State.FAILED, State.ACTIVE)
        failure = state(nodes, "n1").failure
        assert failure is not None
        assert "cannot be read" in failure.text

    def test_a_bmc_that_lost_its_answer_and_did_nothing_is_asked_again(
        self, nodes: Nodes, world: SimulatedWorld
    ) -> None:
        machine = world.machines["n1"]
        machine.drops = 1

        def undone() -> None:
            if machine.stage == "firmware":
                machine.switch(Power.OFF)  # it came to nothing all the same
            else:
                world.at(0.1, undone)

        world.at(0.1, undone)
        run(nodes, world, attempts=1)
        assert (state(nodes).state, machine.starts) == (State.ACTIVE, 2)

    def test_somebody_else_who_takes_over_is_left_alone(self, nodes: Nodes, world: SimulatedWorld) -> None:
        def take() -> None:
            nodes.put(row_of(lifecycle.abort(state(nodes), "enough", touched=True)))

        world.at(60, take)
        steps = run(nodes, world)
        failure = state(nodes).failure
        assert failure is not None
        assert (failure.cause, failure.text) == ("aborted", "enough; its disk may be half written")
        assert any("somebody else" in step.detail for step in steps)


class TestMany:
    """Many nodes at once."""

    @pytest.fixture
    def world(self) -> SimulatedWorld:
        return SimulatedWorld([f"n{number}" for number in range(5)])

    def test_all_come_to_their_end_and_no_more_at_once_than_may(
        self, nodes: Nodes, world: SimulatedWorld
    ) -> None:
        at_once = 0
        for step in runner(nodes, world, Wish(Action.DEPLOY), limit=2).run():
            assert step.what
            moving = [record for record in records(nodes, world).values() if record.state.moving]
            at_once = max(at_once, len(moving))
        assert {record.state for record in records(nodes, world).values()} == {State.ACTIVE}
        assert at_once == 2

    def test_one_dead_bmc_and_one_broken_disk_delay_nobody(self, nodes: Nodes, world: SimulatedWorld) -> None:
        world.machines["n0"].deaf = True
        world.machines["n1"].broken = ["disk-error"]
        done: dict[str, float] = {}
        began = world.clock.at
        for step in runner(nodes, world, Wish(Action.DEPLOY)).run():
            if isinstance(step, Moved) and step.state == "done":
                done[step.node] = (world.clock.at - began).total_seconds()
        assert sorted(done) == ["n2", "n3", "n4"]
        assert max(done.values()) < Patience().power
        assert state(nodes, "n0").state is state(nodes, "n1").state is State.FAILED

    def test_servers_of_a_site_are_turned_on_one_after_the_other(
        self, nodes: Nodes, world: SimulatedWorld
    ) -> None:
        run(nodes, world, patience=Patience(stagger=10.0))
        asked = [row.taken for row in nodes.seen(LAB) if row.text == "asks its BMC: start"]
        moments = [moment for moment in asked if moment is not None]
        pauses = [(b - a).total_seconds() for a, b in itertools.pairwise(moments)]
        assert len(pauses) == 4
        assert min(pauses) >= 10

    def test_what_is_left_is_told_and_grows_less(self, nodes: Nodes, world: SimulatedWorld) -> None:
        steps = [step for step in run(nodes, world) if isinstance(step, Moved) and step.node == "n0"]
        left = [step.eta for step in steps if step.eta is not None]
        assert left[0] > left[-1]
        assert min(left) >= 0


def test_a_wall_clock_that_is_set_meanwhile_moves_no_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    hands = working.Threads()
    before = hands.now()

    class Stepped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls(1999, 1, 1, tzinfo=tz)

    monkeypatch.setattr(working, "datetime", Stepped)
    uptime = working.uptime() + 60
    monkeypatch.setattr(working, "uptime", lambda: uptime)
    assert timedelta(seconds=59) < hands.now() - before < timedelta(seconds=61)
