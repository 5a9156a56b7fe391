"""The demo: a fleet that lives a day in fifteen minutes, needs nobody's permission and no device, and does what it is asked to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from microdc.health.demo import sampling
from microdc.health.demo.acting import leases, nodes, servers, wan
from microdc.health.demo.asking import Asking, Document
from microdc.health.demo.building import build
from microdc.health.demo.state import State
from microdc.health.model import Fleet, Sample


class Demo(Asking):
    """A fleet of so many sites with so many servers each, and what happens to it.

    seed: another one builds and tells other things. clock: Unix seconds; the story begins when the demo is made, so with the same seed, clock and acts
    the same moment has the same samples. rate: samples of each device in a second. Methods may be called by several threads.
    What the commands of microdc print with `-o json`, the methods that end in no act give as data, for the same names.
    """

    def __init__(
        self,
        sites: int = 20,
        servers: int = 20,
        seed: int = 1,
        clock: Callable[[], float] = time.time,
        rate: float = 1.0,
    ) -> None:
        super().__init__(State(build(sites, servers, seed), seed, clock()), clock)
        self._rate = rate
        self._watched = sampling.watched(self._state)

    @property
    def fleet(self) -> Fleet:
        return self._state.world.fleet

    @property
    def begun(self) -> float:
        """When the story began, Unix seconds."""
        return self._state.begun

    def samples(self, at: float, part: int = 0, parts: int = 1) -> list[Sample]:
        """What a poll of all devices gives at this moment; of every `parts`-th device from number `part` on, to spread a second's work over it.

        A device that does not answer is polled less often, and some are never heard of.
        """
        with self._lock:
            return sampling.samples(self._state, self._watched[part::parts], at, self._rate, part)

    def batches(self, stop: threading.Event, parts: int = 4) -> Iterator[list[Sample]]:
        """Samples as time passes, `parts` lists for one poll of all, until `stop` is set. A pause of the process is not made up for."""
        turn, step = 0, 1.0 / (self._rate * parts)
        due = time.monotonic()
        while not stop.is_set():
            yield self.samples(self._clock(), turn % parts, parts)
            turn += 1
            due = max(due + step, time.monotonic() - step)
            stop.wait(max(0.0, due - time.monotonic()))

    def run(self, stop: threading.Event) -> Iterator[Fleet | Sample]:
        """The fleet, all that is known at once, then samples as they come, until `stop` is set."""
        yield self.fleet
        yield from self.samples(self._clock())
        for batch in self.batches(stop):
            yield from batch

    # -- acts. Each raises InputError for a name that there is not, and gives what the command prints.

    def power(self, name: str, act: str, at: float | None = None) -> Document:
        """`on`, `off`, `cycle` or `reset`; the server is so some seconds later."""
        with self._lock:
            return servers.power(self._state, name, act, self._now(at))

    def set_boot(self, name: str, target: str, at: float | None = None) -> Document:
        """What a server boots from next; `none` takes it away."""
        with self._lock:
            return servers.boot(self._state, name, target, self._now(at))

    def lay(
        self,
        pair: str,
        profile: str,
        at: float | None = None,
        until: float | None = None,
        owner: str = "you",
    ) -> Document:
        """Lays a profile over a pair `a:b`, until then or until it is taken away."""
        with self._lock:
            return wan.lay(self._state, pair, profile, self._now(at), until=until, owner=owner)

    def undo(self, overlay: str, at: float | None = None) -> Document:
        """Takes an overlay away; the newest of `you` where none is named."""
        with self._lock:
            return wan.undo(self._state, overlay, self._now(at))

    def cut(self, a: str, b: str, at: float | None = None, until: float | None = None) -> Document:
        """Takes the line between two sites down: what goes over it goes another way, or none."""
        with self._lock:
            return wan.cut(self._state, a, b, self._now(at), until=until)

    def restore(self, a: str, b: str, at: float | None = None) -> Document:
        """Brings the line between two sites up again, whoever cut it."""
        with self._lock:
            return wan.restore(self._state, a, b, self._now(at))

    def deploy(self, name: str, at: float | None = None) -> Document:
        """Deploys a node; it is active two and a half minutes later."""
        with self._lock:
            return nodes.deploy(self._state, name, self._now(at))

    def abort(self, name: str, at: float | None = None) -> Document:
        """Ends what is being done with a node."""
        with self._lock:
            return nodes.abort(self._state, name, self._now(at))

    def maintain(self, name: str, why: str, at: float | None = None) -> Document:
        """Takes a node out; back where `why` is ""."""
        with self._lock:
            return nodes.maintain(self._state, name, why, self._now(at))

    def lease(
        self, resource: str, seconds: float, reason: str = "", at: float | None = None, owner: str = "you"
    ) -> Document:
        """Takes wan, site:NAME or rack:SITE/RACK. Raises RefusedError where somebody else has it."""
        with self._lock:
            return leases.take(self._state, resource, seconds, self._now(at), reason=reason, owner=owner)

    def release(self, resource: str = "", at: float | None = None, owner: str = "you") -> Document:
        """Gives a lease back; all of the owner's where none is named."""
        with self._lock:
            return leases.release(self._state, resource, self._now(at), owner)
