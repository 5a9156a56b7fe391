"""A server: what is known of it at a glance, and in panes its hardware, sensors, log, boot and cables."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from microdc_tui.devices import booting, cables, eventlog, hardware, overview, sensors
from microdc_tui.devices.pane import Pane
from microdc_tui.screens.panes import Panes, numbered
from microdc_tui.subject import SubjectKind


class Server(Panes):
    """Enter on a cable goes to the switch at its other end, Enter on the node to its deployment."""

    HELP_TEXT: ClassVar[str] = (
        "What is polled shows at once; hardware, log, boot and cables are asked of the BMC and the switches when their pane is first opened, and again by r. "
        "The line below names the command that was asked, and how long ago."
    )
    KIND: ClassVar[SubjectKind] = "server"
    PANES: ClassVar[tuple[Pane, ...]] = (
        overview.SERVER,
        hardware.PANE,
        sensors.PANE,
        eventlog.PANE,
        booting.PANE,
        cables.SERVER,
    )
    BINDINGS: ClassVar[list[BindingType]] = numbered(PANES)
