"""One change on two hosts, on both or on none: with real agents in namespaces, and controllers that are killed in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from microdc.agent.client import Agent, UnconfirmedError, open_agent
from microdc.agent.model import Commit, Confirm, Layer, Port, Value
from microdc.errors import ApplyError, UnreachableError
from microdc.events import Step
from microdc.host import namespaces
from microdc.host.local import NamespaceHost
from microdc.netlink.messages import decode, dump_requests, encode
from microdc.netlink.model import ROOT_HANDLE, TC_H_ROOT, Foreign, Htb, Qdisc
from microdc.wan.everywhere import Everywhere
from microdc.wan.layers import stack
from microdc.wan.model import Plan

pytestmark = pytest.mark.root

ROOT = Qdisc(ROOT_HANDLE, TC_H_ROOT, Htb())
ADD, DELETE = encode("add", ROOT, 1), encode("delete", ROOT, 1)
BAD = encode("add", Qdisc(0x10000, ROOT_HANDLE | 5, Foreign("no-such-kind")), 1)
NAMES = ("one", "two")
DIRECTION = {"source": "a", "target": "b", "impairment": {}, "origin": "", "floor": None}


@dataclass
class Hosts:
    """Two hosts with an agent each."""

    namespaces: dict[str, str]
    directories: dict[str, str]
    opened: ExitStack = field(default_factory=ExitStack)

    @contextmanager
    def reopen(self, name: str) -> Iterator[Agent]:
        with (
            NamespaceHost(self.namespaces[name]) as host,
            open_agent(host, directory=self.directories[name]) as agent,
        ):
            yield agent

    def agents(self) -> dict[str, Agent]:
        return {name: self.opened.enter_context(self.reopen(name)) for name in NAMES}

    def shaped(self, name: str) -> bool:
        """Whether anything is left: in the kernel or among the layers."""
        with self.reopen(name) as agent:
            found = agent.read({"lo": dump_requests(0)})
        there = not decode(1, found.dumps["lo"]).tree.empty
        assert there == bool(found.state.layers)
        return there

    def wait_until_bare(self) -> None:
        """Looks until nothing is left; what never comes fails the test by its time-out."""
        while any(self.shaped(name) for name in NAMES):
            time.sleep(0.05)

    def notes(self, name: str) -> str:
        with self.reopen(name) as agent:
            return "\n".join(note.text for note in agent.read({}).state.notes)


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    made = Hosts(
        {name: f"test-all-{name}-{os.getpid()}" for name in NAMES},
        {name: tempfile.mkdtemp(prefix="microdc-all-") for name in NAMES},
    )
    try:
        for name in made.namespaces.values():
            namespaces.create(name)
        yield made
    finally:
        made.opened.close()
        for name in made.namespaces.values():
            namespaces.delete(name)
        for directory in made.directories.values():
            shutil.rmtree(directory)


def commit(message: bytes = ADD, seconds: float | None = None) -> Commit:
    port = Port(1, {}, [DELETE])
    confirm = Confirm(seconds, "test") if seconds else None
    values = {"lo/x": Value([], DIRECTION)}
    layer = Layer("o1", "test", "", values, data={"change": "c", "shapers": list(NAMES)})
    return Commit(
        0, [(message, [DELETE])], [layer], (), {"lo": port}, (), {"lo": dump_requests(0)}, confirm, "c"
    )


def carry_out(change: Everywhere, **commits: Commit) -> list[Step]:
    steps = []
    for step in change.carry_out(commits):
        steps.append(step)  # noqa: PERF402 - what came before a failure is wanted too
    return steps


PLAN = Plan("test", (), dict.fromkeys(NAMES, 0), (), change="c")


def test_a_change_is_made_on_all_and_confirmed(hosts: Hosts) -> None:
    change = Everywhere(PLAN, hosts.agents(), hosts.reopen, 30)
    steps = carry_out(change, one=commit(seconds=30), two=commit(seconds=30))
    assert [s.detail for s in steps if s.state == "done"][-1] == "confirmed over a new connection"
    for name in NAMES:
        assert change.committed[name].state.unconfirmed is None
        assert hosts.shaped(name)


@pytest.mark.parametrize("seconds", [None, 30])
def test_where_one_refuses_the_others_take_it_back(hosts: Hosts, seconds: float | None) -> None:
    change = Everywhere(PLAN, hosts.agents(), hosts.reopen, seconds)
    change.plan = refusing_plan()
    with pytest.raises(ApplyError, match="all was taken back"):
        carry_out(change, one=commit(seconds=seconds), two=commit(BAD, seconds))
    assert not any(hosts.shaped(name) for name in NAMES)


def refusing_plan() -> Plan:
    """A plan whose only operation is what the kernel refuses, so that the refusal can be told in its words."""
    from microdc.netlink.diff import Operation
    from microdc.netlink.model import QdiscTree
    from microdc.testbed.shapers import ShapedPort
    from microdc.wan.model import PortChange

    bad = Operation("add", Qdisc(0x10000, ROOT_HANDLE | 5, Foreign("no-such-kind")), "new", ())
    port = PortChange("two", ShapedPort("lo", "site", "uplink"), 1, 1500, [bad], QdiscTree(), {}, {})
    return Plan("test", (port,), dict.fromkeys(NAMES, 0), (), change="c")


def test_what_cannot_be_confirmed_over_a_new_connection_does_not_stay(hosts: Hosts) -> None:
    agents = hosts.agents()

    @contextmanager
    def cut(name: str) -> Iterator[Agent]:
        if name == "two":
            raise UnreachableError("no route to host", where=name)
        with hosts.reopen(name) as agent:
            yield agent

    with pytest.raises(UnreachableError, match=r"could not be confirmed.*all was taken back") as failure:
        carry_out(Everywhere(PLAN, agents, cut, 30), one=commit(seconds=30), two=commit(seconds=30))
    assert failure.value.where == "two"
    assert not any(hosts.shaped(name) for name in NAMES)


def test_a_controller_that_is_cut_off_leaves_nothing(hosts: Hosts) -> None:
    """Both connections are gone once the change is made: the hosts take it back by themselves."""
    agents = hosts.agents()

    @contextmanager
    def cut(name: str) -> Iterator[Agent]:
        agents[name].close()
        raise UnreachableError("no route to host", where=name)
        yield

    with pytest.raises(ApplyError, match=r"NOT all was taken back.*taken back there within 1 s"):
        carry_out(Everywhere(PLAN, agents, cut, 1), one=commit(seconds=1), two=commit(seconds=1))
    hosts.wait_until_bare()
    assert "not confirmed within 1 s" in hosts.notes("one")


def test_while_a_change_waits_another_is_refused(hosts: Hosts) -> None:
    agents = hosts.agents()
    agents["one"].commit(commit(seconds=30))
    with pytest.raises(UnconfirmedError, match="a change by test waits"):
        carry_out(Everywhere(PLAN, agents, hosts.reopen), one=commit(), two=commit())
    assert not hosts.shaped("two")


def test_an_answer_that_is_lost_is_looked_for(hosts: Hosts) -> None:
    agents = hosts.agents()
    agents["two"].close()
    with pytest.raises(UnreachableError, match="nothing is changed there"):
        carry_out(Everywhere(PLAN, agents, hosts.reopen, 30), one=commit(seconds=30), two=commit(seconds=30))
    assert not any(hosts.shaped(name) for name in NAMES)


def test_anothers_change_is_not_taken_for_ours_when_an_answer_is_lost(hosts: Hosts) -> None:
    agents = hosts.agents()
    with hosts.reopen("two") as other:
        other.commit(replace(commit(), change="theirs"))
    agents["two"].close()
    with pytest.raises(UnreachableError, match="nothing is changed there"):
        carry_out(Everywhere(PLAN, agents, hosts.reopen, 30), one=commit(seconds=30), two=commit(seconds=30))
    assert not hosts.shaped("one")
    assert hosts.shaped("two")


def test_a_part_that_was_confirmed_and_cannot_be_taken_back_is_told(hosts: Hosts) -> None:
    """On one host the change is confirmed and something else is changed; on the other it cannot be confirmed."""
    agents = hosts.agents()
    confirmed = threading.Event()

    @contextmanager
    def reopen(name: str) -> Iterator[Agent]:
        if name == "two":
            assert confirmed.wait(60)
            raise UnreachableError("no route to host", where=name)
        with hosts.reopen(name) as agent:
            yield agent
            agent.commit(Commit(agent.read({}).state.generation, [], [Layer("o9", "t", "", {})]))
        confirmed.set()

    with pytest.raises(ApplyError, match="NOT all was taken back: one: its part was confirmed and stays"):
        carry_out(Everywhere(PLAN, agents, reopen, 30), one=commit(seconds=30), two=commit(seconds=30))


CONTROLLER = """
import sys
sys.path[:0] = {paths!r}
import killing
from test_wan_everywhere import PLAN, Everywhere, Hosts, carry_out, commit
killing.at({step}, before={before})
hosts = Hosts({namespaces!r}, {directories!r})
carry_out(Everywhere(PLAN, hosts.agents(), hosts.reopen, 1), one=commit(seconds=1), two=commit(seconds=1))
"""


@pytest.mark.parametrize("step", range(1, 5))  # two commits, two confirmations
@pytest.mark.parametrize("before", [True, False])
def test_a_controller_that_is_killed_at_any_step_leaves_all_or_nothing_or_a_known_part(
    hosts: Hosts, step: int, *, before: bool
) -> None:
    """Only between two confirmations can it be all on one and nothing on the other: then what is missing is named."""
    script = CONTROLLER.format(
        paths=[str(Path(__file__).parent), str(Path(__file__).parents[1])],
        before=before,
        step=step,
        namespaces=hosts.namespaces,
        directories=hosts.directories,
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    states = {}
    for name in NAMES:
        with hosts.reopen(name) as agent:
            while agent.read({}).state.unconfirmed:
                time.sleep(0.05)
            states[name] = agent.read({}).state
    shaped = [name for name in NAMES if hosts.shaped(name)]
    if step <= 2:
        assert shaped == []
    elif len(shaped) == 1:
        assert [overlay.missing for overlay in stack(states)] == [tuple(set(NAMES) - set(shaped))]
    else:
        assert [overlay.missing for overlay in stack(states)] == [()] * (len(shaped) // 2)


def test_a_confirmation_that_comes_too_late_is_told_as_that(hosts: Hosts) -> None:
    agents = hosts.agents()

    @contextmanager
    def slow(name: str) -> Iterator[Agent]:
        with hosts.reopen(name) as agent:
            while agent.read({}).state.unconfirmed:
                time.sleep(0.05)
            yield agent

    with pytest.raises(
        ApplyError, match="came too late: the change was taken back after 1 s; all was taken back"
    ):
        carry_out(Everywhere(PLAN, agents, slow, 1), one=commit(seconds=1), two=commit(seconds=1))
    assert not any(hosts.shaped(name) for name in NAMES)
