"""What the acts of the TUI do to the demo fleet, by the words of the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import Any

from microdc.errors import Exit, InputError
from microdc.health.demo import Demo
from microdc.units import parse_duration
from microdc_tui.world.ports import Answer, Say
from microdc_tui.world.words import Words, take_apart

MOMENT = 0.4
"""Seconds that the demo takes for each thing that is named, so that there is something to see, and to interrupt."""

Do = Callable[[Demo, Words, str, float], Mapping[str, Any]]
"""What, by which words, to which thing, and when."""


def carry_out(demo: Demo, argv: Sequence[str], tell: Say, stop: Event, clock: Callable[[], float]) -> Answer:
    """Does it to each that is named, one after the other. clock: the demo's. Raises what the demo raises for what it refuses."""
    words = take_apart(argv)
    for depth in (2, 1):
        do = _ACTS.get(words.names[:depth])
        if do is not None:
            return _each(demo, do, Words(words.names[depth:], words.options), tell, stop, clock=clock)
    raise InputError("the demo cannot do that", where=f"microdc {' '.join(argv)}")


def _each(demo: Demo, do: Do, words: Words, tell: Say, stop: Event, *, clock: Callable[[], float]) -> Answer:
    told: list[str] = []
    document: Mapping[str, Any] = {}
    code = 0
    for name in words.names or ("",):
        if stop.wait(MOMENT):
            return Answer(code=Exit.INTERRUPTED, narration=(*told, "interrupted; what was done stays done"))
        document = do(demo, words, name, clock())
        line, found = _outcome(name, document)
        code = max(code, found)
        told.append(line)
        tell(line)
    return Answer(document, code, tuple(told))


def _outcome(name: str, document: Mapping[str, Any]) -> tuple[str, int]:
    """What came of it in a line, and the exit code that the command would have: a BMC that is dead does nothing."""
    errors = {one["server"]: one["error"] for one in document.get("servers", ()) if one["error"]}
    if not errors:
        return (f"{name}: done" if name else "done"), 0
    server, error = next(iter(errors.items()))
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    return f"{server}: failed: {error['what']}{more}", int(error["exit"])


def _lay(demo: Demo, words: Words, profile: str, now: float) -> Mapping[str, Any]:
    return demo.lay(words.option("--pair"), profile, now, until=_until(words, now))


def _cut(demo: Demo, words: Words, link: str, now: float) -> Mapping[str, Any]:
    return demo.cut(*_ends(link), now, until=_until(words, now))


def _maintain(demo: Demo, words: Words, node: str, now: float) -> Mapping[str, Any]:
    return demo.maintain(node, "" if "--off" in words.options else words.option("--why", "maintenance"), now)


def _boot(demo: Demo, words: Words, server: str, now: float) -> Mapping[str, Any]:
    return demo.set_boot(server, "none" if "--clear" in words.options else words.option("--once"), now)


def _take(demo: Demo, words: Words, resource: str, now: float) -> Mapping[str, Any]:
    return demo.lease(resource, _seconds(words.option("--for", "1h")), words.option("--reason"), now)


def _power(act: str) -> Do:
    return lambda demo, _, server, now: demo.power(server, act, now)


def _until(words: Words, now: float) -> float | None:
    lasts = words.option("--for")
    return now + _seconds(lasts) if lasts else None


def _seconds(text: str) -> float:
    return parse_duration(text) / 1e9


def _ends(link: str) -> tuple[str, str]:
    """`topology/a:b` -> a, b."""
    a, _, b = link.rpartition("/")[2].partition(":")
    return a, b


_ACTS: Mapping[tuple[str, ...], Do] = {
    ("power", "on"): _power("on"),
    ("power", "off"): _power("off"),
    ("power", "cycle"): _power("cycle"),
    ("power", "reset"): _power("reset"),
    ("boot",): _boot,
    ("apply-profile",): _lay,
    ("wan", "cut"): _cut,
    ("wan", "mend"): lambda demo, _, link, now: demo.restore(*_ends(link), now),
    ("wan", "undo"): lambda demo, _, overlay, now: demo.undo(overlay, now),
    ("deploy", "run"): lambda demo, _, node, now: demo.deploy(node, now),
    ("deploy", "retry"): lambda demo, _, node, now: demo.deploy(node, now),
    ("deploy", "abort"): lambda demo, _, node, now: demo.abort(node, now),
    ("deploy", "maintenance"): _maintain,
    ("lease", "take"): _take,
    ("lease", "release"): lambda demo, _, resource, now: demo.release(resource, now),
}
