"""The event log of a server's BMC: `microdc bmc sel`. Pure."""

from __future__ import annotations

from microdc_tui.devices import wording
from microdc_tui.devices.pane import Line, Pane, Scene, dim, verdict
from microdc_tui.moments import stamp
from microdc_tui.readings.fields import Document, moment, number, parts, text
from microdc_tui.text import plain
from microdc_tui.widgets.rows import Column

_COLUMNS = (
    Column("at", "time", 19),
    Column("severity", "severity", 10),
    Column("source", "source", 14),
    Column("message", "message"),
)
_ENTRIES = 100
"""So many of the newest are asked for."""


def lines(scene: Scene) -> list[Line]:
    """Newest first, as the BMC has them."""
    log = scene.answer("log")
    shown = [_line(place, one) for place, one in enumerate(parts(log, "entries"))]
    total = number(log, "total")
    if shown and total is not None and total > len(shown):
        rest = f"{total - len(shown):.0f} older entries: microdc bmc sel {scene.health.device.name} --limit {total:.0f}"
        shown.append(Line("older", ("", "", "", dim(rest)), rest))
    skew = number(log, "clock_skew_seconds")
    if skew is not None and abs(skew) >= 5:  # seconds of difference that make times hard to compare
        word = f"its clock is {wording.span(abs(skew))} {'ahead of' if skew > 0 else 'behind'} ours"
        shown.insert(0, Line("skew", ("", verdict("warning"), "clock", word), word))
    return shown


def _line(place: int, one: Document) -> Line:
    at, severity, message, log = (
        moment(one, "at"),
        text(one, "severity"),
        text(one, "message"),
        text(one, "log"),
    )
    clock = stamp(at) if at is not None else "clock not set"
    source = text(one, "source")
    code = f"code {text(one, 'code')}" if text(one, "code") else ""
    of = f"in the log {log}" if log else ""
    more = " ".join(filter(None, (clock, source, message, code, of)))
    cells = (
        dim(clock),
        verdict(severity),
        plain(called(source)) if source else dim(log or "-"),
        plain(message),
    )
    labels = {"severity": severity, "source": called(source), "log": log}
    return Line(f"{text(one, 'id')} {place}", cells, more, labels=labels)


def called(source: str) -> str:
    """What people call that which an entry comes from: of the path of a resource its last part, with what it is one of where that is a number only."""
    if not source.startswith("/"):
        return source
    parts_ = [part for part in source.replace("#", "/").split("/") if part]
    if not parts_:
        return source
    kind, name = parts_[-2:] if len(parts_) > 1 else ("", parts_[-1])
    return f"{kind} {name}".strip() if name.isdigit() else name


PANE = Pane(
    "log",
    "Log",
    _COLUMNS,
    lines,
    lambda device: {"log": ("bmc", "sel", device.name, "--limit", str(_ENTRIES))},
    empty="The log is empty.",
    polled=False,
)
