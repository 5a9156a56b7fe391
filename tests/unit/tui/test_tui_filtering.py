"""The filter's words, and how the palette finds."""

from __future__ import annotations

import pytest

from microdc_tui.filtering import matches, parse
from microdc_tui.frame.finding import SHOWN, Offer, find

ROWS = {
    "bcn-c1": ("bcn-c1\nok\ncompute", {"site": "barcelona", "role": "compute", "state": "ok"}),
    "bcn-c2": ("bcn-c2\ndown\ncompute", {"site": "barcelona", "role": "compute", "state": "down"}),
    "par-sw1": ("par-sw1\ndegraded\naccess", {"site": "paris", "state": "degraded"}),
}


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("", {"bcn-c1", "bcn-c2", "par-sw1"}),
        ("bcn", {"bcn-c1", "bcn-c2"}),
        ("BCN C1", {"bcn-c1"}),
        ("!ok", {"bcn-c2", "par-sw1"}),
        ("down|degraded", {"bcn-c2", "par-sw1"}),
        ("!down|degraded", {"bcn-c1"}),
        ("role=compute", {"bcn-c1", "bcn-c2"}),
        ("role=comp", set()),
        ("site!=barcelona", {"par-sw1"}),
        ("role!=compute", {"par-sw1"}),
        ("!site=barcelona", {"par-sw1"}),
        ("state=down|ok site=barcelona c2", {"bcn-c2"}),
        ("!", {"bcn-c1", "bcn-c2", "par-sw1"}),
        ("role=", {"bcn-c1", "bcn-c2", "par-sw1"}),
        ("sw||", {"par-sw1"}),
        ("[bold]", set()),
    ],
)
def test_all_words_must_hold(expression: str, found: set[str]) -> None:
    terms = parse(expression)
    assert {name for name, row in ROWS.items() if matches(terms, *row)} == found


def offers(*names: str) -> list[Offer]:
    return [Offer(name, "server", lambda: None) for name in names]


def test_the_palette_puts_the_name_itself_first() -> None:
    found = find("rec-c1", offers("rec-c11", "xrec-c1", "rec-c1", "lis-c1"))
    assert [offer.name for _, offer in found] == ["rec-c1", "rec-c11", "xrec-c1"]


def test_the_palette_finds_by_what_is_told_and_by_letters_in_order() -> None:
    assert [offer.name for _, offer in find("server a2", offers("a1", "a2"))] == ["a2"]
    assert [offer.name for _, offer in find("bcnsw", offers("bcn-c1", "bcn-sw1"))] == ["bcn-sw1"]
    assert find("zz", offers("a1")) == []


def test_the_palette_shows_no_more_than_anybody_reads() -> None:
    assert len(find("a", offers(*(f"a{number}" for number in range(1000))))) == SHOWN
