"""What a server consists of, as its BMC tells: `microdc inventory collect`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from microdc_tui.devices import wording
from microdc_tui.devices.pane import Line, Pane, Scene, verdict
from microdc_tui.readings.fields import Document, count, number, part, parts, text
from microdc_tui.text import plain
from microdc_tui.widgets.rows import Column

_COLUMNS = (
    Column("part", "part", 10),
    Column("name", "name", 13),
    Column("size", "size", 8, align="right"),
    Column("what", "what"),
    Column("health", "health", 10),
)

Say = Callable[[Document], tuple[str, str]]
"""The size and the description of a part."""


def lines(scene: Scene) -> list[Line]:
    """A line for each part."""
    hardware = part(scene.answer("hardware"), "hardware")
    if not hardware:
        return []
    return [
        *_whole(hardware),
        *(line for group in _GROUPS for line in _group(hardware, *group)),
        *_firmware(hardware),
    ]


def _whole(hardware: Document) -> Iterator[Line]:
    who = part(hardware, "identity")
    maker = " ".join(filter(None, (text(who, "manufacturer"), text(who, "model")))) or "-"
    health = text(hardware, "health")
    yield _line(
        "server",
        "server",
        text(who, "host_name") or "-",
        "",
        maker,
        serial=text(who, "serial"),
        health=health,
    )
    processors, memory = count(hardware, "processor_count"), number(hardware, "memory")
    if memory is not None:
        yield _line("memory", "memory", "in all", wording.size(memory))
    if processors:
        yield _line("processors", "processors", "in all", str(processors))


def _group(hardware: Document, key: str, title: str, say: Say) -> Iterator[Line]:
    for place, one in enumerate(parts(hardware, key)):
        size, what = say(one)
        serial, health = text(one, "serial"), text(one, "health")
        yield _line(f"{key} {place}", title, text(one, "name"), size, what, serial=serial, health=health)


def _firmware(hardware: Document) -> Iterator[Line]:
    for place, one in enumerate(parts(hardware, "firmware")):
        kind = text(one, "kind")
        title = kind.upper() if kind in {"bios", "bmc"} else "firmware"
        yield _line(f"firmware {place}", title, text(one, "name"), what=text(one, "version"))


def _line(
    key: str, title: str, name: str, size: str = "", what: str = "", *, serial: str = "", health: str = ""
) -> Line:
    told = " ".join(filter(None, (title, name, size, what, f"serial {serial}" if serial else "")))
    described = ", ".join(filter(None, (what, f"serial {serial}" if serial else "")))
    cells = (title, plain(name), size, plain(described), verdict(health) if health else "")
    return Line(key, cells, told, labels={"part": title, "health": health})


def _processor(one: Document) -> tuple[str, str]:
    cores, speed = count(one, "cores"), number(one, "speed")
    told = (text(one, "model"), f"{speed / 1000:.2g} GHz" if speed else "", text(one, "architecture"))
    return f"{cores} cores" if cores else "", ", ".join(filter(None, told))


def _module(one: Document) -> tuple[str, str]:
    speed = count(one, "speed")
    told = (text(one, "kind"), f"{speed} MT/s" if speed else "", text(one, "manufacturer"), text(one, "part"))
    return wording.size(number(one, "size")), ", ".join(filter(None, told))


def _disk(one: Document) -> tuple[str, str]:
    told = (text(one, "media"), text(one, "protocol"), text(one, "model"))
    return wording.size(number(one, "size")), ", ".join(filter(None, told))


def _nic(one: Document) -> tuple[str, str]:
    link = "link" if one.get("link") is True else "no link" if one.get("link") is False else ""
    told = (text(one, "mac") or text(one, "told"), link)
    return wording.bits(number(one, "speed")), ", ".join(filter(None, told))


def _supply(one: Document) -> tuple[str, str]:
    return wording.watts(number(one, "capacity")), text(one, "model")


_GROUPS: tuple[tuple[str, str, Say], ...] = (
    ("processors", "processor", _processor),
    ("modules", "module", _module),
    ("disks", "disk", _disk),
    ("nics", "port", _nic),
    ("power_supplies", "supply", _supply),
)

PANE = Pane(
    "hardware",
    "Hardware",
    _COLUMNS,
    lines,
    lambda device: {"hardware": ("inventory", "collect", device.name)},
    empty="The BMC has told of no hardware.",
    polled=False,
)
