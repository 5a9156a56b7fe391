"""How often what chance may keep from beginning is tried: sessions of irtt, streams of iperf3. Pure."""

from __future__ import annotations

import math

from microdc.impairment import Impairment
from microdc.measure.expected import burst
from microdc.measure.model import Both

_NO_SESSION = 1e-9
"""How improbable it must be that chance keeps a session from opening."""
_MOST_OPENS, _MOST_OPENS_IN_RUNS = 40, 120
_SESSIONS, _MOST_SESSIONS = 3, 60


def opens_needed(asked: Both[Impairment]) -> int | None:
    """Attempts after which a session is open, but for one case in 10^9; None where too many are lost for one.

    Attempts are packets in a row, so that losses in runs take more of them.
    """
    arrive = _arriving(asked)
    if arrive <= 0:
        return None
    if arrive >= 1:
        return 8  # nothing is lost on purpose: these are for a busy machine
    attempts = max(8, math.ceil(math.log(_NO_SESSION) / math.log1p(-arrive)))
    if attempts > _MOST_OPENS:
        return None
    return max(attempts, min(_MOST_OPENS_IN_RUNS, math.ceil(attempts * _burst(asked))))


def sessions_needed(asked: Both[Impairment]) -> int:
    """Sessions of which one does not end at once, but for one case in a million where that takes no more than sixty."""
    alone = (1 - asked.a_to_b.duplicate.share / 100) * (1 - asked.b_to_a.duplicate.share / 100)
    if alone >= 1:
        return _SESSIONS
    tries = math.log(1e-6) / math.log1p(-alone) if alone > 0 else _MOST_SESSIONS
    return min(_MOST_SESSIONS, max(_SESSIONS, math.ceil(tries)))


def stream_tries(asked: Both[Impairment]) -> int:
    """Attempts after which a stream has begun, but for one case in a thousand where that takes no more than six."""
    arrive = _arriving(asked)
    if arrive >= 1:
        return 2
    return (
        min(6, max(2, math.ceil(_burst(asked) * math.log(1e-3) / math.log1p(-arrive)))) if arrive > 0 else 6
    )


def _arriving(asked: Both[Impairment]) -> float:
    """The share of packets that comes back."""
    return (1 - asked.a_to_b.mean_loss / 100) * (1 - asked.b_to_a.mean_loss / 100)


def _burst(asked: Both[Impairment]) -> float:
    return max(map(burst, asked.values()))
