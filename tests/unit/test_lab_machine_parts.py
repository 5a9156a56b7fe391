"""The pure parts of a virtual server: its files, its boot order, QEMU's words, and what ipmi_sim reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import uuid
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.errors import InputError, UnreachableError
from microdc.lab.ipmi import config, fru, sdr
from microdc.lab.ipmi.config import BmcSettings
from microdc.lab.ipmi.sensors import SENSORS
from microdc.lab.machine import bootorder, files, presence, qemu
from microdc.lab.machine.machine import Machine
from microdc.lab.machine.model import BootRequest, Description, Enabled, Mode, Target

UUID = "00112233-4455-6677-8899-aabbccddeeff"
NONE = BootRequest("none", "disabled", "bios")


def write(directory: Path, **changes: Any) -> Description:
    data = {
        "name": "n1",
        "uuid": UUID,
        "serial": "S,1",
        "manufacturer": "Acme, Inc.",
        "memory_mib": 512,
        "cpus": 2,
        "namespace": "here",
        "nics": [
            {"name": "eth0", "mac": "52:54:00:00:00:0A", "tap": "t0"},
            {"name": "eth1", "mac": "52:54:00:00:00:0b", "tap": "t1", "namespace": "there"},
        ],
        "disks": [{"name": "sda", "path": "sda.img", "bytes": 4096}],
        **changes,
    }
    (directory / "machine.json").write_text(json.dumps(data))
    return files.read_description(directory)


def words(description: Description, request: BootRequest = NONE, *, uefi: bool = False) -> list[str]:
    firmware = qemu.Firmware(Path("/code") if uefi else None, Path("/vars") if uefi else None, Path("/rom"))
    handles = qemu.Handles(3, 4, (5, 6))
    return qemu.argv(description, request, firmware, handles, kvm=False, console_log=Path("/a,b/console.log"))


def test_description(tmp_path: Path) -> None:
    read = write(tmp_path)
    assert (read.firmware, read.boot_order, read.memory_now_mib) == ("bios", ("disk", "pxe"), 512)
    assert [(nic.mac, nic.namespace) for nic in read.nics] == [
        ("52:54:00:00:00:0a", "here"),
        ("52:54:00:00:00:0b", "there"),
    ]
    assert read.disks[0].path == tmp_path / "sda.img"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON"),
        ("[]", "no JSON object"),
        ('{"name": "x"}', "'memory_mib' is missing"),
        (
            '{"name": "x", "uuid": "u", "memory_mib": 1, "cpus": 1, "firmware": "efi"}',
            "'efi' is none of bios, uefi",
        ),
        ('{"name": "x", "uuid": "u", "memory_mib": 1, "cpus": 1, "nics": 5}', "describes no machine"),
        ('{"name": "x", "uuid": "u", "memory_mib": 1, "cpus": 1, "boot_order": ["usb"]}', "'usb' is none of"),
    ],
)
def test_what_describes_no_machine_is_told(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "machine.json").write_text(text)
    with pytest.raises(InputError, match=said) as raised:
        files.read_description(tmp_path)
    assert raised.value.where == str(tmp_path / "machine.json")


def test_no_description(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no machine"):
        Machine(tmp_path).boot()


def test_a_missing_module_is_planted_and_taken_back(tmp_path: Path) -> None:
    write(tmp_path)
    machine = Machine(tmp_path)
    machine.set_memory(256)
    assert (machine.description().memory_mib, machine.description().memory_now_mib) == (512, 256)
    machine.set_memory(None)
    assert machine.description().memory_now_mib == 512
    assert "memory_now_mib" not in (tmp_path / "machine.json").read_text()


@given(st.sampled_from(get_args(Target)), st.sampled_from(get_args(Enabled)), st.sampled_from(get_args(Mode)))
def test_a_request_reads_back_or_is_refused(target: Target, enabled: Enabled, mode: Mode) -> None:
    request = BootRequest(target, enabled, mode)
    if target == "http" and mode == "bios":
        with pytest.raises(InputError, match="UEFI"):
            request.check()
        return
    request.check()
    settled = request.settled("bios")
    assert settled == (NONE if target == "none" or enabled == "disabled" else request)
    assert settled.settled("bios") == settled


@pytest.mark.parametrize(
    "wrong",
    [
        BootRequest("moon", "once", "bios"),  # type: ignore[arg-type]
        BootRequest("pxe", "twice", "bios"),  # type: ignore[arg-type]
        BootRequest("pxe", "once", "efi"),  # type: ignore[arg-type]
    ],
)
def test_a_request_that_is_none(tmp_path: Path, wrong: BootRequest) -> None:
    write(tmp_path)
    with pytest.raises(InputError, match="is no boot"):
        Machine(tmp_path).set_boot(wrong)
    assert Machine(tmp_path).boot() == NONE


def test_a_spoilt_request_is_told(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "boot.json").write_text('{"target": "pxe"}')
    with pytest.raises(InputError, match=r"boot\.json"):
        Machine(tmp_path).boot()


def test_what_is_asked_for_comes_first_and_goes_back(tmp_path: Path) -> None:
    description = write(tmp_path)
    own = bootorder.own(description)
    assert sorted(own, key=own.__getitem__) == ["disk0", "nic0", "nic1"]
    targets: list[Target] = ["pxe", "disk", "bios"]
    for target in targets:
        request = BootRequest(target, "once", "bios")
        asked = bootorder.asked(description, request)
        assert len(set(asked.values())) == len(asked)
        changed = {**asked, **bootorder.back(description, request)}
        assert {device: index for device, index in changed.items() if index >= 0} == own
    first = bootorder.asked(description, BootRequest("pxe", "once", "bios"))
    assert sorted(first, key=first.__getitem__) == ["nic0", "nic1", "disk0"]
    assert bootorder.asked(description, BootRequest("bios", "once", "bios")) == {bootorder.NOTHING: 0}


def test_words_of_qemu(tmp_path: Path) -> None:
    text = " ".join(words(write(tmp_path)))
    assert "manufacturer=Acme,, Inc." in text
    assert "serial=S,,1" in text
    assert "logfile=/a,,b/console.log,logappend=on" in text
    assert f"uuid={UUID}" in text
    assert "id=nic1,netdev=net1,mac=52:54:00:00:00:0b,disable-legacy=on,romfile=/rom,bootindex=102" in text
    assert "pflash" not in text
    assert "-m 512" in text
    assert "-m 64" in " ".join(words(write(tmp_path, memory_now_mib=64)))


def test_words_of_uefi_and_of_boot_over_http(tmp_path: Path) -> None:
    text = " ".join(words(write(tmp_path, firmware="uefi"), BootRequest("http", "once", "uefi"), uefi=True))
    assert "readonly=on,file=/code" in text
    assert "IPv4PXESupport,string=n" in text
    assert "bootindex=0" in text


def test_no_serial_port_where_none_is_wanted(tmp_path: Path) -> None:
    assert "-serial" not in words(write(tmp_path, console=False))


def test_a_claim_is_seen_and_ends_with_its_last_holder(tmp_path: Path) -> None:
    assert not presence.runs(tmp_path)
    claim = presence.claim(tmp_path)
    assert claim is not None
    assert presence.runs(tmp_path)
    assert presence.claim(tmp_path) is None
    heir = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[claim])
    os.close(claim)
    try:
        assert presence.runs(tmp_path)
    finally:
        heir.kill()
        heir.communicate()
    assert not presence.runs(tmp_path)


def test_one_changes_at_a_time_and_waits_no_longer_than_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = []
    with presence.changing(tmp_path):
        monkeypatch.setattr(presence, "PATIENCE", 0.0)
        with pytest.raises(UnreachableError, match="another process"), presence.changing(tmp_path):
            pass
        monkeypatch.setattr(presence, "PATIENCE", 60.0)

        def second() -> None:
            with presence.changing(tmp_path):
                order.append("second")

        thread = threading.Thread(target=second)
        thread.start()
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]


def test_the_command_loads_no_more_than_it_needs(tmp_path: Path) -> None:
    write(tmp_path)
    code = (
        "import sys; from microdc.lab.machine.__main__ import main; "
        f"main([{str(tmp_path)!r}, 'get', 'power']); print(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    power, modules = done.stdout.splitlines()
    assert power == "power:0"
    for heavy in ("subprocess", "socket", "asyncio", "pyroute2", "pydantic", "microdc.host.local"):
        assert f"'{heavy}'" not in modules


@pytest.mark.parametrize(
    "arguments", [[], ["get"], ["set", "power"], ["set", "power", "2"], ["get", "moon"], ["x"]]
)
def test_the_command_refuses(
    tmp_path: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    from microdc.lab.machine.__main__ import main

    write(tmp_path)
    assert main([str(tmp_path), *arguments]) == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor.file)
def test_sensor_records(sensor: Any) -> None:
    """Lengths as IPMI 2.0 has them (43.1, 43.2), and the name at the end."""
    record = sdr.record(sensor)
    assert record[4] == len(record) - 5
    fixed = 48 if sensor.analogue else 32
    assert record[fixed - 1] == 0xC0 | len(sensor.name)
    assert record[fixed:] == sensor.name.encode()


@given(*[st.text(max_size=80)] * 4)
def test_every_area_of_a_fru_sums_to_zero(manufacturer: str, model: str, sku: str, serial: str) -> None:
    content = fru.content(manufacturer=manufacturer, model=model, sku=sku, serial=serial)
    assert len(content) % 8 == 0
    assert sum(content[:8]) % 256 == 0
    for offset in (content[2] * 8, content[4] * 8):
        area = content[offset : offset + content[offset + 1] * 8]
        assert sum(area) % 256 == 0


def test_what_ipmi_sim_reads(tmp_path: Path) -> None:
    description = write(tmp_path)
    lan = config.lan(description, BmcSettings("10.0.0.1", "root", 'a"b\\c', port=1623), "run 'it now'")
    assert " addr 10.0.0.1 1623\n" in lan
    assert f"guid {uuid.UUID(UUID).bytes_le.hex()}\n" in lan
    assert 'user 2 true "root" "a"b\\c" admin 10 md5\n' in lan
    assert "none" not in lan
    commands = config.commands(description, tmp_path).splitlines()
    assert commands[-1] == "mc_enable 0x20"
    assert f'file "{tmp_path}/inlet" div=1000' in commands[3]
    with pytest.raises(InputError, match="double quote"):
        config.lan(description, BmcSettings("10.0.0.1", "root", "p"), 'a"b')
    with pytest.raises(InputError, match="no UUID"):
        config.lan(write(tmp_path, uuid="x"), BmcSettings("10.0.0.1", "root", "p"), "x")
