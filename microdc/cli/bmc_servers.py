"""What the commands that act on servers share: which are meant, what is told while they are worked at, and what came of each."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeVar

import click

from microdc.cli import complete, context, narrate
from microdc.cli.parameters import DURATION
from microdc.events import Step

if TYPE_CHECKING:
    from microdc.bmc.judging import Force, Patience
    from microdc.bmc.operate import Report, Servers

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

SELECTORS = """\b
Servers are named by path or glob, and by label; a site or a rack stands for all its servers:
  bcn-c1                  a server
  barcelona               all servers of a site
  'barcelona/r1/*'        all of a rack
  -l role=compute         all with this label
"""


timeout_option = click.option(
    "--timeout",
    type=DURATION,
    help="Give one server up after this time, whatever it is asked.  [default: as long as the protocol may take, 91s for a BMC that hangs]",
)


def selecting(command: F) -> F:
    """`SELECTOR...`, `-l KEY=VALUE` and `--timeout`, as `selectors`, `labels` and `timeout`."""
    return naming(timeout_option(command))


def naming(command: F) -> F:
    """`SELECTOR...` and `-l KEY=VALUE`, as `selectors` and `labels`."""
    named = click.argument("selectors", nargs=-1, metavar="SELECTOR...", shell_complete=complete.servers)
    label = click.option(
        "-l", "--label", "labels", multiple=True, metavar="KEY=VALUE", help="Only those with this label."
    )
    return named(label(command))


def forcing(command: F) -> F:
    """`--force`, `--no-force` and `--wait`; `force_of` and `patience_of` read them."""
    force = click.option(
        "--force", is_flag=True, help="Cut the power at once; the operating system is not asked."
    )
    never = click.option(
        "--no-force", is_flag=True, help="Never cut the power: a system that stays on has failed."
    )
    wait = click.option(
        "--wait",
        type=DURATION,
        default="2m",
        show_default=True,
        help="How long an operating system may take to shut down.",
    )
    return force(never(wait(command)))


def force_of(*, force: bool, no_force: bool) -> Force:
    """When the power is cut."""
    from microdc.bmc.judging import Force

    if force and no_force:
        raise click.UsageError("--force and --no-force exclude each other")
    return Force.NOW if force else Force.NEVER if no_force else Force.LATER


def patience_of(wait: float = 120.0) -> Patience:
    """How long is waited; wait: seconds that an operating system has to shut down."""
    from microdc.bmc.judging import Patience

    return Patience(graceful=wait)


def chosen(
    selectors: Sequence[str],
    labels: Sequence[str],
    *,
    every: bool = False,
    timeout: float | None = None,
) -> Servers:
    """The servers that are meant, of the inventory in force. every: all where none is named; timeout: seconds for one of them.

    Raises DocumentError and InputError.
    """
    from microdc.bmc.operate import servers_of
    from microdc.testbed.load import load

    if not selectors and not labels and every:
        selectors = ["*"]
    if not selectors and not labels:
        raise click.UsageError(
            "name a server, a rack or a site, or give -l; `microdc inventory list` shows all"
        )
    return servers_of(load(context.settings().inventory_dir()), selectors, labels, timeout=timeout)


def named(servers: Servers) -> str:
    """Such as: 3 servers (a, b, c)."""
    count = len(servers.names)
    return f"{count} server{'' if count == 1 else 's'} ({', '.join(servers.names)})"


def look(what: str, servers: Servers, operation: Generator[Step, None, Report[T]]) -> Report[T]:
    """Runs what only reads, and tells how far it is."""
    return narrate.watch(_counted(what, len(servers.targets), operation))


def _counted(
    what: str, total: int, operation: Generator[Step, None, Report[T]]
) -> Generator[Step, None, Report[T]]:
    yield Step(what, "started")
    done = 0
    with closing(operation):
        while True:
            try:
                step = next(operation)
            except StopIteration as end:
                report: Report[T] = end.value
                yield Step(what, "done", done=done, total=total, unit="servers")
                return report
            if step.state in narrate.ENDS:
                done += 1
            yield Step(what, "progress", done=done, total=total, unit="servers")
