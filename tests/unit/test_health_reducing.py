"""Sites from their devices: the same devices give the same sites, and a site is down only where nothing of it works."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from health_world import DEAD, FLEET, HOT, NODE, NOTE, OTHER, PAIR, SERVER, SWITCH, health
from hypothesis import given
from hypothesis import strategies as st

from microdc.health.figures import FIGURES, SITE_FIGURES
from microdc.health.model import Device, DeviceHealth, Fleet, Kind, Place, Reason, SiteHealth, State
from microdc.health.reducing import members, reduce, sites_of

STATES = st.sampled_from(State)
KINDS = st.sampled_from([Kind.SERVER, Kind.SWITCH, Kind.SHAPER, Kind.NODE])


@st.composite
def drawn_fleets(draw: st.DrawFn) -> tuple[Fleet, dict[str, DeviceHealth]]:
    sites = [f"s{number}" for number in range(draw(st.integers(1, 4)))]
    devices = [
        Device(draw(KINDS), f"d{number}", draw(st.sampled_from([*sites, "", "elsewhere"])))
        for number in range(draw(st.integers(0, 12)))
    ]
    devices += [Device(Kind.PAIR, f"{a}:{b}") for a in sites for b in sites if a < b and draw(st.booleans())]
    told = {}
    for device in devices:
        state = draw(STATES)
        reasons = {State.DEGRADED: (HOT, NOTE), State.DOWN: (DEAD,)}.get(state, ())
        at = draw(st.none() | st.floats(0, 100))
        told[device.key] = health(device, state, *reasons, at=at, draw_watts=float(draw(st.integers(0, 500))))
    return Fleet(tuple(map(Place, sites)), tuple(devices)), told


def one(*devices: DeviceHealth, site: str = "barcelona") -> SiteHealth:
    fleet = Fleet(FLEET.sites, tuple(health.device for health in devices))
    found = reduce(fleet, {health.device.key: health for health in devices}, 100.0)
    return next(told for told in found if told.site == site)


@given(drawn_fleets(), st.integers())
def test_the_order_in_which_devices_stand_or_were_told_of_changes_no_site(
    drawn: tuple[Fleet, dict[str, DeviceHealth]], seed: int
) -> None:
    fleet, healths = drawn
    before = reduce(fleet, healths, 100.0)
    assert reduce(fleet, healths, 100.0) == before
    shuffled = random.Random(seed)
    devices, keys = list(fleet.devices), list(healths)
    shuffled.shuffle(devices)
    shuffled.shuffle(keys)
    after = reduce(Fleet(fleet.sites, tuple(devices)), {key: healths[key] for key in keys}, 100.0)
    for old, new in zip(before, after, strict=True):
        assert (old.state, old.counts, old.oldest, old.figures) == (
            new.state,
            new.counts,
            new.oldest,
            new.figures,
        )
        assert set(old.reasons) == set(new.reasons)


@given(drawn_fleets())
def test_a_site_is_down_only_where_nothing_works_or_its_wan_is_gone(
    drawn: tuple[Fleet, dict[str, DeviceHealth]],
) -> None:
    fleet, healths = drawn
    for site in reduce(fleet, healths, 100.0):
        mine = [healths[device.key] for device in members(fleet)[site.site]]
        serving = [told for told in mine if told.state is not State.MAINTENANCE]
        answering = [told for told in serving if told.device.kind not in {Kind.PAIR, Kind.NODE}]
        pairs = [told for told in serving if told.device.kind is Kind.PAIR]
        works = any(told.state in {State.OK, State.DEGRADED} for told in answering)
        cut_off = bool(pairs) and all(told.state is State.DOWN for told in pairs)
        if site.state is State.DOWN:
            assert cut_off or not works
            assert site.reasons[0].device == ""
        if site.state is State.OK:
            assert all(told.state in {State.OK, State.UNKNOWN, State.MAINTENANCE} for told in mine)
            assert not site.reasons
        assert sum(site.counts.values()) == len(mine)
        ages = [100.0 - told.at for told in mine if told.at is not None]
        assert site.oldest == max(ages, default=None)


@pytest.mark.parametrize(
    ("server", "switch", "pair", "made"),
    [
        (State.OK, State.OK, State.OK, State.OK),
        (State.OK, State.UNKNOWN, State.OK, State.OK),
        (State.UNKNOWN, State.UNKNOWN, State.UNKNOWN, State.UNKNOWN),
        (State.OK, State.DEGRADED, State.OK, State.DEGRADED),
        (State.OK, State.DOWN, State.OK, State.DEGRADED),
        (State.DOWN, State.DOWN, State.OK, State.DOWN),
        (State.DOWN, State.UNKNOWN, State.OK, State.DOWN),
        (State.OK, State.OK, State.DOWN, State.DOWN),
        (State.DOWN, State.DEGRADED, State.UNKNOWN, State.DEGRADED),
        (State.MAINTENANCE, State.MAINTENANCE, State.OK, State.MAINTENANCE),
        (State.MAINTENANCE, State.OK, State.OK, State.OK),
        (State.MAINTENANCE, State.DOWN, State.OK, State.DOWN),
    ],
)
def test_the_states_of_a_site(server: State, switch: State, pair: State, made: State) -> None:
    told = one(health(SERVER, server), health(SWITCH, switch), health(PAIR, pair))
    assert told.state is made


def test_a_site_is_not_well_because_the_store_knows_its_nodes() -> None:
    node = health(NODE, State.OK)
    silent = health(SERVER, State.UNKNOWN), health(SWITCH, State.UNKNOWN), health(PAIR, State.UNKNOWN)
    assert one(*silent, node).state is State.UNKNOWN
    assert one(*silent[:2], health(PAIR, State.OK), node).state is State.OK
    assert one(*silent, health(NODE, State.DOWN)).state is State.DEGRADED


def test_a_pair_belongs_to_both_of_its_sites() -> None:
    assert sites_of(PAIR) == ("barcelona", "paris")
    pair = health(PAIR, State.DEGRADED, Reason("degraded", "3 % lost"), rate_ab=5.0, rate_ba=7.0)
    told = reduce(FLEET, {PAIR.key: pair}, 0.0)
    assert [site.state for site in told] == [State.DEGRADED, State.DEGRADED]
    assert told[0].figures == {"wan_out": 5.0, "wan_in": 7.0}
    assert told[1].figures == {"wan_out": 7.0, "wan_in": 5.0}
    assert set(told[0].figures) == set(SITE_FIGURES)


def test_the_gravest_reasons_come_first_and_mere_notes_not_at_all() -> None:
    told = one(
        health(SWITCH, State.DEGRADED, HOT, NOTE),
        health(SERVER, State.DOWN, DEAD),
        health(NODE, State.OK, NOTE),
    )
    assert [(reason.device, reason.reason) for reason in told.reasons] == [
        (SERVER.key, DEAD),
        (SWITCH.key, HOT),
    ]


def test_figures_are_put_together_as_each_says_and_old_ones_not_at_all() -> None:
    second = Device(Kind.SERVER, "bcn-c2", "barcelona")
    cold = health(SERVER, State.OK, draw_watts=100.0, inlet_celsius=20.0, fan_rpm_least=900.0, odd=1.0)
    warm = health(second, State.OK, draw_watts=150.0, inlet_celsius=25.0, fan_rpm_least=700.0)
    assert one(cold, warm).figures == {"draw_watts": 250.0, "inlet_celsius": 25.0, "fan_rpm_least": 700.0}
    old = DeviceHealth(second, State.DOWN, 0.0, 0.0, stale=True, figures={"draw_watts": 150.0})
    told = one(cold, old)
    assert told.figures["draw_watts"] == 100.0
    assert told.oldest == 100.0
    assert one(old).oldest is None


def test_a_device_that_nobody_told_of_counts_as_unknown() -> None:
    told = reduce(FLEET, {OTHER.key: health(OTHER, State.OK)}, 0.0)
    assert told[0].state is State.UNKNOWN
    assert told[0].counts[State.UNKNOWN] == 4  # server, switch, node and pair
    assert told[1].state is State.OK


def test_every_figure_has_a_name_of_its_own_some_device_and_a_line_in_the_docs() -> None:
    every = {**FIGURES, **SITE_FIGURES}
    told = (Path(__file__).parents[2] / "docs/health.md").read_text("utf-8").splitlines()
    assert len({figure.metric for figure in every.values()}) == len(every)
    for name, figure in FIGURES.items():
        assert figure.kinds, name
        assert figure.counter == figure.metric.endswith("_total")
        assert f"| `{name}` | {figure.unit} | {figure.help} | {figure.over} | `{figure.metric}` |" in told, (
            name
        )
