"""Is the WAN what was asked? End to end, between the sites' probes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from microdc.wan.model import Direction
from microdc.wan.operate import Wan


@dataclass(frozen=True, slots=True)
class AskedPair:
    """Two sites and what holds between them, a to b and b to a."""

    a: str
    b: str
    asked: tuple[Impairment, Impairment]


def asked_pairs(wan: Wan, only: Sequence[tuple[str, str]] = ()) -> list[AskedPair]:
    """The pairs on which something is laid, or just those named. A direction of which nothing is asked is clean."""
    in_force = wan.in_force
    found = []
    for a, b in only or list(combinations(wan.testbed.sites, 2)):
        both = [in_force.get(d) for d in (Direction(a, b), Direction(b, a))]
        if only or any(both):
            there, back = (known[1].impairment if known else CLEAN for known in both)
            found.append(AskedPair(a, b, (there, back)))
    return found


def verify(wan: Wan, pairs: Sequence[AskedPair], options: MeasureOptions) -> Iterator[Step | PairResult]:
    """Measures and judges pairs: steps, then a result for each.

    A probe that cannot be reached is a failure of its pairs and hides no other; so is an overlay that came or ended while
    its pair was measured. Raises InputError where a site names no probe.
    """
    testbed = wan.testbed
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
        for item in measure_pairs(requests, options):
            yield _if_still_asked(wan, pairs, item) if isinstance(item, PairResult) else item


def _if_still_asked(wan: Wan, pairs: Sequence[AskedPair], result: PairResult) -> PairResult:
    """The result, unless what it was judged by no longer holds."""
    wan.read()
    names = result.a, result.b
    if asked_pairs(wan, [names])[0] in pairs:
        return result
    failure = Failure(
        "what is laid on this pair changed while it was measured",
        hint="an overlay came or ended; microdc wan show tells what holds now",
    )
    return PairResult(*names, None, (), failure)


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
