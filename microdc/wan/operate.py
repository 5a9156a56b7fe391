"""The WAN of a testbed: read it, plan a change, apply it. All that others call."""

from __future__ import annotations

import errno
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from microdc.agent.client import Agent, RejectedError, open_agent
from microdc.agent.model import Commit
from microdc.errors import ApplyError, InputError, UnreachableError
from microdc.events import Step
from microdc.host.address import parse_address
from microdc.host.model import Address
from microdc.host.operate import connect
from microdc.netlink.messages import decode, dump_requests
from microdc.netlink.tc import tc_line
from microdc.testbed.model import Emulator, Testbed
from microdc.wan.asked import asked
from microdc.wan.commit import commits, differences
from microdc.wan.layers import next_id, on_top, stack
from microdc.wan.model import BASE, Asked, Direction, Overlay, Plan
from microdc.wan.planning import Situation, Wish, interface_of, make_plan, sites_of
from microdc.wan.profile import Library


@dataclass(slots=True)
class Wan:
    """The WAN of a testbed, open on all its emulators. A context manager; read once, then plan and apply."""

    testbed: Testbed
    situations: dict[str, Situation]
    _agents: dict[str, Agent]
    _open: ExitStack

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def overlays(self) -> list[Overlay]:
        """What is laid, bottom first."""
        return stack(situation.state for situation in self.situations.values())

    @property
    def in_force(self) -> dict[Direction, tuple[Overlay, Asked]]:
        """By direction, what holds now and whose it is."""
        return on_top(self.overlays)

    def read(self) -> None:
        """Reads again what is there."""
        for name, agent in self._agents.items():
            self.situations[name] = _situation(self.testbed, name, agent)

    # -- plans

    def plan_inventory(self, library: Library, owner: str, *, take_over: bool = False) -> Plan:
        """What brings the whole WAN to what the inventory asks; overlays stay on top."""
        overlay = Overlay(BASE, owner, "the inventory", asked(self.testbed, library))
        return make_plan(
            self.testbed, self.situations, Wish("the WAN of the inventory", overlay, take_over=take_over)
        )

    def plan_overlay(
        self,
        values: Mapping[Direction, Asked],
        owner: str,
        reason: str,
        *,
        seconds: float | None = None,
        replace: bool = False,
        take_over: bool = False,
    ) -> Plan:
        """What lays values over what is there. The same values of the same owner on top already: nothing.

        replace: the owner's topmost overlay on just these directions gives way, rather than lying below.
        """
        self._check_directions(values)
        same = self._topmost(values, owner)
        keep = same is not None and (replace or (same.values == values and same.reason == reason))
        ident = same.id if same is not None and keep else next_id(self.overlays)
        overlay = Overlay(ident, owner, reason, values, seconds)
        return make_plan(self.testbed, self.situations, Wish(reason, overlay, take_over=take_over))

    def plan_removal(self, idents: Sequence[str]) -> Plan:
        """What takes overlays away; what lies below them shows again. Raises InputError for one that is not laid."""
        laid = [overlay.id for overlay in self.overlays]
        for ident in idents:
            if ident not in laid:
                hint = f"laid are: {', '.join(laid)}" if laid else "nothing is laid"
                raise InputError(f"there is no overlay {ident!r}", hint=hint)
        summary = f"the WAN without {', '.join(idents)}" if idents else "a WAN on which nothing is laid"
        return make_plan(self.testbed, self.situations, Wish(summary, drop=idents))

    def _topmost(self, values: Mapping[Direction, Asked], owner: str) -> Overlay | None:
        tops = {overlay.id: overlay for d, (overlay, _) in self.in_force.items() if d in values}
        top = next(iter(tops.values()), None)
        fits = len(tops) == 1 and top is not None and top.owner == owner and top.id != BASE
        return top if fits and top is not None and top.values.keys() == values.keys() else None

    def _check_directions(self, values: Mapping[Direction, Asked]) -> None:
        for name in {name for d in values for name in (d.source, d.target)}:
            if self.testbed.sites[name].uplink is None:
                where = str(self.testbed.where("sites", name))
                raise InputError(f"{name} hangs on no emulator", where=where, hint="give it an uplink")

    # -- changes

    def apply(self, plan: Plan) -> Generator[Step, None, None]:
        """Carries a plan out on every emulator, or on none.

        Each agent applies its part whole or not at all and reads it back; where one fails, those before it take
        theirs back. Raises ApplyError and says what state the emulators are in.
        """
        if plan.empty:
            yield Step(plan.summary, "skipped", "nothing to change")
            return
        done: list[tuple[str, int]] = []
        for name, commit in commits(plan).items():
            yield Step(f"emulator {name}", "started", f"{len(commit.batch)} changes")
            try:
                done.append((name, self._commit(plan, name, commit)))
            except BaseException:
                self._take_back(done)
                raise
            yield Step(f"emulator {name}", "done", f"{len(commit.batch)} changes, read back")
        self.read()

    def _commit(self, plan: Plan, name: str, commit: Commit) -> int:
        agent = self._agents[name]
        try:
            committed = agent.commit(commit)
        except RejectedError as problem:
            raise _explained(problem, plan, name) from problem
        wrong = differences(plan, name, committed.dumps)
        if wrong:
            left = agent.revert(committed.generation)
            state = "it was taken back" if not left else f"taking it back failed too: {', '.join(left)}"
            raise ApplyError(
                f"the kernel did not keep what it was given; {state}", where=name, hint="; ".join(wrong[:3])
            )
        return committed.generation

    def _take_back(self, done: Sequence[tuple[str, int]]) -> None:
        for name, generation in reversed(done):
            self._agents[name].revert(generation)


def open_wan(testbed: Testbed) -> Wan:
    """Connects to the agents of all emulators and reads what is there. Raises UnreachableError, InputError."""
    with ExitStack() as opened:
        agents: dict[str, Agent] = {}
        situations = {}
        for emulator in testbed.emulators.values():
            if not sites_of(testbed, emulator.name):
                continue
            host = opened.enter_context(connect(address_of(emulator)))
            agents[emulator.name] = opened.enter_context(open_agent(host))
            situations[emulator.name] = _situation(testbed, emulator.name, agents[emulator.name])
        if not agents:
            raise InputError("no site of this testbed hangs on an emulator", where=testbed.name)
        return Wan(testbed, situations, agents, opened.pop_all())
    raise AssertionError("unreachable")


def address_of(emulator: Emulator) -> Address:
    """Where an emulator is reached."""
    return parse_address(
        emulator.host,
        via=emulator.via,
        identity=Path(emulator.identity) if emulator.identity else None,
        known_hosts=Path(emulator.known_hosts) if emulator.known_hosts else None,
    )


def _situation(testbed: Testbed, name: str, agent: Agent) -> Situation:
    hello = agent.hello()
    if hello.uid != 0:
        raise UnreachableError(
            "changing qdiscs needs root there", where=agent.where, hint="sudo, or an ssh user that is root"
        )
    indexes = {
        interface.name: interface.index
        for site in sites_of(testbed, name)
        for interface in [interface_of(testbed, site, hello)]
    }
    dumps = agent.dump({n: dump_requests(index) for n, index in indexes.items()})
    observed = {n: decode(index, dumps[n]) for n, index in indexes.items()}
    return Situation(name, hello, agent.state(), observed)


_HINTS: dict[int, str] = {
    errno.ENOENT: "the kernel lacks a qdisc or classifier: netem, htb, bfifo and u32 are needed; microdc doctor tells",
    errno.EPERM: "root is needed on the emulator",
    errno.EOPNOTSUPP: "the kernel or the device cannot do this",
}


def _explained(problem: RejectedError, plan: Plan, emulator: str) -> ApplyError:
    """Which operation the kernel refused, and in what state that left the emulator."""
    numbered = [(p, o) for p in plan.ports if p.emulator == emulator for o in p.operations]
    port, operation = numbered[problem.index]
    where = f"{emulator}:{port.interface}"
    if port.interface not in problem.interfaces:
        return ApplyError(
            "the interface vanished between plan and apply; nothing is left half-applied",
            where=where,
            hint="bring it back and run the command again",
        )
    state = (
        f"NOT all could be taken back: {', '.join(problem.left)}" if problem.left else "all was taken back"
    )
    return ApplyError(
        f"{problem.what} ({tc_line(operation, port.interface)}); {state}",
        where=where,
        hint=_HINTS.get(problem.errno, ""),
    )
