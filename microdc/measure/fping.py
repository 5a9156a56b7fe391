"""fping at one host: round trips only, to three digits. For where irtt is missing or loses too much to begin."""

from __future__ import annotations

import math

from microdc.errors import UnreachableError
from microdc.measure.irtt import End
from microdc.measure.programs import Programs
from microdc.measure.reports import FpingReport, parse_fping

_GRACE_SECONDS = 20.0


def round_trips(
    programs: Programs, here: End, there: End, *, interval: int, count: int, longest: int
) -> FpingReport:
    """Pings `count` times, `interval` ns apart; a reply may take `longest` ns. Raises UnreachableError (fping itself)."""
    timeout = math.ceil(longest / 1e6)
    period = math.ceil(interval / 1e6)
    options = ["-c", str(count), "-p", str(period), "-t", str(timeout), "-S", here.ip]
    with programs.running(here.host, ["fping", *options, there.ip]) as pings:
        status = pings.finish((count * period + timeout) / 1e3 + _GRACE_SECONDS)
        output, complaint = pings.output, pings.complaint()
    try:
        return parse_fping(output)
    except ValueError:
        if status == 1:  # it could send none: the path begins with a missing route
            return FpingReport((None,) * count, 0)
        raise UnreachableError(f"fping failed: {complaint}", where=pings.where) from None
