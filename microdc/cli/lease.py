"""`microdc lease`: a resource of the testbed for oneself, for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from microdc.cli import complete, context, history, render
from microdc.cli.actor import actor
from microdc.cli.parameters import DURATION, owner_option
from microdc.cli.render import Styled, Table
from microdc.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from microdc.store.model import Lease
    from microdc.testbed.model import Testbed

_STYLES = {"held": "bold green", "planned": "cyan", "expired": "dim", "released": "dim", "forced": "yellow"}
_PAST = timedelta(days=1)


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    source = complete.completer(lambda ctx: ["wan", *(f"site:{name}" for name in complete.site_names(ctx))])
    return source(ctx, param, incomplete)


_token_option = click.option("--token", default="", help="Only the very lease that `take` gave this token.")
_reason_option = click.option("--reason", default="", help="Kept with it; others read it.")


@click.group()
def lease() -> None:
    """Keep a resource to oneself for a while; it ends by itself.

    A resource is wan, site:NAME or rack:SITE/RACK; a site covers its racks. Commands that change one refuse (exit code
    4) while somebody else has it. Leases are kept in the store: all who share it see them.
    """


@lease.command(
    epilog="""\b
Examples:
  microdc lease take wan --for 1h --reason "a long measurement"
  microdc lease take site:paris --maintenance --from 2026-11-26T22:00 --for 2h --reason "new PSU"
  microdc lease take wan --for 1h --force --reason "bob is on holiday"
"""
)
@click.argument("resources", nargs=-1, required=True, shell_complete=_complete)
@click.option("--for", "seconds", type=DURATION, required=True, help="For how long, such as 1h.")
@click.option(
    "--from", "begins", type=history.Time(ahead=True), help="Not now but then: 2026-11-26T22:00, or 2h."
)
@click.option("--maintenance", is_flag=True, help="Something is being done to it, and nobody else should.")
@click.option("--force", is_flag=True, help="End the leases of others that are in the way. Needs --reason.")
@_reason_option
@owner_option
def take(
    *,
    resources: tuple[str, ...],
    seconds: float,
    begins: datetime | None,
    maintenance: bool,
    force: bool,
    reason: str,
    owner: str,
) -> None:
    """Take resources, all or none; what the owner has already is prolonged."""
    name = _checked(resources)
    with history.opened() as store:
        taken = store.leases.take(
            actor(owner),
            name,
            resources,
            seconds,
            reason=reason,
            kind="maintenance" if maintenance else "lease",
            begins=begins,
            force=force,
        )
    _emit(taken, tokens=True)


@lease.command(
    "list",
    epilog="""\b
Examples:
  microdc lease list
  microdc lease list --past -o json
""",
)
@click.option("--past", is_flag=True, help="Also those that were over within a day.")
@history.testbed_options
def list_(*, past: bool, testbed: str | None, everywhere: bool) -> None:
    """List who has what, why and until when."""
    chosen = history.chosen_testbed(testbed, everywhere=everywhere)
    with history.opened() as store:
        found = store.leases.list(chosen, past=_PAST if past else timedelta(0))
    _emit(found, testbeds=everywhere)


@lease.command(
    epilog="""\b
Examples:
  microdc lease renew wan --for 1h
  microdc lease renew --for 30m      all that the owner has
"""
)
@click.argument("resources", nargs=-1, shell_complete=_complete)
@click.option("--for", "seconds", type=DURATION, required=True, help="For so long from now, at least.")
@_token_option
@owner_option
def renew(*, resources: tuple[str, ...], seconds: float, token: str, owner: str) -> None:
    """Prolong leases that the owner has; exit code 4 where one is lost."""
    name = _checked(resources)
    with history.opened() as store:
        renewed = store.leases.renew(actor(owner), name, resources, seconds, token=token)
    _emit(renewed, tokens=True)


@lease.command(
    epilog="""\b
Examples:
  microdc lease release wan
  microdc lease release              all that the owner has
  microdc lease release wan --force --reason "bob's job died"
"""
)
@click.argument("resources", nargs=-1, shell_complete=_complete)
@click.option("--force", is_flag=True, help="Also somebody else's. Needs --reason.")
@_reason_option
@_token_option
@owner_option
def release(*, resources: tuple[str, ...], force: bool, reason: str, token: str, owner: str) -> None:
    """Give leases back before their end. Nothing to give back is no error."""
    name = _checked(resources)
    with history.opened() as store:
        released = store.leases.release(
            actor(owner), name, resources, token=token, reason=reason, force=force
        )
    _emit(released)


def _checked(resources: Sequence[str]) -> str:
    """The testbed's name. Raises InputError with the nearest name for a resource that it does not have."""
    from microdc.store.overlaps import check_resource
    from microdc.testbed.load import load

    testbed = load(context.settings().inventory_dir())
    for resource in resources:
        check_resource(resource)
        _check_name(testbed, resource)
    return testbed.name


def _check_name(testbed: Testbed, resource: str) -> None:
    from microdc.documents.check import nearest

    kind, _, name = resource.partition(":")
    sites = {
        "rack": [f"{s.name}/{r}" for s in testbed.sites.values() for r in s.racks],
        "site": [*testbed.sites],
    }
    if kind in sites and name not in sites[kind]:
        hint = nearest(name, sites[kind])
        raise InputError(f"there is no {kind} {name!r}", where=testbed.name, hint=hint)


def _emit(leases: Sequence[Lease], *, tokens: bool = False, testbeds: bool = False) -> None:
    render.emit(
        "LeaseList", [_data(x, token=tokens) for x in leases], lambda: _table(leases, testbeds=testbeds)
    )


def _data(lease: Lease, *, token: bool) -> dict[str, Any]:
    return {
        "id": lease.id,
        "testbed": lease.testbed,
        "resource": lease.resource,
        "holder": lease.holder,
        "kind": lease.kind,
        "state": lease.state,
        "reason": lease.reason,
        "begins": history.iso(lease.begins),
        "ends": history.iso(lease.ends),
        "taken": history.iso(lease.taken),
        "ended_by": lease.ended_by or None,
        **({"token": lease.token} if token else {}),
    }


def _table(leases: Sequence[Lease], *, testbeds: bool) -> Table | str:
    if not leases:
        return "Nobody has taken anything."
    rows = [
        (
            *((lease.testbed,) if testbeds else ()),
            lease.resource,
            lease.holder,
            lease.kind,
            Styled(_state(lease), _STYLES[lease.state]),
            history.clock(lease.begins),
            history.clock(lease.ends),
            lease.reason or None,
        )
        for lease in leases
    ]
    columns = ("resource", "holder", "kind", "state", "from", "until", "reason")
    return Table((*(("testbed",) if testbeds else ()), *columns), rows)


def _state(lease: Lease) -> str:
    return f"ended by {lease.ended_by}" if lease.state == "forced" else lease.state
