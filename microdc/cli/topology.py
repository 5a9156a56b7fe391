"""`microdc topology`: backbones, their PoPs and links."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import complete, context, render, target
from microdc.cli.topology_import import import_
from microdc.errors import Exit

if TYPE_CHECKING:
    from microdc.documents.model import Problem
    from microdc.topology.atlas import Atlas
    from microdc.topology.model import Topology


@click.group()
def topology() -> None:
    """List and show backbone topologies, draw them, and import others."""


topology.add_command(import_)


def _atlas() -> Atlas:
    from microdc.topology.atlas import Atlas
    from microdc.wan.profile import topologies_of

    return Atlas(*topologies_of(context.settings().inventory.value))


@topology.command(
    name="list",
    epilog="""\b
Examples:
  microdc topology list
  microdc topology list -o json
""",
)
def list_() -> Exit:
    """List the topologies that come with microdc, and the inventory's own over them.

    What is wrong with a topology is told on standard error, and the others are listed; the exit code is 2 then.
    """
    found, broken = _read(_atlas())
    data = [
        {
            "name": item.name,
            "description": item.description,
            "pops": len(item.pops),
            "links": len(item.links),
            "includes": list(item.includes),
            "file": item.where.file,
        }
        for item in found
    ]
    rows = [(item.name, len(item.pops), len(item.links), item.description) for item in found]
    render.emit("TopologyList", data, render.Table(("name", "PoPs", "links", "description"), rows))
    for name, problems in broken.items():
        click.echo(f"Error: topology {name} cannot be read and is not listed:", err=True)
        for problem in problems:
            click.echo(f"  {problem}", err=True)
    return Exit.USAGE if broken else Exit.OK


def _read(atlas: Atlas) -> tuple[list[Topology], dict[str, list[Problem]]]:
    """The topologies that are right, and what is wrong with the others."""
    problems = {name: atlas.problems(name) for name in atlas}
    right = [atlas[name] for name, found in problems.items() if not found]
    return right, {name: found for name, found in problems.items() if found}


@topology.command(
    epilog="""\b
Examples:
  microdc topology show nren-europe                    a map in the terminal
  microdc topology show nren-europe --links            link by link: delay, where it comes from, capacity
  microdc topology show intercontinental --svg map.svg
  microdc topology show -f my-topology.yaml
"""
)
@click.argument("name", required=False, shell_complete=complete.topologies)
@click.option("-f", "--file", "file", type=click.Path(path_type=Path), help="Read the topology from a file.")
@click.option("--links", is_flag=True, help="Tell of each link, rather than draw.")
@click.option("--pops", is_flag=True, help="Tell of each PoP, rather than draw.")
@click.option("--svg", type=target.FILE, help="Draw the map into this file; - is stdout.")
@target.force_option
def show(
    *, name: str | None, file: Path | None, links: bool, pops: bool, svg: str | None, force: bool
) -> None:
    """Show a topology: a map of its PoPs and links, or what is known of each and from where."""
    from microdc.topology.atlas import load_topology

    if (name is None) == (file is None):
        raise click.UsageError("give the name of a topology, or -f FILE")
    target.check([svg], force=force)
    atlas = _atlas()
    found = load_topology(file, atlas) if file else atlas[name or ""]
    if svg is not None:
        target.write(_drawn(found), svg, force=force)
        return
    render.emit("Topology", _data(found), lambda: _page(found, links=links, pops=pops))


def _drawn(found: Topology) -> str:
    from microdc.drawing.map import svg_map
    from microdc.topology.picture import WIDTH_NAMES, picture

    nodes, lines = picture(found)
    return svg_map(nodes, lines, found.name, [found.description], widths=WIDTH_NAMES)


def _data(found: Topology) -> dict[str, Any]:
    from microdc.cli.links import link_data

    return {
        "name": found.name,
        "description": found.description,
        "source": found.source,
        "includes": list(found.includes),
        "file": found.where.file,
        "pops": [
            {
                "name": pop.name,
                "title": pop.title,
                "at": list(pop.at) if pop.at else None,
                "network": pop.network,
                "role": pop.role,
                "source": pop.source,
            }
            for pop in found.pops.values()
        ],
        "links": [link_data(link) for link in found.links.values()],
    }


def _page(found: Topology, *, links: bool, pops: bool) -> render.Human:
    from microdc.cli.links import links_table

    head = f"{found.name}: {found.description}"
    parts: list[Any] = [head]
    if pops:
        rows = [
            (pop.name, pop.title, _place(pop.at), pop.role or None, pop.network or None)
            for pop in found.pops.values()
        ]
        parts.append(render.Table(("PoP", "title", "place", "role", "network"), rows))
    if links:
        parts.append(links_table(found.links.values()))
    if not links and not pops:
        parts.append(_map(found))
    parts.append(_counts(found))
    return parts


def _map(found: Topology) -> render.Picture:
    """As large as the terminal, which is left a few lines."""
    import shutil
    import sys

    from microdc.drawing.terminal_map import terminal_map
    from microdc.topology.picture import picture

    size = shutil.get_terminal_size((100, 40))
    plain = (sys.stdout.encoding or "").lower().replace("-", "") not in {"utf8", "utf16"}
    nodes, lines = picture(found)
    return render.Picture(terminal_map(nodes, lines, size.columns - 1, size.lines - 6, ascii=plain))


def _place(at: tuple[float, float] | None) -> str | None:
    if at is None:
        return None
    lat, lon = at
    return f"{abs(lat):.2f}{'N' if lat >= 0 else 'S'} {abs(lon):.2f}{'E' if lon >= 0 else 'W'}"


def _counts(found: Topology) -> str:
    from collections import Counter

    from microdc.drawing.text import counted

    kinds: Counter[str] = Counter(link.origin for link in found.links.values())
    words = {"measured": "measured", "length": "by length", "derived": "derived", "profile": "by profile"}
    told = ", ".join(f"{kinds[kind]} {word}" for kind, word in words.items() if kinds[kind])
    delays = f" (delays: {told})" if told else ""
    return (
        f"{counted(len(found.pops), 'PoP')}, {counted(len(found.links), 'link')}{delays}.  "
        f"microdc profile show {found.name}/POP:POP tells of the way between two PoPs."
    )
