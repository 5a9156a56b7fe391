"""Measuring between the sites: from the host of each site that is there for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from microdc.errors import InputError, UnreachableError
from microdc.events import Step
from microdc.host.address import address_of
from microdc.host.model import Host
from microdc.host.operate import connect
from microdc.impairment import Impairment
from microdc.measure.model import Failure, PairResult
from microdc.measure.operate import MeasureOptions, PairRequest, measure_pairs
from microdc.testbed.model import Site, Testbed


@dataclass(frozen=True, slots=True)
class AskedPair:
    """Two sites and what holds between them, a to b and b to a.

    underlay: where what both directions have of themselves was measured and is taken off, its round trip's jitter in ns.
    """

    a: str
    b: str
    asked: tuple[Impairment, Impairment]
    underlay: int | None = None


def measure_between(
    testbed: Testbed, pairs: Sequence[AskedPair], options: MeasureOptions
) -> Iterator[Step | PairResult]:
    """Measures and judges pairs of sites: steps, then a result for each.

    A probe that cannot be reached is a failure of its pairs and hides no other. Raises InputError where a site names none.
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
                requests.append(PairRequest(pair.a, pair.b, a, failure, *ips, *pair.asked, pair.underlay))
        yield from measure_pairs(requests, options)


def _probe(site: Site, opened: ExitStack) -> Host | Failure:
    assert site.probe_reach is not None  # check_probe saw to it
    try:
        return opened.enter_context(connect(address_of(site.probe_reach)))
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
