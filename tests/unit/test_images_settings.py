import io
from dataclasses import replace
from ipaddress import ip_interface
from pathlib import Path

import paramiko
import pytest

from microdc.errors import InputError
from microdc.images import qemu, settings, sshkeys
from microdc.images.cpio import Directory, File
from microdc.images.model import GuestNic, GuestSettings, Machine, SshAccess

NIC = GuestNic(
    "paris",
    "52:54:00:00:00:01",
    "tap0",
    "site",
    (ip_interface("10.1.0.1/16"), ip_interface("fd00:1::1/32")),
    9000,
)


def _text(guest: GuestSettings, path: str) -> str:
    entry = settings.tree(guest)[path]
    assert isinstance(entry, File)
    return entry.read().decode()


def test_a_nic_is_named_by_its_address_and_brought_up() -> None:
    guest = GuestSettings(nics=(NIC,))
    assert _text(guest, "/etc/microdc/nics") == "52:54:00:00:00:01 paris\n"
    assert _text(guest, "/etc/microdc/network").splitlines() == [
        "link set dev paris mtu 9000 up",
        "address add 10.1.0.1/16 dev paris",
        "address add fd00:1::1/32 dev paris",
    ]


def test_only_a_router_forwards() -> None:
    assert "forward" not in _text(GuestSettings(), "/etc/microdc/sysctl")
    routes = _text(GuestSettings(forwarding=True), "/etc/microdc/sysctl")
    assert {"net/ipv4/ip_forward 1", "net/ipv6/conf/all/forwarding 1"} <= set(routes.splitlines())


def test_there_is_no_command_and_no_ssh_server_unless_asked_for() -> None:
    assert not {"/etc/microdc/command", "/etc/dropbear/host_key"} & settings.tree(GuestSettings()).keys()


def test_a_command_is_quoted_with_its_environment() -> None:
    guest = GuestSettings(command=("echo", "a b", "$HOME"), environment=(("NAME", "it's"),))
    assert _text(guest, "/etc/microdc/command").splitlines() == [
        "export NAME='it'\"'\"'s'",
        "exec echo 'a b' '$HOME'",
    ]


def test_keys_are_private_in_the_guest() -> None:
    tree = settings.tree(GuestSettings(ssh=SshAccess(b"key", ("ssh-ed25519 AAAA",))))
    assert tree["/etc/dropbear/host_key"] == File(b"key", 0o600)
    assert tree["/root/.ssh"] == Directory(0o700)
    assert tree["/root/.ssh/authorized_keys"] == File(b"ssh-ed25519 AAAA\n", 0o600)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"mac": "52:54:00"}, "no MAC address"),
        ({"mac": "52:54:00:00:00:0G"}, "no MAC address"),
        ({"mac": "01:00:5e:00:00:01"}, "no MAC address"),  # multicast
        ({"mac": "52:54:00:AA:00:01"}, "small letters"),
        ({"name": "much-too-long-for-linux"}, "cannot name an interface"),
        ({"tap": "a b"}, "cannot name an interface"),
    ],
)
def test_a_nic_that_cannot_be_is_refused(changed: dict[str, str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        settings.tree(GuestSettings(nics=(replace(NIC, **changed),)))  # type: ignore[arg-type]


def test_two_nics_share_neither_name_nor_address() -> None:
    with pytest.raises(InputError, match="the same name"):
        settings.tree(GuestSettings(nics=(NIC, replace(NIC, mac="52:54:00:00:00:02"))))
    with pytest.raises(InputError, match="the same mac"):
        settings.tree(GuestSettings(nics=(NIC, replace(NIC, name="boston"))))


def _argv(machine: Machine, *, kvm: bool) -> str:
    files = {"console": Path("console"), "channel": Path("channel")}
    return " ".join(qemu.argv(machine, Path("vmlinuz"), "initrd", [(NIC, 7)], kvm=kvm, **files))


def test_the_guest_takes_in_no_segments_longer_than_a_packet() -> None:
    line = _argv(Machine(), kvm=False)
    assert "tap,id=net0,fd=7" in line
    for option in ("gso=off", "guest_tso4=off", "guest_tso6=off", "guest_ufo=off", "host_tso4=off"):
        assert option in line


def test_time_is_virtual_on_one_emulated_processor_only_where_asked() -> None:
    assert "-accel kvm" in _argv(Machine(), kvm=True)
    assert "-icount" not in _argv(Machine(), kvm=False)
    virtual = _argv(Machine(processors=4, icount=True), kvm=True)
    assert "kvm" not in virtual
    assert "-smp 1" in virtual
    assert "sleep=off" in virtual


def test_a_key_is_the_same_in_every_form() -> None:
    pair = sshkeys.new_key()
    key = paramiko.Ed25519Key.from_private_key(io.StringIO(pair.openssh.decode()))
    assert pair.public == f"ssh-ed25519 {key.get_base64()}"
    assert key.asbytes()[-32:] == pair.dropbear[-32:]
    assert sshkeys.new_key().public != pair.public
