"""Which management addresses can stand in a lab: what is none of a device is refused before anything is built."""

from __future__ import annotations

from ipaddress import IPv4Network, ip_address
from pathlib import Path

import inventories
import pytest

from microdc.errors import InputError
from microdc.lab.addresses import unfit
from microdc.lab.rack.plan import machines
from microdc.testbed.load import load

MANAGEMENT = IPv4Network("192.168.196.0/24")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("224.0.0.5", "multicast"),
        ("ff02::1", "multicast"),
        ("169.254.3.4", "link-local"),
        ("fe80::1", "link-local"),
        ("0.0.0.0", "no address"),
        ("255.255.255.255", "reserved"),
        ("192.168.196.7", "192.168.196.0/24"),
        ("10.101.0.11", ""),
        ("fd00:1::11", ""),
        ("2001:db8::11", ""),
    ],
)
def test_what_can_be_the_address_of_a_device(address: str, why: str) -> None:
    found = unfit(ip_address(address), MANAGEMENT)
    assert why in found
    assert bool(found) == bool(why)


@pytest.mark.parametrize(
    "bmc",
    [
        '{redfish: "https://127.0.0.1"}',
        '{redfish: "https://[fe80::1]:8443"}',
        "{ipmi: 224.0.0.5}",
        "{ipmi: 192.168.196.7}",
    ],
)
def test_a_bmc_that_no_lab_can_have_is_refused_with_its_line(tmp_path: Path, bmc: str) -> None:
    rack = f"racks:\n  r1:\n    servers:\n      a1: {{}}\n      a2:\n        bmc: {bmc}\n"
    inventories.write(tmp_path, a=inventories.site("a", 1, rack))
    with pytest.raises(InputError, match="the BMC of a2 cannot be at") as caught:
        machines(load(tmp_path), "x", MANAGEMENT)
    file, _, line = caught.value.where.rpartition(":")
    assert "bmc:" in Path(file).read_text("utf-8").splitlines()[int(line) - 1]


def test_one_by_name_has_an_address_of_the_labs_own(tmp_path: Path) -> None:
    rack = 'racks: {r1: {servers: {a1: {bmc: {redfish: "https://a1.example.org"}}}}}\n'
    inventories.write(tmp_path, a=inventories.site("a", 1, rack))
    (made,) = machines(load(tmp_path), "x", MANAGEMENT)
    assert made.bmc.address in MANAGEMENT
