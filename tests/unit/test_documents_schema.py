"""JSON Schemas: what editors read is what `check` enforces, and the copies in the project are current."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from microdc import locations
from microdc.documents.reader import read
from microdc.documents.schema import KINDS, json_schema
from microdc.errors import InputError

COPIES = {
    "testbed": locations.data_dir("inventory"),
    "site": locations.data_dir("inventory"),
    "profile": locations.data_dir("netem_profiles"),
    "topology": locations.data_dir("netem_profiles"),
    "image": locations.data_dir("inventory"),
}
HINT = "# yaml-language-server: $schema="


def documents() -> list[Path]:
    return sorted(file for directory in set(COPIES.values()) for file in directory.rglob("*.yaml"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_copy_in_the_project_is_what_schema_prints(kind: str) -> None:
    copy = COPIES[kind] / ".schema" / f"{kind}.json"
    assert json.loads(copy.read_text("utf-8")) == json_schema(kind), f"run: microdc schema {kind} > {copy}"


@pytest.mark.parametrize("file", documents(), ids=lambda file: file.stem)
def test_every_document_points_at_its_schema_and_satisfies_it(file: Path) -> None:
    first = file.read_text("utf-8").splitlines()[0]
    assert first.startswith(HINT)
    schema = json.loads((file.parent / first.removeprefix(HINT)).read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(read(file).value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_explained(kind: str) -> None:
    schema = json_schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    records: list[dict[str, Any]] = [schema, *schema.get("$defs", {}).values()]
    for record in records:
        assert record["additionalProperties"] is False
        for name, field in record["properties"].items():
            assert field.get("description"), f"{record['title']}.{name}"
            assert field != {"type": "null"}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("profile", {"profile": "x", "description": "d", "source": "s", "both": {"owd": "10"}}),
        ("profile", {"profile": "x", "description": "d", "source": "s", "both": {"delay": "10ms"}}),
        ("profile", {"profile": "x", "description": "d", "source": "s", "both": {"loss": "10"}}),
        ("profile", {"profile": "x", "description": "d", "source": "s", "both": {"rate": "10gbps"}}),
        ("profile", {"profile": "X", "description": "d", "source": "s"}),
        ("profile", {"profile": "x", "description": "d"}),
        ("site", {"site": "a", "probe": "h"}),
        ("site", {"site": "a", "uplink": {"emulator": "e", "interface": "sixteen-letters-"}}),
        ("site", {"site": "a", "racks": {"r": {"servers": {"s": {"bmc": {"credentials": "secret"}}}}}}),
        ("testbed", {"testbed": "t", "emulators": {"e": {"host": "e"}}}),
    ],
)
def test_an_editor_sees_the_common_mistakes(kind: str, value: dict[str, Any]) -> None:
    assert not jsonschema.Draft202012Validator(json_schema(kind)).is_valid(value)


def test_an_unknown_kind_is_an_input_error() -> None:
    with pytest.raises(InputError, match="did you mean site"):
        json_schema("sit")
