"""PoPs and links of a document, as the keys and values that stand there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from microdc.topology import labels
from microdc.topology.formats.model import Edge, Ledger, Node
from microdc.topology.geo import great_circle, light
from microdc.units import MAX_DELAY, MAX_JITTER, MAX_RATE, MIN_RATE, format_delay, format_percent, format_rate

Record = dict[str, Any]


def _names(pops: Sequence[Node]) -> dict[str, str]:
    """PoP names by node id."""
    kinds = [labels.pop_name(node.label, node.id, "junction" if node.junction else "pop") for node in pops]
    return dict(zip((node.id for node in pops), labels.unique(kinds), strict=True))


def draw_pops(pops: Sequence[Node]) -> dict[str, Record]:
    found = {}
    for node, name in zip(pops, _names(pops).values(), strict=True):
        record: Record = {"at": list(node.at)} if node.at else {}
        if not labels.is_placeholder(node.label):
            record["title"] = labels.words(node.label)
        if node.junction or node.external:
            record["role"] = "junction" if node.junction else "external"
        found[name] = {**record, "source": "file"}
    return found


def draw_links(pops: Sequence[Node], edges: Sequence[Edge], ledger: Ledger) -> list[Record]:
    """The links, parallel ones with names. What a document cannot hold is told and left out."""
    pop_names, nodes = _names(pops), {node.id: node for node in pops}
    found = []
    for edge, name in zip(edges, _link_names(edges, pop_names), strict=True):
        a, b = pop_names[edge.a], pop_names[edge.b]
        record: Record = {"between": [a, b], **({"name": name} if name else {})}
        item = f"{a} - {b}"
        record |= _capacity(edge.rate, item, ledger)
        record |= _length(edge, nodes[edge.a], nodes[edge.b], item, ledger)
        record |= _loss(edge)
        found.append({**record, "source": _source(edge, record)})
    return found


def _link_names(edges: Sequence[Edge], pop_names: Mapping[str, str]) -> list[str]:
    """A-B-1, A-B-2, ... for links between the same two PoPs, "" for those that are alone."""
    many, met = Counter(map(_ends, edges)), Counter[frozenset[str]]()
    half, wanted = (labels.MAX_NAME - 8) // 2, []
    for edge in edges:
        if many[_ends(edge)] > 1:
            met[_ends(edge)] += 1
            a, b = sorted((pop_names[edge.a], pop_names[edge.b]))
            wanted.append(f"{labels.kebab(a, half)}-{labels.kebab(b, half)}-{met[_ends(edge)]}")
    names = labels.unique(wanted)
    return [next(names) if many[_ends(edge)] > 1 else "" for edge in edges]


def _ends(edge: Edge) -> frozenset[str]:
    return frozenset((edge.a, edge.b))


def _capacity(rate: int | None, item: str, ledger: Ledger) -> Record:
    if rate is None:
        return {}
    if rate < MIN_RATE:
        ledger.dropped(f"{rate} bit/s is less than {format_rate(MIN_RATE)}: the link has no capacity", item)
        return {}
    if rate > MAX_RATE:
        ledger.repaired(
            f"{format_rate(rate)} is more than can be emulated: {format_rate(MAX_RATE)} is taken", item
        )
    return {"capacity": format_rate(min(rate, MAX_RATE))}


def _length(edge: Edge, a: Node, b: Node, item: str, ledger: Ledger) -> Record:
    """Delay, length and jitter, without those that light could not keep: then the great circle says."""
    straight = great_circle(a.at, b.at) if a.at and b.at else 0.0
    record = _delay(edge, light(straight), item, ledger)
    km = None if edge.km is None else round(edge.km, 6)
    if km is not None and km < straight:
        ledger.dropped(f"{km:g} km of route is less than the {straight:.0f} km as the crow flies", item)
    elif km is not None:
        record["km"] = km
    measured = _one_way(edge) if {"owd", "rtt"} & set(record) else 0
    least = measured or light(record.get("km", straight))
    return record | _jitter(edge.jitter or 0, min(least, MAX_JITTER), item, ledger)


def _one_way(edge: Edge) -> int:
    """Ns, the mean of both ways."""
    owd = edge.owd or 0
    return owd if edge.back is None else (owd + edge.back) // 2


def _delay(edge: Edge, floor: int, item: str, ledger: Ledger) -> Record:
    """floor: ns that light takes one way."""
    if edge.owd is None:
        return {}
    key, value = ("owd", edge.owd) if edge.back is None else ("rtt", edge.owd + edge.back)
    if _one_way(edge) < floor:
        why = f"`{key}` {format_delay(value)} is less than light in fibre takes: derived from the places of its ends"
        ledger.dropped(why, item)
        return {}
    if value > MAX_DELAY:
        why = f"`{key}` {format_delay(value)} is more than a document holds: {format_delay(MAX_DELAY)}"
        ledger.repaired(why, item)
    return {key: format_delay(min(value, MAX_DELAY))}


def _jitter(jitter: int, most: int, item: str, ledger: Ledger) -> Record:
    """most: ns; a packet cannot arrive before it is sent, and netem ends at MAX_JITTER."""
    if jitter > most:
        why = f"a jitter of {format_delay(jitter)} is larger than the delay, or than is emulated"
        ledger.dropped(why, item)
        return {}
    return {"jitter": format_delay(jitter)} if jitter else {}


def _loss(edge: Edge) -> Record:
    return {"loss": format_percent(edge.loss)} if edge.loss else {}


def _source(edge: Edge, record: Record) -> str | dict[str, str]:
    """The file for all, but for what the user assumes."""
    if not edge.assumed:
        return "file"
    facts = {"capacity": "file"} if "capacity" in record else {}
    return {**facts, "length" if "km" in record else "delay": "assumed"}
