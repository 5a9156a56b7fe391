"""Whatever an agent tells, one value comes of it: walks of real devices, spoiled; and rows that no device has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import recorded_walk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from microdc.remarks import Remark
from microdc.snmp.model import Cell, Value
from microdc.switch.model import SwitchState
from microdc.switch.snmp import reading, system
from microdc.switch.snmp.objects import Object
from microdc.switch.snmp.rates import rates
from microdc.switch.snmp.state import state
from microdc.switch.snmp.told import Told
from microdc.switch.snmp.views import ALL, asked, instead

VENDORS = ("1.3.6.1.4.1.9.1.1", "1.3.6.1.4.1.2636.1.1")
OBJECTS: tuple[Object, ...] = tuple(
    dict.fromkeys(
        [
            *reading.FIRST,
            *(of for vendor in VENDORS for of in asked(ALL, vendor)),
            *instead(ALL, Told([])),
        ]
    )
)
VALUES: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.integers(-(2**31), 2**64 - 1),
    st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, 2**31 - 1, 2**32 - 1]),
    st.binary(max_size=20),
    st.sampled_from(
        [
            b"",
            b"0",
            b"0,1,2",
            b"ff 00",
            b"\xff" * 600,
            b"48:A9:8A:BD:B4:7D",
            b"\0" * 6,
            b"\x01\n\0\0\1",
            b"Gi1/0/1",
        ]
    ),
    st.sampled_from(
        ["", "1.3.6.1.4.1.9.1.1", "1.3.6.1.4.1.2636", "0.0", "nonsense", "1.3.6.1.4.1.9999999999999"]
    ),
)
SPOILT: tuple[Value, ...] = (
    None,
    -1,
    0,
    7,
    2**32 - 1,
    2**64 - 1,
    b"",
    b"\xff\xfe",
    b"0,1",
    "1.3.6.1",
    b"\0" * 700,
)
NUMBERS = st.one_of(st.integers(0, 8), st.sampled_from([255, 256, 4094, 4095, 2**31, 2**32 - 1]))
INDEXES = st.one_of(
    st.just((0,)),
    st.tuples(NUMBERS),
    st.tuples(NUMBERS, NUMBERS),
    st.tuples(NUMBERS, NUMBERS, NUMBERS),
    st.lists(NUMBERS, max_size=22).map(tuple),
)
CELLS = st.tuples(st.sampled_from(OBJECTS), INDEXES, VALUES).map(lambda one: ((*one[0].oid, *one[1]), one[2]))


def plausible(found: SwitchState) -> None:
    """What holds of every state."""
    assert isinstance(found, SwitchState)
    assert all(remark.where and remark.what for remark in found.remarks)
    assert all(isinstance(remark, Remark) for remark in found.remarks)
    assert len({one.index for one in found.ports}) == len(found.ports)
    assert all(one.name for one in found.ports)
    assert all(one.port and one.chassis.text is not None for one in found.neighbours)
    assert all(1 <= one.id <= 4094 and not set(one.tagged) & set(one.untagged) for one in found.vlans)
    assert all(one.port and len(one.mac) == 17 for one in found.addresses)
    assert all(one.speed is None or one.speed > 0 for one in found.ports)
    if found.sample is not None:
        assert rates(found.sample, found.sample).rates == {}
    repr(found).encode()


@settings(max_examples=400)
@given(st.lists(CELLS, max_size=60))
def test_rows_that_no_device_has(cells: list[Cell]) -> None:
    told = Told(cells)
    asked(ALL, told.identity(system.OBJECT_ID))
    plausible(state(told, ALL))


@settings(max_examples=200)
@given(st.lists(st.tuples(st.lists(NUMBERS, max_size=20).map(tuple), VALUES), max_size=20))
def test_names_that_no_mib_has(cells: list[Cell]) -> None:
    plausible(state(Told(cells), ALL))


@pytest.fixture(scope="module")
def walks(reference_data: Path) -> dict[str, list[Cell]]:
    """The walks, without what no view asks for."""
    roots = {of.oid for of in OBJECTS}
    files = recorded_walk.files(reference_data / recorded_walk.ARCHIVE)
    return {
        name: list(known(roots, recorded_walk.cells(record)))
        for name, record in files.items()
        if name.endswith(".snmprec")
    }


def known(roots: set[tuple[int, ...]], cells: Iterator[Cell]) -> Iterator[Cell]:
    lengths = sorted({len(root) for root in roots})
    return (cell for cell in cells if any(cell[0][:length] in roots for length in lengths))


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 19), seed=st.integers(0, 2**32), count=st.integers(1, 60))
def test_a_spoiled_walk(walks: dict[str, list[Cell]], place: int, seed: int, count: int) -> None:
    """Cells are lost, told twice, given values of other types, and their indexes are cut or lengthened."""
    random = Random(seed)
    cells = walks[sorted(walks)[place]]
    first = random.randrange(max(1, len(cells) - 1500))
    cells = cells[first : first + 1500]
    for _ in range(count if cells else 0):
        spoil(cells, random.randrange(len(cells)), random)
    random.shuffle(cells)
    plausible(state(Told(cells), ALL))


def spoil(cells: list[Cell], place: int, random: Random) -> None:
    oid, value = cells[place]
    match random.randrange(6):
        case 0:
            cells[place] = (oid, random.choice(SPOILT))
        case 1:
            cells[place] = (oid[:-1], value)
        case 2:
            cells[place] = ((*oid, random.randrange(300)), value)
        case 3:
            cells[place] = ((*oid[:-1], random.randrange(2**32)), value)
        case 4:
            cells[place] = (oid, value[: len(value) // 2] if isinstance(value, bytes) else None)
        case _:
            cells.append((oid, cells[random.randrange(len(cells))][1]))


def test_every_walk_whole(walks: dict[str, list[Cell]]) -> None:
    for cells in walks.values():
        plausible(state(Told(cells), ALL))
