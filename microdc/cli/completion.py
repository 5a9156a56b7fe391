"""`microdc completion`: the script that teaches a shell to complete microdc's command lines."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell: commands, options, names of profiles and sites.

    \b
    source <(microdc completion bash)                  # in ~/.bashrc
    source <(microdc completion zsh)                   # in ~/.zshrc
    microdc completion fish | source                   # in config.fish
    """
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"click has no completion for {shell}")
    maker = found(ctx.find_root().command, {}, "microdc", "_MICRODC_COMPLETE")
    click.echo(maker.source())
    if shell == "bash":
        click.echo("COMP_WORDBREAKS=${COMP_WORDBREAKS//:/}  # a pair of sites, a:b, is one word")
