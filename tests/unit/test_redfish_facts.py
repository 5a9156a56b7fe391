"""What recorded BMCs of six makers say, collected by the readers, against facts that were written down from their JSON by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import pytest
from recorded_tree import RecordedTree
from redfish_facts import (
    cray_cmm,
    cray_ex425,
    dmtf_rackmount1,
    gigabyte_h262,
    hpe_dl325,
    hpe_ilo_dl360,
    intel_s2600bpb,
    openbmc_stock,
    supermicro_x10,
)
from redfish_facts.facts import Fact, Told, Tree

from microdc.bmc.errors import UnsupportedError
from microdc.bmc.model import Log, Remark, Target
from microdc.bmc.redfish.driver import RedfishBmc
from microdc.errors import MicrodcError

TREES = (
    cray_cmm.TREE,
    *cray_ex425.TREES,
    dmtf_rackmount1.TREE,
    gigabyte_h262.TREE,
    hpe_dl325.TREE,
    hpe_ilo_dl360.TREE,
    intel_s2600bpb.TREE,
    openbmc_stock.TREE,
    supermicro_x10.TREE,
)
LEAVES = (str, int, float, bool, type(None), StrEnum, datetime, timedelta)


def archive(reference_data: Path, name: str) -> Path:
    return reference_data / "redfish" / f"{name}.tar.xz"


def opened(reference_data: Path, name: str, system: str) -> RedfishBmc:
    service = RecordedTree.of(archive(reference_data, name))
    return RedfishBmc(Target(name, redfish=f"https://{name}.invalid", system=system), service)


def collect(bmc: RedfishBmc) -> Told:
    """Asks for all there is. Only what a BMC may lack altogether may be refused."""
    return Told(
        identity=bmc.identity(),
        hardware=bmc.hardware(),
        sensors=bmc.sensors(),
        log=bmc.log(),
        abilities=bmc.abilities(),
        power=_or_refusal(bmc.power),
        boot=_or_refusal(bmc.boot),
        led=_or_refusal(bmc.led),
    )


Value = TypeVar("Value")


def _or_refusal(ask: Callable[[], Value]) -> Value | UnsupportedError:
    try:
        return ask()
    except UnsupportedError as refusal:
        return refusal


@pytest.fixture(scope="module")
def told(request: pytest.FixtureRequest, reference_data: Path) -> Told:
    """What one system of one archive told, collected once."""
    tree: Tree = request.param
    return collect(opened(reference_data, tree.archive, tree.system))


of_each_tree = pytest.mark.parametrize(
    "told", [pytest.param(tree, id=tree.name) for tree in TREES], indirect=True, scope="module"
)


@pytest.mark.parametrize(
    ("told", "fact"),
    [pytest.param(tree, fact, id=f"{tree.name}-{fact.id}") for tree in TREES for fact in tree.facts],
    indirect=["told"],
    scope="module",
)
def test_fact(told: Told, fact: Fact) -> None:
    assert fact.pick(told) == fact.value, fact.source


@of_each_tree
def test_nothing_but_values_comes_out(told: Told) -> None:
    strays = [
        stray for part in (told.identity, told.hardware, told.sensors, told.log) for stray in stray_in(part)
    ]
    assert not strays
    reasons = told.abilities.lacks
    assert all(isinstance(what, str) and isinstance(why, str) and why for what, why in reasons.items())


def stray_in(value: object, path: str = "") -> Iterator[str]:
    """The places in a value that hold anything but frozen values, finite numbers and texts that say something."""
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from stray_in(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, tuple | frozenset):
        for index, one in enumerate(value):
            yield from stray_in(one, f"{path}[{index}]")
    elif not isinstance(value, LEAVES) or (isinstance(value, float) and not math.isfinite(value)):
        yield f"{path}: {value!r}"


@of_each_tree
def test_remarks_have_a_place(told: Told) -> None:
    remarks: tuple[Remark, ...] = (*told.hardware.remarks, *told.sensors.remarks, *told.log.remarks)
    assert not [one for one in remarks if not one.where.strip() or not one.what.strip()]


@of_each_tree
def test_a_sensor_without_a_value_is_neither_well_nor_unwell(told: Told) -> None:
    assert not [one for one in told.sensors.readings if one.value is None and one.health is not None]


@of_each_tree
def test_the_newest_entry_comes_first(told: Told) -> None:
    times = written(told.log)
    assert times == sorted(times, reverse=True)


def written(log: Log) -> list[datetime]:
    return [entry.at for entry in log.entries if entry.at is not None]


@of_each_tree
def test_identity_is_that_of_the_hardware(told: Told) -> None:
    assert told.identity == told.hardware.identity


def test_a_limit_takes_the_newest(reference_data: Path) -> None:
    bmc = opened(reference_data, "openbmc-stock", "")
    assert bmc.log(3).entries == bmc.log().entries[:3]


def test_which_of_two_systems_must_be_said(reference_data: Path) -> None:
    with pytest.raises(MicrodcError) as caught:
        opened(reference_data, "cray-ex425", "").hardware()
    assert all(system in str(caught.value) for system in ("Node0", "Node1"))


def test_every_tree_has_its_facts(reference_data: Path) -> None:
    archives = {path.name.removesuffix(".tar.xz") for path in (reference_data / "redfish").glob("*.tar.xz")}
    assert archives == {tree.archive for tree in TREES}


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.name)
def test_there_are_enough_facts(tree: Tree) -> None:
    ids = [fact.id for fact in tree.facts]
    assert len(ids) >= 20
    assert len(set(ids)) == len(ids)
