"""What a switch is, by what its command line says; and from an inventory to its command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from microdc.errors import InputError
from microdc.switch.cli.model import Facts, Login
from microdc.switch.cli.platforms import PLATFORMS
from microdc.switch.cli.targets import login_of, target_of
from microdc.testbed.load import load

IOS = """Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(4)E10, RELEASE SOFTWARE (fc2)
Technical Support: http://www.cisco.com/techsupport
ROM: Bootstrap program is C2960X boot loader
sw1 uptime is 1 year, 2 weeks
System image file is "flash:/c2960x-universalk9-mz.152-4.E10.bin"
cisco WS-C2960X-48TS-L (APM86XXX) processor (revision B0) with 524288K bytes of memory.
Processor board ID FOC0000X0AA
Base ethernet MAC Address       : 00:11:22:33:44:55
Model number                    : WS-C2960X-48TS-L
System serial number            : FOC0000X0AB
"""
IOS_XE = """Cisco IOS XE Software, Version 16.12.04
Cisco IOS Software [Gibraltar], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 16.12.4, RELEASE SOFTWARE (fc5)
sw2 uptime is 5 minutes
cisco C9300-48P (X86) processor with 1343576K/6147K bytes of memory.
Processor board ID FCW0000L0AC
"""
NXOS = """Cisco Nexus Operating System (NX-OS) Software
Software
  BIOS: version 07.69
 NXOS: version 9.3(8)
  NXOS image file is: bootflash:///nxos.9.3.8.bin
Hardware
  cisco Nexus9000 C93180YC-EX Chassis
  Intel(R) Xeon(R) CPU @ 1.80GHz with 24632140 kB of memory.
  Processor Board ID FDO00000AAA
  Device name: leaf1
"""
NXOS_5K = """Software
  kickstart: version 5.2(1)N1(9)
  system:    version 5.2(1)N1(9)
Hardware
  cisco Nexus 6001 Chassis ("Nexus 64 Supervisor")
  Processor Board ID FOC00000AAB
  Device name: leaf2
"""
DELL = """Software Version  : 4.3.0-Enterprise_Standard
Product           : Enterprise SONiC Distribution by Dell Technologies
Distribution      : Debian 10.13
Platform          : x86_64-dellemc_s5248f_c3538-r0
HwSKU             : DellEMC-S5248f-P-25G-DPB
Serial Number     : TH000000AAA
"""
JUNOS = """Hostname: ex1
Model: ex2300-24t
Junos: 18.2R3-S2
JUNOS OS Kernel 32-bit  [20190517]
"""
JUNOS_PARTS = """Hardware inventory:
Item             Version  Part number  Serial number     Description
Chassis                                JW0000000001      EX2300-24T
Routing Engine 0          BUILTIN      BUILTIN           RE-EX2300-24T
"""
LINUX = 'PRETTY_NAME="Cumulus Linux"\nNAME="Cumulus Linux"\nVERSION_ID=5.4.0\nleaf3\n'


@pytest.mark.parametrize(
    ("platform", "answers", "facts"),
    [
        ("cisco_ios", [IOS], Facts("sw1", "Cisco", "WS-C2960X-48TS-L", "FOC0000X0AB", "15.2(4)E10")),
        ("cisco_ios", [IOS_XE], Facts("sw2", "Cisco", "C9300-48P", "FCW0000L0AC", "16.12.04")),
        ("cisco_nxos", [NXOS], Facts("leaf1", "Cisco", "C93180YC-EX", "FDO00000AAA", "9.3(8)")),
        ("cisco_nxos", [NXOS_5K], Facts("leaf2", "Cisco", "Nexus 6001", "FOC00000AAB", "5.2(1)N1(9)")),
        ("arista_eos", [json.dumps({"modelName": "DCS-7050TX-64", "serialNumber": "JPE00000001", "version": "4.22.0F"}), '{"hostname": "spine1"}'], Facts("spine1", "Arista", "DCS-7050TX-64", "JPE00000001", "4.22.0F")),
        ("dell_sonic", [DELL], Facts(None, "Dell", "DellEMC-S5248f-P-25G-DPB", "TH000000AAA", "4.3.0-Enterprise_Standard")),
        ("juniper_junos", [JUNOS, JUNOS_PARTS], Facts("ex1", "Juniper", "ex2300-24t", "JW0000000001", "18.2R3-S2")),
        ("frr", ["FRRouting 8.4.4 (sw1) on Linux(6.1.0).\nCopyright 1996-2005\n"], Facts("sw1", "FRRouting", None, None, "8.4.4")),
        ("linux", [LINUX, "".join(f"/sys/class/dmi/id/{line}\n" for line in ("sys_vendor:Mellanox", "product_name:MSN2100", "product_serial:MT0000X00001"))], Facts("leaf3", "Mellanox", "MSN2100", "MT0000X00001", "Cumulus Linux")),
    ],
)  # fmt: skip
def test_facts_are_read(platform: str, answers: list[str], facts: Facts) -> None:
    known = PLATFORMS[platform]
    assert known.read_facts(dict(zip(known.facts, answers, strict=True))) == facts


@pytest.mark.parametrize(("platform", "text"), [("cisco_ios", IOS), ("cisco_nxos", NXOS)])
def test_another_reader_finds_the_same_in_it(platform: str, text: str) -> None:
    from netmiko.utilities import get_structured_data_textfsm

    rows = get_structured_data_textfsm(text, platform=platform, command="show version")
    assert isinstance(rows, list)
    told: dict[str, Any] = dict(rows[0])
    known = PLATFORMS[platform]
    found = known.read_facts(dict.fromkeys(known.facts, text))
    assert found.hostname == told["hostname"]
    if platform == "cisco_nxos":
        assert (found.version, found.model, found.serial) == (told["os"], told["platform"], told["serial"])
    else:  # of IOS it takes the processor board's serial number, and the chassis' only in a stack
        assert found.version == told["version"]
        assert found.model in told["hardware"]


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_of_what_is_not_understood_nothing_is_made_up(platform: str) -> None:
    known = PLATFORMS[platform]
    assert known.read_facts(dict.fromkeys(known.facts, "")) == Facts()


def test_credentials_are_a_user_a_password_and_perhaps_an_enable_password() -> None:
    assert login_of("admin:pass:word", "env:X") == Login("admin", "pass:word")
    assert login_of("admin:", "env:X") == Login("admin")
    assert login_of("admin:one\nenable:t:wo", "env:X") == Login("admin", "one", "t:wo")
    assert "one" not in repr(login_of("admin:one\nenable:two", "env:X"))
    for wrong in ("hunter2", ":hunter2", "admin:hunter2\nhunter3"):
        with pytest.raises(InputError) as caught:
            login_of(wrong, "env:X")
        assert "hunter" not in str(caught.value)


def test_a_target_comes_of_the_inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "testbed.yaml").write_text("testbed: t\n")
    (tmp_path / "sites/hall.yaml").write_text(
        "site: hall\nracks:\n  r1:\n    switches:\n"
        "      sw1: {management: 10.0.0.2, via: mgmt, ssh: {platform: cumulus_linux, credentials: env:SW, host_key: 'SHA256:"
        + "a"
        * 43
        + "'}}\n"
        "      sw2: {management: 10.0.0.3}\n"
        "      sw3: {management: 10.0.0.3, ssh: {platform: frr, credentials: env:NOT_SET}}\n"
    )
    monkeypatch.setenv("SW", "admin:one")
    testbed = load(tmp_path)
    switches = testbed.sites["hall"].racks["r1"].switches
    target = target_of(testbed, switches["sw1"])
    assert (target.path, target.address, target.via, target.login) == (
        "hall/r1/sw1",
        "10.0.0.2",
        "mgmt",
        Login("admin", "one"),
    )
    assert target.where.endswith("hall.yaml:5")
    with pytest.raises(InputError, match="sw2 has no `ssh`"):
        target_of(testbed, switches["sw2"])
    with pytest.raises(InputError, match="not set: env:NOT_SET"):
        target_of(testbed, switches["sw3"])
