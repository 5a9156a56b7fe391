"""Recorded BMCs with anything in them broken: nothing but values and located remarks comes out."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recorded_tree import RecordedTree
from redfish_small import ADAPTERS, NEWER, SENSORS, SYSTEM, card, collection, function, link, newer, small

from microdc.bmc.model import Hardware, Log, Sensors, Target
from microdc.bmc.redfish.driver import RedfishBmc
from microdc.bmc.redfish.read import remarks
from microdc.errors import InputError, MicrodcError

TREES = {
    "cray-cmm": "",
    "cray-ex425": "Node1",
    "dmtf-rackmount1": "",
    "gigabyte-h262": "",
    "hpe-dl325": "",
    "hpe-ilo-dl360": "",
    "intel-s2600bpb": "",
    "openbmc-stock": "",
    "supermicro-x10": "",
}
DEEP: Any = None
for _ in range(200):
    DEEP = {"Members": [DEEP]}
NASTY: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    5,
    10**400,
    -(10**400),
    1e308,
    math.nan,
    math.inf,
    -math.inf,
    "",
    " ",
    "\ud800",
    "\x1b[2J\x00",
    "N/A",
    "00:00:00:00:00:00",
    "00:00:11:e7:fe:80:00:00:00:00:00:00:e8:eb:d3:03:00:4c:b1:9a",
    "x" * 100_000,
    "9" * 5000,
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59+14:00",
    "0001-01-01T00:00:00+14:00",
    "/redfish/v1",
    "/redfish/v1/",
    "/redfish/v1/../../etc/passwd",
    "//other.host/redfish/v1/Systems",
    "http://[::1/redfish/v1",
    "Systems",
    "#/Members/0",
    [],
    {},
    [[]],
    [None, 5, "x", {}, []],
    {"@odata.id": 5},
    {"@odata.id": "/redfish/v1/Systems/"},
    {"@odata.id": "/redfish/v1/Chassis"},
    {"@odata.id": "/redfish/v1/Nowhere"},
    [{"@odata.id": "/redfish/v1/Chassis"}] * 50,
    {"Reading": "hot", "Health": 7, "State": ["Enabled"]},
    DEEP,
)

LEAVES = (str, int, float, bool, type(None), StrEnum, datetime, timedelta)


@cache
def recorded(archive: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The resources of a tree, and the paths of those that a collection asks for."""
    tree = RecordedTree.of(archive)
    collect(RedfishBmc(Target("whole", system=TREES[archive.name.removesuffix(".tar.xz")]), tree))
    asked = {path.rstrip("/").lower() for path in tree.asked}
    return tree.resources, tuple(path for path in tree.resources if path.lower() in asked)


def collect(bmc: RedfishBmc) -> list[object]:
    found: list[object] = [bmc.hardware(), bmc.sensors(), bmc.log(), bmc.log(5), bmc.abilities()]
    for ask in asks(bmc):
        try:
            found.append(ask())
        except MicrodcError as refusal:
            found.append(refusal)
    assert all(str(one).isprintable() for one in found if isinstance(one, MicrodcError))
    return found


def asks(bmc: RedfishBmc) -> tuple[Callable[[], object], ...]:
    return bmc.identity, bmc.power, bmc.boot, bmc.led, bmc.console


def spots(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places in a resource where something can be put instead."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, one in value.items():
            yield from spots(one, (*path, name))
    elif isinstance(value, list):
        for number, one in enumerate(value[:4]):
            yield from spots(one, (*path, number))


def broken(body: Any, spot: tuple[Any, ...], by: Any, *, dropped: bool) -> None:
    for step in spot[:-1]:
        body = body[step]
    if dropped:
        del body[spot[-1]]
    else:
        body[spot[-1]] = by


@pytest.mark.parametrize("name", TREES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_anything_in_a_tree_may_be_broken(name: str, data: st.DataObject, reference_data: Path) -> None:
    resources, asked = recorded(reference_data / "redfish" / f"{name}.tar.xz")
    check(RedfishBmc(Target(name, system=TREES[name]), mutated(data, resources, asked)))


@settings(max_examples=150)
@given(data=st.data())
def test_anything_in_the_newer_forms_may_be_broken(data: st.DataObject) -> None:
    """Which no recorded tree has: subsystems, copies of sensors, adapters with functions, events, settings, pages."""
    resources = with_newer_forms()
    check(RedfishBmc(Target("small"), mutated(data, resources, tuple(resources))))


def with_newer_forms() -> dict[str, Any]:
    second = f"{SENSORS}?$skip=1"
    sensors = {
        SENSORS: collection(SENSORS, f"{SENSORS}/CPU", **{"Members@odata.nextLink": second}),
        second: collection(
            second, {"@odata.id": f"{SENSORS}/b", "Id": "b", "Reading": 5, "ReadingType": "Power"}
        ),
        f"{SENSORS}/CPU": {"Id": "CPU", "Reading": 50, "Thresholds": {"UpperCritical": {"Reading": 90}}},
    }
    system = {
        "Boot": {"BootSourceOverrideTarget": "Pxe", "BootSourceOverrideEnabled": "Once"},
        "SerialConsole": {"SSH": {"ServiceEnabled": True, "Port": 2200}},
        "EthernetInterfaces": link(f"{SYSTEM}/EthernetInterfaces"),
        "LocationIndicatorActive": True,
    }
    interface = {"Id": "1", "MACAddress": "02:00:00:00:00:01"}
    chassis = {**NEWER, "Sensors": link(SENSORS), "NetworkAdapters": link(ADAPTERS)}
    more = {
        f"{SYSTEM}/EthernetInterfaces": collection(f"{SYSTEM}/EthernetInterfaces", interface),
        **card({"LinkStatus": "LinkUp"}, {}, functions=(function("02:00:00:00:00:01", 0),)),
        **sensors,
        **newer(),
    }
    return small(system, chassis, None, **more).resources


def mutated(data: st.DataObject, resources: dict[str, Any], asked: tuple[str, ...]) -> RecordedTree:
    """With a few things broken in what a collection asks for."""
    mutant = dict(resources)
    for _ in range(data.draw(st.integers(1, 12))):
        path = data.draw(st.sampled_from(asked))
        match data.draw(st.sampled_from(["spot", "spot", "spot", "drop", "gone", "loop"])):
            case "gone":
                mutant.pop(path, None)
            case "loop":
                mutant[path] = mutant.get(data.draw(st.sampled_from(asked)), {})
            case kind if places := list(spots(mutant.get(path))):
                mutant[path] = copy.deepcopy(mutant[path])
                spot = data.draw(st.sampled_from(places))
                broken(mutant[path], spot, data.draw(st.sampled_from(NASTY)), dropped=kind == "drop")
    return RecordedTree(mutant)


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
@pytest.mark.parametrize("name", ["dmtf-rackmount1", "cray-ex425", "openbmc-stock"])
def test_every_value_may_be_the_same_nonsense(name: str, nasty: Any, reference_data: Path) -> None:
    """All but the links, so that the readers still reach every resource."""
    resources, asked = recorded(reference_data / "redfish" / f"{name}.tar.xz")
    mutant = {path: nonsense(body, nasty) if path in asked else body for path, body in resources.items()}
    check(RedfishBmc(Target(name, system=TREES[name]), RecordedTree(mutant)))


def nonsense(body: Any, nasty: Any) -> Any:
    if isinstance(body, dict) and "@odata.id" not in body:
        return {name: nonsense(one, nasty) for name, one in body.items()}
    if isinstance(body, dict):
        return {name: one if name == "@odata.id" else nonsense(one, nasty) for name, one in body.items()}
    if isinstance(body, list):
        return [nonsense(one, nasty) for one in body]
    return nasty


def check(bmc: RedfishBmc) -> None:
    try:
        found = collect(bmc)
    except InputError:  # which of several systems is meant, or that the one that is named is not there
        return
    assert isinstance(found[0], Hardware)
    assert isinstance(found[1], Sensors)
    assert isinstance(found[2], Log)
    assert isinstance(found[3], Log)
    assert len(found[3].entries) <= 5
    for part in found[:4]:
        assert not list(strays(part))
        told = part.remarks if isinstance(part, Hardware | Sensors | Log) else ()
        assert all(one.where.startswith("/redfish/v1") and one.what for one in told)
        assert len(told) <= remarks.MOST + 1
    assert not [one for one in found[1].readings if one.value is None and one.health is not None]


def strays(value: object, path: str = "") -> Iterator[str]:
    """The places in a value that hold anything but frozen values, finite numbers and texts that can be printed."""
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from strays(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, tuple | frozenset):
        for index, one in enumerate(value):
            yield from strays(one, f"{path}[{index}]")
    elif (
        not isinstance(value, LEAVES)
        or (isinstance(value, float) and not math.isfinite(value))
        or (isinstance(value, str) and not (value.isprintable() and len(value) <= 2500))
    ):
        yield f"{path}: {value!r}"
