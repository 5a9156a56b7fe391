"""What is known of a device at a glance: its state and why, its figures with their history, where it stands. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textual.content import Content

from microdc.health.model import Device, DeviceHealth, Kind
from microdc_tui.devices import wording
from microdc_tui.devices.glance import power_word, unpolled
from microdc_tui.devices.pane import PAIRS, Line, Pane, Scene, dim, pair, verdict
from microdc_tui.glyphs import sign
from microdc_tui.readings.fields import number, part, text
from microdc_tui.subject import Subject
from microdc_tui.text import plain
from microdc_tui.widgets.spark import spark

Say = Callable[[float | None], str]

_SERVER: tuple[tuple[str, str, Say], ...] = (
    ("draw_watts", "draw", wording.watts),
    ("inlet_celsius", "inlet", wording.celsius),
    ("hottest_celsius", "hottest", wording.celsius),
    ("fan_rpm_least", "slowest fan", lambda value: f"{wording.rpm(value)} RPM" if value is not None else "-"),
    ("fans_failed", "fans failed", wording.number),
    ("sensors_critical", "critical", wording.number),
)
_SWITCH: tuple[tuple[str, str, Say], ...] = (
    ("ports_up", "ports up", wording.number),
    ("ports_down", "ports down", wording.number),
    ("in_bits", "in, bit/s", wording.bits),
    ("out_bits", "out, bit/s", wording.bits),
    ("errors", "errors/s", wording.number),
    ("flaps", "flaps", wording.number),
    ("wrong_cables", "wrong cables", wording.number),
)
_PLAIN = frozenset({"fans_failed", "sensors_critical", "ports_up", "ports_down", "wrong_cables"})
"""Figures of which a curve would say nothing."""


def server_lines(scene: Scene) -> list[Line]:
    """The overview of a server."""
    facts = scene.health.facts
    return [
        *state_lines(scene),
        *_power(scene),
        *_figures(scene, _SERVER),
        *_boot(scene),
        *_node(scene),
        *told_lines(scene, (("driver", "driver"), ("bmc", "BMC"))),
        *((pair("health", "BMC says", verdict(text(facts, "health"))),) if text(facts, "health") else ()),
        *_place(scene),
    ]


def switch_lines(scene: Scene) -> list[Line]:
    """The overview of a switch."""
    up = number(scene.health.facts, "uptime")
    return [
        *state_lines(scene),
        *told_lines(scene, (("system", "calls itself"),)),
        *((pair("uptime", "up for", wording.span(up)),) if up is not None else ()),
        *_figures(scene, _SWITCH),
        *_place(scene),
    ]


def state_lines(scene: Scene) -> Iterator[Line]:
    """How it is, since when, why, and how old that is."""
    health = scene.health
    since = wording.span(scene.now - health.since) if health.since else ""
    yield pair("state", "state", sign(health.state) + (dim(f"  for {since}") if since else Content()))
    for place, reason in enumerate(health.reasons):
        where = f"{reason.where}: " if reason.where else ""
        title = "because" if place == 0 else ""
        yield pair(
            f"reason {place}",
            title,
            verdict(reason.severity, f"{where}{reason.what}"),
            more=f"{where}{reason.what}",
        )
    left_out = unpolled(scene.problems, health.device.name) if health.at is None else ""
    if left_out:
        yield pair("unpolled", "not polled", verdict("warning", left_out), more=left_out)
    if health.trouble is not None:
        trouble = health.trouble
        told = ": ".join(filter(None, (trouble.where, trouble.what)))
        yield pair("trouble", "last poll", verdict("warning", f"{trouble.kind}: {told}"), more=told)
        if trouble.hint:
            yield pair("hint", "", dim(trouble.hint), more=trouble.hint)
    yield pair("at", "sampled", age(health, scene.now))


def age(health: DeviceHealth, now: float) -> Content:
    """How old what is known is; told as stale where it is."""
    if health.at is None:
        return verdict("unknown", "never")
    ago = f"{wording.span(now - health.at)} ago"
    return verdict("warning", f"{ago}, stale") if health.stale else dim(ago)


def _power(scene: Scene) -> Iterator[Line]:
    told = power_word(scene.health)
    if told:
        yield pair("power", "power", power(told))


def power(word: str) -> Content:
    """A power state: glyph, word and colour."""
    styles = {"on": ("⏻", "$success"), "off": ("○", "$text-muted")}
    glyph, style = styles.get(word, ("▲", "$warning"))
    return Content.styled(f"{glyph} {plain(word)}", style)


def _figures(scene: Scene, wanted: tuple[tuple[str, str, Say], ...]) -> Iterator[Line]:
    room = max(8, min(48, scene.width - 32))
    for name, title, say in wanted:
        value = scene.health.figures.get(name)
        if value is None:
            continue
        cell = Content(f"{say(value):<10}")
        if name not in _PLAIN:
            cell += Content("  ") + spark(scene.series(name), room)
        elif value and name in {"fans_failed", "sensors_critical", "wrong_cables"}:
            cell = verdict("warning", say(value))
        yield pair(name, title, cell)


def _boot(scene: Scene) -> Iterator[Line]:
    boot = part(scene.health.facts, "boot")
    if boot:
        yield pair("boot", "boots from", boot_words(boot))


def boot_words(boot: object) -> str:
    """A boot override in words."""
    if not isinstance(boot, dict):
        return "-"
    target, lasting, mode = text(boot, "target"), text(boot, "lasting"), text(boot, "mode")
    if not target or target == "none" or lasting == "disabled":
        return "as its firmware is set up"
    told = text(boot, "told")
    shown = f"{told} (its own word)" if target == "other" and told else target
    with_mode = f" with {mode.upper()}" if mode else ""
    return f"{shown}, {lasting or 'once'}{with_mode}"


def _node(scene: Scene) -> Iterator[Line]:
    device = scene.health.device
    node = scene.other(f"{Kind.NODE}/{device.name}")
    if node is None or not text(node.facts, "state"):
        return
    told = ", ".join(filter(None, (text(node.facts, key) for key in ("state", "phase", "image"))))
    lead = Subject("node", device.name, device.site)
    yield pair("node", "node", plain(f"{told}  (Enter tells more)"), leads=lead)


def told_lines(scene: Scene, wanted: tuple[tuple[str, str], ...]) -> Iterator[Line]:
    """Facts that are texts: their key, and what they are called."""
    for key, title in wanted:
        told = text(scene.health.facts, key)
        if told:
            yield pair(key, title, told)


def _place(scene: Scene) -> Iterator[Line]:
    device = scene.health.device
    unit = f"unit {device.unit}" if device.unit else "unit not told"
    yield pair("place", "stands in", " / ".join(filter(None, (device.site, device.rack, unit))))
    yield from label_lines(device)


def label_lines(device: Device) -> Iterator[Line]:
    """What the inventory calls it."""
    if device.role:
        yield pair("role", "role", device.role)
    labels = " ".join(f"{key}={value}" for key, value in device.labels.items() if key != "role")
    if labels:
        yield pair("labels", "labels", labels)


SERVER = Pane("overview", "Overview", PAIRS, server_lines, live=True)
SWITCH = Pane("overview", "Overview", PAIRS, switch_lines, live=True)
