"""Objects and their values in words, for what differs between asked and found. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from microdc.netlink.model import Fifo, HtbClass, Netem, Qdisc, handle_text
from microdc.netlink.netem import TICK
from microdc.units import format_delay, format_percent, format_rate, format_size

_EVERYTHING = 2**32 - 1


def named(item: Qdisc | HtbClass) -> str:
    return f"{'htb class' if isinstance(item, HtbClass) else item.kind} {handle_text(item.handle)}"


def differing(asked: Qdisc | HtbClass, found: Qdisc | HtbClass) -> tuple[str, str]:
    """The fields that differ, as asked and as found."""
    new, old = (getattr(item, "options", item) for item in (asked, found))
    if type(new) is not type(old):
        return named(asked), named(found)
    units = _UNITS.get(type(new), {})
    differing = [f.name for f in fields(new) if f.compare and getattr(new, f.name) != getattr(old, f.name)]

    def words(item: Any) -> str:
        return ", ".join(f"{_names(n)} {units.get(n, str)(getattr(item, n))}" for n in differing)

    return words(new), words(old)


def _names(field: str) -> str:
    return {"latency": "delay"}.get(field, field.replace("_", " "))


def _bytes_rate(value: int) -> str:
    return format_rate(8 * value)


def _share(value: int) -> str:
    return format_percent(round(100 * value / _EVERYTHING, 4))


def _packets(value: int) -> str:
    return f"{value} packets"


def _ticks(value: int) -> str:
    return format_delay(value * TICK)


_SHARES = ("loss", "duplicate", "reorder", "corrupt")
_CORRELATIONS = ("delay", "loss", "duplicate", "reorder", "corrupt")
_UNITS: Mapping[type[Any], Mapping[str, Callable[[Any], str]]] = {
    Netem: {
        "latency": format_delay,
        "jitter": format_delay,
        "limit": _packets,
        "rate": _bytes_rate,
        **dict.fromkeys(_SHARES, _share),
        **dict.fromkeys((f"{name}_correlation" for name in _CORRELATIONS), _share),
    },
    HtbClass: {"rate": _bytes_rate, "ceil": _bytes_rate, "burst": _ticks, "cburst": _ticks},
    Fifo: {"limit": format_size},
}
