"""The page docs/tui.md: it tells every screen and every key, and its pictures are what the screens look like."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from textual.binding import Binding
from textual.pilot import Pilot
from tui_nodes import leap
from tui_snapshots import StillDemo, frame, live, play, settle, shown, snapshot

from microdc.health.model import Kind, State
from microdc_tui import shell
from microdc_tui.app import Face
from microdc_tui.glyphs import SIGNS
from microdc_tui.screens import SCREENS, ScreenEntry
from microdc_tui.screens.base import View
from microdc_tui.subject import Subject
from microdc_tui.themes import THEMES

DOCS = Path(__file__).parents[3] / "docs"
PICTURES = DOCS / "images" / "tui"
PAGE = (DOCS / "tui.md").read_text(encoding="utf-8")
SIZE = (120, 32)


def _told(page: str) -> set[str]:
    """What the page writes as keys and words: all that stands between backquotes."""
    return {word for quoted in re.findall(r"`([^`\n]+)`", page) for word in (quoted, *quoted.split())}


def _keys(node: type[View | Face]) -> set[str]:
    """The keys that are shown on a screen, as they are shown."""
    shown_keys: set[str] = set()
    for binding in node.BINDINGS:
        if isinstance(binding, Binding) and binding.show and binding.description:
            shown_keys.add(binding.key_display or binding.key.split(",")[0])
    return shown_keys


@pytest.mark.parametrize("entry", SCREENS, ids=lambda entry: entry.name)
def test_every_screen_is_told_with_its_keys(entry: object) -> None:
    assert entry in SCREENS
    screen = next(one for one in SCREENS if one is entry)
    told = _told(PAGE)
    assert f"**{screen.title}**" in PAGE
    assert not screen.hotkey or screen.hotkey in told
    assert _keys(type(screen.view())) <= told | {"escape", "enter"}


def test_keys_states_and_themes_of_the_app_are_told() -> None:
    told = _told(PAGE)
    assert _keys(Face) <= told
    assert {theme.name for theme in THEMES} <= told
    for sign in SIGNS.values():
        assert f"{sign.glyph} {sign.word}" in PAGE


def test_every_picture_is_shown_and_every_picture_that_is_shown_is_there() -> None:
    assert set(re.findall(r"\(images/tui/([\w-]+)\.svg\)", PAGE)) == {
        path.stem for path in PICTURES.glob("*.svg")
    }


PAGES = (
    (("S", "home"), "sites"),
    (("W", "home", "right", "right"), "wan"),
    (("E", "home"), "devices"),
    (("A", "home"), "alerts"),
    (("J", "home"), "journal"),
    (("D", "home"), "deployments"),
)
"""Keys that lead to a screen, and its picture."""


async def _press(pilot: Pilot[int], *keys: str) -> None:
    await pilot.press(*keys)
    await settle(pilot)


def _device(app: Face, kind: Kind, state: State) -> Subject:
    """The first device of a kind in a state, as a screen would have it selected."""
    found = next(
        one for one in app.board.devices().values() if one.device.kind is kind and one.state is state
    )
    return Subject(kind.value, found.device.name, found.device.site)


def test_the_pictures_are_what_the_screens_look_like() -> None:
    async def story() -> None:
        async with shown(StillDemo(sites=9, servers=8), size=SIZE) as pilot:
            app = pilot.app
            assert isinstance(app, Face)
            await leap(pilot, 60)
            await live(pilot, 40)
            for keys, name in PAGES:
                await _press(pilot, *keys)
                snapshot(app, name, PICTURES)
            await _press(pilot, "enter")
            snapshot(app, "node", PICTURES)
            app.write = True
            await _press(pilot, "a")
            snapshot(app, "actions", PICTURES)
            await _press(pilot, "escape")
            app.write = False
            for kind, state in ((Kind.SERVER, State.DEGRADED), (Kind.SWITCH, State.DEGRADED)):
                subject = _device(app, kind, state)
                await _press(pilot, "S")
                app.open_subject(Subject("site", subject.site, subject.site))
                await settle(pilot)
                if kind is Kind.SERVER:
                    snapshot(app, "rack", PICTURES)
                app.open_subject(subject)
                await settle(pilot)
                snapshot(app, subject.kind, PICTURES)
            app.open_subject(Subject("shaper", "wan1"))
            await _press(pilot, "3")
            snapshot(app, "shaper", PICTURES)

    play(story)


def test_the_example_of_the_page_is_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    code, line = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    module = ModuleType("microdc_tui.screens.draw")
    exec(compile(code, "docs/tui.md", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    (entry,) = eval(line, {"ScreenEntry": ScreenEntry})
    monkeypatch.setattr(shell, "SCREENS", (*SCREENS, entry))

    async def story() -> None:
        async with shown(StillDemo(sites=2, servers=4), start="draw") as pilot:
            assert re.search(r"bcn-c\d +\d+", frame(pilot.app))
            await _press(pilot, "enter")
            assert type(pilot.app.screen).__name__ == "Server"

    play(story)
