"""YAML to values and lines: what stays text, what is refused, and that nothing else than DocumentError comes out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microdc.documents import reader
from microdc.documents.model import DocumentError, Problem
from microdc.documents.reader import Document, parse, read

FILE = Path("a.yaml")


def problems(data: str | bytes) -> list[Problem]:
    with pytest.raises(DocumentError) as caught:
        parse(data.encode() if isinstance(data, str) else data, FILE)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"), ("no", "no"), ("yes", "yes"), ("010", "010"), ("1_000", "1_000"), ("0x1f", "0x1f"),
        ("52:54:00:12:34:56", "52:54:00:12:34:56"), ("1:30", "1:30"), ("2001-01-01", "2001-01-01"),
        ("1e400", "1e400"), (".nan", ".nan"), (".inf", ".inf"), ("10ms", "10ms"), ("'12'", "12"), ('"true"', "true"),
        ("12", 12), ("-3", -3), ("1.5", 1.5), ("true", True), ("False", False), ("~", None), ("", None),
        ("[a, 1]", ["a", 1]), ("{b: 2}", {"b": 2}), ("!!str 5", "5"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2_and_everything_else_is_text(text: str, value: object) -> None:
    document = parse(f"key: {text}\n".encode(), FILE)
    assert document.value == {"key": value}
    assert type(document.value["key"]) is type(value)


def test_a_yaml_1_1_directive_changes_nothing() -> None:
    assert parse(b"%YAML 1.1\n---\na: on\n", FILE).value == {"a": "on"}


def test_a_byte_order_mark_and_windows_line_ends_are_taken() -> None:
    document = parse("\ufeffa: 1\r\nb: 2\r\n".encode(), FILE)
    assert document.value == {"a": 1, "b": 2}
    assert document.where("b").line == 2


def test_where_is_the_line_of_the_key_or_of_its_nearest_parent() -> None:
    document = parse(b"a:\n  b:\n    - x\n    - y\nc: {d: 1}\n", FILE)
    assert document.where("a", "b", 1).line == 4
    assert document.where("a", "b").line == 2
    assert document.where("c", "d").line == 5
    assert document.where("c", "nothing", "here").line == 5
    assert str(document.where("a")) == "a.yaml:1"


def test_aliases_are_expanded() -> None:
    assert parse(b"a: &x {k: 1}\nb: *x\n", FILE).value == {"a": {"k": 1}, "b": {"k": 1}}


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        ("", 0, "is empty"),
        ("# only a comment\n", 0, "is empty"),
        ("---\n...\n", 0, "is empty"),
        (b"\x7fELF\x02\x01\x01\x00", 1, "null byte"),
        (b"site: a\ntitle: \xff\xfe\n", 2, "not UTF-8"),
        ("site: a\ntitle: \x07\n", 2, "U+0007"),
        ("- a\n- b\n", 1, "not a mapping"),
        ("just text\n", 1, "not a mapping"),
        ("a: 1\nb: 2\na: 3\n", 3, "duplicate key 'a' (first on line 1)"),
        ("a:\n\tb: 1\n", 2, "tab"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: {b: 1\nc: 2\n", 2, "not YAML"),
        ("a: *nothing\n", 1, "alias 'nothing'"),
        ("a: &x [1, *x]\n", 1, "holds an alias of itself"),
        ("a: !!python/object:os.system x\n", 1, "means nothing here"),
        ("a: !secret x\n", 1, "means nothing here"),
        ("x: &x {k: 1}\na:\n  <<: *x\n", 3, "merge keys"),
        ("? [a, b]\n: 1\n", 1, "a key is text"),
        ("a: " + "[" * 60 + "]" * 60 + "\n", 1, "nested more than"),
        ("a: " + "[" * 100_000 + "\n", 1, "nested more than"),
        (BOMB, None, "once aliases are expanded"),
    ],
)
def test_what_is_refused_is_told_with_its_line(data: str | bytes, line: int | None, words: str) -> None:
    found = problems(data)
    assert len(found) == 1
    assert words in str(found[0])
    assert line is None or found[0].where.line == line


def test_every_duplicate_key_is_told() -> None:
    assert [problem.where.line for problem in problems("a: 1\na: 2\nb: {c: 1, c: 2}\nb: 3\n")] == [2, 3, 4]


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"site\.yaml: cannot be read: no such file"):
        read(tmp_path / "site.yaml")
    with pytest.raises(DocumentError, match="cannot be read: is a directory"):
        read(tmp_path)


def test_a_file_that_is_too_large_is_refused_unread(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reader, "MAX_BYTES", 1000)
    (tmp_path / "large.yaml").write_bytes(b"a: " + b"x" * 1000)
    with pytest.raises(DocumentError, match="is larger than"):
        read(tmp_path / "large.yaml")


YAML_LIKE = st.text(
    st.sampled_from("ab01:-[]{}#&*!|>'\"%@`,? \n\t\r.~<=\\\x85\u2028é\U0001f600"), max_size=60
)


def outcome(data: bytes) -> Document | DocumentError:
    try:
        return parse(data, FILE)
    except DocumentError as error:
        return error


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=60), YAML_LIKE.map(str.encode)))
def test_arbitrary_bytes_give_a_document_or_a_document_error(data: bytes) -> None:
    found = outcome(data)
    if isinstance(found, DocumentError):
        assert found.problems
        assert all(problem.where.file == FILE and problem.what for problem in found.problems)
    else:
        assert isinstance(found.value, dict)
