"""What an action is done to: by it two are known to meet. Pure."""

from __future__ import annotations

from microdc.health.board import Board
from microdc.health.model import Kind
from microdc_tui.subject import Subject


def reach(subject: Subject, board: Board) -> frozenset[str]:
    """The keys of a subject and of all that is in it: servers of a site and of a rack. A node is the server that it runs on."""
    if subject.kind in {"node", "server"}:
        return frozenset({f"{Kind.SERVER}/{subject.name}"})
    if subject.kind == "site":
        place, rack = subject.name, None
    elif subject.kind == "rack":
        place, _, rack = subject.name.partition("/")
    else:
        return frozenset({subject.key})
    servers = (
        one.device
        for one in board.devices().values()
        if one.device.kind is Kind.SERVER and one.device.site == place
    )
    return frozenset({subject.key, *(one.key for one in servers if rack is None or one.rack == rack)})
