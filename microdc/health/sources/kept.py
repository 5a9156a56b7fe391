"""A BMC that stays open from poll to poll: one login for a day of polls, since every login that is not ended is a session that a BMC has no more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import TypeVar

from microdc.bmc.driver import Bmc
from microdc.bmc.errors import BmcError, Cause
from microdc.bmc.model import Limits, Target
from microdc.bmc.opening import GOES_ON, open_bmc
from microdc.bmc.targets import Outlet

T = TypeVar("T")
AGAIN = 60.0
"""Seconds after which the first way to a server is tried anew, while another one is used."""
LEAST_WAIT = 2.0
"""Seconds that closing waits for a poll that is going on."""
_REFUSALS = 3
"""In a row, or mistakes of ours: then it is opened anew, since what it answers may be another tree than it was, after new firmware for instance."""


@dataclass(slots=True)
class _Way:
    """One of the ways to a server, opened when it is needed. It is not closed where it fails: the drivers mend a connection that broke, and a

    logout would fail as well and leave a session.
    """

    target: Target
    limits: Limits
    outlets: Sequence[Outlet] = ()
    _bmc: Bmc | None = None
    _open: ExitStack = field(default_factory=ExitStack)
    _refusals: int = 0

    def use(self, work: Callable[[Bmc], T]) -> T:
        if self._bmc is None:
            with ExitStack() as opening:
                self._bmc = opening.enter_context(open_bmc(self.target, self.limits, self.outlets))
                self._open = opening.pop_all()
        try:
            found = work(self._bmc)
        except BmcError:
            raise
        except BaseException:
            self._refusals += 1
            if self._refusals >= _REFUSALS:
                with suppress(Exception):  # what the work raised is what is told
                    self.close()
            raise
        self._refusals = 0
        return found

    def close(self) -> None:
        self._bmc, self._refusals = None, 0
        self._open.close()


class KeptBmc:
    """One server's BMC, open from the first use on: by Redfish where that is declared and works, else by IPMI or its outlets. Used by one thread at a

    time, others wait. lock: shared by those behind the same BMC, so that none is spoken to over two connections at once.
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
        self.detour = ""
        """Why it is not reached by the first way; "" where it is."""
        both = bool(target.redfish and (target.ipmi or outlets))
        self._first = _Way(replace(target, ipmi=""), limits) if both else _Way(target, limits, outlets)
        self._other = _Way(replace(target, redfish=""), limits, outlets) if both else None
        self._lock = lock or threading.Lock()
        self._clock = clock
        self._failed = float("-inf")
        self._ended = False

    def use(self, work: Callable[[Bmc], T]) -> T:
        """What comes of the work at the open BMC. Raises as `open_bmc` and as the work; of several ways the error of the first."""
        with self._lock:
            if self._ended:
                raise BmcError(Cause.ENDED, "nobody polls it any more", where=self.target.name)
            try:
                return self._used(work)
            finally:
                if self._ended:
                    self._close()

    def place(self, driver: str) -> str:
        """Where a driver reaches it, for people; "" for outlets."""
        found = {"redfish": self.target.redfish, "ipmi": f"ipmi://{self.target.ipmi}"}
        return found.get(driver, "")

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

    def _used(self, work: Callable[[Bmc], T]) -> T:
        if self._other is None:
            return self._first.use(work)
        if self.detour and self._clock() - self._failed < AGAIN:
            return self._other.use(work)
        try:
            found = self._first.use(work)
        except BmcError as problem:
            if problem.cause not in GOES_ON:
                raise
            self._failed = self._clock()
            try:
                found = self._other.use(work)
            except BmcError:
                raise problem from None
            self.detour = f"Redfish failed: {problem.what}"
            return found
        if self.detour:
            self.detour = ""
            self._other.close()
        return found

    def _close(self) -> None:
        self._first.close()
        if self._other is not None:
            self._other.close()
