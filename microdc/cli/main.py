"""The command line: the table of commands, and the one place where a failure becomes a message and an exit code."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from microdc import __version__
from microdc.cli.frame import Entry, LazyGroup
from microdc.errors import Exit, MicrodcError

COMMANDS = {
    "tui": Entry("microdc.cli.tui", "tui", "Watch the testbed full-screen, and act on it."),
    "apply-profile": Entry(
        "microdc.cli.apply", "apply_profile", "Lay a profile over one pair of sites, at once."
    ),
    "plan": Entry("microdc.cli.apply", "plan", "Show what apply would change, and why."),
    "apply": Entry("microdc.cli.apply", "apply", "Make the emulators do what the inventory says."),
    "wan": Entry("microdc.cli.wan", "wan", "Show, verify, calibrate, watch, cut, undo and reset the WAN."),
    "health": Entry(
        "microdc.cli.health", "health", "Tell how sites, servers, switches, the WAN and nodes are."
    ),
    "exporter": Entry(
        "microdc.cli.exporter", "exporter", "Serve the health of all to Prometheus, until Ctrl-C."
    ),
    "power": Entry("microdc.cli.power", "power", "Turn servers on and off, by their BMCs; show their power."),
    "boot": Entry("microdc.cli.boot", "boot", "Show and set what servers boot from next."),
    "bmc": Entry("microdc.cli.bmc", "bmc", "Show BMCs: log, sensors, LED, certificate; restart them."),
    "deploy": Entry(
        "microdc.cli.deploy", "deploy", "Deploy nodes over the network; tell how they are and why."
    ),
    "image": Entry("microdc.cli.image", "image", "Build and list the disk images that nodes are given."),
    "repo": Entry("microdc.cli.repo", "repo", "Build and serve package repositories for nodes."),
    "log": Entry("microdc.cli.log", "log", "Show what was done, by whom, and how it came out."),
    "events": Entry("microdc.cli.events", "events", "Tell what happens, one event a line, as it happens."),
    "record": Entry("microdc.cli.record", "record", "Export a run whole; show it, run it again and compare."),
    "lease": Entry("microdc.cli.lease", "lease", "Hold the WAN, a site or a rack for a while."),
    "store": Entry("microdc.cli.store", "store", "Tell of the store; back it up and restore it."),
    "lab": Entry("microdc.cli.lab", "lab", "Bring up a virtual testbed on this machine, and end it."),
    "inventory": Entry(
        "microdc.cli.inventory", "inventory", "List and show sites, racks, servers, switches."
    ),
    "switch": Entry(
        "microdc.cli.switch", "switch", "Show switches: health, ports, neighbours, VLANs; back up."
    ),
    "cabling": Entry("microdc.cli.cabling", "cabling", "Check cables against what switches hear; draw them."),
    "topology": Entry("microdc.cli.topology", "topology", "Show, draw and import backbone topologies."),
    "profile": Entry("microdc.cli.profile", "profile", "List and show WAN profiles."),
    "validate": Entry("microdc.cli.validate", "validate", "Check documents and report all errors at once."),
    "schema": Entry("microdc.cli.schema", "schema", "Print the JSON Schema of a document, for editors."),
    "config": Entry("microdc.cli.config", "config", "Show the settings in force and where each comes from."),
    "doctor": Entry("microdc.cli.doctor", "doctor", "Tell what this machine can do and how to get the rest."),
    "completion": Entry("microdc.cli.completion", "completion", "Print the completion script of a shell."),
    "version": Entry(
        "microdc.cli.version", "version", "Print the versions of microdc, Python and the kernel."
    ),
}

_HELP = """Controls a lab of micro data centres: one inventory, an emulated WAN between its sites, measured.

\b
  microdc lab up                                      a virtual testbed on this machine
  microdc apply-profile lte --pair barcelona:paris    a WAN profile between two sites
  microdc wan verify                                  is it what was asked for?
"""

_EPILOG = """Each option can be set by a variable (MICRODC_INVENTORY, MICRODC_OUTPUT, ...) or in microdc.toml;
microdc config show tells what holds. Exit codes: 0 ok, 1 failed, 2 bad input, 3 unreachable, 4 held by someone
else, 5 changes pending, 6 could not measure, 130 interrupted."""

cli = LazyGroup(
    name="microdc",
    entries=COMMANDS,
    help=_HELP,
    epilog=_EPILOG,
    params=[],
    context_settings={
        "auto_envvar_prefix": "MICRODC",
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
    },
)
cli = click.version_option(__version__, prog_name="microdc", message="%(prog)s %(version)s")(cli)


GC_THRESHOLD = 100_000
"""New objects between two collections of garbage. A command makes many that live to its end: looking through them again and again
takes a third of the time of a plan for ten thousand lines."""


def run(argv: Sequence[str] | None = None) -> None:
    """Runs a command line and ends the process with its exit code.

    Asked to end (SIGTERM), or when its terminal is gone (SIGHUP, unless under nohup), it ends as on Ctrl-C: what is open is closed, so
    that no BMC keeps a session, and written down.
    """
    gc.set_threshold(GC_THRESHOLD)
    signal.signal(signal.SIGTERM, _interrupted)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _interrupted)
    sys.exit(call(argv))


def _interrupted(number: int, frame: object) -> NoReturn:
    del number, frame
    raise KeyboardInterrupt


def call(argv: Sequence[str] | None = None) -> int:
    """Runs a command line (default: the process's own) and returns the exit code; errors are told on stderr.

    A command returns None for success or an Exit.
    """
    try:
        result = cli.main(args=argv, prog_name="microdc", standalone_mode=False)
    except MicrodcError as error:
        _trace()
        _tell(error)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("Interrupted.", err=True)
        return Exit.INTERRUPTED
    except Exception as error:  # noqa: BLE001  the last place where it can be told in one line
        _trace()
        click.echo(f"Error: {type(error).__name__}: {error}", err=True)
        click.echo("  microdc did not expect this. MICRODC_DEBUG=1 shows where it happened.", err=True)
        return Exit.FAILED
    return result if isinstance(result, int) else Exit.OK


def _trace() -> None:
    """The traceback of the exception in hand, where MICRODC_DEBUG asks for it."""
    if os.environ.get("MICRODC_DEBUG", "") not in {"", "0"}:
        import traceback

        traceback.print_exc()


def _tell(error: MicrodcError) -> None:
    """What, where and what to do on stderr; a document's problems one a line."""
    problems = getattr(error, "problems", None)
    if problems:
        for problem in problems:
            click.echo(str(problem), err=True)
        return
    where = f"{error.where}: " if error.where else ""
    click.echo(f"Error: {where}{error.what}", err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)
