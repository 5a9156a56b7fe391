"""What a switch told of a port, in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from microdc.survey.cabling.heard import Heard
from microdc.survey.cabling.known import Known
from microdc.survey.cabling.model import End, Evidence


def told(port: End, heard: Heard | None, known: Known) -> tuple[Evidence, ...]:
    """What a switch told of one of its ports, in words."""
    if heard is None:
        return ()
    found = [Evidence(one.by, port, one.told) for one in heard.neighbours]
    if heard.macs:
        where = f" (by {heard.lag})" if heard.lag else ""
        found.append(Evidence("MAC table", port, f"{addresses(known, sorted(heard.macs))}{where}"))
    if heard.down:
        state = "switched off" if heard.port.admin == "down" else str(heard.port.oper)
        found.append(Evidence("link", port, state))
    return tuple(found)


def addresses(known: Known, macs: Sequence[str], most: int = 3) -> str:
    """Some addresses, each with its owner; of many the first, those that have one before the others, and how many more there are."""
    owned = islice((mac for mac in macs if mac in known.owners), most)
    others = islice((mac for mac in macs if mac not in known.owners), most)
    chosen = [*owned, *others][:most]
    shown = ", ".join(f"{mac} ({known.owners[mac]})" if mac in known.owners else mac for mac in chosen)
    return f"{shown} and {len(macs) - most} more" if len(macs) > most else shown
