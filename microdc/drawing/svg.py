"""A few functions over the standard library's XML tree: it does the escaping."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from microdc.drawing.text import clean

Point = tuple[float, float]
"""Px to the right and down."""


def number(value: float, digits: int = 1) -> str:
    """A coordinate in as few characters as its digits need."""
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def add(parent: Element, tag: str, text: str = "", /, **attributes: str | float) -> Element:
    """A new last child. Attributes are written with _ for -, and `class_` for class."""
    child = SubElement(
        parent,
        tag,
        {
            name.rstrip("_").replace("_", "-"): clean(value) if isinstance(value, str) else number(value, 2)
            for name, value in attributes.items()
        },
    )
    if text:
        child.text = clean(text)
    return child


def document(kind: str, size: Point, title: str, description: str, style: str) -> tuple[Element, str]:
    """An empty drawing with its name and description for those who cannot see it; and a prefix for the ids in it.

    kind: a class of the root element, by which `style` knows it where several drawings stand in one page.
    """
    prefix = f"{kind}-{zlib.crc32(title.encode(errors='replace')):08x}"
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "role": "img",
            "class": kind,
            "aria-labelledby": f"{prefix}-title {prefix}-desc",
        },
    )
    add(root, "title", title or "Untitled", id=f"{prefix}-title")
    add(root, "desc", description, id=f"{prefix}-desc")
    SubElement(root, "style").text = style
    add(root, "rect", class_="paper")
    resize(root, size)
    return root, prefix


def resize(root: Element, size: Point) -> None:
    """Gives a document its size, px: known only once its text is set."""
    width, height = map(number, size)
    paper = next(child for child in root if child.tag == "rect")
    for element in (root, paper):
        element.set("width", width)
        element.set("height", height)
    root.set("viewBox", f"0 0 {width} {height}")


def path(pieces: Iterable[Sequence[Point]]) -> str:
    """Path data of some polylines; points that fall on their forerunner are left out."""
    out: list[str] = []
    for piece in pieces:
        last = ""
        for index, (x, y) in enumerate(piece):
            here = f"{number(x)} {number(y)}"
            if index == 0 or here != last:
                out.append(f"{'L' if index else 'M'}{here}")
            last = here
    return "".join(out)


def render(root: Element) -> str:
    """The document's text: one element a line, and a line feed at its end."""
    indent(root, space="")
    return tostring(root, encoding="unicode") + "\n"
