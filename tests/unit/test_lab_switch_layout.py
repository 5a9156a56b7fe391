"""The faults of a switch's cables -> what is plugged into which port."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.errors import InputError
from microdc.lab.switch.layout import NOTHING, SOMEBODY, check, layout

PORTS = ["1", "2", "3", "Et1/4"]


@pytest.mark.parametrize(
    ("faults", "moved"),
    [
        ({}, {}),
        ({"swapped": "1,2"}, {"1": "2", "2": "1"}),
        ({"swapped": "1, 2, 3"}, {"2": "1", "3": "2", "1": "3"}),
        ({"unplugged": "Et1/4"}, {"Et1/4": NOTHING}),
        ({"stranger": "1,3"}, {"1": SOMEBODY, "3": SOMEBODY}),
        ({"swapped": "1,2", "unplugged": "1"}, {"1": NOTHING, "2": "1"}),
        ({"dead-port": "1", "agent-hangs": True}, {}),
    ],
)
def test_what_is_in_a_port(faults: dict[str, Any], moved: dict[str, str]) -> None:
    assert layout(PORTS, faults) == {**dict(zip(PORTS, PORTS, strict=True)), **moved}


@given(st.lists(st.sampled_from(PORTS), unique=True, min_size=2))
def test_swapping_loses_no_cable_and_leaves_none_of_them_at_home(ports: list[str]) -> None:
    found = layout(PORTS, {"swapped": ",".join(ports)})
    assert sorted(found.values()) == sorted(PORTS)
    assert {port for port in PORTS if found[port] != port} == set(ports)


@pytest.mark.parametrize(
    ("fault", "value", "said"),
    [
        ("swapped", True, "two ports"),
        ("swapped", "1", "two ports"),
        ("swapped", "1,1", "two ports"),
        ("unplugged", True, "needs a port"),
        ("unplugged", "", "needs a port"),
        ("stranger", "Et1/5", "no port 'Et1/5'"),
    ],
)
def test_a_fault_of_ports_names_ports_that_are_there(fault: str, value: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        check(fault, value, PORTS)
    check(fault, "1,Et1/4", PORTS)
