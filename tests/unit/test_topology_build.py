"""Topology documents: what they come to, and what is refused, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
import topologies

from microdc.documents.model import DocumentError
from microdc.topology import atlas
from microdc.topology.atlas import Atlas, UnknownTopologyError, load_topology, parse_topology
from microdc.topology.geo import great_circle, light
from microdc.topology.model import Topology

ISLAND = """
topology: island
description: An island
source: made up
include: [ring]
pops: {port: {at: [51, -1]}}
links:
  - {between: [port, ring/north], name: ferry, km: 200, capacity: 1gbit}
"""


def ring(tmp_path: Path) -> Topology:
    return Atlas(topologies.write(tmp_path))["ring"]


def problems(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        parse_topology(text.encode(), Path("t.yaml"))
    return [str(problem) for problem in caught.value.problems]


def test_a_delay_is_measured_or_comes_of_a_length(tmp_path: Path) -> None:
    topology = ring(tmp_path)
    measured, derived = topology.links["ring/north:east"], topology.links["ring/south:lone"]
    assert (measured.origin, measured.owd) == ("measured", 4_000_000)
    assert measured.sources["delay"] == "a survey"
    assert derived.origin == "derived"
    km = great_circle((46, 0), (44, 0))
    assert derived.km == pytest.approx(km * 1.2)
    assert derived.owd == light(km * 1.2) == pytest.approx(km * 1.2 * 4900, abs=1)


def test_without_what_was_measured_the_lengths_speak(tmp_path: Path) -> None:
    link = topologies.lengths_only(ring(tmp_path)).links["ring/north:east"]
    assert link.origin == "derived"
    assert link.owd == link.derived != 4_000_000


def test_a_published_length_needs_no_factor_and_a_beam_is_straight() -> None:
    text = topologies.RING.replace("[south, lone]}", "[south, lone], km: 300}")
    link = parse_topology(text.encode(), Path("t.yaml")).links["ring/south:lone"]
    assert (link.origin, link.owd, link.route_factor) == ("length", light(300), None)
    beam = topologies.RING.replace("[south, lone]}", "[south, lone], medium: radio}")
    link = parse_topology(beam.encode(), Path("t.yaml")).links["ring/south:lone"]
    assert link.owd == light(great_circle((46, 0), (44, 0)), "radio")


def test_distances_on_the_earth() -> None:
    assert great_circle((0, 0), (0, 180)) == pytest.approx(
        20015.1, abs=0.1
    )  # half the circumference of a sphere of 6371.0088 km
    assert great_circle((48.8566, 2.3522), (48.8566, 2.3522)) == 0
    assert great_circle((0, 179), (0, -179)) == pytest.approx(great_circle((0, 0), (0, 2)))


def test_what_includes_another_has_its_pops_by_full_names(tmp_path: Path) -> None:
    atlas = Atlas(topologies.write(tmp_path, topologies.RING, ISLAND))
    island = atlas["island"]
    assert {"island/port", "ring/north", "ring/lone"} <= island.pops.keys()
    assert island.links["island/ferry"].ends == {"island/port", "ring/north"}
    assert "ring/north:east" in island.links
    assert island.includes == ("ring",)


def test_documents_that_include_each_other_are_refused(tmp_path: Path) -> None:
    text = topologies.RING.replace("route_factor", "include: [island]\nroute_factor")
    atlas = Atlas(topologies.write(tmp_path, text, ISLAND))
    for name, chain in (("ring", "ring -> island -> ring"), ("island", "island -> ring -> island")):
        with pytest.raises(DocumentError, match=chain):
            atlas[name]
    itself = ISLAND.replace("[ring]", "[island]")
    with pytest.raises(DocumentError, match="island -> island"):
        Atlas(topologies.write(tmp_path, itself))["island"]


def test_an_unknown_name_gets_the_nearest(tmp_path: Path) -> None:
    atlas = Atlas(topologies.write(tmp_path, ISLAND.replace("[ring]", "[rink, island2]")))
    with pytest.raises(UnknownTopologyError, match="islandd") as caught:
        atlas["islandd"]
    assert "island" in caught.value.hint
    with pytest.raises(DocumentError) as wrong:
        atlas["island"]
    assert len(wrong.value.problems) == 2


def test_a_file_is_called_like_its_topology(tmp_path: Path) -> None:
    place = topologies.write(tmp_path)
    (place / "ring.yaml").rename(place / "circle.yaml")
    with pytest.raises(DocumentError, match="another name"):
        Atlas(place)["circle"]
    assert load_topology(place / "circle.yaml").name == "ring"


BAD = {
    "a PoP that no link reaches": (
        "  - {between: [south, lone]}\n", "", "no link reaches lone",
    ),
    "a delay below that of light": ("rtt: 9ms", "rtt: 3ms", "light in fibre takes 1.797ms (3.595ms)"),
    "a capacity in words": ("1gbit", "fast", "'fast' is not a rate"),
    "a negative length": ("[south, lone]}", "[south, lone], km: -5}", "-5 is not a length in km"),
    "no length at all": ("[south, lone]}", "[south, lone], km: .nan}", "km"),
    "a route shorter than a straight one": ("[south, lone]}", "[south, lone], km: 222.3}", "as the crow flies"),
    "an unknown PoP": ("[south, lone]}", "[south, lonne]}", "unknown PoP 'lonne' (did you mean lone?)"),
    "a link to itself": ("[south, lone]}", "[south, lone]}\n  - {between: [lone, lone]}", "joins lone with itself"),
    "two links without names": (
        "[south, lone]}", "[south, lone]}\n  - {between: [lone, south]}", "is linked twice",
    ),
    "two links of one name": (
        "[south, lone]}",
        "[south, lone], name: x}\n  - {between: [lone, south], name: x}", "two links are called 'x'",
    ),
    "an unknown source": ("source: survey", "source: surveyy", "unknown source 'surveyy' (did you mean survey?)"),
    "a place off the earth": ("at: [44, 0]", "at: [144, 0]", "144 is not a latitude"),
    "a place that is none": ("at: [44, 0]", "at: here", "is not a place"),
    "no way to a delay": ("lone: {at: [44, 0]}", "lone: {}", "no place from which to derive it"),
    "a jitter beyond the delay": ("jitter: 1ms", "jitter: 4.6ms", "jitter larger than its delay"),
    "two delays": ("rtt: 9ms", "rtt: 9ms, owd: 4.5ms", "two ways to say one thing"),
    "a length and a factor": ("[south, lone]}", "[south, lone], km: 300, route_factor: 2}", "needs no route_factor"),
    "a profile and a delay": ("rtt: 9ms", "rtt: 9ms, profile: x", "leave out capacity, rtt, jitter, loss"),
    "a factor below one": ("route_factor: 1.2", "route_factor: 0.5", "0.5 is not a route factor"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_bad_documents_say_what_and_where(what: str) -> None:
    old, new, words = BAD[what]
    assert old in topologies.RING
    found = problems(topologies.RING.lstrip().replace(old, new))
    assert any(words in problem and problem.startswith("t.yaml:") for problem in found), found


def test_what_is_just_possible_is_taken() -> None:
    edge = topologies.RING.replace("jitter: 1ms", "jitter: 4.5ms").replace(
        "[south, lone]}", "[south, lone], km: 222.4}"
    )
    assert parse_topology(edge.encode(), Path("t.yaml")).links["ring/south:lone"].km == 222.4


def test_a_jitter_beyond_the_delay_is_seen_where_no_place_is_known() -> None:
    text = topologies.RING.replace("west: {at: [48, -4]}", "west: {}").replace("jitter: 1ms", "jitter: 4.6ms")
    assert any("jitter larger than its delay" in problem for problem in problems(text))


def test_what_is_broken_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = [
        f"topology: t{n}\ndescription: d\nsource: s\ninclude: [t{n + 1}, u{n + 1}]\n".replace("t0", "t0")
        for n in range(8)
    ]
    both = chain + [text.replace("topology: t", "topology: u") for text in chain]
    place = topologies.write(
        tmp_path, *both, "topology: t8\ndescription: d\nsource: s\n", "topology: u8\ndescription: d\n"
    )
    opened: list[Path] = []
    real = atlas.read
    monkeypatch.setattr(atlas, "read", lambda file: [opened.append(file), real(file)][1])
    with pytest.raises(DocumentError):
        Atlas(place)["t0"]
    assert len(opened) == len(set(opened)) == 17


def test_all_is_said_at_once() -> None:
    text = topologies.RING.replace("rtt: 9ms", "rtt: 3ms").replace("[south, lone]", "[south, lonne]")
    assert len(problems(text)) == 3  # the floor, the name, and the PoP that is then alone


def test_parallel_links_have_names() -> None:
    text = topologies.RING + "  - {between: [south, lone], name: second, km: 500}\n"
    links = parse_topology(text.encode(), Path("t.yaml")).links
    assert links["ring/south:lone"].ends == links["ring/second"].ends
