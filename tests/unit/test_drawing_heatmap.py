"""The heat map: each pair in its cell with its colour, and a file that stays small."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.drawing.heatmap import svg_heatmap
from microdc.drawing.ramp import LEVELS, colour, dark, digits, luminance, scale
from microdc.drawing.text import pixels
from microdc.errors import InputError

SVG = "{http://www.w3.org/2000/svg}"
Values = dict[tuple[str, str], float | None]

NAMES = ["paris", "madrid", "boston"]
VALUES: Values = {
    ("paris", "madrid"): 20.0,
    ("madrid", "paris"): 21.0,
    ("paris", "boston"): 80.0,
    ("boston", "paris"): None,
    ("madrid", "boston"): 95.25,
    ("paris", "paris"): 7.0,
}


def squares(path: str) -> Iterator[tuple[int, int]]:
    """(row, column) of the cells that path data covers."""
    for x, y, wide in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", path):
        for column in range(int(x), int(x) + int(wide)):
            yield int(y), column


def fills(text: str) -> dict[tuple[int, int], str]:
    """The colour of each cell; fails where one is painted twice."""
    found: dict[tuple[int, int], str] = {}
    layer = ET.fromstring(text).find(f"{SVG}g[@class='cells']")
    assert layer is not None
    for path in layer:
        for cell in squares(path.get("d", "")):
            assert cell not in found
            found[cell] = path.get("fill", "")
    return found


def tooltips(text: str) -> dict[tuple[int, int], str]:
    layer = ET.fromstring(text).find(f"{SVG}g[@class='tell']")
    assert layer is not None
    return {cell: path[0].text or "" for path in layer for cell in squares(path.get("d", ""))}


def written(text: str, kind: str) -> list[str]:
    return [e.text or "" for g in ET.fromstring(text).iter(f"{SVG}g") if g.get("class") == kind for e in g]


def matrix(count: int, name: str = "site-{}") -> tuple[list[str], Values]:
    dice = random.Random(7)
    names = [name.format(i) for i in range(count)]
    return names, {(a, b): dice.uniform(0.1, 300) for a in names for b in names}


def test_each_pair_has_a_colour_a_tooltip_and_a_number_and_the_diagonal_none() -> None:
    text = svg_heatmap(NAMES, VALUES, "Delays", "ms")
    assert set(fills(text)) == {(0, 1), (1, 0), (0, 2), (1, 2)}
    assert tooltips(text) == {
        (0, 1): "paris → madrid: 20 ms",
        (0, 2): "paris → boston: 80 ms",
        (1, 0): "madrid → paris: 21 ms",
        (1, 2): "madrid → boston: 95.25 ms",
        (2, 0): "boston → paris: no way",
        (2, 1): "boston → madrid: no value",
    }
    assert written(text, "number") == ["20", "80", "21", "95"]
    assert written(text, "name") == ["paris", "paris", "madrid", "madrid", "boston", "boston"]


UNNUMBERED = ("no way", "no limit", "no value")


def keys(text: str) -> dict[str, str]:
    """What the key says of cells without a number, and how they are filled there."""
    found: dict[str, str] = {}
    fill = ""
    for item in ET.fromstring(text).iter():
        if item.get("class") == "frame":
            fill = item.get("fill", "")
        elif fill:
            found[item.text or ""], fill = fill, ""
    return found


def patterned(text: str) -> dict[str, int]:
    """How many pieces are filled with each pattern; fails where the document has no such pattern."""
    root = ET.fromstring(text)
    ids = {pattern.get("id") for pattern in root.iter(f"{SVG}pattern")}
    found = {}
    for path in root.findall(f"{SVG}path"):
        if (fill := path.get("fill", "")).startswith("url("):
            assert fill[len("url(#") : -1] in ids
            found[fill] = path.get("d", "").count("M")
    return found


@pytest.mark.parametrize("there", [set(c) for n in range(4) for c in combinations(UNNUMBERED, n)])
@pytest.mark.parametrize("number", [5.0, None])
def test_what_has_no_number_has_cells_of_its_kind_and_the_key_names_them(
    there: set[str], number: float | None
) -> None:
    values: Values = {} if number is None else {("n0", "n1"): number}
    pairs = [
        (a, b) for a in ("n0", "n1", "n2") for b in ("n0", "n1", "n2") if a != b and (a, b) not in values
    ]
    kinds = {pair: UNNUMBERED[index % 3] for index, pair in enumerate(pairs)}
    for pair, kind in kinds.items():
        if kind not in there:
            values[pair] = 7.0
        elif kind != "no value":
            values[pair] = None if kind == "no way" else math.inf
    text = svg_heatmap(["n0", "n1", "n2"], values, "x", "ms")
    shown = keys(text)
    assert set(shown) == there
    assert len(set(shown.values())) == len(there)  # each looks otherwise
    assert set(patterned(text)) == {fill for kind, fill in shown.items() if kind != "no value"}
    places = {(int(a[1]), int(b[1])): (a, b) for a, b in [*pairs, ("n0", "n1")]}
    for cell, told in tooltips(text).items():
        kind = kinds.get(places[cell], "")
        assert told.endswith(f": {kind}" if kind in there else " ms")
        assert (cell in fills(text)) == (kind not in there)


def test_neighbours_without_a_way_are_one_piece() -> None:
    values: Values = {("a", "b"): 1.0, ("c", "a"): None, ("c", "b"): None}
    assert list(patterned(svg_heatmap(["a", "b", "c"], values, "x", "ms")).values()) == [1]


def test_where_there_is_no_number_the_key_shows_no_scale() -> None:
    text = svg_heatmap(["a", "b"], {("a", "b"): math.inf, ("b", "a"): math.inf}, "Rate", "Mbit/s")
    said = [e.text for e in ET.fromstring(text).iter(f"{SVG}text") if e.get("class") in {"key", "tick"}]
    assert said == ["no limit"]
    assert written(text, "number") == []


def test_the_key_stands_inside_the_drawing_however_long_the_names_are() -> None:
    names = [f"{'long-' * 14}{n}" for n in "ab"]
    root = ET.fromstring(
        svg_heatmap(names, {(names[0], names[1]): 1.0, (names[1], names[0]): 9e3}, "x", "Mbit/s")
    )
    unit = next(e for e in root.iter(f"{SVG}text") if e.text == "Mbit/s, logarithmic")
    assert float(unit.get("x", "")) + pixels("Mbit/s, logarithmic", 11.5) < float(root.get("width", ""))


@given(st.lists(st.floats(0.001, 1e6), min_size=6, max_size=6))
def test_more_is_never_lighter(numbers: list[float]) -> None:
    pairs = [(a, b) for a in range(3) for b in range(3) if a != b]
    values: Values = {(f"n{a}", f"n{b}"): v for (a, b), v in zip(pairs, numbers, strict=True)}
    found = fills(svg_heatmap(["n0", "n1", "n2"], values, "x", "ms"))
    shades = {colour((k + 0.5) / LEVELS): k for k in range(LEVELS)}
    by_value = [shades[found[pair]] for _, pair in sorted(zip(numbers, pairs, strict=True))]
    assert by_value == sorted(by_value)


def test_the_ramp_gets_darker_all_the_way_in_even_steps() -> None:
    # CIE lightness, which is what an eye calls even.
    lightness = [116 * luminance(k / LEVELS) ** (1 / 3) - 16 for k in range(LEVELS + 1)]
    steps = [a - b for a, b in pairwise(lightness)]
    assert min(steps) > 0.5 * max(steps) > 0
    assert lightness[0] > 90
    assert lightness[-1] < 25


def test_numbers_are_readable_on_every_colour() -> None:
    for k in range(LEVELS):
        light = luminance((k + 0.5) / LEVELS)
        contrast = 1.05 / (light + 0.05) if dark((k + 0.5) / LEVELS) else (light + 0.05) / 0.05
        assert contrast >= 4.5  # WCAG 2, level AA


@pytest.mark.parametrize(
    ("values", "logarithmic"),
    [
        ([1, 30], False),
        ([1, 31], True),
        ([0, 1, 20], False),
        ([0, 1, 40], True),
        ([-1, 100], False),
        ([5], False),
        ([], False),
    ],
)
def test_the_scale_is_logarithmic_where_values_span_more_than_thirty_times(
    values: list[float], *, logarithmic: bool
) -> None:
    assert scale(values).logarithmic is logarithmic


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=5))
def test_shares_and_ticks_lie_on_the_scale(values: list[float]) -> None:
    measure = scale(values)
    ticks = measure.ticks()
    assert ticks == sorted(ticks)
    assert 1 <= len(ticks) <= 13
    for value in (*values, *ticks):
        assert 0 <= measure.share(value) <= 1
        assert 0 <= measure.level(value) < LEVELS


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 10, [0, 2, 4, 6, 8, 10]),
        (3, 19, [4, 6, 8, 10, 12, 14, 16, 18]),
        (1, 100, [1, 2, 5, 10, 20, 50, 100]),
    ],
)
def test_ticks_are_round(low: float, high: float, ticks: list[float]) -> None:
    assert scale([low, high]).ticks() == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.0512, "0.051"), (9.96, "10"), (99.5, "100"), (1234, "1,200"), (-3.14, "-3.1")],
)
def test_numbers_are_written_without_exponents(value: float, text: str) -> None:
    assert digits(value, 2) == text


@pytest.mark.parametrize(("count", "numbers"), [(25, 25 * 24), (26, 0)])
def test_numbers_stand_in_cells_that_have_room(count: int, numbers: int) -> None:
    assert len(written(svg_heatmap(*matrix(count), "x", "ms"), "number")) == numbers


@pytest.mark.parametrize(
    "name",
    [
        "s{}",
        "north-campus/building-7/rack-{}/server-with-a-long-name-{}",
        "東京大学情報基盤センター{}",
        "<&>&{}",
    ],
)
def test_two_hundred_names_stay_below_three_megabytes_with_all_pairs_told(name: str) -> None:
    names, values = matrix(200, name.replace("{}", "{0}"))
    text = svg_heatmap(names, values, "x", "ms")
    assert len(text.encode()) < 3_000_000
    assert len(fills(text)) == 200 * 199
    told = tooltips(text)
    for a, b in ((0, 199), (57, 3), (199, 198)):
        assert f": {digits(values[names[a], names[b]] or 0, 4)} ms" in told[a, b]
    assert {(a, b) for a in range(200) for b in range(200) if a != b} <= set(told)


def test_neighbours_of_one_colour_are_one_piece() -> None:
    names = [f"s{i}" for i in range(200)]
    values: Values = {(a, b): 10.0 if a < b else 20.0 for a in names for b in names}
    layer = ET.fromstring(svg_heatmap(names, values, "x", "ms")).find(f"{SVG}g[@class='cells']")
    assert layer is not None
    assert sum(path.get("d", "").count("M") for path in layer) < 40 * 200


def test_groups_have_stripes_on_both_sides_and_are_named_in_the_key() -> None:
    groups = {"paris": "europe", "madrid": "europe", "boston": "<america>"}
    text = svg_heatmap(NAMES, VALUES, "x", "ms", groups=groups)
    layer = ET.fromstring(text).find(f"{SVG}g[@class='bands']")
    assert layer is not None
    stripes = [(e[0].text, e.get("fill")) for e in layer.iter(f"{SVG}rect")]
    assert [group for group, _ in stripes] == ["europe", "europe", "<america>", "<america>"]
    assert len({fill for _, fill in stripes}) == 2
    keys = [e.text for e in ET.fromstring(text).iter(f"{SVG}text") if e.get("class") == "key"]
    assert keys[-2:] == ["europe", "<america>"]


def test_names_are_text_and_nothing_else() -> None:
    names = ["<b>&\"'", "\x1b[0m\x00\u202ex"]
    text = svg_heatmap(names, {(names[0], names[1]): 1.0}, "a < b\x00", "µs & more", ["note <1>"])
    assert tooltips(text)[0, 1] == "<b>&\"' → [0mx: 1 µs & more"


@pytest.mark.parametrize("names", [[], ["alone"]])
def test_matrices_without_pairs_are_drawn(names: list[str]) -> None:
    root = ET.fromstring(svg_heatmap(names, {}, "Nothing", "ms"))
    assert root.get("role") == "img"
    assert float(root.get("height", "")) > 0


@pytest.mark.parametrize(
    ("names", "values", "what"),
    [
        (["a", "b", "a"], {}, "'a' is twice"),
        (["a", "b"], {("a", "b"): float("nan")}, "a → b is nan"),
        (["a", "b"], {("b", "a"): float("-inf")}, "b → a is -inf"),
    ],
)
def test_what_has_no_meaning_is_refused(names: list[str], values: Values, what: str) -> None:
    with pytest.raises(InputError, match=re.escape(what)):
        svg_heatmap(names, values, "x", "ms")


def test_the_same_values_give_the_same_text() -> None:
    names, values = matrix(12)
    again = dict(reversed(values.items()))
    assert svg_heatmap(names, values, "x", "ms") == svg_heatmap(names, again, "x", "ms")
