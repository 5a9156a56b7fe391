"""Plans, runs, and moves that are given up, through what others call; in a simulated world."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Self, TypeVar

import inventories
import pytest
from deploy_world import IMAGE, SITE, Killed, SimulatedHands, SimulatedWorld

from microdc.bmc.model import Power
from microdc.deploy import alone, lifecycle, operate
from microdc.deploy.model import Action, Phase, State
from microdc.deploy.operate import Deployment, Report, Wish
from microdc.deploy.ports import Job
from microdc.deploy.records import record_of, row_of
from microdc.errors import Exit, InputError, MicrodcError, RefusedError
from microdc.events import Step
from microdc.host.daemon import Daemon
from microdc.store.nodes import NodeRow
from microdc.store.operate import Store, open_store
from microdc.store.pages import Book
from microdc.store.process import this_process
from microdc.testbed.load import load

R = TypeVar("R")
ME = this_process("me", ["microdc"])
NAMES = ("n1", "n2", "n3")
SERVER = """
      {name}:
        role: compute
        bmc: {{redfish: "https://10.101.0.{number}", credentials: "env:NOBODY"}}
        nics: {{eno1: {{mac: "52:54:00:00:00:{number:02x}"}}}}
        deploy: {{address: 10.1.1.{number}}}"""
ODD = """
      by-hand:
        nics: {eno1: {mac: "52:54:00:00:00:99"}}
        deploy: {address: 10.1.1.99}
      other: {nics: {eno1: {mac: "52:54:00:00:00:98"}}}"""


def inventory(directory: Path) -> Path:
    servers = "".join(SERVER.format(name=name, number=number) for number, name in enumerate(NAMES, 16))
    more = f"""
deploy: {{host: local, interface: br0, image: base}}
racks:
  r1:
    servers:{servers}{ODD}
"""
    text = inventories.site(SITE, 1).replace("racks:", "") + more
    return inventories.write(directory, here=text, a="", b="")


@pytest.fixture
def world() -> SimulatedWorld:
    return SimulatedWorld(NAMES)


@pytest.fixture
def store(tmp_path: Path, world: SimulatedWorld) -> Iterator[Store]:
    with open_store(str(tmp_path / "s.db"), clock=world.clock) as opened:
        yield opened


@pytest.fixture
def found(tmp_path: Path, store: Store, world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "inventory").mkdir()
    testbed = load(inventory(tmp_path / "inventory"))
    book = Book(store, ME, testbed.name)
    opened = operate.open_deployment(testbed, book, find_image=lambda _: IMAGE, world=world)
    return replace(opened, hands=SimulatedHands(world))


def ended(operation: Generator[Step, None, R]) -> tuple[R, list[Step]]:
    steps = []
    while True:
        try:
            steps.append(next(operation))
        except StopIteration as end:
            return end.value, steps


def run(found: Deployment, *names: str, action: Action = Action.DEPLOY) -> Report:
    plan = operate.plan(found, names, Wish(action))
    return ended(operate.run(found, plan))[0]


def states(found: Deployment) -> dict[str, State]:
    return {record.name: record.state for record in operate.status(found, NAMES)}


@dataclass
class Engine:
    """Another engine, as far as it is told to end something."""

    aborted: list[tuple[str, int]] = field(default_factory=list)
    closed: bool = False

    def abort(self, job: Job) -> str:
        self.aborted.append((job.spec.name, job.move))
        return "it is asked to end it"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True


class TestPlan:
    """What is going to be done is known before."""

    def test_it_says_of_each_what_and_asks_nobody(self, found: Deployment, world: SimulatedWorld) -> None:
        plan = operate.plan(found, ["n1", "by-hand"], Wish(Action.DEPLOY))
        assert [(item.name, item.how) for item in plan.items] == [("n1", "begin"), ("by-hand", "refused")]
        assert "turn it on" in plan.refused[0].why
        assert plan.racks == ("rack:here/r1",)
        assert world.asked == {}
        with pytest.raises(RefusedError, match="by-hand"):
            ended(operate.run(found, plan))
        assert states(found)["n1"] is State.ENROLLED

    def test_what_runs_already_is_left_and_what_is_lost_is_said(self, found: Deployment) -> None:
        assert run(found, "n1").exit is Exit.OK
        [item] = operate.plan(found, ["n1"], Wish(Action.DEPLOY)).items
        assert (item.how, item.destroys) == ("nothing", "")
        [item] = operate.plan(found, ["n1"], Wish(Action.DEPLOY, again=True)).items
        assert (item.how, "base" in item.destroys) == ("begin", True)
        report = run(found, "n1")
        assert [outcome.ended for outcome in report.outcomes] == ["nothing"]

    def test_an_image_that_is_not_built_is_said(self, found: Deployment) -> None:
        lacking = replace(found, find_image=lambda name: InputError(f"{name} is not built"))
        [item] = operate.plan(lacking, ["n1"], Wish(Action.DEPLOY)).items
        assert (item.how, item.why) == ("refused", "base is not built")
        [item] = operate.plan(lacking, ["n1"], Wish(Action.INSPECT)).items
        assert item.how == "begin"

    @pytest.mark.parametrize("name", ["other", "nobody"])
    def test_what_is_no_node_is_refused(self, found: Deployment, name: str) -> None:
        with pytest.raises(InputError, match=f"{name} is no node"):
            operate.plan(found, [name], Wish(Action.DEPLOY))


class TestRun:
    """What is done is asked leave for, and written down."""

    def test_it_is_written_down(self, found: Deployment, store: Store) -> None:
        report = run(found, "n1", "n2")
        assert [outcome.ended for outcome in report.outcomes] == ["done", "done"]
        [entry] = store.journal.entries()
        assert (entry.kind, entry.outcome, entry.data["nodes"]) == ("deploy", "done", ["n1", "n2"])
        assert entry.result["nodes"]["n2"]["state"] == "active"
        kinds = {(seen.source, seen.kind) for seen in operate.evidence(found, "n1")}
        assert {("dhcp", "ack"), ("ramdisk", "hello"), ("node", "home"), ("controller", "entered")} <= kinds

    def test_what_somebody_holds_is_left_alone(self, found: Deployment, store: Store) -> None:
        store.leases.take(this_process("you", []), found.book.testbed, ["rack:here/r1"], 600)
        with pytest.raises(RefusedError, match="held by you"):
            run(found, "n1")
        assert states(found)["n1"] is State.ENROLLED

    def test_where_another_process_is_at_it_is_left_alone(self, found: Deployment, store: Store) -> None:
        other = replace(ME, pid=os.getppid(), started=0)
        store.journal.begin("deploy", other, found.book.testbed, "deploy: n1", {"nodes": ["n1"]})
        with pytest.raises(RefusedError, match="another microdc is at n1"):
            run(found, "n1")
        assert run(found, "n2").exit is Exit.OK

    def test_a_process_of_another_machine_is_another_one_whatever_its_number(
        self, found: Deployment, store: Store
    ) -> None:
        other = replace(ME, host="elsewhere")
        store.journal.begin("deploy", other, found.book.testbed, "deploy: n1", {"nodes": ["n1"]})
        with pytest.raises(RefusedError, match="on elsewhere"):
            run(found, "n1")

    def test_one_of_another_machine_is_gone_when_it_has_told_nothing_for_long(
        self, found: Deployment, store: Store, world: SimulatedWorld
    ) -> None:
        other = replace(ME, host="elsewhere")
        entry = store.journal.begin("deploy", other, found.book.testbed, "deploy: n1", {"nodes": ["n1"]})
        store.nodes.tell_presence(entry)
        world.clock.at += alone.SILENT - timedelta(seconds=1)
        with pytest.raises(RefusedError, match="on elsewhere") as refused:
            run(found, "n1")
        assert "--take-over" in (refused.value.hint or "")
        world.clock.at += timedelta(seconds=1)
        assert run(found, "n1").exit is Exit.OK
        left = store.journal.entry(entry)
        assert left.outcome == "interrupted"
        assert "nothing was heard from elsewhere" in str(left.result["settled"])

    def test_a_run_tells_that_it_is_there_as_long_as_it_lasts(
        self, found: Deployment, store: Store, world: SimulatedWorld
    ) -> None:
        """So another machine never takes over from one that is at work, however long that takes."""
        silences: list[timedelta | None] = []

        def look() -> None:
            (entry,) = store.journal.unfinished()
            silences.append(store.nodes.silence(entry.id))

        world.machines["n1"].pace = 120.0
        for second in range(60, 1200, 60):
            world.at(second, look)
        assert run(found, "n1").exit is Exit.OK
        assert len(silences) == len(range(60, 1200, 60))
        assert all(one is not None and one < 2 * alone.EVERY for one in silences)

    def test_who_knows_that_the_other_machine_is_gone_need_not_wait(
        self, found: Deployment, store: Store
    ) -> None:
        other = replace(ME, host="elsewhere")
        entry = store.journal.begin("deploy", other, found.book.testbed, "deploy: n1", {"nodes": ["n1"]})
        plan = operate.plan(found, ["n1"], Wish(Action.DEPLOY))
        report, _ = ended(operate.run(found, plan, take_over=True))
        assert report.exit is Exit.OK
        assert "took over from elsewhere" in str(store.journal.entry(entry).result["settled"])

    def test_nobody_takes_over_from_a_process_that_runs_here(self, found: Deployment, store: Store) -> None:
        parent = Daemon.of(os.getppid())
        other = replace(ME, pid=parent.pid, started=parent.started)
        store.journal.begin("deploy", other, found.book.testbed, "deploy: n1", {"nodes": ["n1"]})
        plan = operate.plan(found, ["n1"], Wish(Action.DEPLOY))
        with pytest.raises(RefusedError, match="another microdc is at n1"):
            ended(operate.run(found, plan, take_over=True))

    def test_what_a_process_left_that_is_gone_is_closed_and_gone_on_with(
        self, found: Deployment, store: Store, world: SimulatedWorld
    ) -> None:
        def die() -> None:
            raise Killed

        world.at(100, die)
        gone = replace(found, book=replace(found.book, actor=replace(ME, boot="another boot")))
        with pytest.raises(Killed):
            run(gone, "n1")
        assert states(found)["n1"] is State.DEPLOYING
        plan = operate.plan_resume(found)
        assert [(item.name, item.how) for item in plan.items] == [("n1", "resume")]
        report, _ = ended(operate.run(found, plan))
        assert [outcome.record.state for outcome in report.outcomes] == [State.ACTIVE]
        assert {entry.outcome for entry in store.journal.entries()} <= {"done", "failed", "interrupted"}

    def test_what_failed_is_begun_again_with_its_action(
        self, found: Deployment, world: SimulatedWorld
    ) -> None:
        world.machines["n1"].broken = ["no-disk"]
        assert run(found, "n1").exit is Exit.FAILED
        run(found, "n2", action=Action.INSPECT)
        plan = operate.plan_retry(found, NAMES)
        assert [item.how for item in plan.items] == ["begin", "refused", "refused"]
        report, _ = ended(operate.run(found, operate.plan_retry(found, ["n1"])))
        assert [outcome.record.state for outcome in report.outcomes] == [State.ACTIVE]

    def test_cleaning_takes_its_system_away(self, found: Deployment, world: SimulatedWorld) -> None:
        run(found, "n1")
        run(found, "n1", action=Action.CLEAN)
        [record] = operate.status(found, ["n1"])
        assert (record.state, record.image, record.host_keys) == (State.ENROLLED, None, ())
        assert world.machines["n1"].disk == "empty"


class TestAbort:
    """Moves that are given up."""

    @staticmethod
    def die() -> None:
        raise Killed

    def left(self, found: Deployment, world: SimulatedWorld, seconds: float, *names: str) -> None:
        """Moves in the middle, whose runner is gone."""

        world.at(seconds, self.die)
        with pytest.raises(Killed):
            run(found, *(names or ("n1",)))

    def test_the_site_gives_nothing_more_and_the_server_is_turned_off(
        self, found: Deployment, world: SimulatedWorld
    ) -> None:
        self.left(found, world, 5)
        report, _ = ended(operate.abort(found, ["n1"], "enough", off=True))
        assert report.outcomes[0].record.state is State.FAILED
        node = world.station_.known("n1")
        assert node is not None
        assert (node.armed, node.boot_token, node.order) == (False, "", {})
        assert world.machines["n1"].power is Power.OFF
        assert world.machines["n1"].stage == "off"

    def test_a_site_that_cannot_be_told_is_said(self, found: Deployment, world: SimulatedWorld) -> None:
        self.left(found, world, 5)
        world.station_.gone = world.clock.at.replace(year=2030)
        report, steps = ended(operate.abort(found, ["n1"], "enough"))
        assert report.outcomes[0].record.state is State.FAILED
        assert [step.what for step in steps if step.state == "failed"] == [SITE]
        assert report.exit is Exit.UNREACHABLE

    def test_before_it_was_started_it_is_what_it_was(self, found: Deployment, world: SimulatedWorld) -> None:
        world.station_.gone = world.clock.at.replace(year=2030)
        self.left(found, world, 5)
        assert operate.status(found, ["n1"])[0].phase is Phase.PREPARE
        report, _ = ended(operate.abort(found, ["n1"], "enough"))
        assert report.outcomes[0].record.state is State.ENROLLED

    def test_a_runner_that_writes_meanwhile_keeps_none_from_being_ended(
        self, found: Deployment, world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It writes how far it is every few seconds, and one of several nodes came to its end just now."""
        self.left(found, world, 20, *NAMES)
        nodes, put = found.book.store.nodes, found.book.store.nodes.put
        behind = {"n1": "note", "n2": "end"}

        def meanwhile(row: NodeRow) -> NodeRow:
            what = behind.pop(row.name, "")
            if what:
                record = record_of(nodes.get(found.book.testbed, [row.name])[row.name])
                put(row_of(replace(record, note="x") if what == "note" else lifecycle.end(record)))
            return put(row)

        monkeypatch.setattr(nodes, "put", meanwhile)
        report, _ = ended(operate.abort(found, NAMES, "enough"))
        assert [outcome.ended for outcome in report.outcomes] == ["done", "nothing", "done"]
        assert list(states(found).values()) == [State.FAILED, State.ACTIVE, State.FAILED]
        for name in NAMES:
            node = world.station_.known(name)
            assert node is not None
            assert (node.armed, node.boot_token) == (False, "")

    def test_another_controller_that_is_faster_at_the_site_keeps_it_from_nothing(
        self, found: Deployment, world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.left(found, world, 5)
        revise, station = found.book.store.nodes.revise, world.station_

        def overtaken(testbed: str, site: str) -> tuple[int, dict[str, NodeRow]]:
            revision, rows = revise(testbed, site)
            if station.config is not None and not behind:
                behind.append(revision)
                station.config = replace(station.config, revision=revision + 1)
                revise(testbed, site)
            return revision, rows

        behind: list[int] = []
        monkeypatch.setattr(found.book.store.nodes, "revise", overtaken)
        report, steps = ended(operate.abort(found, ["n1"], "enough"))
        assert (report.exit, [step for step in steps if step.state == "failed"]) == (Exit.OK, [])
        node = station.known("n1")
        assert node is not None
        assert not node.boot_token

    def test_a_runner_that_loses_a_node_tells_the_site_what_became_of_it(
        self, found: Deployment, world: SimulatedWorld
    ) -> None:
        """Who aborts may be ended between the store and the site; the runner goes on with the others meanwhile."""
        nodes = found.book.store.nodes

        def abort() -> None:
            [record] = operate.status(found, ["n1"])
            nodes.put(row_of(lifecycle.abort(record, "enough", touched=True)))

        world.at(8, abort)
        report = run(found, "n1", "n2")
        assert [outcome.ended for outcome in report.outcomes] == ["lost", "done"]
        assert report.outcomes[0].record.state is State.FAILED
        assert world.machines["n1"].disk == "empty"

    def test_another_engine_is_told_to_end_it(
        self, found: Deployment, world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.left(found, world, 5)
        engine = Engine()
        monkeypatch.setattr(world, "backend", lambda _: engine)
        [record] = operate.status(found, ["n1"])
        report, steps = ended(operate.abort(found, ["n1"], "enough"))
        assert (report.exit, engine.aborted, engine.closed) == (Exit.OK, [("n1", record.move)], True)
        assert any("it is asked to end it" in step.detail for step in steps)

    @pytest.mark.parametrize("action", [Action.DEPLOY, Action.CLEAN])
    def test_a_system_that_still_runs_is_active_as_before(
        self, found: Deployment, world: SimulatedWorld, action: Action
    ) -> None:
        """Else the next run of its site would take it for one that failed, and deploy it anew."""
        run(found, "n1")
        [before] = operate.status(found, ["n1"])
        other = replace(IMAGE, ref=replace(IMAGE.ref, name="other", digest="c" * 64))
        anew = replace(found, find_image=lambda _: other)
        world.station_.gone = world.clock.at.replace(year=2030)
        world.at(5, self.die)
        with pytest.raises(Killed):
            ended(operate.run(anew, operate.plan(anew, ["n1"], Wish(action))))
        [moves] = operate.status(found, ["n1"])
        assert (moves.phase, moves.state.moving) == (Phase.PREPARE, True)
        ended(operate.abort(found, ["n1"], "enough"))
        [after] = operate.status(found, ["n1"])
        assert (after.state, after.image, after.host_keys) == (State.ACTIVE, before.image, before.host_keys)
        assert [item.how for item in operate.plan(found, ["n1"], Wish(Action.DEPLOY)).items] == ["nothing"]

    def test_what_does_not_move_is_refused_and_nothing_is_done(self, found: Deployment) -> None:
        with pytest.raises(RefusedError, match="nothing goes on"):
            ended(operate.abort(found, ["n1", "n2"], "enough"))


class TestMaintenance:
    """Nodes that are taken out."""

    def test_no_move_begins_until_they_are_back(self, found: Deployment) -> None:
        operate.maintain(found, ["n1", "n2"], "new disks")
        [item] = operate.plan(found, ["n1"], Wish(Action.DEPLOY)).items
        assert (item.how, "new disks" in item.why) == ("refused", True)
        operate.take_back(found, ["n1"])
        assert run(found, "n1").exit is Exit.OK
        with pytest.raises(RefusedError):
            operate.take_back(found, ["n1"])


def test_what_a_site_noted_is_taken_in(found: Deployment, world: SimulatedWorld) -> None:
    for _ in range(20):
        world.station_.note("dhcp", "ignored")
    assert operate.collect(found, SITE) == 20
    assert operate.collect(found, SITE) == 0
    world.station_.gone = world.clock.at.replace(year=2030)
    with pytest.raises(MicrodcError, match="cannot connect"):
        operate.collect(found, SITE)


class TestInventoryThatChanged:
    """A server that was declared at another site when something was done with it last."""

    def test_it_is_deployed_where_it_is_declared(self, found: Deployment, world: SimulatedWorld) -> None:
        run(found, "n1")
        nodes = found.book.store.nodes
        row = nodes.get(found.book.testbed, ["n1"])["n1"]
        nodes.put(replace(row, site="there"))
        [record] = operate.status(found, ["n1"])
        assert (record.site, record.state) == (SITE, State.ACTIVE)
        made = operate.plan(found, ["n1"], Wish(Action.DEPLOY, again=True))
        report, _ = ended(operate.run(found, made))
        assert (report.exit, world.machines["n1"].starts) == (Exit.OK, 2)

    def test_what_goes_on_elsewhere_is_ended_first(self, found: Deployment, world: SimulatedWorld) -> None:
        TestAbort().left(found, world, 20)
        nodes = found.book.store.nodes
        nodes.put(replace(nodes.get(found.book.testbed, ["n1"])["n1"], site="there"))
        [item] = operate.plan(found, ["n1"], Wish(Action.DEPLOY)).items
        assert (item.how, "microdc deploy abort n1" in item.why) == ("refused", True)
        report, _ = ended(operate.abort(found, ["n1"], "moved"))
        assert report.outcomes[0].record.state is State.FAILED
        assert run(found, "n1").exit is Exit.OK
