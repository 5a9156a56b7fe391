"""The guests of a lab: emulators with a kernel of their own, reached over SSH like any other."""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path

from microdc.errors import UnreachableError
from microdc.events import Step
from microdc.host.model import Address
from microdc.host.operate import connect
from microdc.images.guest import Guest, boot
from microdc.images.model import GuestImage, GuestNic, GuestSettings, SshAccess
from microdc.images.operate import emulator_image
from microdc.images.sshkeys import new_key
from microdc.lab import fabric, names
from microdc.lab.keys import KeyFiles
from microdc.lab.plan import EmulatorPlan, LabPlan
from microdc.lab.ports import Link
from microdc.lab.teardown import guest_processes

READY_SECONDS = 120.0
"""A guest without hardware virtualisation on a busy machine; 5 s is usual."""

Reached = dict[str, dict[str, str]]
"""Emulator -> what its entry in the inventory says of where it is reached: `host`, `via` and the files for SSH."""


def prepare(made: LabPlan) -> Generator[Step, None, GuestImage | None]:
    """The image that the lab's guests boot, from the cache or built; None for a lab without guests."""
    return (yield from emulator_image()) if made.management else None


def start(made: LabPlan, image: GuestImage) -> Generator[Step, None, Reached]:
    """Boots the guests all at once and waits until each answers over SSH.

    Raises UnreachableError with a guest's last words where it does not come up.
    """
    client = new_key()
    ways_in = [(emulator, emulator.management) for emulator in made.emulators if emulator.management]
    own = {emulator.name: new_key() for emulator, _ in ways_in}
    trusted = [(_ip(way_in), own[emulator.name].public) for emulator, way_in in ways_in]
    files = KeyFiles.write(names.lab_dir(made.lab) / "keys", client, trusted)
    running, reached = [], {}
    for emulator, way_in in ways_in:
        yield Step(f"Booting emulator {emulator.name}", "started")
        ssh = SshAccess(own[emulator.name].dropbear, (client.public,))
        running.append((time.monotonic(), _boot(made, emulator, way_in, image, ssh)))
    for (emulator, way_in), (began, guest) in zip(ways_in, running, strict=True):
        guest.wait_ready(READY_SECONDS)
        reached[emulator.name] = _log_in(way_in, files)
        took = f"answers over SSH after {time.monotonic() - began:.1f} s"
        yield Step(f"Booting emulator {emulator.name}", "done", took)
    return reached


def pid(made: LabPlan, emulator: EmulatorPlan) -> int | None:
    """The process of an emulator's guest; None where it does not run."""
    return next(guest_processes(_directory(made, emulator)), None)


def _directory(made: LabPlan, emulator: EmulatorPlan) -> Path:
    return names.lab_dir(made.lab) / "guests" / emulator.name


def _ip(way_in: Link) -> str:
    return str(way_in.nic.addresses[0].ip)


def _boot(made: LabPlan, emulator: EmulatorPlan, way_in: Link, image: GuestImage, ssh: SshAccess) -> Guest:
    links = (way_in, *emulator.uplinks)
    directory = _directory(made, emulator)
    directory.mkdir(parents=True)
    settings = GuestSettings(hostname=emulator.name, nics=tuple(map(_nic, links)), forwarding=True, ssh=ssh)
    guest = boot(image, directory, settings, namespace=way_in.port.namespace)
    try:
        for link in links:
            fabric.attach(link.port)
    except UnreachableError:
        if not guest.daemon.alive():  # its taps went with it: what it said tells more
            guest.wait_ready(0)
        raise
    return guest


def _nic(link: Link) -> GuestNic:
    """A guest's NIC, whose tap is the bridge's port itself."""
    port, nic = link.port, link.nic
    return GuestNic(nic.name, nic.mac, port.name, port.namespace, nic.addresses, nic.mtu)


def _log_in(way_in: Link, files: KeyFiles) -> dict[str, str]:
    """Logs in once; what the inventory says of the way there."""
    via = way_in.port.namespace
    address = Address("ssh", _ip(way_in), via=via, identity=files.identity, known_hosts=files.known_hosts)
    with connect(address) as host:
        done = host.run(["true"])
    if not done.ok:
        raise UnreachableError(f"the guest runs no program: status {done.status}", where=str(address))
    return {
        "host": str(address),
        "via": via,
        "identity": str(files.identity),
        "known_hosts": str(files.known_hosts),
    }
