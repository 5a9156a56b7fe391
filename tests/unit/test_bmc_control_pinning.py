"""A fingerprint in a document, and nothing else in it changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.bmc.pinning import pin, pinned, spelled
from microdc.documents.reader import parse
from microdc.errors import InputError

PIN = "ab" * 32
TEXT = """\
site: x   # a site
racks:
  r1:
    servers:
      flow: {role: a, bmc: {redfish: "https://a", credentials: env:X}} # why
      block:
        bmc:
          # how
          redfish: "https://b"   # here

          credentials: env:X  # there

        # next one
        role: y
      lines:
        bmc: {
          redfish: "https://c", # c
        }
      pinned: {bmc: {fingerprint: 'CD:CD', redfish: "https://d"}}
      nested:
        bmc:
          redfish: https://e
          odd:
            - one
            - two: 2 # two

      last:
        bmc:
          redfish: https://f"""


@pytest.mark.parametrize("server", ["flow", "block", "lines", "pinned", "nested", "last"])
def test_it_is_put_in_and_the_rest_stays(server: str) -> None:
    path = ("racks", "r1", "servers", server, "bmc")
    after = pinned(TEXT, path, PIN)
    value = parse(after.encode(), Path("x.yaml")).value["racks"]["r1"]["servers"]
    assert value[server]["bmc"]["fingerprint"] == spelled(PIN) == ":".join(["AB"] * 32)
    kept = [line for line in TEXT.splitlines() if line not in after.splitlines()]
    assert len(kept) <= 1  # a flow mapping is one line
    assert TEXT.count("#") == after.count("#")
    assert pinned(after, path, PIN) == after


@pytest.mark.parametrize(
    "path", [("racks", "r1", "servers", "none", "bmc"), ("site",), ("racks", "r2"), ("nothing",)]
)
def test_a_place_that_is_not_there(path: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="there is no"):
        pinned(TEXT, path, PIN)


def test_a_mapping_that_others_share_is_left_alone() -> None:
    """One of those that repeat it is written out; the one that all others repeat cannot be changed alone."""
    text = "a:\n  bmc: &same {redfish: x}\nb:\n  bmc: *same\n"
    made = pinned(text, ("b", "bmc"), PIN)
    assert made == text.replace("*same", f'{{redfish: x, fingerprint: "{spelled(PIN)}"}}')
    with pytest.raises(InputError, match="by hand"):
        pinned(text, ("a", "bmc"), PIN)


def test_the_file_is_written_whole_with_its_mode_and_through_a_link(tmp_path: Path) -> None:
    file, link = tmp_path / "x.yaml", tmp_path / "link.yaml"
    file.write_text(TEXT, "utf-8")
    file.chmod(0o640)
    link.symlink_to(file)
    pin(link, ("racks", "r1", "servers", "flow", "bmc"), PIN)
    assert link.is_symlink()
    assert "AB:AB" in file.read_text("utf-8")
    assert file.stat().st_mode & 0o777 == 0o640
    assert sorted(tmp_path.iterdir()) == [link, file]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be stored: No such file"):
        pin(tmp_path / "x.yaml", ("a",), PIN)


words = st.text("abc: #'\"{}[],-\n", max_size=12)


@given(before=words, comment=words, value=words)
def test_whatever_stands_around_it_either_stays_or_nothing_is_done(
    before: str, comment: str, value: str
) -> None:
    text = f"k: {before}\nbmc:\n  redfish: {value}\n# {comment}\n"
    try:
        was = parse(text.encode(), Path("x")).value
        after = pinned(text, ("bmc",), PIN)
    except InputError:
        return
    now = parse(after.encode(), Path("x")).value
    assert now["bmc"].pop("fingerprint") == spelled(PIN)
    was["bmc"].pop("fingerprint", None)
    assert now == was
