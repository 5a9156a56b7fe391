"""`microdc topology import`: a topology document from a file of another format."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import context, remarks, render
from microdc.cli.target import write
from microdc.errors import InputError

if TYPE_CHECKING:
    from microdc.topology.formats.model import Format
    from microdc.topology.formats.summary import Summary
    from microdc.topology.formats.tidy import Options

DOCUMENTS = "*.y*ml"
"""Files that are topologies in their directory (topology.atlas.Atlas)."""


class Delay(click.ParamType[int]):
    """Text such as 5ms, as ns."""

    name = "delay"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from microdc.units import parse_delay

        try:
            return value if isinstance(value, int) else parse_delay(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command(
    name="import",
    epilog="""\b
Examples:
  microdc topology import Rediris.gml                        the document on standard output
  microdc topology import Rediris.gml -O inventory/topologies/rediris.yaml
  microdc topology import Geant2012.graphml --name geant --route-factor 1.4 > geant.yaml
  microdc topology import sndlib-france.txt --missing-km 100     a drawing without places
  microdc topology import reservation.yaml --format enoslib      network_constraints of EnOS
  microdc topology import Esnet.gml -o json | jq '.summary.remarks[] | {act, why, count}'
""",
)
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--name", metavar="NAME", help="Name of the topology; without it that of the file.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("auto", "graphml", "gml", "sndlib", "enoslib")),
    default="auto",
    show_default=True,
    help="What the file is.",
)
@click.option("-O", "--out", type=click.Path(), help="Write the document to this file or directory.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option(
    "--route-factor",
    type=click.FloatRange(1, 10),
    help="Km of route for each km of great circle.  [default: 1.5]",
)
@click.option(
    "--missing-km",
    type=click.FloatRange(0.001, 100_000),
    metavar="KM",
    help="Assume this length where an end of a link has no place.  [default: drop the link]",
)
@click.option(
    "--missing-delay", type=Delay(), help="Assume this delay one way there, such as 1ms, instead of a length."
)
@click.option("--bypass", is_flag=True, help="Take PoPs without a place out, and link their neighbours.")
@click.option(
    "--external",
    type=click.Choice(("keep", "drop")),
    help="Nodes that belong to others.  [default: drop those without a place]",
)
def import_(
    *,
    file: str,
    name: str | None,
    form: str,
    out: str | None,
    force: bool,
    route_factor: float | None,
    missing_km: float | None,
    missing_delay: int | None,
    bypass: bool,
    external: Any,
) -> None:
    """Make a topology document of GraphML, GML, SNDlib's native format, or network constraints of EnOS.

    What cannot be kept as it is in the file (links without a length, speeds that are ranges, labels that are none) is told on
    standard error: dropped, repaired or noted, with the reason. Nothing is guessed that is not told.
    """
    from microdc.topology.formats.tidy import Options

    if missing_km is not None and missing_delay is not None:
        raise click.UsageError(
            "--missing-km and --missing-delay are two ways to say one thing: give one of them"
        )
    if any(value is not None and math.isnan(value) for value in (route_factor, missing_km)):
        raise click.UsageError("nan is no number of km, and no route factor")
    path = Path("<stdin>" if file == "-" else file)
    directory, target = (None, None) if out is None else _place(out)
    options = Options(_name(name, target, path), route_factor, missing_km, missing_delay, bypass, external)
    data, summary, text = _convert(path, None if form == "auto" else form, options)  # type: ignore[arg-type]
    target = directory / f"{options.name}.yaml" if directory else target
    if target is not None:
        write(text, f"{target.parent}/{target.name}", force=force)  # a file, also where it is called `-`
    if context.settings().output.value != "table":
        render.emit("TopologyImport", {"summary": summary, "file": target, "document": data})
    else:
        if target is None:
            click.echo(text, nl=False)
        _tell(summary, target)
    if target is not None and not (target.stem == options.name and target.match(DOCUMENTS)):
        render.note(f"A topology is found by the name and ending of its file: call it {options.name}.yaml.")


def _place(out: str) -> tuple[Path | None, Path | None]:
    """The directory to write into, or the file to write. Raises InputError where neither can be."""
    path = Path(out)
    directory = path if out.endswith(("/", "/.")) else path.parent
    try:
        if path.is_dir():
            return path, None
        if not directory.is_dir():
            raise InputError("there is no such directory", where=str(directory), hint="make it first")
    except OSError as error:
        raise InputError(f"cannot write this file: {error.strerror}", where=out) from error
    return None, path


def _name(given: str | None, out: Path | None, file: Path) -> str:
    """The name of the topology: as given, else of the file that is written, else of the file that is read. Raises InputError."""
    from microdc.topology.labels import MAX_NAME, kebab

    if given is not None:
        if kebab(given) != given:
            hint = f"at most {MAX_NAME} of a-z, 0-9 and -" + (f": {kebab(given)}" if kebab(given) else "")
            raise InputError(f"{given!r} is not a name of a topology", where="--name", hint=hint)
        return given
    found = kebab(out.stem if out is not None else "" if file.name == "<stdin>" else file.stem)
    if not found:
        raise InputError("the topology needs a name", where=str(file), hint="give --name NAME")
    return found


def _convert(path: Path, form: Format | None, options: Options) -> tuple[dict[str, Any], Summary, str]:
    """The document as data and as text, and the summary. Raises InputError."""
    from microdc.topology.atlas import parse_topology
    from microdc.topology.formats.detect import read_graph
    from microdc.topology.formats.tidy import tidy
    from microdc.topology.write import write_topology

    data, summary = tidy(read_graph(_bytes(path), path, form), options)
    text = write_topology(data)
    parse_topology(text.encode(), Path(f"{options.name}.yaml"))  # what does not load is never written
    return data, summary, text


def _bytes(path: Path) -> bytes:
    """The file, and one byte more than the most that is read of one, so that a larger one is told."""
    from microdc.topology.formats.model import MAX_BYTES

    if str(path) == "<stdin>":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read this file: {error.strerror}", where=str(path)) from error


def _tell(summary: Summary, target: Path | None) -> None:
    """The summary, on standard error."""
    parts = summary.components
    apart = f" in {len(parts)} parts of {', '.join(map(str, parts))} PoPs" if len(parts) > 1 else ""
    kept = f"kept: {summary.pops} of {summary.nodes} PoPs and {summary.links} of {summary.edges} links{apart}"
    unlimited = f"; links without a capacity: {summary.unlimited}" if summary.unlimited else ""
    render.note(f"{summary.topology}: {kept}{unlimited}")
    remarks.tell(summary.remarks)
    if target is not None:
        render.note(f"Written: {target}")
