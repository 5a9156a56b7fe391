"""When two leases are in each other's way. Pure: who asks has read the rows and the clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from microdc.errors import InputError, RefusedError
from microdc.store.model import Lease

_RESOURCE = re.compile(r"wan|site:([\w.-]+)|rack:([\w.-]+)/([\w.-]+)")
FORMS = "wan, site:NAME or rack:SITE/RACK"


def check_resource(resource: str) -> None:
    """Raises InputError for what cannot be leased."""
    if not _RESOURCE.fullmatch(resource):
        raise InputError(f"{resource!r} cannot be leased", hint=f"write {FORMS}")


def overlap(a: str, b: str) -> bool:
    """Whether two resources share something: they are the same, or one is a site and the other a rack of it."""
    return a == b or _holds(a, b) or _holds(b, a)


def _holds(site: str, rack: str) -> bool:
    kind, _, name = site.partition(":")
    return kind == "site" and rack.startswith(f"rack:{name}/")


def in_the_way(
    leases: Iterable[Lease], resources: Sequence[str], holder: str, begins: datetime, ends: datetime
) -> list[Lease]:
    """The leases of others that share a resource and some time from `begins` to just before `ends`, first ones first."""
    found = [
        lease
        for lease in leases
        if lease.holder != holder
        and lease.open
        and lease.begins < ends
        and begins < lease.ends
        and any(overlap(lease.resource, resource) for resource in resources)
    ]
    return sorted(found, key=lambda lease: (lease.begins, lease.id))


def refusal(leases: Sequence[Lease], command: str) -> RefusedError:
    """The error that names who holds what, why and until when. command: the words before the hint's `--force`."""
    return RefusedError(
        "; ".join(map(describe, leases)),
        where=leases[0].testbed,
        hint=f"wait, ask {_names(leases)}, or take it over: {command} --force --reason '...'",
    )


def describe(lease: Lease) -> str:
    """Such as: wan is held by alice until 14:05 UTC (long run)."""
    until = f"{lease.ends:%Y-%m-%d %H:%M} UTC"
    why = f" ({lease.reason})" if lease.reason else ""
    if lease.kind == "maintenance":
        return f"{lease.resource} is under maintenance by {lease.holder} from {lease.begins:%Y-%m-%d %H:%M} until {until}{why}"
    held = "is held by" if lease.state == "held" else f"is {lease.begins:%Y-%m-%d %H:%M} on promised to"
    return f"{lease.resource} {held} {lease.holder} until {until}{why}"


def _names(leases: Iterable[Lease]) -> str:
    return ", ".join(sorted({lease.holder for lease in leases}))
