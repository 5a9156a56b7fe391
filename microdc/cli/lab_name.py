"""The options by which commands on labs say which one."""

from __future__ import annotations

import click

from microdc.cli import context

USUAL = "lab"
"""What a lab is called to which nobody gives a name."""


def _in_use() -> str:
    """The lab whose inventory is in force, as `microdc config show` tells it."""
    from microdc.lab.names import labs_dir

    inventory, labs = context.settings().inventory.value.resolve(), labs_dir().resolve()
    return inventory.relative_to(labs).parts[0] if labs in inventory.parents else USUAL


new_option = click.option(
    "--name", default=USUAL, show_default=True, envvar="MICRODC_LAB", metavar="LAB", help="Which lab."
)
name_option = click.option(
    "--name",
    default=_in_use,
    show_default="the lab in use, else lab",
    envvar="MICRODC_LAB",
    metavar="LAB",
    help="Which lab.",
)
