"""All screens, one line each: a screen is a file with a `View` in it, imported when it is first shown."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from microdc_tui.screens.base import View
    from microdc_tui.subject import Subject


class ScreenEntry(NamedTuple):
    """place: `module:class` below this package. hotkey: "" where it is only reached from a subject. subjects: the kinds that it tells more of."""

    name: str
    place: str
    hotkey: str
    title: str
    subjects: tuple[str, ...] = ()

    def view(self, subject: Subject | None = None) -> View:
        """A new view, of a subject where one is given."""
        module, _, name = self.place.partition(":")
        made: View = getattr(import_module(f"{__name__}.{module}"), name)(subject)
        return made


SCREENS: tuple[ScreenEntry, ...] = (
    ScreenEntry("sites", "sites:Sites", "S", "Sites"),
    ScreenEntry("wan", "wan:Wan", "W", "WAN", ("pair",)),
    ScreenEntry("racks", "rack:Racks", "R", "Racks", ("site", "rack")),
    ScreenEntry("devices", "devices:Devices", "E", "Devices"),
    ScreenEntry("server", "server:Server", "", "Server", ("server",)),
    ScreenEntry("switch", "switch:Switch", "", "Switch", ("switch",)),
    ScreenEntry("shaper", "shaper:Shaper", "", "Shaper", ("shaper",)),
    ScreenEntry("deployments", "deployments:Deployments", "D", "Deployments"),
    ScreenEntry("node", "node:NodeView", "", "Node", ("node",)),
    ScreenEntry("alerts", "alerts:Alerts", "A", "Alerts"),
    ScreenEntry("journal", "journal:Journal", "J", "Journal"),
    ScreenEntry("entry", "entry:EntryView", "", "Entry", ("entry",)),
    ScreenEntry("leases", "leases:Leases", "L", "Leases"),
)  # fmt: skip
"""In the order of the palette and of the help; the first is where the app starts."""
