"""What the tests of the TUI share: a demo world that stands still until a test moves it, the text of a frame, and pictures that are kept.

    def test_a_screen() -> None:
        async def story() -> None:
            async with shown(StillDemo(), start="sites") as pilot:
                await live(pilot, 30)
                assert "barcelona" in frame(pilot.app)
                snapshot(pilot.app, "sites-80x24")
        play(story)

MICRODC_UPDATE_SNAPSHOTS=1 writes the pictures instead of comparing them; look at what changed before you keep it.
"""

from __future__ import annotations

import asyncio
import difflib
import gc
import html
import os
import re
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from textual._context import active_app
from textual.pilot import Pilot

from microdc.health.demo import Demo
from microdc_tui.app import Face
from microdc_tui.world.demo import DemoWorld
from microdc_tui.world.ports import Put, Say, World

SMALL, LARGE = (80, 24), (140, 40)
BEGIN = 1_780_000_000.0
"""A morning in May 2026, UTC."""
PICTURES = Path(__file__).parents[2] / "data" / "tui"
PATIENCE = 60.0


class StillDemo(DemoWorld):
    """The demo at a moment that only the test moves; its feed is the test's own thread."""

    def __init__(self, sites: int = 6, servers: int = 6, seed: int = 1, begin: float = BEGIN) -> None:
        self.moment = begin
        super().__init__(Demo(sites, servers, seed, clock=self.time), clock=self.time)
        self.put: Put = lambda _: None
        self.say: Say = lambda _: None

    def time(self) -> float:
        return self.moment

    def start(self, put: Put, say: Say) -> None:
        self.put, self.say = put, say
        put([self.demo.fleet])
        put(self.demo.samples(self.moment))

    def pass_time(self, seconds: float) -> None:
        """Lets the demo live on for a moment, and tells what holds then. For longer than a few seconds `live` is right."""
        self.moment += seconds
        self.put(self.demo.samples(self.moment))


@asynccontextmanager
async def shown(
    world: World | None = None, *, size: tuple[int, int] = SMALL, start: str = "", **options: Any
) -> AsyncIterator[Pilot[int]]:
    """The app over a world, with its first data in sight. It ticks only by `settle`, so that nothing happens in between."""
    held = StillDemo() if world is None else world
    app = Face(held, start=start, clock=held.now, tick=3600.0, **options)
    app.animation_level = "none"
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            await settle(pilot)
            yield pilot
    finally:
        held.close()


async def settle(pilot: Pilot[int]) -> None:
    """Takes in what came, waits for what is asked, and until it is painted."""
    app = pilot.app
    assert isinstance(app, Face)
    app.tick()
    until = time.monotonic() + PATIENCE
    await pilot.pause()
    while app.asking.running and time.monotonic() < until:  # noqa: ASYNC110  the app tells of it by no event
        await asyncio.sleep(0.01)
    before, now = "", frame(app)
    # What is put off until after a layout may bring another one.
    while now != before and time.monotonic() < until:
        await pilot.pause()
        await pilot.pause()
        before, now = now, frame(app)


async def live(pilot: Pilot[int], seconds: int) -> None:
    """Lets the demo live for so long, second by second, as the app would have seen it."""
    app = pilot.app
    assert isinstance(app, Face)
    assert isinstance(app.world, StillDemo)
    for _ in range(seconds):
        app.world.pass_time(1.0)
        app.tick()
    await settle(pilot)


async def until(pilot: Pilot[int], holds: Callable[[], bool], what: str) -> None:
    """Waits until something holds, ticking; fails where it never does."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"never came true: {what}\n{frame(pilot.app)}"
        await settle(pilot)
        await asyncio.sleep(0.02)


async def _idle(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Until all messages are worked off. Textual's own way to wait in tests looks at the clock and at the processor's time, 40 ms a key."""
    del min_sleep, max_sleep
    app = active_app.get()
    pilot: Pilot[Any] = Pilot(app)
    for _ in range(3):  # what one message leads to is worked off in the next round
        await pilot._wait_for_screen()
        if app.screen_stack:
            app.screen._on_timer_update()


def play(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs a story of a test, in UTC and UTF-8 wherever it runs."""
    names = ("TZ", "LC_ALL")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(TZ="UTC", LC_ALL="C.UTF-8")
    time.tzset()
    thresholds = gc.get_threshold()
    gc.set_threshold(
        100_000
    )  # as the command line sets it: else half of the time goes into looking for garbage
    try:
        with patch("textual.app.wait_for_idle", _idle), patch("textual.pilot.wait_for_idle", _idle):
            asyncio.run(story())
    finally:
        gc.set_threshold(*thresholds)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        time.tzset()


def frame(app: Any) -> str:
    """The text of what is seen, line by line."""
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line).rstrip() for line in lines)


def picture(app: Any) -> str:
    """What is seen as an SVG, without what changes from run to run, and without the fonts of somebody else's server."""
    svg = app.export_screenshot(title="microdc")
    svg = re.sub(r"@font-face\s*\{[^}]*\}\s*", "", svg)
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    svg = svg.replace(
        "<svg ", '<svg xml:space="preserve" ', 1
    )  # else some viewers eat the spaces between words
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def snapshot(app: Any, name: str, directory: Path = PICTURES) -> None:
    """Compares what is seen with the picture of that name, or writes it."""
    path = directory / f"{name}.svg"
    now = picture(app)
    if os.environ.get("MICRODC_UPDATE_SNAPSHOTS", "") not in {"", "0"}:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(now, encoding="utf-8")
        return
    before = ""
    with suppress(FileNotFoundError):
        before = path.read_text(encoding="utf-8")
    if now != before:
        told = difflib.unified_diff(
            _words(before), _words(now), f"{name}, kept", f"{name}, now", lineterm="", n=1
        )
        pytest.fail(
            "\n".join(
                (
                    f"the screen is not as {path.name} has it; MICRODC_UPDATE_SNAPSHOTS=1 keeps the new one",
                    *(list(told) or ["the text is the same, the colours are not"]),
                )
            )
        )


def _words(svg: str) -> list[str]:
    """The lines of text in a picture."""
    rows: dict[str, list[str]] = {}
    for y, text in re.findall(r'<text [^>]*?y="([\d.]+)"[^>]*>([^<]*)</text>', svg):
        rows.setdefault(y, []).append(html.unescape(text).replace("\xa0", " "))
    return ["".join(parts).rstrip() for _, parts in sorted(rows.items(), key=lambda row: float(row[0]))]
