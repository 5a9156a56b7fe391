"""A run as a file: what goes in comes out, what is none is told, and a run is held beside its record."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from microdc.errors import InputError
from microdc.impairment import Impairment
from microdc.measure.model import Outcome, PairResult, Verdict
from microdc.store.model import Entry
from microdc.store.operate import Store, open_store
from microdc.store.process import this_process
from microdc.units import Delay, Percent
from microdc.wan import record
from microdc.wan.floor import Floor
from microdc.wan.inputs import documents
from microdc.wan.ledger import overlay_data, values_data
from microdc.wan.model import Asked, Direction, Overlay
from microdc.wan.rerun import options_of

THERE, BACK = Direction("paris", "boston"), Direction("boston", "paris")
VALUES = {
    THERE: Asked(Impairment(owd=Delay(40_000_000), loss=Percent(0.5)), "lte"),
    BACK: Asked(Impairment(owd=Delay(41_000_000)), "lte", Floor(Delay(500_000), Delay(20_000))),
}
PUT = overlay_data(Overlay("o1", "ann", "a test", VALUES))
VERDICT = {
    "quantity": "rtt",
    "direction": "round-trip",
    "unit": "ns",
    "asked": 81e6,
    "measured": 81.2e6,
    "outcome": "pass",
}
MEASURED = {
    "pairs": [{"a": "boston", "b": "paris", "outcome": "pass", "verdicts": [VERDICT], "failure": None}],
    "shapers": {"wan1": {"kernel": "6.1.0", "boot": "b"}},
}


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with open_store(str(tmp_path / "s.db")) as opened:
        yield opened


def add(store: Store, kind: str, data: dict[str, Any], result: dict[str, Any], **inputs: bytes) -> Entry:
    ident = store.journal.begin(
        kind, this_process("ann", ["microdc"]), "lab", f"a {kind}", data, inputs=inputs
    )
    store.journal.end(ident, "done", result)
    return store.journal.entry(ident)


def change(store: Store, **inputs: bytes) -> Entry:
    return add(store, "apply-profile", {"put": PUT, "drop": [], "operations": {}}, {}, **inputs)


def measurement(store: Store) -> Entry:
    data = {"pairs": [["boston", "paris"]], "laid": values_data(VALUES), "options": {"rtt_seconds": 2.0}}
    return add(store, "measurement", data, MEASURED)


def test_a_record_comes_out_of_its_file_as_it_went_in(store: Store) -> None:
    entry = change(store, **{"testbed.yaml": b"testbed: lab\n"})
    made = record.of_entry(entry, store.journal.inputs(entry.id), [measurement(store)])
    again = record.read(record.write(made), "x.zip")
    assert again == made
    assert again.values == VALUES
    assert again.inputs == {"testbed.yaml": b"testbed: lab\n"}
    assert again.about["owner"] == "ann"
    assert again.about["shapers"] == MEASURED["shapers"]
    assert record.write(again) == record.write(made)


def test_a_change_has_the_measurements_made_while_it_held(store: Store) -> None:
    measurement(store)
    first, between = change(store), measurement(store)
    change(store)
    measurement(store)
    assert record.measured_under(first, store.journal.entries()) == [between]


def test_what_laid_nothing_has_no_record(store: Store) -> None:
    entry = add(store, "lease", {}, {})
    with pytest.raises(InputError, match=r"\(lease\) laid nothing"):
        record.of_entry(entry, {})


def _zipped(**files: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as bundle:
        for name, content in files.items():
            bundle.writestr(name.replace("_", "."), content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no record"),
        (b"PK\x03\x04 and no more", "no record"),
        (_zipped(other_json="{}"), "no record"),
        (_zipped(record_json="[]"), "no record"),
        (_zipped(record_json="{"), "no record"),
        (_zipped(record_json='{"record": 1}'), "no record"),
        (_zipped(record_json='{"record": 2}'), "format 2"),
        (_zipped(record_json=json.dumps({"record": 1, "about": {"laid": {"values": [1]}}})), "no record"),
    ],
)
def test_a_file_that_is_no_record_is_told(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as problem:
        record.read(data, "thesis.zip")
    assert problem.value.where == "thesis.zip"


def test_a_file_that_unfolds_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "LARGEST", 1000)
    with pytest.raises(InputError, match="unfolds"):
        record.read(_zipped(record_json=" " * 2000), "bomb.zip")


def test_what_was_measured_stands_beside_what_was_recorded(store: Store) -> None:
    made = record.of_entry(measurement(store), {})
    found = Verdict("rtt", "round-trip", 81e6, 81.5e6, "ns", "", Outcome.PASS)
    (figure,) = record.compare(made, [PairResult("boston", "paris", None, (found,))])
    assert (figure.pair, figure.quantity, figure.recorded, figure.again) == (
        "boston:paris",
        "rtt",
        81.2e6,
        81.5e6,
    )
    (missing,) = record.compare(made, [])
    assert missing.again is None


def test_a_run_that_was_not_measured_is_measured_where_something_was_laid(store: Store) -> None:
    made = record.of_entry(change(store), {})
    assert record.measured_pairs(made) == [("boston", "paris")]
    assert record.measured_pairs(record.of_entry(measurement(store), {})) == [("boston", "paris")]


def test_options_of_another_version_are_no_trouble() -> None:
    assert options_of({"rtt_seconds": 2.0, "of_the_future": 1}).rtt_seconds == 2.0
    assert options_of({}) == replace(options_of({}))


def test_the_documents_of_an_inventory_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "testbed.yaml").write_text("testbed: t\n")
    (tmp_path / "sites" / "a.yaml").write_text("site: a\n")
    (tmp_path / "id_ed25519").write_text("secret")
    found = documents(tmp_path)
    own = {name for name in found if name.startswith("inventory/")}
    assert own == {"inventory/testbed.yaml", "inventory/sites/a.yaml"}
    assert all(name.startswith(("inventory/", "profiles/")) for name in found)
    assert b"secret" not in b"".join(found.values())
