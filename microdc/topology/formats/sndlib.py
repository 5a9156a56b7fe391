"""SNDlib's native format (Orlowski, Pioro, Tomaszewski, Wessaly 2010): sections of one item a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from microdc.topology.formats.model import Edge, Found, Ledger, Node, Span, broken
from microdc.topology.geo import Place

_SECTION = re.compile(r"\s*([A-Z_]+)\s*\(\s*")
_END = re.compile(r"\s*\)\s*")
_META = re.compile(r"(\w+)\s*=(.*)")
_NUMBER = r"([+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)"
_NODE = re.compile(rf"\s*(\S+)(?:\s+\(\s*{_NUMBER}\s+{_NUMBER}\s*\))?\s*")
_LINK = re.compile(
    rf"\s*(\S+)\s+\(\s*(\S+)\s+(\S+)\s*\)\s+{_NUMBER}\s+{_NUMBER}\s+{_NUMBER}\s+{_NUMBER}\s+\((.*)\)\s*"
)
_MOST = 1e12
"""Capacities from here on are none, in whatever unit."""
_UNITS = {"KBITPERSEC": 10**3, "MBITPERSEC": 10**6, "GBITPERSEC": 10**9}


def read_sndlib(data: bytes, file: Path) -> Found:
    """The network of a file. Raises InputError with the line.

    Only what is installed is a capacity: a module is what may be bought, a cost no length.
    """
    ledger, meta = Ledger(), dict[str, str]()
    nodes: list[Node] = []
    edges: list[Edge] = []
    lines = list(_items(data.decode("utf-8", "replace"), file))
    for section, text, _ in lines:
        if section == "META" and (match := _META.fullmatch(text.strip())):
            meta[match[1].lower()] = match[2].strip()
    for section, text, line in lines:
        if section == "NODES":
            nodes.append(_node(text, line, file))
        elif section == "LINKS":
            edges.append(_edge(text, line, file, meta.get("unit", ""), ledger))
    if not nodes:
        raise broken(file, 0, "has no NODES", "is it SNDlib's native format? name another with --format")
    named = re.search(rb"^#\s*network\s+(\S+)", data, re.MULTILINE)
    title = named[1].decode("utf-8", "replace") if named else ""
    facts = [f"of {meta['time']}"] if meta.get("time") else []
    facts += [f"by {meta['origin']}"] if meta.get("origin") else []
    return Found(file, "sndlib", tuple(nodes), tuple(edges), title, tuple(facts), tuple(ledger.remarks))


def _items(text: str, file: Path) -> Iterator[tuple[str, str, int]]:
    """Section, text and number of each line within one."""
    section, opened = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(("?", "#")) or not line.strip():
            continue
        if not section:
            start = _SECTION.fullmatch(line)
            if start is None:
                what = f"a section is expected here, not {line.strip()[:40]!r}"
                raise broken(file, number, what, "such as `NODES (`")
            section, opened = start[1], number
        elif _END.fullmatch(line):
            section = ""
        else:
            yield section, line, number
    if section:
        raise broken(file, opened, f"section {section} is never closed")


def _node(text: str, line: int, file: Path) -> Node:
    match = _NODE.fullmatch(text)
    if match is None:
        what = f"is not a node: {text.strip()[:60]!r}"
        raise broken(file, line, what, "write: ID ( LONGITUDE LATITUDE )")
    at: Place | None = (float(match[3]), float(match[2])) if match[2] else None
    return Node(match[1], match[1], at, line=line)


def _edge(text: str, line: int, file: Path, unit: str, ledger: Ledger) -> Edge:
    match = _LINK.fullmatch(text)
    if match is None:
        what = f"is not a link: {text.strip()[:60]!r}"
        raise broken(file, line, what, "write: ID ( NODE NODE ) CAPACITY COST COST COST ( MODULE COST ... )")
    name, a, b = match[1], match[2], match[3]
    installed, rate = float(match[4]), None
    if not 0 <= installed < _MOST:
        ledger.dropped(f"{installed:g} is no capacity: the link has none", Span(a, b, line))
    elif installed > 0 and unit in _UNITS:
        rate = round(installed * _UNITS[unit])
    elif installed > 0:
        ledger.noted("the file states no unit for capacities: the link has none", Span(a, b, line))
    elif match[8].strip():
        ledger.noted(
            "nothing is installed, a module is what may be bought: the link has no capacity",
            Span(a, b, line),
        )
    return Edge(a, b, name, rate, line=line)
