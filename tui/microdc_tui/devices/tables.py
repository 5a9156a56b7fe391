"""What a switch knows of others: neighbours, VLANs, MAC addresses; and what it is made of. Pure."""

from __future__ import annotations

from microdc_tui.devices import wording
from microdc_tui.devices.pane import Line, Pane, Scene, dim, verdict
from microdc_tui.devices.ports import lead
from microdc_tui.readings.fields import Document, count, number, part, parts, text, texts
from microdc_tui.text import plain
from microdc_tui.widgets.rows import Column


def neighbours(scene: Scene) -> list[Line]:
    """Who is heard on which port."""
    return [
        _neighbour(scene, place, one)
        for place, one in enumerate(parts(scene.answer("neighbours"), "neighbours"))
    ]


def _neighbour(scene: Scene, place: int, one: Document) -> Line:
    port, system, far = text(one, "port"), text(one, "system"), text(part(one, "remote_port"), "text")
    chassis, management = text(part(one, "chassis"), "text"), ", ".join(texts(one, "management"))
    cells = (
        plain(port),
        plain(system) if system else dim("-"),
        plain(far),
        dim(chassis),
        dim(management),
        dim(text(one, "protocol")),
    )
    described = text(one, "system_description") or text(one, "platform")
    more = " ".join(filter(None, (system or chassis, far, management, described)))
    return Line(f"{port} {place}", cells, more, lead(scene, f"{system}:"), {"system": system})


def vlans(scene: Scene) -> list[Line]:
    """VLANs with their ports."""
    shown = []
    for place, one in enumerate(parts(scene.answer("vlans"), "vlans")):
        untagged, tagged = ", ".join(texts(one, "untagged")), ", ".join(texts(one, "tagged"))
        number_ = str(count(one, "id"))
        more = f"VLAN {number_} {text(one, 'name')}: untagged {untagged or 'nowhere'}, tagged {tagged or 'nowhere'}"
        cells = (number_, plain(text(one, "name")), plain(untagged or "-"), plain(tagged or "-"))
        shown.append(Line(f"{number_} {place}", cells, more, labels={"vlan": number_}))
    return shown


def macs(scene: Scene) -> list[Line]:
    """The forwarding table."""
    shown = []
    for place, one in enumerate(parts(scene.answer("macs"), "addresses")):
        vlan = text(one, "vlan")
        how = "learned" if one.get("learned") else "its own or configured"
        cells = (
            text(one, "mac") and plain(text(one, "mac")),
            plain(text(one, "port")),
            plain(vlan) or "-",
            dim(how),
        )
        labels = {"port": text(one, "port"), "vlan": vlan}
        shown.append(Line(f"{text(one, 'mac')} {place}", cells, labels=labels))
    return shown


def made_of(scene: Scene) -> list[Line]:
    """Findings first, then sensors and parts."""
    told = scene.answer("show")
    return [
        *(_finding(place, one) for place, one in enumerate(parts(told, "findings"))),
        *(_sensor(place, one) for place, one in enumerate(parts(told, "sensors"))),
        *(_component(place, one) for place, one in enumerate(parts(told, "components"))),
    ]


def _finding(place: int, one: Document) -> Line:
    where, what = text(one, "where"), text(one, "what")
    cells = (verdict(text(one, "severity")), plain(where), plain(what))
    return Line(f"finding {place}", cells, f"{where}: {what}".removeprefix(": "), labels={"part": "finding"})


def _sensor(place: int, one: Document) -> Line:
    value = number(one, "value")
    well = one.get("ok")
    health = verdict("ok" if well else "critical") if isinstance(well, bool) else dim("-")
    cells = (health, plain(text(one, "name")), wording.reading(value, text(one, "unit")))
    return Line(f"sensor {place}", cells, labels={"part": "sensor"})


def _component(place: int, one: Document) -> Line:
    kind = text(one, "kind")
    told = [text(one, key) for key in ("model", "description")]
    told += [
        f"{key} {text(one, key)}" for key in ("serial", "hardware", "firmware", "software") if text(one, key)
    ]
    what = ", ".join(filter(None, told))
    cells = (dim(kind), plain(text(one, "name")), plain(what))
    return Line(f"component {place}", cells, what, labels={"part": kind})


NEIGHBOURS = Pane(
    "neighbours",
    "Neighbours",
    (
        Column("port", "port", 8),
        Column("system", "system", least=10),
        Column("far", "its port", 12),
        Column("chassis", "chassis", 17),
        Column("management", "management", least=6),
        Column("by", "by", 4),
    ),
    neighbours,
    lambda device: {"neighbours": ("switch", "neighbours", device.name)},
    empty="The switch hears nobody over LLDP or CDP.",
    polled=False,
)
VLANS = Pane(
    "vlans",
    "VLANs",
    (
        Column("id", "VLAN", 5, align="right"),
        Column("name", "name", 14),
        Column("untagged", "untagged on"),
        Column("tagged", "tagged on"),
    ),
    vlans,
    lambda device: {"vlans": ("switch", "vlans", device.name)},
    empty="The switch tells of no VLAN.",
    polled=False,
)
MACS = Pane(
    "macs",
    "MACs",
    (
        Column("mac", "MAC", 18),
        Column("port", "port", 12),
        Column("vlan", "VLAN", 5, align="right"),
        Column("how", "how"),
    ),
    macs,
    lambda device: {"macs": ("switch", "macs", device.name)},
    empty="The switch has learned no address.",
    polled=False,
)
PARTS = Pane(
    "parts",
    "Parts",
    (Column("health", "", 12), Column("name", "name", 22), Column("what", "what")),
    made_of,
    lambda device: {"show": ("switch", "show", device.name)},
    empty="The switch tells nothing of what it is made of.",
    polled=False,
)
