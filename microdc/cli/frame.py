"""What all commands share: loaded when they are called, and the same options before or after the command."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from microdc.cli import context


class Entry(NamedTuple):
    """A command of the table: the module and the attribute that hold it, and one line of help."""

    module: str
    attribute: str
    help: str


class LazyGroup(click.Group):
    """A group whose commands are named in a table and imported when they are called.

    entries: command name -> Entry, in the order in which help shows them.
    """

    def __init__(self, *, entries: Mapping[str, Entry], **attributes: Any) -> None:
        super().__init__(**attributes)
        self.entries = entries
        self.params.extend(shared_options(hidden=False))

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        return self._load(cmd_name) if cmd_name in self.entries else None

    def _load(self, name: str) -> click.Command:
        if name not in self.commands:
            entry = self.entries[name]
            command = getattr(import_module(entry.module), entry.attribute)
            _share(command)
            self.commands[name] = command
        return self.commands[name]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name in self.entries:
            return name, self._load(name), args[1:]
        if ctx.resilient_parsing:
            return None, None, args[1:]
        raise click.NoSuchCommand(name, possibilities=self.entries, ctx=ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.entries.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names and help from the table, so that pressing Tab imports no command."""
        names = [name for name in self.entries if name.startswith(incomplete)]
        items = [CompletionItem(name, help=self.entries[name].help) for name in names]
        return items + click.Command.shell_complete(self, ctx, incomplete)


def shared_options(*, hidden: bool) -> list[click.Option]:
    """The options that every command takes; what was given is kept for context.settings()."""
    common: dict[str, Any] = {
        "callback": _remember,
        "expose_value": False,
        "allow_from_autoenv": False,
        "hidden": hidden,
    }
    return [
        click.Option(
            ["-i", "--inventory"],
            type=click.Path(file_okay=False, path_type=Path),
            metavar="DIR",
            help="The inventory that describes the testbed.",
            **common,
        ),
        click.Option(
            ["-o", "--output"], type=click.Choice(context.OUTPUTS), help="How data is printed.", **common
        ),
        click.Option(
            ["--yes"], is_flag=True, help="Do not ask before acts that destroy something.", **common
        ),
        click.Option(
            ["--no-input"], is_flag=True, help="Never ask; refuse where a question would be.", **common
        ),
        click.Option(["-v", "--verbose"], count=True, help="Tell more.", **common),
        click.Option(["-q", "--quiet"], is_flag=True, help="Tell nothing but errors.", **common),
        click.Option(["--no-color"], is_flag=True, help="Plain text, also on a terminal.", **common),
    ]


_EPILOG = (
    "Every command also takes the options of microdc itself, such as -i, -o, --yes and -v: microdc --help."
)


def _share(command: click.Command) -> None:
    """Adds the shared options to a command and to all below it, but for those that it has itself."""
    taken = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    command.params.extend(
        option for option in shared_options(hidden=True) if not taken.intersection(option.opts)
    )
    command.epilog = f"{command.epilog}\n\n{_EPILOG}" if command.epilog else _EPILOG
    if isinstance(command, click.Group):
        for below in command.commands.values():
            _share(below)


def _remember(ctx: click.Context, param: click.Parameter, value: object) -> None:
    if param.name and ctx.get_parameter_source(param.name) is ParameterSource.COMMANDLINE:
        context.remember(ctx, param.name, value)
