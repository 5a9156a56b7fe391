"""Text from outside is shown and never obeyed; in a terminal without UTF-8 it keeps its width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from microdc.health.model import State
from microdc_tui.frame.ascii import as_ascii
from microdc_tui.glyphs import ASCII, GRAVITY, SIGNS, ascii_only, sign
from microdc_tui.text import LONGEST, plain, said
from microdc_tui.widgets.rows import fit
from microdc_tui.widgets.spark import spark


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("bcn-c1", "bcn-c1"),
        ("a\x1b[31mred\x1b[0m", "a␛[31mred␛[0m"),
        ("two\nlines\tand\x00nul\x7f", "two␊lines␉and␀nul␡"),
        ("\x9b31m", "‹U+009B›31m"),
        ("user\u202etxt.exe", "user‹U+202E›txt.exe"),
        ("zero\u200bwidth", "zero‹U+200B›width"),
        ("[red]markup[/]", "[red]markup[/]"),
        ("שרת", "שרת"),
        ("rack 🔥", "rack 🔥"),
        ("👩\u200d🔧", "👩🔧"),
        ("❤\ufe0f", "❤"),
        ("e" + "\u0301" * 40, "e" + "\u0301" * 3),
        ("\ud800", "\ufffd"),
        ("\u2028", "‹U+2028›"),
        ("a\u00a0b", "a b"),
    ],
)
def test_what_would_act_on_a_terminal_is_made_visible(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_nothing_that_acts_is_left_and_once_is_enough(text: str) -> None:
    shown = plain(text)
    assert not any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in shown)
    assert plain(shown) == shown
    assert shown.encode("utf-8").decode("utf-8") == shown


def test_a_text_without_end_has_one() -> None:
    assert len(plain("x" * 10_000_000)) == LONGEST + 1


def test_markup_is_text() -> None:
    assert said("[bold red]no[/]", "$error").plain == "[bold red]no[/]"


@given(st.text(max_size=30).map(plain), st.integers(1, 40))
def test_a_cell_of_a_table_has_its_width(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width
    assert cell_len(fit(text, width, "right")) == width


@given(st.text(max_size=40).map(plain))
def test_ascii_is_as_wide_as_what_it_stands_for(text: str) -> None:
    assert as_ascii(text).isascii()
    assert cell_len(as_ascii(text)) == cell_len(text)


def test_every_state_has_a_glyph_and_a_word_of_its_own_also_in_ascii() -> None:
    assert set(SIGNS) == set(State) == set(GRAVITY)
    assert (
        len({one.glyph for one in SIGNS.values()}) == len({one.word for one in SIGNS.values()}) == len(State)
    )
    assert len({as_ascii(one.glyph) for one in SIGNS.values()}) == len(State)
    assert all(cell_len(glyph) == cell_len(other) for glyph, other in ASCII.items())
    assert sign(State.DOWN).plain == "✗ down"


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({"LANG": "en_US.UTF-8"}, False),
        ({"LANG": "C.utf8"}, False),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, True),
        ({"LC_CTYPE": "de_DE.ISO-8859-1", "LANG": "en_US.UTF-8"}, True),
        ({}, True),
    ],
)
def test_ascii_where_the_locale_is_no_utf8(environ: dict[str, str], wanted: bool) -> None:  # noqa: FBT001
    assert ascii_only(environ) is wanted


def test_a_spark_is_as_wide_as_asked_and_shows_what_is_missing() -> None:
    assert spark([0.0, None, 7.0, float("nan")], 6).plain == "  ▁·█·"
    assert spark([1.0] * 100, 5).plain == "▁▁▁▁▁"
    assert spark([5.0, 1.0], 2, low=0, high=10).plain == "▅▁"
    assert spark([], 4).plain == "    "
    assert spark([float("inf"), 1.0, float("-inf")], 3).plain == "·▁·"
    assert spark([1.7e308, -1.7e308], 2).plain == "█▁"
    assert spark([1.0], 0).plain == ""
