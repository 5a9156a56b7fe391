"""The files of a machine's directory.

    machine.json   what it is made of, written by the lab
    boot.json      what it was asked to boot from; missing where nothing is asked
    lock           held by whoever changes something
    running        held by QEMU as long as it lives (see presence)
    qemu.pid       QEMU's process as `PID:START`
    qmp.sock       QEMU's monitor
    console.sock   the serial port, for one at a time; console.log: what came out of it, console.log.1: what came before
    qemu.log       what QEMU itself had to say since the last start
    uefi-vars.fd   what UEFI firmware remembers
    inlet ...      what its sensors read, as text; written by who wants it hot (see microdc.lab.ipmi.sensors)

`machine.json`:

    {"name": "n1", "uuid": "…", "serial": "…", "manufacturer": "…", "model": "…", "sku": "…",
     "memory_mib": 512, "cpus": 1, "firmware": "bios", "namespace": "mdc-lab-site",
     "nics": [{"name": "eth0", "mac": "52:54:00:00:00:01", "tap": "n1-eth0"}],
     "disks": [{"name": "disk0", "path": "disk0.img", "bytes": 1073741824}],
     "boot_order": ["disk", "pxe"], "cd": "", "console": true, "kvm": false}

All but name, uuid, memory_mib and cpus may be left out. Paths are relative to the directory. A NIC's `namespace` is the
machine's unless it has its own; one with `"rom": false` brings no iPXE. `"memory_now_mib": 256` beside `memory_mib` is a missing memory module: it holds from the
next start on.

Of the standard library only, and light: ipmi_sim waits for each program that reads the power.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any, get_args

from microdc.errors import InputError, UnreachableError
from microdc.lab.machine.model import TARGETS, BootRequest, Description, Disk, Mode, Nic

MACHINE, BOOT, PROCESS, MONITOR = "machine.json", "boot.json", "qemu.pid", "qmp.sock"
CONSOLE, CONSOLE_SOCKET, QEMU_LOG = "console.log", "console.sock", "qemu.log"
FIRMWARE_VARIABLES = "uefi-vars.fd"
_ORDER = ("disk", "pxe")
_FIRMWARE = "bios"


def read_description(directory: Path) -> Description:
    """Raises InputError for a `machine.json` that is missing or describes no machine."""
    path = directory / MACHINE
    data = _read(path)
    if data is None:
        raise InputError(
            "no machine is described here", where=str(path), hint="microdc lab up --rack makes some"
        )
    try:
        return _description(directory, data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise InputError(f"this describes no machine: {what}", where=str(path)) from None


def _description(directory: Path, data: dict[str, Any]) -> Description:
    namespace = str(data.get("namespace", ""))
    memory = int(data["memory_mib"])
    return Description(
        name=str(data["name"]),
        uuid=str(data["uuid"]),
        serial=str(data.get("serial", "")),
        manufacturer=str(data.get("manufacturer", "")),
        model=str(data.get("model", "")),
        sku=str(data.get("sku", "")),
        memory_mib=memory,
        memory_now_mib=int(data.get("memory_now_mib") or memory),
        cpus=int(data["cpus"]),
        firmware=_one_of(data.get("firmware", _FIRMWARE), get_args(Mode)),
        nics=tuple(_nic(nic, namespace) for nic in data.get("nics", ())),
        disks=tuple(
            Disk(str(disk["name"]), directory / disk["path"], int(disk["bytes"]))
            for disk in data.get("disks", ())
        ),
        cd=directory / data["cd"] if data.get("cd") else None,
        namespace=namespace,
        boot_order=tuple(_one_of(target, TARGETS) for target in data.get("boot_order", _ORDER)),
        console=bool(data.get("console", True)),
        kvm=data.get("kvm"),
    )


def _nic(data: dict[str, Any], namespace: str) -> Nic:
    return Nic(
        str(data["name"]),
        str(data["mac"]).lower(),
        str(data["tap"]),
        str(data.get("namespace", namespace)),
        bool(data.get("rom", True)),
    )


def _one_of(value: Any, known: tuple[Any, ...]) -> Any:
    if value not in known:
        raise ValueError(f"{value!r} is none of {', '.join(known)}")
    return value


def change_description(directory: Path, **values: Any) -> None:
    """Sets keys of `machine.json`, or takes them out where the value is None."""
    data = {**(_read(directory / MACHINE) or {}), **values}
    _write(directory / MACHINE, {key: value for key, value in data.items() if value is not None})


def read_boot(directory: Path, firmware: Mode) -> BootRequest:
    """What is asked for now. Raises InputError where the file holds something else."""
    path = directory / BOOT
    data = _read(path)
    if data is None:
        return BootRequest("none", "disabled", firmware)
    try:
        request = BootRequest(data["target"], data["enabled"], data["mode"])
        request.check()
    except (KeyError, TypeError, InputError) as error:
        raise InputError(
            f"this is no boot request: {error}", where=str(path), hint="remove the file"
        ) from None
    return request.settled(firmware)


def write_boot(directory: Path, request: BootRequest) -> None:
    if request.enabled == "disabled":
        (directory / BOOT).unlink(missing_ok=True)
    else:
        _write(directory / BOOT, {"target": request.target, "enabled": request.enabled, "mode": request.mode})


def write_text(path: Path, text: str) -> None:
    """Writes a file whole or not at all, whenever this process is killed."""
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        part.write_text(text, "utf-8")
        part.replace(path)
    except OSError as error:
        raise UnreachableError(f"the file cannot be written: {error.strerror}", where=str(path)) from None
    finally:
        part.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise InputError(f"this is no JSON: {error}", where=str(path)) from None
    if not isinstance(data, dict):
        raise InputError("this is no JSON object", where=str(path))
    return data


def _write(path: Path, data: dict[str, Any]) -> None:
    write_text(path, json.dumps(data, indent=1) + "\n")
