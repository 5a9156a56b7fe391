"""Nodes and edges from the attributes that GML and GraphML files give them, by the names of the Topology Zoo and others."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from microdc.topology.formats.model import Edge, Ledger, Node, Span
from microdc.topology.formats.quantities import bounded
from microdc.topology.formats.speeds import read_speed, same
from microdc.topology.geo import Place
from microdc.units import format_rate, parse_delay, parse_percent

Attributes = Mapping[str, str]
"""Texts by name, names in lower case."""

_LATITUDES, _LONGITUDES = ("latitude", "lat"), ("longitude", "lon", "lng", "long")
_LENGTHS = ("km", "length_km", "distance_km", "dist_km", "lengthkm")
_BARE_LENGTHS = ("length", "distance", "dist")
_DELAYS = ("owd", "delay", "latency")
_FACTS = {"networkdate": "of", "dateobtained": "obtained", "source": "from", "creator": "by"}


def title_of(attributes: Attributes) -> str:
    return html.unescape(attributes.get("network") or attributes.get("label") or attributes.get("name") or "")


def facts_of(attributes: Attributes) -> tuple[str, ...]:
    """What a graph tells of itself: its date, when and where it was found, its author."""
    said = {key: attributes.get(key, "").strip() for key in _FACTS}
    if not any(map(str.isdigit, said["networkdate"])):
        said["networkdate"] = ""  # the Zoo writes C for a map that was current when it was found
    return tuple(f"{word} {html.unescape(said[key])}" for key, word in _FACTS.items() if said[key])


def node(name: str, attributes: Attributes, line: int) -> Node:
    """A node with an id. A coordinate that is no number is NaN."""
    label = html.unescape(attributes.get("label", attributes.get("name", ""))).strip()
    latitude, longitude = _first(attributes, _LATITUDES), _first(attributes, _LONGITUDES)
    at: Place | None = (_number(latitude), _number(longitude)) if latitude or longitude else None
    external = _number(attributes.get("internal", "1")) == 0
    junction = _number(attributes.get("hyperedge", "0")) == 1
    return Node(name, label, at, external, junction, line)


def edge(a: str, b: str, attributes: Attributes, line: int, ledger: Ledger, *, directed: bool) -> Edge:
    """An edge between two ids. What is written but cannot be read is said in the ledger."""
    label = html.unescape(attributes.get("linklabel") or attributes.get("label") or "").strip()
    item = Span(a, b, line)
    return Edge(
        a,
        b,
        label,
        _rate(label, attributes, item, ledger),
        _length(attributes, item, ledger),
        _delay(attributes, _DELAYS, item, ledger),
        None,
        _delay(attributes, ("jitter",), item, ledger),
        _loss(attributes, item, ledger),
        directed=directed,
        line=line,
    )


def _first(attributes: Attributes, names: tuple[str, ...]) -> str:
    return next((attributes[name] for name in names if attributes.get(name)), "")


def _number(text: str) -> float:
    """NaN for what is no number."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _rate(label: str, attributes: Attributes, item: Span, ledger: Ledger) -> int | None:
    """A speed stands in the number that the Zoo's tools made, in its text and units, or in the label alone."""
    raw, units = attributes.get("linkspeedraw", ""), attributes.get("linkspeedunits", "")
    stated = attributes.get("linkspeed") or attributes.get("capacity") or attributes.get("bandwidth") or ""
    texts = (label, attributes.get("linktype", ""), stated)
    found = {text: speed for text in texts if text and (speed := read_speed(text, "", units))}
    if raw and (first := read_speed(label or stated, raw, units)):
        found = {label or stated: first, **{text: found[text] for text in found if text != (label or stated)}}
    if not found:
        if said := label or stated:
            ledger.noted("its label states no speed: it has no capacity", replace(item, words=repr(said)))
        return None
    best = next((speed for speed in found.values() if speed.rate is not None), next(iter(found.values())))
    if best.note:
        ledger.noted(f"speed {best.note} is taken", item)
    if best.rate and any(speed.rate and not same(best.rate, speed.rate) for speed in found.values()):
        words = replace(item, words=", ".join(map(repr, found)))
        ledger.noted(f"its texts state different speeds: {format_rate(best.rate)} is taken", words)
    return best.rate


def _length(attributes: Attributes, item: Span, ledger: Ledger) -> float | None:
    if text := _first(attributes, _LENGTHS):
        return _number(text)
    for name in _BARE_LENGTHS:
        text = attributes.get(name, "").strip().lower()
        if text.endswith("km"):
            return _number(text.removesuffix("km"))
        if text:
            ledger.noted(f"`{name}` has no unit and is not used: `km` would be", item)
    return None


def _delay(attributes: Attributes, names: tuple[str, ...], item: Span, ledger: Ledger) -> int | None:
    """A delay with its unit in the text (`latency "10 ms"`) or in the name (`latency_ms`)."""
    for name in names:
        text = attributes.get(name) or ""
        if not text and (number := attributes.get(f"{name}_ms")):
            text = f"{number} ms"
        if not text:
            continue
        try:
            return parse_delay(bounded(text))
        except ValueError as error:
            ledger.dropped(f"`{name}`: {error}", item)
    return None


def _loss(attributes: Attributes, item: Span, ledger: Ledger) -> float | None:
    """`packet_loss` is a share 0..1, as the Shadow simulator has it; `loss` needs its percent sign."""
    text = attributes.get("loss") or ""
    try:
        if not text and (share := attributes.get("packet_loss")):
            if not math.isfinite(_number(share)):
                raise ValueError(f"{share!r} is not a share of 0 to 1")  # noqa: TRY301 - told as the others are
            text = f"{Decimal(bounded(share)) * 100:f}%"
        return float(parse_percent(bounded(text))) if text else None
    except ValueError as error:
        ledger.dropped(f"loss: {error}", item)
        return None
