"""The parts of the ramdisk that need no machine: command line, tables of the firmware, neighbours, identity, words."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_interface
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.deploy import kinds
from microdc.deploy.model import Action, ImageRef, NodeSpec
from microdc.deploy.ramdisk import order as orders
from microdc.deploy.ramdisk.resident import (
    commandline,
    gpt,
    hardware,
    identity,
    installing,
    lldp,
    mark,
    smbios,
    start,
    words,
)
from microdc.deploy.ramdisk.resident.commandline import Static
from microdc.deploy.ramdisk.resident.drivers import matching
from microdc.deploy.ramdisk.resident.promise import Promise
from microdc.deploy.ramdisk.resident.station import Station
from microdc.deploy.ramdisk.resident.wire import Place
from microdc.deploy.ramdisk.resident.words import FailedError
from microdc.images.disk import gpt as built
from microdc.images.lean import loaded_part
from microdc.testbed.nodes import DiskHints
from ramdisk_station import NastyStation

# -- the kernel's command line

WORDS = "quiet microdc.station=http://10.20.0.2:8080 microdc.token=TOKEN microdc.node=bcn-c1"


@pytest.mark.parametrize(
    ("text", "mac"),
    [
        ("BOOTIF=01-52-54-00-AA-00-11", "52:54:00:aa:00:11"),
        ("BOOTIF=52:54:00:aa:00:11", "52:54:00:aa:00:11"),
        ("BOOTIF=20-52-54-00-aa-00-11", "52:54:00:aa:00:11"),
        ("BOOTIF=nonsense", ""),
        ("", ""),
    ],
)
def test_the_nic_it_booted_from(text: str, mac: str) -> None:
    asked = commandline.parse(f"{WORDS} {text}")
    assert (asked.host, asked.port, asked.node, asked.token) == ("10.20.0.2", 8080, "bcn-c1", "TOKEN")
    assert asked.mac == mac
    assert "TOKEN" not in repr(asked)


@pytest.mark.parametrize(
    ("text", "static"),
    [
        ("", None),
        ("ip=dhcp", None),
        ("ip=:::::eth0:dhcp", None),
        ("ip=10.20.1.11/16", Static("10.20.1.11/16")),
        ("ip=10.20.1.11::10.20.0.1:255.255.0.0:bcn-c1:eth0:off", Static("10.20.1.11/16", "10.20.0.1")),
        ("ip=10.20.1.11:::255.255.0.0", Static("10.20.1.11/16")),
    ],
)
def test_its_address(text: str, static: Static | None) -> None:
    assert commandline.parse(f"{WORDS} {text}").static == static


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("quiet", "microdc.station is missing"),
        (WORDS.replace("microdc.token=TOKEN", ""), "microdc.token is missing"),
        (WORDS.replace("http://10.20.0.2:8080", "10.20.0.2"), "is no http://ADDRESS:PORT"),
        (f"{WORDS} ip=10.20.1.11::10.20.0.1:255.0.255.0:x", "gives no address and netmask"),
    ],
)
def test_a_line_that_names_no_station_is_told(line: str, said: str) -> None:
    with pytest.raises(FailedError, match=said) as failed:
        commandline.parse(line)
    assert failed.value.code == "no-order"


# -- hardware


def structure(kind: int, body: bytes, *strings: str) -> bytes:
    texts = b"".join(text.encode() + b"\0" for text in strings) or b"\0"
    return struct.pack("<BBH", kind, 4 + len(body), 0x1000) + body + texts + b"\0"


def module(size: int, *, speed: int = 2666, large: int = 0) -> bytes:
    body = bytearray(0x24 - 4)
    body[0x0C - 4 : 0x0E - 4] = size.to_bytes(2, "little")
    body[0x10 - 4] = 1
    body[0x15 - 4 : 0x17 - 4] = speed.to_bytes(2, "little")
    body[0x17 - 4], body[0x18 - 4], body[0x1A - 4] = 2, 3, 4
    body[0x1C - 4 : 0x20 - 4] = large.to_bytes(4, "little")
    return structure(17, bytes(body), "DIMM A1", "Samsung", "12345", "M393A4K40CB2-CTD ")


def test_memory_modules() -> None:
    table = structure(0, bytes(8), "vendor") + module(0x7FFF, large=32768) + module(16384) + module(0)
    table += module(0x8000 | 512) + structure(127, b"") + module(1)
    found = smbios.memory_modules(table)
    assert [each["size"] >> 20 for each in found] == [32768, 16384, 0, 0]
    assert found[3]["size"] == 512 << 10
    assert found[0] == {
        "slot": "DIMM A1",
        "size": 32768 << 20,
        "speed": 2666,
        "manufacturer": "Samsung",
        "part": "M393A4K40CB2-CTD",
        "serial": "12345",
    }


@given(st.binary(max_size=300))
def test_tables_of_rubbish_end(table: bytes) -> None:
    assert all(isinstance(each["size"], int) for each in smbios.memory_modules(table))


def test_processors_and_memory() -> None:
    one = "processor : {}\nmodel name : AMD EPYC 7402P\nphysical id : {}\ncore id : {}\n"
    text = "\n".join(one.format(number, number // 4, number // 2 % 2) for number in range(8))
    assert hardware.cpus(text) == {"model": "AMD EPYC 7402P", "sockets": 2, "cores": 4, "threads": 8}
    assert hardware.memory("MemTotal:        1024 kB\nMemFree: 1 kB\n") == 1 << 20


def test_this_machine() -> None:
    """All of it is plain, whatever there is and is not."""
    found = hardware.found()
    assert json.loads(json.dumps(found)) == found
    assert found["cpu"]["threads"] >= 1
    assert found["firmware"] in {"bios", "uefi"}


def test_drivers_are_those_that_the_hardware_asks_for() -> None:
    aliases = [
        ("pci:v00008086d00001572sv*sd*bc*sc*i*", "i40e"),
        ("pci:v*d*sv*sd*bc01sc06i01*", "ahci"),
        ("pci:v000014E4d*sv*sd*bc*sc*i*", "tg3"),
        ("virtio:d00000001v*", "virtio_net"),
        ("cpu:type:x86,ven*fam*mod*:feature:*0099*", "other"),
    ]
    wanted = [
        "pci:v00008086d00001572sv00008086sd00000001bc02sc00i00",
        "pci:v00008086d00002922sv00001AF4sd00001100bc01sc06i01",
        "virtio:d00000002v00001AF4",
    ]
    assert matching(aliases, wanted) == ["i40e", "ahci"]


# -- LLDP


def element(kind: int, value: bytes) -> bytes:
    return (kind << 9 | len(value)).to_bytes(2, "big") + value


CHASSIS = element(1, b"\x04" + bytes.fromhex("001122334455"))
PORT = element(2, b"\x05Ethernet12")
END = element(0, b"")


def frame(*elements: bytes) -> bytes:
    return bytes.fromhex("0180c200000e 001122334455 88cc") + b"".join(elements)


def test_a_neighbour() -> None:
    vlan = element(127, bytes.fromhex("0080c2 01") + (1010).to_bytes(2, "big"))
    found = lldp.parse(
        frame(
            CHASSIS, PORT, element(3, b"\0\x78"), element(4, b"uplink"), element(5, b"sw1"), vlan, END, b"pad"
        )
    )
    assert found == {
        "chassis": "00:11:22:33:44:55",
        "port": "Ethernet12",
        "port_description": "uplink",
        "system": "sw1",
        "vlan": 1010,
    }
    assert lldp.parse(frame(element(1, b"\x05\x01" + socket.inet_aton("10.0.0.1")), PORT)) == {
        "chassis": "10.0.0.1",
        "port": "Ethernet12",
    }


@pytest.mark.parametrize(
    "data", [b"", frame(), frame(CHASSIS), frame(CHASSIS, PORT).replace(b"\x88\xcc", b"\x08\0")]
)
def test_what_is_no_neighbour(data: bytes) -> None:
    assert lldp.parse(data) is None


@given(st.binary(max_size=200))
def test_frames_of_rubbish_are_none(data: bytes) -> None:
    found = lldp.parse(frame(data))
    assert found is None or {"chassis", "port"} <= set(found)


# -- orders and identity

SPEC = NodeSpec(
    "bcn-c1",
    "barcelona",
    "r1",
    "barcelona.yaml:9",
    "compute",
    "52:54:00:20:00:11",
    "eno1",
    ip_interface("10.20.1.11/16"),  # type: ignore[arg-type]
    "debian",
    DiskHints(serial="S1", least=10**9),
)
IMAGE = ImageRef("debian", "a" * 64, 1000, "b" * 64, 2048, 3, 2)
IDENTITY = orders.Identity(
    "bcn-c1",
    "http://10.20.0.2:8080/node/home",
    "HOME",
    "lab.example",
    ("ssh-ed25519 AAAA me ",),
    (
        orders.Network(
            "52:54:00:20:00:11", "eno1", (ip_interface("10.20.1.11/16"),), "10.20.0.1", ("10.20.0.2",)
        ),
        orders.Network("52:54:00:20:00:12", "eno2"),
    ),
    (orders.ExtraFile("/etc/role", "compute\n", 0o600),),
)


def made_order(**changes: Any) -> dict[str, Any]:
    values = {"move": 7, "action": Action.DEPLOY, "image": IMAGE, "identity": IDENTITY, **changes}
    return orders.order(SPEC, **values)


def test_an_order_is_plain_and_the_ramdisk_understands_it() -> None:
    order = made_order(time=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert json.loads(json.dumps(order)) == order
    assert order["disk"] == {
        "serial": "S1",
        "wwn": None,
        "model": None,
        "path": None,
        "kind": None,
        "least": 10**9,
        "most": None,
    }
    assert order["time"] == "2026-01-02T03:04:05Z"
    assert Promise.of(order["image"]) == Promise("a" * 64, 1000, "b" * 64, 2048)
    assert "HOME" not in repr(IDENTITY)


def test_a_node_of_the_same_name_in_another_lab_is_another_owner() -> None:
    elsewhere = replace(SPEC, site="elsewhere")
    made = [
        made_order(testbed="one"),
        made_order(testbed="two"),
        orders.order(elsewhere, move=1, action=Action.CLEAN, testbed="one"),
    ]
    owners = [mark.owner_of(order) for order in made]
    for owner in owners:
        guid = mark.mark(owner, b"salt")
        assert [mark.is_of(guid, other) for other in owners] == [other == owner for other in owners]
    assert len(set(owners)) == 3
    assert mark.owner_of(made_order(testbed="one", move=8)) == owners[0]  # as long as it is the same node


def test_orders_that_lack_something() -> None:
    assert "image" not in made_order(action=Action.INSPECT, image=None, identity=None)
    with pytest.raises(ValueError, match="needs an image and an identity"):
        made_order(identity=None)


def test_images_that_nobody_can_write() -> None:
    for change, said in (
        ({"format": "qcow2"}, "cannot be unpacked"),
        ({"raw": 1000}, "no whole number of sectors"),
    ):
        with pytest.raises(FailedError, match=said):
            Promise.of({**made_order()["image"], **change})


KEY = identity.HostKey("ed25519", b"private", "ssh-ed25519 AAAA")


def test_the_files_of_an_identity() -> None:
    files = {file.path: file for file in identity.files(made_order(), [KEY])}
    text = {path: file.content.decode() for path, file in files.items()}
    assert text["/etc/hostname"] == "bcn-c1\n"
    assert "127.0.1.1 bcn-c1.lab.example bcn-c1\n" in text["/etc/hosts"]
    assert text["/etc/machine-id"] == "uninitialized\n"
    assert files["/etc/ssh/ssh_host_ed25519_key"] == identity.SystemFile(
        "/etc/ssh/ssh_host_ed25519_key", b"private", 0o600
    )
    assert text["/etc/ssh/ssh_host_ed25519_key.pub"] == "ssh-ed25519 AAAA root@bcn-c1\n"
    assert text["/root/.ssh/authorized_keys"] == "ssh-ed25519 AAAA me\n"
    assert text["/etc/systemd/network/10-microdc-eno1.link"].endswith("[Link]\nName=eno1\n")
    network = text["/etc/systemd/network/10-microdc-eno1.network"]
    assert "MACAddress=52:54:00:20:00:11\n" in network
    assert network.endswith(
        "[Network]\nDHCP=no\nAddress=10.20.1.11/16\nGateway=10.20.0.1\nDNS=10.20.0.2\nDomains=lab.example\n"
    )
    assert text["/etc/systemd/network/10-microdc-eno2.network"].endswith("[Network]\nDHCP=no\n")
    assert text["/etc/resolv.conf"] == "search lab.example\nnameserver 10.20.0.2\n"
    home = json.loads(text["/etc/microdc/home.json"])
    assert home == {"node": "bcn-c1", "image": "a" * 64, "url": IDENTITY.home_url, "token": "HOME"}
    assert files["/etc/microdc/home.json"].mode == 0o600
    assert json.loads(text["/etc/microdc/node.json"])["move"] == 7
    assert (text["/etc/role"], files["/etc/role"].mode) == ("compute\n", 0o600)


def test_files_stay_inside_of_the_system(tmp_path: Path) -> None:
    """Its links are its own: absolute ones lead to its root, not to ours."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    for directory in (root / "usr/etc", root / "private", outside):
        directory.mkdir(parents=True)
    (root / "etc").symlink_to("/usr/etc")
    (root / "usr/etc/ssh").symlink_to("../../../../../../private")
    (root / "usr/etc/resolv.conf").symlink_to(outside / "resolv.conf")
    (root / "root").symlink_to(outside)
    for path in ("/etc/ssh/key", "/etc/resolv.conf", "/root/.ssh/authorized_keys"):
        installing.install(root, identity.SystemFile(path, path.encode(), 0o600))
    assert (root / "private/key").read_bytes() == b"/etc/ssh/key"
    assert (root / "usr/etc/resolv.conf").read_bytes() == b"/etc/resolv.conf"
    assert not (root / "usr/etc/resolv.conf").is_symlink()
    assert list(outside.iterdir()) == []
    inside = root / str(outside.relative_to("/"))
    assert (inside / ".ssh/authorized_keys").stat().st_mode & 0o7777 == 0o600
    assert (inside / ".ssh").stat().st_mode & 0o7777 == 0o755  # not /root/.ssh any more, where the link leads
    (root / "loop").symlink_to("loop")
    for path in ("/loop/x", "relative", "/a/../../b"):
        with pytest.raises(OSError, match=r"too many links|no plain absolute path"):
            installing.install(root, identity.SystemFile(path, b""))


def test_modes_of_directories(tmp_path: Path) -> None:
    installing.install(tmp_path, identity.SystemFile("/root/.ssh/authorized_keys", b"", 0o600))
    assert (tmp_path / "root/.ssh").stat().st_mode & 0o7777 == 0o700


# -- words, and files of programs


def test_the_ramdisk_speaks_the_words_that_the_controller_knows() -> None:
    codes = {value for name, value in vars(words).items() if name.isupper()} - _reports()
    assert codes == set(kinds.RAMDISK_CODES)
    known = {value for name, value in vars(kinds).items() if name.isupper() and isinstance(value, str)}
    assert _reports() <= known


def _reports() -> set[str]:
    names = (
        "DISK",
        "WRITING",
        "RESUMED",
        "WRITTEN",
        "WIPED",
        "CONFIGURED",
        "REBOOTING",
        "INSPECTED",
        "FAILED",
    )
    return {getattr(words, name) for name in names}


def test_a_program_runs_without_what_debuggers_read(tmp_path: Path) -> None:
    for name in ("true", "ls"):
        whole = Path(f"/bin/{name}").read_bytes()
        lean = tmp_path / name
        lean.write_bytes(loaded_part(whole))
        lean.chmod(0o755)
        assert lean.stat().st_size < len(whole)
        done = subprocess.run([str(lean), str(tmp_path)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
    assert loaded_part(b"#!/bin/sh\n") == b"#!/bin/sh\n"
    assert loaded_part(b"\x7fELF\x02\x01") == b"\x7fELF\x02\x01"


def test_the_program_imports_nothing_of_microdc_and_little_of_the_library() -> None:
    """In a process of its own, as in the ramdisk: without site-packages."""
    from microdc.deploy.ramdisk import image

    home = Path(image.__file__).parent
    names = [f"resident.{path.stem}" for path in (home / "resident").glob("*.py") if path.stem != "__init__"]
    code = f"import sys; sys.path.insert(0, {str(home)!r})\n" + "".join(f"import {name}\n" for name in names)
    code += "print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-ISB", "-c", code], capture_output=True, text=True, check=True, env={**os.environ}
    )
    loaded = set(done.stdout.split())
    assert not {"microdc", "email", "ssl", "http", "asyncio", "uuid"} & loaded
    assert set(names) <= loaded


# -- the whole program


@pytest.fixture
def station() -> Iterator[NastyStation]:
    made = NastyStation()
    made.orders = {"TOKEN": {"node": "n1", "move": 1, "action": "inspect"}}
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def booted(station: NastyStation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the program keeps its state; its kernel's command line names the station."""
    line = f"microdc.station=http://{station.address}:{station.port} microdc.token=TOKEN microdc.node=n1"
    (tmp_path / "cmdline").write_text(f"{line} microdc.linger=0.01\n")
    monkeypatch.setattr(start, "_COMMAND_LINE", tmp_path / "cmdline")
    monkeypatch.setattr(start, "_STATE", tmp_path / "run/state.json")
    monkeypatch.setattr(sys, "argv", ["ramdisk.py"])
    return tmp_path / "run/state.json"


def test_an_error_of_the_program_itself_is_told(
    station: NastyStation, booted: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(asked: commandline.Asked, place: Station) -> int:
        place.hello(asked.token, {"serial": "S1"})
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(start, "_work", broken)
    with pytest.raises(SystemExit) as ended:
        start.main()
    assert ended.value.code == start.POWER_OFF
    assert booted.parent.is_dir()
    failed = station.last("failed")
    assert failed.data["code"] == "crash"
    assert "ZeroDivisionError: by nothing" in failed.data["text"]
    assert "microdc: failed: crash: " in capsys.readouterr().out


def test_a_program_that_was_killed_is_told_by_the_next(
    station: NastyStation, booted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = {"place": [station.address, station.port], "session": "s-TOKEN", "linger": 0.01}
    booted.parent.mkdir()
    booted.write_text(json.dumps(state))
    monkeypatch.setattr(sys, "argv", ["ramdisk.py", "crashed", "137"])
    with pytest.raises(SystemExit) as ended:
        start.main()
    assert ended.value.code == start.POWER_OFF
    assert station.last("failed").data == {
        "code": "crash",
        "text": "the ramdisk's program ended with status 137",
    }


@pytest.mark.usefixtures("booted")
def test_a_spent_token_is_told_on_the_console(
    station: NastyStation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    station.orders = {}
    monkeypatch.setattr(start, "_work", lambda asked, place: place.hello(asked.token, {}))
    with pytest.raises(SystemExit):
        start.main()
    assert station.told == []
    assert "microdc: failed: no-order: the station gives no order: 403 spent-token" in capsys.readouterr().out


def test_a_hello_whose_answer_was_lost_is_said_again(station: NastyStation) -> None:
    """With the same nonce, by which the station knows it."""
    station.lost_answers = 1
    order = Station(Place(station.address, station.port)).hello("TOKEN", {"serial": "S1"}, 20)
    assert order["action"] == "inspect"
    assert len(station.hellos) == 2
    assert len({hello["nonce"] for hello in station.hellos}) == 1


def test_the_tables_of_built_images_are_read() -> None:
    """Images and ramdisk have code of their own for one format."""
    kinds_of = [built.BIOS_BOOT, built.EFI_SYSTEM, built.LINUX_ROOT_AMD64]
    partitions = [
        built.Partition(kind, UUID(int=index + 1), 2048 * (index + 1), 2048, f"part {index}")
        for index, kind in enumerate(kinds_of)
    ]
    first, last = built.tables(UUID(int=99), partitions, 10_000)
    table = gpt.parse(first)
    assert table is not None
    assert (table.guid, table.sectors) == (UUID(int=99).bytes_le, 10_000)
    assert [(each.number, each.type, each.first, each.last, each.name) for each in table.partitions] == [
        (index + 1, kind.bytes_le, 2048 * (index + 1), 2048 * (index + 2) - 1, f"part {index}")
        for index, kind in enumerate(kinds_of)
    ]
    assert (gpt.first_bytes(table), gpt.last_bytes(table)) == (first, last)
