"""What a station notes: numbered without gaps, bounded, and whole after a kill at any byte."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from microdc.deploy.station.resident import log
from microdc.deploy.station.resident.log import Log, identity, read


def numbers(after: int, directory: Path) -> list[int]:
    """All that are told, over as many questions as it takes."""
    found: list[int] = []
    more = True
    while more:
        lines, more = read(found[-1] if found else after, directory)
        found += [json.loads(line)["n"] for line in lines]
    return found


def noted(directory: Path, times: int, text: str = "x") -> None:
    made = Log(directory)
    for _ in range(times):
        made.note("http", "script", text)
    made.close()


def test_numbers_go_on(tmp_path: Path) -> None:
    noted(tmp_path, 3)
    first = identity(tmp_path)
    noted(tmp_path, 2)
    assert numbers(0, tmp_path) == [1, 2, 3, 4, 5]
    assert numbers(3, tmp_path) == [4, 5]
    assert numbers(5, tmp_path) == []
    assert identity(tmp_path) == first != ""


def test_what_is_noted_is_what_is_read(tmp_path: Path) -> None:
    made = Log(tmp_path)
    made.note(
        "dhcp",
        "ack",
        'quoted "text"\nand more',
        node="n1",
        mac="52:54:00:00:00:01",
        data={"ü": [1]},
        sync=True,
    )
    (line,) = read(0, tmp_path)[0]
    entry = json.loads(line)
    at = entry.pop("at")
    assert entry == {
        "n": 1,
        "source": "dhcp",
        "kind": "ack",
        "node": "n1",
        "mac": "52:54:00:00:00:01",
        "text": 'quoted "text"\nand more',
        "data": {"ü": [1]},
    }
    assert len(at) == len("2026-01-01T00:00:00.000Z")
    made.close()


def test_cut_at_any_byte(tmp_path: Path) -> None:
    """A kill within a write leaves a part of a line: nobody was told of it, and the next one takes its number."""
    noted(tmp_path, 3)
    path = tmp_path / log.CURRENT
    whole = path.read_bytes()
    ends = [at + 1 for at, byte in enumerate(whole) if byte == 0x0A]
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        left = sum(end <= length for end in ends)
        assert numbers(0, tmp_path) == list(range(1, left + 1))
        noted(tmp_path, 1)
        assert numbers(0, tmp_path) == list(range(1, left + 2))


def test_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "FILE_BYTES", 2000)
    noted(tmp_path, 400, "y" * 100)
    total = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert total < 2000 * (log.FILES + 2)
    found = numbers(0, tmp_path)
    assert found == list(range(found[0], 401))
    assert numbers(found[10], tmp_path) == found[11:]


def test_rotated_just_before_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers go on also where the current file is empty, or was never begun."""
    monkeypatch.setattr(log, "FILE_BYTES", 0)
    noted(tmp_path, 3)
    (tmp_path / log.CURRENT).rename(tmp_path / "events-000000000003.jsonl")
    noted(tmp_path, 1)
    assert numbers(0, tmp_path) == [1, 2, 3, 4]


def test_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noted(tmp_path, 2000, "z" * 200)
    monkeypatch.setattr(log, "_READ_LINES", 300)
    lines, more = read(100, tmp_path)
    assert (len(lines), more) == (300, True)
    assert numbers(0, tmp_path) == list(range(1, 2001))
    assert numbers(1700, tmp_path) == list(range(1701, 2001))


def test_read_while_it_is_written_and_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "FILE_BYTES", 3000)
    monkeypatch.setattr(log, "FILES", 1000)
    made = Log(tmp_path)

    def write() -> None:
        for _ in range(1500):
            made.note("http", "script", "w" * 50)

    writer = threading.Thread(target=write)
    writer.start()
    found: list[int] = []
    written = False
    while not written:
        written = not writer.is_alive()  # then one more look tells all
        lines, _ = read(found[-1] if found else 0, tmp_path)
        found += [json.loads(line)["n"] for line in lines]
    writer.join()
    made.close()
    assert found == list(range(1, 1501))


def test_a_full_disk_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Log(tmp_path)
    made.note("http", "script")
    with monkeypatch.context() as patch:
        patch.setattr("microdc.deploy.station.resident.log.os.write", lambda *_: 5)
        made.note("http", "script", node="n9")
    made.note("http", "script")
    made.close()
    assert numbers(0, tmp_path) == [1, 2]
    assert "cannot note script of n9" in capsys.readouterr().err


def test_another_directory_is_another_log(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    noted(tmp_path / "a", 1)
    noted(tmp_path / "b", 1)
    assert identity(tmp_path / "a") != identity(tmp_path / "b")
    assert identity(tmp_path) == ""


def test_what_strangers_say_is_made_harmless(tmp_path: Path) -> None:
    made = Log(tmp_path)
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    said = {
        "nul\0": "a\0b",
        "half": "\ud800",
        "none": float("nan"),
        "deep": deep,
        "kept": [1, True, None, {"x": 1.5}],
    }
    made.note("ramdisk", "disk", "x\0\udfff", data=said)
    made.close()
    (line,) = read(0, tmp_path)[0]
    entry = json.loads(line)
    assert entry["text"] == "x\ufffd?"
    data = entry["data"]
    assert (data["nul\ufffd"], data["half"], data["none"]) == ("a\ufffdb", "?", None)
    assert data["kept"] == [1, True, None, {"x": 1.5}]
    assert "\\u0000" not in line.decode()


def test_a_file_that_cannot_be_begun_is_begun_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many files are open just then: what was seen meanwhile is lost, and nothing is written where it does not belong."""
    monkeypatch.setattr(log, "FILE_BYTES", 10)
    made = Log(tmp_path)
    made.note("http", "script", "first")
    opening = made._open

    def none() -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(made, "_open", none)
    made.note("http", "script", "lost")
    monkeypatch.setattr(made, "_open", opening)
    made.note("http", "script", "second")
    made.close()
    assert numbers(0, tmp_path) == [1, 2]
    assert [json.loads(line)["text"] for line in read(0, tmp_path)[0]] == ["first", "second"]
