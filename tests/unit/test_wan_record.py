"""A run as a file: what goes in comes out, what is none is told, and a run is held beside its record."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from microdc.errors import InputError
from microdc.impairment import Impairment
from microdc.measure.model import Direction as Way
from microdc.measure.model import Outcome as Judged
from microdc.measure.model import PairResult, Verdict
from microdc.store.model import Entry, Outcome
from microdc.store.operate import Store, open_store
from microdc.store.process import this_process
from microdc.units import Delay, Percent
from microdc.wan import record, recordfile
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


def add(
    store: Store,
    kind: str,
    data: dict[str, Any],
    result: dict[str, Any],
    *,
    testbed: str = "lab",
    outcome: Outcome = "done",
    inputs: Mapping[str, bytes] | None = None,
) -> Entry:
    ident = store.journal.begin(
        kind, this_process("ann", ["microdc"]), testbed, f"a {kind}", data, inputs=inputs
    )
    if outcome != "open":
        store.journal.end(ident, outcome, result)
    return store.journal.entry(ident)


def change(
    store: Store,
    *,
    outcome: Outcome = "done",
    testbed: str = "lab",
    seconds: float | None = None,
    inputs: Mapping[str, bytes] | None = None,
) -> Entry:
    data = {"put": {**PUT, "seconds": seconds}, "drop": [], "operations": {}}
    return add(store, "apply-profile", data, {}, outcome=outcome, testbed=testbed, inputs=inputs)


def measurement(
    store: Store,
    laid: Mapping[Direction, Asked] = VALUES,
    *,
    pairs: Sequence[tuple[str, str]] = (("boston", "paris"),),
    outcome: Outcome = "done",
    testbed: str = "lab",
) -> Entry:
    data = {"pairs": pairs, "laid": values_data(laid), "options": {"rtt_seconds": 2.0}}
    return add(store, "measurement", data, MEASURED, outcome=outcome, testbed=testbed)


def test_a_record_comes_out_of_its_file_as_it_went_in(store: Store) -> None:
    entry = change(store, inputs={"testbed.yaml": b"testbed: lab\n"})
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


@pytest.mark.parametrize("outcome", ["done", "interrupted", "open"])
def test_what_another_change_may_have_laid_ends_it(store: Store, outcome: Outcome) -> None:
    first = change(store)
    change(store, outcome=outcome)
    measurement(store)
    assert record.measured_under(first, store.journal.entries()) == []


@pytest.mark.parametrize("outcome", ["failed", "refused"])
def test_what_changed_nothing_does_not_end_it(store: Store, outcome: Outcome) -> None:
    first = change(store)
    change(store, outcome=outcome)
    add(store, "plan", {"put": None, "drop": [], "operations": {}}, {})
    change(store, testbed="another")
    measured = measurement(store)
    assert record.measured_under(first, store.journal.entries()) == [measured]


def test_what_ended_by_itself_was_measured_until_then(store: Store) -> None:
    passing = change(store, seconds=600.0)
    within, after = measurement(store), measurement(store)
    after = replace(after, began=passing.began + timedelta(seconds=600))
    assert record.measured_under(passing, [passing, within, after]) == [within]


def test_what_was_measured_of_something_else_does_not_count(store: Store) -> None:
    first = change(store)
    measurement(store, {})
    measurement(store, {THERE: VALUES[THERE]})
    measurement(store, {**VALUES, THERE: Asked(Impairment(owd=Delay(1)), "lan")})
    measurement(store, {Direction("paris", "rio"): VALUES[THERE]}, pairs=[("paris", "rio")])
    measurement(store, outcome="failed")
    measurement(store, testbed="another")
    assert record.measured_under(first, store.journal.entries()) == []
    more = measurement(
        store,
        {**VALUES, Direction("paris", "rio"): VALUES[THERE]},
        pairs=[("boston", "paris"), ("paris", "rio")],
    )
    assert record.measured_under(first, store.journal.entries()) == [more]


def test_what_laid_nothing_was_not_measured(store: Store) -> None:
    undone = add(store, "undo", {"put": None, "drop": ["o1"], "operations": {}}, {})
    entries = [*store.journal.entries(), measurement(store)]
    assert record.measured_under(undone, entries) == []


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


def _told(store: Store) -> dict[str, Any]:
    """What the file of a good record holds."""
    data = record.write(record.of_entry(measurement(store), {}))
    with zipfile.ZipFile(io.BytesIO(data)) as bundle:
        told: dict[str, Any] = json.loads(bundle.read("record.json"))
    return told


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("pairs", {}),
        ("pairs", [{}]),
        ("pairs.0.a", None),
        ("pairs.0.verdicts", None),
        ("pairs.0.verdicts.0", {}),
        ("pairs.0.verdicts.0.unit", "parsec"),
        ("pairs.0.verdicts.0.measured", "much"),
        ("options", None),
        ("about", []),
        ("about.entry", "one"),
        ("about.shapers", {"wan1": {}}),
        ("about.laid", {}),
        ("about.laid.values.0.source", 1),
        ("about.laid.values.0.floor", {"delay": "long"}),
        ("about.laid.values.0.impairment", {"owd": "long"}),
        ("about.laid.values.0.impairment", {"of the future": 1}),
    ],
)
def test_a_record_that_lacks_what_others_rely_on_is_told(store: Store, place: str, value: object) -> None:
    told = _told(store)
    record.read(_zipped(record_json=json.dumps(told)), "x.zip")
    part: Any = told
    *way, last = [int(key) if key.isdigit() else key for key in place.split(".")]
    for key in way:
        part = part[key]
    part[last] = value
    with pytest.raises(InputError, match="no record") as problem:
        record.read(_zipped(record_json=json.dumps(told)), "thesis.zip")
    assert problem.value.where == "thesis.zip"


def test_a_record_with_more_in_it_is_read(store: Store) -> None:
    told = _told(store)
    told["about"]["of_the_future"] = told["pairs"][0]["more"] = 1
    assert record.read(_zipped(record_json=json.dumps(told)), "x.zip").values == VALUES


def test_no_damage_to_a_file_is_more_than_an_error(store: Store) -> None:
    made = record.of_entry(measurement(store), {"a.yaml": b"a: " + b"x" * 300})
    data = record.write(made)
    for at in range(len(data)):
        for mask in (0xFF, 0x01):
            damaged = data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]
            try:
                record.read(damaged, "x.zip")
            except InputError as problem:
                assert problem.where == "x.zip"  # noqa: PT017  not every flipped bit is damage
        with pytest.raises(InputError):
            record.read(data[:at], "x.zip")


def test_a_file_that_unfolds_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordfile, "LARGEST", 1000)
    with pytest.raises(InputError, match="unfolds"):
        record.read(_zipped(record_json=" " * 2000), "bomb.zip")


def test_what_was_measured_stands_beside_what_was_recorded(store: Store) -> None:
    made = record.of_entry(measurement(store), {})
    found = Verdict("rtt", Way.ROUND_TRIP, 81e6, 81.5e6, "ns", "", Judged.PASS)
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


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), float("inf"), True, "long", None])
def test_options_that_cannot_be_are_left_out(value: object) -> None:
    assert options_of({"rtt_seconds": value}) == options_of({})


def test_the_documents_of_an_inventory_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "testbed.yaml").write_text("testbed: t\n")
    (tmp_path / "sites" / "a.yaml").write_text("site: a\n")
    (tmp_path / "topologies").mkdir()
    (tmp_path / "topologies" / "b.yaml").write_text("topology: b\n")
    (tmp_path / "id_ed25519").write_text("secret")
    found = documents(tmp_path)
    own = {name for name in found if name.startswith("inventory/")}
    assert own == {"inventory/testbed.yaml", "inventory/sites/a.yaml", "inventory/topologies/b.yaml"}
    assert "profiles/topologies/intercontinental.yaml" in found
    assert all(name.startswith(("inventory/", "profiles/")) for name in found)
    assert b"secret" not in b"".join(found.values())


def inventory(directory: Path) -> Path:
    (directory / "sites").mkdir()
    (directory / "testbed.yaml").write_text("testbed: t\n")
    (directory / "sites" / "a.yaml").write_text("site: a\n")
    return directory


def own(directory: Path) -> set[str]:
    return {name for name in documents(directory) if name.startswith("inventory/")}


def test_only_what_an_inventory_is_loaded_from_is_kept(tmp_path: Path) -> None:
    inventory(tmp_path)
    before = own(tmp_path)
    (tmp_path / "passwords.yaml").write_text("secret: yes\n")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.yaml").write_text("site: x\n")
    (tmp_path / "sites" / "old").mkdir()
    (tmp_path / "sites" / "old" / "b.yaml").write_text("site: b\n")
    assert own(tmp_path) == before
    (tmp_path / "profiles" / "mine").mkdir(parents=True)
    (tmp_path / "profiles" / "mine" / "dsl.yml").write_text("profile: dsl\n")
    assert own(tmp_path) == {*before, "inventory/profiles/mine/dsl.yml"}


def test_what_is_no_file_is_left_out(tmp_path: Path) -> None:
    inventory(tmp_path)
    before = own(tmp_path)
    (tmp_path / "sites" / ".#a.yaml").symlink_to("ann@here.123:456")  # an editor's lock
    (tmp_path / "sites" / "b.yaml").mkdir()
    os.mkfifo(tmp_path / "sites" / "c.yaml")
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / ".#p.yaml").symlink_to("ann@here.123:456")
    assert own(tmp_path) == before


def test_a_document_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inventory(tmp_path)

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InputError, match="Permission denied") as problem:
        documents(tmp_path)
    assert problem.value.where == str(tmp_path / "sites" / "a.yaml")
