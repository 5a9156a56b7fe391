"""Is the WAN what was asked? End to end, between the sites' probes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import combinations

from microdc.errors import InputError, UnreachableError
from microdc.events import Step
from microdc.host.address import parse_address
from microdc.host.model import Host
from microdc.host.operate import connect
from microdc.impairment import CLEAN, Impairment
from microdc.measure.model import Failure, PairResult
from microdc.measure.operate import MeasureOptions, PairRequest, measure_pairs
from microdc.testbed.model import Site, Testbed
from microdc.wan.model import Asked, Direction, Overlay


@dataclass(frozen=True, slots=True)
class AskedPair:
    """Two sites and what holds between them, each way. ends: seconds until the first overlay on them ends."""

    a: str
    b: str
    asked: tuple[Impairment, Impairment]
    ends: float | None


def asked_pairs(
    testbed: Testbed,
    in_force: Mapping[Direction, tuple[Overlay, Asked]],
    only: Sequence[tuple[str, str]] = (),
) -> list[AskedPair]:
    """The pairs on which something is laid, or just those named. A direction of which nothing is asked is clean."""
    names = only or list(combinations(testbed.sites, 2))
    found = []
    for a, b in names:
        both = [in_force.get(d) for d in (Direction(a, b), Direction(b, a))]
        if only or any(both):
            values = [known[1].impairment if known else CLEAN for known in both]
            ends = [known[0].seconds for known in both if known and known[0].seconds is not None]
            found.append(AskedPair(a, b, (values[0], values[1]), min(ends, default=None)))
    return found


def verify(
    testbed: Testbed, pairs: Sequence[AskedPair], options: MeasureOptions
) -> Iterator[Step | PairResult]:
    """Measures and judges pairs: steps, then a result for each.

    A probe that cannot be reached is a failure of its pairs and hides no other. Raises InputError where a site names no
    probe.
    """
    names = sorted({name for pair in pairs for name in (pair.a, pair.b)})
    for name in names:
        check_probe(testbed, testbed.sites[name])
    with ExitStack() as opened:
        probes = {name: _probe(testbed.sites[name], opened) for name in names}
        requests = []
        for pair in pairs:
            a, b = probes[pair.a], probes[pair.b]
            failure = a if isinstance(a, Failure) else b
            if isinstance(failure, Failure):
                yield PairResult(pair.a, pair.b, None, (), failure)
            elif not isinstance(a, Failure):
                ips = testbed.sites[pair.a].probe_ip, testbed.sites[pair.b].probe_ip
                requests.append(PairRequest(pair.a, pair.b, a, failure, *ips, *pair.asked))
        yield from measure_pairs(requests, options)


def _probe(site: Site, opened: ExitStack) -> Host | Failure:
    try:
        return opened.enter_context(connect(parse_address(site.probe)))
    except UnreachableError as error:
        return Failure.of(error)


def check_probe(testbed: Testbed, site: Site) -> None:
    """Raises InputError where a site does not say from where, and to which address, it is measured."""
    if not site.probe or not site.probe_ip:
        raise InputError(
            f"{site.name} has no probe",
            where=str(testbed.where("sites", site.name)),
            hint="say where measurements run and to which address: probe: ssh://root@host, probe_ip: 10.0.0.11",
        )
