"""A virtual server's BMC over IPMI: OpenIPMI's ipmi_sim, started, found again and ended.

Both this and the Redfish service act on the machine of the same directory. Its files are in `ipmi/` there.

What ipmi_sim 2.0.33 is and is not, found by running and reading it (lanserv/):

- A line of the command file that it cannot read ends the file there, before `mc_enable`: it lives, and never listens.
  So it counts as started when it answers, and what it printed is told where it does not.
- It takes a port that another one has (SO_REUSEADDR), and gets none or some of what comes: that is asked before.
- Bytes in the command file need `0x`. Users and passwords are split at blanks even between quotes. The hexadecimal
  form of a password cannot be used: 16 bytes are accepted, 20 are read. `initstate=` of a sensor is taken for a bad line.
- RMCP+ has cipher suite 3 only: `ipmitool -C 3` (the suite 17 that ipmitool tries first is refused after a second).
- The chassis is a program that it waits for, deaf meanwhile: power, reset, shutdown and boot (none, pxe, default, cdrom,
  bios) are handed on. Not handed on: whether a boot is for once, and UEFI or BIOS. What it answers about boot flags has no
  valid bit, so that pyghmi reads `default` and ipmitool "Boot Flag Invalid".
- NMI (`chassis power diag`) is refused (0xCC). A power cycle of a machine that is off turns it on, a second later.
- An identify lamp is handed on and ends there. No serial over LAN here: the serial port has one reader.
- The event log is kept in `ipmi/state` and outlives it. Its clock counts from when this machine started, until it is set
  (`ipmitool sel time set now`), and forgets that when it ends: ipmitool says "Pre-Init".
- A boot device that it has no word for (`floppy`) is answered with 0xFF.
- A machine that is off has the same readings as one that is on.
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
    if reason := ping.in_the_way(settings.address, settings.port, namespace=settings.namespace):
        raise UnreachableError(f"the BMC cannot listen: {reason}", where=_where(settings))
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
    where = _where(settings)
    deadline = time.monotonic() + READY_SECONDS
    while not ping.answers(settings.address, settings.port, namespace=settings.namespace, timeout=_ASK):
        if daemon.wait(_LOOK):
            raise UnreachableError(f"{PROGRAM} ended at once: {_last_words(log)}", where=where)
        if time.monotonic() > deadline:
            what = (
                f"{PROGRAM} runs, but did not come to answer within {READY_SECONDS:g} s: {_last_words(log)}"
            )
            hint = f"there may be a line in {log.with_name('bmc.emu')} that it does not know"
            raise UnreachableError(what, where=where, hint=hint)


def _where(settings: BmcSettings) -> str:
    place = f"{settings.address} port {settings.port}/udp"
    return f"netns:{settings.namespace} {place}" if settings.namespace else place


def _last_words(log: Path) -> str:
    lines = [line.strip() for line in log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
    return "; ".join(lines[-3:]) or "it said nothing"


def _check_installed() -> None:
    if requirements.find(PROGRAM) is None:
        package = next(tool.package for tool in requirements.TOOLS if tool.program == PROGRAM)
        hint = f"{requirements.install_line([package])}; microdc doctor tells more"
        raise UnreachableError(f"not installed: {PROGRAM}", where="this machine", hint=hint)
