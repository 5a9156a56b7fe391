"""Configurations that are kept: the same as long as the switch's is, for their owner's eyes, and shown without secrets."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from ssh_switch import PASSWORD, Script, switch

from microdc.errors import InputError
from microdc.switch.cli import operate
from microdc.switch.cli.differing import difference
from microdc.switch.cli.keeping import keep, shown
from microdc.switch.cli.masking import masked
from microdc.switch.cli.model import Login, Target
from microdc.switch.cli.platforms import PLATFORMS
from microdc.switch.cli.tidying import tidied

TARGET = Target("sw1", "10.0.0.2", "cisco_ios", Login("admin"), path="hall/r1/sw1")
SECRET = "pqRsTuV123"


@pytest.mark.parametrize(
    "line",
    [
        "enable secret 5 {}",
        "enable secret level 15 9 {}",
        "enable password {}",
        "username admin privilege 15 secret 9 {}",
        "username admin secret sha512 {}",
        "username admin password 5 {}  role network-admin",
        "snmp-server community {} RO",
        "snmp-server community {} group network-operator",
        "snmp-server host 10.0.0.1 version 2c {}",
        "snmp-server host 10.0.0.1 vrf mgmt version 2c {}",
        "snmp-server user bob grp v3 auth sha {} priv aes 128 {}",
        "rocommunity {} default",
        "tacacs-server host 10.0.0.1 key 7 {}",
        "tacacs-server key 7 {}",
        "radius-server host 10.0.0.1 auth-port 1812 key {}",
        " key 7 {}",
        " key-string 7 {}",
        " neighbor 10.0.0.9 password 7 {}",
        " ip ospf message-digest-key 1 md5 {}",
        " ip ospf authentication-key {}",
        " isis password {}",
        " wpa-psk ascii 0 {}",
        " crypto isakmp key {} address 10.0.0.1",
        'set system root-authentication encrypted-password "{}"',
        '    encrypted-password "{}"; ## SECRET-DATA',
        '    secret "{}"; ## SECRET-DATA',
        '    authentication-key "{}"; ## SECRET-DATA',
        '    pre-shared-key ascii-text "{}"; ## SECRET-DATA',
        "set snmp community {} authorization read-only",
        "community {} {{",
        "password = {}",
        "bgp password: {}",
        "user:{}:19000:0:99999:7:::  $6$salt${}",
    ],
)
def test_no_secret_is_shown(line: str) -> None:
    text = f"before\n{line.format(*[SECRET] * 3)}\nafter"
    if line.startswith("user:"):
        text = f"before\nroot:$6$salt${SECRET}:19000\nafter"
    seen = masked(text)
    assert SECRET not in seen
    assert "<secret>" in seen
    assert seen.splitlines()[0::2] == ["before", "after"]


@pytest.mark.parametrize(
    "line",
    [
        "service password-encryption",
        "interface Ethernet1",
        " description key account",
        "ip ssh version 2",
        "aaa authentication login default group tacacs+",
        "no ip domain-lookup",
        " spanning-tree portfast",
    ],
)
def test_what_is_no_secret_is_shown(line: str) -> None:
    assert masked(line) == line


def test_a_private_key_is_hidden_line_by_line() -> None:
    text = f"a\n-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n{SECRET}\n-----END RSA PRIVATE KEY-----\nb"
    assert masked(text).splitlines() == [
        "a",
        "-----BEGIN RSA PRIVATE KEY-----",
        "<secret>",
        "<secret>",
        "-----END RSA PRIVATE KEY-----",
        "b",
    ]


def test_a_secret_that_changed_is_a_line_that_changed_and_is_not_shown() -> None:
    old, new = f"hostname a\nenable secret 5 {SECRET}\n", "hostname a\nenable secret 5 other987\n"
    assert difference(old, new) == (
        "@@ -1,2 +1,2 @@",
        " hostname a",
        "-enable secret 5 <secret>",
        "+enable secret 5 <secret>",
    )
    assert difference(old, old) == ()


def test_it_is_kept_for_its_owner_only_and_told_apart_from_the_last(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    directory = tmp_path / "configs"
    first = keep(directory, TARGET, f"enable secret 5 {SECRET}\nntp server 1\n")
    assert (first.state, first.file, first.diff) == ("new", directory / "hall/r1/sw1.cfg", ())
    assert stat.S_IMODE(first.file.stat().st_mode) == 0o600
    assert all(
        stat.S_IMODE(place.stat().st_mode) == 0o700
        for place in (directory, directory / "hall", directory / "hall/r1")
    )
    assert SECRET in first.file.read_text()
    assert SECRET not in shown(TARGET, first.file.read_text())
    same = keep(directory, TARGET, f"enable secret 5 {SECRET}\nntp server 1\n")
    assert (same.state, same.diff) == ("same", ())
    changed = keep(directory, TARGET, f"enable secret 5 {SECRET}\nntp server 2\n")
    assert changed.state == "changed"
    assert changed.diff[1:] == (" enable secret 5 <secret>", "-ntp server 1", "+ntp server 2")
    assert [file.name for file in (directory / "hall/r1").iterdir()] == ["sw1.cfg"]


def test_a_file_that_is_no_configuration_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "hall/r1/sw1.cfg"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="no UTF-8 text"):
        keep(tmp_path, TARGET, "hostname sw1\n")
    assert file.read_bytes() == b"\xff\xfe\x00"


VOLATILE = {
    "cisco_ios": "Building configuration...\n\nCurrent configuration : {n}432 bytes\n!\n! Last configuration change at 11:2{n}:33 UTC\n! NVRAM config last updated at 0{n}:00\n!\nhostname sw1\nntp clock-period 3602875{n}\nend\n",
    "cisco_nxos": "\n!Command: show running-config\n!Running configuration last done at: Mon Mar  {n} 2021\n!Time: Mon Mar  {n} 11:22:33 2021\n\nversion 9.3(8) Bios:version 07.69 \nhostname sw1\n",
    "arista_eos": "! Command: show running-config\n! device: sw1 (DCS-7050TX-64, EOS-4.2{n}.0F)\n!\nhostname sw1\nend\n",
    "frr": "Building configuration...\n\nCurrent configuration:\n!\nfrr version 8.4.4\nhostname sw1\n!\nend\n",
    "juniper_junos": "## Last commit: 2021-03-0{n} 11:22:33 UTC by admin\nversion 18.2R3;\nsystem {{\n    host-name sw1;\n}}\n",
    "dell_sonic": "!\nhostname sw1\n!\n",
}


@pytest.mark.parametrize("name", sorted(VOLATILE))
def test_what_changes_by_itself_is_left_out(name: str) -> None:
    platform = PLATFORMS[name]
    texts = [
        tidied(platform, {platform.config[0]: VOLATILE[name].format(n=n).replace("\n", "  \r\n")})
        for n in (1, 2)
    ]
    assert texts[0] == texts[1]
    assert "sw1" in texts[0]
    assert not any(line.endswith((" ", "\r")) for line in texts[0].split("\n"))
    assert texts[0].endswith("\n") and not texts[0].endswith("\n\n")  # noqa: PT018


def test_of_linux_counters_states_and_timers_are_left_out_and_what_is_set_is_kept() -> None:
    platform = PLATFORMS["linux"]

    def answers(time: float, alias: str) -> dict[str, str]:
        link = {
            "ifname": "swp1", "ifindex": 7, "flags": ["UP"], "operstate": "UP", "mtu": 9100, "ifalias": alias, "master": "br10",
            "linkinfo": {"info_slave_kind": "bridge", "info_slave_data": {"state": "forwarding", "hold_timer": time, "cost": 2}},
            "stats64": {"rx": {"bytes": time}},
        }  # fmt: skip
        own = {"local": "10.0.0.2", "prefixlen": 24, "scope": "global", "valid_life_time": 4294967295}
        leased = {
            "local": "10.9.0.2",
            "prefixlen": 24,
            "scope": "global",
            "dynamic": True,
            "valid_life_time": time,
        }
        route = {
            "type": "unicast",
            "dst": "default",
            "gateway": "10.0.0.1",
            "dev": "swp1",
            "table": "main",
            "protocol": "static",
        }
        learned = {
            "type": "unicast",
            "dst": f"10.{int(time)}.0.0/16",
            "dev": "swp1",
            "table": "main",
            "protocol": "bgp",
        }
        told: dict[str, object] = {
            "ip -j -d link show": [link],
            "ip -j addr show": [{"ifname": "swp1", "addr_info": [own, leased]}],
            "bridge -j vlan show": [{"ifname": "swp1", "vlans": [{"vlan": 10, "flags": ["PVID"]}]}],
            "ip -j -d route show table all": [route, learned],
        }
        return {
            command: json.dumps(told[command]) if command in told else "auto swp1\n"
            for command in platform.config
        }

    first, later, changed = (
        tidied(platform, answers(*given)) for given in ((1.0, "a"), (2.0, "a"), (2.0, "b"))
    )
    assert first == later
    assert len(difference(first, changed)) > 0
    for kept in (
        '"mtu": 9100',
        '"cost": 2',
        "10.0.0.2/24",
        '"gateway": "10.0.0.1"',
        '"vlan": 10',
        "auto swp1",
    ):
        assert kept in first
    assert "10.9.0.2" not in first


def test_a_switch_is_asked_and_kept_and_nothing_of_it_shows_a_secret(tmp_path: Path) -> None:
    config = f"Building configuration...\nCurrent configuration : 99 bytes\nhostname sw1\nenable secret 5 {SECRET}\nend\n"
    answers = {"show running-config": config}
    with switch(Script(answers=answers)) as device:
        target = device.target()
        assert operate.difference(target, tmp_path).state == "new"
        assert not list(tmp_path.iterdir())
        kept = operate.backup(target, tmp_path)
        assert (kept.state, kept.file.read_text()) == (
            "new",
            f"hostname sw1\nenable secret 5 {SECRET}\nend\n",
        )
        answers["show running-config"] = config.replace(SECRET, "changed456")
        now = operate.difference(target, tmp_path)
    assert now.state == "changed"
    assert not any(secret in str(now) for secret in (SECRET, "changed456", PASSWORD))
    assert SECRET in kept.file.read_text()  # a diff writes nothing
