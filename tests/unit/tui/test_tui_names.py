"""Names and texts from outside on every screen and in every dialog: shown as they stand, and never obeyed."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Input
from tui_hostile import FAR, NAME, PAIR, SITE, TEXT, Hostile, safe
from tui_snapshots import LARGE, SMALL, play, settle, shown

from microdc_tui.app import Face
from microdc_tui.screens import SCREENS, ScreenEntry
from microdc_tui.screens.panes import Panes
from microdc_tui.subject import Subject, SubjectKind
from microdc_tui.widgets.actionmenu import ActionMenu
from microdc_tui.widgets.confirm import Confirm
from microdc_tui.widgets.filterbar import FilterBar
from microdc_tui.widgets.form import Form
from microdc_tui.widgets.progress import Progress

NAMES: dict[SubjectKind, str] = {
    "site": SITE,
    "rack": f"{SITE}/{NAME}",
    "pair": PAIR,
    "lease": f"site:{SITE}",
    "entry": "1",
    "overlay": NAME,
}
"""How things are called; all others have the name of the device."""


def subject(kind: SubjectKind) -> Subject:
    return Subject(kind, NAMES.get(kind, NAME), SITE)


def face(pilot: Pilot[int]) -> Face:
    assert isinstance(pilot.app, Face)
    return pilot.app


async def press(pilot: Pilot[int], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


SIZED = [(entry, LARGE) for entry in SCREENS]
SIZED += [(entry, (60, 20)) for entry in SCREENS if entry.name in {"sites", "wan", "racks", "server"}]
"""Those that draw otherwise where there is less room are looked at in both."""


@pytest.mark.parametrize(
    ("entry", "size"), SIZED, ids=lambda one: one.name if hasattr(one, "name") else one[0]
)
def test_every_screen_shows_them_and_obeys_none(entry: ScreenEntry, size: tuple[int, int]) -> None:
    async def story() -> None:
        async with shown(Hostile(), start="sites", size=size) as pilot:
            app = face(pilot)
            if entry.hotkey:
                app.open_view(entry.name)
            for kind in entry.subjects:
                app.open_subject(subject(kind))  # type: ignore[arg-type]  # kinds of screens are kinds of subjects
            await settle(pilot)
            safe(pilot, entry.name)
            panes = len(app.screen.PANES) if isinstance(app.screen, Panes) else 0
            for number in range(panes):
                await press(pilot, str(number + 1))
                safe(pilot, f"{entry.name}, pane {number + 1}")
            if panes:
                await press(pilot, "y")
                safe(pilot, f"{entry.name}, its command copied")
                app.clear_notifications()
            await press(pilot, "down", "l")
            safe(pilot, f"{entry.name}, with its log")
            await press(pilot, "l", "question_mark")
            safe(pilot, f"{entry.name}, its help", names=False)
            await press(pilot, "escape")
            assert app.view is not None
            app.view.query_one(FilterBar).begin(TEXT)
            await settle(pilot)
            safe(pilot, f"{entry.name}, filtered", names=False)

    play(story)


KINDS: tuple[SubjectKind, ...] = (
    "site",
    "rack",
    "server",
    "switch",
    "shaper",
    "pair",
    "node",
    "lease",
    "overlay",
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_dialog_shows_them_and_obeys_none(kind: SubjectKind) -> None:
    async def story() -> None:
        async with shown(Hostile(), write=True, size=SMALL) as pilot:
            app = face(pilot)
            about = subject(kind)
            earlier = KINDS[: KINDS.index(kind)]
            known = {action.name for one in earlier for action in app.acts.offered(subject(one))}
            menu = ActionMenu(about, app.acts.offered(about))
            app.push_screen(menu)
            await settle(pilot)
            safe(pilot, f"menu of a {kind}")
            await press(pilot, "escape")
            for action in app.acts.offered(about):
                if action.name in known:
                    continue  # it was walked through with another kind
                app.acts.choose(action)
                await settle(pilot)
                where = f"{action.name} of a {kind}"
                safe(pilot, where)
                if isinstance(app.screen, Form):
                    for entry in app.screen.query(Input):
                        entry.value = TEXT
                        await settle(pilot)
                        safe(pilot, f"{where}, its form")
                    app.screen.dismiss(action.filled({field.name: TEXT for field in action.fields}))
                    await settle(pilot)
                assert isinstance(app.screen, Confirm)
                safe(pilot, f"{where}, its plan")
                app.screen.dismiss(True)
                await settle(pilot)
                assert isinstance(app.screen, Progress)
                safe(pilot, f"{where}, how it goes")
                await press(pilot, "escape")
                safe(pilot, f"{where}, at its end")

    play(story)


def test_notifications_show_them_and_obey_none() -> None:
    async def story() -> None:
        world = Hostile()
        async with shown(world, write=True, size=LARGE) as pilot:
            app = face(pilot)
            for notify in (app.notify, app.screen.notify):
                notify(TEXT, title=TEXT, severity="error")
                await settle(pilot)
                safe(pilot, "a notification")
                app.clear_notifications()
            [action] = [one for one in app.acts.offered(subject("server")) if one.name == "power reset"]
            world.go.clear()
            app.acts.begin(action)
            await pilot.pause()
            await pilot.press("b")  # it is left running, so that its end is told by a notification
            world.go.set()
            await settle(pilot)
            assert [one.title for one in app._notifications] == ["Reset"]
            safe(pilot, "the end of an act")

    play(story)


@pytest.mark.parametrize("words", ["", "[b", "x", "site", "power", TEXT])
def test_the_palette_shows_them_and_obeys_none(words: str) -> None:
    async def story() -> None:
        async with shown(Hostile(), size=LARGE) as pilot:
            app = face(pilot)
            app.open_subject(subject("server"))
            await settle(pilot)
            await press(pilot, "colon")
            app.screen.query_one(Input).value = words
            await settle(pilot)
            await press(pilot, "down", "up")
            safe(pilot, f"the palette, {words!r} typed")

    play(story)


def test_what_is_typed_and_suggested_is_shown_and_not_obeyed() -> None:
    async def story() -> None:
        async with shown(Hostile(), write=True, size=SMALL) as pilot:
            app = face(pilot)
            [action] = [one for one in app.acts.offered(subject("pair")) if one.name == "apply-profile"]
            app.acts.choose(action)
            await settle(pilot)
            await press(pilot, "left_square_bracket")
            safe(pilot, "a suggestion")
            await press(pilot, "right")
            safe(pilot, "what was suggested, taken")

    play(story)


def test_the_way_back_can_be_clicked_by_its_names() -> None:
    async def story() -> None:
        async with shown(Hostile(), size=LARGE) as pilot:
            app = face(pilot)
            kinds: tuple[SubjectKind, ...] = ("site", "server", "switch")
            for kind in kinds:
                app.open_subject(subject(kind))
                await settle(pilot)
            safe(pilot, "the way")
            await pilot.click("Crumbs", offset=(22, 0))
            await settle(pilot)
            assert app.is_running
            assert len(app.views) < 4
            assert FAR != SITE

    play(story)
