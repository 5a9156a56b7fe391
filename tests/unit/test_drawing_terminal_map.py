"""The map in a terminal: within its bounds, readable without colours and without Unicode."""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.drawing.canvas import Canvas, Span
from microdc.drawing.model import Line, Node
from microdc.drawing.terminal_map import terminal_map
from microdc.drawing.text import cells

PARIS, MADRID, BERLIN = (
    Node("paris", "Paris", 48.85, 2.35, "core", "renater"),
    Node("madrid", "Madrid", 40.42, -3.70, "metro", "rediris"),
    Node("berlin", "Berlin", 52.52, 13.40, "exchange", "dfn"),
)


def text(rows: list[list[Span]]) -> list[str]:
    return ["".join(words for words, _ in row) for row in rows]


def crowd(count: int) -> tuple[list[Node], list[Line]]:
    dice = random.Random(5)
    nodes = [
        Node(
            f"n{i}",
            f"Ünïcode {i}",
            dice.uniform(36, 60),
            dice.uniform(-9, 25),
            dice.choice(("core", "dslam", "")),
        )
        for i in range(count)
    ]
    states = ("up", "up", "cut")
    lines = [
        Line(f"n{i}", f"n{dice.randrange(i)}", state=states[i % 3], highlighted=i % 5 == 0)  # type: ignore[arg-type]
        for i in range(1, count)
    ]
    return nodes, lines


labels = st.text(st.characters(codec=None), max_size=10)
places = st.one_of(st.none(), st.tuples(st.floats(-90, 90), st.floats(-180, 180)))


@given(
    st.lists(st.tuples(labels, places), max_size=8),
    st.integers(-1, 60),
    st.integers(-1, 20),
    st.booleans(),
    st.randoms(),
)
def test_it_stays_within_its_columns_and_rows(
    given_nodes: list[tuple[str, tuple[float, float] | None]],
    columns: int,
    rows: int,
    ascii_only: bool,  # noqa: FBT001 - hypothesis gives it
    dice: random.Random,
) -> None:
    nodes = [Node(f"n{i}", label, *(at or (None, None))) for i, (label, at) in enumerate(given_nodes)]
    lines = [Line(dice.choice(nodes).name, dice.choice(nodes).name) for _ in nodes]
    drawn = text(terminal_map(nodes, lines, columns, rows, ascii=ascii_only))
    assert len(drawn) <= max(0, rows)
    assert all(cells(row) <= columns for row in drawn)
    assert not {unicodedata.category(char) for row in drawn for char in row} & {"Cc", "Cs", "Zl", "Zp"}
    assert not ascii_only or all(row.isascii() for row in drawn)


def test_places_are_where_they_are_on_a_map() -> None:
    rows = text(terminal_map([PARIS, MADRID, BERLIN], [Line("paris", "madrid")], 80, 24))
    at = {
        mark: next((row, line.index(mark)) for row, line in enumerate(rows) if mark in line) for mark in "●○◆"
    }
    assert at["◆"][0] < at["●"][0] < at["○"][0]  # north to south
    assert at["○"][1] < at["●"][1] < at["◆"][1]  # west to east
    for word in ("Paris", "Madrid", "Berlin"):
        assert sum(word in row for row in rows) == 1


def test_dots_of_braille_join_the_ends() -> None:
    rows = text(terminal_map([PARIS, MADRID], [Line("paris", "madrid")], 60, 20))
    dots = {
        (column, row)
        for row, line in enumerate(rows)
        for column, char in enumerate(line)
        if 0x2801 <= ord(char) <= 0x28FF or char in "●○"
    }
    reached = {next(iter(dots))}
    while (
        more := {
            (x + i, y + j)
            for x, y in reached
            for i in (-1, 0, 1)
            for j in (-1, 0, 1)
            if (x + i, y + j) in dots
        }
        - reached
    ):
        reached |= more
    assert reached == dots
    assert len(dots) > 15


def test_a_dot_has_its_bit() -> None:
    canvas = Canvas(2, 1)
    canvas.line([(0, 0), (0, 3)], "")
    canvas.line([(3, 3), (3, 3)], "red")
    assert canvas.lines() == [[("⡇", ""), ("⢀", "red")]]
    for (x, y), char in {(0, 2): "⠄", (0, 3): "⡀", (1, 0): "⠈", (1, 2): "⠠"}.items():
        canvas = Canvas(1, 1)
        canvas.line([(x, y), (x, y)], "")
        assert canvas.lines() == [[(char, "")]]


def test_without_colours_a_cut_shows_and_so_does_what_is_highlighted() -> None:
    def drawn(line: Line) -> str:
        rows = terminal_map([PARIS, MADRID], [line], 60, 20, colour=False)
        assert all(style == "" for row in rows for _, style in row)
        return "\n".join(text(rows))

    plain, cut = drawn(Line("paris", "madrid")), drawn(Line("paris", "madrid", state="cut"))
    lit = drawn(Line("paris", "madrid", highlighted=True))
    assert "×" in cut
    assert "×" not in plain

    def ink(rows: str) -> int:
        return sum((ord(char) - 0x2800).bit_count() for char in rows if 0x2800 < ord(char) <= 0x28FF)

    assert ink(cut) < ink(plain) / 2 < ink(lit) / 3


def test_colours_say_where_a_delay_comes_from() -> None:
    def styles(line: Line) -> set[str]:
        return {
            style
            for row in terminal_map([PARIS, MADRID], [line], 60, 20)
            for words, style in row
            if any(0x2800 < ord(char) <= 0x28FF for char in words)
        }

    kinds = ("measured", "length", "derived", "profile")
    found = [styles(Line("paris", "madrid", kind)) for kind in kinds]  # type: ignore[arg-type]
    found.append(styles(Line("paris", "madrid", state="cut")))
    found.append(styles(Line("paris", "madrid", highlighted=True)))
    assert all(len(style) == 1 for style in found)
    assert len(set.union(*found)) == 6


def test_a_terminal_without_unicode_gets_letters_strokes_and_no_accents() -> None:
    nodes = [PARIS, Node("t", "Tromsø–Ålesund", 69, 18, "core")]
    rows = text(terminal_map(nodes, [Line("paris", "t", state="cut")], 60, 20, ascii=True))
    joined = "\n".join(rows)
    assert "Troms?-Alesund" in joined
    assert "@" in joined
    assert "x" in joined
    assert set("|/\\-") & set(joined.replace("-Alesund", ""))


def test_no_label_is_cut_short_or_written_over() -> None:
    nodes, lines = crowd(60)
    rows = text(terminal_map(nodes, lines, 120, 40))
    whole = [node for node in nodes if any(f"{node.label} " in row + " " for row in rows)]
    assert len(whole) > 15
    assert sum(row.count("Ünïcode") for row in rows) == sum(
        row.count(f"{node.label} ")
        + row.endswith(node.label)
        + sum(row.count(node.label + c) for c in braille())
        for row in rows
        for node in nodes
    )


def braille() -> list[str]:
    return [chr(0x2800 + bits) for bits in range(1, 256)]


def test_nodes_at_one_place_stand_beside_each_other_and_the_rest_is_told() -> None:
    few = text(terminal_map([Node(f"n{i}", "", 48, 2, "core") for i in range(5)], [], 40, 10))
    assert sum(row.count("●") for row in few) == 5
    many = text(terminal_map([Node(f"n{i}", f"n{i}", 48, 2, "core") for i in range(30)], [], 40, 10))
    shown = sum(row.count("●") for row in many)
    assert shown < 30
    assert many[-1] == f"no room for {30 - shown} nodes"


def test_what_has_no_place_is_told_in_the_last_row() -> None:
    hub = Node("hub", "Hub", None, None)
    rows = text(terminal_map([PARIS, MADRID, hub], [Line("paris", "hub")], 60, 20))
    assert len(rows) == 20
    assert rows[-1] == "no coordinates: Hub; 1 line not drawn"
    assert "Paris" in "\n".join(rows)


@pytest.mark.parametrize("nodes", [[], [PARIS], [Node("p", "Pole", -90, 0)]])
def test_small_maps(nodes: list[Node]) -> None:
    rows = text(terminal_map(nodes, [], 40, 10))
    assert len(rows) == 10
    assert [node.label for node in nodes if not any(node.label in row for row in rows)] == []


def test_wide_letters_take_two_columns() -> None:
    rows = text(terminal_map([Node("t", "東京", 35.7, 139.7), Node("o", "大阪", 34.7, 135.5)], [], 40, 10))
    assert sum("東京" in row or "大阪" in row for row in rows) == 2
    assert all(cells(row) <= 40 for row in rows)
