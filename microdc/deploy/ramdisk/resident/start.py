"""The program of the ramdisk: from the kernel's command line to the machine's next boot.

Its exit status tells `init` what comes: REBOOT, POWER_OFF, or anything else for a crash, after which it is started once more to tell so.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from . import cleaning, commandline, deploying, drivers, hardware, network, nics, programs, words
from .commandline import Asked
from .disks import Disk, disks
from .lldp import Listener
from .saying import say
from .station import Station
from .wire import Place
from .words import FailedError

REBOOT, POWER_OFF, CRASHED = 10, 11, 1
_COMMAND_LINE, _STATE = Path("/proc/cmdline"), Path("/run/microdc/state.json")
_DISK_SECONDS, _LOOK_SECONDS, _LLDP_SECONDS = 20.0, 1.0, 35.0
"""LLDP is sent every 30 s."""
_LAST_LINES = 12


def run() -> NoReturn:
    """`main`, and an end at once: a thread that still listens would otherwise be ended by libgcc's unwinder, which is not here."""
    status = CRASHED
    try:
        main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else CRASHED
    except BaseException:  # noqa: BLE001 - it ends here in any case, and says why
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def main() -> None:
    """`start.py`, or `start.py crashed STATUS` after it ended with that."""
    _STATE.parent.mkdir(parents=True, exist_ok=True)
    if sys.argv[1:2] == ["crashed"]:
        sys.exit(_crashed(sys.argv[2]))
    station = Station(Place("", 0))
    linger = commandline.LINGER
    try:
        asked = commandline.parse(_COMMAND_LINE.read_text("utf-8"))
        linger = asked.linger
        station.place = Place(asked.host, asked.port)
        sys.exit(_work(asked, station))
    except FailedError as error:
        _failed(station, error.code, error.text, linger)
    except Exception:  # noqa: BLE001 - whatever it is, the controller has to learn of it
        _failed(station, words.CRASH, "\n".join(traceback.format_exc().splitlines()[-_LAST_LINES:]), linger)
    sys.exit(POWER_OFF)


def _work(asked: Asked, station: Station) -> int:
    say(f"the ramdisk runs on {asked.node}")
    loaded = drivers.load()
    say(f"kernel modules: {' '.join(loaded)}")
    _mount_efivars()
    network.bring_up(asked)
    listener = Listener({name: _index(name) for name in nics.hardware_nics()})
    found = hardware.found()
    say(summary(found))
    order = station.hello(asked.token, found)
    _STATE.write_text(
        json.dumps({"place": [asked.host, asked.port], "session": station.session, "linger": asked.linger})
    )
    _set_clock(str(order.get("time", "")))
    say(f"hello: the order is to {order['action']}")
    match order["action"]:
        case "deploy":
            deploying.deploy(station, order, _disks(), listener.neighbours)
            station.report(words.REBOOTING, "into the system on the disk", {}, 10.0)
            return REBOOT
        case "clean":
            cleaning.clean(station, order, _disks())
        case "inspect":
            _inspected(station, hardware.found(), listener)
        case other:
            raise FailedError(words.NO_ORDER, f"the order is to {other!r}, which nobody here knows how to do")
    say("powering off")
    return POWER_OFF


def summary(found: Mapping[str, Any]) -> str:
    """The machine in a few lines, for the console."""
    cpu, memory = found["cpu"], found["memory"]["total"]
    lines = [
        f"{found['manufacturer']} {found['product']}, serial {found['serial'] or 'unknown'}, {found['firmware']}"
    ]
    lines += [f"{cpu['threads']} × {cpu['model']}, {memory >> 20} MiB"]
    for disk in found["disks"]:
        lines.append(
            f"disk {disk['name']}: {disk['size'] >> 20} MiB, {disk['kind']}, serial {disk['serial'] or 'unknown'}: "
            + (", ".join(disk["content"]) or "empty")
        )
    for nic in found["nics"]:
        lines.append(
            f"NIC {nic['name']}: {nic['mac']}, {nic['driver']}, {'link' if nic['link'] else 'no link'}"
        )
    return "\n".join(lines)


def _inspected(station: Station, found: dict[str, Any], listener: Listener) -> None:
    heard = listener.neighbours(_LLDP_SECONDS)
    for nic in found["nics"]:
        nic["lldp"] = heard.get(nic["name"])
    station.report(
        words.INSPECTED, f"{len(heard)} of {len(found['nics'])} NICs hear a switch", {"hardware": found}
    )


def _disks() -> list[Disk]:
    """The disks, when there are no more to come: two looks in a row find the same. None that is built in is waited for longer: a BMC's virtual
    medium is always there first.
    """
    deadline, found = time.monotonic() + _DISK_SECONDS, disks()
    while time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        before, found = found, disks()
        if any(disk.fixed for disk in found) and found == before:
            break
    return found


def _index(name: str) -> int:
    return int((Path("/sys/class/net") / name / "ifindex").read_text())


def _mount_efivars() -> None:
    place = Path("/sys/firmware/efi/efivars")
    if place.is_dir() and not any(place.iterdir()):
        try:
            programs.run(["mount", "-t", "efivarfs", "efivarfs", str(place)])
        except programs.ProgramError as error:
            say(f"what UEFI remembers cannot be seen: {error}")


def _set_clock(said: str) -> None:
    """The station's time becomes this machine's, and its hardware clock's for the system that comes."""
    if not said:
        return
    now = datetime.fromisoformat(said)
    wrong = abs(now.timestamp() - time.time())
    time.clock_settime(time.CLOCK_REALTIME, now.timestamp())
    if wrong > 60:
        say(f"the clock was wrong by {wrong:.0f} s; it is {said} now")
    try:
        programs.run(["hwclock", "-w", "-u"])
    except programs.ProgramError as error:
        say(f"the hardware clock cannot be set: {error}")


def _failed(station: Station, code: str, text: str, linger: float) -> None:
    """Tells it, and stays up for a while, so that somebody can look."""
    station.report(words.FAILED, f"{code}: {text}", {"code": code, "text": text})
    say(f"powering off in {linger:.0f} s")
    time.sleep(linger)


def _crashed(status: str) -> int:
    """Tells in the place of a program that was killed."""
    linger, text = commandline.LINGER, f"the ramdisk's program ended with status {status}"
    station = Station(Place("", 0))
    if _STATE.exists():
        state = json.loads(_STATE.read_text())
        station = Station(Place(*state["place"]), state["session"])
        linger = state["linger"]
    _failed(station, words.CRASH, text, linger)
    return POWER_OFF
