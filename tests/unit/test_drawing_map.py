"""The map: everything on it, in its place, told when pointed at, and no label over another."""

from __future__ import annotations

import math
import os
import random
import re
import subprocess
import sys
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.drawing.labels import Box, around
from microdc.drawing.map import Line, Node, svg_map
from microdc.drawing.text import pixels
from microdc.errors import InputError

Element = ET.Element
SVG = "{http://www.w3.org/2000/svg}"
SIZES = {"big": 12.5, "mid": 11.0, "small": 9.5, "at": 9.5}

PARIS, MADRID, BOSTON = (
    Node("paris", "Paris", 48.85, 2.35, "core", "renater"),
    Node("madrid", "Madrid", 40.42, -3.70, "core", "rediris"),
    Node("boston", "Boston", 42.36, -71.06, "exchange", "internet2"),
)


def parsed(nodes: list[Node], lines: list[Line], **more: object) -> Element:
    return ET.fromstring(svg_map(nodes, lines, "A map", **more))  # type: ignore[arg-type]


def titles(root: Element) -> list[str]:
    return [title.text or "" for title in root.iter(f"{SVG}title")][1:]


def numbers(data: str) -> list[list[tuple[float, float]]]:
    """The polylines of path data that has absolute moves and lines only."""
    pieces = [piece.split("L") for piece in data.rstrip("z").split("M")[1:]]
    return [[(float(x), float(y)) for x, y in map(str.split, piece)] for piece in pieces]


def markers(root: Element) -> dict[str, tuple[float, float]]:
    """Middles of the nodes' forms, by what they say."""
    found = {}
    for element in root.iter():
        title = element.find(f"{SVG}title")
        if "node" not in element.get("class", "").split() or title is None:
            continue
        if element.tag == f"{SVG}circle":
            found[title.text or ""] = (float(element.get("cx", "")), float(element.get("cy", "")))
        else:
            (points,) = numbers(element.get("d", ""))
            found[title.text or ""] = (
                sum(x for x, _ in points) / len(points),
                sum(y for _, y in points) / len(points),
            )
    return found


def ways(root: Element) -> dict[str, list[list[tuple[float, float]]]]:
    """The lines' polylines, by what they say."""
    found = {}
    for group in root.iter(f"{SVG}g"):
        title, path = group.find(f"{SVG}title"), group.find(f"{SVG}path[@class='hit']")
        if title is not None and path is not None:
            found[title.text or ""] = numbers(path.get("d", ""))
    return found


def labels(root: Element) -> list[tuple[str, Box]]:
    layer = root.find(f".//{SVG}g[@class='words']")
    assert layer is not None
    found = []
    for text in layer.iter(f"{SVG}text"):
        size = SIZES[text.get("class", "")]
        words = text.text or ""
        middle = (float(text.get("x", "")), float(text.get("y", "")) - 0.36 * size)
        found.append((words, around(middle, pixels(words, size), size - 0.1)))
    return found


def panel(root: Element) -> Box:
    rect = root.find(f"{SVG}rect[@class='panel']")
    assert rect is not None
    x, y, width, height = (float(rect.get(key, "")) for key in ("x", "y", "width", "height"))
    return Box(x, y, x + width, y + height)


def crowd(count: int, seed: int) -> tuple[list[Node], list[Line]]:
    dice = random.Random(seed)
    kinds = ("core", "metro", "dslam", "landing", "exchange", "site", "")
    nodes = [
        Node(
            f"n{i}",
            f"Place {i}",
            dice.uniform(36, 60),
            dice.uniform(-9, 25),
            dice.choice(kinds),
            dice.choice("abcdefghij"),
        )
        for i in range(count)
    ]
    lines = [
        Line(f"n{i}", f"n{dice.randrange(i)}", mark=f"{i} ms", label=f"line {i}", width_class=i % 7)
        for i in range(1, count)
    ]
    return nodes, lines


def test_every_node_and_line_says_what_it_is() -> None:
    lines = [
        Line("paris", "madrid", "measured", "8.6 ms"),
        Line("paris", "boston", "length", "28 ms", state="cut"),
        Line("madrid", "paris", "profile"),
    ]
    said = titles(parsed([PARIS, MADRID, BOSTON], lines))
    assert "Paris (paris): core, renater" in said
    assert "Boston (boston): exchange, internet2" in said
    assert "Paris – Madrid: 8.6 ms (delay measured)" in said
    assert "Paris – Boston: 28 ms (cut)" in said
    assert "Madrid – Paris (from a profile)" in said
    assert len(said) == 6


def test_it_has_a_name_and_a_description_for_those_who_cannot_see_it() -> None:
    root = parsed([PARIS, MADRID], [Line("paris", "madrid")])
    title, description = root[0], root[1]
    assert (title.tag, title.text) == (f"{SVG}title", "A map")
    assert (description.tag, description.text) == (
        f"{SVG}desc",
        "Map of 2 nodes and 1 line between them.",
    )
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


names = st.text(st.characters(codec=None), max_size=12)
places = st.one_of(st.none(), st.tuples(st.floats(-90, 90), st.floats(-180, 180)))


@given(st.lists(st.tuples(names, places), max_size=8, unique_by=lambda pair: pair[0]), st.randoms())
def test_any_nodes_make_a_document_with_all_within_the_panel(
    given_nodes: list[tuple[str, tuple[float, float] | None]], dice: random.Random
) -> None:
    nodes = [Node(name, name, *(at or (None, None))) for name, at in given_nodes]
    lines = [Line(dice.choice(nodes).name, dice.choice(nodes).name, mark="x") for _ in nodes]
    root = parsed(nodes, lines)
    edge = panel(root)
    drawn = [node for node in nodes if node.at]
    assert sum("node" in e.get("class", "").split() for e in root.iter()) >= len(drawn)
    for x, y in markers(root).values():
        assert edge.left < x < edge.right
        assert edge.top < y < edge.bottom
    for pieces in ways(root).values():
        for piece in pieces:
            assert all(edge.left - 1 <= x <= edge.right + 1 for x, _ in piece)
            assert all(math.isfinite(y) for _, y in piece)


def test_what_xml_means_and_what_a_terminal_obeys_is_not_taken_from_names() -> None:
    odd = Node("a", "<b>&\"'\x1b[31m\x00\u202e\ud800 x\ny", 1, 1, group="<&>")
    root = parsed([odd, Node("b", "", 2, 2)], [Line("a", "b", label="]]>\x07")])
    assert "<b>&\"'[31m x y (a): <&>" in titles(root)
    assert "<b>&\"'[31m x y – b: ]]> (from the distance)" in titles(root)


@given(st.lists(st.tuples(st.integers(35, 65), st.integers(-10, 30)), min_size=2, max_size=12, unique=True))
def test_north_is_up_and_west_is_left(at: list[tuple[int, int]]) -> None:
    found = markers(parsed([Node(f"{lat} {lon}", "", lat, lon) for lat, lon in at], []))
    for (one, first), (two, second) in combinations(
        zip(at, (found[f"{a} {b}"] for a, b in at), strict=True), 2
    ):
        assert (one[0] > two[0]) == (first[1] < second[1])
        assert (one[1] < two[1]) == (first[0] < second[0])


@pytest.mark.parametrize("seed", range(4))
def test_no_label_lies_over_another_nor_over_a_node_nor_beyond_the_panel(seed: int) -> None:
    root = parsed(*crowd(120, seed))
    found = labels(root)
    assert len(found) > 40
    for (_, one), (_, two) in combinations(found, 2):
        assert not one.overlaps(two)
    for word, box in found:
        assert box.inside(panel(root)), word
        for point in markers(root).values():
            assert not box.overlaps(around(point, 4, 4)), word


def test_where_it_is_crowded_the_labels_of_minor_nodes_go_first_and_tooltips_stay() -> None:
    def cabinet(i: int) -> tuple[float, float]:
        return 48 + (i // 12) * 0.6, 2 + (i % 12) * 1.2

    minor = [Node(f"d{i}", f"street cabinet {i}", *cabinet(i), "dslam") for i in range(144) if (i - 5) % 17]
    major = [Node(f"c{i}", f"Capital {i}", *cabinet(i), "core") for i in range(5, 144, 17)]
    far = [Node("n", "North", 60, 2, "metro"), Node("s", "South", 38, 2, "metro")]
    root = parsed([*minor, *far, *major], [])
    written = {word for word, _ in labels(root)}
    assert {node.label for node in (*major, *far)} <= written
    assert len(major) + len(far) < len(written) < len(minor) * 3 / 4
    assert len(titles(root)) == len(minor) + len(major) + len(far)


def test_parallel_lines_lie_apart_whichever_way_they_are_given() -> None:
    root = parsed(
        [PARIS, MADRID], [Line("paris", "madrid", label="one"), Line("madrid", "paris", label="two")]
    )
    (one,), (two,) = ways(root).values()
    assert math.dist(one[len(one) // 2], two[len(two) // 2]) > 4
    ends = {one[0], one[-1]}
    assert ends == {two[0], two[-1]}


def test_a_long_line_follows_the_great_circle() -> None:
    root = parsed([MADRID, BOSTON], [Line("madrid", "boston")])
    ((way,),) = ways(root).values()
    assert min(y for _, y in way) < min(way[0][1], way[-1][1]) - 30


def test_a_line_over_the_antimeridian_is_short_on_a_map_of_the_pacific() -> None:
    nodes = [
        Node("tokyo", "Tokyo", 35.7, 139.7),
        Node("seattle", "Seattle", 47.6, -122.3),
        Node("suva", "Suva", -18.1, 178.4),
    ]
    root = parsed(nodes, [Line("tokyo", "seattle"), Line("suva", "seattle")])
    at = markers(root)
    assert at["Tokyo (tokyo)"][0] < at["Suva (suva)"][0] < at["Seattle (seattle)"][0]
    for pieces in ways(root).values():
        assert len(pieces) == 1


def test_a_line_over_the_edge_of_a_map_of_the_world_goes_out_on_one_side_and_in_on_the_other() -> None:
    nodes = [Node(f"n{lon}", "", 10, lon) for lon in range(-180, 180, 30)]
    lines = [Line(a.name, b.name, label=f"{i}") for i, (a, b) in enumerate(pairwise([*nodes, nodes[0]]))]
    root = parsed(nodes, lines)
    wide = panel(root).right - panel(root).left
    pieces = list(ways(root).values())
    assert sorted(map(len, pieces)) == [1] * 11 + [2]
    for way in pieces:
        for piece in way:
            assert abs(piece[0][0] - piece[-1][0]) < wide / 11


@pytest.mark.parametrize(
    "nodes",
    [
        [],
        [Node("a", "Alone", 50, 8)],
        [Node("p", "Pole", 90, 0), Node("q", "Other pole", -90, 10)],
        [Node("a", "Quito", -0.2, -78.5), Node("b", "Antipode", 0.2, 101.5)],
        [Node("a", "No place", None, None)],
    ],
)
def test_odd_maps_are_maps(nodes: list[Node]) -> None:
    lines = [Line(a.name, b.name) for a, b in pairwise(nodes)]
    root = parsed(nodes, lines)
    assert len(markers(root)) == sum(node.at is not None for node in nodes)
    assert not re.search(r"[\" ]-?(nan|inf)\b", ET.tostring(root, "unicode"))


@pytest.mark.parametrize("count", [2, 7, 40])
def test_nodes_at_one_place_step_aside(count: int) -> None:
    nodes = [Node(f"n{i}", "", 48.85, 2.35) for i in range(count)] + [Node("far", "", 40, -3)]
    found = list(markers(parsed(nodes, [Line("n0", "n1"), Line("n1", "far")])).values())
    assert len(found) == count + 1
    assert min(math.dist(a, b) for a, b in combinations(found, 2)) > 6
    assert max(math.dist(a, b) for a, b in combinations(found[:count], 2)) < 110


def test_what_has_no_place_is_told_under_the_map_and_drawn_nowhere() -> None:
    hub = Node("hub", "Hub nowhere", None, None)
    root = parsed(
        [PARIS, MADRID, hub], [Line("paris", "hub"), Line("paris", "madrid")], notes=["Said first."]
    )
    notes = [text.text for text in root.iter(f"{SVG}text") if text.get("class") == "note"]
    assert notes == [
        "Said first.",
        "Not on the map, for want of coordinates: Hub nowhere.",
        "Lines not on the map: Paris – Hub nowhere.",
    ]
    assert len(markers(root)) == 2
    assert len(ways(root)) == 1


def test_the_scale_bar_is_true() -> None:
    root = parsed([Node("n", "", 52, 0), Node("s", "", 50, 0), Node("e", "", 51, 3)], [])
    at = markers(root)
    bar = next(e.get("d", "") for e in root.iter() if e.get("class") == "bar")
    (half, _) = map(float, re.findall(r"h([0-9.]+)", bar))
    text = next(e.text or "" for e in root.iter() if re.search(r" km at ", e.text or ""))
    km = float(text.split()[0].replace(",", ""))
    assert text.endswith("km at 51°N")
    assert (at["s"][1] - at["n"][1]) / (2 * 111.195) == pytest.approx(2 * half / km, rel=0.01)
    # To the east as well, at that latitude.
    assert (at["e"][0] - at["n"][0]) / (3 * 111.195 * math.cos(math.radians(51))) == pytest.approx(
        2 * half / km, rel=0.01
    )


def test_degrees_stand_where_they_are() -> None:
    at = markers(parsed([Node("a", "", 50, 10), Node("b", "", 40, -10)], []))
    root = parsed([Node("a", "", 50, 10), Node("b", "", 40, -10)], [])
    ticks = {text.text: text for text in root.iter(f"{SVG}text") if text.get("class") == "tick"}
    assert float(ticks["10°E"].get("x", "")) == pytest.approx(at["a"][0], abs=0.2)
    assert float(ticks["10°W"].get("x", "")) == pytest.approx(at["b"][0], abs=0.2)
    assert float(ticks["50°N"].get("y", "")) == pytest.approx(at["a"][1] + 3.5, abs=0.2)
    assert "0°" in ticks


def test_the_legend_has_what_is_on_the_map_and_nothing_else() -> None:
    root = parsed(
        [PARIS, BOSTON],
        [Line("paris", "boston", "length", width_class=2, highlighted=True)],
        widths={2: "100gbit", 3: "400gbit"},
    )
    keys = [text.text for text in root.iter(f"{SVG}text") if text.get("class") == "key"]
    assert keys == [
        "from a published length",
        "highlighted",
        "100gbit",
        "core",
        "exchange",
        "internet2",
        "renater",
    ]


def test_a_cut_line_has_a_cross_in_its_middle_and_lies_over_the_others() -> None:
    lines = [Line("paris", "boston", label="one", state="cut"), Line("paris", "madrid", label="two")]
    root = parsed([PARIS, MADRID, BOSTON], lines)
    assert list(ways(root)) == ["Paris – Madrid: two (from the distance)", "Paris – Boston: one (cut)"]
    (way,) = ways(root)["Paris – Boston: one (cut)"]
    cross = next(e for e in root.iter() if e.get("class") == "cross")
    middle = numbers(cross.get("d", ""))[0]
    centre = ((middle[0][0] + middle[1][0]) / 2, (middle[0][1] + middle[1][1]) / 2)
    assert min(math.dist(centre, point) for point in way) < 20
    assert abs(math.dist(centre, way[0]) - math.dist(centre, way[-1])) < 20


def test_wider_lines_for_higher_classes_and_dark_pages_have_their_colours() -> None:
    lines = [Line("paris", "boston", label=f"{k}", width_class=k) for k in range(-1, 8)]
    text = svg_map([PARIS, BOSTON], lines, "A map")
    widths = [
        float(w)
        for w in re.findall(r'<path class="line derived" stroke-width="([0-9.]+)" d="M[0-9. ]+L', text)
    ]
    assert widths == sorted(widths)
    assert len(set(widths)) == 6
    assert "@media (prefers-color-scheme:dark)" in text


@pytest.mark.parametrize(
    ("nodes", "lines", "what"),
    [
        ([PARIS, PARIS], [], "two nodes are called 'paris'"),
        ([PARIS], [Line("paris", "rome")], "a line ends at 'rome', which is no node"),
        ([Node("x", "X", 91, 0)], [], "'x' is at 91, 0, which is not on earth"),
        ([Node("x", "X", math.nan, 0)], [], "not on earth"),
    ],
)
def test_what_cannot_be_meant_is_refused(nodes: list[Node], lines: list[Line], what: str) -> None:
    with pytest.raises(InputError, match=re.escape(what)):
        svg_map(nodes, lines, "A map")


def test_the_same_values_give_the_same_text_in_every_process() -> None:
    program = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from test_drawing_map import crowd\n"
        "from microdc.drawing.map import svg_map\n"
        "from microdc.drawing.terminal_map import terminal_map\n"
        "print(svg_map(*crowd(30, 1), 'A map')); print(terminal_map(*crowd(30, 1), 80, 24))\n"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-B", "-c", program, str(Path(__file__).parent)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1
    assert len(runs.pop()) > 10_000


def test_a_map_of_a_hundred_nodes_is_a_small_file() -> None:
    assert len(svg_map(*crowd(100, 3), "A map")) < 150_000
