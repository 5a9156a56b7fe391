"""Which format a file has, and its graph."""

from __future__ import annotations

import re
from pathlib import Path

from microdc.topology.formats.enoslib import looks_like_enoslib, read_enoslib
from microdc.topology.formats.gml import read_gml
from microdc.topology.formats.graphml import read_graphml
from microdc.topology.formats.model import MAX_BYTES, MAX_PARTS, Format, Found, broken
from microdc.topology.formats.sndlib import read_sndlib

READERS = {"graphml": read_graphml, "gml": read_gml, "sndlib": read_sndlib, "enoslib": read_enoslib}
_ENDINGS: dict[str, Format] = {
    ".graphml": "graphml", ".xml": "graphml", ".gml": "gml", ".yaml": "enoslib", ".yml": "enoslib",
}  # fmt: skip


def read_graph(data: bytes, file: Path, form: Format | None = None) -> Found:
    """The graph in the bytes of a file; `file` is its name in errors. form: None to find out. Raises InputError."""
    if len(data) > MAX_BYTES:
        raise broken(file, 0, f"is larger than {MAX_BYTES // 10**6} MB", "is it the right file?")
    found = READERS[form or detect(data, file)](data, file)
    parts = len(found.nodes) + len(found.edges)
    if parts > MAX_PARTS:
        what = f"has {len(found.nodes)} nodes and {len(found.edges)} edges: at most {MAX_PARTS:,} together"
        raise broken(file, 0, what, "import a part of it")
    return found


def detect(data: bytes, file: Path) -> Format:
    """By what stands in it, else by the ending of its name. Raises InputError."""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"http://sndlib.zib.de/network" in start:
        raise broken(file, 0, "is SNDlib's XML form, which is not read", "take the native one (.txt)")
    if start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return "graphml"
    if start.startswith(b"?SNDlib"):
        return "sndlib"
    text = data.decode("utf-8", "replace")
    if re.search(r"^[ \t]*graph\b\s{0,99}(#[^\n]*\n\s{0,99})?\[", text, re.MULTILINE):
        return "gml"
    if looks_like_enoslib(text):
        return "enoslib"
    if re.search(r"^NODES \(", text, re.MULTILINE):
        return "sndlib"
    if form := _ENDINGS.get(file.suffix.lower()):
        return form
    raise broken(
        file, 0, "has none of the formats that are read", f"say which with --format: {', '.join(READERS)}"
    )
