"""A BMC that stays open from poll to poll: one login for a day of polls, since every login that is not ended is a session that a BMC has no more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TypeVar

from microdc.bmc.driver import Bmc
from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.model import Limits, Target
from microdc.bmc.opening import open_bmc
from microdc.bmc.targets import Outlet

T = TypeVar("T")
AGAIN = 60.0
"""Seconds after which the best way to a server is tried anew that was reached by another one."""
_PATIENCE = 3
"""Failures in a row after which it is opened anew. The drivers mend a connection that broke by themselves; a logout would fail as well, and leave a session."""
LEAST_WAIT = 2.0
"""Seconds that closing waits for a poll that is going on."""


class KeptBmc:
    """One server's BMC: opened by the first use, opened anew where it fails again and again, closed at the end. Used by one thread at a time, others wait.

    lock: shared by those behind the same BMC, so that none is spoken to over two connections at once.
    """

    def __init__(
        self,
        target: Target,
        limits: Limits,
        outlets: Sequence[Outlet] = (),
        *,
        lock: threading.Lock | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.target = target
        self._limits = limits
        self._outlets = outlets
        self._lock = lock or threading.Lock()
        self._clock = clock
        self._open = ExitStack()
        self._bmc: Bmc | None = None
        self._since = 0.0
        self._failures = 0
        self._ended = False

    @property
    def best(self) -> str:
        """The driver of the way that the documents name first."""
        return "redfish" if self.target.redfish else "ipmi" if self.target.ipmi else "pdu"

    def place(self, driver: str) -> str:
        """Where a driver reaches it, for people; "" for outlets."""
        found = {"redfish": self.target.redfish, "ipmi": f"ipmi://{self.target.ipmi}"}
        return found.get(driver, "")

    @property
    def _ways(self) -> int:
        """How many the documents name."""
        return sum(map(bool, (self.target.redfish, self.target.ipmi, self._outlets)))

    def use(self, work: Callable[[Bmc], T]) -> T:
        """What comes of the work at the open BMC. Raises as `open_bmc` and as the work."""
        with self._lock:
            bmc = self._opened()
            try:
                found = work(bmc)
            except BmcError:
                self._failures += 1
                if self._ways > 1 or self._failures >= _PATIENCE:
                    self._close()
                raise
            else:
                self._failures = 0
                return found
            finally:
                if self._ended:
                    self._close()

    def close(self) -> None:
        """Logs out, for good. A BMC that is being asked just now is logged out of by whoever asks; where that ends with the process, the session

        stays on file and is ended by whoever comes next.
        """
        self._ended = True
        if self._lock.acquire(timeout=LEAST_WAIT):
            try:
                self._close()
            finally:
                self._lock.release()

    def _opened(self) -> Bmc:
        if self._ended:
            raise BmcError(Cause.ENDED, "nobody polls it any more", where=self.target.name)
        if self._bmc is not None and self._bmc.driver != self.best and self._clock() - self._since > AGAIN:
            self._close()
        if self._bmc is None:
            with ExitStack() as opening:
                self._bmc = opening.enter_context(open_bmc(self.target, self._limits, self._outlets))
                self._open = opening.pop_all()
            self._since = self._clock()
        return self._bmc

    def _close(self) -> None:
        self._bmc, self._failures = None, 0
        self._open.close()
