"""Whatever graph a file holds, its document loads or the refusal says why; whatever bytes, nothing else is raised."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microdc.documents.reader import parse
from microdc.errors import InputError
from microdc.topology import labels
from microdc.topology.atlas import parse_topology
from microdc.topology.formats import attributes
from microdc.topology.formats.detect import READERS
from microdc.topology.formats.model import Edge, Format, Found, Ledger, Node
from microdc.topology.formats.speeds import read_speed
from microdc.topology.formats.tidy import Options, tidy
from microdc.topology.write import write_topology
from microdc.units import MAX_DELAY

IDS = st.sampled_from(["0", "1", "2", "3", "4", "a b", "a-b", "é", ""])
LABELS = st.sampled_from([
    "", "None", "?", "12", "Paris", "paris", "PARIS-2", "true", "null", "a: b", "# x", "東京",
]) | st.text(max_size=80)  # fmt: skip
GOOD = st.tuples(st.floats(-89, 89), st.floats(-179, 179)) | st.sampled_from([(41.4, 2.2), (48.9, 2.3)])
ODD = (
    st.none()
    | st.tuples(st.floats(), st.floats())
    | st.sampled_from([(0.0, 0.0), (90.0, 180.0), (91.0, 0.0)])
)
PLACES = st.integers(0, 9).flatmap(lambda number: ODD if number == 0 else GOOD)
RARELY = st.integers(0, 9).map(lambda number: number == 0)
NODES = st.builds(Node, IDS, LABELS, PLACES, RARELY, RARELY, st.integers(0, 9))
DELAYS = st.none() | st.integers(0, MAX_DELAY)
EDGES = st.builds(
    Edge, IDS, IDS, LABELS, st.none() | st.integers(0, 10**18), st.none() | st.floats() | st.floats(0, 20_000),
    DELAYS, DELAYS, DELAYS, st.none() | st.floats(0, 100), st.booleans(), st.just(False), st.integers(0, 99),
)  # fmt: skip
FOUND = st.builds(
    Found, st.just(Path("x.gml")), st.just("gml"), st.lists(NODES, min_size=6, max_size=16).map(tuple),
    st.lists(EDGES, min_size=1, max_size=20).map(tuple), LABELS, st.lists(st.text(max_size=30), max_size=2).map(tuple),
)  # fmt: skip
OPTIONS = st.builds(
    Options, st.just("t"), st.none() | st.floats(1, 10), st.none() | st.floats(0.001, 100_000),
    st.none(), st.booleans(), st.sampled_from([None, "keep", "drop"]),
) | st.builds(Options, st.just("t"), missing_delay=st.integers(0, MAX_DELAY))  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(FOUND, OPTIONS)
def test_any_graph_gives_a_document_that_loads_or_a_refusal(found: Found, options: Options) -> None:
    try:
        data, summary = tidy(found, options)
    except InputError:
        return  # no link is left
    assert summary.links > 0
    text = write_topology(data)
    topology = parse_topology(text.encode(), Path("t.yaml"))
    assert (len(topology.pops), len(topology.links)) == (summary.pops, summary.links)
    assert sum(summary.components) == summary.pops
    assert all(link.owd is not None for link in topology.links.values())
    written = parse(text.encode(), Path("t.yaml")).value
    assert [list(link["between"]) for link in written["links"]] == [link["between"] for link in data["links"]]
    assert {name: pop.get("title") for name, pop in written["pops"].items()} == {
        name: pop.get("title") for name, pop in data["pops"].items()
    }


VALUES = st.text(max_size=40) | st.sampled_from(
    ["yes", "null", "1e3", "-", "- a", "a: b", "[", "'", '"', "a #b", "=", "\x85", "\ufeff"]
)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.text(min_size=1, max_size=20), VALUES, min_size=1, max_size=6),
    st.text(" ab:#-'", min_size=100),
)
def test_any_text_is_written_so_that_it_reads_the_same(texts: dict[str, str], long: str) -> None:
    data = {
        "topology": "t",
        "description": long,
        "sources": texts,
        "links": [{"a": list(texts.values()), **texts}],
    }
    assert parse(write_topology(data).encode(), Path("t.yaml")).value == data


GRAMMAR = st.lists(
    st.sampled_from([
        "graph", "[", "]", "node", "edge", "id", "1", "2", "source", "target", "label", '"', '"a"', "LinkLabel", "km", "nan",
        "<graphml>", "</graphml>", "<graph>", "</graph>", "<node id='1'>", "</node>", "<data key='label'>", "</data>", "<key id='k'>",
        "<default>", "</default>", "</key>", "<edge source='1' target='1'/>", "&amp;", "<!-- ", "NODES (\n", ")\n", "LINKS (\n",
        "A ( 1 2 )\n", "META (\n", "L ( A B ) 1 2 3 4 ( )\n", "constraints:", "default_delay: ", "1ms\n", "- ", "{src: a, dst: 'b[1-2]'}",
        "groups: [a]\n", "network_constraints:\n  ", "\n", " ",
    ]), max_size=40,
).map(lambda parts: " ".join(parts).encode())  # fmt: skip


@pytest.mark.parametrize("form", READERS)
@settings(max_examples=150, deadline=None)
@given(data=GRAMMAR | st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(form: Format, data: bytes) -> None:
    try:
        found = READERS[form](data, Path("x"))
    except InputError:
        return
    assert found.form == form


@given(st.lists(LABELS, max_size=30))
def test_names_are_unique_and_names(texts: list[str]) -> None:
    names = list(labels.unique(labels.pop_name(text, str(place), "pop") for place, text in enumerate(texts)))
    assert len(set(names)) == len(texts)
    assert all(labels.kebab(name) == name != "" and not name.isdigit() for name in names)


@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=3))
def test_any_text_is_a_speed_or_none(text: str, raw: str, units: str) -> None:
    speed = read_speed(text, raw, units)
    assert speed is None or (speed.rate > 0 if speed.rate is not None else speed.note)


PIECES = st.sampled_from(
    ["10", "2", "2.5", "2,5", "155", "1,000", "34", " ", " ", "x", " x ", "+", " + ", "-", "/", ", ", " to ", "(", ")", "Gbps", "G",
     "Mbit/s", "M", "k", "OC-3", "OC-48c", "STM-4", "E1", "T3", "GE", ">", "<", "and below", "km", "ring", "n", "~"]
)  # fmt: skip
PLAIN = re.compile(
    r"[^0-9]*([0-9.]+ *-? *(g|gbps|m|mbit/s|k)|oc-3|oc-48c|stm-4|e1|t3|ge)[^0-9]*", re.IGNORECASE
)


@given(st.lists(PIECES, max_size=8).map("".join))
def test_a_speed_without_a_note_is_the_only_one_that_its_text_can_mean(text: str) -> None:
    speed = read_speed(text)
    if speed is None or speed.note:
        return
    one = re.findall(r"oc-3|oc-48c|stm-4|e1|t3|ge|[0-9.,]+", text.lower())
    assert PLAIN.fullmatch(text) or len({rate.rate for each in one if (rate := read_speed(each))}) == 1, text


NUMBERS = st.from_regex(
    r"[+-]?[0-9]{1,4}(\.[0-9]{1,4})?([eE][+-]?[0-9]{1,24})?( ?(ms|us|s|%|km))?", fullmatch=True
)
KEYS = st.sampled_from([
    "packet_loss", "loss", "latency", "delay", "jitter", "owd_ms", "jitter_ms", "km", "length", "linkspeed", "linkspeedraw", "capacity",
    "latitude", "longitude", "internal", "hyperedge",
])  # fmt: skip


@given(st.dictionaries(KEYS, NUMBERS | st.text(max_size=10)))
def test_any_number_of_an_attribute_is_read_or_told(given: dict[str, str]) -> None:
    ledger = Ledger()
    edge = attributes.edge("a", "b", given, 1, ledger, directed=False)
    assert edge.loss is None or 0 <= edge.loss <= 100
    assert edge.owd is None or 0 <= edge.owd <= MAX_DELAY
    if given.get("loss") and edge.loss is None:
        assert any("loss" in remark.why for remark in ledger.remarks)
    attributes.node("a", given, 1)
