"""What the commands about switches share: which are meant, and what came of each, for people as a table and for programs as data."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from microdc.cli import complete, context, render
from microdc.cli.render import Cell, Human, Styled, Table
from microdc.errors import Exit, MicrodcError

if TYPE_CHECKING:
    from microdc.remarks import Remark
    from microdc.testbed.model import Switch, Testbed

F = TypeVar("F", bound=Callable[..., Any])
T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")

SELECTORS = """\b
Switches are named by path or glob, and by label; a site or a rack stands for all its switches:
  bcn-sw1                 a switch
  barcelona               all switches of a site
  -l role=leaf            all with this label
"""
STATES = {"up": "green", "down": "", "off": "dim"}


class Result(Protocol[T_co]):
    """What came of one switch."""

    @property
    def target(self) -> Switch: ...
    @property
    def value(self) -> T_co | None: ...
    @property
    def error(self) -> MicrodcError | None: ...
    @property
    def seconds(self) -> float: ...


def selecting(command: F) -> F:
    """`[SWITCH|RACK|SITE]...` and `-l KEY=VALUE`, as `patterns` and `labels`."""
    named = click.argument(
        "patterns", nargs=-1, metavar="[SWITCH|RACK|SITE]...", shell_complete=complete.switches
    )
    label = click.option(
        "-l", "--label", "labels", multiple=True, metavar="KEY=VALUE", help="Only those with this label."
    )
    return named(label(command))


def meant(patterns: Sequence[str], labels: Sequence[str]) -> tuple[Testbed, tuple[Switch, ...]]:
    """The inventory in force, and the switches in it that are meant: all where nothing is named. Raises DocumentError and InputError."""
    from microdc.switch.targets import chosen
    from microdc.testbed.load import load

    testbed = load(context.settings().inventory_dir())
    return testbed, chosen(testbed, patterns, labels)


def tell(
    kind: str,
    results: Sequence[Result[T]],
    data: Callable[[T], Mapping[str, Any]],
    parts: Callable[[Sequence[tuple[str, T]]], Sequence[Table | str]],
) -> Exit:
    """Prints what came of each switch; the exit code that stands for what could not be read.

    data: a value as programs read it; parts: all values, by the switches' names, as people read them. Errors go below them.
    """
    _trace(results)
    render.emit(kind, {"switches": [_data(one, data) for one in results]}, lambda: _human(results, parts))
    codes = {one.error.exit_code for one in results if one.error is not None}
    return next(
        (code for code in (Exit.FAILED, Exit.UNREACHABLE) if code in codes), max(codes, default=Exit.OK)
    )


def error_data(error: MicrodcError | None) -> dict[str, Any] | None:
    """An error as programs read it."""
    if error is None:
        return None
    return {
        "what": error.what,
        "where": error.where or None,
        "hint": error.hint or None,
        "cause": getattr(error, "cause", None),
        "exit": int(error.exit_code),
    }


def _data(one: Result[T], data: Callable[[T], Mapping[str, Any]]) -> dict[str, Any]:
    told = data(one.value) if one.value is not None else {}
    return {
        "switch": one.target.name,
        "seconds": round(one.seconds, 3),
        "error": error_data(one.error),
        **told,
    }


def _human(
    results: Sequence[Result[T]], parts: Callable[[Sequence[tuple[str, T]]], Sequence[Table | str]]
) -> Human:
    found = parts([(one.target.name, one.value) for one in results if one.value is not None])
    shown: list[Table | str] = [part for part in found if isinstance(part, str) or part.rows]
    failed: list[Sequence[Cell]] = [
        (one.target.name, Styled(str(one.error), "bold red")) for one in results if one.error is not None
    ]
    if failed:
        shown.append(Table(("switch", "failed"), failed))
    return shown or "Nothing to show."


def remarks(told: Sequence[tuple[str, Sequence[Remark]]]) -> list[str]:
    """What could not be taken as the switches tell it, a line each."""
    lines = [f"{name}: {one.where}: {one.what}" for name, found in told for one in found]
    return ["\n".join(lines)] if lines else []


def _trace(results: Sequence[Result[Any]]) -> None:
    """The tracebacks of mistakes of the program, where -v asks for them."""
    if context.settings().verbosity.value <= 0:
        return
    for one in results:
        if one.error is not None and one.error.__cause__ is not None:
            traceback.print_exception(one.error.__cause__)


def speed(bits: int | None) -> str | None:
    """Bit/s as people write them: 10G, 2.5G, 100M."""
    if bits is None:
        return None
    return f"{bits / 1e9:g}G" if bits >= 1e9 else f"{bits / 1e6:g}M"
