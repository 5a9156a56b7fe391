"""Cables: of a server's ports with the switch ports where they should end, and of a switch; with the verdicts of `microdc cabling check`. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from microdc.health.model import Kind
from microdc_tui.devices import glance, ports, wording
from microdc_tui.devices.pane import Line, Pane, Scene, dim, verdict
from microdc_tui.readings.fields import NOTHING, Document, number, part, parts, text, texts
from microdc_tui.text import plain
from microdc_tui.widgets.rows import Cell, Column

_SERVER_COLUMNS = (
    Column("nic", "port", 8),
    Column("verdict", "cable", 12),
    Column("at", "ends at", 18),
    Column("state", "there", 10),
    Column("rate", "in/out", 11, align="right"),
    Column("why", "why", least=8),
)
_SWITCH_COLUMNS = (
    Column("verdict", "cable", 12),
    Column("port", "port", 10),
    Column("declared", "declared", 18),
    Column("why", "why", least=12),
)
_LOOKS = {
    "right": "ok",
    "wrong": "critical",
    "wrong vlan": "critical",
    "missing": "warning",
    "one side": "warning",
    "stranger": "warning",
}
_ORDER = ("wrong", "wrong vlan", "missing", "one side", "stranger", "unknown", "right")


def server_lines(scene: Scene) -> list[Line]:
    """The server's ports as they are declared: by the inventory, by what is said of its cables, by the switches that name it as a far end."""
    own = f"{scene.health.device.name}:"
    said = _said(scene, own)
    declared = _declared(scene)
    for end, verdict_ in said.items():
        other = text(verdict_, "b") if text(verdict_, "a") == end else text(verdict_, "a")
        declared.setdefault(end.removeprefix(own), _end(other))
    for switch, port in _live(scene, own):
        declared.setdefault(
            text(port, "far").removeprefix(own), {"switch": switch, "port": text(port, "name")}
        )
    return [_nic(scene, nic, end, said.get(own + nic, NOTHING)) for nic, end in declared.items()]


def _declared(scene: Scene) -> dict[str, Document]:
    told = scene.answer("declared")
    ends: dict[str, Document] = {
        name: nic for name, nic in part(told, "nics").items() if isinstance(nic, Mapping)
    }
    bmc = part(part(told, "bmc"), "nic")
    return {**ends, "bmc": bmc} if bmc else ends


def _said(scene: Scene, own: str) -> dict[str, Document]:
    """Verdicts by this server's end; of a cable and of its port's VLAN the graver one."""
    found: dict[str, Document] = {}
    for one in parts(scene.answer("cabling"), "verdicts"):
        end = next((text(one, key) for key in ("a", "b") if text(one, key).startswith(own)), "")
        before = found.get(end)
        if end and (before is None or _gravity(text(one, "kind")) < _gravity(text(before, "kind"))):
            found[end] = one
    return found


def _end(text_: str) -> Document:
    switch, _, port = text_.partition(":")
    return {"switch": switch, "port": port}


def _live(scene: Scene, own: str) -> Iterator[tuple[str, Document]]:
    """Ports of switches of the same site whose cable should end here."""
    for health in scene.all().values():
        if health.device.kind is Kind.SWITCH and health.device.site == scene.health.device.site:
            for port in parts(health.facts, "ports"):
                if text(port, "far").startswith(own):
                    yield health.device.name, port


def _nic(scene: Scene, name: str, end: Document, said: Document) -> Line:
    switch, port = text(end, "switch"), text(end, "port")
    at = f"{switch}:{port}" if port else switch
    own = f"{scene.health.device.name}:{name}"
    live = ports.port_of(scene.other(f"switch/{switch}"), port, own) if switch else None
    rate = f"{wording.bits(number(live, 'in'))}/{wording.bits(number(live, 'out'))}" if live else "-"
    cells = (
        plain(name),
        _verdict(said),
        plain(at or "not declared"),
        _there(scene, name, live),
        rate,
        dim(text(said, "reason")),
    )
    mac = f"{name} has {text(end, 'mac')}" if text(end, "mac") else name
    more = "; ".join(filter(None, (mac, _more(said))))
    return Line(name, cells, more, ports.lead(scene, at), {"cable": text(said, "kind"), "switch": switch})


def _there(scene: Scene, name: str, live: Document | None) -> Cell:
    """The switch's port as it is now."""
    if live is None:
        return dim("-")
    idle = glance.power_word(scene.health) == "off" and name != "bmc"
    speed = number(live, "speed")
    return ports.state(live, idle=idle) + dim(f" {wording.bits(speed)}" if speed else "")


def switch_lines(scene: Scene) -> list[Line]:
    """The verdicts on this switch's ports, what asks for a person first."""
    own = f"{scene.health.device.name}:"
    said = [one for one in parts(scene.answer("cabling"), "verdicts") if _about(one, own)]
    said.sort(key=lambda one: _gravity(text(one, "kind")))
    shown = [_switch_line(scene, place, one, own) for place, one in enumerate(said)]
    unread = parts(scene.answer("cabling"), "unread")
    return [*shown, *(_unread(place, one) for place, one in enumerate(unread))]


def _about(said: Document, own: str) -> bool:
    return any(text(said, key).startswith(own) for key in ("port", "a", "b"))


def _gravity(kind: str) -> int:
    return _ORDER.index(kind) if kind in _ORDER else _ORDER.index("unknown")


def _switch_line(scene: Scene, place: int, said: Document, own: str) -> Line:
    a, b = text(said, "a"), text(said, "b")
    far = a if b.startswith(own) else b
    port = text(said, "port").removeprefix(own)
    cells = (_verdict(said), plain(port), plain(far or "-"), dim(text(said, "reason")))
    return Line(
        f"{port} {far} {place}", cells, _more(said), ports.lead(scene, far), {"cable": text(said, "kind")}
    )


def _unread(place: int, one: Document) -> Line:
    told = f"{text(one, 'switch')} was not read: {text(one, 'error')}"
    return Line(f"unread {place}", (verdict("warning", "not read"), "", "", plain(told)), told)


def _verdict(said: Document) -> Cell:
    kind = text(said, "kind")
    return verdict(_LOOKS.get(kind, "unknown"), kind) if kind else dim("-")


def _more(said: Document) -> str:
    """All of a verdict, with what the switches told."""
    told = [text(said, "reason")]
    told += [f"there is {text(said, 'there')}"] if text(said, "there") else []
    told += [f"its own end is at {text(said, 'stands')}"] if text(said, "stands") else []
    told += [f"changed places with {', '.join(texts(said, 'crossed'))}"] if texts(said, "crossed") else []
    told += [
        f"{text(one, 'by')} of {text(one, 'port')}: {text(one, 'told')}" for one in parts(said, "evidence")
    ]
    told += [f"declared in {text(said, 'where')}"] if text(said, "where") else []
    return "; ".join(filter(None, told))


SERVER = Pane(
    "cables",
    "Cables",
    _SERVER_COLUMNS,
    server_lines,
    lambda device: {
        "declared": ("inventory", "show", device.name),
        "cabling": ("cabling", "check", device.site, "--all"),
    },
    empty="The inventory declares no port of this server (`nics`).",
)
SWITCH = Pane(
    "cables",
    "Cables",
    _SWITCH_COLUMNS,
    switch_lines,
    lambda device: {"cabling": ("cabling", "check", device.name, "--all")},
    empty="The inventory declares no cable to this switch, and it hears nobody.",
    polled=False,
)
