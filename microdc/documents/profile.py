"""The profile document: what a direction of a pair, or of an access line, does to packets."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from microdc.documents.fields import BufferField, DelayField, Name, PercentField, RateField, Record, Sentence
from microdc.documents.netem import (
    DISTRIBUTION_WORD,
    PERCENT_WORD,
    ChanceRecord,
    DistributionRecord,
    FramingRecord,
    LossRecord,
    ReorderRecord,
    SlotsRecord,
    or_word,
    parse_seed,
)


class Direction(Record):
    """What one direction does to packets. A key left out is inherited from `base`, or does nothing."""

    owd: DelayField | None = None
    """Delay one way, such as 10ms."""
    jitter: DelayField | None = None
    """Standard deviation of the delay of this direction, normally distributed. At most the delay."""
    distribution: DistributionRecord | None = Field(
        default=None, json_schema_extra=or_word(DISTRIBUTION_WORD)
    )
    """How the jitter is distributed: normal (left out), uniform (jitter is half its width), pareto, paretonormal or a table."""
    jitter_correlation: PercentField | None = None
    """netem's correlation of delays, which it is sent and does nothing with; docs/wan.md says why."""
    keep_order: bool | None = None
    """false lets jitter make packets overtake each other; left out: packets arrive as they were sent."""
    loss: LossRecord | None = Field(default=None, json_schema_extra=or_word(PERCENT_WORD))
    """Share of packets lost, each independently of the others, such as 0.1%; or a model that loses them in runs."""
    ecn: bool | None = None
    """true marks packets of senders that can do ECN where they would be lost."""
    duplicate: ChanceRecord | None = Field(default=None, json_schema_extra=or_word(PERCENT_WORD))
    """Share of packets that come twice."""
    corrupt: ChanceRecord | None = Field(default=None, json_schema_extra=or_word(PERCENT_WORD))
    """Share of packets in which one bit is flipped."""
    reorder: ReorderRecord | None = Field(default=None, json_schema_extra=or_word(PERCENT_WORD))
    """Share of packets that are not delayed and so overtake others."""
    slots: SlotsRecord | None = None
    """Packets leave in bursts, such as {min: 10ms, packets: 20}."""
    rate: RateField | None = None
    """Bits per second on the wire, Ethernet headers included, such as 100mbit. Left out: no limit."""
    buffer: BufferField | None = None
    """What may queue before the rate, as a time or a size. Left out: 100ms of the rate, at least 16 packets."""
    framing: FramingRecord | None = None
    """What the line adds to packets, such as {cell: 48B, cell_overhead: 5B}; the buffer is then a number of full packets."""
    limit: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    """Packets that may be on their way at most; more are lost. Left out: as many as the line takes."""
    seed: Annotated[int, BeforeValidator(parse_seed)] | None = None
    """Where the chances start, so that the same packets are hit again. Needs Linux 6.7."""


class BothDirections(Direction):
    """What each of the two directions does to packets, the same in both."""

    rtt: DelayField | None = None
    """Delay there and back; each direction takes half. Instead of owd."""

    @model_validator(mode="after")
    def _one_delay(self) -> Self:
        if self.rtt is not None and self.owd is not None:
            raise ValueError("owd and rtt are two ways to say one thing: write one of them")
        return self


class ProfileDocument(Record):
    """A profile: on an access line `up` is site to PoP; on a pair A:B `up` is A to B and `down` is B to A."""

    profile: Name
    """Name of the profile, by which sites, pairs and commands call it."""
    description: Sentence
    """What it stands for, in one line."""
    source: Sentence
    """Where the numbers come from: a citation, `derived: ...` for computed ones, `policy: ...` for chosen ones."""
    base: Name | None = None
    """A profile from which everything that is not given here is inherited."""
    both: BothDirections | None = None
    """Both directions alike. Either this or `up` and `down`."""
    up: Direction | None = Field(default=None)
    """Site to PoP, or A to B of a pair A:B."""
    down: Direction | None = Field(default=None)
    """PoP to site, or B to A of a pair A:B."""

    @model_validator(mode="after")
    def _either_both_or_up_and_down(self) -> Self:
        split = self.up is not None or self.down is not None
        if self.both is not None and split:
            raise ValueError("`both` and `up`/`down` exclude each other: write `both`, or `up` and `down`")
        if self.base is None and self.both is None and (self.up is None or self.down is None):
            missing = (
                "`down`"
                if self.up is not None
                else "`up`"
                if self.down is not None
                else "`both`, or `up` and `down`"
            )
            raise ValueError(f"{missing} is missing: a direction that does nothing is written {{}}")
        return self
