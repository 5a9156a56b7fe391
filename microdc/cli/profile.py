"""`microdc profile`: the library of WAN profiles."""

from __future__ import annotations

import textwrap
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import complete, context, render
from microdc.cli.documents import read_profile

if TYPE_CHECKING:
    from microdc.impairment import Impairment
    from microdc.wan.profile import Library, Profile


@click.group()
def profile() -> None:
    """List and show WAN profiles: those that come with microdc, and the inventory's own over them."""


def _library() -> Library:
    from microdc.wan.profile import library_of

    return library_of(context.settings().inventory.value)


@profile.command(
    name="list",
    epilog="""\b
Examples:
  microdc profile list
  microdc profile list 'openstack-*'
  microdc profile list -o json
""",
)
@click.argument("patterns", nargs=-1, metavar="[NAME]...", shell_complete=complete.profiles)
def list_(patterns: tuple[str, ...]) -> None:
    """List profiles: delay there and back, and what each direction does; `up / down` where they differ."""
    library = _library()
    found = [
        item
        for name, item in library.items()
        if not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
    ]
    for pattern in patterns:
        if not any(fnmatchcase(item.name, pattern) for item in found):
            library[pattern]  # raises, with the nearest name
    rows = [_row(item) for item in found]
    table = render.Table(("name", "rtt", "jitter", "loss", "rate", "description"), rows)
    render.emit("ProfileList", [_data(item) for item in found], table)


@profile.command(
    epilog="""\b
Examples:
  microdc profile show vdsl2
  microdc profile show leo-satellite -o yaml
  microdc profile show -f my-profile.yaml    a document that is in no library; - is stdin
"""
)
@click.argument("name", required=False, shell_complete=complete.profiles)
@click.option("-f", "--file", "file", type=click.Path(), help="Read the profile from a file; - is stdin.")
def show(name: str | None, file: str | None) -> None:
    """Show what a profile does in each direction, the buffer that comes of it, and where its numbers come from."""
    if (name is None) == (file is None):
        raise click.UsageError("give the name of a profile, or -f FILE")
    library = _library()
    found = read_profile(file, library) if file else library[name or ""]
    render.emit("Profile", _data(found), lambda: _page(found))


def _data(item: Profile) -> dict[str, Any]:
    return {
        "name": item.name,
        "description": item.description,
        "source": item.source,
        "base": item.base or None,
        "up": _direction(item.up),
        "down": _direction(item.down),
        "rtt_ns": item.rtt,
        "shipped": item.shipped,
        "file": item.where.file,
        "shadows": item.shadows.file if item.shadows else None,
    }


def _direction(impairment: Impairment) -> dict[str, Any]:
    """A direction in the units that the names say. options: what else is asked, in ns, percent and bytes."""
    from microdc.impairment import to_data
    from microdc.wan.remarks import remarks

    basic = {"owd", "jitter", "loss", "rate", "buffer"}
    return {
        "owd_ns": impairment.owd,
        "jitter_ns": impairment.jitter,
        "loss_percent": impairment.loss,
        "rate_bit_per_s": impairment.rate,
        "buffer_bytes": impairment.buffer,
        "mean_loss_percent": impairment.mean_loss,
        "options": {key: value for key, value in to_data(impairment).items() if key not in basic},
        "remarks": list(remarks(impairment)),
    }


def _cells(impairment: Impairment) -> dict[str, str]:
    """A direction in words; "-" where nothing is done."""
    from microdc.units import format_delay, format_rate, format_size

    rate, size = impairment.rate, impairment.buffer
    time = f" ({size * 8 * 1000 / rate:.0f}ms)" if size and rate else ""
    return {
        "owd": format_delay(impairment.owd) if impairment.owd else "-",
        "jitter": format_delay(impairment.jitter) if impairment.jitter else "-",
        "loss": _loss(impairment),
        "rate": format_rate(rate) if rate is not None else "-",
        "buffer": format_size(size) + time if size is not None else "-",
    }


def _loss(impairment: Impairment) -> str:
    from microdc.units import format_percent

    if impairment.loss_model is None:
        return format_percent(impairment.loss) if impairment.loss else "-"
    return f"{format_percent(round(impairment.mean_loss, 4))} in runs"


def _options(impairment: Impairment) -> dict[str, str]:
    """What else a direction is asked, in words, by the names that profiles use."""
    from dataclasses import asdict, is_dataclass

    from microdc.impairment import CLEAN
    from microdc.units import format_delay, format_percent

    def words(key: str, value: Any) -> str:
        if is_dataclass(value) and not isinstance(value, type):
            parts = {name: words(name, item) for name, item in asdict(value).items() if item}
            return (
                " ".join(parts.values())
                if key in {"duplicate", "corrupt"}
                else " ".join(map(" ".join, parts.items()))
            )
        if key in {"delay", "jitter"}:
            return format_delay(value)
        if isinstance(value, tuple):
            return f"table of {len(value)}"
        return format_percent(value) if isinstance(value, float) else str(value).lower()

    basic = {"owd", "jitter", "loss", "rate", "buffer", "gap" if not impairment.reorder else ""}
    names = [field for field in impairment.__dataclass_fields__ if field not in basic]
    return {
        name: words(name, value)
        for name in names
        if (value := getattr(impairment, name)) != getattr(CLEAN, name)
    }


def _row(item: Profile) -> tuple[str, ...]:
    from microdc.units import format_delay

    up, down = _cells(item.up), _cells(item.down)
    both = [
        up[key] if up[key] == down[key] else f"{up[key]} / {down[key]}" for key in ("jitter", "loss", "rate")
    ]
    return (item.name, format_delay(item.rtt) if item.rtt else "-", *both, item.description)


def _page(item: Profile) -> render.Human:
    from microdc.units import format_delay
    from microdc.wan.remarks import remarks

    up, down = _cells(item.up), _cells(item.down)
    names = ("both directions",) if item.symmetric else ("up", "down")
    columns = (up,) if item.symmetric else (up, down)
    rows = [(key, *(cells[key] for cells in columns)) for key in up]
    more = [_options(side) for side in (item.up, item.down)[: len(columns)]]
    rows += [
        (key, *(side.get(key, "-") for side in more)) for key in {key: None for side in more for key in side}
    ]
    table = render.Table(("", *names), rows)
    notes = [f"rtt     {format_delay(item.rtt)}", _wrapped("source  ", item.source)]
    notes += [
        _wrapped("note    ", f"{note}.") for note in dict.fromkeys(remarks(item.up) + remarks(item.down))
    ]
    if item.base:
        notes.append(f"base    {item.base}")
    notes.append(f"file    {item.where.file}")
    if item.shadows:
        notes.append(f"hides   {item.shadows.file}")
    return [f"{item.name}: {item.description}", table, "\n".join(notes)]


def _wrapped(label: str, text: str) -> str:
    return textwrap.fill(
        text, 100, initial_indent=label, subsequent_indent=" " * len(label), break_on_hyphens=False
    )
