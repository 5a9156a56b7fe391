"""From the values that documents give for a direction to its impairment, or to what does not fit together. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from microdc.documents.fields import Buffer
from microdc.documents.model import Problem, Where
from microdc.documents.netem import ChanceRecord, DistributionRecord, FramingRecord, LossRecord, SlotsRecord
from microdc.impairment import Distribution, Framing, Impairment, Slots
from microdc.losses import ALWAYS, NEVER, Chance, FourState, GilbertElliott
from microdc.netlink.distributions import LARGEST, SCALE, entries
from microdc.units import (
    MAX_JITTER,
    Delay,
    Percent,
    Rate,
    Size,
    format_delay,
    format_rate,
    format_size,
)

FULL_PACKET = Size(1514)
"""Bytes of a full Ethernet packet as the kernel counts it: 1500 and the header, without the frame check sequence."""
LARGEST_BUFFER = Size(2**32 - 1)
"""The kernel counts the limit of a byte queue in 32 bits."""
DEFAULT_BUFFER = Buffer(time=Delay(100_000_000))
DEFAULT_BUFFER_PACKETS = 16
"""A rate without a buffer gets 100 ms of it, and at least 16 full packets so that a burst of ten fits at any rate.
A policy: deep enough for one loss-based TCP flow over a continent, shallow beside what access lines are known for."""
MOST_ENTRIES = 32_000
"""Entries of a delay and a slot table together: both are in one netlink attribute of 64 KiB."""

Values = dict[str, Any]
"""What is given for one direction: owd, jitter, loss and so on, each as its field's value."""
Place = Callable[..., Where]
"""The line of the first of some keys that the document gives for the direction; else of the direction itself."""

_NEEDS = {
    "distribution": ("jitter", "a distribution without jitter: there is nothing to distribute"),
    "jitter_correlation": ("jitter", "a correlation without jitter means nothing at all"),
    "keep_order": ("jitter", "without jitter nothing makes packets overtake each other"),
    "reorder": ("owd", "reorder without a delay: a packet that does not wait overtakes none"),
    "ecn": ("loss", "ecn without loss: there is nothing to mark"),
    "buffer": ("rate", "buffer without a rate: nothing queues before a line without a limit"),
    "framing": ("rate", "framing without a rate: bytes count only against a limit"),
    "seed": ("chance", "a seed without anything that is left to chance"),
}
"""What means something only beside something else; a seed comes last, since what it needs may go itself."""
_CHANCES = ("jitter", "loss", "duplicate", "corrupt", "reorder", "slots")


def impairment_of(
    values: Mapping[str, Any], own: Collection[str], where: Place
) -> tuple[Impairment, list[Problem]]:
    """One direction's values as an Impairment, and what does not fit together.

    own: the keys that the document gives itself. What it inherits is dropped where it took away what that belonged to.
    """
    asked = {key: value for key, value in values.items() if _asks(key, value)}
    problems, lonely = _lonely(values, asked, own, where)
    problems += [*_delays(values, where), *_tables(asked, where)]
    values = {key: value for key, value in asked.items() if key not in lonely}
    if "keep_order" in values and "framing" in values:
        what = "with framing the order is kept: netem's own rate sends packets one after another"
        problems.append(Problem(where("keep_order"), what, "leave out keep_order or framing"))
    rate: Rate | None = values.get("rate")
    size = None
    if rate is not None:
        size = buffer_size(rate, values.get("buffer"))
        if not FULL_PACKET <= size <= LARGEST_BUFFER:
            problems.append(_bad_buffer(where("buffer", "rate"), rate, size))
    given = {key: values[key] for key in _PLAIN if key in values}
    made = {key: read(values[key]) for key, read in _READERS.items() if key in values}
    losses = _losses(values["loss"]) if "loss" in values else {}
    gap = values["reorder"].gap or 1 if "reorder" in values else 1
    return Impairment(**given, **made, **losses, gap=gap, buffer=size), problems


def _asks(key: str, value: Any) -> bool:
    """Whether a value asks for something: no delay, a share of 0 and `keep_order: true` do not."""
    match value:
        case bool():
            return value is not (key == "keep_order")
        case ChanceRecord():
            return value.share > 0
        case LossRecord():
            return value.random is None or value.random > 0
        case _:
            return key not in {"owd", "jitter"} or value > 0


def _lonely(
    values: Mapping[str, Any], asked: Collection[str], own: Collection[str], where: Place
) -> tuple[list[Problem], set[str]]:
    """What stands without that to which it belongs: problems, but for what is inherited and was taken away here."""
    problems: list[Problem] = []
    lonely: set[str] = set()
    for key, (needed, why) in _NEEDS.items():
        there = set(asked) - lonely
        there |= {"chance"} if there & set(_CHANCES) else set()
        if key in asked and needed not in there:
            lonely.add(key)
            if key in own or not (needed in values or needed == "chance"):
                hint = "" if needed == "chance" else f"give `{needed}` too"
                problems.append(Problem(where(key, needed), why, hint))
    return problems, lonely


def _delays(values: Mapping[str, Any], where: Place) -> list[Problem]:
    owd, jitter = values.get("owd", Delay(0)), values.get("jitter", Delay(0))
    problems = []
    if jitter > owd:
        what = f"jitter {format_delay(jitter)} is larger than the delay {format_delay(owd)}"
        hint = "a packet cannot arrive before it is sent: jitter is a standard deviation around owd"
        problems.append(Problem(where("jitter", "owd", "rtt"), what, hint))
    if jitter > MAX_JITTER:
        what = f"jitter {format_delay(jitter)} is more than the kernel draws: {format_delay(MAX_JITTER)}"
        problems.append(Problem(where("jitter"), what))
    return problems


def _tables(values: Mapping[str, Any], where: Place) -> list[Problem]:
    slots: Slots | None = _slots(values["slots"]) if "slots" in values else None
    sizes = [_entries(values["distribution"]) if "distribution" in values else 0]
    sizes.append(_size_of(slots.distribution) if slots else 0)
    if sum(sizes) <= MOST_ENTRIES:
        return []
    what = (
        f"the tables of jitter and slots have {sum(sizes)} entries together: a message takes {MOST_ENTRIES}"
    )
    return [Problem(where("distribution", "slots"), what)]


def _entries(record: DistributionRecord) -> int:
    return _size_of(_distribution(record))


def _size_of(distribution: Distribution) -> int:
    return len(entries(distribution)) if isinstance(distribution, str) else len(distribution)


def _distribution(record: DistributionRecord) -> Distribution:
    if record.table is None:
        return record.name or "normal"
    return tuple(min(LARGEST, round(entry * SCALE)) for entry in record.table)


def _chance(record: ChanceRecord) -> Chance:
    return Chance(record.share, record.correlation or NEVER)


def _losses(record: LossRecord) -> Values:
    if record.random is not None:
        return {
            "loss": record.random,
            "loss_correlation": record.correlation or NEVER,
        }
    ge, state = record.gemodel, record.state
    if ge is not None:
        bad_loss = ALWAYS if ge.bad_loss is None else ge.bad_loss
        return {"loss_model": GilbertElliott(ge.p, ge.r, bad_loss, ge.good_loss or NEVER)}
    if state is None:
        return {}
    p31 = Percent(100 - state.p13) if state.p31 is None else state.p31
    p23 = ALWAYS if state.p23 is None else state.p23
    return {"loss_model": FourState(state.p13, p31, state.p32 or NEVER, p23, state.p14 or NEVER)}


def _slots(record: SlotsRecord) -> Slots:
    """Both ways to write a distance are a middle and a spread: between min and max it is uniform."""
    packets, size = record.packets or 0, record.bytes or 0
    if record.min is not None:
        longest = record.min if record.max is None else record.max
        middle, half = Delay((record.min + longest) // 2), Delay((longest - record.min) // 2)
        return Slots(middle, half, "uniform", packets, size)
    distribution = _distribution(record.distribution) if record.distribution else "normal"
    jitter = record.jitter or Delay(0)
    return Slots(record.delay or Delay(0), jitter, distribution if jitter else "uniform", packets, size)


def _framing(record: FramingRecord) -> Framing:
    return Framing(record.overhead or 0, record.cell or 0, record.cell_overhead or 0)


_PLAIN = ("owd", "jitter", "jitter_correlation", "keep_order", "ecn", "rate", "limit", "seed")
_READERS: dict[str, Callable[[Any], Any]] = {
    "distribution": _distribution,
    "duplicate": _chance,
    "corrupt": _chance,
    "reorder": _chance,
    "slots": _slots,
    "framing": _framing,
}


def buffer_size(rate: Rate, buffer: Buffer | None) -> Size:
    """Bytes that queue before a rate (bit/s) with a buffer given as a time or a size, or with none given."""
    if buffer is None:
        return Size(
            min(
                LARGEST_BUFFER,
                max(_bytes_in(rate, DEFAULT_BUFFER.time), DEFAULT_BUFFER_PACKETS * FULL_PACKET),
            )
        )
    return buffer.size if buffer.size is not None else Size(_bytes_in(rate, buffer.time))


def _bytes_in(rate: Rate, time: Delay | None) -> int:
    return rate * (time or 0) // (8 * 10**9)


def _bad_buffer(where: Where, rate: Rate, size: Size) -> Problem:
    if size < FULL_PACKET:
        least = -(-FULL_PACKET * 8000 // rate)
        what = f"the buffer holds {format_size(size)}, less than one full packet of {FULL_PACKET} B"
        return Problem(
            where, what, f"such packets would all be lost: at {format_rate(rate)} write at least {least}ms"
        )
    what = f"the buffer holds {format_size(size)}: the kernel counts at most {LARGEST_BUFFER} B"
    return Problem(where, what)
