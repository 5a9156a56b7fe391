"""One change on many hosts: on all of them, or on none.

Every agent makes its part whole or not at all. Where there is more than one, or the network lies between, each takes its
part back by itself unless it is confirmed in time; confirmed is only what all of them have read back, and over new connections:
a change that cuts the controller off, or dies with it, does not stay.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from microdc.agent.client import Agent, ChangedError, RejectedError
from microdc.agent.model import Commit, Committed
from microdc.errors import ApplyError, MicrodcError, UnreachableError
from microdc.events import Step
from microdc.wan.model import Plan
from microdc.wan.readback import ReadBack, differences, read
from microdc.wan.refusal import explained

AT_ONCE = 16
"""Hosts that are spoken with at the same time."""
CONFIRM_ATTEMPTS = 2
_UNKNOWN = "whether the change was made is not known: microdc wan show tells when it is back"


@dataclass(slots=True)
class Everywhere:
    """A plan on its way to all agents.

    agents: open conversations, by shaper. reopen: a new connection to a shaper's agent. committed: what
    each came to, so far. found: what each of them read back, by interface. confirmed: those whose part stays. seconds: until an unconfirmed part is taken back; None where nothing has to be confirmed.
    """

    plan: Plan
    agents: Mapping[str, Agent]
    reopen: Callable[[str], AbstractContextManager[Agent]]
    seconds: float | None = None
    committed: dict[str, Committed] = field(default_factory=dict)
    found: dict[str, Mapping[str, ReadBack]] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)

    def carry_out(self, commits: Mapping[str, Commit]) -> Generator[Step, None, Mapping[str, Committed]]:
        """Makes the change on all; what each came to. Raises what went wrong, having taken all of it back.

        Where that could not be done, the error says where, and what becomes of it.
        """
        try:
            yield from self._all(commits, self._commit, "changes, read back")
            if self.seconds is not None:
                yield from self._all(commits, self._confirm, "confirmed over a new connection")
        except BaseException as problem:
            left = self._take_back()
            if isinstance(problem, MicrodcError) and (left or self.committed):
                raise _with_state(problem, left) from problem
            raise
        return self.committed

    def _all(
        self, commits: Mapping[str, Commit], act: Callable[[str, Commit], Committed], done: str
    ) -> Generator[Step, None, None]:
        """One act on every host at once. The first failure is raised when all have answered."""
        with ThreadPoolExecutor(AT_ONCE, "shaper") as pool:
            running: dict[Future[Committed], str] = {}
            for name, commit in commits.items():
                if act == self._commit:
                    yield Step(name, "started", f"{len(commit.batch)} changes")
                running[pool.submit(act, name, commit)] = name
            failures = []
            for future in as_completed(running):
                name = running[future]
                if (failure := future.exception()) is not None:
                    failures.append(failure)
                else:
                    words = f"{len(commits[name].batch)} {done}" if act == self._commit else done
                    yield Step(name, "done", words)
        if failures:
            raise failures[0]

    def _commit(self, name: str, commit: Commit) -> Committed:
        try:
            committed = self.agents[name].commit(commit)
        except RejectedError as problem:
            raise explained(problem, self.plan, name) from problem
        except UnreachableError as problem:
            raise self._after_loss(name, commit, problem) from problem
        self.committed[name] = committed
        self._check(name, commit, committed)
        return committed

    def _after_loss(self, name: str, commit: Commit, problem: UnreachableError) -> MicrodcError:
        """The answer of an agent did not come: looks again whether it made the change, and has it taken back."""
        try:
            with self.reopen(name) as agent:
                state = agent.read({}).state
                left = agent.revert(state.generation, commit.change) if state.last == commit.change else []
        except MicrodcError as again:
            later = (
                f"if it was made it is taken back there within {self.seconds:g} s"
                if self.seconds
                else _UNKNOWN
            )
            hint = again.what if isinstance(again, UnreachableError) else ""
            return UnreachableError(f"{problem.what}; {later}", where=name, hint=hint)
        if left:
            return ApplyError(f"{problem.what}; NOT all was taken back: {'; '.join(left)}", where=name)
        return UnreachableError(f"{problem.what}; nothing is changed there", where=name, hint=problem.hint)

    def _confirm(self, name: str, commit: Commit) -> Committed:
        generation = self.committed[name].state.generation
        for attempt in range(CONFIRM_ATTEMPTS):
            try:
                with self.reopen(name) as agent:
                    confirmed = agent.confirm(generation, commit.change, commit.read_back)
            except ChangedError as problem:
                raise ApplyError(
                    f"the confirmation came too late: the change was taken back after {self.seconds:g} s",
                    where=name,
                    hint="give it more time with --confirm-within",
                ) from problem
            except UnreachableError as problem:
                if attempt == CONFIRM_ATTEMPTS - 1:
                    what = f"the change could not be confirmed over a new connection: {problem.what}"
                    raise UnreachableError(what, where=name, hint=problem.hint) from problem
            else:
                self.committed[name] = confirmed
                self.confirmed.add(name)
                self._check(name, commit, confirmed)
                return confirmed
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _check(self, name: str, commit: Commit, committed: Committed) -> None:
        found = self.found[name] = read(self.plan, name, committed.dumps)
        wrong = differences(self.plan, name, commit.read_back, found)
        if wrong:
            raise ApplyError(
                "the kernel did not keep what it was given", where=name, hint="; ".join(wrong[:3])
            )

    def _take_back(self) -> list[str]:
        """Takes back what was done, by the old connection or else by a new one; in words, where that failed."""
        with ThreadPoolExecutor(AT_ONCE, "take-back") as pool:
            return [words for found in pool.map(self._taken_back, list(self.committed)) for words in found]

    def _taken_back(self, name: str) -> list[str]:
        generation = self.committed[name].state.generation
        try:
            return [f"{name}: {words}" for words in self._revert(name, generation)]
        except ChangedError:
            if name in self.confirmed:
                return [
                    f"{name}: its part was confirmed and stays: something ended or was changed there since"
                ]
            return []  # its time was over, and it took its part back by itself
        except MicrodcError as problem:
            waits = self.seconds is not None and name not in self.confirmed
            after = f"is taken back there within {self.seconds:g} s" if waits else "may still be there"
            return [f"{name}: its part {after} ({problem.what})"]

    def _revert(self, name: str, generation: int) -> Sequence[str]:
        try:
            return self.agents[name].revert(generation, self.plan.change)
        except UnreachableError:
            with self.reopen(name) as agent:
                return agent.revert(generation, self.plan.change)


def _with_state(problem: MicrodcError, left: Sequence[str]) -> MicrodcError:
    """The same failure, with the state that it left behind."""
    state = f"NOT all was taken back: {'; '.join(left)}" if left else "all was taken back"
    what = problem.what if state in problem.what else f"{problem.what}; {state}"
    if left and not isinstance(problem, ApplyError):
        return ApplyError(what, where=problem.where, hint=problem.hint)
    return type(problem)(what, where=problem.where, hint=problem.hint)
