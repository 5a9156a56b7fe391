"""Looking for BMCs at the declared addresses: so many at once, so many a second, each told as it is found."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from microdc.events import Step
from microdc.survey.probes import Sighting, probe
from microdc.survey.ranges import Candidate

AT_ONCE = 64
PER_SECOND = 100.0
"""New addresses a second: a scan must not look like an attack, nor fill the table of neighbours of a small switch."""
TIMEOUT = 3.0


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found. silent: declared BMCs that did not answer. looked: addresses in all."""

    found: tuple[Sighting, ...]
    silent: tuple[Candidate, ...]
    looked: int

    @property
    def strangers(self) -> tuple[Sighting, ...]:
        """BMCs that no server is declared to have."""
        return tuple(one for one in self.found if not one.candidate.server)


def discover(
    candidates: Sequence[Candidate], *, timeout: float = TIMEOUT, per_second: float = PER_SECOND
) -> Generator[Step, None, Discovery]:
    """Looks at every candidate. Raises UnreachableError where a namespace cannot be entered."""
    what = "Looking for BMCs"
    yield Step(what, "started", done=0, total=len(candidates), unit="addresses")
    found: list[Sighting] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            looks = yield from _send(pool, candidates, timeout, per_second)
            for done, look in enumerate(as_completed(looks), start=1):
                sighting = look.result()
                if sighting is not None:
                    found.append(sighting)
                told = _told(sighting) if sighting else ""
                yield Step(what, "progress", told, done=done, total=len(candidates), unit="addresses")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    yield Step(what, "done", f"{len(found)} found", done=len(candidates), total=len(candidates))
    there = {one.candidate.server for one in found if one.candidate.server}
    silent = tuple(one for one in candidates if one.server and one.server not in there)
    ordered = sorted(found, key=lambda one: (one.candidate.address.version, int(one.candidate.address)))
    return Discovery(tuple(ordered), silent, len(candidates))


def _send(
    pool: ThreadPoolExecutor, candidates: Sequence[Candidate], timeout: float, per_second: float
) -> Generator[Step, None, list[Future[Sighting | None]]]:
    """Hands the candidates to the pool, not faster than `per_second`."""
    looks = []
    began = time.monotonic()
    for number, candidate in enumerate(candidates):
        ahead = number / per_second - (time.monotonic() - began)
        if ahead > 0:
            time.sleep(ahead)
        looks.append(pool.submit(probe, candidate, timeout))
        if number % 50 == 49:
            yield Step("Looking for BMCs", "progress", f"{number + 1} asked")
    return looks


def _told(sighting: Sighting) -> str:
    kinds = " and ".join(
        word for word, url in (("Redfish", sighting.redfish), ("IPMI", sighting.ipmi)) if url
    )
    return f"{sighting.candidate.address}: {kinds}"
