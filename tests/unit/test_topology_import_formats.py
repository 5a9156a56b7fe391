"""What is read of GML, GraphML, SNDlib and EnOS, and that a file which is none of them, or hostile, is refused with its line."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from microdc.errors import InputError
from microdc.topology.formats.detect import detect, read_graph
from microdc.topology.formats.model import MAX_BYTES, Found

DATA = Path(__file__).parents[1] / "data" / "topologies"


def read(name: str) -> Found:
    return read_graph((DATA / name).read_bytes(), Path(name))


def refused(data: bytes, name: str = "x.gml") -> InputError:
    with pytest.raises(InputError) as error:
        read_graph(data, Path(name))
    return error.value


# -- what is read


def test_sndlib_gives_longitude_first_and_only_what_is_installed() -> None:
    found = read("small-sndlib.txt")
    assert {node.id: node.at for node in found.nodes}["es1.es"] == (40.4167, -3.7033)
    assert [edge.rate for edge in found.edges] == [9_920_000_000, None]
    assert [edge.km for edge in found.edges] == [None, None]  # a cost is no length
    assert found.facts == ("of 2005", "by somebody, http://example.net (a page)")
    assert any("module" in remark.why for remark in found.remarks)


def test_a_sndlib_capacity_without_a_unit_is_none() -> None:
    found = read("pixels-sndlib.txt")
    assert [edge.rate for edge in found.edges] == [None, None]
    assert any("no unit" in remark.why for remark in found.remarks)


@pytest.mark.parametrize("installed", ["-1", "1e999", "1e12"])
def test_a_sndlib_capacity_that_is_none_is_told(installed: str) -> None:
    text = (
        f"META (\n unit = MBITPERSEC\n)\nNODES (\n A\n B\n)\nLINKS (\n L ( A B ) {installed} 0 0 0 ( )\n)\n"
    )
    found = read_graph(text.encode(), Path("x.txt"), "sndlib")
    assert found.edges[0].rate is None
    assert [(remark.act, "is no capacity" in remark.why) for remark in found.remarks] == [("dropped", True)]


def test_graphml_gives_keys_defaults_entities_and_graphs_within_nodes() -> None:
    found = read("traps.graphml")
    assert {node.id: node.label for node in found.nodes} == {
        "n0": "A <1>", "n1": "B", "n1::x": "Inner", "n2": "Drawn in yEd",
    }  # fmt: skip
    assert [(edge.b, edge.rate, edge.km) for edge in found.edges] == [
        ("n1", 10**10, None), ("n1::x", 622_000_000, None), ("n2", 10**10, 12.5),
    ]  # fmt: skip
    assert found.title == "R&D"


def test_graphml_in_another_encoding_is_read() -> None:
    text = '<?xml version="1.0" encoding="{}"?><graphml><graph><node id="é"/></graph></graphml>'
    for encoding in ("utf-16", "iso-8859-1"):
        found = read_graph(text.format(encoding).encode(encoding), Path("x"))
        assert [node.id for node in found.nodes] == ["é"]


def test_gml_with_or_without_multigraph_and_with_latin_letters() -> None:
    nodes = (
        b'node [ id 1 label "M\xe1laga" ] node [ id 2 ] edge [ source 1 target 2 ] edge [ source 2 target 1 ]'
    )
    for head in (b"", b"multigraph 1 "):
        found = read_graph(b"graph [ " + head + nodes + b" ]", Path("x.gml"))
        assert [node.label for node in found.nodes] == ["Málaga", ""]
        assert len(found.edges) == 2
        assert found.remarks[0].why == "not UTF-8: read as Latin-1"


def test_enos_constraints_become_a_mesh_with_defaults() -> None:
    found = read("reservation.yaml")
    ways = {(edge.a, edge.b): (edge.owd, edge.rate, edge.loss) for edge in found.edges}
    assert ways == {
        ("core", "edge1"): (10_000_000, 10**9, 0), ("edge1", "core"): (10_000_000, 10**9, 0),
        ("core", "edge2"): (10_000_000, 10**9, 0), ("edge2", "core"): (10_000_000, 10**9, 0),
        ("edge1", "edge2"): (60_000_000, 50_000_000, 0.1), ("edge2", "edge1"): (25_000_000, 100_000_000, 0.1),
    }  # fmt: skip
    noted = [remark.item for remark in found.remarks if "way round" in remark.why]
    assert noted == ["edge1 - edge2 (85ms there and back, 40ms by core)"]


def test_a_block_of_enos_constraints_alone_has_the_groups_that_it_names() -> None:
    text = b"default_delay: 20ms\ndefault_rate: 1gbit\nconstraints: [{src: 'a[1-2]', dst: b, delay: 5ms, symmetric: true}]\n"
    found = read_graph(text, Path("x.yaml"))
    assert [node.id for node in found.nodes] == ["a1", "a2", "b"]
    assert {(edge.a, edge.b): edge.owd for edge in found.edges}["b", "a2"] == 5_000_000
    assert {(edge.a, edge.b): edge.owd for edge in found.edges}["a1", "a2"] == 20_000_000


def test_without_defaults_the_way_back_has_no_delay() -> None:
    text = b"network_constraints:\n  constraints: [{src: a, dst: b, delay: 8ms, rate: 1gbit}]\n"
    found = read_graph(text, Path("x.yaml"))
    assert [(edge.a, edge.owd, edge.rate) for edge in found.edges] == [
        ("a", 8_000_000, 10**9),
        ("b", 0, None),
    ]


def test_machines_of_a_reservation_declare_the_groups() -> None:
    text = b"""resources: {machines: [{roles: [paris, vm]}, {roles: [berlin]}]}
network_constraints: {default_delay: 20ms, default_rate: 1gbit, constraints: []}
"""
    assert [node.id for node in read_graph(text, Path("x.yaml")).nodes] == ["paris", "vm", "berlin"]


# -- which format


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("traps.gml", "gml"),
        ("traps.graphml", "graphml"),
        ("small-sndlib.txt", "sndlib"),
        ("reservation.yaml", "enoslib"),
    ],
)
def test_the_format_is_told_by_what_stands_in_the_file(name: str, form: str) -> None:
    assert detect((DATA / name).read_bytes(), Path("no-ending")) == form


def test_a_file_of_no_known_format_is_refused() -> None:
    assert "graphml, gml, sndlib, enoslib" in refused(b"hello", "x.doc").hint
    assert "native" in refused(b'<network xmlns="http://sndlib.zib.de/network">', "x.xml").hint


# -- what is wrong with a file, and where


@pytest.mark.parametrize(
    ("data", "line", "word"),
    [
        (b"graph [\nnode [ id 1\n", 2, "never closed"), (b"graph [\n]\n]", 3, "none opened"),
        (b'graph [\nlabel "a\n]', 2, "never ends"), (b"graph [\nid [ ]\n5 ]", 3, "a key is expected"),
        (b"graph [\nid five ]", 2, "neither a number"), (b"graph [ id\n]", 1, "no value"),
        (b"graph [\nnode [ label 1 ] ]", 2, "no `id`"), (b"graph [\n\nedge [ source 1 ] ]", 3, "no `target`"),
        (b"a " + b"[ a " * 60, 1, "60 levels deep".replace("60", "50")), (b'graph [ a "' + b"x" * 100_001 + b'" ]', 1, "characters"),
    ],
)  # fmt: skip
def test_errors_in_gml_have_their_line(data: bytes, line: int, word: str) -> None:
    error = refused(data)
    assert error.where == f"x.gml:{line}"
    assert word in error.what


@pytest.mark.parametrize(
    ("data", "line", "word"),
    [
        (b"<graphml>\n<graph>\n</graphml>", 3, "mismatched tag"), (b"<graphml>\n<graph><node/></graph></graphml>", 2, "no `id`"),
        (b"<graphml><graph>\n\n<edge source='1'/></graph></graphml>", 3, "no `target`"),
        (b"<graphml>\n&unknown;</graphml>", 2, "undefined entity"), (b"<a>" * 60, 1, "50 levels deep"),
        (b"<?xml version='1.0' encoding='klingon'?><graphml/>", 1, "encoding"),
        (b"<graphml>" + b"".join(b"<key id='k%d'/>" % n for n in range(501)) + b"</graphml>", 1, "500 keys"),
    ],
)  # fmt: skip
def test_errors_in_graphml_have_their_line(data: bytes, line: int, word: str) -> None:
    error = refused(data, "x.graphml")
    assert error.where == f"x.graphml:{line}"
    assert word in error.what


@pytest.mark.parametrize(
    ("data", "line", "word"),
    [
        (b"?SNDlib\nNODES (\n A ( 1 )\n)", 3, "not a node"), (b"?SNDlib\nNODES (\n A\n)\nLINKS (\n L ( A B )\n)", 6, "not a link"),
        (b"?SNDlib\nNODES (\n A\n", 2, "never closed"), (b"?SNDlib\nwhat\n", 2, "a section is expected"),
    ],
)  # fmt: skip
def test_errors_in_sndlib_have_their_line(data: bytes, line: int, word: str) -> None:
    error = refused(data, "x.txt")
    assert error.where == f"x.txt:{line}"
    assert word in error.what


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("default_delay: 1ms\ndefault_rate: 1e-99999999999bps\ngroups: [a, b]", 2, "out of range"),
        ("default_delay: 20\ngroups: [a, b]", 1, "no unit of time"), ("default_delay: 1ms\ndefault_rate: 10mbps\ngroups: [a, b]", 2, "ambiguous"),
        ("constraints:\n  - {src: a}", 2, "`src` and `dst`"), ("default_delay: 1ms\ngroups: 'grp[1-1000000000]'", 2, "list of groups"),
        ("default_delay: 1ms\ngroups: ['grp[1-999999999]']", 2, "1 to 100"), ("default_delay: 1ms", 1, "no group of machines"),
        ("constraints:\n  - {src: a, dst: b, loss: 101}", 2, "more than 100%"), ("network_constraints: 5\ndefault_delay: 1ms", 1, "no `network_constraints`"),
    ],
)  # fmt: skip
def test_errors_in_enos_constraints_have_their_line(text: str, line: int, word: str) -> None:
    error = refused(text.encode(), "x.yaml")
    assert error.where == f"x.yaml:{line}"
    assert word in error.what


# -- hostile files


def bomb(levels: int) -> bytes:
    entities = b"".join(b'<!ENTITY a%d "&a%d;&a%d;">' % (n, n - 1, n - 1) for n in range(1, levels))
    return b'<!DOCTYPE g [<!ENTITY a0 "ha">' + entities + b"]><graphml>&a%d;</graphml>" % (levels - 1)


def test_an_entity_bomb_is_refused_at_its_declaration() -> None:
    data = (bomb(40) + b"<!-- -->" * MAX_BYTES)[:MAX_BYTES]
    tracemalloc.start()
    error = refused(data, "x.graphml")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "DOCTYPE" in error.what
    assert peak < 3 * MAX_BYTES


@pytest.mark.parametrize("kind", ["", ' SYSTEM "x.dtd"', ' PUBLIC "-//X" "http://example.net/x.dtd"', " []"])
def test_a_doctype_is_refused_whatever_it_holds(kind: str) -> None:
    error = refused(
        f"<?xml version='1.0'?>\n<!DOCTYPE graphml{kind}><graphml><graph/></graphml>".encode(), "x.graphml"
    )
    assert error.where == "x.graphml:2"
    assert "DOCTYPE" in error.what


def test_no_other_file_is_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    data = f'<!DOCTYPE g [<!ENTITY a SYSTEM "{secret.as_uri()}">]><graphml><graph><node id="&a;"/></graph></graphml>'
    error = refused(data.encode(), "x.graphml")
    assert "DOCTYPE" in error.what
    assert "SECRET" not in str(error)


@pytest.mark.parametrize(
    "data",
    [
        b"graph [" + b"node [ id 1 ]" * 20_000 + b"]",
        b"<graphml><graph>" + b'<node id="1"/>' * 20_000 + b"</graph></graphml>",
        b"graph [" + b"a 1 " * 160_000 + b"]",
    ],
    ids=["gml", "graphml", "values"],
)
def test_more_than_a_document_holds_is_refused(data: bytes) -> None:
    assert "import a part of it" in refused(data).hint


def test_a_large_file_is_refused_unread() -> None:
    assert "larger than 4 MB" in refused(b" " * (MAX_BYTES + 1)).what
