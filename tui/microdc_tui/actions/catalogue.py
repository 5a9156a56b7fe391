"""All actions: a file of them is one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from microdc.health.board import Board
from microdc_tui.actions import deploy, lease, power, wan
from microdc_tui.actions.model import Action
from microdc_tui.subject import Subject

Offers = Callable[[Subject, Board], tuple[Action, ...]]

CATALOGUE: Final[tuple[Offers, ...]] = (power.offers, wan.offers, deploy.offers, lease.offers)
"""In the order in which a menu shows them."""


def offered(subject: Subject, board: Board, refusal: str = "", busy: str = "") -> tuple[Action, ...]:
    """What can be done with a subject. refusal: why nothing can be changed at all; busy: what goes on with it already."""
    found = (action for offers in CATALOGUE for action in offers(subject, board))
    why = f"{busy} goes on with it" if busy else ""
    return tuple(replace(action, refused=why or action.refused, locked=refusal) for action in found)
