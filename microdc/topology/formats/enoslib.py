"""Network constraints of EnOS and enoslib: a delay, a rate and a loss between each two groups of machines.

What a constraint says holds for packets from `src` to `dst`, and back where it is symmetric (EnOS writes `symetric`); all
other pairs of groups have the defaults.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from microdc.documents.reader import Document, parse
from microdc.topology.formats.model import Found, Ledger, Node, broken
from microdc.topology.formats.quantities import bounded
from microdc.topology.formats.ways import Way, edges_of, tell_detours
from microdc.units import parse_delay, parse_percent, parse_rate

MAX_GROUPS = 100
"""Most groups: every two of them are a link."""

_KEYS = {"network_constraints", "constraints", "default_delay", "default_rate"}
_RANGE = re.compile(r"(.+)\[(\d{1,9})-(\d{1,9})\]")


def looks_like_enoslib(text: str) -> bool:
    return any(re.search(rf"^[ \t]*{key}[ \t]*:", text, re.MULTILINE) for key in _KEYS)


def read_enoslib(data: bytes, file: Path) -> Found:
    """The groups and the ways between them. Raises InputError with the line."""
    return _Reader(parse(data, file), file).found()


class _Reader:
    """One document. at: the keys that lead to its constraints."""

    def __init__(self, document: Document, file: Path) -> None:
        self.document, self.file, self.ledger = document, file, Ledger()
        block, self.at = self._block(document.value)
        self.block: dict[str, Any] = block

    def _block(self, top: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
        at: tuple[str, ...] = ("network_constraints",) if "network_constraints" in top else ()
        block = top["network_constraints"] if at else top
        if not isinstance(block, dict) or not _KEYS.intersection(block):
            hint = "it holds default_delay, default_rate and constraints"
            raise broken(self.file, self._line(*at), "has no `network_constraints`", hint)
        return block, at

    def _line(self, *path: str | int) -> int:
        return self.document.where(*path).line

    def found(self) -> Found:
        if self.block.get("enable") is False:
            self.ledger.noted("`enable: false`: imported all the same", self.file.name)
        default = self._way(self.block, self.at, "default_")
        groups = self._groups()
        ways = (
            {(a, b): default for a in groups for b in groups if a != b}
            if default != Way(line=default.line)
            else {}
        )
        for a, b, way in self._constraints(set(groups)):
            old = ways.get((a, b), Way())
            news = {key: value for key in ("owd", "rate", "loss") if (value := getattr(way, key)) is not None}
            ways[a, b] = replace(old, **news, line=way.line)
        edges = tuple(edges_of(groups, ways, self.ledger))
        tell_detours(groups, ways, self.ledger)
        nodes = tuple(Node(group, group) for group in groups)
        return Found(self.file, "enoslib", nodes, edges, self.file.stem, (), tuple(self.ledger.remarks))

    # -- groups

    def _groups(self) -> list[str]:
        """The groups that the constraints, the topology or the machines declare; else those that constraints name."""
        path, names = self._declared()
        excluded = set(self._names(self.block.get("except", []), (*self.at, "except")))
        if path:
            groups = dict.fromkeys(group for name in names for group in self._expand(name, path))
        else:
            ends = (
                (row[key], (*self.at, "constraints", index, key))
                for index, row in self._rows()
                for key in ("src", "dst")
            )
            groups = dict.fromkeys(group for name, place in ends for group in self._expand(name, place))
        groups = {name: None for name in groups if name not in excluded}
        for name in sorted(excluded):
            self.ledger.dropped("the file excepts this group", name)
        if not groups:
            hint = "write `groups: [...]`, or import the whole file, with its `topology` or `resources`"
            raise broken(self.file, self._line(*self.at), "names no group of machines", hint)
        if len(groups) > MAX_GROUPS:
            what = f"has {len(groups)} groups, and every two of them are a link: at most {MAX_GROUPS}"
            raise broken(self.file, self._line(*self.at), what, "name fewer in `groups`")
        return list(groups)

    def _declared(self) -> tuple[tuple[str | int, ...], list[str]]:
        """Where groups are declared, and their names; nowhere: ()."""
        if "groups" in self.block:
            return (*self.at, "groups"), self._names(self.block["groups"], (*self.at, "groups"))
        top = self.document.value
        if isinstance(top.get("topology"), dict):
            return ("topology",), list(top["topology"])
        resources = top.get("resources")
        machines = resources.get("machines") if isinstance(resources, dict) else None
        if isinstance(machines, list):
            roles = [machine.get("roles", []) for machine in machines if isinstance(machine, dict)]
            names = [
                name for found in roles if isinstance(found, list) for name in found if isinstance(name, str)
            ]
            if names:
                return ("resources", "machines"), names
        return (), []

    def _names(self, value: object, path: tuple[str | int, ...]) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise broken(self.file, self._line(*path), f"`{path[-1]}` must be a list of groups")
        return list(value)

    def _expand(self, name: object, path: tuple[str | int, ...]) -> list[str]:
        """`grp[1-3]` to grp1, grp2, grp3."""
        if not isinstance(name, str) or not name:
            raise broken(self.file, self._line(*path), f"`{path[-1]}` must be a group, not {name!r}")
        match = _RANGE.fullmatch(name)
        if match is None:
            return [name]
        low, high = int(match[2]), int(match[3])
        if not 0 <= high - low < MAX_GROUPS:
            what = f"{name!r} names {max(0, high - low + 1)} groups: 1 to {MAX_GROUPS}"
            raise broken(self.file, self._line(*path), what, "write grp[FIRST-LAST]")
        return [f"{match[1]}{number}" for number in range(low, high + 1)]

    # -- constraints

    def _rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        rows = self.block.get("constraints") or []
        path = (*self.at, "constraints")
        if not isinstance(rows, list):
            raise broken(self.file, self._line(*path), "`constraints` must be a list")
        for index, row in enumerate(rows):
            if not isinstance(row, dict) or not {"src", "dst"} <= set(row):
                raise broken(self.file, self._line(*path, index), "a constraint needs `src` and `dst`")
            yield index, row

    def _constraints(self, groups: set[str]) -> Iterator[tuple[str, str, Way]]:
        """What is said of packets from one group to another, in the order of the file."""
        for index, row in self._rows():
            path: tuple[str | int, ...] = (*self.at, "constraints", index)
            way = self._way(row, path, "")
            both = row.get("symetric", row.get("symmetric", False)) is True
            for source in self._expand(row["src"], (*path, "src")):
                for target in self._expand(row["dst"], (*path, "dst")):
                    item = f"{source} -> {target} (line {way.line})"
                    if source == target:
                        self.ledger.dropped("within one group there is no link", item)
                    elif not {source, target} <= groups:
                        self.ledger.dropped("a group is excepted or not declared", item)
                    else:
                        yield source, target, way
                        if both:
                            yield target, source, way

    def _way(self, row: dict[str, Any], path: tuple[str | int, ...], prefix: str) -> Way:
        owd = self._value(row, path, f"{prefix}delay", parse_delay)
        rate = self._value(row, path, f"{prefix}rate", parse_rate)
        loss = self._value(
            row, path, f"{prefix}loss", lambda text: parse_percent(text if "%" in text else f"{text}%")
        )
        return Way(owd, rate, loss, self._line(*path))

    def _value(self, row: dict[str, Any], path: tuple[str | int, ...], key: str, parser: Any) -> Any:
        value = row.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise broken(self.file, self._line(*path, key), f"`{key}` must be text or a number")
        try:
            return parser(bounded(str(value)))
        except ValueError as error:
            raise broken(self.file, self._line(*path, key), f"`{key}`: {error}") from None
