"""The configuration of what answers on a switch."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from microdc.host.daemon import Daemon
from microdc.images.sshkeys import new_key
from microdc.lab.switch import agent, frr, naming, neighbours, shell
from microdc.lab.switch.files import Files, Logins
from microdc.lab.switch.model import FRR, LINUX, Cable, Socket, SwitchPlan

SWITCH = SwitchPlan(
    name="sw1",
    site="a",
    rack="r1",
    number=1,
    namespace="mdc-lab-sw1",
    home="mdc-lab-a",
    address=ip_address("10.1.0.2"),
    snmp=3,
    mac="02:00:00:00:00:01",
    serial="S1",
    mtu=1500,
    sockets=(Socket("1", "1", 1, 1001, "02:00:00:00:00:11", Cable("uplink", "u1")),),
)
ODD = replace(SWITCH, sockets=(replace(SWITCH.sockets[0], name="Et1/1"),))
LOGINS = Logins.new()


def test_names_are_told_by_snmpd_itself_where_linux_can_have_them() -> None:
    assert agent.config(SWITCH, LOGINS).count("pass_persist") == 2
    assert agent.config(ODD, LOGINS).count("pass_persist") == 4


def test_snmpd_tells_every_interface_but_strands() -> None:
    (line,) = (one for one in agent.config(SWITCH, LOGINS).splitlines() if "include_ifmib" in one)
    told = re.compile(line.split()[1])
    assert all(told.search(name) for name in ("1", "lo", "br20", "mgmt0", "Et1-1-ab12cd", "_x", "."))
    assert not told.search(naming.strand(20, 4))


def test_vtysh_is_the_login_shell_where_frr_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And root's, by number; the user to whom vtysh gives what it saves is known there."""
    monkeypatch.setattr(frr, "passwd", lambda: "frr:x:106:107::/:/usr/sbin/nologin\n")
    monkeypatch.setattr(Files, "start", lambda *_: Daemon(1, 1))
    for platform, login in ((LINUX, "/root:/bin/sh"), (FRR, f"/run:{frr.SHELL}")):
        shell.start(Files(tmp_path), replace(SWITCH, platform=platform), LOGINS)
        first, *others = (tmp_path / "passwd").read_text().splitlines()
        assert first == f"admin:x:0:0:switch:{login}"
        assert any(one.startswith("frr:") for one in others) is (platform == FRR)


def test_an_address_of_ip_6_is_listened_at_as_such() -> None:
    told = agent.config(replace(SWITCH, address=ip_address("fd00::2")), LOGINS)
    assert "agentaddress udp6:[fd00::2]:161" in told
    assert f"rocommunity6 {LOGINS.community}" in told


def test_logins_are_kept_and_new_each_time(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write_logins(LOGINS)
    assert files.read_logins() == LOGINS != Logins.new()
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in agent.CREDENTIALS.values()} == {0o600}
    assert (tmp_path / "user").read_text() == f"lab:{LOGINS.authentication}:{LOGINS.privacy}\n"


@pytest.mark.parametrize(("name", "quoted"), [("Et1/1", '"Et1/1"'), ('a"b', "'a\"b'"), ("🔌", '"🔌"')])
def test_lldpd_is_told_the_declared_name_of_a_port(name: str, quoted: str) -> None:
    told = neighbours.config("sw1", "a switch", [("port-1", name)], silent="mgmt0")
    assert f"configure ports port-1 lldp portidsubtype local {quoted}\n" in told
    assert "configure ports mgmt0 lldp status disabled\n" in told


def test_a_fingerprint_is_what_ssh_keygen_shows() -> None:
    key = new_key()
    made = shell.fingerprint(key.public)
    assert made.startswith("SHA256:")
    assert len(made) == len("SHA256:") + 43
    assert made != shell.fingerprint(new_key().public)


def test_a_service_that_never_ran_is_not_running(tmp_path: Path) -> None:
    files = Files(tmp_path)
    assert files.running("snmpd") is None
    assert files.said("snmpd") == "it said nothing"
