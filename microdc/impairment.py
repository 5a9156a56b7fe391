"""What one direction of a pair does to packets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any

from microdc.errors import InputError
from microdc.losses import NEVER, NO_CHANCE, Chance, FourState, GilbertElliott, LossModel
from microdc.units import Delay, Percent, Rate, Size, format_delay, format_percent, format_rate, format_size

NO_DELAY, NO_LOSS = Delay(0), Percent(0.0)
DISTRIBUTIONS = ("normal", "uniform", "pareto", "paretonormal")
Distribution = str | tuple[int, ...]
"""The name of a distribution, or an own table: values that are equally probable, in 1/8192 of the jitter."""


@dataclass(frozen=True, slots=True)
class Slots:
    """Packets leave in bursts, at points of time that lie `delay` ± `jitter` apart (ns); like a radio or a cable modem.

    distribution: of the distances, as for an Impairment's jitter. packets, bytes: how much a slot takes; 0 is no limit.
    """

    delay: Delay
    jitter: Delay = NO_DELAY
    distribution: Distribution = "uniform"
    packets: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Framing:
    """What a line adds to packets before it counts them against its rate, in bytes.

    overhead: per packet, negative for headers that the line does not carry. cell: payload of a cell into which packets are
    cut, the last one padded; 0 is none. cell_overhead: header of each cell.
    """

    overhead: int = 0
    cell: int = 0
    cell_overhead: int = 0


@dataclass(frozen=True, slots=True)
class Impairment:
    """One direction: every packet is delayed by `owd` ± `jitter`, lost with `loss`, sent at `rate`.

    owd: ns one way. jitter: ns, the standard deviation of a normal distribution around owd (of another `distribution`: what
    its table is multiplied by; half the width of the uniform one). loss: percent 0..100, independent per packet (with
    loss_correlation: hanging on the one before; with loss_model, instead of it, in runs). rate: bit/s on the wire as the
    kernel counts bytes (Ethernet header included, frame check sequence not; with framing, what that makes of it); None is no
    limit. buffer: bytes that queue before `rate`, tail drop; None only where rate is None.

    ecn: packets whose sender can do ECN are marked where they would be lost. duplicate, corrupt (one bit is flipped): a share
    of packets. reorder: a share of every `gap`-th packet is not delayed and overtakes others. slots: packets leave in bursts.
    limit: packets that are on their way at most; None: as many as it takes. seed: of the chances, so that they can be had
    again. keep_order: no jitter makes a packet overtake another.
    """

    owd: Delay = NO_DELAY
    jitter: Delay = NO_DELAY
    loss: Percent = NO_LOSS
    rate: Rate | None = None
    buffer: Size | None = None
    distribution: Distribution = "normal"
    jitter_correlation: Percent = NEVER
    loss_correlation: Percent = NEVER
    loss_model: LossModel | None = None
    ecn: bool = False
    duplicate: Chance = NO_CHANCE
    corrupt: Chance = NO_CHANCE
    reorder: Chance = NO_CHANCE
    gap: int = 1
    slots: Slots | None = None
    framing: Framing | None = None
    limit: int | None = None
    seed: int | None = None
    keep_order: bool = True

    @property
    def mean_loss(self) -> Percent:
        """Percent of packets lost (with ecn: lost or marked) in the long run, under any model."""
        return self.loss_model.mean if self.loss_model else Chance(self.loss, self.loss_correlation).mean

    @property
    def independent_loss(self) -> bool:
        """Whether each packet is missed with `loss`, whatever becomes of others, and for no other reason than that."""
        models = self.loss_model is not None or (self.loss_correlation > 0 and 0 < self.loss < 100)
        return not (models or self.ecn or self.duplicate or self.corrupt or self.limit is not None)

    @property
    def keeps_order(self) -> bool:
        """Whether packets arrive as they were sent."""
        return not self.reorder and (self.keep_order or not self.jitter)

    @property
    def normal_jitter(self) -> bool:
        """Whether delays are owd and a normal distribution of deviation `jitter`, each drawn for itself."""
        plain = self.distribution == "normal" and not self.jitter_correlation
        return (plain or not self.jitter) and self.slots is None and not self.reorder

    def __str__(self) -> str:
        return ", ".join(_words(self))


_CHANCES = ("duplicate", "corrupt", "reorder")
CLEAN = Impairment()
"""Nothing is done to packets: the wire as it is."""


def _words(i: Impairment) -> list[str]:
    kind = i.distribution if isinstance(i.distribution, str) else "own table"
    model = "gemodel" if isinstance(i.loss_model, GilbertElliott) else "state"
    told = [
        (i.jitter, f"jitter {format_delay(i.jitter)}{'' if kind == 'normal' else f' {kind}'}"),
        (i.loss, f"loss {format_percent(i.loss)}"),
        (i.loss_model, f"loss {model} {format_percent(round(i.mean_loss, 6)) if i.loss_model else ''}"),
        (i.ecn, "ecn"),
        (i.rate is not None, f"rate {format_rate(i.rate or 0)}{' framed' if i.framing else ''}"),
        (i.buffer is not None, f"buffer {format_size(i.buffer or 0)}"),
        *((c, f"{name} {format_percent(c.share)}") for name in _CHANCES if (c := getattr(i, name))),
        (i.slots, f"slots {format_delay(i.slots.delay) if i.slots else ''}"),
        (i.limit is not None, f"limit {i.limit}"),
        (i.seed is not None, f"seed {i.seed}"),
        (not i.keep_order, "order not kept"),
    ]
    return [f"owd {format_delay(i.owd)}", *(words for is_told, words in told if is_told)]


def to_data(impairment: Impairment) -> dict[str, Any]:
    """The impairment as plain data that JSON holds: what differs from CLEAN, by the names of the fields."""
    return {
        name: value if type(value) is int else _plain(value)
        for name, default in _DEFAULTS
        if (value := getattr(impairment, name)) is not default and value != default
    }


_DEFAULTS = tuple((field.name, field.default) for field in fields(Impairment))


def from_data(data: Mapping[str, Any]) -> Impairment:
    """The impairment of `to_data`. Raises InputError for keys and values that are none."""
    return Impairment(**_values(data, _READERS, "an impairment"))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    plain = {name: _plain(item) for name, item in asdict(value).items()}
    return {**plain, "model": _MODEL_NAMES[type(value)]} if isinstance(value, LossModel) else plain


def _values(data: Any, readers: Mapping[str, Callable[[Any], Any]], what: str) -> dict[str, Any]:
    """Each value read by the reader of its name."""
    if not isinstance(data, Mapping):
        raise InputError(f"{data!r} is not {what}: a mapping is needed")
    if unknown := sorted(data.keys() - readers.keys()):
        raise InputError(f"{what} has no {unknown[0]!r}", hint=f"known: {', '.join(sorted(readers))}")
    values = {}
    for name, value in data.items():
        try:
            values[name] = readers[name](value)
        except (TypeError, ValueError):
            raise InputError(f"{name} of {what} cannot be {value!r}") from None
    return values


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _optional(value: Any) -> int | None:
    return None if value is None else _whole(value)


def _percent(value: Any) -> Percent:
    if type(value) not in {int, float} or not 0 <= value <= 100:
        raise ValueError
    return Percent(float(value))


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise TypeError
    return value


def _distribution(value: Any) -> Distribution:
    if isinstance(value, str):
        if value not in DISTRIBUTIONS:
            raise ValueError
        return value
    return tuple(_whole(item) for item in value)


def _made(kind: type[Any], readers: Mapping[str, Callable[[Any], Any]], what: str) -> Callable[[Any], Any]:
    return lambda data: None if data is None else kind(**_values(data, readers, what))


def _model(data: Any) -> LossModel | None:
    if data is None:
        return None
    if not isinstance(data, Mapping) or data.get("model") not in _MODELS:
        raise ValueError
    kind = _MODELS[data["model"]]
    terms = {name: value for name, value in data.items() if name != "model"}
    values = _values(terms, {field.name: _percent for field in fields(kind)}, f"a {data['model']}")
    return kind(**values)


_MODELS: dict[str, type[GilbertElliott | FourState]] = {"gemodel": GilbertElliott, "state": FourState}
_MODEL_NAMES: dict[type[Any], str] = {kind: name for name, kind in _MODELS.items()}
_CHANCE = _made(Chance, {"share": _percent, "correlation": _percent}, "a chance")
_SLOTS = {
    "delay": _whole,
    "jitter": _whole,
    "distribution": _distribution,
    "packets": _whole,
    "bytes": _whole,
}
_FRAMING = {"overhead": _whole, "cell": _whole, "cell_overhead": _whole}
_READERS: dict[str, Callable[[Any], Any]] = {
    "owd": _whole, "jitter": _whole, "loss": _percent, "rate": _optional, "buffer": _optional,
    "distribution": _distribution, "jitter_correlation": _percent, "loss_correlation": _percent, "loss_model": _model,
    "ecn": _flag, "duplicate": _CHANCE, "corrupt": _CHANCE, "reorder": _CHANCE, "gap": _whole,
    "slots": _made(Slots, _SLOTS, "slots"), "framing": _made(Framing, _FRAMING, "framing"),
    "limit": _optional, "seed": _optional, "keep_order": _flag,
}  # fmt: skip
