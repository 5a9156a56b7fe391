"""`microdc inventory import`: site documents from NetBox, cable tables and Ansible host variables."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import context, remarks, render, target
from microdc.errors import InputError

if TYPE_CHECKING:
    from microdc.survey.importing.model import Found, Options
    from microdc.survey.importing.operate import Imported

_KINDS = ("server", "switch", "pdu")
_MOST_FILES = 5_000
_NETBOX_FILES = (".yml", ".yaml", ".json", ".csv")
_YAML_FILES = (".yml", ".yaml")
_WHAT_IS_NOT_TOLD = (
    click.option("--site", metavar="NAME", help="Site of devices of which nothing tells it."),
    click.option("--rack", metavar="NAME", help="Rack of devices of which nothing tells it.  [default: unplaced]"),
    click.option(
        "--names", multiple=True, metavar="PATTERN", help="What names tell, such as '{site}-{role}-{rack}-u{unit}'."
    ),
    click.option("--rename", "renames", multiple=True, metavar="OLD=NEW", help="A name that is wrong in a file."),
    click.option(
        "--kind", "kinds", multiple=True, metavar="GLOB=KIND", help=f"What devices are: {', '.join(_KINDS)}."
    ),
    click.option(
        "--bmc", type=click.Choice(("redfish", "ipmi")), default="redfish", show_default=True, help="What BMCs speak."
    ),
    click.option(
        "--columns", metavar="ROLE=HEADER,...", help="Columns of cable tables: a, a-port, b, b-port, label, kind, a-rack, b-rack."
    ),
    click.option("--host-vars", type=click.Path(), help="Ansible's host_vars: BMC addresses, MACs and models."),
    click.option("-O", "--into", type=click.Path(), help="Inventory to write into: sites/NAME.yaml, and testbed.yaml where none is."),
    click.option("--dry-run", is_flag=True, help="Print what would be written, and write nothing."),
    target.force_option,
)  # fmt: skip


def _shared(command: Callable[..., None]) -> Callable[..., None]:
    """The options that both commands have, in their order."""
    for option in reversed(_WHAT_IS_NOT_TOLD):
        command = option(command)
    return command


@click.group()
def import_() -> None:
    """Make site documents of what others keep: NetBox, cable tables, Ansible host variables.

    What cannot be kept as it is there (a device without a rack, a cable into nowhere, two cables in one port, a name that is none
    here) is told on standard error: dropped, repaired or noted, with file and line. Nothing is guessed that is not told, and no
    secret is read.
    """


@import_.command(
    epilog="""\b
Examples:
  microdc inventory import netbox netbox/bootstrap/ -O inventory
  microdc inventory import netbox devices.json interfaces.json cables.json -O inventory
  microdc inventory import netbox exports/ --host-vars ansible/host_vars --cables wiring.md --dry-run
  microdc inventory import netbox exports/ -o json | jq '.summary.remarks[] | {act, why, count}'
""",
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path())
@click.option(
    "--cables", multiple=True, type=click.Path(), help="Cable table to be read beside, CSV or Markdown."
)
@_shared
def netbox(*, paths: tuple[str, ...], cables: tuple[str, ...], **options: Any) -> None:
    """Import NetBox: bootstrap documents (YAML), answers of the REST API (JSON), exported tables (CSV).

    A PATH is a file or a directory. In the web interface, export devices, interfaces and cables with all data; over the REST API,
    read /api/dcim/devices/?limit=0 and likewise interfaces and cables.
    """
    from microdc.survey.importing.netbox import read_netbox

    files = [(file, _bytes(file)) for path in paths for file in _files(path, _NETBOX_FILES)]
    _run([read_netbox(files), *_beside(options), *_cables(cables, options)], **options)


@import_.command(
    epilog="""\b
Examples:
  microdc inventory import csv wiring.csv --site paris --rack r1 -O inventory
  microdc inventory import csv network.md power.md --names '{site}-{role}-{rack}-u{unit}' --host-vars host_vars -O inventory
  microdc inventory import csv patch.csv --site paris --columns 'a=Rechner,a-port=Anschluss,b=Gegenstelle,b-port=Buchse'
  microdc inventory import csv wiring.csv --site paris --kind 'core-*=switch' --kind 'mains=pdu' --dry-run
""",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(allow_dash=True))
@_shared
def csv(*, files: tuple[str, ...], **options: Any) -> None:
    """Import cable tables: one cable a row, CSV or the tables of a Markdown page.

    Columns are found by their headers (Source, SPort, Destination, DPort; Device A, Port A, Device B, Port B; PSU, PDU, Outlet;
    ...); what other columns say of a cable becomes its label.
    """
    _run([*_beside(options), *_cables(files, options)], **options)


def _run(
    parts: Iterable[Found], *, into: str | None, dry_run: bool, force: bool, columns: str | None, host_vars: str | None, **told: Any
) -> None:  # fmt: skip
    """Converts what was read, writes it and tells of it. Raises InputError."""
    from microdc.survey.importing.fitting import check_fit, plan_files
    from microdc.survey.importing.model import together
    from microdc.survey.importing.operate import convert

    del columns, host_vars  # read by now
    imported = convert(together(parts), _options(**told))
    planned = {Path(f"sites/{site}.yaml"): text for site, text in imported.texts.items()}
    if into is not None:
        planned = plan_files(Path(into), imported.texts)
        check_fit(Path(into), planned)
        if not dry_run:
            _write(Path(into), planned, force=force)
    written = [] if dry_run or into is None else list(planned)
    if context.settings().output.value != "table":
        documents = {"summary": imported.summary, "files": written, "documents": imported.documents}
        render.emit("InventoryImport", documents)
        return
    if not written:
        for file, text in planned.items():
            click.echo(f"# {file}\n{text}", nl=False)
    _tell(imported, written)


def _write(directory: Path, planned: dict[Path, str], *, force: bool) -> None:
    """All files or none, as far as can be known before. Raises InputError."""
    try:
        (directory / "sites").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make this directory: {error.strerror}", where=str(directory)) from error
    target.check((f"{file.parent}/{file.name}" for file in planned), force=force)
    for file, text in planned.items():
        target.write(text, f"{file.parent}/{file.name}", force=force)


def _tell(imported: Imported, written: Iterable[Path]) -> None:
    summary = imported.summary
    render.note(
        f"{', '.join(summary.sites)}: {summary.servers} servers, {summary.switches} switches, {summary.pdus} PDUs in"
        f" {summary.racks} racks; {summary.cables} cables, told {summary.stated} times; {summary.bmcs} BMCs"
    )
    remarks.tell(summary.remarks)
    for file in written:
        render.note(f"Written: {file}")


def _options(
    *, site: str | None, rack: str | None, names: tuple[str, ...], renames: tuple[str, ...], kinds: tuple[str, ...], bmc: Any
) -> Options:  # fmt: skip
    from microdc.survey.importing.model import Options
    from microdc.topology.labels import kebab

    for option, name in (("--site", site), ("--rack", rack)):
        if name is not None and kebab(name) != name:
            raise InputError(f"{name!r} is no name", where=option, hint="at most 63 of a-z, 0-9 and -")
    wanted: list[tuple[str, Any]] = [_pair(text, "--kind", "GLOB=KIND") for text in kinds]
    for _, kind in wanted:
        if kind not in _KINDS:
            raise InputError(
                f"{kind!r} is no kind of device", where="--kind", hint=f"write one of {', '.join(_KINDS)}"
            )
    given = dict(_pair(text, "--rename", "OLD=NEW") for text in renames)
    return Options(site or "", rack or "", names, given, tuple(wanted), bmc)


def _pair(text: str, option: str, form: str) -> tuple[str, str]:
    left, sign, right = text.rpartition("=")
    if not sign or not left.strip() or not right.strip():
        raise InputError(f"{text!r} is not of the form {form}", where=option)
    return left.strip(), right.strip()


def _beside(options: dict[str, Any]) -> Iterator[Found]:
    """The host variables, where they are asked for."""
    from microdc.survey.importing.hostvars import read_hosts

    if options["host_vars"] is not None:
        top = Path(options["host_vars"])
        files = list(_files(str(top), _YAML_FILES))
        yield read_hosts((_host(file, top), file, _bytes(file)) for file in files)


def _host(file: Path, top: Path) -> str:
    """The host whose variables a file of host_vars holds: HOST.yml or HOST/*.yml, from its own directory, too."""
    if file.parent == top and top.parent.name == "host_vars":
        return top.name
    return file.stem if top in {file, file.parent} else file.relative_to(top).parts[0]


def _cables(files: Iterable[str], options: dict[str, Any]) -> Iterator[Found]:
    from microdc.survey.importing.cabletables import read_cables

    pairs = [
        _pair(text, "--columns", "ROLE=HEADER,...") for text in (options["columns"] or "").split(",") if text
    ]
    for name in files:
        path = Path("<stdin>" if name == "-" else name)
        yield read_cables(_bytes(path), path, dict(pairs))


def _files(name: str, endings: tuple[str, ...]) -> Iterator[Path]:
    """The file, or those of a directory and the ones in it, in the order of their names. Raises InputError where there is none."""
    path = Path(name)
    if not path.is_dir():
        yield path
        return
    found = sorted(file for file in path.rglob("*") if file.suffix.lower() in endings and file.is_file())
    if not found or len(found) > _MOST_FILES:
        what = (
            f"holds no file that ends in {', '.join(endings)}"
            if not found
            else f"holds more than {_MOST_FILES} files"
        )
        raise InputError(what, where=name, hint="name the files")
    yield from found


def _bytes(path: Path) -> bytes:
    """The file, and one byte more than the most that is read of one, so that a larger one is told."""
    from microdc.survey.importing.model import MAX_BYTES

    if str(path) == "<stdin>":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read this file: {error.strerror}", where=str(path)) from error
