"""The option by which every command on labs says which one."""

from __future__ import annotations

import click

name_option = click.option(
    "--name", default="lab", show_default=True, envvar="MICRODC_LAB", metavar="LAB", help="Which lab."
)
