"""What the Tab key knows: names of profiles, sites, emulators and pairs. Fast, and silent whatever the files hold.

Names are read off the documents line by line; whether a document is right is not a question for the Tab key.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from microdc import locations
from microdc.cli import context

_MOST = 2000
"""Files looked at: more would be felt as a wait."""


def profile_names(ctx: click.Context | None = None) -> list[str]:
    """The profiles of the library that ships with microdc and of the inventory in force, sorted."""
    return _names("profile", [locations.data_dir("netem_profiles"), _inventory(ctx)])


def site_names(ctx: click.Context | None = None) -> list[str]:
    """The sites of the inventory in force, sorted."""
    return _names("site", [_inventory(ctx)])


def pair_names(ctx: click.Context | None = None) -> list[str]:
    """Every ordered pair `A:B` of different sites."""
    return [f"{a}:{b}" for a, b in permutations(site_names(ctx), 2)]


def directions(ctx: click.Context | None) -> list[str]:
    """`a-to-b`, and the same with the names of the sites where `--pair` (PairType, repeatable) stands before."""
    pairs = ctx.params.get("pairs") if ctx else None
    named = [f"{x}-to-{y}" for a, b in pairs or () for x, y in ((a, b), (b, a))]
    return named or ["a-to-b", "b-to-a"]


def emulator_names(ctx: click.Context | None = None) -> list[str]:
    """The keys under `emulators:` of the testbed document of the inventory in force, sorted."""
    text = _text(_inventory(ctx) / "testbed.yaml")
    section = re.search(r"^emulators:[ \t]*(?:#.*)?\n((?:[ \t].*\n?|\n)*)", text, re.MULTILINE)
    keys = re.findall(r"^([ \t]+)([\w.-]+):", section[1], re.MULTILINE) if section else []
    return sorted(name for indent, name in keys if indent == keys[0][0])


def server_names(ctx: click.Context | None = None) -> list[str]:
    """The sites and the servers of the inventory in force, sorted: what stands for servers."""
    return _devices("servers", ctx)


def switch_names(ctx: click.Context | None = None) -> list[str]:
    """The sites and the switches of the inventory in force, sorted: what stands for switches."""
    return _devices("switches", ctx)


def watched_names(ctx: click.Context | None = None) -> list[str]:
    """The sites, servers, switches and emulators of the inventory in force, sorted: what has a health. Pairs are left out: there are too many."""
    return sorted({*server_names(ctx), *switch_names(ctx), *emulator_names(ctx)})


def _devices(key: str, ctx: click.Context | None) -> list[str]:
    """The sites, and what stands under a key of their racks, in block style or all in one line."""
    section = re.compile(rf"^([ \t]+){key}:[ \t]*(?:#.*)?\n((?:\1[ \t]+.*(?:\n|$)|[ \t]*\n)*)", re.MULTILINE)
    in_line = re.compile(rf"^[ \t]+{key}:[ \t]*\{{(.*)\}}", re.MULTILINE)
    found = set(site_names(ctx))
    for file in (_inventory(ctx) / "sites").glob("*.y*ml"):
        text = _text(file)
        for devices in section.finditer(text):
            keys = re.findall(r"^([ \t]+)([\w.-]+):", devices[2], re.MULTILINE)
            found |= {name for indent, name in keys if indent == keys[0][0]}
        for line in in_line.finditer(text):
            inner, count = line[1], 1
            while count:  # what is inside of the devices
                inner, count = re.subn(r"\{[^{}]*\}", "", inner)
            found |= set(re.findall(r"([\w.-]+):", inner))
    return sorted(found)


def port_names(ctx: click.Context | None = None) -> list[str]:
    """The ports of the switch that is named before (`switch_name`), by servers' `switch` and `port` and by the ends of cables; else of all."""
    named = str(ctx.params.get("switch_name") or "") if ctx else ""
    switch = re.escape(named.rpartition("/")[2]) or r"[\w.-]+"
    at = re.compile(
        rf"""\bswitch:[ \t]*["']?{switch}["']?[ \t]*,?[ \t]*(?:#.*)?\n?[ \t]*port:[ \t]*["']?([\w./:@+-]+)"""
    )
    end = re.compile(rf"""\b[ab]:[ \t]*["']?{switch}:([\w./:@+-]+)""")
    texts = [_text(file) for file in (_inventory(ctx) / "sites").glob("*.y*ml")]
    return sorted({port for text in texts for one in (at, end) for port in one.findall(text)})


def _inventory(ctx: click.Context | None) -> Path:
    flags = context.given(ctx) if ctx else {}
    return context.resolve(flags, os.environ, Path.cwd()).inventory.value


def _names(key: str, directories: Iterable[Path]) -> list[str]:
    declares = re.compile(rf"^{key}:[ \t]*[\"']?([\w.-]+)", re.MULTILINE)
    texts = (_text(file) for directory in directories for file in _documents(directory))
    return sorted({match[1] for text in texts if (match := declares.search(text))})


def _documents(directory: Path) -> Iterator[Path]:
    for number, file in enumerate(directory.rglob("*.y*ml")):
        if number >= _MOST:
            return
        yield file


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", errors="replace")
    except OSError:
        return ""


def topology_names(ctx: click.Context | None = None) -> list[str]:
    """The topologies that ship with microdc and the inventory's own, by their files."""
    return sorted({file.stem for file in _topologies(ctx)})


def link_names(ctx: click.Context | None = None) -> list[str]:
    """The links of all topologies, `TOPOLOGY/POP:POP` or `TOPOLOGY/NAME`."""
    between = re.compile(r"between: *\[ *([\w/-]+) *, *([\w/-]+) *\](?:[^\n}]*?\bname: *([\w-]+))?")
    found = {
        f"{file.stem}/{match[3] or f'{match[1]}:{match[2]}'}"
        for file in _topologies(ctx)
        for match in between.finditer(_text(file))
    }
    return sorted(found)


def _topologies(ctx: click.Context | None) -> Iterator[Path]:
    for directory in (locations.data_dir("netem_profiles"), _inventory(ctx)):
        yield from (directory / "topologies").glob("*.y*ml")


Source = Callable[[click.Context | None], list[str]]


def completer(source: Source) -> Callable[[click.Context, click.Parameter, str], list[CompletionItem]]:
    """A `shell_complete` for a parameter that takes one of the names."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
        try:
            return [CompletionItem(name) for name in source(ctx) if name.startswith(incomplete)]
        except Exception:  # noqa: BLE001  a traceback in the middle of a command line helps nobody
            return []

    return complete


profiles = completer(profile_names)
sites = completer(site_names)
servers = completer(server_names)
switches = completer(switch_names)
watched = completer(watched_names)
ports = completer(port_names)
topologies = completer(topology_names)
links = completer(link_names)
emulators = completer(emulator_names)
direction = completer(directions)


class PairType(click.ParamType[tuple[str, str]]):
    """Two sites, written `A:B`; the value is the tuple of their names."""

    name = "A:B"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        if isinstance(value, tuple):
            return value[0], value[1]
        a, _, b = str(value).partition(":")
        if not a or not b or ":" in b or a == b:
            self.fail(
                f"{value!r} is not a pair: write two different sites, such as barcelona:paris", param, ctx
            )
        return a, b

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return completer(pair_names)(ctx, param, incomplete)
