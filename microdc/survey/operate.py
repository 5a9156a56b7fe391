"""Asking servers what they are, and holding it against the inventory: what everybody outside this room calls."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from microdc.bmc import fleet
from microdc.bmc.model import Hardware, Limits, Target
from microdc.bmc.opening import open_bmc
from microdc.bmc.targets import path_of, spare_outlets, target_of
from microdc.bmc.visiting import LONGEST
from microdc.documents.storing import store
from microdc.errors import MicrodcError
from microdc.events import Step
from microdc.survey.adopt import Adoption, adopt
from microdc.survey.hardware import compare, compare_all
from microdc.survey.model import SEVERITIES, Difference
from microdc.testbed.model import Server, Testbed


@dataclass(frozen=True, slots=True)
class Collected:
    """What a server told of itself, or why it did not. driver: by which; notes: what every report repeats."""

    server: Server
    hardware: Hardware | None = None
    error: MicrodcError | None = None
    driver: str = ""
    notes: tuple[str, ...] = ()


def collect(
    testbed: Testbed,
    servers: Sequence[Server],
    limits: Limits | None = None,
    *,
    timeout: float | None = None,
) -> Generator[Step, None, tuple[Collected, ...]]:
    """Asks the servers all at once for their hardware; in the order in which they were given. A server that fails is a result like others.

    timeout: seconds after which a server is given up; None as long as it may take.
    """
    what = "Asking BMCs"
    yield Step(what, "started", done=0, total=len(servers), unit="servers")
    by_name = {server.name: server for server in servers}
    targets, failed = _targets(testbed, servers)
    found = {one.server.name: one for one in failed}
    for outcome in fleet.each(
        targets, partial(_hardware, testbed, by_name, limits), deadline=timeout or LONGEST
    ):
        name = outcome.target.name
        found[name] = Collected(by_name[name], outcome.value, outcome.error, outcome.driver, outcome.notes)
        told = f"{name}: {outcome.error.what}" if outcome.error else name
        yield Step(what, "progress", told, done=len(found), total=len(servers), unit="servers")
    silent = sum(one.error is not None for one in found.values())
    told = f"{silent} did not tell" if silent else ""
    yield Step(what, "done", told, done=len(servers), total=len(servers), unit="servers")
    return tuple(found[server.name] for server in servers)


def _targets(testbed: Testbed, servers: Sequence[Server]) -> tuple[list[Target], list[Collected]]:
    """Those whose credentials can be read; those whose cannot have that as their result."""
    targets, failed = [], []
    for server in servers:
        try:
            targets.append(target_of(testbed, server))
        except MicrodcError as error:
            failed.append(Collected(server, error=error))
    return targets, failed


def _hardware(
    testbed: Testbed, servers: Mapping[str, Server], limits: Limits | None, task: fleet.Task[object]
) -> Hardware:
    outlets, note = spare_outlets(testbed, servers[task.target.name])
    minded = (note,) if note else ()
    task.notes = minded
    with open_bmc(task.target, limits, outlets) as bmc:
        task.driver = bmc.driver
        try:
            return bmc.hardware()
        finally:
            with suppress(MicrodcError):
                task.notes = (*minded, *bmc.notes)


def differences(testbed: Testbed, collected: Sequence[Collected]) -> tuple[Difference, ...]:
    """All differences, the worst first; of servers that told nothing, nothing."""
    found = {one.server.name: one.hardware for one in collected if one.hardware}
    told = [
        difference
        for one in collected
        if one.hardware
        for difference in compare(one.server, one.hardware, _where(testbed, one.server))
    ]
    told += compare_all(found)
    return tuple(sorted(told, key=lambda one: SEVERITIES.index(one.severity)))


def _where(testbed: Testbed, server: Server) -> Callable[..., str]:
    return lambda *keys: str(testbed.where(*path_of(server), *keys))


def plan_adoption(testbed: Testbed, collected: Sequence[Collected], *, replace: bool) -> list[Adoption]:
    """What the documents become when what was found is written into them."""
    servers = {one.server.name: one.server for one in collected if one.hardware}
    found = {one.server.name: one.hardware for one in collected if one.hardware}
    return adopt(testbed, servers, found, replace=replace)


def write(adoptions: Sequence[Adoption]) -> None:
    """Writes the documents, all or none. Raises InputError, also where one was changed meanwhile."""
    store((one.file, one.before, one.after) for one in adoptions)
