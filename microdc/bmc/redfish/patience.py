"""Asking again: only what may be asked again, as often as the limits say, with longer and longer pauses."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection
from typing import TypeVar

from microdc.bmc.errors import RETRYABLE, BmcError, Cause
from microdc.bmc.model import Limits
from microdc.bmc.redfish.refusals import NotNowError

_T = TypeVar("_T")
_LONGEST = 16.0  # seconds between two tries, where the BMC does not ask for more


def repeated(
    ask: Callable[[], _T],
    limits: Limits,
    *,
    retryable: Collection[Cause] = RETRYABLE,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> _T:
    """What `ask` returns, asked again while it fails with what may be gone the next time.

    A BMC that says that it is starting or busy is waited for, `limits.busy` seconds in all, as long as it asks for by
    Retry-After; other failures are tried `limits.attempts` times. The last failure is raised.
    """
    begin, failed, waited = clock(), 0, 0
    while True:
        try:
            return ask()
        except NotNowError as error:
            left = limits.busy - (clock() - begin)
            pause = _pause(limits.pause, waited) if error.after is None else max(error.after, limits.pause)
            waited += 1
            if pause > left or error.cause not in retryable:
                raise
        except BmcError as error:
            pause = _pause(limits.pause, failed)
            failed += 1
            if error.cause not in retryable or failed >= limits.attempts:
                raise
        sleep(pause)


def _pause(first: float, before: int) -> float:
    """Twice as long each time, and never the same for many clients at once."""
    return min(first * 2.0 ** min(before, 10), _LONGEST) * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
