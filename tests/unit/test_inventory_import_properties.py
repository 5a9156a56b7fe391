"""Whatever files state, the documents load and hold every cable, or the refusal says why; whatever bytes, nothing else is raised."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microdc.documents.model import Where
from microdc.errors import InputError
from microdc.survey.importing.cabletables import read_cables
from microdc.survey.importing.fitting import check_fit, plan_files
from microdc.survey.importing.hostvars import read_hosts
from microdc.survey.importing.model import Cable, Device, End, Found, Frame, Options, Port, Prefix
from microdc.survey.importing.netbox import read_netbox
from microdc.survey.importing.operate import Imported, convert
from microdc.testbed.load import load
from microdc.testbed.model import Rack

WORDS = st.sampled_from(
    [
        "",
        "a",
        "B",
        "a b",
        " ",
        "\t b",
        "sw1",
        "sw-1",
        "SW 1",
        "pdu1",
        "c1",
        "12",
        "é",
        "東京",
        "true",
        "x: y",
        "#",
        "bmc",
        "MGMT",
    ]
)
WORD = WORDS | st.text(max_size=40) | st.text("ab-1", min_size=60, max_size=80)
NAME = st.sampled_from(["c1", "c2", "C1", "sw1", "sw2", "sw_2", "pdu1", "東京", "?"]) | WORD
PORT = (
    st.sampled_from(["", "1", "2", "eno1", "eno 1", "MGMT", "bmc", "psu", "Gi1/0/1:1", "x" * 30, "Po1"])
    | WORD
)
WHERE = st.builds(Where, st.sampled_from([Path("a.yml"), Path("x/b.csv")]), st.integers(0, 3))
NUMBERS = st.sampled_from(["1", "2", "42", "99", "100", "0", "-1", "2.5", "x", "10000"])
FACTS = st.fixed_dictionaries({}, optional={
    "site": st.sampled_from(["here", "there", "Ort 1"]), "rack": st.sampled_from(["r1", "R1", "r 2", "-"]), "unit": NUMBERS, "height": NUMBERS,
    "role": WORD, "model": WORD, "serial": WORD, "oob": st.sampled_from(["10.0.0.1", "fd00::1", "bmc.lab", "no address", "a@b"]) | WORD,
    "mac": st.sampled_from(["52:54:00:00:00:01", "00-00-00-00-00-00", "x"]), "type": WORD,
}).map(lambda facts: {key: value for key, value in facts.items() if value})  # fmt: skip
LABELS = st.dictionaries(
    st.sampled_from(["face", "address", "kind", "address-of-eno1", "é"]) | WORD, WORD, max_size=3
)
DEVICES = st.builds(Device, NAME, WHERE, FACTS, LABELS)
RARELY = st.integers(0, 5).map(lambda number: number == 0)
PORTS = st.builds(
    Port,
    NAME,
    PORT,
    WHERE,
    st.sampled_from(["", "52:54:00:00:00:02", "52:54:00:00:00:01", "x"]),
    RARELY,
    RARELY,
    RARELY,
)
ENDS = st.builds(End, NAME, PORT, st.sampled_from(["", "", "pdu"]))
CABLES = st.builds(
    Cable, ENDS, ENDS, WHERE, st.sampled_from(["data", "data", "power", "console"]), WORD, RARELY
)
PREFIXES = st.builds(
    Prefix,
    st.sampled_from(["here", ""]),
    st.sampled_from(["10.0.0.0/8", "10.1.0.0/16", "x", "fd00::/32"]),
    WORD,
    WHERE,
)
FRAMES = st.builds(
    Frame,
    st.just("here"),
    st.sampled_from(["r1", "r2"]),
    WHERE,
    st.none() | st.integers(-1, 120),
    st.integers(0, 5),
    st.booleans(),
)
FOUND = st.builds(
    Found, st.lists(DEVICES, max_size=8).map(tuple), st.lists(PORTS, max_size=6).map(tuple), st.lists(CABLES, max_size=12).map(tuple),
    st.lists(PREFIXES, max_size=3).map(tuple), st.lists(FRAMES, max_size=2).map(tuple), st.just({"here": "Here: there"}),
    st.dictionaries(WORD, st.integers(-1, 120), max_size=2),
)  # fmt: skip
OPTIONS = st.builds(
    Options, st.just("here"), st.sampled_from(["", "r1"]), st.sampled_from([(), ("{role}{unit}",)]), st.just({"C1": "c2"}),
    st.sampled_from([(), (("c*", "switch"),)]), st.sampled_from(["redfish", "ipmi"]),
)  # fmt: skip


def ends(rack: Rack) -> int:
    """Cables that a rack says, wherever."""
    servers = rack.servers.values()
    nics = sum(1 for server in servers for nic in server.nics.values() if nic.switch)
    return (
        nics
        + sum(1 for server in servers if server.bmc and server.bmc.nic and server.bmc.nic.switch)
        + len(rack.cables)
    )


def dropped(imported: Imported) -> int:
    why = ("a bundle of ports", "a cable")
    return sum(
        group.count
        for group in imported.summary.remarks
        if group.act == "dropped" and group.why.startswith(why)
    )


@settings(max_examples=100)
@given(FOUND, OPTIONS)
def test_any_finding_gives_an_inventory_that_loads_with_every_cable(
    tmp_path_factory: pytest.TempPathFactory, found: Found, options: Options
) -> None:
    try:
        imported = convert(found, options)
    except InputError as error:
        assert "no device" in error.what  # noqa: PT017  the only reason that there is
        return
    place = tmp_path_factory.mktemp("any")
    (place / "sites").mkdir()
    planned = plan_files(place, imported.texts)
    check_fit(place, planned)
    for file, text in planned.items():
        file.write_text(text, "utf-8")
    testbed = load(place)
    kept = sum(ends(rack) for site in testbed.sites.values() for rack in site.racks.values())
    assert kept == imported.summary.cables
    distinct = {
        frozenset({(c.a.device.casefold(), c.a.port), (c.b.device.casefold(), c.b.port)})
        for c in found.cables
        if c.a.port and c.b.port
    }
    assert kept + dropped(imported) <= len(found.cables)
    if not options.renames.keys() & {end.device for c in found.cables for end in (c.a, c.b)}:
        assert kept + dropped(imported) >= len(distinct) - sum(
            "bmc" in str(c).lower() or "mgmt" in str(c).lower() for c in found.cables
        )


READERS = {
    "netbox": lambda data, name: read_netbox([(Path(name), data)]),
    "cables": lambda data, name: read_cables(data, Path(name), {}),
    "hosts": lambda data, name: read_hosts([("c1", Path(name), data)]),
}
PIECES = st.sampled_from([
    b"devices:\n", b"  - name: c1\n", b"    site: {slug: here}\n", b"cables:\n", b"  - a_terminations:\n", b"      device: c1\n", b"null", b"[", b"{", b'"results"',
    b"Source,SPort,Destination,DPort\n", b"c1,1,sw1,2\n", b"| Source | SPort | Destination | DPort |\n", b"|---|---|---|---|\n", b"| c1 | 1 | sw1 | 2 |\n", b"```\n", b"\x00",
    b'{"results": [', b'{"name": "c1", "device_type": null, "site": 3}', b'{"a_terminations": [{}], "url": "/api/dcim/cables/1/"}', b"]}", b",", b"mgmt_address: 1\n", b'"',
])  # fmt: skip


@settings(max_examples=200)
@given(
    st.sampled_from(sorted(READERS)), st.sampled_from(["x.yml", "x.json", "x.csv", "x.md", "x"]),
    st.lists(PIECES | st.binary(max_size=20), max_size=12).map(b"".join),
)  # fmt: skip
def test_any_bytes_are_read_or_refused(reader: str, name: str, data: bytes) -> None:
    try:
        found = READERS[reader](data, name)
        convert(found, Options(site="here"))
    except InputError as error:
        assert name in str(error) or "no device" in error.what  # noqa: PT017
