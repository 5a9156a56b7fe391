"""Single values of a document are changed, and every other byte is the author's."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from microdc import locations
from microdc.documents import edit as editing
from microdc.documents.edit import Change, difference, edit
from microdc.documents.nodes import composed
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
    assert plain(changed)["rack"]["servers"]["c2"]["hardware"] == {"serial": "007", "memory": "64GiB"}  # type: ignore[index]


def test_a_key_is_taken_away_and_an_absent_one_is_no_error() -> None:
    wishes = [
        Change(("rack", "servers", "c2", "role"), None),
        Change(("rack", "servers", "c9", "role"), None),
    ]
    changed = edit(DOCUMENT, wishes, where="rack.yaml")
    assert plain(changed)["rack"]["servers"]["c2"] == {"unit": 3}  # type: ignore[index]
    assert "c9" not in changed


def test_missing_mappings_on_the_way_are_made() -> None:
    changed = edit(DOCUMENT, [Change(("rack", "pdus", "p1", "height"), 0)], where="rack.yaml")
    assert plain(changed)["rack"]["pdus"] == {"p1": {"height": 0}}  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "path", "told"),
    [
        (DOCUMENT, ("rack", "cables", "x"), "rack.cables is no mapping"),
        ("- 1\n", ("rack",), "is not a mapping"),
        ("a: [1\n", ("a",), "is not YAML"),
    ],
)
def test_what_cannot_be_changed_is_told_with_its_place(text: str, path: tuple[str, ...], told: str) -> None:
    with pytest.raises(InputError) as caught:
        edit(text, [Change(path, 1)], where="rack.yaml")
    assert told in str(caught.value)
    assert "rack.yaml" in str(caught.value)


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


MANY_LINES = """\
rack: {
  # the first
  c1: {role: compute,   # busy
       unit: 2},
  c2: {}   # the second
  }
other:
  - x   # kept
  -   y
empty:
text: |
  one
  two

# the end
"""


@pytest.mark.parametrize(
    "change",
    [
        Change(("rack", "c1", "unit"), 3),
        Change(("rack", "c1", "bmc"), {"ipmi": "10.0.0.1"}, ("unit",)),
        Change(("rack", "c1", "role"), None),
        Change(("rack", "c1", "unit"), None),
        Change(("rack", "c2", "unit"), 3),
        Change(("rack", "c3"), {"unit": 3, "labels": {"a": "b"}}),
        Change(("empty", "key"), "value"),
        Change(("empty",), None),
        Change(("text",), "three"),
        Change(("text",), None),
        Change(("other",), {"x": "y"}),
        Change(("new",), "value"),
        Change(("new",), "value", ("rack",)),
        Change(("new", "deep", "deeper"), True, ("rack",)),
    ],
    ids=str,
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_whatever_is_changed_the_lines_that_are_not_meant_are_the_authors(
    change: Change, newline: str
) -> None:
    document = MANY_LINES.replace("\n", newline)
    changed = edit(document, [change], where="x")
    touched = difference(Path("x"), document, changed).splitlines()[2:]
    gone = [line for line in touched if line.startswith("-")]
    lines_of_the_value = {"text": 3, "other": 3, "rack": 2}.get(change.path[0], 1)
    assert len(gone) <= lines_of_the_value
    value = plain(changed)
    for key in change.path[:-1]:
        value = value[key]  # type: ignore[index]
    assert value.get(change.path[-1]) == change.value  # type: ignore[attr-defined]


def reads_back(text: str) -> object:
    try:
        return plain(text)
    except YAMLError:
        return None


def leads_through_no_mapping(tree: object, path: list[str]) -> bool:
    for key in path[:-1]:
        if not isinstance(tree, dict):
            return True
        if tree.get(key) is None:
            return False
        tree = tree[key]
    return not isinstance(tree, dict)


KEYS = st.sampled_from("abc")
TREES = st.recursive(
    st.one_of(st.integers(0, 99), st.text("xy #:", max_size=4), st.none()),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=12,
)


@given(
    st.dictionaries(KEYS, TREES, min_size=1),
    st.lists(KEYS, min_size=1, max_size=3),
    TREES,
    st.sampled_from([None, True, False]),
)
def test_every_document_can_be_changed_or_it_is_said_why_not(
    tree: dict[str, object], path: list[str], value: object, style: object
) -> None:
    target = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = style
    yaml.dump(tree, target)
    assume(reads_back(target.getvalue()) == tree)  # the writer does not quote all that it should
    change = Change(tuple(path), value)  # type: ignore[arg-type]
    if leads_through_no_mapping(tree, path):
        with pytest.raises(InputError, match="is no mapping"):
            edit(target.getvalue(), [change], where="x")
        return
    changed = edit(target.getvalue(), [change], where="x")
    got: object = plain(changed)
    for key in path[:-1]:
        got = got.get(key) if isinstance(got, dict) else None
    assert (got.get(path[-1]) if isinstance(got, dict) else None) == value


@given(st.text(max_size=40))
def test_whatever_text_is_set_reads_back(value: str) -> None:
    try:
        changed = edit(DOCUMENT, [Change(("rack", "servers", "c2", "role"), value)], where="x")
    except InputError:
        return
    got = plain(changed)["rack"]["servers"]["c2"]["role"]  # type: ignore[index]
    assert got == value


MANY = [
    Change(("rack", "servers", name, *path), value)
    for name in ("c1", "c2")
    for path, value in (
        (("unit",), 7),
        (("hardware", "serial"), "007"),
        (("hardware", "memory"), "64GiB"),
        (("role",), None),
        (("hardware", "serial"), "008"),
        (("unit",), None),
        (("nics",), {"eno1": {"mac": "52:54:00:00:00:01"}}),
        (("nics", "eno2"), {"mac": "52:54:00:00:00:02"}),
    )
]


def test_many_changes_at_once_are_the_same_as_one_after_the_other() -> None:
    alone = DOCUMENT
    for change in MANY:
        alone = edit(alone, [change], where="x")
    together = edit(DOCUMENT, MANY, where="x")
    assert plain(together) == plain(alone)
    for comment in ("# a rack", "# four spaces here", "# odd spaces"):
        assert comment in together


def test_a_block_from_which_every_key_is_taken_is_an_empty_mapping() -> None:
    keys = [Change(("rack", "servers", "c2", key), None) for key in ("role", "unit")]
    assert plain(edit(DOCUMENT, keys, where="x"))["rack"]["servers"]["c2"] == {}  # type: ignore[index]


def test_many_changes_read_the_document_a_few_times_only(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(text: str) -> object:
        read.append(text)
        return composed(text)

    monkeypatch.setattr(editing, "composed", counted)
    document = "".join(f"c{number}: {{unit: {number}}}\n" for number in range(60))
    changes = [Change((f"c{number}", key), "x") for number in range(60) for key in ("unit", "role", "serial")]
    assert plain(edit(document, changes, where="x"))["c59"] == {"unit": "x", "role": "x", "serial": "x"}  # type: ignore[index]
    assert len(read) <= 4


def test_a_value_that_is_shared_is_left_alone_and_the_hint_names_its_anchor() -> None:
    document = "c1: {hardware: &std {disks: 1}}\nc2: {hardware: *std}\n"
    for path in (("c1", "hardware"), ("c1", "hardware", "disks")):
        with pytest.raises(InputError) as caught:
            edit(document, [Change(path, 2), Change(("c2", "unit"), 1)], where="x")
        assert "&std" in caught.value.hint


SHARED = """\
c1: {hardware: &std {disks: 1, memory: 64GiB}}   # the usual
c2:
  hardware: *std   # as c1
  bmc: &login {credentials: "env:A"}
c3: {hardware: *std, bmc: *login, list: [*std]}
"""


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ([Change(("c2", "hardware"), {"disks": 2})], {3: "  hardware: {disks: 2}   # as c1"}),
        ([Change(("c2", "hardware", "disks"), 2)], {3: "  hardware: {disks: 2, memory: 64GiB}   # as c1"}),
        ([Change(("c2", "hardware"), None)], {3: None}),
        (
            [Change(("c3", "bmc", "credentials"), "env:B"), Change(("c3", "hardware"), {"disks": 3})],
            {5: 'c3: {hardware: {disks: 3}, bmc: {credentials: "env:B"}, list: [*std]}'},
        ),
    ],
)
def test_what_an_alias_repeats_is_changed_in_its_place_alone(
    changes: list[Change], lines: dict[int, str | None]
) -> None:
    own = dict(enumerate(SHARED.splitlines(), start=1))
    made = edit(SHARED, changes, where="x")
    assert made.splitlines() == [line for line in {**own, **lines}.values() if line is not None]
