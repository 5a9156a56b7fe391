"""Which node is at an address, where another server gives the addresses: by the neighbours of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from station_rig import FIRST, MAC, OTHER_MAC, SECOND, plan

from microdc.deploy.station.resident import knowing
from microdc.deploy.station.resident.knowing import Knowing, neighbour
from microdc.deploy.station.resident.log import Log, read

TABLE = f"""\
IP address       HW type     Flags       HW address            Mask     Device
{SECOND}       0x1         0x2         {MAC.upper()}     *        lo
127.0.0.50       0x1         0x0         {OTHER_MAC}     *        lo
127.0.0.51       0x1         0x2         {OTHER_MAC}     *        eth9
127.0.0.52       0x1         0x6         {OTHER_MAC}     *        lo
"""
PROXY = plan(dhcp="proxy")


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Knowing:
    monkeypatch.chdir(tmp_path)
    table = tmp_path / "arp"
    table.write_text(TABLE)
    monkeypatch.setattr(knowing, "neighbour", lambda address, interface: neighbour(address, interface, table))
    return Knowing(lambda: PROXY, Log())


def test_only_what_is_complete_and_behind_the_interface_counts(tmp_path: Path) -> None:
    table = tmp_path / "arp"
    table.write_text(TABLE)
    asked = (SECOND, "127.0.0.50", "127.0.0.51", "127.0.0.52", "127.0.0.5")
    assert [neighbour(one, "lo", table) for one in asked] == [MAC, "", "", OTHER_MAC, ""]
    assert neighbour(SECOND, "lo", tmp_path / "none") == ""


def test_its_mac_says_who_it_is_whatever_address_it_has(known: Knowing) -> None:
    node = known.node(PROXY, SECOND)  # the document gives that one to n2's system
    assert node is not None
    assert node.name == "n1"
    assert known.node(PROXY, FIRST) is None  # nobody is there
    known.node(PROXY, SECOND)
    (bound,) = [line for line in read(0)[0] if b'"bound"' in line]
    assert SECOND.encode() in bound


def test_the_address_before_is_not_its_own_any_more(known: Knowing, monkeypatch: pytest.MonkeyPatch) -> None:
    now = {"127.0.0.60": MAC}
    monkeypatch.setattr(knowing, "neighbour", lambda address, _: now.get(address, ""))
    known.node(PROXY, "127.0.0.60")
    assert known.known(PROXY, "127.0.0.60")
    now["127.0.0.61"] = MAC
    known.node(PROXY, "127.0.0.61")
    assert known.known(PROXY, "127.0.0.61")
    assert not known.known(PROXY, "127.0.0.60")


def test_where_ours_gives_the_addresses_they_say_who_it_is(known: Knowing) -> None:
    own = plan()
    found = known.node(own, SECOND)
    assert found is not None
    assert found.name == "n2"
    assert known.node(own, "127.0.0.52") is None
    assert not [line for line in read(0)[0] if b'"bound"' in line]
