"""Paragraphs folded to a width: nothing is lost, and no row is too long."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from microdc_tui.text import plain
from microdc_tui.widgets.folding import Paragraph, Piece, fold, plain_row

_TEXTS = st.text(max_size=60).map(plain)
_PIECES = st.lists(st.builds(Piece, _TEXTS, st.sampled_from(["", "dim", "bad"])), max_size=4).map(tuple)
_PARAGRAPHS = st.lists(st.builds(Paragraph, _PIECES, _PIECES), max_size=5)


@given(_PARAGRAPHS, st.integers(2, 100))
def test_no_row_is_longer_than_the_width_and_every_word_is_there(some: list[Paragraph], width: int) -> None:
    rows = fold(some, width)
    assert all(cell_len(plain_row(row)) <= width for row in rows)
    assert len(rows) >= len(some)
    told = "".join("".join(piece.text for piece in (*one.lead, *one.body)) for one in some)
    assert "".join("".join(map(plain_row, rows)).split()) == "".join(told.split())


def test_the_body_is_indented_by_its_lead() -> None:
    rows = fold([Paragraph((Piece("seen  ", "dim"),), (Piece("it asked for an address"),))], 18)
    assert [plain_row(row) for row in rows] == ["seen  it asked for", "      an address"]
    assert rows[0][0] == Piece("seen  ", "dim")


def test_where_there_is_no_room_beside_the_lead_the_body_stands_below() -> None:
    rows = fold([Paragraph((Piece("10:00:01"),), (Piece("an address"),))], 10)
    assert [plain_row(row) for row in rows] == ["10:00:01", "an address"]


def test_a_word_that_is_too_long_is_cut_and_wide_letters_count_twice() -> None:
    assert [plain_row(row) for row in fold([Paragraph((), (Piece("日本語" * 2),))], 5)] == [
        "日本",
        "語日",
        "本語",
    ]
