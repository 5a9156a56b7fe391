"""`microdc schema`: JSON Schemas for editors."""

from __future__ import annotations

import json

import click
from click.shell_completion import CompletionItem

from microdc.cli import render
from microdc.errors import InputError


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001  click's signature
    from microdc.documents.schema import KINDS

    return [CompletionItem(name) for name in KINDS if name.startswith(incomplete)]


@click.command(
    epilog="""\b
Examples:
  microdc schema --list
  microdc schema site
  microdc schema profile > netem_profiles/.schema/profile.json

An editor with a YAML language server reads a schema from the first line of a document:

\b
  # yaml-language-server: $schema=../.schema/site.json
"""
)
@click.argument("name", required=False, shell_complete=_names)
@click.option("--list", "listed", is_flag=True, help="List the kinds of document.")
def schema(name: str | None, *, listed: bool) -> None:
    """Print the JSON Schema of a kind of document, by which editors complete, explain and check."""
    from microdc.documents.schema import KINDS, json_schema

    if listed:
        rows = [(kind, (model.__doc__ or "").splitlines()[0]) for kind, model in KINDS.items()]
        data = [{"name": kind, "description": text} for kind, text in rows]
        render.emit("SchemaList", data, render.Table(("name", "description"), rows))
    elif name is None:
        raise InputError("name a kind of document", hint=f"one of {', '.join(KINDS)}, or --list")
    else:
        click.echo(json.dumps(json_schema(name), indent=2, ensure_ascii=False))
