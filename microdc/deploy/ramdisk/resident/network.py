"""The NIC that the machine booted from gets its address; all others are only brought up, to see what they are plugged into."""

from __future__ import annotations

import time
from pathlib import Path

from . import nics, programs, sysfs
from .commandline import Asked, Static
from .saying import say
from .words import NO_ORDER, FailedError

_NIC_SECONDS, _LINK_SECONDS = 30.0, 60.0
LEASE = Path("/run/microdc/lease")
_IP = "ip"


def bring_up(asked: Asked) -> str:
    """The name of the NIC that has an address now. Raises FailedError where there is none."""
    name = _boot_nic(asked.mac)
    for each in nics.hardware_nics():
        _up(each)
    _wait_link(name)
    address = asked.static or _leased(name)
    try:
        programs.run([_IP, "address", "add", address.address, "dev", name])
        if address.gateway:
            programs.run([_IP, "route", "add", "default", "via", address.gateway, "dev", name])
    except programs.ProgramError as error:
        raise FailedError(NO_ORDER, f"the network of {name} cannot be set up: {error}") from None
    say(f"{name} has {address.address}")
    return name


def _up(name: str) -> None:
    try:
        programs.run([_IP, "link", "set", "dev", name, "up"])
    except (
        programs.ProgramError
    ) as error:  # such as a NIC without its firmware, which may be one that nobody needs
        say(f"{name} cannot be brought up: {error}")


def _boot_nic(mac: str) -> str:
    deadline = time.monotonic() + _NIC_SECONDS
    while True:
        names = nics.hardware_nics()
        found = nics.with_mac(mac) if mac else names[0] if len(names) == 1 else ""
        if found:
            return found
        if time.monotonic() > deadline:
            have = ", ".join(
                f"{each['name']} {each['mac']} ({each['driver']})" for each in map(nics.describe, names)
            )
            what = (
                f"no NIC has the address {mac}" if mac else "nobody says from which NIC this machine booted"
            )
            raise FailedError(NO_ORDER, f"{what}; there are: {have or 'none that a driver here knows'}")
        time.sleep(0.2)


def _wait_link(name: str) -> None:
    deadline = time.monotonic() + _LINK_SECONDS
    while sysfs.text(Path("/sys/class/net") / name / "carrier") != "1":
        if time.monotonic() > deadline:
            say(f"{name} has no link; going on all the same")
            return
        time.sleep(0.1)


def _leased(name: str) -> Static:
    LEASE.parent.mkdir(parents=True, exist_ok=True)
    try:
        programs.run(
            ["udhcpc", "-f", "-n", "-q", "-t", "10", "-T", "3", "-i", name, "-s", "/usr/lib/microdc/lease"]
        )
        address, _, gateway = LEASE.read_text("ascii").strip().partition(" ")
    except (programs.ProgramError, OSError) as error:
        raise FailedError(NO_ORDER, f"{name} gets no address over DHCP: {error}") from None
    return Static(address, gateway)
