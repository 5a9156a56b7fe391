"""What a shaper of the WAN has laid: at a glance, overlay by overlay, and direction by direction as `microdc wan show` tells. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.content import Content

from microdc.health.model import Kind
from microdc_tui.devices import wording
from microdc_tui.devices.overview import label_lines, state_lines, told_lines
from microdc_tui.devices.pane import PAIRS, Line, Pane, Scene, dim, pair, verdict
from microdc_tui.moments import clock
from microdc_tui.readings.fields import Document, number, part, parts, text, texts
from microdc_tui.subject import Subject
from microdc_tui.text import plain
from microdc_tui.widgets.rows import Cell, Column
from microdc_tui.widgets.spark import spark

INVENTORY = "inventory"
"""The name of the layer at the bottom: what the inventory asks, which no undo takes away."""


def overview(scene: Scene) -> list[Line]:
    """How it is, whether its agent answers, what lies there, and where it stands."""
    ports = ", ".join(texts(scene.health.facts, "ports"))
    return [
        *state_lines(scene),
        *_agent(scene),
        *_count(scene, "overlays", "overlays"),
        *_count(scene, "drifted", "drifted", bad=True),
        *told_lines(scene, (("host", "host"),)),
        *((pair("ports", "shapes at", ports, more=ports),) if ports else ()),
        *_server(scene),
        *label_lines(scene.health.device),
    ]


def _agent(scene: Scene) -> Iterator[Line]:
    """Whether it ends overlays on time. Of one that cannot be asked the last word is old, and is not told as if it held."""
    value = scene.health.figures.get("agent_up")
    if value is None:
        return
    if scene.health.trouble is not None:
        told = verdict("unknown", "not heard now")
    else:
        told = verdict("ok", "runs") if value >= 0.5 else verdict("down", "does not run")
    yield pair("agent", "agent", told.pad_right(max(0, 15 - told.cell_length)) + _curve(scene, "agent_up"))


def _count(scene: Scene, name: str, title: str, *, bad: bool = False) -> Iterator[Line]:
    value = scene.health.figures.get(name)
    if value is not None:
        told = f"{wording.number(value):<15}"
        shown = Content.styled(told, "$warning") if bad and value else Content(told)
        yield pair(name, title, shown + _curve(scene, name))


def _curve(scene: Scene, name: str) -> Content:
    """From nothing upward: of a count that stands still the height says how it stands."""
    values = scene.series(name)
    highest = max((value for value in values if value is not None), default=1.0)
    return spark(values, max(8, min(48, scene.width - 32)), low=0.0, high=max(1.0, highest))


def _server(scene: Scene) -> Iterator[Line]:
    """The server that shapes at its own edge."""
    device = scene.health.device
    if scene.other(f"{Kind.SERVER}/{device.name}") is not None:
        lead = Subject("server", device.name, device.site)
        yield pair("server", "server", f"{device.name}  (Enter tells more)", leads=lead)


def overlays(scene: Scene) -> list[Line]:
    """The topmost first: what lies above hides what lies below."""
    laid = reversed(parts(scene.health.facts, "overlays"))
    return [_overlay(scene, place, one) for place, one in enumerate(laid)]


def _overlay(scene: Scene, place: int, one: Document) -> Line:
    name, owner, what = text(one, "id"), text(one, "owner"), text(one, "what")
    pairs, until = texts(one, "pairs"), number(one, "until")
    base = name == INVENTORY
    shown = what or ("what the inventory asks" if base else "-")
    cells = (
        dim(name) if base else plain(name),
        plain(owner),
        _left(until, scene.now),
        plain(_some(pairs)),
        plain(shown),
    )
    ends = f"until {clock(until, scene.now)}" if until is not None else "stays until it is taken away"
    told = (
        f"{name} of {owner}: {shown}",
        ends,
        ", ".join(pairs) or "lies over no pair",
        *_asked(scene, name),
    )
    about = None if base or not name else Subject("overlay", name)
    labels = {"owner": owner, "overlay": name}
    return Line(f"{name} {place}", cells, "; ".join(told), _first(scene, pairs), labels, about)


def _asked(scene: Scene, name: str) -> Iterator[str]:
    """What is known of an overlay only where all shapers were asked."""
    for one in parts(scene.answer("show"), "overlays"):
        if text(one, "id") == name:
            for key, words in (("cuts", "cuts"), ("missing_on", "is missing on")):
                if texts(one, key):
                    yield f"{words} {', '.join(texts(one, key))}"


def _left(until: float | None, now: float) -> Cell:
    """How long it lies there still."""
    if until is None:
        return dim("stays")
    return wording.span(until - now) if until > now else dim("over")


def _some(pairs: Sequence[str]) -> str:
    return f"{pairs[0]} +{len(pairs) - 1}" if len(pairs) > 1 else pairs[0] if pairs else "-"


def _first(scene: Scene, pairs: Sequence[str]) -> Subject | None:
    """The first of the pairs that is watched."""
    found = (_pair(scene, *name.partition(":")[::2]) for name in pairs)
    return next((one for one in found if one is not None), None)


def _pair(scene: Scene, a: str, b: str) -> Subject | None:
    """The pair of two sites, whichever of them it names first."""
    for name in (f"{a}:{b}", f"{b}:{a}"):
        if scene.other(f"{Kind.PAIR}/{name}") is not None:
            return Subject("pair", name)
    return None


def directions(scene: Scene) -> list[Line]:
    """What it shapes, of all that `microdc wan show` tells."""
    shown = parts(scene.answer("show"), "directions")
    mine = [one for one in shown if text(one, "emulator") == scene.health.device.name]
    return [_direction(scene, place, one) for place, one in enumerate(mine)]


def _direction(scene: Scene, place: int, one: Document) -> Line:
    source, target, interface = text(one, "from"), text(one, "to"), text(one, "interface")
    asked, overlay, lost = part(one, "asked"), text(one, "overlay"), number(one, "lost")
    packets = number(part(one, "sent"), "packets")
    as_asked = one.get("as_asked") is not False
    kernel = verdict("ok", "as laid") if as_asked else verdict("degraded", "drifted")
    cells = (
        plain(f"{source} → {target}"),
        plain(interface),
        _delay(number(asked, "owd")),
        wording.bits(number(asked, "rate")),
        _loss(asked),
        plain(overlay) if overlay not in {"", INVENTORY} else dim(overlay or "-"),
        kernel if overlay or not as_asked else dim("clean"),
    )
    counted = (
        f"{packets:,.0f} packets went through, {lost or 0:,.0f} were lost" if packets is not None else ""
    )
    more = "; ".join(filter(None, (f"{source} → {target} at {interface}", text(one, "origin"), counted)))
    labels = {"from": source, "to": target, "overlay": overlay, "drifted": "no" if as_asked else "yes"}
    lead = _pair(scene, source, target)
    return Line(f"{source} {target} {interface} {place}", cells, more, lead, labels, lead)


def _delay(nanoseconds: float | None) -> str:
    """One way."""
    return "-" if nanoseconds is None else f"{nanoseconds / 1e6:.4g} ms"


def _loss(asked: Document) -> str:
    if part(asked, "loss_model"):
        return "in runs"
    share = number(asked, "loss")
    return "-" if share is None else f"{share:.3g} %"


SHOW = {"show": ("wan", "show")}

OVERVIEW = Pane("overview", "Overview", PAIRS, overview, live=True)
OVERLAYS = Pane(
    "overlays",
    "Overlays",
    (
        Column("id", "overlay", 12),
        Column("owner", "owner", 12),
        Column("left", "ends in", 9, align="right"),
        Column("pairs", "pairs", 22),
        Column("what", "what", least=10),
    ),
    overlays,
    lambda _: SHOW,
    needed=lambda scene: "overlays" not in scene.health.facts,
    empty="Nothing is laid on it: microdc apply lays what the inventory asks.",
    live=True,
)
DIRECTIONS = Pane(
    "directions",
    "Directions",
    (
        Column("direction", "direction", least=16),
        Column("port", "port", 7),
        Column("owd", "delay", 8, align="right"),
        Column("rate", "rate", 5, align="right"),
        Column("loss", "loss", 7, align="right"),
        Column("overlay", "overlay", 9),
        Column("kernel", "kernel", 9),
    ),
    directions,
    lambda _: SHOW,
    empty="It shapes no direction.",
    polled=False,
)
