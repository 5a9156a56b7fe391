"""Plans of port changes: what is sent on each platform, what takes it back, and what is refused before anything is sent."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.errors import InputError
from microdc.switch.cli.errors import CommandError, ReadOnlyError
from microdc.switch.cli.model import Plan, PortChange
from microdc.switch.cli.planning import plan_of
from microdc.switch.cli.platform import Guard
from microdc.switch.cli.platforms import PLATFORMS

PROVED = ("linux", "frr")
IOS_PORT = "Building configuration...\n\ninterface Gi1/0/1\n description to c1\n switchport access vlan 10\n switchport mode access\n shutdown\nend\n"


def bridge(name: str, *, filtering: int = 0) -> dict[str, Any]:
    return {
        "ifname": name,
        "flags": ["UP"],
        "linkinfo": {"info_kind": "bridge", "info_data": {"vlan_filtering": filtering}},
    }


def linux(*links: dict[str, Any], vlans: list[dict[str, Any]] | None = None) -> dict[str, str]:
    return {"ip -j -d link show": json.dumps(links), "bridge -j vlan show": json.dumps(vlans or [])}


SWP1 = {"ifname": "swp1", "flags": ["BROADCAST", "UP"], "master": "br10", "ifalias": "to c1"}
LINUX = linux(SWP1, bridge("br10"), bridge("vlan20"))


def plan(platform: str, change: PortChange, answers: dict[str, str], **more: Any) -> Plan:
    return plan_of("sw1", PLATFORMS[platform], change, answers, **more)


def ios(text: str = IOS_PORT, port: str = "Gi1/0/1") -> dict[str, str]:
    return {f"show running-config interface {port}": text}


@pytest.mark.parametrize("name", sorted(set(PLATFORMS) - set(PROVED)))
def test_a_platform_on_which_nobody_ran_the_suite_is_read_only_and_names_the_suite(name: str) -> None:
    with pytest.raises(ReadOnlyError, match=r"microdc\.switch\.cli\.suite"):
        plan(name, PortChange("Gi1/0/1", up=False), ios())


def test_on_linux_a_port_moves_to_the_bridge_of_its_vlan_and_back() -> None:
    made = plan("linux", PortChange("swp1", up=False, description="a 'b'; reboot", vlan=20), LINUX)
    assert made.commands == (
        """ip link set dev swp1 alias 'a '"'"'b'"'"'; reboot'""",
        "ip link set dev swp1 master vlan20",
        "ip link set dev swp1 down",
    )
    assert made.undo == (
        "ip link set dev swp1 alias 'to c1'",
        "ip link set dev swp1 master br10",
        "ip link set dev swp1 up",
    )
    assert made.diff == (
        "- swp1: up", "+ swp1: down",
        "- swp1: description to c1", "+ swp1: description a 'b'; reboot",
        "- swp1: vlan 10", "+ swp1: vlan 20",
    )  # fmt: skip
    assert made.dead_man == 30
    assert any("until the switch restarts" in remark for remark in made.remarks)


def test_what_is_so_already_needs_no_commands() -> None:
    made = plan("linux", PortChange("swp1", up=True, description="to c1", vlan=10), LINUX)
    assert (made.commands, made.undo, made.diff) == ((), (), ())


@pytest.mark.parametrize(
    ("answers", "change", "error", "said"),
    [
        (LINUX, PortChange("swp1", vlan=30), CommandError, "no bridge is VLAN 30"),
        (linux(SWP1, bridge("br10"), bridge("br20"), bridge("vlan20")), PortChange("swp1", vlan=20), CommandError, "several bridges are VLAN 20: br20, vlan20"),
        (LINUX, PortChange("swp9", up=True), CommandError, "it tells of no port swp9"),
        (linux({**SWP1, "master": ""}, bridge("br20")), PortChange("swp1", vlan=20), InputError, "has no VLAN now"),
        (linux({**SWP1, "ifalias": 'say "hi"?'}), PortChange("swp1", description="x"), InputError, "could not be put back"),
        (linux({**SWP1}, bridge("br10", filtering=1), vlans=[{"ifname": "swp1", "vlans": [{"vlan": 10, "flags": ["PVID", "Egress Untagged"]}]}]), PortChange("swp1", vlan=20), ReadOnlyError, "bridge that filters"),
        (linux({**SWP1}, bridge("br10", filtering=1), vlans=[{"ifname": "swp1", "vlans": [{"vlan": 10, "flags": ["PVID"]}, {"vlan": 30, "vlanEnd": 32}]}]), PortChange("swp1", vlan=20), InputError, r"carries tagged VLANs \(30, 31, 32\)"),
        ({"ip -j -d link show": 'Object "-j" is unknown', "bridge -j vlan show": ""}, PortChange("swp1", up=True), CommandError, "no list of links"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_or_taken_back_is_refused(
    answers: dict[str, str], change: PortChange, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        plan("linux", change, answers)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (PortChange("swp1"), "nothing is to be changed"),
        (PortChange("swp1; reboot", up=True), "is no port"),
        (PortChange("🐟", up=True), "is no port"),
        (PortChange("swp1\nreload", up=True), "is no port"),
        (PortChange("swp1", vlan=4095), "is no VLAN"),
        *((PortChange("swp1", description=text), "cannot be a description") for text in ("a?", "a\nreload", "a  b", " a", 'a"', "a\\", "x" * 201, "\x1b[A", "\x03")),
    ],
)  # fmt: skip
def test_what_a_command_line_would_take_for_something_else_is_never_sent(
    change: PortChange, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        plan("linux", change, LINUX)


@given(st.text(max_size=40))
def test_a_description_is_one_word_of_the_shell_or_is_refused(text: str) -> None:
    import shlex

    try:
        made = plan("linux", PortChange("swp1", description=text), LINUX)
    except InputError:
        return
    for command in made.commands:
        assert shlex.split(command) == ["ip", "link", "set", "dev", "swp1", "alias", text]


FRR = {
    "show interface swp1 json": json.dumps({"swp1": {"administrativeStatus": "down", "description": "to c1"}})
}


def test_frr_says_that_it_takes_nothing_back_and_saves_all() -> None:
    made = plan("frr", PortChange("swp1", up=True, description=""), FRR)
    assert made.commands == ("interface swp1", "no description", "no shutdown", "exit")
    assert made.undo == ("interface swp1", "description to c1", "shutdown", "exit")
    assert made.dead_man is None
    assert any("takes nothing back by itself" in remark for remark in made.remarks)
    assert any("write memory" in remark for remark in made.remarks)


def test_frr_knows_no_vlans_of_ports_and_no_port_that_is_not_there() -> None:
    with pytest.raises(ReadOnlyError, match="platform linux"):
        plan("frr", PortChange("swp1", vlan=20), FRR)
    with pytest.raises(CommandError, match="no such port"):
        plan("frr", PortChange("swp9", up=True), {"show interface swp9 json": "{}"})


def test_a_port_that_is_not_there_is_told_with_the_nearest_that_is() -> None:
    with pytest.raises(CommandError) as caught:
        plan("linux", PortChange("swp11", up=True), LINUX)
    assert caught.value.hint == "did you mean swp1?"


# what the suite tries on a device: nobody has run it there


def unproved(name: str, change: PortChange, answers: dict[str, str]) -> tuple[Plan, tuple[str, ...]]:
    made = plan(name, change, answers, unproved=True, dead_man=45)
    editing = PLATFORMS[name].editing
    assert editing is not None
    guard = Guard("microdc-1", made.dead_man, made.undo) if made.dead_man else None
    assert any("never proved" in remark for remark in made.remarks)
    return made, editing.batch(made.commands, guard)


CHANGE = PortChange("Gi1/0/1", up=True, description="to c2", vlan=20)
LINES = ("interface Gi1/0/1", "description to c2", "switchport access vlan 20", "no shutdown", "exit")


def test_ios_takes_a_change_back_after_whole_minutes() -> None:
    made, sent = unproved("cisco_ios", CHANGE, ios())
    assert (made.dead_man, sent) == (60, ("configure terminal revert timer 1", *LINES, "end"))
    assert made.undo == (
        "interface Gi1/0/1",
        "description to c1",
        "switchport access vlan 10",
        "shutdown",
        "exit",
    )


def test_eos_commits_a_session_on_a_timer() -> None:
    answers = {"show running-config interfaces Gi1/0/1": IOS_PORT}
    made, sent = unproved("arista_eos", CHANGE, answers)
    assert (made.dead_man, sent) == (45, ("configure session microdc-1", *LINES, "commit timer 00:00:45"))


def test_nxos_and_sonic_take_nothing_back() -> None:
    made, sent = unproved("cisco_nxos", CHANGE, ios())
    assert (made.dead_man, sent) == (None, ("configure terminal", *LINES, "end"))
    dell = {
        "show running-configuration interface Ethernet4": '!\ninterface Ethernet4\n description "to c1"\n mtu 9100\n no shutdown\n switchport access Vlan 10\n'
    }
    made, sent = unproved("dell_sonic", PortChange("Ethernet4", up=False, description="to c2"), dell)
    assert made.before.vlan == 10
    assert made.commands == ("interface Ethernet4", 'description "to c2"', "shutdown", "exit")


def test_junos_commits_confirmed() -> None:
    lines = 'set interfaces ge-0/0/1 description "to c1"\nset interfaces ge-0/0/1 disable\nset interfaces ge-0/0/1 unit 0 family ethernet-switching vlan members 10\n'
    answers = {"show configuration interfaces ge-0/0/1 | display set": lines}
    made, sent = unproved("juniper_junos", replace(CHANGE, port="ge-0/0/1"), answers)
    members = "interfaces ge-0/0/1 unit 0 family ethernet-switching vlan members"
    assert sent == (
        "configure exclusive",
        'set interfaces ge-0/0/1 description "to c2"', f"delete {members}", f"set {members} 20", "delete interfaces ge-0/0/1 disable",
        "commit confirmed 1",
        "exit configuration-mode",
    )  # fmt: skip
    assert made.undo[-1] == "set interfaces ge-0/0/1 disable"


def test_the_vlan_of_a_trunk_is_left_alone() -> None:
    trunk = "interface Gi1/0/1\n switchport trunk allowed vlan 10,20-30\n switchport mode trunk\n"
    with pytest.raises(InputError, match=r"tagged VLANs \(10, 20, 30\)"):
        plan("cisco_ios", CHANGE, ios(trunk), unproved=True)
    dell = {
        "show running-configuration interface Ethernet4": "interface Ethernet4\n switchport trunk allowed Vlan 1-4094\n"
    }
    with pytest.raises(InputError, match=r"tagged VLANs"):
        plan("dell_sonic", PortChange("Ethernet4", vlan=5), dell, unproved=True)
