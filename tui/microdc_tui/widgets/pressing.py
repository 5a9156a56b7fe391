"""Words that stand for a key: a click on them is that key."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.style import Style

_KEY = "pressed"


def pressable(words: Content, key: str) -> Content:
    """The words, for a widget that asks `pressed` of a click on it. They look as before."""
    return words.stylize(Style.from_meta({_KEY: key}))


def pressed(event: events.Click) -> str:
    """The key for which the words under the mouse stand; "" for none."""
    return str(event.style.meta.get(_KEY, ""))
