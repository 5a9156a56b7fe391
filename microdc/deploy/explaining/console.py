"""What lines on a serial console mean: a table of signs, each with where its text comes from. Pure.

A console has 80 columns where firmware writes, so that a text may be broken anywhere: a sign is looked for in a line and in that line joined with the next.
To add one: a row in SIGNS; the cause that it speaks for looks for its word with `Case.signs`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Stage = Literal["firmware", "loader", "kernel", "system"]


@dataclass(frozen=True, slots=True)
class Sign:
    """A text on a console. word: what it is called here; stage: who writes it; what: its meaning; source: where the text is from. bad: whether it is trouble."""

    word: str
    stage: Stage
    pattern: re.Pattern[str]
    what: str
    source: str
    bad: bool = True


def _sign(word: str, stage: Stage, pattern: str, what: str, source: str, *, bad: bool = True) -> Sign:
    return Sign(word, stage, re.compile(pattern, re.IGNORECASE), what, source, bad)


_IPXE = "iPXE, src/usr/{ifmgmt,autoboot,imgmgmt}.c and src/include/errno.h"
_SEABIOS = "SeaBIOS, src/boot.c"
_EDK2 = "EDK II, MdeModulePkg/Universal/BdsDxe and NetworkPkg/UefiPxeBcDxe"
_PXE = "Intel, PXE 2.1, appendix with error codes"
_LINUX = "Linux, kernel/panic.c, init/do_mounts.c, init/initramfs.c, mm/oom_kill.c"
_INITRAMFS = "initramfs-tools, scripts/local and scripts/functions"
_GRUB = "GRUB 2, grub-core/{kern,normal}"

SIGNS = (
    _sign("link-down", "loader", r"Link:down|Link status: Down|Waiting for link-up.{0,200}(?:fail|timed out)|ipxe\.org/3808",
          "iPXE sees no link", _IPXE),
    _sign("no-dhcp", "loader", r"No configuration methods succeeded|ipxe\.org/040ee1",
          "iPXE got no answer to its DHCP", _IPXE),
    _sign("nothing-to-boot", "loader", r"Nothing to boot|No filename or root path specified",
          "iPXE got an address, and nothing to load", _IPXE),
    _sign("no-more-devices", "loader", r"No more network devices", "iPXE tried all its NICs", _IPXE),
    _sign("ipxe-timeout", "loader", r"(?:Connection timed out|ipxe\.org/4c[0-9a-f]{6})",
          "iPXE waited in vain for the server", _IPXE),
    _sign("ipxe-refused", "loader", r"Connection refused|ipxe\.org/0e[0-9a-f]{6}",
          "nothing listens where iPXE asks", _IPXE),
    _sign("ipxe-denied", "loader", r"ipxe\.org/02[0-9a-f]{6}", "iPXE was refused a file", _IPXE),
    _sign("ipxe-no-file", "loader", r"ipxe\.org/2d0c[0-9a-f]{4}", "the server has no such file", _IPXE),
    _sign("not-runnable", "loader", r"Exec format error|ipxe\.org/2e[0-9a-f]{6}",
          "iPXE cannot run what it fetched", _IPXE),
    _sign("ipxe-memory", "loader", r"Not enough space \(http|ipxe\.org/31[0-9a-f]{6}",
          "iPXE has not enough memory for it", _IPXE),
    _sign("media-test", "firmware", r"PXE-E61|PXE-E12: Could not detect network connection",
          "the firmware sees no link", f"{_PXE}; {_EDK2}"),
    _sign("no-offer", "firmware", r"PXE-E16|PXE-E51|PXE-E52", "the firmware got no answer to its DHCP", f"{_PXE}; {_EDK2}"),
    _sign("no-filename", "firmware", r"PXE-E53", "the firmware was told no file to load", f"{_PXE}; {_EDK2}"),
    _sign("tftp-timeout", "firmware", r"PXE-E18|PXE-E32|PXE-E35", "TFTP did not answer the firmware", f"{_PXE}; {_EDK2}"),
    _sign("tftp-error", "firmware", r"PXE-E23|PXE-T0[0-9]|PXE-E3B", "TFTP refused the file", f"{_PXE}; {_EDK2}"),
    _sign("pxe-unexpected", "firmware", r"PXE-E99", "the firmware could not load its file", _EDK2),
    _sign("secure-boot", "firmware", r"Access Denied|Security Violation|Security Policy Violation",
          "Secure Boot refuses what was loaded", _EDK2),
    _sign("disk-boot", "firmware", r"Booting from Hard Disk|BdsDxe: starting Boot\w+ \"[^\"]*(?:HARDDISK|Misc Device|NVMe|SATA)",
          "the firmware boots from a disk", f"{_SEABIOS}; {_EDK2}", bad=False),
    _sign("no-boot-device", "firmware",
          r"No bootable device|Boot failed: not a bootable disk|Boot failed: could not read the boot disk|"
          r"No bootable option or device was found|Operating system not found",
          "the firmware found nothing to boot", f"{_SEABIOS}; {_EDK2}"),
    _sign("no-loader-on-disk", "loader", r"grub rescue>|error: no such (?:partition|device|disk)|error: unknown filesystem",
          "GRUB does not find its files", _GRUB),
    _sign("root-missing", "system", r"Gave up waiting for (?:root|suspend/resume)|ALERT!.{0,160}does not exist|"
          r"Unable to mount root fs|Cannot open root device",
          "the system does not find its root file system", f"{_INITRAMFS}; {_LINUX}"),
    _sign("panic", "kernel", r"Kernel panic - not syncing|end Kernel panic", "the kernel panicked", _LINUX),
    _sign("no-memory", "kernel", r"Initramfs unpacking failed|Out of memory: Killed process|System is deadlocked on memory",
          "the machine has too little memory", _LINUX),
    _sign("login", "system", r"\blogin:\s*$", "the system asks for a login", "agetty", bad=False),
    _sign("emergency", "system", r"You are in emergency mode|Failed to start.{0,80}(?:File System|Network)|\(initramfs\)\s*$",
          "the system stopped in the middle of its start", "systemd; initramfs-tools"),
    _sign("clock-read", "kernel", r"setting system clock to \d{4}-", "the kernel tells the machine's clock",
          "Linux, drivers/rtc/class.c", bad=False),
)  # fmt: skip

_ESCAPES = re.compile(
    r"\x1b(?:\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)|\[[0-9;?]*[ -/]*[@-~]|[()][A-Z0-9]|[=>78cDEHM])|[\x00-\x08\x0b-\x1f\x7f]"
)
"""What a terminal acts on and does not show: ECMA-48 control sequences, and control characters."""
_LONGEST = 2000


def clean(text: str) -> str:
    """A line as a terminal would show it. A machine may write anything to its console: control sequences are taken out, and it is cut."""
    return _ESCAPES.sub("", text)[:_LONGEST].rstrip()


def signs_of(line: str, following: str = "") -> Iterator[Sign]:
    """The signs in a line; of those that run on into the following line, too. Each once."""
    first = clean(line)
    joined = first + clean(following)
    for sign in SIGNS:
        match = sign.pattern.search(first) or sign.pattern.search(joined)
        if match is not None and match.start() < len(first):
            yield sign
