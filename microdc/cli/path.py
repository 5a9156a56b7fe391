"""`microdc wan path`: hop by hop from one site to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from microdc.cli import complete, render
from microdc.cli.documents import inventory_and_library
from microdc.cli.matrix import cut_option
from microdc.cli.parameters import check_sites
from microdc.errors import InputError

if TYPE_CHECKING:
    from microdc.impairment import Impairment
    from microdc.wan.paths import Hop, Path


@click.command(
    epilog="""\b
Examples:
  microdc wan path barcelona brazil
  microdc wan path barcelona paris --cut nren-europe/paris:madrid    the way around it
"""
)
@click.argument("a", shell_complete=complete.sites)
@click.argument("b", shell_complete=complete.sites)
@cut_option
def path(*, a: str, b: str, cuts: tuple[str, ...]) -> None:
    """Show what lies between two sites as the inventory asks it, hop by hop. Nothing is contacted."""
    from microdc.wan.backbone import NoWayError
    from microdc.wan.cut import links_of
    from microdc.wan.paths import Paths

    testbed, library = inventory_and_library()
    check_sites(testbed, (a, b))
    if a == b:
        raise click.UsageError("name two different sites")
    down = links_of(testbed, library, cuts) if cuts else []
    try:
        found = Paths(testbed, library, down).between(a, b)
    except NoWayError as error:
        if not down:
            raise
        what = f"no way is left from {a} to {b} without {', '.join(down)}: {error.what}"
        hint = "such a pair loses every packet; microdc wan matrix --cut LINK tells which others do"
        raise InputError(what, hint=hint) from error
    render.emit("Path", _data(found), lambda: _page(found))


def _data(found: Path) -> dict[str, Any]:
    from microdc.topology.told import told

    return {
        "a": found.a,
        "b": found.b,
        "hops": [
            {
                "kind": hop.kind,
                "name": hop.name,
                "from": hop.near,
                "to": hop.far,
                "forth": hop.forth,
                "back": hop.back,
                "delay_is": hop.link.origin if hop.link else None,
                "which_comes_of": told(hop.link) if hop.link else None,
                "route_km": hop.link.km if hop.link else None,
            }
            for hop in found.hops
        ],
        "forth": found.forth,
        "back": found.back,
        "rtt_ns": found.forth.owd + found.back.owd,
        "remarks": list(found.remarks),
    }


def _page(found: Path) -> render.Human:
    from microdc.units import Delay, format_delay

    rows, so_far = [], 0
    for hop in found.hops:
        so_far += hop.forth.owd + hop.back.owd
        rows.append(_row(hop, Delay(so_far)))
    columns = ("from", "to", "by", "rtt", "so far", "rate", "loss", "km", "delay is")
    forth, back = found.forth, found.back
    total = f"{found.a} → {found.b}: {forth}\n{found.b} → {found.a}: {back}"
    rtt = f"{format_delay(Delay(round(forth.owd + back.owd, -4)))} there and back"
    lines = [total, rtt, *(f"Mind: {remark}." for remark in found.remarks)]
    if not rows:
        nothing = (
            f"Nothing lies between {found.a} and {found.b}: they share a PoP, and neither has an access line."
        )
        return [nothing, "\n".join(lines)]
    return [render.Table(columns, rows), "\n".join(lines)]


def _row(hop: Hop, so_far: int) -> tuple[render.Cell, ...]:
    from microdc.units import Delay, format_delay

    return (
        hop.near,
        hop.far,
        hop.name if hop.kind == "link" else f"{hop.kind} {hop.name}",
        format_delay(Delay(round(hop.forth.owd + hop.back.owd, -4))),
        format_delay(Delay(round(so_far, -4))),
        _both(hop.forth, hop.back, _rate),
        _both(hop.forth, hop.back, _loss),
        None if hop.link is None or hop.link.km is None else round(hop.link.km),
        hop.link.origin if hop.link else None,
    )


def _both(forth: Impairment, back: Impairment, words: Any) -> str:
    there, home = words(forth), words(back)
    return there if there == home else f"{there} / {home}"


def _rate(side: Impairment) -> str:
    from microdc.units import format_rate

    return format_rate(side.rate) if side.rate else "-"


def _loss(side: Impairment) -> str:
    from microdc.units import format_percent

    return format_percent(round(side.mean_loss, 6)) if side.mean_loss else "-"
