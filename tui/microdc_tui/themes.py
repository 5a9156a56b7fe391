"""The colours: four themes of our own, in which the states can be told apart; Textual's own ones can be chosen as well."""

from __future__ import annotations

from rich.style import Style
from rich.theme import Theme as RichTheme
from textual.color import Color
from textual.theme import Theme

DEFAULT = "microdc"

THEMES: tuple[Theme, ...] = (
    Theme(
        name="microdc",
        primary="#5fb3d4",
        secondary="#a48fd6",
        accent="#5fb3d4",
        success="#7fb98a",
        warning="#e0b25c",
        error="#e8776d",
        foreground="#d5dae2",
        background="#14181f",
        surface="#1a1f28",
        panel="#222834",
        dark=True,
        variables={"block-cursor-background": "#2c4a5a", "block-cursor-foreground": "#f2f6fa"},
    ),
    Theme(
        name="microdc-light",
        primary="#1f6f8f",
        secondary="#6b4fa8",
        accent="#1f6f8f",
        success="#2c7a43",
        warning="#8f5f00",
        error="#b3332b",
        foreground="#22262d",
        background="#fafafa",
        surface="#f2f3f5",
        panel="#e6e9ed",
        dark=False,
        variables={"block-cursor-background": "#c5dfe9", "block-cursor-foreground": "#10151b"},
    ),
    # Blue against orange: told apart with any of the common kinds of colour blindness, and by lightness as well.
    Theme(
        name="microdc-blue-orange",
        primary="#c8ccd4",
        secondary="#9aa0aa",
        accent="#e8e8e8",
        success="#5aa9e6",
        warning="#f2c14e",
        error="#f0772b",
        foreground="#dcdfe4",
        background="#12151a",
        surface="#191d24",
        panel="#232833",
        dark=True,
        variables={"block-cursor-background": "#3b424e", "block-cursor-foreground": "#ffffff"},
    ),
    Theme(
        name="microdc-contrast",
        primary="#00e5ff",
        secondary="#ff9cff",
        accent="#00e5ff",
        success="#3dff6e",
        warning="#ffff00",
        error="#ff6b6b",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#262626",
        dark=True,
        text_alpha=1.0,
        variables={
            "block-cursor-background": "#ffffff",
            "block-cursor-foreground": "#000000",
            "text-muted": "#d0d0d0",
        },
    ),
)

_SHARED = ("success", "warning", "error", "accent", "primary", "secondary", "foreground")


def rich_styles(variables: dict[str, str], background: str) -> RichTheme:
    """The styles of the theme by the names that Content knows ("$warning", "bold $error"), for text that is made with Rich."""
    ground = Color.parse(background)
    styles: dict[str, Style] = {}
    colours = {name: Color.parse(variables[name]) for name in _SHARED}
    colours["text-muted"] = ground.blend(colours["foreground"], 0.6)
    colours["text-disabled"] = ground.blend(colours["foreground"], 0.38)
    for name, colour in colours.items():
        plain = Style(color=colour.rich_color)
        styles |= {f"${name}": plain, f"bold ${name}": plain + Style(bold=True)}
    return RichTheme(styles)


def solid(variables: dict[str, str]) -> dict[str, str]:
    """The theme's variables, with muted text as colours: as shares of the best contrast (`auto 60%`) they lose the share in content, and come out white."""
    ground, front = Color.parse(variables["background"]), Color.parse(variables["foreground"])
    muted = {"text-muted": 0.6, "text-disabled": 0.38}
    faded = {
        name: ground.blend(front, share).hex
        for name, share in muted.items()
        if variables.get(name, "auto").startswith("auto")
    }
    return {**variables, **faded}
