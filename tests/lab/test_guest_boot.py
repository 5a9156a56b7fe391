"""The emulator's guest: it boots, is reached over SSH, carries single packets between its NICs, and leaves nothing."""

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_interface
from pathlib import Path

import pytest

from microdc.errors import InputError, UnreachableError
from microdc.events import Step
from microdc.host import namespaces
from microdc.host.local import NamespaceHost
from microdc.host.model import Address
from microdc.host.ssh import SshHost
from microdc.images import operate, sshkeys
from microdc.images.guest import Guest
from microdc.images.model import GuestImage, GuestNic, GuestSettings, SshAccess

pytestmark = [pytest.mark.lab, pytest.mark.root]

_READY = 60  # s; 4 on an idle machine


@dataclass
class Emulator:
    guest: Guest
    settings: GuestSettings
    host: SshHost
    namespaces: list[str]


def _image() -> GuestImage:
    def last(steps: Generator[Step, None, GuestImage]) -> GuestImage:
        while True:
            try:
                next(steps)
            except StopIteration as end:
                image: GuestImage = end.value
                return image

    return last(operate.emulator_image())


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    directory = tmp_path_factory.mktemp("guest")
    names = [f"test-guest-{part}-{os.getpid()}" for part in ("m", "a", "b")]
    identity, host_key = sshkeys.new_key(), sshkeys.new_key()
    (directory / "id").write_bytes(identity.openssh)
    (directory / "id").chmod(0o600)
    (directory / "known_hosts").write_text(f"10.99.0.2 {host_key.public}\n")
    nics = tuple(
        GuestNic(
            nic, f"52:54:00:99:00:{number:02x}", "tap0", name, (ip_interface(f"10.99.{number}.2/24"),), mtu
        )
        # in an order that is neither that of the addresses nor that of the names
        for nic, number, name, mtu in zip(
            ("zmgmt", "b-site", "a-site"), (0, 2, 1), names, (1500, 1500, 9000), strict=True
        )
    )
    settings = GuestSettings(
        "wan1", nics, forwarding=True, ssh=SshAccess(host_key.dropbear, (identity.public,))
    )
    try:
        for name in names:
            namespaces.create(name)
        guest = operate.boot(_image(), directory, settings, outlive=False)
        try:
            for nic in nics:
                _give_address(nic)
            guest.wait_ready(_READY)
            via, identity_file, known = names[0], directory / "id", directory / "known_hosts"
            address = Address("ssh", "10.99.0.2", via=via, identity=identity_file, known_hosts=known)
            with SshHost(address) as host:
                yield Emulator(guest, settings, host, names)
        finally:
            guest.stop()
    finally:
        for name in names:
            namespaces.delete(name)


def _give_address(nic: GuestNic) -> None:
    host = NamespaceHost(nic.namespace)
    ours = str(nic.addresses[0].network[1])
    for words in (f"address add {ours}/24 dev tap0", f"route add default via {nic.addresses[0].ip}"):
        assert host.run(["ip", *words.split()]).ok


def test_programs_run_in_it_over_ssh(emulator: Emulator) -> None:
    assert emulator.host.run(["hostname"]).stdout == b"wan1\n"
    assert emulator.host.run(["tc", "qdisc", "add", "dev", "a-site", "root", "netem", "delay", "20ms"]).ok
    assert b"delay 20ms" in emulator.host.run(["tc", "qdisc", "show", "dev", "a-site"]).stdout
    shown = emulator.host.run(["python3", "-c", "import sys, ssl, json; print(sys.version_info.major)"])
    assert (shown.stdout, shown.stderr) == (b"3\n", b"")


def test_nics_have_the_names_of_their_addresses_and_their_mtu(emulator: Emulator) -> None:
    for nic in emulator.settings.nics:
        shown = emulator.host.run(["ip", "-o", "address", "show", "dev", nic.name]).stdout.decode()
        assert str(nic.addresses[0]) in shown
        link = emulator.host.run(
            ["cat", f"/sys/class/net/{nic.name}/address", f"/sys/class/net/{nic.name}/mtu"]
        )
        assert link.stdout.decode().split() == [nic.mac, str(nic.mtu)]
        assert NamespaceHost(nic.namespace).run(["cat", "/proc/net/dev"]).ok


def test_it_routes_between_its_nics(emulator: Emulator) -> None:
    pinged = NamespaceHost(emulator.namespaces[1]).run(
        ["ping", "-c", "2", "-i", "0.2", "-W", "5", "10.99.1.1"]
    )
    assert pinged.ok, pinged.stdout


def test_it_takes_in_single_packets(emulator: Emulator) -> None:
    """A bulk transfer through it has no packet beyond the MTU, as the qdisc's own counters tell."""
    server = NamespaceHost(emulator.namespaces[1]).start(["iperf3", "-s", "-1", "--forceflush"])
    try:
        assert any(b"listening" in line for line in server.stdout)
        assert emulator.host.run(
            ["tc", "qdisc", "replace", "dev", "b-site", "root", "bfifo", "limit", "10000000"]
        ).ok
        ran = NamespaceHost(emulator.namespaces[2]).run(
            ["iperf3", "-c", "10.99.2.1", "-n", "20M", "-M", "1400"]
        )
        assert ran.ok, ran.stderr
    finally:
        server.kill()
    counted = emulator.host.run(["tc", "-s", "qdisc", "show", "dev", "b-site"]).stdout.decode().split()
    sent, packets = int(counted[counted.index("Sent") + 1]), int(counted[counted.index("Sent") + 3])
    assert sent > 10 << 20
    assert sent / packets <= 1514


def test_a_name_that_is_taken_is_said(emulator: Emulator, tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match=r"cannot make the tap tap0.*busy"):
        operate.boot(_image(), tmp_path, emulator.settings, outlive=False)


def test_a_guest_that_cannot_do_what_it_is_told_says_why(emulator: Emulator, tmp_path: Path) -> None:
    nic = replace(emulator.settings.nics[0], tap="tap9", name="lo")
    guest = operate.boot(_image(), tmp_path, GuestSettings(nics=(nic,)), outlive=False)
    try:
        with pytest.raises(UnreachableError, match=r"ended before it was ready: .* cannot be named lo"):
            guest.wait_ready(_READY)
    finally:
        guest.stop()


def test_the_status_of_its_command_comes_back(tmp_path: Path) -> None:
    settings = GuestSettings(command=("sh", "-c", 'exit "$WANTED"'), environment=(("WANTED", "7"),))
    guest = operate.boot(_image(), tmp_path, settings, outlive=False)
    try:
        assert guest.wait_exit(_READY) == 7
    finally:
        guest.stop()


def test_two_nics_of_one_address_are_refused(tmp_path: Path) -> None:
    nic = GuestNic("eth0", "52:54:00:00:00:01", "tap0")
    with pytest.raises(InputError, match="same mac"):
        operate.boot(_image(), tmp_path, GuestSettings(nics=(nic, replace(nic, name="eth1"))))


def test_it_takes_its_taps_with_it(emulator: Emulator) -> None:
    emulator.guest.stop()
    assert not emulator.guest.daemon.alive()
    for name in emulator.namespaces:
        assert b"tap0" not in NamespaceHost(name).run(["ip", "-o", "link"]).stdout
