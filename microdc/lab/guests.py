"""The guests of a lab: emulators with a kernel of their own, reached over SSH like any other."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from pathlib import Path

from microdc.events import Step
from microdc.host.model import Address
from microdc.host.operate import connect
from microdc.images.guest import Guest, boot
from microdc.images.model import GuestImage, GuestNic, GuestSettings, SshAccess
from microdc.images.operate import emulator_image
from microdc.images.sshkeys import KeyPair, new_key
from microdc.lab import fabric, names
from microdc.lab.keys import KeyFiles
from microdc.lab.plan import EmulatorPlan, LabPlan, Link
from microdc.lab.teardown import guest_processes

READY_SECONDS = 120.0
"""A guest without hardware virtualisation on a busy machine; 5 s is usual."""


def prepare(made: LabPlan) -> Generator[Step, None, GuestImage | None]:
    """The image that the lab's guests boot, from the cache or built; None for a lab without guests."""
    return (yield from emulator_image()) if made.management else None


def start(made: LabPlan, image: GuestImage | None) -> Generator[Step, None, Mapping[str, Mapping[str, str]]]:
    """Boots the guests all at once and waits until each answers over SSH.

    Returns for each emulator what its entry in the inventory says of where it is reached.
    """
    if image is None or made.management is None:
        return {emulator.name: {"host": f"netns:{emulator.namespace}"} for emulator in made.emulators}
    client = new_key()
    keys = {emulator.name: new_key() for emulator in made.emulators}
    hosts = [(_address(emulator), keys[emulator.name].public) for emulator in made.emulators]
    files = KeyFiles.write(names.lab_dir(made.lab) / "keys", client, hosts)
    running = {}
    for emulator in made.emulators:
        yield Step(f"Booting emulator {emulator.name}", "started")
        running[emulator.name] = time.monotonic(), _boot(made, emulator, image, client, keys[emulator.name])
    reached = {}
    for emulator in made.emulators:
        began, guest = running[emulator.name]
        guest.wait_ready(READY_SECONDS)
        reached[emulator.name] = _reach(made, emulator, files)
        took = f"{time.monotonic() - began:.1f} s"
        yield Step(f"Booting emulator {emulator.name}", "done", f"answers over SSH after {took}")
    return reached


def pid(made: LabPlan, emulator: EmulatorPlan) -> int | None:
    """The process of an emulator's guest; None where it does not run."""
    return next(guest_processes(_directory(made, emulator)), None)


def _directory(made: LabPlan, emulator: EmulatorPlan) -> Path:
    return names.lab_dir(made.lab) / "guests" / emulator.name


def _address(emulator: EmulatorPlan) -> str:
    assert emulator.management is not None
    return str(emulator.management.nic.addresses[0].ip)


def _boot(made: LabPlan, emulator: EmulatorPlan, image: GuestImage, client: KeyPair, own: KeyPair) -> Guest:
    assert made.management is not None
    assert emulator.management is not None
    links = (emulator.management, *emulator.uplinks)
    directory = _directory(made, emulator)
    directory.mkdir(parents=True)
    settings = GuestSettings(
        hostname=emulator.name,
        nics=tuple(map(_nic, links)),
        forwarding=True,
        ssh=SshAccess(own.dropbear, (client.public,)),
    )
    guest = boot(image, directory, settings, namespace=made.management.namespace)
    for link in links:
        fabric.attach(link.port)
    return guest


def _nic(link: Link) -> GuestNic:
    port, nic = link.port, link.nic
    return GuestNic(nic.name, nic.mac, port.name, port.namespace, nic.addresses, nic.mtu)


def _reach(made: LabPlan, emulator: EmulatorPlan, files: KeyFiles) -> Mapping[str, str]:
    """Logs in once; what the inventory says of the way there."""
    assert made.management is not None
    via, ip = made.management.namespace, _address(emulator)
    address = Address("ssh", ip, via=via, identity=files.identity, known_hosts=files.known_hosts)
    with connect(address) as host:
        host.run(["true"])
    return {
        "host": str(address),
        "via": via,
        "identity": str(files.identity),
        "known_hosts": str(files.known_hosts),
    }
