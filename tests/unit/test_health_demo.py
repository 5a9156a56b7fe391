"""The demo: the same seed tells the same story, all states are in it, and what is done to it shows."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from microdc.errors import InputError, RefusedError
from microdc.health.board import Board
from microdc.health.demo import Demo
from microdc.health.demo.nodes import WHOLE
from microdc.health.demo.wan import LOST, PROFILES
from microdc.health.figures import FIGURES
from microdc.health.model import Kind, Sample, State
from microdc.health.stream import decode, encode
from microdc.wan.profile import load_library

ZERO = 1_800_000_000.0


def demo(sites: int = 10, servers: int = 6, seed: int = 1) -> Demo:
    return Demo(sites, servers, seed, clock=lambda: ZERO)


def watched(one: Demo, seconds: Iterable[int]) -> Board:
    board = Board()
    board.apply([one.fleet], ZERO)
    for second in seconds:
        board.apply(one.samples(ZERO + second), ZERO + second)
        board.tick(ZERO + second)
    return board


def sample(one: Demo, key: str, after: float) -> Sample:
    return next(found for found in one.samples(ZERO + after) if found.device == key)


def quiet_server(one: Demo, role: str = "compute") -> str:
    """A server that answers, is on, and is in no maintenance."""
    wanted = {
        device.key for device in one.fleet.devices if device.role == role and device.kind is Kind.SERVER
    }
    return next(
        found.device.partition("/")[2]
        for found in one.samples(ZERO)
        if found.device in wanted
        and found.trouble is None
        and not found.maintenance
        and found.figures["power_state"]
    )


# -- what it tells


def test_the_same_seed_and_clock_tell_the_same_and_another_seed_does_not() -> None:
    first, second, other = demo(), demo(), demo(seed=2)
    assert first.fleet == second.fleet
    for after in (0.0, 31.5, 200.0, 5000.0):
        told = first.samples(ZERO + after)
        assert told == second.samples(ZERO + after) == first.samples(ZERO + after)
        assert told != other.samples(ZERO + after)


def test_the_parts_of_a_second_are_together_all_of_it() -> None:
    one = demo()
    whole = {found.device for found in one.samples(ZERO)}
    parts = [found.device for part in range(4) for found in one.samples(ZERO, part, 4)]
    assert set(parts) == whole
    assert len(parts) == len(whole)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_state_of_devices_and_sites_is_seen_within_a_minute(seed: int) -> None:
    one = demo(seed=seed)
    board = Board()
    board.apply([one.fleet], ZERO)
    devices: set[State] = set()
    sites: set[State] = set()
    for second in range(0, 60, 2):
        board.apply(one.samples(ZERO + second), ZERO + second)
        devices |= {found.state for found in board.devices().values()}
        sites |= {found.state for found in board.sites(ZERO + second)}
    assert devices == sites == set(State)
    assert not board.dropped


def test_something_happens_all_the_time_and_goes_away_again() -> None:
    board = watched(demo(), range(420))
    moments = sorted({alert.at - ZERO for alert in board.alerts if alert.after is not State.UNKNOWN})
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert max(gaps) <= 45
    assert any(alert.after is State.OK for alert in board.alerts)


@pytest.mark.parametrize(("sites", "servers"), [(1, 1), (2, 1), (3, 30), (9, 2), (35, 1)])
def test_fleets_of_any_size_are_told_in_the_words_of_the_figures_and_of_the_feed(
    sites: int, servers: int
) -> None:
    one = demo(sites, servers)
    devices = {device.key: device for device in one.fleet.devices}
    assert len(devices) == len(one.fleet.devices)
    assert sum(device.kind is Kind.SERVER for device in one.fleet.devices) == sites * servers
    assert {device.site for device in devices.values()} - {""} == {place.name for place in one.fleet.sites}
    assert decode(encode(one.fleet)) == one.fleet
    for after in (0, 40, 100, 170, 300):
        for found in one.samples(ZERO + after):
            assert decode(encode(found)) == found
            for name, value in found.figures.items():
                assert devices[found.device].kind in FIGURES[name].kinds
                assert math.isfinite(value)


def test_units_of_a_rack_are_taken_once() -> None:
    taken: dict[tuple[str, str], list[int]] = {}
    for device in demo(2, 47).fleet.devices:
        if device.unit is not None:
            taken.setdefault((device.site, device.rack), []).extend(
                range(device.unit, device.unit + device.height)
            )
    assert len(taken) == 2 * 3
    for units in taken.values():
        assert len(set(units)) == len(units)
        assert max(units) <= 42


def test_names_that_are_hard_to_show_are_among_its_data() -> None:
    fleet = demo().fleet
    texts = [place.title for place in fleet.sites]
    texts += [value for device in fleet.devices for value in device.labels.values()]
    for hard in ("🌱", "غرناطة", "فريق", "[bold]"):
        assert any(hard in text for text in texts)


def test_records_come_until_it_is_stopped() -> None:
    one = Demo(2, 2, clock=lambda: ZERO, rate=200.0)
    stop = threading.Event()
    records = one.run(stop)
    assert next(records) == one.fleet
    seen = [next(records) for _ in range(300)]
    assert all(isinstance(record, Sample) for record in seen)
    stop.set()
    assert sum(1 for _ in records) <= len(one.fleet.devices)


# -- what is done to it


def test_a_server_that_is_turned_off_is_off_some_seconds_later_and_on_again_when_asked() -> None:
    one = demo()
    name = quiet_server(one)
    came = one.power(name, "off", ZERO + 1)
    assert came["servers"][0]["result"] == "done"
    assert sample(one, f"server/{name}", 2).facts["power"] == "powering off"
    off = sample(one, f"server/{name}", 6)
    assert (off.figures["power_state"], off.facts["power"]) == (0.0, "off")
    assert off.figures["draw_watts"] < 20
    assert one.power(name, "off", ZERO + 7)["servers"][0]["result"] == "nothing"
    one.power(name, "on", ZERO + 8)
    assert sample(one, f"server/{name}", 12).figures["power_state"] == 1.0
    one.power(name, "cycle", ZERO + 20)
    assert [sample(one, f"server/{name}", after).facts["power"] for after in (21, 25, 29)] == [
        "powering off",
        "off",
        "on",
    ]


def test_the_leaf_loses_the_link_of_a_server_that_is_off() -> None:
    one = demo()
    name = quiet_server(one)
    one.power(name, "off", ZERO)
    for box in (
        found for found in one.samples(ZERO + 6) if found.device.startswith("switch/") and found.facts
    ):
        for port in box.facts["ports"]:
            if port["far"] == f"{name}:eno1":
                assert (port["oper"], port["in"]) == ("down", 0)
                return
    pytest.fail("no switch has its port")


def test_a_site_or_a_rack_stands_for_all_that_is_there() -> None:
    one = demo(2, 25)
    site = one.fleet.sites[0].name
    whole = one.power(site, "off", ZERO + 1)["servers"]
    assert len(whole) == 25
    assert {found["result"] for found in whole if not found["error"]} <= {"done", "nothing"}
    rack = one.sensors(f"{site}/r2", ZERO + 10)["servers"]
    assert len(rack) == 5
    assert {found["power"] for found in rack if not found["error"]} == {"off"}
    assert len(one.ports(site)["switches"]) == 4
    assert one.hardware(f"{site}/r2/{rack[0]['server']}")["items"][0]["server"] == rack[0]["server"]
    nodes = one.nodes(site)["nodes"]
    assert {found["site"] for found in nodes} == {site}
    assert len(one.plan_deploy(site)["nodes"]) == len(nodes)


def test_what_answers_nothing_cannot_be_turned_off() -> None:
    one = demo()
    dead = next(found for found in one.samples(ZERO) if found.trouble and found.device.startswith("server/"))
    name = dead.device.partition("/")[2]
    came = one.power(name, "off", ZERO)["servers"][0]
    assert dead.trouble is not None
    assert came["error"]["what"] == dead.trouble.what
    assert "result" not in came


def test_a_line_that_is_cut_takes_its_pair_another_way_until_it_is_up_again() -> None:
    one = demo(6, 1)
    pair = next(found for found in one.samples(ZERO) if found.device.startswith("pair/"))
    a, b = pair.facts["a"], pair.facts["b"]
    one.cut(a, b, ZERO + 1)
    cut = sample(one, pair.device, 2)
    assert cut.figures["way"] == 1.0
    assert cut.figures["rtt_asked"] > pair.figures["rtt_asked"]
    assert cut.facts["ways"].startswith(f"{a} - ")
    assert cut.facts["ways"].count(" - ") >= 2
    one.restore(b, a, ZERO + 3)
    assert sample(one, pair.device, 4).figures["rtt_asked"] == pair.figures["rtt_asked"]
    with pytest.raises(InputError, match="not cut"):
        one.restore(a, b, ZERO + 5)


def test_two_sites_with_one_line_have_no_way_without_it() -> None:
    one = demo(2, 1)
    pair = next(found for found in one.samples(ZERO) if found.device.startswith("pair/"))
    one.cut(pair.facts["a"], pair.facts["b"], ZERO, until=ZERO + 60)
    cut = sample(one, pair.device, 1)
    assert (cut.figures["way"], cut.figures["loss_ab"]) == (0.0, 1.0)
    assert "rtt_measured" not in cut.figures
    assert [reason.severity for reason in cut.reasons][:1] == ["down"]
    assert sample(one, pair.device, 61).figures["way"] == 1.0


def test_a_profile_holds_until_its_time_is_over_or_it_is_undone() -> None:
    one = demo(3, 1)
    pair = next(found for found in one.samples(ZERO) if not found.facts.get("overlay", True))
    name = pair.device.partition("/")[2]
    laid = one.lay(name, "geo-satellite", ZERO + 1, until=ZERO + 100)
    told = sample(one, pair.device, 2)
    assert told.figures["rtt_asked"] == 0.6
    assert told.facts["overlay"] == laid["overlay"]
    assert sample(one, pair.device, 101).facts["overlay"] is None
    assert sample(one, pair.device, 101).figures["rtt_asked"] < 0.6
    other = one.lay(name, "lte", ZERO + 110)
    assert one.undo("", ZERO + 111)["removed"] == [other["overlay"]]
    assert sample(one, pair.device, 112).facts["overlay"] is None
    with pytest.raises(InputError, match="yours"):
        one.undo("", ZERO + 113)


def test_a_deployment_goes_through_its_phases_and_ends_active() -> None:
    one = demo()
    name = quiet_server(one)
    one.deploy(name, ZERO + 1)
    told = [sample(one, f"node/{name}", 1 + after) for after in range(0, int(WHOLE) + 2, 3)]
    done = [found.figures["progress"] for found in told[:-1]]
    assert done == sorted(done)
    assert [found.facts["state"] for found in told] == ["deploying"] * (len(told) - 1) + ["active"]
    writing = [found.facts for found in told if found.facts["phase"] == "work"]
    assert 0 <= writing[0]["done"] < writing[-1]["done"] <= writing[-1]["total"]
    with pytest.raises(RefusedError, match="already"):
        one.deploy(name, ZERO + 2)
    moment = ZERO + 5
    assert sample(one, f"server/{name}", 5).facts["boot"]["target"] == "pxe"
    assert one.explain(name, moment)["healthy"]


def test_a_deployment_that_is_ended_has_failed_and_may_begin_again() -> None:
    one = demo()
    name = quiet_server(one)
    one.deploy(name, ZERO + 1)
    one.abort(name, ZERO + 60)
    ended = sample(one, f"node/{name}", 61)
    assert (ended.facts["state"], ended.facts["failure"]["cause"]) == ("failed", "aborted")
    assert [one_["cause"] for one_ in one.explain(name, ZERO + 62)["diagnoses"]] == ["aborted"]
    one.deploy(name, ZERO + 70)
    assert sample(one, f"node/{name}", 71).facts["state"] == "deploying"


def test_a_node_in_maintenance_is_left_alone_until_it_is_taken_back() -> None:
    one = demo()
    name = quiet_server(one)
    one.maintain(name, "new disk", ZERO + 1)
    told = sample(one, f"node/{name}", 2)
    assert (told.maintenance, told.facts["state"]) == ("new disk", "maintenance")
    with pytest.raises(RefusedError, match="new disk"):
        one.deploy(name, ZERO + 3)
    one.maintain(name, "", ZERO + 4)
    assert sample(one, f"node/{name}", 5).maintenance == ""


def test_a_lease_keeps_others_out_and_ends() -> None:
    one = demo()
    site = one.fleet.sites[3].name
    one.lease(f"site:{site}", 600, "a measurement", ZERO + 1)
    assert f"site:{site}" in [lease["resource"] for lease in one.leases(ZERO + 2)["items"]]
    with pytest.raises(RefusedError, match="a measurement"):
        one.lease(f"rack:{site}/r1", 60, "", ZERO + 3, owner="bob")
    one.release(at=ZERO + 4)
    one.lease(f"rack:{site}/r1", 60, "", ZERO + 5, owner="bob")
    assert not [lease for lease in one.leases(ZERO + 66)["items"] if lease["holder"] == "bob"]
    with pytest.raises(InputError, match="cannot be leased"):
        one.lease("site:atlantis", 60)


def test_what_is_done_is_in_the_journal() -> None:
    one = demo()
    name = quiet_server(one)
    one.power(name, "off", ZERO + 1)
    entries = one.journal(at=ZERO + 1)["items"]
    assert (entries[-1]["summary"], entries[-1]["outcome"]) == (f"power off: {name}", "open")
    assert one.journal(at=ZERO + 60)["items"][-1]["outcome"] != "open"
    assert len(one.journal(2, ZERO + 60)["items"]) == 2


@pytest.mark.parametrize(
    "ask", ["hardware", "sel", "sensors", "boot", "switch", "ports", "macs", "cabling", "explain", "nodes"]
)
def test_who_asks_for_what_there_is_not_is_told_so(ask: str) -> None:
    with pytest.raises(InputError, match="atlantis"):
        getattr(demo(2, 2), ask)("atlantis")


def test_wrong_cables_are_the_same_to_the_poller_the_table_and_the_check() -> None:
    one = demo()
    wrong = next(found for found in one.samples(ZERO) if found.figures.get("wrong_cables"))
    name = wrong.device.partition("/")[2]
    verdicts = [found for found in one.cabling(name, ZERO)["verdicts"] if found["kind"] == "wrong"]
    assert len(verdicts) == wrong.figures["wrong_cables"] == 2
    assert verdicts[0]["stands"] == verdicts[1]["b"]
    neighbours = {
        found["port"]: found["system"] for found in one.neighbours(name, ZERO)["switches"][0]["neighbours"]
    }
    for verdict in verdicts:
        assert neighbours[verdict["port"].partition(":")[2]] == verdict["there"].partition(":")[0]


def test_the_log_of_a_server_tells_what_the_story_did_to_it() -> None:
    one = demo()
    crashed = next(
        found.device.partition("/")[2]
        for found in one.samples(ZERO + 180)
        if any("by itself" in reason.what for reason in found.reasons)
    )
    entries: list[dict[str, Any]] = one.sel(crashed, ZERO + 180)["servers"][0]["entries"]
    assert entries[0]["severity"] == "critical"
    assert [entry["at"] for entry in entries] == sorted((entry["at"] for entry in entries), reverse=True)


def test_its_profiles_are_those_of_the_library() -> None:
    library = load_library(Path(__file__).parents[2] / "netem_profiles")
    for name, shape in PROFILES.items():
        up, down = library[name].up, library[name].down
        assert math.isclose(shape.rtt, (up.owd + down.owd) / 1e9, abs_tol=1e-9)
        assert (shape.forth, shape.back) == (up.rate, down.rate)
        assert math.isclose(shape.lost_forth, up.mean_loss / 100, abs_tol=1e-6)
        assert math.isclose(shape.lost_back, down.mean_loss / 100, abs_tol=1e-6)
    assert 0 < LOST < 0.001
