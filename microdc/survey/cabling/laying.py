"""Declared cables with their ends as the switches themselves call them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from microdc.survey.cabling.known import Known
from microdc.survey.cabling.model import Cabled, End


@dataclass(frozen=True, slots=True)
class Laid:
    """A cable; a and b: its ends as the switches call them. trouble: why it cannot be looked for, "" where it can."""

    cable: Cabled
    a: End
    b: End
    trouble: str = ""

    def other(self, end: End) -> End:
        return self.b if end == self.a else self.a

    def declared(self, end: End) -> End:
        """One of its ends as the inventory writes it."""
        return self.cable.a if end == self.a else self.cable.b


@dataclass(frozen=True, slots=True)
class Plan:
    """All declared cables; those that can be looked for, by each of their ends; how many there are between two devices."""

    laid: tuple[Laid, ...]
    at: Mapping[End, Laid]
    between: Mapping[frozenset[str], int]

    def partner(self, end: End) -> End | None:
        """What should be at the other side of an end's cable."""
        laid = self.at.get(end)
        return laid.other(end) if laid else None


def lay(known: Known) -> Plan:
    """Of two cables that end in one port, the first one counts; the other is in trouble."""
    found: list[Laid] = []
    at: dict[End, Laid] = {}
    for cable in known.expected.cables:
        ends, trouble = [], ""
        for end in cable.ends:
            meant = known.end(end)
            if len(meant) > 1:
                trouble = f"{end} may be {' or '.join(one.port for one in meant)}: write the whole name"
            elif not meant and end.device in known.seen:
                trouble = f"{end.device} has no port {end.port}"
            ends.append(meant[0] if len(meant) == 1 else end)
        taken = next((at[end] for end in ends if end in at), None)
        if taken is not None and not trouble:
            trouble = f"the cable {taken.cable} ends there too"
        laid = Laid(cable, ends[0], ends[1], trouble)
        found.append(laid)
        if not trouble:
            at |= {end: laid for end in ends if end.port}
    between = Counter(frozenset((one.a.device, one.b.device)) for one in found)
    return Plan(tuple(found), at, between)
