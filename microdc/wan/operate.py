"""The WAN of a testbed: read it, plan a change, apply it. All that others call."""

from __future__ import annotations

import math
import uuid
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from microdc.agent.client import Agent, open_agent
from microdc.agent.model import Committed, Confirm, Dumps, Hello, Reading
from microdc.errors import InputError, UnreachableError
from microdc.events import Step
from microdc.host.address import address_of
from microdc.host.operate import connect
from microdc.netlink.messages import decode, dump_requests
from microdc.netlink.model import Observed
from microdc.testbed.model import Testbed
from microdc.testbed.shapers import Shaper, shapers
from microdc.wan import abilities
from microdc.wan.asked import asked, lines
from microdc.wan.commit import commits
from microdc.wan.everywhere import AT_ONCE, Everywhere
from microdc.wan.floor import Floor
from microdc.wan.layers import next_id, on_top, stack
from microdc.wan.ledger import Ledger, kind_of, plan_data
from microdc.wan.model import BASE, Asked, Direction, Overlay, Plan
from microdc.wan.planning import Situation, Wish, interface_of, make_plan
from microdc.wan.profile import Library
from microdc.wan.readback import ReadBack, after
from microdc.wan.underlay import floors, on_floor

CONFIRM_SECONDS = 30.0
"""After so long a change that was not confirmed ends by itself. A policy: an SSH connection to a slow emulator takes 10 s."""


@dataclass(slots=True)
class Wan:
    """The WAN of a testbed, open on all its shapers. A context manager; read once, then plan and apply."""

    testbed: Testbed
    situations: dict[str, Situation]
    ledger: Ledger | None
    _agents: dict[str, Agent]
    _open: ExitStack
    _tried: dict[tuple[str, str], str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def overlays(self) -> list[Overlay]:
        """What is laid, bottom first."""
        return stack({name: situation.state for name, situation in self.situations.items()})

    @property
    def in_force(self) -> dict[Direction, tuple[Overlay, Asked]]:
        """By direction, what holds now and whose it is."""
        return on_top(self.overlays)

    @property
    def floors(self) -> Mapping[Direction, Floor]:
        """What each direction has of itself, where that was measured and still holds."""
        if self.ledger is None:
            return {}
        known = self.ledger.store.calibrations.get(self.testbed.name)
        return floors(self.testbed, known, self.ledger.actor.host)

    def read(self) -> None:
        """Reads again what is there."""
        for name, agent in self._agents.items():
            self.situations[name] = _read(self.testbed, self.situations[name].shaper, agent)

    def count(self, shaper: str, interfaces: Iterable[str]) -> Reading:
        """What is laid and counted now at one shaper; without filters, which are most of what there is. Changes nothing here.

        Several shapers may be asked at the same time.
        """
        wanted = {
            kind: request for kind, request in dump_requests(0).items() if kind in {"qdiscs", "classes"}
        }
        return self._agents[shaper].read(dict.fromkeys(interfaces, wanted))

    # -- plans

    def next_id(self) -> str:
        """What the next overlay is called."""
        return next_id([situation.state for situation in self.situations.values()], self.overlays)

    def plan_inventory(self, library: Library, owner: str, *, take_over: bool = False) -> Plan:
        """What brings the whole WAN to what the inventory asks; overlays stay on top."""
        values = on_floor(asked(self.testbed, library), self.floors)
        overlay = Overlay(BASE, owner, "the inventory", values, lines=lines(self.testbed, library))
        return self.plan(Wish("the WAN of the inventory", overlay, take_over=take_over))

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
        values = on_floor(values, self.floors)
        same = self._topmost(values, owner)
        keep = same is not None and (replace or (same.values == values and same.reason == reason))
        ident = same.id if same is not None and keep else self.next_id()
        overlay = Overlay(ident, owner, reason, values, seconds)
        return self.plan(Wish(reason, overlay, take_over=take_over))

    def plan_removal(self, idents: Sequence[str]) -> Plan:
        """What takes overlays away; what lies below them shows again. Raises InputError for one that is not laid."""
        laid = [overlay.id for overlay in self.overlays]
        for ident in idents:
            if ident not in laid:
                hint = f"laid are: {', '.join(laid)}" if laid else "nothing is laid"
                raise InputError(f"there is no overlay {ident!r}", hint=hint)
        summary = f"the WAN without {', '.join(idents)}" if idents else "a WAN on which nothing is laid"
        return self.plan(Wish(summary, drop=idents))

    def plan(self, wish: Wish) -> Plan:
        """What brings a wish about. Raises as `make_plan`, and InputError for what a kernel cannot do."""
        change = uuid.uuid4().hex
        put = replace(wish.put, change=change) if wish.put else None
        wish = replace(wish, put=put, change=change)
        plan = make_plan(self.testbed, self.situations, wish)
        for name, need in sorted(_needs(plan)):
            self._check_ability(name, need)
        return plan

    def _check_ability(self, name: str, need: str) -> None:
        """Has a shaper's kernel tried, once. Raises InputError where it cannot do what is needed."""
        if (name, need) not in self._tried:
            outcome = self._agents[name].probe(abilities.batch(need), abilities.dumps())
            kernel = self.situations[name].hello.kernel
            self._tried[name, need] = abilities.refusal(need, kernel, outcome)
        if words := self._tried[name, need]:
            raise InputError(words, where=name, hint=abilities.hint(need))

    def _topmost(self, values: Mapping[Direction, Asked], owner: str) -> Overlay | None:
        tops = {overlay.id: overlay for d, (overlay, _) in self.in_force.items() if d in values}
        top = next(iter(tops.values()), None)
        fits = len(tops) == 1 and top is not None and top.owner == owner and top.id != BASE and not top.cuts
        return top if fits and top is not None and top.values.keys() == values.keys() else None

    def _check_directions(self, values: Mapping[Direction, Asked]) -> None:
        for name in {name for d in values for name in (d.source, d.target)}:
            if not self.testbed.sites[name].joined:
                where = str(self.testbed.where("sites", name))
                hint = "give it an uplink, or its servers an edge"
                raise InputError(f"{name} takes no part in the WAN", where=where, hint=hint)

    # -- changes

    def apply(self, plan: Plan, *, confirm_within: float | None = None) -> Generator[Step, None, None]:
        """Carries a plan out on every shaper, or on none.

        Each agent applies its part whole or not at all and reads it back; where one fails, all take theirs back. confirm_within:
        seconds after which a change ends by itself that was not confirmed over a new connection (None: 30 s where the network lies
        between or there are several shapers, else the change needs no confirmation).
        Raises RefusedError where somebody else holds what it changes, ApplyError or UnreachableError, which say in what state the
        shapers are.
        """
        if plan.empty:
            yield Step(plan.summary, "skipped", "nothing to change")
            return
        with (
            self.ledger.page(kind_of(plan), plan.summary, plan_data(plan)) if self.ledger else nullcontext()
        ) as page:
            if self.ledger is not None:
                self.ledger.check(plan)
            seconds = self._confirm_seconds(confirm_within)
            confirm = Confirm(seconds, f"{self._who()} ({plan.change})") if seconds else None
            change = Everywhere(plan, self._agents, self._reopened, seconds)
            touched = {name: situation.state.touched for name, situation in self.situations.items()}
            done = yield from change.carry_out(commits(plan, confirm, touched))
            for name, committed in done.items():
                self.situations[name] = _after(self.situations[name], committed, change.found[name])
            yield from self._release(plan)
            if page is not None:
                page.result["shapers"] = self.facts()

    def _release(self, plan: Plan) -> Generator[Step, None, None]:
        """Gives interfaces back that are held and no longer in the inventory. A second act: it can be done again."""
        for name, interfaces in plan.strays.items():
            state = self._agents[name].release(interfaces)
            self.situations[name] = replace(self.situations[name], state=state)
            words = f"{', '.join(interfaces)} given back: no longer in the inventory"
            yield Step(name, "done", words)

    def note_plan(self, plan: Plan) -> None:
        """Writes down that a plan was made."""
        if self.ledger is not None:
            self.ledger.note("plan", plan)

    def facts(self) -> dict[str, dict[str, str]]:
        """Of each shaper, what a record of a run needs: kernel and boot."""
        return {
            name: {"kernel": situation.hello.kernel, "boot": situation.hello.boot}
            for name, situation in self.situations.items()
        }

    def _who(self) -> str:
        if self.ledger is None:
            return "a controller"
        actor = self.ledger.actor
        return f"{actor.owner} on {actor.host}, process {actor.pid}"

    def _confirm_seconds(self, wanted: float | None) -> float | None:
        far = any(agent.host.address.kind == "ssh" for agent in self._agents.values())
        if wanted is not None or not (far or len(self._agents) > 1):
            return wanted
        return CONFIRM_SECONDS * math.ceil(len(self._agents) / AT_ONCE)

    @contextmanager
    def _reopened(self, name: str) -> Iterator[Agent]:
        with connect(address_of(self.situations[name].shaper.reach)) as host, open_agent(host) as agent:
            yield agent


def _needs(plan: Plan) -> set[tuple[str, str]]:
    """What a plan needs of each shaper's kernel beyond what all have."""
    return {(p.emulator, need) for p in plan.ports if p.operations for need in abilities.needs(p.desired)}


def open_wan(testbed: Testbed, ledger: Ledger | None = None) -> Wan:
    """Connects to the agents of all shapers and reads what is there. Raises UnreachableError, InputError.

    ledger: where changes are written down, and leases are kept; without one neither is.
    """
    found = shapers(testbed)
    if not found:
        raise InputError("no site of this testbed takes part in a WAN", where=testbed.name)
    with ExitStack() as opened:
        with ThreadPoolExecutor(AT_ONCE, "open-wan") as pool:
            openings = [pool.submit(_opened, testbed, shaper) for shaper in found]
        for opening in openings:
            if opening.exception() is None:
                opened.enter_context(opening.result()[0])
        results = {shaper.name: opening.result() for shaper, opening in zip(found, openings, strict=True)}
        agents = {name: agent for name, (_, agent, _) in results.items()}
        wan = Wan(testbed, {n: s for n, (_, _, s) in results.items()}, ledger, agents, opened.pop_all())
    if ledger is not None:
        try:
            ledger.collect(wan.situations)
            ledger.settle(wan.overlays, wan.situations)
        except BaseException:
            wan.__exit__(None, None, None)
            raise
    return wan


def open_shaper(testbed: Testbed, shaper: Shaper) -> Wan:
    """One shaper's part of the WAN, for who looks at each by itself; nothing is to be planned on it. Raises as `open_wan`."""
    opened, agent, situation = _opened(testbed, shaper)
    return Wan(testbed, {shaper.name: situation}, None, {shaper.name: agent}, opened)


def _opened(testbed: Testbed, shaper: Shaper) -> tuple[ExitStack, Agent, Situation]:
    with ExitStack() as opened:
        host = opened.enter_context(connect(address_of(shaper.reach)))
        agent = opened.enter_context(open_agent(host))
        situation = _read(testbed, shaper, agent)
        return opened.pop_all(), agent, situation
    raise AssertionError("unreachable")


def _read(testbed: Testbed, shaper: Shaper, agent: Agent) -> Situation:
    if agent.hello.uid != 0:
        raise UnreachableError(
            "changing qdiscs needs root there", where=agent.where, hint="sudo, or an ssh user that is root"
        )
    reading = agent.read({port.interface: dump_requests(0) for port in shaper.ports})
    for port in shaper.ports:
        interface_of(testbed, port, reading.hello, shaper.name)
    return Situation(shaper, reading.hello, reading.state, _observed(reading.hello, reading.dumps))


def _observed(hello: Hello, dumps: Dumps) -> dict[str, Observed]:
    return {name: decode(hello.interfaces[name].index, dumps[name]) for name in dumps}


def _after(situation: Situation, committed: Committed, found: Mapping[str, ReadBack]) -> Situation:
    """A shaper as it is after a change. found: what was read back, by interface."""
    changed = {name: after(situation.observed[name], read) for name, read in found.items()}
    return replace(situation, state=committed.state, observed={**situation.observed, **changed})
