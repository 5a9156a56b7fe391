"""`microdc inventory`: what the testbed consists of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import complete, context, render
from microdc.cli.inventory_discover import discover
from microdc.cli.inventory_import import import_
from microdc.cli.inventory_survey import adopt, collect, diff

if TYPE_CHECKING:
    from microdc.testbed.selectors import Item

_LABEL = click.option(
    "-l",
    "--label",
    "labels",
    multiple=True,
    metavar="KEY=VALUE",
    help="Only those with this label; != for without it.",
)
_SELECTORS = """\b
What is meant is named by path or glob, and by label:
  barcelona               a site
  barcelona/r1/bcn-c1     a server, or just bcn-c1
  barcelona/*             all that is in a site
  'bcn-*'                 all that is called so
  -l role=compute,gpu=a2  with both labels
  -l role!=control        without this one

\b
"""


@click.group()
def inventory() -> None:
    """List and show sites, racks, servers, switches and emulators, as the inventory describes them."""


inventory.add_command(import_, "import")


for _command in (discover, collect, diff, adopt):
    inventory.add_command(_command)


@inventory.command(
    name="list",
    epilog=_SELECTORS
    + """Examples:
  microdc inventory list
  microdc inventory list -l kind=server,role=compute
  microdc inventory list 'barcelona/*' -o json
""",
)
@click.argument("patterns", nargs=-1, metavar="[NAME]...", shell_complete=complete.sites)
@_LABEL
def list_(patterns: tuple[str, ...], labels: tuple[str, ...]) -> None:
    """List the parts of the testbed, one a line."""
    from microdc.testbed.load import load
    from microdc.testbed.selectors import select

    found = select(load(context.settings().inventory_dir()), patterns, labels)
    data = [
        {"path": item.path, "kind": item.kind, "name": item.name, "labels": item.labels} for item in found
    ]
    rows = [(item.path, item.kind, item.labels.get("role"), _own_labels(item)) for item in found]
    render.emit("InventoryList", data, render.Table(("path", "kind", "role", "labels"), rows))


@inventory.command(
    epilog=_SELECTORS
    + """Examples:
  microdc inventory show barcelona
  microdc inventory show bcn-c1 wan1
  microdc inventory show -l gpu=a100 -o yaml
"""
)
@click.argument("patterns", nargs=-1, metavar="[NAME]...", shell_complete=complete.sites)
@_LABEL
def show(patterns: tuple[str, ...], labels: tuple[str, ...]) -> None:
    """Show all that the inventory says of some parts; secrets are shown as the references that they are."""
    from microdc.testbed.describe import describe
    from microdc.testbed.load import load
    from microdc.testbed.selectors import select

    if not patterns and not labels:
        raise click.UsageError(
            "name what to show, such as a site, or give -l; `microdc inventory list` shows all"
        )
    testbed = load(context.settings().inventory_dir())
    found = [describe(testbed, item) for item in select(testbed, patterns, labels)]
    render.emit("InventoryItems", found, lambda: "\n\n".join("\n".join(_lines(item)) for item in found))


def _own_labels(item: Item) -> str:
    """The labels that the other columns do not say."""
    shown = {"kind", "name", "site", "rack", "role"}
    return " ".join(f"{key}={value}" for key, value in item.labels.items() if key not in shown)


def _lines(values: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Nested values as aligned lines for a person."""
    flat = {key: value for key, value in values.items() if not isinstance(value, Mapping)}
    width = max(map(len, flat), default=0)
    for key, value in values.items():
        if isinstance(value, Mapping):
            simple = not any(isinstance(item, (Mapping, list)) for item in value.values())
            if simple and indent:
                yield f"{indent}{key}  " + "  ".join(f"{name} {item}" for name, item in value.items())
            else:
                yield f"{indent}{key}"
                yield from _lines(value, indent + "  ")
        elif isinstance(value, list) and sum(map(len, value)) > 80:
            yield f"{indent}{key}"
            yield from (f"{indent}  {item}" for item in value)
        else:
            text = ", ".join(value) if isinstance(value, list) else str(value)
            yield f"{indent}{key:<{width}}  {text}"
