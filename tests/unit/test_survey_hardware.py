"""Declared against found: what is told, how badly, and that nothing is told where nothing differs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.bmc.model import (
    Disk,
    Firmware,
    FoundNic,
    Hardware,
    Identity,
    Memory,
    PowerSupply,
    Processor,
)
from microdc.survey.hardware import compare, compare_all
from microdc.survey.model import Difference
from microdc.survey.versions import below
from microdc.testbed.model import Expected, Nic, Server

GIB = 2**30
MACS = ("52:54:00:20:02:01", "52:54:00:20:02:02")

DECLARED = Server(
    "bcn-c1",
    "barcelona",
    "r1",
    nics={name: Nic(name, mac) for name, mac in zip(("eno1", "eno2"), MACS, strict=True)},
    hardware=Expected(
        manufacturer="Supermicro",
        model="SYS-1029P",
        serial="S1",
        processors=2,
        memory=64 * GIB,
        modules=4,
        disks=2,
        power_supplies=2,
        bios="3.2",
        bmc="1.73.06",
    ),
)
FOUND = Hardware(
    identity=Identity(manufacturer="Super Micro", model="SYS-1029P", serial="S1"),
    processors=(Processor("CPU1"), Processor("CPU2")),
    memory=64 * GIB,
    modules=tuple(Memory(f"DIMM{slot}", 16 * GIB) for slot in range(1, 5)),
    nics=tuple(FoundNic(f"{number}", mac) for number, mac in enumerate(MACS, start=1)),
    disks=(Disk("0"), Disk("1")),
    power_supplies=(PowerSupply("PSU1"), PowerSupply("PSU2")),
    firmware=(Firmware("BIOS", "3.2", "bios"), Firmware("BMC", "01.73.06", "bmc")),
)


def where(*keys: str) -> str:
    return f"barcelona.yaml:{'/'.join(keys)}"


def told(found: Hardware, server: Server = DECLARED) -> tuple[Difference, ...]:
    return compare(server, found, where)


def test_what_is_as_declared_is_not_told() -> None:
    same = replace(FOUND, identity=replace(FOUND.identity, manufacturer="SUPERMICRO, Inc."))
    assert told(same) == ()


def test_a_server_of_which_nothing_is_declared_differs_in_nothing_but_its_ports() -> None:
    bare = Server("x", "s", "r")
    assert {(one.severity, one.what, one.found) for one in told(FOUND, bare)} == {
        ("info", "network port", f"{mac} ({number})") for number, mac in enumerate(MACS, start=1)
    }


def test_another_serial_number_is_another_machine() -> None:
    (one,) = told(replace(FOUND, identity=Identity("Supermicro", "SYS-1029P", "S2")))
    assert (one.severity, one.what, one.declared, one.found) == ("critical", "serial number", "S1", "S2")
    assert one.where == "barcelona.yaml:hardware/serial"
    assert "another machine" in one.hint


def test_a_missing_module_is_told_by_its_number_and_its_size() -> None:
    less = replace(FOUND, identity=Identity("Supermicro", "SYS-1029P", "S1"), modules=FOUND.modules[:3])
    assert [(one.what, one.severity, one.declared, one.found) for one in told(less)] == [
        ("memory modules", "critical", "4", "3"),
        ("memory", "critical", "64GiB", "48GiB"),
    ]


def test_a_sum_of_the_bmc_may_be_rounded_but_modules_are_exact() -> None:
    rounded = replace(FOUND, identity=Identity("Supermicro", "SYS-1029P", "S1"), memory=int(63.5 * GIB))
    assert told(replace(rounded, modules=())) == (
        Difference(
            "bcn-c1",
            "unknown",
            "memory modules",
            "4",
            "",
            where("hardware", "modules"),
            "its BMC does not tell",
        ),
    )
    assert told(replace(rounded, modules=FOUND.modules)) == ()
    much_less = replace(rounded, modules=(), memory=60 * GIB)
    assert ("critical", "memory") in {(one.severity, one.what) for one in told(much_less)}


def test_another_network_card_is_told_with_the_ports_that_are_there_instead() -> None:
    other = FoundNic("2", "52:54:00:20:02:99")
    swapped = replace(FOUND, identity=DECLARED_IDENTITY, nics=(FOUND.nics[0], other))
    (one,) = told(swapped)
    assert (one.severity, one.what, one.declared) == ("critical", "MAC address of eno2", MACS[1])
    assert one.found == "52:54:00:20:02:99 (2)"


DECLARED_IDENTITY = Identity("Supermicro", "SYS-1029P", "S1")


def test_what_the_bmc_does_not_tell_is_unknown_and_never_missing() -> None:
    silent = Hardware(Identity())
    assert {one.severity for one in told(silent)} == {"unknown"}
    assert {one.what for one in told(silent)} == {
        "serial number", "manufacturer", "model", "memory modules", "memory", "processors", "disks", "power supplies",
        "MAC address of eno1", "MAC address of eno2", "BIOS firmware", "BMC firmware",
    }  # fmt: skip


def test_old_firmware_is_a_warning() -> None:
    old = (Firmware("BIOS", "3.1a", "bios"), Firmware("BMC", "01.73.06", "bmc"))
    (one,) = told(replace(FOUND, identity=DECLARED_IDENTITY, firmware=old))
    assert (one.severity, one.what, one.declared, one.found) == (
        "warning", "BIOS firmware", "at least 3.2", "3.1a",
    )  # fmt: skip


def test_one_serial_number_or_mac_in_two_servers_is_told_of_both() -> None:
    twice = compare_all({"a": FOUND, "b": replace(FOUND, nics=FOUND.nics[:1]), "c": Hardware(Identity())})
    assert {(one.server, one.what) for one in twice} == {
        ("a", "serial number"), ("b", "serial number"), ("a", "MAC address"), ("b", "MAC address"),
    }  # fmt: skip
    assert all(one.severity == "critical" for one in twice)


def test_two_ports_of_one_server_may_share_an_address() -> None:
    assert compare_all({"a": replace(FOUND, nics=(FOUND.nics[0], FOUND.nics[0]))}) == ()


@pytest.mark.parametrize(
    ("found", "lowest", "lower"),
    [
        ("U46 v2.10 (03/20/2020)", "2.9", False),
        ("U46 v2.10 (03/20/2020)", "2.11", True),
        ("iLO 5 v2.33", "2.33", False),
        ("3.1a", "3.2", True),
        ("3.2a", "3.2", False),
        ("3.2", "3.2.1", True),
        ("3.2", "3.2.0", False),
        ("SE5C620.86B.02.01.0013.121520200651", "SE5C620.86B.02.01.0012", False),
        ("BKW", "3.0", None),
        ("1.a", "1.2", None),
    ],
)
def test_versions_as_vendors_write_them(found: str, lowest: str, lower: object) -> None:
    assert below(found, lowest) is lower


@given(
    st.lists(st.integers(0, 99), min_size=2, max_size=5), st.lists(st.integers(0, 99), min_size=2, max_size=5)
)
def test_dotted_numbers_are_put_in_order_as_numbers(one: list[int], other: list[int]) -> None:
    def padded(pieces: list[int]) -> list[int]:
        return pieces + [0] * (5 - len(pieces))

    text = ".".join(map(str, one)), ".".join(map(str, other))
    assert below(*text) == (padded(one) < padded(other))
