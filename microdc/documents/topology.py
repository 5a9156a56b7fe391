"""The topology document: the points of presence of a backbone, and the links between them."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from microdc.documents.fields import (
    DelayField,
    Name,
    PercentField,
    RateField,
    Record,
    Sentence,
    kind_of,
)

_POP = r"([a-z0-9]([a-z0-9-]*[a-z0-9])?/)?[a-z0-9]([a-z0-9-]*[a-z0-9])?"


def _number(low: float, high: float, what: str) -> Any:
    """A number within bounds, in words that say which."""

    def validate(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"must be a number, not {kind_of(value)}")  # noqa: TRY004 - pydantic collects ValueError only
        if not low <= value <= high:
            raise ValueError(f"{value:g} is not {what}: {low:g} to {high:g}")
        return float(value)

    return PlainValidator(validate), WithJsonSchema({"type": "number", "minimum": low, "maximum": high})


def _parse_place(value: object) -> tuple[float, float]:
    pair = value if isinstance(value, list) else []
    numbers = [float(n) for n in pair if isinstance(n, int | float) and not isinstance(n, bool)]
    if len(pair) != 2 or len(numbers) != 2:
        raise ValueError("is not a place: write [latitude, longitude] in degrees, such as [48.8566, 2.3522]")
    for number, most, what in zip(numbers, (90, 180), ("latitude", "longitude"), strict=True):
        if not -most <= number <= most:
            raise ValueError(f"{number:g} is not a {what} in degrees: {-most} to {most}")
    return numbers[0], numbers[1]


def _parse_pop(value: object) -> str:
    if not isinstance(value, str) or re.fullmatch(_POP, value) is None:
        raise ValueError(
            f"{value!r} is not a PoP: write its name, or TOPOLOGY/NAME for one of an included topology"
        )
    return value


def _parse_homes(value: object) -> tuple[str, ...]:
    homes = tuple(value) if isinstance(value, list) else (value,)
    for home in homes:
        if not isinstance(home, str) or "/" not in home or re.fullmatch(_POP, home) is None:
            raise ValueError(f"{home!r} is not a PoP: write TOPOLOGY/POP, such as nren-europe/barcelona")
    if not homes or len(set(homes)) < len(homes):
        raise ValueError("names no PoP, or one twice: write TOPOLOGY/POP, or a list of different ones")
    return homes


PopNames = Annotated[
    tuple[str, ...],
    PlainValidator(_parse_homes),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": f"^({_POP})$"},
                {"type": "array", "items": {"type": "string", "pattern": f"^({_POP})$"}, "minItems": 1},
            ]
        }
    ),
]
"""One or more PoPs by their full names; the value is a tuple."""
PopName = Annotated[
    str, PlainValidator(_parse_pop), WithJsonSchema({"type": "string", "pattern": f"^({_POP})$"})
]
Place = Annotated[
    tuple[float, float],
    PlainValidator(_parse_place),
    WithJsonSchema({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}),
]
Kilometres = Annotated[float, *_number(0.001, 100_000, "a length in km")]
RouteFactor = Annotated[float, *_number(1, 10, "a route factor, km of route per km as the crow flies")]

Medium = Literal["fibre", "radio"]
Fact = Literal["delay", "length", "capacity", "jitter", "loss", "place"]
"""What a source may be given for."""


class PopRecord(Record):
    """A point of presence."""

    title: Sentence | None = None
    """What people call it."""
    at: Place | None = None
    """Latitude and longitude, degrees. Left out: each of its links gives `owd`, `rtt`, `km` or `profile`."""
    network: Sentence | None = None
    """Who runs it."""
    role: Name | None = None
    """What it is: core, metro, aggregation, dslam, landing, exchange."""
    source: Name | None = None
    """Where its place and its being come from: a key of `sources`."""


class LinkRecord(Record):
    """A link between two PoPs. Its delay is the one measured (`owd`, `rtt`); else it is derived from its length."""

    between: Annotated[list[PopName], Field(min_length=2, max_length=2)]
    """The two PoPs."""
    name: Name | None = None
    """What it is called, where it has a name or is one of several between the two."""
    network: Sentence | None = None
    """Who runs it."""
    capacity: RateField | None = None
    """Bit/s each way. Left out: not known, and no limit."""
    owd: DelayField | None = None
    """Delay one way, as it was measured or published."""
    rtt: DelayField | None = None
    """Delay there and back, as it was measured or published. Instead of owd."""
    km: Kilometres | None = None
    """Length of the route, as published. Left out: the great circle, times the route factor."""
    route_factor: RouteFactor | None = None
    """Km of route for each km of great circle. Left out: that of the topology."""
    jitter: DelayField | None = None
    """Standard deviation of its delay, each way."""
    loss: PercentField | None = None
    """Share of packets lost, each way."""
    medium: Medium = "fibre"
    """What light goes through: fibre (4.9 us per km), or radio (3.34 us)."""
    profile: Name | None = None
    """A profile that says all that the link does, such as a satellite mesh; `up` is from the first PoP to the second."""
    source: Name | dict[Fact, Name] | None = None
    """Where its numbers come from: a key of `sources`, or one for each of delay, length, capacity, jitter, loss."""

    @model_validator(mode="after")
    def _says_things_once(self) -> Self:
        if self.rtt is not None and self.owd is not None:
            raise ValueError("owd and rtt are two ways to say one thing: write one of them")
        if self.km is not None and self.route_factor is not None:
            raise ValueError("km is the length of the route, and needs no route_factor: write one of them")
        said = ("capacity", "owd", "rtt", "jitter", "loss")
        if self.profile is not None and (double := [key for key in said if getattr(self, key) is not None]):
            raise ValueError(f"its profile says all that it does: leave out {', '.join(double)}")
        return self


class TopologyDocument(Record):
    """A backbone: `topologies/NAME.yaml` of the profile library or of an inventory."""

    topology: Name
    """Name of the topology, and of its file."""
    description: Sentence
    """What it stands for, in one line."""
    source: Sentence
    """Where it comes from, in words; what single numbers come from is in `sources`."""
    include: list[Name] = Field(default_factory=list)
    """Topologies that are part of this one; their PoPs are called TOPOLOGY/NAME here."""
    route_factor: RouteFactor = 1.5
    """Km of route for each km of great circle, where a link says nothing else."""
    route_factor_source: Name | None = None
    """Where the route factor comes from: a key of `sources`."""
    sources: dict[Name, Sentence] = Field(default_factory=dict)
    """Citations, by the names that `source` uses."""
    pops: dict[Name, PopRecord] = Field(default_factory=dict)
    """Its points of presence by name."""
    links: list[LinkRecord] = Field(default_factory=list)
    """Its links."""
