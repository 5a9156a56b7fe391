"""Whether ours is the only DHCP server, or with proxyDHCP whether there is another: asked before the first answer is given, and again every few minutes."""

from __future__ import annotations

from collections.abc import Callable

from .place import boottime
from .plan import TELL, Plan
from .rivals import Rival, Watch

ASK_AGAIN = 1.0
"""Seconds after which a question is sent once more: a frame may be lost, and a port that has just come up may not forward yet."""
LOOK_AGAIN = 20.0
"""Seconds between the questions while another server answers, at most."""
SILENCES = 2
"""So many questions in a row has a server to leave without an answer before it is gone, where we need it: one may be lost, or come too late."""
SUSPECT_AGAIN = 10.0
"""Seconds between two questions that are asked out of turn: a client that is refused asks again and again."""


class Quiet:
    """rival: the other server that answers now. seen: called when one is found, or another one than before; missing: when there is none, and has to be
    one; taken: of each client that is seen to take what another server offered.
    """

    def __init__(
        self,
        seen: Callable[[], None],
        missing: Callable[[], None] = lambda: None,
        taken: Callable[[Rival], None] = lambda _: None,
    ) -> None:
        self.rival: Rival | None = None
        self._seen, self._missing, self._taken = seen, missing, taken
        self._proxy = False
        self._silences = 0
        self._watch: Watch | None = None
        self._known = False  # whether a question was asked to its end since we listen here
        self._asking_until = 0.0
        self._again_at = 0.0
        self._next_at = 0.0
        self._heard_at = self._began = 0.0
        self._suspected = False

    def over(self, plan: Plan) -> None:
        """Listens on the interface of a plan. Raises OSError; then the old one is listened on still."""
        old = self._watch
        there = old is not None and (old.interface, old.own) == (plan.interface, plan.address)
        if there and plan.proxy == self._proxy:
            return
        if not there:
            self._listen(plan)
        self._proxy = plan.proxy
        self.rival, self._known, self._silences = None, False, 0
        self._ask(plan)

    def _listen(self, plan: Plan) -> None:
        old = self._watch
        try:
            self._watch = Watch(plan.interface, plan.address)
        except OSError as problem:
            raise OSError(
                problem.errno, f"{plan.interface} cannot be listened on: {problem.strerror}"
            ) from problem
        if old is not None:
            old.close()

    @property
    def watch(self) -> Watch | None:
        """For the main loop: readable where something came."""
        return self._watch

    @property
    def mac(self) -> str:
        """Of the interface that is listened on; "" before."""
        return self._watch.mac.hex(":") if self._watch is not None else ""

    def permits(self, plan: Plan) -> bool:
        """Whether ours may answer."""
        if plan.proxy:
            return self._known and not self.lacks(plan)
        return self._known and (self.rival is None or plan.other_dhcp == TELL)

    def lacks(self, plan: Plan) -> bool:
        """Whether ours must not answer because no other server does."""
        return self._known and plan.proxy and self.rival is None and plan.other_dhcp != TELL

    def tick(self, plan: Plan) -> None:
        """Takes in what came, and asks where that is due."""
        if self._watch is None:
            return
        now = boottime()
        for rival in self._watch.heard():
            self._take(rival, now)
        if self._asking_until:
            self._during(plan, now)
        elif now >= self._next_at or (self._suspected and now >= self._began + SUSPECT_AGAIN):
            self._ask(plan)

    def suspect(self) -> None:
        """Something was seen that another server may be behind: it is asked for soon, and not only when that is due."""
        self._suspected = True

    def _take(self, rival: Rival, now: float) -> None:
        """Another server was heard. One that only a client named is asked for: it may tell who it is."""
        if not rival.mac:
            self._taken(rival)
        if self._proxy and not rival.offered:
            return  # it gives no address: another that only says what to boot
        known = self.rival if self.rival is not None and self.rival.server == rival.server else None
        self._heard_at = now
        if known is None or (rival.mac and not known.mac):
            self.rival = rival
            self._seen()
        if known is None and not rival.mac:
            self.suspect()

    def _ask(self, plan: Plan) -> None:
        self._follow_interface(plan)
        self._suspected = False
        now = boottime()
        self._asking_until, self._again_at, self._began = now + plan.probe, now + ASK_AGAIN, now
        self._send()

    def _follow_interface(self, plan: Plan) -> None:
        """An interface that was made anew is another one to a socket."""
        if self._watch is None or self._watch.there():
            return
        try:
            anew = Watch(plan.interface, plan.address)
        except OSError:
            return  # it is gone: asked again later
        self._watch.close()
        self._watch = anew

    def _send(self) -> None:
        try:
            if self._watch is not None:
                self._watch.ask()
        except OSError:
            return  # the interface is down: nobody is answered there, nor can be

    def _during(self, plan: Plan, now: float) -> None:
        heard = self._heard_at >= self._began
        if now >= self._asking_until or heard:
            self._asking_until = 0.0
            troubled = self._heard(plan) if heard else self._unanswered(plan)
            self._known = True
            self._next_at = now + (min(LOOK_AGAIN, plan.probe_every) if troubled else plan.probe_every)
        elif now >= self._again_at:
            self._again_at = self._asking_until
            self._send()

    def _heard(self, plan: Plan) -> bool:
        """Takes in that somebody answered; whether nobody should."""
        self._silences = 0
        return not plan.proxy

    def _unanswered(self, plan: Plan) -> bool:
        """Takes in that nobody did; whether somebody should."""
        self._silences += 1
        gone = not plan.proxy or self._silences >= SILENCES or not self._known
        if gone and plan.proxy and (self.rival is not None or not self._known):
            self._missing()
        self.rival = None if gone else self.rival
        return plan.proxy

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None
