"""What a server boots from next, and how its console is opened: `microdc boot`, `microdc bmc console-hint`. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from microdc_tui.devices.overview import boot_words
from microdc_tui.devices.pane import PAIRS, Line, Pane, Scene, dim, pair
from microdc_tui.readings.fields import part, parts, text, texts


def lines(scene: Scene) -> list[Line]:
    """What was asked; of the boot what is polled, until then."""
    return [*_boot(scene), *_console(scene)]


def _boot(scene: Scene) -> Iterator[Line]:
    asked = part(scene.answer("boot"), "boot")
    boot = asked or part(scene.health.facts, "boot")
    if boot:
        yield pair("boot", "boots from", boot_words(boot))
        if text(boot, "told"):
            yield pair("told", "BMC's word", text(boot, "told"))


def _console(scene: Scene) -> Iterator[Line]:
    console = scene.answer("console")
    if not console or "command" not in console:
        return
    command = text(console, "command")
    if command:
        yield pair("console", "console", command, more=command)
        yield pair("how", "", dim("in another terminal"))
    else:
        yield pair("console", "console", dim("no command is known that opens it"))
    kinds = texts(console, "kinds")
    if kinds:
        yield pair("offers", "BMC offers", ", ".join(kinds))
    for place, remark in enumerate(parts(console, "remarks")):
        yield pair(f"remark {place}", "", dim(f"{text(remark, 'where')}: {text(remark, 'what')}"))


PANE = Pane(
    "boot",
    "Boot",
    PAIRS,
    lines,
    lambda device: {"boot": ("boot", device.name), "console": ("bmc", "console-hint", device.name)},
    empty="Nothing was told of what it boots from.",
)
