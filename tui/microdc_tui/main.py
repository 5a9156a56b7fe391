"""Where the command line finds the TUI: it names a world, shows it, and gives the terminal back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from microdc.errors import Exit, InputError
from microdc_tui import ending
from microdc_tui.options import Options
from microdc_tui.screens import SCREENS
from microdc_tui.world.ports import World


def run(given: Mapping[str, Any]) -> int:
    """Shows the TUI until it is quit; returns the exit code. given: the fields of Options. Raises InputError for files that cannot be used."""
    options = Options(**given)
    names = [entry.name for entry in SCREENS if entry.hotkey]
    if options.start and options.start not in names:
        raise InputError(
            f"there is no screen {options.start!r}", where="--start", hint=f"one of: {', '.join(names)}"
        )
    world = open_world(options)
    try:
        return _shown(world, options)
    finally:
        ending.close(world)


def _shown(world: World, options: Options) -> int:
    """A file that cannot be read is told before Textual is loaded."""
    from microdc_tui.app import Face  # noqa: PLC0415
    from microdc_tui.themes import THEMES  # noqa: PLC0415

    app = Face(world, write=options.write, theme=options.theme, start=options.start)
    if options.theme and options.theme not in app.available_themes:
        ours = ", ".join(theme.name for theme in THEMES)
        raise InputError(f"there is no theme {options.theme!r}", where="--theme", hint=f"ours are: {ours}")
    code = app.run()
    ending.tell(app.acts.running.values(), world)
    if app.return_code:  # Textual has shown what happened
        return app.return_code
    return Exit.OK if code is None else code


def open_world(options: Options) -> World:
    """The world that the options name. Raises InputError."""
    world: World
    if options.replay is not None:
        from microdc_tui.world.replay import ReplayWorld  # noqa: PLC0415  one world is loaded, not all

        return ReplayWorld(options.replay, options.speed)
    if options.demo:
        from microdc.health.demo import Demo  # noqa: PLC0415
        from microdc_tui.world.demo import DemoWorld  # noqa: PLC0415

        world = DemoWorld(
            Demo(options.sites, options.servers, options.seed, rate=1.0 / (options.every or 1.0))
        )
    else:
        from microdc_tui.world.live import LiveWorld  # noqa: PLC0415

        world = LiveWorld(options.title, options.shared, options.every, options.remote)
    if options.record is not None:
        from microdc_tui.world.recording import RecordingWorld  # noqa: PLC0415

        world = RecordingWorld(world, options.record)
    return world
