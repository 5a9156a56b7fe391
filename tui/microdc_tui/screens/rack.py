"""The racks of a site: servers and switches in their units, with what is to be seen of each at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from microdc.health.model import DeviceHealth, Place
from microdc_tui.devices import wording
from microdc_tui.devices.elevation import MOUNTED, Frame, frames
from microdc_tui.devices.glance import detail
from microdc_tui.devices.pane import dim
from microdc_tui.glyphs import GRAVITY, SIGNS, sign
from microdc_tui.screens.base import View
from microdc_tui.subject import Subject
from microdc_tui.text import plain, said
from microdc_tui.widgets.bars import Line
from microdc_tui.widgets.filterbar import FilterBar
from microdc_tui.widgets.foot import Foot
from microdc_tui.widgets.rackview import RackView

if TYPE_CHECKING:
    from microdc.health.board import Board


class Racks(View):
    """Of the site that it was opened for; without one, of the first that has something in its racks."""

    DEFAULT_CSS = """
    Racks > .site { padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "unfold", "All units"),
        Binding("right_square_bracket", "site(1)", "Next site", key_display="]"),
        Binding("left_square_bracket", "site(-1)", "Site before", show=False),
    ]
    HELP_TEXT: ClassVar[str] = (
        "Arrows go from device to device and from rack to rack, ] and [ from site to site. Empty units are drawn together; u draws each. "
        "The figures: air that comes in, the hottest sensor, revolutions of the slowest fan or ✗ and how many failed, what is drawn. A filter dims what it is not about."
    )

    def __init__(self, about: Subject | None = None) -> None:
        super().__init__(about)
        self._site = ""
        self._wanted = ""
        if about is not None:
            self._site, self._wanted = (
                about.site or about.name.partition("/")[0],
                about.name.partition("/")[2],
            )
        self._folded = True
        self._drawn: tuple[int, str, bool] | None = None
        self._frames: tuple[Frame, ...] = ()

    def body(self) -> ComposeResult:
        yield Line(classes="site")
        view = RackView(id="racks")
        view.add_class("body")
        yield view
        yield Foot()

    def on_mount(self) -> None:
        self.query_one(RackView).focus()

    def crumbs(self) -> str:
        return self._site or "racks"

    def refresh_view(self, board: Board, changed: frozenset[str], now: float) -> None:
        """The racks are laid out anew only where the fleet or the site is another one."""
        place = self._place(board)
        if place is None:
            self.query_one(".site", Line).tell(self._unknown(board))
            self.query_one(RackView).show((), {})
            return
        drawn = (board.generation, place.name, self._folded)
        if drawn != self._drawn:
            self._drawn = drawn
            devices = (health.device for health in board.devices().values())
            self._frames = frames(place, devices, folded=self._folded)
        elif not changed:
            self._head(board, place, now)
            return
        keys = [device.key for frame in self._frames for device in frame.devices]
        view = self.query_one(RackView)
        view.show(self._frames, {key: board.device(key) for key in keys})
        self._go_to_rack(view)
        self._head(board, place, now)
        self._more()

    def _go_to_rack(self, view: RackView) -> None:
        """A screen that was opened for a rack begins there."""
        if self._wanted:
            wanted = next((one for one in self._frames if one.name == self._wanted and one.devices), None)
            self._wanted = ""
            if wanted is not None:
                view.select(wanted.devices[0].key)

    def _place(self, board: Board) -> Place | None:
        places = board.fleet.sites
        if not self._site:
            homes = {one.device.site for one in board.devices().values() if one.device.kind in MOUNTED}
            first = next((place for place in places if place.name in homes), None)
            self._site = first.name if first is not None else ""
        return next((place for place in places if place.name == self._site), None)

    def _unknown(self, board: Board) -> Content:
        if not board.fleet.devices:
            return dim("nothing is known yet of any site")
        return Content.styled(
            f"○ the inventory has no site {plain(self._site)}" if self._site else "○ no site has a rack",
            "$warning",
        )

    def _head(self, board: Board, place: Place, now: float) -> None:
        site = next((one for one in board.sites(now) if one.site == place.name), None)
        healths = [board.device(device.key) for frame in self._frames for device in frame.devices]
        parts = [sign(site.state)] if site is not None else []
        parts += [Content.styled(plain(place.title or place.name), "bold")]
        parts += [said(_counts(healths))]
        draw = [one.figures["draw_watts"] for one in healths if "draw_watts" in one.figures]
        parts += [Content(wording.watts(sum(draw)))] if draw else []
        if site is not None and site.reasons:
            first = site.reasons[0]
            told = (first.device.partition("/")[2], first.reason.where, first.reason.what)
            parts.append(said(": ".join(filter(None, told)), SIGNS[site.state].style))
        oldest = site.oldest if site is not None else None
        age = dim(f"oldest sample {wording.span(oldest)}") if oldest is not None else Content()
        self.query_one(".site", Line).tell(Content("   ").join(parts), age)

    def subject(self) -> Subject | None:
        health = self._selected()
        if health is None:
            return Subject("site", self._site, self._site) if self._site else None
        device = health.device
        return Subject("switch" if device.kind.value == "switch" else "server", device.name, device.site)

    def apply_filter(self, expression: str) -> str:
        view = self.query_one(RackView)
        view.filter(expression)
        return f"{view.matching} of {view.total}"

    def on_filter_bar_closed(self, event: FilterBar.Closed) -> None:
        """Back to the racks, which are no table."""
        event.prevent_default()
        event.stop()
        self.query_one(RackView).focus()

    def _selected(self) -> DeviceHealth | None:
        key, board = self.query_one(RackView).selected, self.app.board
        return board.device(key) if key is not None and key in board else None

    def _more(self) -> None:
        self.query_one(Foot).tell(detail(self._selected(), self.app.board.fleet.problems))

    def on_rack_view_highlighted(self, event: RackView.Highlighted) -> None:
        event.stop()
        self._more()

    def on_rack_view_selected(self, event: RackView.Selected) -> None:
        event.stop()
        self.open_subject()

    def action_unfold(self) -> None:
        """Draws every unit, or those without a device together again."""
        self._folded = not self._folded
        self._refresh()

    def action_site(self, by: int) -> None:
        """The racks of the next site of the fleet."""
        names = [place.name for place in self.app.board.fleet.sites]
        if self._site in names:
            self._site = names[(names.index(self._site) + by) % len(names)]
            self._refresh()

    def _refresh(self) -> None:
        self.app.show_view(self)


def _counts(healths: list[DeviceHealth]) -> str:
    """How many devices are in which state, the gravest first."""
    states = [one.state for one in healths]
    return "  ".join(
        f"{SIGNS[state].glyph} {states.count(state)}"
        for state in sorted(set(states), key=GRAVITY.__getitem__)
    )
