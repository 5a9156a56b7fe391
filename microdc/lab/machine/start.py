"""Starts QEMU for a machine: what it needs is made or found first, and it runs when this returns."""

from __future__ import annotations

import contextlib
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

from microdc import requirements
from microdc.errors import UnreachableError
from microdc.host import namespaces
from microdc.host.daemon import Daemon
from microdc.host.local import LocalHost, NamespaceHost
from microdc.images import acceleration, tap
from microdc.images.model import GuestNic
from microdc.lab.machine import bootorder, files, monitor, qemu
from microdc.lab.machine.model import BootRequest, Description, Disk, Nic

CONSOLE_BYTES = 1 << 20
"""A console log that is longer becomes console.log.1 at the next start."""
OVMF_CODE, OVMF_VARIABLES = "OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"


def start(directory: Path, description: Description, request: BootRequest, claim: int) -> None:
    """Starts QEMU, which inherits the claim, and waits until it answers.

    Its own order of boot devices is put back at once for the time after: what was asked for holds for this start only,
    and a guest that resets itself boots as the machine does without it.
    Raises UnreachableError with QEMU's last words where it does not start.
    """
    host = NamespaceHost(description.namespace) if description.namespace else LocalHost()
    firmware = _firmware(directory, request)
    for disk in description.disks:
        _make(disk)
    _turn_over(directory / files.CONSOLE)
    (directory / files.QEMU_LOG).unlink(missing_ok=True)
    path = directory / files.MONITOR
    with (
        contextlib.closing(monitor.listen(path)) as monitor_socket,
        contextlib.closing(monitor.listen(directory / files.CONSOLE_SOCKET)) as console_socket,
        _taps(description.nics) as taps,
    ):
        handles = qemu.Handles(monitor_socket.fileno(), console_socket.fileno(), taps)
        words = qemu.argv(
            description,
            request,
            firmware,
            handles,
            kvm=acceleration.kvm_usable() if description.kvm is None else description.kvm,
            console_log=directory / files.CONSOLE,
        )
        inherited = (claim, handles.monitor, handles.console, *taps)
        daemon = host.start_daemon(words, log=directory / files.QEMU_LOG, pass_fds=inherited)
    files.write_text(directory / files.PROCESS, f"{daemon}\n")
    _wait_answer(directory, daemon, description, request)


def _wait_answer(directory: Path, daemon: Daemon, description: Description, request: BootRequest) -> None:
    order = {} if request.enabled == "continuous" else bootorder.back(description, request)
    commands: list[monitor.Command] = [
        ("qom-set", {"path": f"/machine/peripheral/{device}", "property": "bootindex", "value": index})
        for device, index in order.items()
    ]
    try:
        monitor.run(directory / files.MONITOR, commands)
    except UnreachableError as error:
        daemon.kill()
        log = (directory / files.QEMU_LOG).read_text("utf-8", errors="replace")
        words = "; ".join(line.strip() for line in log.splitlines()[-3:]) or error.what
        raise UnreachableError(f"QEMU did not start: {words}", where=str(directory)) from None


def _firmware(directory: Path, request: BootRequest) -> qemu.Firmware:
    # UEFI's own HTTP client does not see a NIC that iPXE's ROM has taken
    rom = None if request.target == "http" else _found(qemu.ROMS[request.mode])
    if request.mode == "bios":
        return qemu.Firmware(None, None, rom)
    code, variables = _found(OVMF_CODE), directory / files.FIRMWARE_VARIABLES
    if not variables.exists():
        part = variables.with_suffix(".part")
        shutil.copyfile(_found(OVMF_VARIABLES), part)
        part.replace(variables)
    return qemu.Firmware(code, variables, rom)


def _found(name: str) -> Path:
    path = requirements.find(name)
    if path is None:
        package = next(tool.package for tool in requirements.TOOLS if tool.program == name)
        hint = f"{requirements.install_line([package])}; microdc doctor tells more"
        raise UnreachableError(f"not installed: {name}", where="this machine", hint=hint)
    return Path(path)


def _make(disk: Disk) -> None:
    if disk.path.exists():
        return
    try:
        with disk.path.open("xb") as image:
            image.truncate(disk.size)
    except OSError as error:
        raise UnreachableError(f"the disk cannot be made: {error.strerror}", where=str(disk.path)) from None


def _turn_over(console: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if console.stat().st_size > CONSOLE_BYTES:
            console.replace(console.with_suffix(".log.1"))


@contextlib.contextmanager
def _taps(nics: tuple[Nic, ...]) -> Iterator[tuple[int, ...]]:
    """Descriptors of the NICs' taps, which must be there: one made here would be connected to nothing."""
    for nic in nics:
        try:
            namespaces.call(nic.namespace, lambda name=nic.tap: socket.if_nametoindex(name))  # type: ignore[misc]
        except OSError:
            where = f"netns:{nic.namespace}" if nic.namespace else "local"
            hint = f"ip tuntap add dev {nic.tap} mode tap"
            raise UnreachableError(
                f"the NIC {nic.name} has no tap {nic.tap}", where=where, hint=hint
            ) from None
    guests = tuple(GuestNic(nic.name, nic.mac, nic.tap, nic.namespace) for nic in nics)
    with tap.opened(guests, up=False) as descriptors:  # a port of a switch that is off stays off
        yield tuple(descriptors)
