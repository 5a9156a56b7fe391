"""Racks as pictures: everything has its place, nothing hides another word, and no text breaks the document."""

from __future__ import annotations

from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest

from microdc.drawing.elevation import LOOKS, Device, Frame, Wire, elevation
from microdc.drawing.rack import svg_racks
from microdc.drawing.terminal_rack import terminal_racks
from microdc.drawing.text import cells
from microdc.errors import InputError

MANY = Frame(
    "s/r1",
    42,
    (
        Device("sw", "switch", 42),
        *(Device(f"c{n}", "server", n) for n in range(1, 41)),
        Device("pdu", "pdu", None, 0),
    ),
)
WIRES = [
    Wire(f"c{n}", "sw", "wrong" if n % 7 == 0 else "right", f"c{n}: wrong" if n % 7 == 0 else "")
    for n in range(1, 41)
]


def test_devices_stand_in_their_units_and_do_not_overlap() -> None:
    (rack,) = elevation([MANY], WIRES).racks
    for (_, one), (_, other) in combinations(rack.boxes, 2):
        assert not one.overlaps(other)
    by_name = {device.name: box for device, box in rack.boxes}
    assert by_name["sw"].top < by_name["c40"].top < by_name["c1"].top < by_name["pdu"].top
    inside = [box for device, box in rack.boxes if device.unit]
    assert all(rack.box.top <= box.top and box.bottom <= rack.box.bottom for box in inside)


def test_every_wire_begins_and_ends_at_its_devices() -> None:
    laid = elevation([MANY], WIRES)
    boxes = {device.name: box for rack in laid.racks for device, box in rack.boxes}
    for drawn in laid.wires:
        for end, (x, y) in ((drawn.wire.a, drawn.line[0]), (drawn.wire.b, drawn.line[-1])):
            assert boxes[end].top <= y <= boxes[end].bottom
            assert x == boxes[end].right
    lanes = [drawn.line[1][0] for drawn in laid.wires]
    assert len(set(lanes)) == len(lanes)


def test_words_do_not_hide_each_other_and_only_what_is_not_right_has_one() -> None:
    crowded = [Wire("c1", "sw", "missing", f"word {n}") for n in range(30)]
    words = [drawn.word for drawn in elevation([MANY], crowded).wires if drawn.word]
    assert len(words) == 30
    heights = sorted(y for _, y in words)
    assert all(other - one >= 12 for one, other in pairwise(heights))
    assert sum(drawn.word is not None for drawn in elevation([MANY], WIRES).wires) == 5


def test_a_cable_between_racks_is_one_line() -> None:
    other = Frame("s/r2", 10, (Device("x", "server", 1),))
    laid = elevation(
        [MANY, other], [Wire("x", "sw", "wrong", "x: wrong"), Wire("x", "", "stranger", "stranger: 1")]
    )
    across = laid.wires[0]
    boxes = {device.name: box for rack in laid.racks for device, box in rack.boxes}
    assert {across.line[0][0], across.line[-1][0]} == {boxes["sw"].right, boxes["x"].right}
    assert laid.racks[1].box.left > laid.racks[0].right


def test_a_cable_to_nowhere_is_refused() -> None:
    with pytest.raises(InputError, match="in no rack"):
        svg_racks([MANY], [Wire("c1", "gone")], "t")


def test_the_document_is_whole_whatever_names_hold() -> None:
    odd = 'a<b>&"\x00\u202e🔌 ' + "x" * 80
    frame = Frame(odd, 2, (Device(odd, odd, 1), Device("sw", "switch", 2)))
    text = svg_racks([frame], [Wire(odd, "sw", look, odd, odd) for look in LOOKS], odd, [odd])
    root = ET.fromstring(text)
    assert root.get("width") == root.get("viewBox", "").split()[2]
    assert svg_racks([frame], [Wire(odd, "sw", look, odd, odd) for look in LOOKS], odd, [odd]) == text
    assert svg_racks([], [], "nothing")


def test_the_terminal_has_every_unit_once() -> None:
    rows = ["".join(text for text, _ in row) for row in terminal_racks([MANY], WIRES)]
    assert rows[0] == "s/r1"
    assert sum("sw " in row for row in rows) == 1
    assert any(row.split() == ["41", "│", "empty"] for row in rows)
    assert "5 wrong  35 right" in rows[1]
    plain = terminal_racks([Frame("r", 3, (Device("a", "", 1, 2),))], [], ascii=True)
    assert ["".join(text for text, _ in row).strip() for row in plain] == ["r", "3 | empty", "2 | a", "1 |"]
    assert all(cells("".join(text for text, _ in row)) for row in terminal_racks([MANY], []))
