"""Single values of a document are changed, and every other byte is the author's."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from microdc import locations
from microdc.documents.edit import Change, difference, edit
from microdc.errors import InputError

DOCUMENT = """\
# a rack
rack:
    servers:   # four spaces here
        c1: {role: compute,   unit: 2}  # odd spaces
        c2:
            role: 'compute'
            unit: 3   # the third
    cables:
    - {a: "x:1",   b: y}
"""


def plain(text: str) -> object:
    return YAML(typ="safe", pure=True).load(io.StringIO(text))


def test_a_value_is_set_and_the_other_lines_are_kept_byte_for_byte() -> None:
    changed = edit(DOCUMENT, [Change(("rack", "servers", "c2", "unit"), 4)], where="rack.yaml")
    own, new = DOCUMENT.splitlines(), changed.splitlines()
    assert [line for line, other in zip(own, new, strict=True) if line != other] == [
        "            unit: 3   # the third"
    ]
    assert "unit: 4" in changed
    assert "# the third" in changed


def test_a_new_key_stands_where_it_is_asked_for() -> None:
    wish = Change(("rack", "servers", "c2", "hardware"), {"serial": "007", "memory": "64GiB"}, ("unit",))
    changed = edit(DOCUMENT, [wish], where="rack.yaml")
    added = [line for line in changed.splitlines() if line not in DOCUMENT.splitlines()]
    assert len(added) == 1
    lines = changed.splitlines()
    assert lines[lines.index(added[0]) + 1].strip().startswith("unit: 3")
    assert plain(changed)["rack"]["servers"]["c2"]["hardware"] == {"serial": "007", "memory": "64GiB"}  # type: ignore[index,call-overload]


def test_a_key_is_taken_away_and_an_absent_one_is_no_error() -> None:
    wishes = [
        Change(("rack", "servers", "c2", "role"), None),
        Change(("rack", "servers", "c9", "role"), None),
    ]
    changed = edit(DOCUMENT, wishes, where="rack.yaml")
    assert plain(changed)["rack"]["servers"]["c2"] == {"unit": 3}  # type: ignore[index,call-overload]
    assert "c9" not in changed


def test_missing_mappings_on_the_way_are_made() -> None:
    changed = edit(DOCUMENT, [Change(("rack", "pdus", "p1", "height"), 0)], where="rack.yaml")
    assert plain(changed)["rack"]["pdus"] == {"p1": {"height": 0}}  # type: ignore[index,call-overload]


@pytest.mark.parametrize(
    ("text", "path", "told"),
    [
        (DOCUMENT, ("rack", "cables", "x"), "rack.cables is no mapping"),
        ("- 1\n", ("rack",), "the document is no mapping"),
        ("a: [1\n", ("a",), "not YAML"),
    ],
)
def test_what_cannot_be_changed_is_told_with_its_place(text: str, path: tuple[str, ...], told: str) -> None:
    with pytest.raises(InputError) as caught:
        edit(text, [Change(path, 1)], where="rack.yaml")
    assert told in str(caught.value)
    assert caught.value.where == "rack.yaml"


@pytest.mark.parametrize("name", ["barcelona", "boston", "brazil", "paris"])
def test_the_example_documents_keep_every_other_line(name: str) -> None:
    file = locations.data_dir("inventory") / "sites" / f"{name}.yaml"
    text = file.read_text("utf-8")
    changed = edit(text, [Change(("title",), "Another")], where=str(file))
    assert [line for line in difference(file, text, changed).splitlines() if line[:1] in "+-"][2:] == [
        f"-{text.splitlines()[[line.startswith('title') for line in text.splitlines()].index(True)]}",
        "+title: Another",
    ]


def test_nothing_to_change_changes_nothing() -> None:
    assert edit(DOCUMENT, [], where="x") == DOCUMENT
    assert difference(Path("x"), DOCUMENT, DOCUMENT) == ""


@given(st.text(max_size=40))
def test_whatever_text_is_set_reads_back(value: str) -> None:
    try:
        changed = edit(DOCUMENT, [Change(("rack", "servers", "c2", "role"), value)], where="x")
    except InputError:
        return
    got = plain(changed)["rack"]["servers"]["c2"]["role"]  # type: ignore[index,call-overload]
    assert got == value
