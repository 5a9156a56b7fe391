"""What the bare path does of itself is not emulated once more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from test_wan_planning import BACK, THERE, a_testbed, edge_testbed

from microdc.errors import InputError
from microdc.impairment import CLEAN, Impairment
from microdc.measure.tolerance import Tolerance
from microdc.store.model import Calibration, Measured
from microdc.testbed.model import Reach, Testbed, Uplink
from microdc.units import Delay, Rate
from microdc.wan.floor import NOISE, Floor, above, from_data, to_data
from microdc.wan.model import Asked, Direction
from microdc.wan.underlay import (
    fingerprint,
    floor_of,
    floors,
    on_floor,
    stale,
    standing,
    warnings,
)

MS = 1_000_000
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FLOOR = Floor(Delay(1_300_000), Delay(500_000), Rate(100_000_000), 5.0)


def asked(**values: int) -> Asked:
    return Asked(replace(CLEAN, **values), "test")  # type: ignore[arg-type]


def calibration(testbed: Testbed, direction: Direction, at: datetime = NOW, host: str = "lab") -> Calibration:
    measured = Measured(direction.source, direction.target, 1_300_000, 200_000, None, 0.0)
    mark = fingerprint(testbed, direction.source, direction.target)
    return Calibration(testbed.name, measured, at, host, mark, "irtt")


def both_ways(testbed: Testbed) -> dict[tuple[str, str], Calibration]:
    return {(d.source, d.target): calibration(testbed, d) for d in (THERE, BACK)}


# -- what is left to be emulated


def test_delays_subtract_and_jitters_do_in_quadrature() -> None:
    left = above(Floor(Delay(2 * MS), Delay(3 * MS)), Impairment(owd=Delay(20 * MS), jitter=Delay(5 * MS)))
    assert left == Impairment(owd=Delay(18 * MS), jitter=Delay(4 * MS))


def test_the_width_of_uniform_jitter_is_not_its_deviation() -> None:
    wide = Impairment(owd=Delay(20 * MS), jitter=Delay(6 * MS), distribution="uniform")
    left = above(Floor(Delay(0), Delay(3 * MS)), wide)
    # 6 ms of half width deviate by 3.464 ms; sqrt(12 - 9) = 1.732 ms are left, which is 3 ms of half width
    assert left.jitter == pytest.approx(3 * MS, rel=1e-6)


def test_jitter_that_is_noise_takes_nothing_away() -> None:
    jittery = Impairment(owd=Delay(20 * MS), jitter=Delay(MS))
    assert above(Floor(Delay(0), NOISE), jittery) == jittery


def test_what_asks_no_delay_gets_none_and_all_else_stays() -> None:
    limited = Impairment(rate=Rate(10_000_000), loss=above(FLOOR, CLEAN).loss)
    assert above(FLOOR, limited) == limited


def test_a_floor_survives_json() -> None:
    assert from_data(to_data(FLOOR)) == FLOOR


# -- targets on the floor


def test_targets_get_the_floor_of_their_direction() -> None:
    values = {THERE: asked(owd=20 * MS), BACK: asked(owd=20 * MS)}
    on = on_floor(values, {THERE: FLOOR})
    assert on[THERE].emulated.owd == 20 * MS - FLOOR.delay
    assert on[THERE].impairment.owd == 20 * MS
    assert on[BACK].floor is None


def test_a_floor_of_before_is_replaced_or_taken_away() -> None:
    values = {THERE: replace(asked(owd=20 * MS), floor=FLOOR)}
    newer = replace(FLOOR, at=6.0)
    assert on_floor(values, {THERE: newer})[THERE].floor == newer
    assert on_floor(values, {})[THERE].floor is None


def test_all_targets_below_the_underlay_are_told_at_once() -> None:
    values = {THERE: asked(owd=400_000), BACK: asked(owd=20 * MS, jitter=150_000)}
    with pytest.raises(InputError) as caught:
        on_floor(values, {THERE: FLOOR, BACK: FLOOR})
    assert "paris → barcelona is asked to have 0.4 ms, the underlay alone has 1.3 ms" in caught.value.what
    assert (
        "barcelona → paris is asked to have 0.15 ms of jitter, the underlay alone has 0.5 ms"
        in caught.value.what
    )
    assert caught.value.hint


def test_what_asks_no_delay_is_not_below_it_nor_is_what_misses_it_by_noise() -> None:
    close = FLOOR.delay - NOISE
    values = {THERE: asked(), BACK: asked(owd=close, jitter=FLOOR.jitter - NOISE)}
    on = on_floor(values, {THERE: FLOOR, BACK: FLOOR})
    assert [on[d].emulated.owd for d in (THERE, BACK)] == [0, 0]


def test_a_rate_that_the_underlay_did_not_carry_is_a_warning() -> None:
    values = {THERE: asked(rate=10**9), BACK: asked(rate=10**7)}
    (told,) = warnings(on_floor(values, {THERE: FLOOR, BACK: FLOOR}))
    assert told == "paris → barcelona is asked to carry 1gbit, the underlay alone carried 100mbit"
    assert not warnings(on_floor(values, {THERE: replace(FLOOR, rate=None)}))


# -- does a calibration still hold?


def test_a_calibration_holds_while_nothing_changes() -> None:
    testbed = a_testbed()
    known = both_ways(testbed)
    assert stale(testbed, known) == {}
    assert floors(testbed, known) == {
        THERE: floor_of(known["paris", "barcelona"]),
        BACK: floor_of(known["barcelona", "paris"]),
    }
    assert standing(testbed, known, "barcelona", "paris").state == "calibrated"
    assert standing(testbed, known, "barcelona", "boston").state == "uncalibrated"


def changed(testbed: Testbed, site: str, **values: object) -> Testbed:
    return replace(testbed, sites={**testbed.sites, site: replace(testbed.sites[site], **values)})  # type: ignore[arg-type]


def moved(testbed: Testbed, reach: Reach) -> Testbed:
    return replace(testbed, emulators={"wan1": replace(testbed.emulators["wan1"], reach=reach)})


@pytest.mark.parametrize(
    ("now", "word"),
    [
        (moved(a_testbed(), Reach("ssh://root@other")), "shapes"),
        (changed(a_testbed(), "paris", uplink=Uplink("wan1", "x")), "shapes"),
        (changed(a_testbed(), "paris", mtu=9000), "MTU"),
        (changed(a_testbed(), "paris", networks={}), "data networks"),
        (changed(a_testbed(), "paris", probe_ip="10.1.0.99"), "probes"),
        (replace(a_testbed(), sites={"boston": a_testbed().sites["boston"]}), "no site 'paris'"),
    ],
)
def test_what_it_hangs_on_makes_it_stale_and_says_why(now: Testbed, word: str) -> None:
    known = both_ways(a_testbed())
    assert word in stale(now, known)[THERE]
    assert floors(now, known) == {}


def test_another_site_or_another_key_changes_nothing() -> None:
    testbed = a_testbed()
    known = both_ways(testbed)
    fewer = replace(testbed, sites={n: s for n, s in testbed.sites.items() if n != "boston"})
    assert not stale(fewer, known)
    assert not stale(moved(testbed, Reach("local", identity="/other/key")), known)


def test_a_path_inside_one_machine_is_another_on_another_machine() -> None:
    known = both_ways(a_testbed())
    assert not stale(a_testbed(), known, "lab")
    assert "measured on lab" in stale(a_testbed(), known, "elsewhere")[THERE]
    far = edge_testbed()
    sites = {n: replace(s, probe_reach=Reach(f"ssh://root@{n}")) for n, s in far.sites.items()}
    far = replace(far, sites=sites)
    assert not stale(far, {("rio", "quito"): calibration(far, Direction("rio", "quito"))}, "elsewhere")


def test_the_servers_that_shape_a_pair_are_part_of_what_it_hangs_on() -> None:
    far = edge_testbed()
    known = {("rio", "quito"): calibration(far, Direction("rio", "quito"))}
    racks = {"r1": replace(far.sites["rio"].racks["r1"], servers={})}
    fewer = changed(far, "lima", racks=racks)
    assert not stale(fewer, known)
    assert "shapes" in stale(changed(far, "rio", racks=racks), known)[Direction("rio", "quito")]


def test_half_a_calibration_is_none() -> None:
    testbed = a_testbed()
    half = standing(testbed, {("paris", "barcelona"): calibration(testbed, THERE)}, "paris", "barcelona")
    assert half.state == "stale"
    assert "only one" in half.why


def test_a_pair_is_as_old_as_its_older_direction() -> None:
    testbed = a_testbed()
    known = both_ways(testbed)
    later = NOW + timedelta(hours=1)
    known["paris", "barcelona"] = replace(known["paris", "barcelona"], at=later)
    found = standing(testbed, known, "paris", "barcelona")
    assert (found.at, found.host) == (NOW.timestamp(), "lab")


def test_a_calibrated_path_is_held_to_half_a_millisecond_or_a_percent() -> None:
    tight = Tolerance().calibrated(0)
    assert tight.for_delay(20 * MS, 0, 100) == MS // 2
    assert tight.for_delay(300 * MS, 0, 100) == 3 * MS
    assert replace(Tolerance(), delay=100, delay_share=0.001).calibrated(0).delay == 100


def test_what_the_underlay_jitters_blurs_the_median_of_few_packets() -> None:
    shaky = Tolerance().calibrated(2 * MS)
    # 4.5 standard errors of 1.2533 * 2 ms / 10
    assert shaky.for_delay(20 * MS, 0, 100) == pytest.approx(MS // 2 + 1_127_970, abs=10)
