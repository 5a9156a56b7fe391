"""A switch: its ports with what goes through them, its cables against what is declared, and the tables that it keeps."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from microdc_tui.devices import cables, overview, ports, tables
from microdc_tui.devices.pane import Pane
from microdc_tui.screens.panes import Panes, numbered
from microdc_tui.subject import SubjectKind


class Switch(Panes):
    """Enter on a port or a cable goes to the device at its other end."""

    HELP_TEXT: ClassVar[str] = (
        "Ports are as polled: rates in bit/s, errors a second, flaps since the polling began; err/s and flaps are coloured where there are any. "
        "Neighbours, VLANs, MAC addresses and cables are asked of the switch when their pane is first opened, and again by r. A port that is down under a declared cable is marked."
    )
    KIND: ClassVar[SubjectKind] = "switch"
    PANES: ClassVar[tuple[Pane, ...]] = (
        overview.SWITCH,
        ports.PANE,
        cables.SWITCH,
        tables.NEIGHBOURS,
        tables.VLANS,
        tables.MACS,
        tables.PARTS,
    )
    BINDINGS: ClassVar[list[BindingType]] = numbered(PANES)
