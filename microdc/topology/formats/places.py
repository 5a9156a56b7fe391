"""Which coordinates are places on the earth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from microdc.topology.formats.model import Ledger, Node
from microdc.topology.geo import Place

PIXELS = 0.1
"""Share of coordinates out of range from which on all of a file are taken for a drawing's: more than slips of the pen."""


def check_places(nodes: Sequence[Node], ledger: Ledger) -> list[Node]:
    """The nodes, without the coordinates that cannot be used; all of them where the file gives pixels."""
    stated = [node for node in nodes if node.at is not None]
    outside = sum(1 for node in stated if _is_outside(node.at))
    if stated and outside / len(stated) > PIXELS:
        why = f"{outside} of {len(stated)} coordinates are no degrees: those of a drawing, and none is used"
        for node in stated:
            ledger.dropped(why, node)
        return [replace(node, at=None) for node in nodes]
    return [_checked(node, ledger) for node in nodes]


def _is_outside(at: Place | None) -> bool:
    return at is not None and (abs(at[0]) > 90 or abs(at[1]) > 180)


def _checked(node: Node, ledger: Ledger) -> Node:
    if node.at is None:
        return node
    latitude, longitude = node.at
    if not (math.isfinite(latitude) and math.isfinite(longitude)):
        ledger.dropped("its coordinates are not two numbers", node)
    elif _is_outside(node.at):
        ledger.dropped(f"its coordinates are not on the earth: {latitude:g}, {longitude:g}", node)
    elif latitude == longitude == 0:
        ledger.dropped(
            "its coordinates are 0, 0, in the middle of the sea: what programs write for none", node
        )
    else:
        return replace(node, at=(round(latitude, 6), round(longitude, 6)))
    return replace(node, at=None)
