"""A shaper of the WAN: an emulator, or a server that shapes at its edge; what is laid on it, on which directions, and what is no longer so."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from microdc_tui.devices import drift, shaping
from microdc_tui.devices.pane import Pane
from microdc_tui.screens.panes import Panes, numbered
from microdc_tui.subject import SubjectKind


class Shaper(Panes):
    """Enter on an overlay or a direction goes to its pair in the WAN; what is done on an overlay is about that overlay."""

    HELP_TEXT: ClassVar[str] = (
        "Overlays are as polled, the topmost first: what lies above hides what lies below. Enter goes to the pair, a offers to take an overlay away. Directions and what "
        "the kernel counted are asked when their pane is first opened, and again by r. What somebody else changed in the kernel stands under Drift."
    )
    KIND: ClassVar[SubjectKind] = "shaper"
    PANES: ClassVar[tuple[Pane, ...]] = (
        shaping.OVERVIEW,
        shaping.OVERLAYS,
        shaping.DIRECTIONS,
        drift.PANE,
    )
    BINDINGS: ClassVar[list[BindingType]] = numbered(PANES)
