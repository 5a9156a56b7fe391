"""The command line of QEMU for a virtual server. Pure.

The firmware writes its text to the serial port (`graphics=off`), and so iPXE does, which speaks through the firmware.
iPXE's ROM for virtio bears the PCI number of a modern device (1af4:1041), and SeaBIOS runs no ROM whose number is another:
a NIC that is named a ROM must be `disable-legacy=on`. (QEMU rewrites the number in the ROM that it picks by itself only.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from microdc.images import acceleration
from microdc.lab.machine import bootorder
from microdc.lab.machine.model import BootRequest, Description

PROGRAM = "qemu-system-x86_64"
ROMS = {"bios": "pxe-virtio.rom", "uefi": "efi-virtio.rom"}
"""iPXE, as a NIC's option ROM."""
_EMULATED = ("-accel", "tcg,thread=multi", "-cpu", "max")


@dataclass(frozen=True, slots=True)
class Handles:
    """Descriptors that QEMU inherits: sockets that listen already, and a tap for each NIC."""

    monitor: int
    console: int
    taps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Firmware:
    """Paths. code, variables: of UEFI, None where SeaBIOS starts, which QEMU brings; rom: of the NICs, None for none."""

    code: Path | None
    variables: Path | None
    rom: Path | None


def argv(
    description: Description,
    request: BootRequest,
    firmware: Firmware,
    handles: Handles,
    *,
    kvm: bool,
    console_log: Path,
) -> list[str]:
    """The words that start the machine."""
    order = bootorder.asked(description, request)
    words = [PROGRAM, "-nodefaults", "-no-user-config", "-display", "none"]
    words += ["-name", _escaped(description.name)]
    words += ["-machine", "q35,graphics=off", *(acceleration.PROCESSOR if kvm else _EMULATED)]
    words += ["-smp", str(description.cpus), "-m", str(description.memory_now_mib)]
    words += ["-boot", "strict=on"]  # only what has an index is booted from
    words += _smbios(description)
    words += ["-chardev", f"socket,id=monitor,fd={handles.monitor},server=on,wait=off"]
    words += ["-mon", "chardev=monitor,mode=control"]
    words += _firmware(firmware, request)
    if description.console:
        log = f"logfile={_escaped(console_log)},logappend=on"
        words += ["-chardev", f"socket,id=console,fd={handles.console},server=on,wait=off,{log}"]
        words += ["-serial", "chardev:console"]
    words += _disks(description, order)
    return words + _nics(description, order, handles.taps, firmware.rom)


def _smbios(description: Description) -> list[str]:
    system = {
        "manufacturer": description.manufacturer,
        "product": description.model,
        "serial": description.serial,
        "sku": description.sku,
        "uuid": description.uuid,
    }
    chassis = {"manufacturer": description.manufacturer, "serial": description.serial}
    return ["-smbios", _fields("type=1", system), "-smbios", _fields("type=3", chassis)]


def _firmware(firmware: Firmware, request: BootRequest) -> list[str]:
    words: list[str] = []
    if firmware.code and firmware.variables:
        flash = "if=pflash,format=raw"
        words += ["-drive", f"{flash},readonly=on,file={_escaped(firmware.code)}"]
        words += ["-drive", f"{flash},file={_escaped(firmware.variables)}"]
    if request.target == "http":
        # OVMF tries PXE before HTTP on every NIC unless it is told not to (OvmfPkg/README, "Network Support")
        for version in ("4", "6"):
            words += ["-fw_cfg", f"name=opt/org.tianocore/IPv{version}PXESupport,string=n"]
    return words


def _disks(description: Description, order: Mapping[str, int]) -> list[str]:
    words: list[str] = []
    for number, disk in enumerate(description.disks):
        name = f"disk{number}"
        words += ["-drive", f"if=none,id=drive-{name},format=raw,discard=unmap,file={_escaped(disk.path)}"]
        device = f"virtio-blk-pci,id={name},drive=drive-{name},serial={_escaped(disk.name)}"
        words += ["-device", device + _index(order, name)]
    if description.cd:
        words += [
            "-drive",
            f"if=none,id=drive-cd0,media=cdrom,readonly=on,format=raw,file={_escaped(description.cd)}",
        ]
        words += ["-device", "ide-cd,id=cd0,drive=drive-cd0" + _index(order, "cd0")]
    if bootorder.NOTHING in order:
        words += ["-device", f"ide-cd,id={bootorder.NOTHING}" + _index(order, bootorder.NOTHING)]
    return words


def _nics(
    description: Description, order: Mapping[str, int], taps: Sequence[int], rom: Path | None
) -> list[str]:
    words: list[str] = []
    for number, (nic, tap) in enumerate(zip(description.nics, taps, strict=True)):
        words += ["-netdev", f"tap,id=net{number},fd={tap}"]
        device = f"virtio-net-pci,id=nic{number},netdev=net{number},mac={nic.mac},disable-legacy=on"
        brought = _escaped(rom) if rom and nic.rom else ""
        words += ["-device", f"{device},romfile={brought}{_index(order, f'nic{number}')}"]
    return words


def _index(order: Mapping[str, int], device: str) -> str:
    return f",bootindex={order[device]}" if device in order else ""


def _fields(head: str, values: Mapping[str, str]) -> str:
    return ",".join([head, *(f"{key}={_escaped(value)}" for key, value in values.items() if value)])


def _escaped(value: str | Path) -> str:
    """As QEMU wants a comma inside of a value."""
    return str(value).replace(",", ",,")
