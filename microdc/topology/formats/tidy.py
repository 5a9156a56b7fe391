"""A file's graph as a topology document that holds together, and a summary of all that is not as in the file."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from microdc.documents.topology import TopologyDocument
from microdc.errors import InputError
from microdc.topology import labels
from microdc.topology.formats.bypass import bypass
from microdc.topology.formats.drawn import draw_links, draw_pops
from microdc.topology.formats.links import join_ways, lacking, merge, sound
from microdc.topology.formats.model import Edge, Found, Ledger, Node, Remark, Span
from microdc.topology.formats.places import check_places
from microdc.topology.formats.summary import Summary, components_of, grouped
from microdc.units import format_delay

FORMATS = {"graphml": "GraphML", "gml": "GML", "sndlib": "SNDlib", "enoslib": "EnOS"}


@dataclass(frozen=True, slots=True)
class Options:
    """What a user decides. route_factor: None for the default of documents.

    For links of PoPs without a place that state no length: missing_km or missing_delay (ns one way) is assumed; bypass takes such PoPs
    out and links their neighbours; without any the links are dropped. external: nodes of others; None drops those without a place.
    """

    name: str
    route_factor: float | None = None
    missing_km: float | None = None
    missing_delay: int | None = None
    bypass: bool = False
    external: Literal["keep", "drop"] | None = None


def tidy(found: Found, options: Options) -> tuple[dict[str, Any], Summary]:
    """The document's keys and values. Raises InputError where no link is left, with what to add to the command."""
    ledger = Ledger(list(found.remarks))
    nodes = {node.id: node for node in check_places(_once(found.nodes, ledger), ledger)}
    kept = {name for name, node in nodes.items() if not _is_outside(node, options, ledger)}
    edges = join_ways(sound(found.edges, nodes, kept, ledger), ledger)
    bypassed: set[str] = set()
    if options.bypass:
        edges, bypassed = bypass(edges, nodes, ledger)
    edges = merge(_lengths(edges, nodes, options, ledger), ledger)
    if not edges:
        raise _nothing_left(found, ledger)
    joined = {end for edge in edges for end in (edge.a, edge.b)}
    _tell_lonely([nodes[name] for name in nodes if name in kept - bypassed - joined], ledger)
    pops = [node for name, node in nodes.items() if name in joined]
    assumption = _assumption(options) if any(edge.assumed for edge in edges) else ""
    data = {
        **_head(found, options, assumption),
        "pops": draw_pops(pops),
        "links": draw_links(pops, edges, ledger),
    }
    called = {node.id: node.label for node in nodes.values()}
    remarks = grouped(_still_true(ledger.remarks, edges), called)
    unlimited = sum(1 for link in data["links"] if "capacity" not in link)
    return data, Summary(
        options.name, str(found.file), found.form, len(found.nodes), len(found.edges), len(pops), len(edges), unlimited,
        components_of(edges), remarks,
    )  # fmt: skip


def _still_true(remarks: Iterable[Remark], edges: Iterable[Edge]) -> list[Remark]:
    """Without notes on links that were not kept."""
    lines = {edge.line for edge in edges}
    return [
        remark
        for remark in remarks
        if remark.act != "noted" or not isinstance(remark.item, Span) or remark.item.line in lines
    ]


def _once(nodes: Iterable[Node], ledger: Ledger) -> list[Node]:
    seen: dict[str, Node] = {}
    for node in nodes:
        if node.id in seen:
            ledger.dropped(f"a node of this id is there already: {node.id}", node)
        else:
            seen[node.id] = node
    return list(seen.values())


def _is_outside(node: Node, options: Options, ledger: Ledger) -> bool:
    if not node.external or options.external == "keep" or (options.external is None and node.at is not None):
        return False
    lacking_too = "" if options.external else " and has no place: --external keep keeps it"
    ledger.dropped(f"it is external{lacking_too}", node)
    return True


def _lengths(
    edges: Sequence[Edge], nodes: Mapping[str, Node], options: Options, ledger: Ledger
) -> list[Edge]:
    """The edges of which a length or a delay is known, derivable, or assumed by the user."""
    found = []
    for edge in edges:
        if not lacking(edge, nodes):
            found.append(edge)
        elif assumption := _assumption(options):
            found.append(replace(edge, km=options.missing_km, owd=options.missing_delay, assumed=True))
            ledger.repaired(f"an end has no place, and nothing states its length: {assumption}", edge.span)
        else:
            better = "--missing-km" if options.bypass else "--missing-km, --missing-delay or --bypass"
            why = f"an end has no place, and nothing states its length: {better} would keep it"
            ledger.dropped(why, edge.span)
    return found


def _assumption(options: Options) -> str:
    """What the user assumes of links without a length, in words; "" for nothing."""
    if options.missing_km is not None:
        return f"{options.missing_km:g} km assumed (--missing-km)"
    if options.missing_delay is not None:
        return f"{format_delay(options.missing_delay)} one way assumed (--missing-delay)"
    return ""


def _tell_lonely(nodes: Iterable[Node], ledger: Ledger) -> None:
    for node in nodes:
        bare = "" if node.at else "it has no place, and "
        ledger.dropped(f"{bare}no link {'' if node.at else 'with a length or delay '}reaches it", node)


def _nothing_left(found: Found, ledger: Ledger) -> InputError:
    """What to do about a file of which no link can be kept."""
    if not found.edges:
        return InputError("has no links", where=str(found.file), hint="a topology is links between PoPs")
    reasons = Counter(remark.why for remark in ledger.remarks if remark.act == "dropped")
    why = "; ".join(f"{count} times: {why}" for why, count in reasons.most_common(3))
    what = f"none of its {len(found.edges)} links can be kept: {why}"
    if not any("nothing states its length" in reason for reason in reasons):
        return InputError(what, where=str(found.file))
    file = "-" if found.file.name == "<stdin>" else shlex.quote(str(found.file))
    command = f"microdc topology import {file} --missing-km 100"
    hint = f"to assume a length for links that have none, such as 100 km: {command}"
    return InputError(what, where=str(found.file), hint=hint)


def _head(found: Found, options: Options, assumption: str) -> dict[str, Any]:
    """All but PoPs and links."""
    file = labels.words(found.file.name.encode("utf-8", "replace").decode())
    title = labels.words(found.title) or options.name
    facts = labels.words(", ".join(found.facts))
    origin = f"{FORMATS[found.form]} file {file}" + (f": {facts}" if facts else "")
    head: dict[str, Any] = {
        "topology": options.name,
        "description": f"{title}, imported from {file}",
        "source": f"Imported from the {origin}. What was changed on the way is in the summary of the import.",
    }
    factor, said = options.route_factor, "given when it was imported (--route-factor)"
    if factor is None:
        factor = TopologyDocument.model_fields["route_factor"].default
        said = "assumed: the default of topologies"
    head |= {"route_factor": factor, "route_factor_source": "factor"}
    head["sources"] = {"file": origin, "factor": said, **({"assumed": assumption} if assumption else {})}
    return head
