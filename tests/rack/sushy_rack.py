"""sushy-tools' Redfish emulator with machines of the lab behind it: a BMC whose Redfish was written by others.

`python sushy_rack.py DIRECTORY ADDRESS:PORT CERTIFICATE KEY HTPASSWD` serves the machine of a directory over TLS with Basic
authentication. The emulator has no place to plug a driver in: this one takes that of its fake driver.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

from sushy_tools import error  # type: ignore[import-untyped]
from sushy_tools.emulator import main as emulator  # type: ignore[import-untyped]
from sushy_tools.emulator.resources.systems.base import AbstractSystemsDriver  # type: ignore[import-untyped]

from microdc.lab.machine.machine import Machine
from microdc.lab.machine.model import BootRequest, Enabled, Mode, Target

_TARGETS: dict[str, Target] = {"Pxe": "pxe", "Hdd": "disk", "Cd": "cd"}
_MODES: dict[str, Mode] = {"Legacy": "bios", "UEFI": "uefi"}
_GRACE = 60.0
"""Seconds in which an operating system that was asked to restart must be off."""


class MachineDriver(AbstractSystemsDriver):  # type: ignore[misc]  # sushy-tools has no types
    """One machine, by its UUID. The emulator hands on no "once": what it is asked for holds until it is asked for something else."""

    machine: ClassVar[Machine]

    @classmethod
    def initialize(cls, config: Any, logger: Any, *_: Any, **__: Any) -> type[MachineDriver]:
        super().initialize(config, logger)
        return cls

    @property
    def driver(self) -> str:
        return "<machine>"

    @property
    def systems(self) -> list[str]:
        return [self.machine.description().uuid]

    def uuid(self, identity: str) -> str:
        if identity not in self.systems:
            raise error.NotFound(f"there is no system {identity}")
        return identity

    def name(self, _: str) -> str:
        return self.machine.description().name

    def get_power_state(self, _: str) -> str:
        return "On" if self.machine.power() else "Off"

    def set_power_state(self, _: str, state: str) -> None:
        if state == "GracefulRestart":
            self.machine.shutdown()
            threading.Thread(target=self._on_when_off, daemon=True).start()
            return
        acts = {
            "On": self.machine.on,
            "ForceOn": self.machine.on,
            "ForceOff": self.machine.off,
            "GracefulShutdown": self.machine.shutdown,
            "ForceRestart": self.machine.reset,
            "Nmi": self.machine.nmi,
        }
        if state not in acts:
            raise error.BadRequest(f"there is no reset type {state}")
        acts[state]()

    def _on_when_off(self) -> None:
        end = time.monotonic() + _GRACE
        while time.monotonic() < end:
            if not self.machine.power():
                self.machine.on()
                return
            time.sleep(0.05)

    def get_boot_device(self, _: str) -> str:
        """The machine's own order begins with its disk."""
        target = self.machine.boot().target
        return next((word for word, known in _TARGETS.items() if known == target), "Hdd")

    def set_boot_device(self, _: str, boot_source: str) -> None:
        if boot_source not in _TARGETS:
            raise error.BadRequest(f"there is no boot device {boot_source}")
        self._set(_TARGETS[boot_source], "continuous", self.machine.boot().mode)

    def get_boot_mode(self, _: str) -> str:
        return next(word for word, mode in _MODES.items() if mode == self.machine.boot().mode)

    def set_boot_mode(self, _: str, boot_mode: str) -> None:
        asked = self.machine.boot()
        self._set(asked.target, asked.enabled, _MODES[boot_mode])

    def _set(self, target: Target, enabled: Enabled, mode: Mode) -> None:
        self.machine.set_boot(BootRequest(target, enabled, mode))

    def get_total_memory(self, _: str) -> float:
        return self.machine.description().memory_now_mib / 1024

    def get_total_cpus(self, _: str) -> int:
        return self.machine.description().cpus

    def get_nics(self, _: str) -> list[dict[str, str]]:
        return [{"id": nic.name, "mac": nic.mac} for nic in self.machine.description().nics]


def main(directory: str, listen: str, certificate: str, key: str, passwords: str) -> None:
    """Serves until it is killed."""
    MachineDriver.machine = Machine(Path(directory))
    emulator.fakedriver.FakeDriver = MachineDriver
    emulator.app.configure(
        extra_config={"SUSHY_EMULATOR_FAKE_DRIVER": True, "SUSHY_EMULATOR_AUTH_FILE": passwords}
    )
    address, _, port = listen.rpartition(":")
    emulator.app.run(host=address, port=int(port), ssl_context=(certificate, key))


if __name__ == "__main__":
    main(*sys.argv[1:])
