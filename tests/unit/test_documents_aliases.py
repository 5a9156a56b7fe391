"""What an alias repeats is written out in its place, and all else stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from microdc.documents.aliases import spelled_out
from microdc.documents.model import DocumentError
from microdc.documents.reader import parse

DOCUMENT = """\
credentials: &login "env:A"   # of all
servers:
  c1:
    hardware: &std {memory: 64GiB, disks: [1, 2]}  # the usual
    bmc: {credentials: *login}
  c2: {hardware: *std, bmc: {credentials: *login}}
  c3: &whole
    unit: 3
    hardware: *std
  c4: *whole
  c5: &std {memory: 1GiB}
  c6: {hardware: *std, list: [*login, *std]}
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_document_says_the_same_without_its_aliases(newline: str) -> None:
    document = DOCUMENT.replace("\n", newline)
    made = spelled_out(document, where="x")
    assert "*" not in made
    assert parse(made.encode(), Path("x")).value == parse(document.encode(), Path("x")).value
    own, new = document.splitlines(), made.splitlines()
    assert [line for line, other in zip(own, new, strict=True) if line != other] == [
        line for line in own if "*" in line
    ]


def test_a_document_without_aliases_stays_as_it_is() -> None:
    text = "a: &b {c: '*d'}   # *e\n"
    assert spelled_out(text, where="x") == text


def test_what_is_no_document_is_said() -> None:
    with pytest.raises(DocumentError, match="holds an alias of itself"):
        spelled_out("a: &a {b: *a}\n", where="x")
