"""A checked topology document, and those that it includes, to a Topology. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from microdc.documents.check import nearest
from microdc.documents.model import DocumentError, Problem, Where
from microdc.documents.reader import Document
from microdc.documents.topology import LinkRecord, PopRecord, TopologyDocument
from microdc.topology.geo import great_circle, light
from microdc.topology.model import Link, Pop, Topology
from microdc.units import Delay, Percent, format_delay


def build(document: Document, record: TopologyDocument, included: Mapping[str, Topology]) -> Topology:
    """The topology of a document. included: those that it names, by name.

    Raises DocumentError with everything that does not fit together.
    """
    builder = _Builder(document, record, included)
    problems = sorted({*builder.problems()})
    if problems:
        raise DocumentError(problems)
    return builder.topology()


@dataclass(slots=True)
class _Builder:
    document: Document
    record: TopologyDocument
    included: Mapping[str, Topology]

    def full(self, pop: str) -> str:
        return pop if "/" in pop else f"{self.record.topology}/{pop}"

    def topology(self) -> Topology:
        pops = {name: pop for other in self.included.values() for name, pop in other.pops.items()}
        links = {name: link for other in self.included.values() for name, link in other.links.items()}
        for name, record in self.record.pops.items():
            pops[self.full(name)] = self._pop(name, record)
        for index, drawn in enumerate(self.record.links):
            link = self._link(index, drawn, pops)
            links[link.name] = link
        includes = {name: None for top, other in self.included.items() for name in (top, *other.includes)}
        top = self.record
        return Topology(
            top.topology, top.description, top.source, pops, links, self.document.where(), tuple(includes)
        )

    def _pop(self, name: str, record: PopRecord) -> Pop:
        return Pop(
            self.full(name),
            record.title or name,
            self.document.where("pops", name),
            record.at,
            record.network or "",
            record.role or "",
            self.record.sources.get(record.source or "", ""),
        )

    def _link(self, index: int, record: LinkRecord, pops: Mapping[str, Pop]) -> Link:
        a, b = (pops[self.full(end)] for end in record.between)
        straight = great_circle(a.at, b.at) if a.at and b.at else None
        factor = record.route_factor or self.record.route_factor
        if record.medium == "radio" and record.route_factor is None:
            factor = 1.0  # nothing bends a beam
        km = record.km if record.km is not None else None if straight is None else straight * factor
        return Link(
            self._name(record),
            a.name,
            b.name,
            self.document.where("links", index),
            record.network or "",
            record.capacity,
            _measured(record),
            None if km is None or record.profile else light(km, record.medium),
            straight,
            km,
            record.km is not None,
            None if record.km is not None or straight is None else factor,
            record.jitter or Delay(0),
            record.loss or Percent(0.0),
            record.medium,
            record.profile or "",
            self._sources(record),
        )

    def _name(self, record: LinkRecord) -> str:
        return f"{self.record.topology}/{record.name or ':'.join(record.between)}"

    def _sources(self, record: LinkRecord) -> dict[str, str]:
        known = self.record.sources
        if isinstance(record.source, str):
            found = dict.fromkeys(("delay", "length", "capacity", "jitter", "loss"), known[record.source])
        else:
            found = {fact: known[key] for fact, key in (record.source or {}).items()}
        if record.route_factor is None and self.record.route_factor_source:
            found["route_factor"] = known[self.record.route_factor_source]
        elif record.route_factor is not None and "length" in found:
            found["route_factor"] = found["length"]
        return found

    # -- what is wrong

    def problems(self) -> Iterator[Problem]:
        yield from self._unknown_sources()
        known = {self.full(name) for name in self.record.pops}
        known |= {name for other in self.included.values() for name in other.pops}
        joined: set[str] = set()
        places = {name: pop.at for other in self.included.values() for name, pop in other.pops.items()}
        places |= {self.full(name): record.at for name, record in self.record.pops.items()}
        for index, record in enumerate(self.record.links):
            ends = [self.full(end) for end in record.between]
            joined.update(ends)
            wrong = list(self._ends(index, record, known))
            yield from wrong or self._length(index, record, places[ends[0]], places[ends[1]])
        yield from self._doubles()
        for name in self.record.pops:
            if self.full(name) not in joined:
                what = f"no link reaches {name}"
                yield Problem(self._where("pops", name), what, "add a link to it, or leave it out")
        if not known:
            yield Problem(self.document.where(), "has no PoP", "write `pops` and `links`, or `include`")

    def _where(self, *path: str | int) -> Where:
        return self.document.where(*path)

    def _unknown_sources(self) -> Iterator[Problem]:
        named: list[tuple[tuple[str | int, ...], str | None]] = [
            (("route_factor_source",), self.record.route_factor_source)
        ]
        named += [(("pops", name, "source"), record.source) for name, record in self.record.pops.items()]
        for index, record in enumerate(self.record.links):
            keys = record.source.values() if isinstance(record.source, dict) else [record.source]
            named += [(("links", index, "source"), key) for key in keys]
        for path, key in named:
            if key is not None and key not in self.record.sources:
                hint = nearest(key, self.record.sources) or "add it to `sources`"
                yield Problem(self._where(*path), f"unknown source {key!r}", hint)

    def _ends(self, index: int, record: LinkRecord, known: set[str]) -> Iterator[Problem]:
        own = [name.removeprefix(f"{self.record.topology}/") for name in known]
        for end in record.between:
            if self.full(end) not in known:
                hint = nearest(end, own) or "add it to `pops`"
                yield Problem(self._where("links", index, "between"), f"unknown PoP {end!r}", hint)
        if self.full(record.between[0]) == self.full(record.between[1]):
            what = f"the link joins {record.between[0]} with itself"
            yield Problem(self._where("links", index, "between"), what, "name two different PoPs")

    def _length(
        self, index: int, record: LinkRecord, a: tuple[float, float] | None, b: tuple[float, float] | None
    ) -> Iterator[Problem]:
        """A delay or a length has to be there, and neither can be less than physics has it."""
        measured, ends = _measured(record), " - ".join(record.between)
        straight = great_circle(a, b) if a and b else 0.0
        if record.jitter and record.jitter > (measured or light(record.km or straight, record.medium)):
            what = f"{ends} has a jitter larger than its delay"
            hint = "a packet cannot arrive before it is sent: jitter is a standard deviation around the delay"
            yield Problem(self._where("links", index, "jitter"), what, hint)
        if a is None or b is None:
            if measured is None and record.km is None and record.profile is None:
                lacking = record.between[0 if a is None else 1]
                what = f"{ends} has no delay, and {lacking} no place from which to derive it"
                yield Problem(
                    self._where("links", index), what, "give the link `rtt`, `owd` or `km`, or the PoP `at`"
                )
            return
        if record.km is not None and record.km < straight:
            what = f"{ends} is {record.km:g} km long, and {straight:.1f} km as the crow flies"
            yield Problem(
                self._where("links", index, "km"), what, "a route is never shorter: see `at` of both"
            )
        floor = light(straight, record.medium)
        if measured is not None and measured < floor:
            light_in = "light in fibre" if record.medium == "fibre" else "light"
            what = (
                f"{ends} has {format_delay(measured)} one way ({format_delay(Delay(2 * measured))} there and back), and "
                f"{light_in} takes {floor / 1e6:.3f}ms ({2 * floor / 1e6:.3f}ms) for the {straight:.0f} km"
            )
            key = "rtt" if record.rtt is not None else "owd"
            yield Problem(
                self._where("links", index, key), what, f"write at least {_up(2 * floor)} of rtt, or see `at`"
            )

    def _doubles(self) -> Iterator[Problem]:
        names = Counter(self._name(record) for record in self.record.links)
        ends = Counter(frozenset(map(self.full, r.between)) for r in self.record.links if r.name is None)
        for index, record in enumerate(self.record.links):
            if record.name is not None and names[self._name(record)] > 1:
                what = f"two links are called {record.name!r}"
                yield Problem(self._where("links", index, "name"), what, "a name means one link")
            elif record.name is None and ends[frozenset(map(self.full, record.between))] > 1:
                what = f"{' - '.join(record.between)} is linked twice"
                yield Problem(self._where("links", index), what, "give parallel links a `name` each")


def _measured(record: LinkRecord) -> Delay | None:
    return Delay(record.rtt // 2) if record.rtt is not None else record.owd


def _up(ns: int) -> str:
    """Milliseconds, rounded up to the next hundredth."""
    return f"{-(-ns // 10_000) / 100:g}ms"
