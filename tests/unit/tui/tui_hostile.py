"""A world in which everything that has a name has one that would act on a terminal, on markup or on the width of a line."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event
from typing import Any

from rich.cells import cell_len
from textual.pilot import Pilot
from tui_nodes import cause, explained, iso, line
from tui_scripted import MOMENT, Scripted
from tui_snapshots import frame

from microdc.cli.render import document
from microdc.health.model import Device, Fleet, Kind, Place, Reason, Sample
from microdc_tui.world.ports import Answer, Say

NAME = "[b]x\x1b[2J\u202e🌱\u200d🦊غ\u0301\u0301\u0301\u0301\u0301[@click=app.quit]q"
"""Of a device: it stands in keys, paths and command lines, so there is no slash and no colon in it."""
TEXT = f"[/][/b]{NAME}\r\n\t\u2066\x07機械[red"
"""Of a reason, a log or a document: markup that is wrong, too."""
SITE, FAR = f"a{NAME}", f"b{NAME}"
PAIR = f"{SITE}:{FAR}"
UNSEEN = set(map(chr, (*range(32), *range(0x7F, 0xA0)))) | set("\u200d\u202e\u2066\ufe0f")
"""What must not reach a terminal."""


class Hostile(Scripted):
    """Every question has an answer, every act narrates and fails, when it may `go` on."""

    def __init__(self) -> None:
        kinds = (Kind.SERVER, Kind.SWITCH, Kind.NODE)
        mounted = [
            Device(kind, NAME, SITE, NAME, 1 + at, 1, TEXT, {NAME: TEXT}) for at, kind in enumerate(kinds)
        ]
        devices = (
            *mounted,
            Device(Kind.SHAPER, NAME, role=TEXT, labels={NAME: TEXT}),
            Device(Kind.PAIR, PAIR),
        )
        places = tuple(Place(name, TEXT, None, {NAME: 10}) for name in (SITE, FAR))
        self.go = Event()
        self.go.set()
        self.problem = f"not polled: {NAME}: {TEXT}"
        super().__init__(
            Fleet(places, devices, TEXT, (TEXT, self.problem)),
            [sample(device, MOMENT - 1 + at) for at in (0, 1) for device in devices],
        )

    def ask(self, argv: Sequence[str], stop: Event) -> Answer:
        del stop
        self.asked.append(" ".join(argv))
        return Answer(document("Any", _answer()), narration=(TEXT,))

    def plan(self, argv: Sequence[str], stop: Event) -> Answer:
        del argv, stop
        return Answer(narration=(TEXT, TEXT))

    def act(self, argv: Sequence[str], tell: Say, stop: Event) -> Answer:
        del argv, stop
        tell(TEXT)
        self.go.wait(30)
        return Answer(code=1, narration=(f"Error: {TEXT}",))


def sample(device: Device, at: float) -> Sample:
    figures = {"power_state": 1.0, "draw_watts": 3.0, "ports_up": 1.0, "overlays": 1.0, "agent_up": 1.0}
    overlay = {"id": NAME, "owner": TEXT, "what": TEXT, "until": MOMENT + 60, "pairs": [PAIR]}
    port = {"name": NAME, "oper": TEXT, "admin": "up", "far": f"{NAME}:{TEXT}"}
    failure = {"cause": TEXT, "text": TEXT, "advice": TEXT}
    told: dict[str, Any] = {
        "power": TEXT, "driver": TEXT, "bmc": TEXT, "health": TEXT, "boot": {"target": TEXT, "lasting": TEXT}, "notes": [TEXT],
        "sensors": [{"name": TEXT, "kind": TEXT, "value": 1.0, "unit": TEXT, "health": TEXT}], "system": TEXT,
        "ports": [port] if device.kind is Kind.SWITCH else [TEXT], "host": TEXT, "overlays": [overlay], "drift": [TEXT],
        "a": SITE, "b": FAR, "origin": TEXT, "overlay": NAME, "ways": TEXT, "trip": {"problem": TEXT},
        "state": "failed", "phase": TEXT, "image": TEXT, "failure": failure, "note": TEXT,
    }  # fmt: skip
    reasons = (Reason("degraded", TEXT, TEXT), Reason("info", TEXT))
    return Sample(device.key, at, 0.1, 10.0, None, reasons, figures, told)


def _answer() -> dict[str, Any]:
    """One that says something to whoever asked."""
    part = {
        "name": TEXT,
        "model": TEXT,
        "serial": TEXT,
        "mac": TEXT,
        "health": TEXT,
        "kind": TEXT,
        "version": TEXT,
    }
    entry = {
        "id": 1,
        "at": None,
        "severity": TEXT,
        "source": f"/{TEXT}",
        "code": TEXT,
        "message": TEXT,
        "log": TEXT,
    }
    device = {
        "server": NAME, "switch": NAME, "power": TEXT, "readings": [part | {"unit": TEXT, "state": TEXT}], "entries": [entry],
        "hardware": {"identity": {"manufacturer": TEXT, "host_name": TEXT}, "processors": [part], "nics": [part], "disks": [part]},
        "boot": {"target": "other", "told": TEXT}, "command": TEXT, "kinds": [TEXT], "notes": [TEXT],
        "remarks": [{"where": TEXT, "what": TEXT}], "error": {"what": TEXT, "where": TEXT, "hint": TEXT},
        "neighbours": [{"port": TEXT, "system": TEXT}], "vlans": [{"id": 7, "name": TEXT, "untagged": [TEXT]}],
        "addresses": [{"mac": TEXT, "port": TEXT}], "findings": [{"severity": TEXT, "where": TEXT, "what": TEXT}], "ports": [part],
    }  # fmt: skip
    verdict = {"kind": TEXT, "a": f"{NAME}:{TEXT}", "b": f"{NAME}:x", "port": f"{NAME}:x", "reason": TEXT}
    difference = {"emulator": NAME, "interface": TEXT, "what": TEXT, "asked": TEXT, "found": TEXT}
    item = {
        "id": 1, "kind": TEXT, "summary": TEXT, "outcome": TEXT, "owner": TEXT, "user": TEXT, "host": TEXT, "began": iso(MOMENT),
        "resource": f"site:{SITE}", "holder": TEXT, "state": "held", "reason": TEXT, "ends": iso(MOMENT + 60), "name": TEXT,
        "path": f"here/{NAME}", "nics": {NAME: {"switch": NAME, "port": TEXT}},
    }  # fmt: skip
    return {
        **explained(NAME, cause(TEXT, TEXT, TEXT, TEXT), timeline=[line(TEXT, source=TEXT)], remarks=[TEXT]),
        "servers": [device], "switches": [device], "items": [item], "verdicts": [verdict],
        "directions": [difference | {"from": SITE, "to": FAR, "origin": TEXT, "overlay": TEXT}], "differences": [difference],
        "overlays": [{"id": NAME, "cuts": [TEXT], "missing_on": [TEXT]}], "hops": [{"kind": "link", "name": TEXT}],
        "entry": item, "argv": [TEXT], "data": {TEXT: [TEXT]}, "result": TEXT, "inputs": [{"name": TEXT, "bytes": 1}],
    }  # fmt: skip


def safe(pilot: Pilot[int], where: str, *, names: bool = True) -> None:
    """Fails where something on the screen would act on the terminal, where markup was obeyed, or a line is not as wide as the screen.

    names: something that came from outside is to be seen.
    """
    app: Any = pilot.app
    assert app.failure == "", where
    seen = frame(app)
    assert not names or "[b]x" in seen, f"{where}: no name is to be seen\n{seen}"
    for strip in app.screen._compositor.render_strips():
        text = "".join(segment.text for segment in strip)
        assert not UNSEEN & set(text), f"{where}: {text!r}"
        assert cell_len(text) == app.size.width, f"{where}: {cell_len(text)} cells: {text!r}"
        for segment in strip:
            act = str((segment.style.meta if segment.style else {}).get("@click", ""))
            assert "quit" not in act, f"{where}: a name can be clicked: {act}"
