"""Recorded switches: an inventory of what they hear is right, and two cables swapped in it are found."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
import recorded_walk

from microdc.survey.cabling.identity import mac_of
from microdc.survey.cabling.judging import check
from microdc.survey.cabling.known import plain_name
from microdc.survey.cabling.model import Cabled, DeviceKind, End, Expected
from microdc.survey.cabling.names import is_lag
from microdc.switch.model import Neighbour, SwitchState
from microdc.switch.snmp.state import state
from microdc.switch.snmp.told import Told

ARCHIVE = "snmp/switches-and-bmcs.tar.xz"
SWITCHES = (
    "arista_eos",
    "arubaos-cx",
    "dell-sonic",
    "dnos_s4048",
    "junos_qfx5100",
    "nxos_n3k-3064pq",
    "procurve",
)


def heard(reference_data: Path, device: str) -> SwitchState:
    files = recorded_walk.files(reference_data / ARCHIVE)
    cells = recorded_walk.cells(files[f"{device}.snmprec"])
    return state(Told(cells), {"ports", "neighbours", "addresses"})


def inventory(told: SwitchState) -> tuple[Expected, dict[str, tuple[str, ...]]]:
    """What somebody would declare who knows each neighbour by its port's address, its chassis's, or its name; and addresses found in them."""
    kinds: dict[str, DeviceKind] = {"sw": "switch"}
    cables, macs, own = [], dict[End, str](), dict[str, tuple[str, ...]]()
    nics: dict[str, list[str]] = {}
    names = {
        one.port: {named(other) for other in told.neighbours if other.port == one.port}
        for one in told.neighbours
    }
    for one in told.neighbours:
        device, nic = named(one), f"nic{len(nics)}"
        if len(names[one.port]) > 1 or not device or device in kinds:
            continue
        if not mac_of(one.remote_port) and one.remote_port.kind in {"name", "alias"}:
            nic = one.remote_port.text
        if mac := mac_of(one.remote_port):
            macs[End(device, nic)] = mac
        elif mac := mac_of(one.chassis):
            own[device] = (mac,)
        kinds[device] = "server"
        nics[device] = [nic]
        cables.append(Cabled(End(device, nic), End("sw", one.port)))
    return Expected(tuple(cables), kinds, {name: tuple(found) for name, found in nics.items()}, macs), own


def named(one: Neighbour) -> str:
    return plain_name(one.system or "") or plain_name(one.chassis.text)


@pytest.mark.parametrize("device", SWITCHES)
def test_what_a_recorded_switch_hears_is_right_and_a_swap_is_found(reference_data: Path, device: str) -> None:
    told = heard(reference_data, device)
    expected, own = inventory(told)
    assert expected.cables
    verdicts = check(expected, {"sw": told}, own)
    assert [one for one in verdicts if one.cable and one.kind != "right"] == []
    ports = {port.name: port for port in told.ports}
    assert not any(is_lag(ports[one.port.port]) for one in verdicts if one.kind == "stranger")
    for first, second in list(combinations(expected.cables, 2))[:200]:
        crossed = {first: Cabled(first.a, second.b), second: Cabled(second.a, first.b)}
        cables = tuple(crossed.get(one, one) for one in expected.cables)
        planted = Expected(cables, expected.kinds, expected.nics, expected.macs)
        found = [one for one in check(planted, {"sw": told}, own) if one.cable and one.kind != "right"]
        assert {one.cable for one in found} == set(crossed.values())
        assert all(one.kind == "wrong" and len(one.crossed) == 1 for one in found)


@pytest.mark.parametrize("device", SWITCHES)
def test_what_is_left_out_of_the_inventory_is_a_stranger(reference_data: Path, device: str) -> None:
    told = heard(reference_data, device)
    expected, own = inventory(told)
    for cable in expected.cables[:20]:
        cables = tuple(one for one in expected.cables if one != cable)
        kinds = {name: kind for name, kind in expected.kinds.items() if name != cable.a.device}
        nics = {name: found for name, found in expected.nics.items() if name != cable.a.device}
        macs = {end: mac for end, mac in expected.macs.items() if end.device != cable.a.device}
        addresses = {name: found for name, found in own.items() if name != cable.a.device}
        verdicts = check(Expected(cables, kinds, nics, macs), {"sw": told}, addresses)
        assert cable.b in {one.port for one in verdicts if one.kind == "stranger"}
        assert all(one.kind == "right" for one in verdicts if one.cable)
