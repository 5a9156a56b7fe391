"""The parts of a profile's direction that are mappings, most of which can also be written as one word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import Field, JsonValue, field_validator, model_validator

from microdc.documents.fields import (
    PERCENT_PATTERN,
    BytesField,
    DelayField,
    PercentField,
    Record,
    SizeField,
)
from microdc.units import MAX_JITTER, format_delay, parse_percent

LEAST_ENTRIES, MOST_ENTRIES = 4, 16384
"""Entries of an own table; the kernel takes no more (NETEM_DIST_MAX), and fewer say nothing of a distribution."""
TABLE_REACH = 4
"""An entry is 16 bits in the kernel, 8192 for the jitter itself."""
ETHERNET_HEADER = 14


class Shorthand(Record):
    """A mapping that may be written as one word, which is then the value of the key `short`."""

    short: ClassVar[str]
    parse: ClassVar[Callable[[str], object]] = parse_percent

    @model_validator(mode="before")
    @classmethod
    def _mapping(cls, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return value
        cls.parse(str(value))  # raises here, so that the error bears the name that the author wrote
        return {cls.short: value}


def or_word(word: Mapping[str, JsonValue]) -> Callable[[dict[str, JsonValue]], None]:
    """For a field's JSON Schema: the mapping, or the word that stands for it."""

    def extend(schema: dict[str, JsonValue]) -> None:
        choices = schema.get("anyOf")
        mapping = (
            [choice for choice in choices if choice != {"type": "null"}] if isinstance(choices, list) else []
        )
        schema["anyOf"] = [dict(word), *mapping]

    return extend


PERCENT_WORD: Mapping[str, JsonValue] = {
    "type": "string",
    "pattern": f"^({PERCENT_PATTERN})$",
    "examples": ["0.1%", "1%"],
}
DistributionName = Literal["normal", "uniform", "pareto", "paretonormal"]
DISTRIBUTION_WORD: Mapping[str, JsonValue] = {"enum": list(get_args(DistributionName))}


def _distribution_name(text: str) -> str:
    names = get_args(DistributionName)
    if text not in names:
        raise ValueError(f"{text!r} is not a distribution: write {', '.join(names)} or {{table: [...]}}")
    return text


class DistributionRecord(Shorthand):
    """How delays are spread: by name, or by a table of values that are equally probable."""

    short: ClassVar[str] = "name"
    parse: ClassVar[Callable[[str], object]] = _distribution_name

    name: DistributionName | None = None
    """normal, uniform (jitter is half its width), pareto or paretonormal."""
    table: Annotated[list[float], Field(json_schema_extra={"minItems": 4, "maxItems": 16384})] | None = None
    """Own values, 4 to 16384, as multiples of the jitter from -4 to 4, such as [-1, -0.5, 0, 0.5, 3]."""

    @field_validator("table")
    @classmethod
    def _table_fits(cls, table: list[float] | None) -> list[float] | None:
        if table is None:
            return None
        if not LEAST_ENTRIES <= len(table) <= MOST_ENTRIES:
            raise ValueError(f"has {len(table)} entries: netem takes {LEAST_ENTRIES} to {MOST_ENTRIES}")
        for entry in table:
            if not -TABLE_REACH <= entry <= TABLE_REACH:
                raise ValueError(
                    f"holds {entry:g}: an entry is -{TABLE_REACH} to {TABLE_REACH} times the jitter"
                )
        return table

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.name is None) == (self.table is None):
            raise ValueError("write the name of a distribution, or {table: [...]}")
        return self


class GemodelRecord(Record):
    """Losses in runs: the Gilbert-Elliott model of a good and a bad state."""

    p: PercentField
    """Chance at each packet to go from the good state to the bad one, such as 1%."""
    r: PercentField
    """Chance at each packet to go back to the good state, such as 10%: a run then lasts 10 packets."""
    bad_loss: PercentField | None = None
    """Share lost in the bad state; left out: all. tc calls it 1-h."""
    good_loss: PercentField | None = None
    """Share lost in the good state; left out: none. tc calls it 1-k."""


class StateRecord(Record):
    """netem's chain of four states: 1 sent, 2 sent within a burst of losses, 3 lost in a burst, 4 lost alone."""

    p13: PercentField
    """Chance at each packet to go from state 1 to 3, so that a burst of losses begins."""
    p31: PercentField | None = None
    """Chance to go from state 3 to 1, so that the burst ends; left out: what p13 leaves of 100%."""
    p32: PercentField | None = None
    """Chance to go from state 3 to 2; left out: none."""
    p23: PercentField | None = None
    """Chance to go from state 2 back to 3; left out: 100%."""
    p14: PercentField | None = None
    """Chance to go from state 1 to 4, so that one packet is lost alone; left out: none."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        p31 = self.p31 if self.p31 is not None else 100 - self.p13
        for names, total in (
            ("p13 and p14", self.p13 + (self.p14 or 0)),
            ("p31 and p32", p31 + (self.p32 or 0)),
        ):
            if total > 100:
                raise ValueError(f"{names} are {total:g}% together: a state is left with at most 100%")
        if self.p32 and self.p23 is not None and not self.p23:
            raise ValueError("p23 is 0%: no way leads out of state 2, in which nothing is lost any more")
        return self


class LossRecord(Shorthand):
    """Which packets are lost: each by itself, or in runs by a model."""

    short: ClassVar[str] = "random"

    random: PercentField | None = None
    """Share of packets lost, each by itself."""
    correlation: PercentField | None = None
    """How much a loss hangs on the one before, as netem does it: far fewer packets are lost then. Rather use gemodel."""
    gemodel: GemodelRecord | None = None
    """The Gilbert-Elliott model."""
    state: StateRecord | None = None
    """netem's chain of four states."""

    @model_validator(mode="after")
    def _one_model(self) -> Self:
        given = [name for name in ("random", "gemodel", "state") if getattr(self, name) is not None]
        if len(given) != 1:
            what = f"{' and '.join(given)} exclude each other" if given else "says nothing"
            raise ValueError(f"{what}: write a share such as 0.1%, or one of random, gemodel and state")
        if self.correlation is not None and self.random is None:
            raise ValueError("correlation is of random losses only: a model has its own way to make runs")
        return self


class ChanceRecord(Shorthand):
    """A share of packets."""

    short: ClassVar[str] = "share"

    share: PercentField
    """Share of packets, such as 1%."""
    correlation: PercentField | None = None
    """How much a packet's lot hangs on that of the one before, as netem does it: a share below a half becomes smaller."""


class ReorderRecord(ChanceRecord):
    """A share of packets is sent at once and overtakes those that wait."""

    gap: Annotated[int, Field(ge=1, le=2**32 - 1)] | None = None
    """Only every so many-th packet may overtake; left out: each."""


class SlotsRecord(Record):
    """Packets leave in bursts: what has come is held until the next slot."""

    min: DelayField | None = None
    """Shortest distance between two slots."""
    max: DelayField | None = None
    """Longest distance; left out: as the shortest."""
    delay: DelayField | None = None
    """Mean distance, instead of min and max."""
    jitter: DelayField | None = None
    """Spread of the distance, with `distribution`."""
    distribution: DistributionRecord | None = Field(
        default=None, json_schema_extra=or_word(DISTRIBUTION_WORD)
    )
    """How the distance is spread; left out: normal."""
    packets: Annotated[int, Field(ge=1, le=2**31 - 2)] | None = None
    """Packets that leave in one slot at most."""
    bytes: SizeField | None = None
    """Bytes that leave in one slot at most, such as 64kB."""

    @model_validator(mode="after")
    def _one_distance(self) -> Self:
        if (self.min is None) == (self.delay is None):
            raise ValueError("write how far slots are apart: min and max, or delay and jitter")
        for name, needed in (("max", "min"), ("jitter", "delay"), ("distribution", "jitter")):
            if getattr(self, name) is not None and getattr(self, needed) is None:
                raise ValueError(f"{name} without {needed}")
        low, high = (
            (self.min, self.max or self.min) if self.min is not None else (self.jitter or 0, self.delay)
        )
        if (low or 0) > (high or 0):
            names = "min is more than max" if self.min is not None else "jitter is more than delay"
            raise ValueError(f"{names}: slots cannot be less than nothing apart")
        if not high:
            raise ValueError("slots that are nothing apart are none")
        if self.bytes is not None and not 0 < self.bytes < 2**31 - 1:
            raise ValueError(f"bytes are 1 to {2**31 - 2}")
        if max(self.jitter or 0, ((self.max or 0) - (self.min or 0)) // 2) > MAX_JITTER:
            raise ValueError(f"slots are spread by more than the kernel draws: {format_delay(MAX_JITTER)}")
        return self


class FramingRecord(Record):
    """What the line adds to packets before they count against the rate."""

    overhead: BytesField | None = None
    """Bytes added to each packet, such as 18B; -14B takes the Ethernet header off."""
    cell: SizeField | None = None
    """Payload of the cells into which packets are cut, such as 48B for ATM."""
    cell_overhead: BytesField | None = None
    """Header of each cell, such as 5B for ATM."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.overhead is None and self.cell is None:
            raise ValueError("says nothing: give overhead, or cell and cell_overhead, or both")
        if self.overhead is not None and self.overhead < -ETHERNET_HEADER:
            raise ValueError(f"overhead takes off at most the Ethernet header: -{ETHERNET_HEADER}B")
        if self.cell_overhead is not None and not self.cell:
            raise ValueError("cell_overhead without cell")
        if self.cell == 0 or (self.cell or 1) + (self.cell_overhead or 0) <= 0:
            raise ValueError("a cell has at least one byte")
        return self


def parse_seed(value: object) -> object:
    """A number of 64 bits; with twenty digits a YAML document has to write it as text. Raises ValueError."""
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    if isinstance(number, float):
        raise ValueError("must be a whole number; one of twenty digits is written in quotes")  # noqa: TRY004 - pydantic
    if isinstance(number, int) and not 0 <= number < 2**64:
        raise ValueError(f"{number} is not a seed: 0 to {2**64 - 1}")
    return number
