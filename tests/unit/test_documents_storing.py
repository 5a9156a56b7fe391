"""Documents are written as a whole, all or none, and never over what somebody wrote meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from microdc.documents.storing import store
from microdc.errors import InputError


def files(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(directory.iterdir())}


def test_all_are_written_with_the_rights_that_they_had(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("old\n")
    (tmp_path / "a.yaml").chmod(0o640)
    store([(tmp_path / "a.yaml", "old\n", "new\n"), (tmp_path / "b.yaml", "old\n", "old\n")])
    assert files(tmp_path) == {"a.yaml": "new\n", "b.yaml": "old\n"}
    assert (tmp_path / "a.yaml").stat().st_mode & 0o777 == 0o640


def test_none_is_written_where_one_was_changed_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("old\n")
    (tmp_path / "b.yaml").write_text("somebody's\n")
    with pytest.raises(InputError, match="changed this file meanwhile") as caught:
        store([(tmp_path / "a.yaml", "old\n", "new\n"), (tmp_path / "b.yaml", "old\n", "new\n")])
    assert caught.value.where == str(tmp_path / "b.yaml")
    assert files(tmp_path) == {"a.yaml": "old\n", "b.yaml": "somebody's\n"}


def test_none_is_written_where_one_is_gone(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("old\n")
    with pytest.raises(InputError, match="cannot write this file"):
        store([(tmp_path / "a.yaml", "old\n", "new\n"), (tmp_path / "b.yaml", "old\n", "new\n")])
    assert files(tmp_path) == {"a.yaml": "old\n"}


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.yaml").write_text("old\n")
    (tmp_path / "a.yaml").symlink_to(tmp_path / "real" / "a.yaml")
    store([(tmp_path / "a.yaml", "old\n", "new\n")])
    assert (tmp_path / "a.yaml").is_symlink()
    assert (tmp_path / "real" / "a.yaml").read_text() == "new\n"


def test_line_ends_stay_what_they_are(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"old\r\nmore\r\n")
    store([(file, "old\r\nmore\r\n", "new\r\nmore\r\n")])
    assert file.read_bytes() == b"new\r\nmore\r\n"
    assert list(files(tmp_path)) == ["a.yaml"]


def test_of_many_that_write_at_once_one_is_first_and_the_others_are_told(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    for number in range(20):
        file.write_text("before\n", "utf-8")
        start = Barrier(6)

        def attempt(who: int, start: Barrier = start) -> str | None:
            start.wait()
            try:
                store([(file, "before\n", f"{who}\n" * 2000)])
            except InputError as error:
                return error.what
            return None

        with ThreadPoolExecutor(6) as pool:
            came = list(pool.map(attempt, range(6)))
        assert file.read_text("utf-8") == f"{came.index(None)}\n" * 2000, number
        assert [what is None or "changed this file meanwhile" in what for what in came] == [True] * 6
        assert came.count(None) == 1
        assert list(tmp_path.iterdir()) == [file]
