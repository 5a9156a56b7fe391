"""The palette: everything by its name, in Textual's own command palette."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual import on
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.widgets import Input

from microdc.health.model import Kind
from microdc_tui.frame.finding import Offer, find
from microdc_tui.glyphs import SIGNS
from microdc_tui.screens import SCREENS
from microdc_tui.subject import Subject
from microdc_tui.text import plain, typed
from microdc_tui.themes import THEMES

if TYPE_CHECKING:
    from microdc_tui.app import Face

_KEYS = (
    ("pause", "hold the picture, or go on", "pause"),
    ("log", "open or close the log", "log"),
    ("help", "all keys of this screen", "help"),
    ("lock", "open or close the lock that is before all changes", "write_lock"),
    ("screenshot", "write what is seen into an SVG file", "save_screenshot"),
    ("quit", "end the TUI", "quit"),
)


class Palette(CommandPalette):
    """Screens, actions on what is selected, sites, devices, themes and keys."""

    DEFAULT_CSS = """
    Palette > Vertical { margin-top: 1; width: 76; max-width: 100%; }
    Palette #--input { border: none; height: 1; margin: 1 0; }
    Palette SearchIcon { display: none; }
    Palette CommandInput, Palette CommandInput:focus { border: none; height: 1; padding: 0 2; }
    Palette CommandList { border: none; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__(providers=[Everything], placeholder="a screen, a site, a device, an action …")

    @on(Input.Changed)
    def take_no_control_characters(self, event: Input.Changed) -> None:
        """What is pasted may have some; the line is Textual's own."""
        if typed(event.value) != event.value:
            event.stop()
            event.prevent_default()
            event.input.value = typed(event.value)


class Everything(Provider):
    """All that can be gone to and done, as the board has it when the palette is opened."""

    async def startup(self) -> None:
        self._offers = list(offers(cast("Face", self.app)))

    async def discover(self) -> Hits:
        for offer in self._offers:
            if offer.weight > 0:
                yield DiscoveryHit(Content(offer.name), offer.do, offer.name, offer.told)

    async def search(self, query: str) -> Hits:
        for score, offer in find(query, self._offers):
            yield Hit(score, Content(offer.name), offer.do, offer.name, offer.told)


def offers(app: Face) -> Iterator[Offer]:
    """All offers; those with a weight are shown before anything is typed."""
    for entry in SCREENS:
        if entry.hotkey:
            yield Offer(entry.title, f"screen · {entry.hotkey}", partial(app.open_view, entry.name), 0.2)
    yield from _actions(app)
    for name, told, action in _KEYS:
        yield Offer(name, told, partial(app.run_action, f"app.{action}"), 0.1)
    for theme in THEMES:
        yield Offer(f"theme {theme.name}", "colours", partial(setattr, app, "theme", theme.name))
    board = app.board
    for site in board.sites(app.now):
        told = f"site · {SIGNS[site.state].word}"
        yield Offer(
            plain(site.site), told, partial(app.open_subject, Subject("site", site.site, site.site)), 0.05
        )
    for health in board.devices().values():
        device = health.device
        told = f"{device.kind.value} · {SIGNS[health.state].word}" + (
            f" · {plain(device.site)}" if device.site else ""
        )
        weight = 0.0 if device.kind is not Kind.NODE else -0.02  # a server before the node that it is
        yield Offer(
            plain(device.name),
            told,
            partial(app.open_subject, _subject(device.kind, device.name, device.site)),
            weight,
        )


def _actions(app: Face) -> Iterator[Offer]:
    """What can be done with what is selected; what cannot says why when it is chosen."""
    subject = None if app.view is None else app.view.subject()
    if subject is None:
        return
    for action in app.acts.offered(subject):
        told = plain(f"microdc {' '.join(action.argv)}")
        if action.blocked:
            told += f" · not now: {plain(action.blocked)}"
        do = partial(app.notify, action.blocked) if action.blocked else partial(app.acts.choose, action)
        yield Offer(action.title, told, do, 0.15)


def _subject(kind: Kind, name: str, site: str) -> Subject:
    return Subject(kind.value, name, site)
