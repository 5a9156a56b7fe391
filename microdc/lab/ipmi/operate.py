"""A virtual server's BMC over IPMI: OpenIPMI's ipmi_sim, started, found again and ended.

Both this and the Redfish service act on the machine of the same directory. Its files are in `ipmi/` there.

What ipmi_sim 2.0.33 is and is not, found by running and reading it (lanserv/):

- A line of the command file that it cannot read ends the file there, before `mc_enable`: it lives, and never listens. Nor
  does it where the port is taken. So it counts as started when it answers, and what it printed is told where it does not.
- Bytes in the command file need `0x`. Users of a name are looked up from number 2 on; number 1 is the anonymous one.
- RMCP+ has cipher suite 3 only: `ipmitool -C 3` (the suite 17 that ipmitool tries first is refused after a second).
- The chassis is a program that it waits for, deaf meanwhile: power, reset, shutdown and boot (none, pxe, default, cdrom,
  bios) are handed on. Not handed on: whether a boot is for once, and UEFI or BIOS. What it answers about boot flags has no
  valid bit, so that pyghmi reads `default` and ipmitool "Boot Flag Invalid".
- NMI (`chassis power diag`) is refused (0xCC). A power cycle of a machine that is off turns it on, a second later.
- An identify lamp is handed on and ends there. No serial over LAN here: the serial port has one reader.
- The event log is kept in `ipmi/state` and outlives it, with the time of the machine it runs on.
- A fan's lower threshold and the like are told as IPMI does; a machine that is off has the same readings.
"""

from __future__ import annotations

import contextlib
import shlex
import shutil
import sys
import time
from pathlib import Path

from microdc import requirements
from microdc.errors import UnreachableError
from microdc.host.daemon import Daemon
from microdc.host.local import LocalHost, NamespaceHost
from microdc.lab.ipmi import config, ping
from microdc.lab.ipmi.config import BmcSettings
from microdc.lab.ipmi.sensors import SENSORS
from microdc.lab.machine import files

READY_SECONDS = 20.0
"""Until it answers; 0.1 s is usual."""
PROGRAM = "ipmi_sim"
_ASK = 0.2  # s for one answer
_LOOK = 0.05  # s between two questions where it refuses at once


def start(directory: Path, settings: BmcSettings) -> Daemon:
    """Starts the BMC of the machine in `directory`; it answers when this returns. One that runs already is ended first.

    Raises UnreachableError where it is not installed or does not come to answer, InputError for settings that cannot be.
    """
    settings.check()
    _check_installed()
    description = files.read_description(directory)
    stop(directory)
    own = directory / "ipmi"
    (own / "state").mkdir(parents=True, exist_ok=True)
    for sensor in SENSORS:
        if not (directory / sensor.file).exists():
            files.write_text(directory / sensor.file, f"{sensor.usual}\n")
    chassis = shlex.join([sys.executable, "-m", "microdc.lab.machine", str(directory.resolve())])
    host = NamespaceHost(settings.namespace) if settings.namespace else LocalHost()
    host.put(config.lan(description, settings, chassis).encode(), str(own / "lan.conf"), mode=0o600)
    host.put(config.commands(description, directory.resolve()).encode(), str(own / "bmc.emu"))
    log = own / "ipmi_sim.log"
    log.unlink(missing_ok=True)
    words = [PROGRAM, "-n", "-c", str(own / "lan.conf"), "-f", str(own / "bmc.emu"), "-s", str(own / "state")]
    daemon = host.start_daemon(words, log=log)
    files.write_text(own / "ipmi_sim.pid", f"{daemon}\n")
    try:
        _wait_answer(daemon, settings, log)
    except BaseException:
        daemon.kill()
        raise
    return daemon


def stop(directory: Path) -> None:
    """Ends the BMC, and not the machine. Nothing happens where none runs."""
    daemon = running(directory)
    if daemon:
        daemon.kill()
    (directory / "ipmi" / "ipmi_sim.pid").unlink(missing_ok=True)


def running(directory: Path) -> Daemon | None:
    """The process of the machine's BMC; None where it does not run."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        daemon = Daemon.parse((directory / "ipmi" / "ipmi_sim.pid").read_text("ascii"))
        return daemon if daemon.alive() else None
    return None


def forget(directory: Path) -> None:
    """Takes the BMC's memory away: its event log, and users and settings that were changed over IPMI."""
    shutil.rmtree(directory / "ipmi", ignore_errors=True)


def _wait_answer(daemon: Daemon, settings: BmcSettings, log: Path) -> None:
    where = f"{settings.address} port {settings.port}"
    where = f"netns:{settings.namespace} {where}" if settings.namespace else where
    deadline = time.monotonic() + READY_SECONDS
    while not ping.answers(settings.address, settings.port, namespace=settings.namespace, timeout=_ASK):
        if daemon.wait(_LOOK):
            raise UnreachableError(f"{PROGRAM} ended at once: {_last_words(log)}", where=where)
        if time.monotonic() > deadline:
            what = (
                f"{PROGRAM} runs, but did not come to answer within {READY_SECONDS:g} s: {_last_words(log)}"
            )
            raise UnreachableError(what, where=where)


def _last_words(log: Path) -> str:
    lines = [line.strip() for line in log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
    return "; ".join(lines[-3:]) or "it said nothing"


def _check_installed() -> None:
    if requirements.find(PROGRAM) is None:
        package = next(tool.package for tool in requirements.TOOLS if tool.program == PROGRAM)
        hint = f"{requirements.install_line([package])}; microdc doctor tells more"
        raise UnreachableError(f"not installed: {PROGRAM}", where="this machine", hint=hint)
