"""What the agent keeps on the disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from microdc.agent.resident import record as module
from microdc.agent.resident.record import KEPT, Record


def a_state(**changes: Any) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(KEPT, 0)
    return {**empty, "layers": [], "ports": {}, "undo": None, "notes": [{"text": "n"}], **changes}


def a_change(*inverse: str) -> dict[str, Any]:
    return {"inverse": list(inverse), "switches": [["x", "gro", 1, 0]]}


def loaded(path: Path) -> dict[str, Any]:
    """As another process finds it."""
    return {name: value for name, value in Record(path).load().items() if name != "protocol"}


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    one, two = {"id": "o1", "values": {"x/1": "a\nb"}}, {"id": "o2", "values": {}}
    port, pending = {"index": 1, "bare": "QQ=="}, a_change("a", "")
    state = a_state(
        layers=[one, two], ports={"x": port, "y": dict(port)}, undo=(a_change("u"), [one], {"x": port})
    )
    Record(path).save(state, pending)
    assert loaded(path) == {**state, "pending": pending}
    Record(path).save(a_state(), None)
    assert loaded(path) == {**a_state(), "pending": None}


def test_what_is_kept_from_save_to_save_is_written_once_and_made_into_text_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers, ports = [{"id": f"o{i}"} for i in range(3)], {"x": {"index": 1}}
    record, made = Record(tmp_path / "state.json"), []

    def dumps(value: Any) -> str:
        made.append(value)
        return json.dumps(value)

    monkeypatch.setattr(module, "json", type("Json", (), {"dumps": staticmethod(dumps), "loads": json.loads}))
    record.save(a_state(layers=layers, ports=ports, undo=(a_change("u"), layers[:2], ports)), None)
    assert len(record.path.read_text().splitlines()) == 1 + len(layers) + len(ports) + 1
    made.clear()
    record.save(a_state(layers=[*layers, {"id": "o9"}], ports=ports), None)
    assert made[0] == {"id": "o9"}
    assert len(made) == 2, "the new layer and the first line"
    assert loaded(record.path)["layers"] == [*layers, {"id": "o9"}]


def test_a_record_is_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = Record(tmp_path / "state.json")
    record.save(a_state(generation=1), None)

    def full(path: Path, *_: Any) -> int:
        path.write_bytes(b"{")
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="no space"):
        record.save(a_state(generation=2), None)
    assert loaded(record.path)["generation"] == 1


@pytest.mark.parametrize("content", ["", "{", "\0\0", '{"protocol": 2, "layers": [{}]}', '{"protocol": 99}'])
def test_what_is_no_record_of_this_version_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    with pytest.raises((OSError, ValueError)):
        Record(path).load()
    with pytest.raises(OSError, match="No such file"):
        Record(tmp_path / "none").load()
