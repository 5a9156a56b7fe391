"""Why a node is where it is: what was noted of it, what its BMC and its switches say now, and what that means."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from microdc.deploy import kinds, operate
from microdc.deploy.explaining import consoles
from microdc.deploy.explaining.explain import explain as conclude
from microdc.deploy.explaining.model import Clocks, Explanation
from microdc.deploy.explaining.surroundings import declared, station_skew
from microdc.deploy.explaining.timeline import MOST
from microdc.deploy.gathering import Gathered, gather
from microdc.deploy.operate import Deployment
from microdc.deploy.records import evidence_of
from microdc.errors import MicrodcError
from microdc.events import Step
from microdc.store.nodes import SeenRow
from microdc.testbed.servers import servers

_LOOKED_AT = 5000
"""Lines of a site's evidence, the newest: some ten moves."""


@dataclass(frozen=True, slots=True)
class Explained:
    """remarks: who of those that were asked did not answer."""

    explanation: Explanation
    remarks: tuple[str, ...] = ()


def explain(
    deployment: Deployment, name: str, *, ask: bool = True, console: str = "", most: int = MOST
) -> Generator[Step, None, Explained]:
    """Why a node is where it is. ask: its site, its BMC and its switches are asked first; else what the store has is all. console: what came out
    of its serial port, as some log has it.

    Raises InputError for a name that is no node's. Who does not answer is a remark.
    """
    one = deployment.one(name)
    record = deployment.records([name])[name]
    remarks = [note] if ask and (note := _collect(deployment, record.site)) else []
    rows = deployment.book.store.nodes.seen(deployment.book.testbed, site=record.site, limit=_LOOKED_AT)
    evidence = [evidence_of(row) for row in rows]
    server = next(server for server in servers(deployment.testbed) if server.name == name)
    facts = declared(deployment.testbed, server, one.spec)
    facts = replace(facts, clocks=Clocks(station=_skew(rows, record.began)))
    found = Gathered(facts)
    if ask:
        heard = {seen.mac for seen in evidence if seen.source == "dhcp" and seen.mac}
        stations = {
            str(seen.data["mac"]) for seen in evidence if seen.kind == kinds.APPLIED and "mac" in seen.data
        }
        since = record.began
        found = yield from gather(deployment.testbed, name, facts, heard, since, stations=stations)
    now = datetime.now(UTC)
    every = [*evidence, *found.evidence, *consoles.evidence_of(console, name, now)]
    told = conclude(record, every, found.facts, now, most=most)
    return Explained(told, (*remarks, *found.remarks))


def _collect(deployment: Deployment, site: str) -> str:
    """Takes in what the site noted; why it could not be asked, "" where it was."""
    deploy = deployment.testbed.sites[site].deploy
    if deploy is None or deploy.ironic is not None:
        return ""
    try:
        operate.collect(deployment, site)
    except MicrodcError as error:
        return f"the boot services of {site} were not asked: {error.what}"
    return ""


def _skew(rows: list[SeenRow], began: datetime | None) -> timedelta:
    """By what was taken in since the last attempt began, or else by all: a clock may have been set meanwhile."""
    numbered = [row for row in rows if row.number and row.taken is not None]
    lately = [row for row in numbered if began is not None and row.taken is not None and row.taken >= began]
    return station_skew((row.at, row.taken) for row in lately or numbered if row.taken is not None)
