"""The ports of a switch: what is polled of them, or what `microdc switch ports` tells. Pure."""

from __future__ import annotations

from textual.content import Content

from microdc.health.model import DeviceHealth, Kind
from microdc_tui.devices import wording
from microdc_tui.devices.glance import power_word
from microdc_tui.devices.pane import Line, Pane, Scene, dim, verdict
from microdc_tui.readings.fields import Document, number, parts, text
from microdc_tui.subject import Subject
from microdc_tui.text import plain
from microdc_tui.widgets.rows import Column

_COLUMNS = (
    Column("port", "port", 10),
    Column("state", "state", 8),
    Column("speed", "speed", 5, align="right"),
    Column("in", "in", 6, align="right"),
    Column("out", "out", 6, align="right"),
    Column("errors", "err/s", 6, align="right"),
    Column("flaps", "flaps", 5, align="right"),
    Column("far", "far end"),
)


def lines(scene: Scene) -> list[Line]:
    """As the switch orders them."""
    polled = parts(scene.health.facts, "ports")
    return [
        _line(scene, place, one) for place, one in enumerate(polled or parts(scene.answer("ports"), "ports"))
    ]


def _line(scene: Scene, place: int, one: Document) -> Line:
    name, far = text(one, "name"), text(one, "far")
    word = state_word(one)
    told = far or text(one, "alias") or text(one, "description")
    errors, flaps = number(one, "errors"), number(one, "flaps")
    cells = (
        plain(name),
        state(one, idle=idle(scene, far)),
        dim(wording.bits(number(one, "speed"))),
        wording.bits(number(one, "in")),
        wording.bits(number(one, "out")),
        _bad(errors),
        _bad(flaps),
        plain(told) if far else dim(told),
    )
    more = f"{name} is {word}" + (f"; its cable should end at {far}" if far else "")
    return Line(
        f"{name} {place}", cells, more, lead(scene, far), {"state": word, "far": far.partition(":")[0]}
    )


def _bad(value: float | None) -> str | Content:
    """A count that should be none."""
    return Content.styled(wording.number(value), "$warning") if value else wording.number(value)


def state_word(port: Document) -> str:
    """up, down, off where it was turned off, or what else the switch says."""
    return "off" if text(port, "admin") == "down" else text(port, "oper") or "-"


def idle(scene: Scene, far: str) -> bool:
    """Whether the server at the far end is off, so that no link is to be expected of its ports."""
    device, _, port = far.partition(":")
    found = scene.other(f"{Kind.SERVER}/{device}") if device else None
    return found is not None and port != "bmc" and power_word(found) == "off"


def state(port: Document, *, idle: bool = False) -> Content:
    """A port's state; one that is down under a declared cable is worse than one that nobody uses, or whose server is off (idle)."""
    word = state_word(port)
    if word == "up":
        return verdict("ok", word)
    if word == "down" and text(port, "far") and not idle:
        return verdict("down", word)
    return verdict("unknown", word) if word in {"down", "-", "unknown"} else verdict("info", word)


def lead(scene: Scene, end: str) -> Subject | None:
    """The device at the end `device:port` of a cable, where it is one that is watched."""
    device = end.partition(":")[0]
    for kind in (Kind.SERVER, Kind.SWITCH) if device else ():
        found = scene.other(f"{kind}/{device}")
        if found is not None:
            return Subject("server" if kind is Kind.SERVER else "switch", device, found.device.site)
    return None


def port_of(switch: DeviceHealth | None, name: str, far: str) -> Document | None:
    """What is polled of a port: of the one whose cable should end at `far`, since documents may call a port otherwise than the switch does."""
    ports = parts(switch.facts, "ports") if switch is not None else ()
    meant = next((one for one in ports if text(one, "far") == far), None)
    return meant or next((one for one in ports if name and text(one, "name") == name), None)


PANE = Pane(
    "ports",
    "Ports",
    _COLUMNS,
    lines,
    lambda device: {"ports": ("switch", "ports", device.name)},
    needed=lambda scene: not parts(scene.health.facts, "ports"),
    empty="The switch has told of no port.",
)
