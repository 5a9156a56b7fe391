"""One virtual server, as its BMC acts on it.

All of it lives in its directory (see files), so that the Redfish service, ipmi_sim and a command may act on the same
machine at once: nothing is remembered here, every change is made under one lock, and a process that is killed in
the middle leaves what the next one understands.

What acts is imported where it acts: ipmi_sim runs a new Python each time somebody asks for the power.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from microdc.errors import UnreachableError
from microdc.lab.machine import files, presence
from microdc.lab.machine.model import BootRequest, Description


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine of a directory. Each method raises UnreachableError or InputError that say what is in the way."""

    directory: Path

    def description(self) -> Description:
        return files.read_description(self.directory)

    def power(self) -> bool:
        """Whether it is on. A guest that has powered itself off is off, and so is a QEMU that was killed."""
        return presence.runs(self.directory)

    def on(self) -> None:
        """Turns it on; it is in its firmware when this returns. Nothing happens where it is on."""
        with presence.changing(self.directory):
            self._start()

    def off(self) -> None:
        """Takes the power away at once. Nothing happens where it is off."""
        with presence.changing(self.directory):
            self._end()

    def reset(self) -> None:
        """Off and on, so that what was asked for of the boot counts. A machine that is off stays off."""
        with presence.changing(self.directory):
            if self.power():
                self._end()
                self._start()

    def shutdown(self) -> None:
        """Presses the power button: the guest is told over ACPI, and may take its time, or not listen.

        Nothing happens where it is off.
        """
        with presence.changing(self.directory):
            if self.power():
                self._command("system_powerdown")

    def nmi(self) -> None:
        """Sends all processors a non-maskable interrupt; raises UnreachableError where the machine is off."""
        with presence.changing(self.directory):
            if not self.power():
                raise UnreachableError(
                    "a machine that is off takes no interrupt",
                    where=str(self.directory),
                    hint="turn it on first",
                )
            self._command("inject-nmi")

    def boot(self) -> BootRequest:
        """What it was asked to boot from, with `none` and `disabled` where nothing is asked (any more)."""
        return files.read_boot(self.directory, self.description().firmware)

    def set_boot(self, request: BootRequest) -> None:
        """Holds for the starts and resets that come; a machine that runs goes on, and a guest's own reset is none."""
        request.check()
        firmware = self.description().firmware
        with presence.changing(self.directory):
            files.write_boot(self.directory, request.settled(firmware))

    def set_memory(self, mebibytes: int | None) -> None:
        """Takes memory modules away, or puts them back (None); it holds from the next start on."""
        with presence.changing(self.directory):
            files.change_description(self.directory, memory_now_mib=mebibytes)

    def _start(self) -> None:
        from microdc.lab.machine import start  # noqa: PLC0415

        claim = presence.claim(self.directory)
        if claim is None:
            return
        try:
            description = self.description()
            request = files.read_boot(self.directory, description.firmware)
            start.start(self.directory, description, request, claim)
        finally:
            os.close(claim)
        if request.enabled == "once":
            files.write_boot(self.directory, BootRequest("none", "disabled", description.firmware))

    def _end(self) -> None:
        from microdc.lab.machine import process  # noqa: PLC0415

        process.end(self.directory)

    def _command(self, name: str) -> None:
        from microdc.lab.machine import monitor  # noqa: PLC0415

        monitor.run(self.directory / files.MONITOR, [(name, {})])
