"""What ipmi_sim reads: `lan.conf` (ipmi_lan(5)) and a file of commands (ipmi_sim_cmd(5)). Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from microdc.errors import InputError
from microdc.lab.ipmi import fru, sdr
from microdc.lab.ipmi.sensors import SENSORS, Sensor
from microdc.lab.machine.model import Description

# One less than IPMI has: ipmi_sim ends both with a zero byte. Its hexadecimal form reads 16 bytes and wants 20.
_USER_BYTES, _PASSWORD_BYTES = 15, 19
_LEVELS = ("callback", "user", "operator", "admin")
_SEL_ENTRIES = 1000
_SEL_ABILITIES = 0x0A  # entries can be deleted and reserved
_IPMI_2 = 0x02  # the version as Get Device ID tells it
_POLL = 1000  # ms between two looks at a sensor's file


@dataclass(frozen=True, slots=True)
class BmcSettings:
    """Where a BMC answers, and whom: `address` and UDP `port` in a namespace ("": here)."""

    address: str
    user: str
    password: str
    namespace: str = ""
    port: int = 623

    def check(self) -> None:
        """Raises InputError for what IPMI or the file's format cannot hold."""
        for what, text, longest in (
            ("user", self.user, _USER_BYTES),
            ("password", self.password, _PASSWORD_BYTES),
        ):
            if not 0 < len(text.encode()) <= longest or not text.isprintable() or " " in text:
                raise InputError(
                    f"the {what} of a virtual BMC must have 1 to {longest} bytes, printable and without a blank"
                )


def lan(description: Description, settings: BmcSettings, chassis: str) -> str:
    """chassis: the command that acts on the machine, as a shell reads it; ipmi_sim appends its words."""
    if '"' in chassis or "\n" in chassis:
        raise InputError(f"the path of the machine may have no double quote: {chassis}")
    lines = [f'name "{description.uuid}"', f"set_working_mc {sdr.BMC:#04x}", "startlan 1"]
    lines += [f" addr {settings.address} {settings.port}", " priv_limit admin"]
    lines += [f" allowed_auths_{level} md5" for level in _LEVELS]
    lines += [f" guid {_guid(description)}", "endlan", f'chassis_control "{chassis}"']
    lines += [f'user 2 true "{settings.user}" "{settings.password}" admin 10 md5']
    return "".join(f"{line}\n" for line in lines)


def _guid(description: Description) -> str:
    """With its first three fields the other way round, as SMBIOS has them: so most BMCs tell it, and tools expect it."""
    try:
        return uuid.UUID(description.uuid).bytes_le.hex()
    except ValueError:
        raise InputError(f"the machine {description.name} has no UUID: {description.uuid!r}") from None


def commands(description: Description, directory: Path) -> str:
    """The BMC, its sensors with their records, its log and its FRU. directory: where the sensors' files are."""
    bmc = f"{sdr.BMC:#04x}"
    content = fru.content(
        manufacturer=description.manufacturer,
        model=description.model,
        sku=description.sku,
        serial=description.serial,
    )
    lines = [
        f"mc_setbmc {bmc}",
        f"mc_add {bmc} 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02",
        f"sel_enable {bmc} {_SEL_ENTRIES} {_SEL_ABILITIES:#04x}",
        *(line for sensor in SENSORS for line in _sensor(bmc, sensor, directory / sensor.file)),
        f"mc_add_fru_data {bmc} 0 {len(content)} data {_bytes(content)}",
        f"mc_enable {bmc}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _sensor(bmc: str, sensor: Sensor, file: Path) -> Iterable[str]:
    where = f"{bmc} 0 {sensor.number}"
    divided = f" div={sensor.divisor}" if sensor.divisor != 1 else ""
    yield (
        f"sensor_add {where} {sensor.kind:#04x} {sdr.reading_type(sensor):#04x}"
        f' poll {_POLL} file "{file}"{divided}'
    )
    if sensor.analogue:
        values = [
            *sensor.lower,
            *[0] * (3 - len(sensor.lower)),
            *sensor.upper,
            *[0] * (3 - len(sensor.upper)),
        ]
        told = " ".join(map(str, reversed(values)))
        yield f"sensor_set_threshold {where} settable {sensor.thresholds:06b} {told}"
    # asserted and deasserted, what can be told and what is; that all is as usual is no event at each start
    can, told = f"{sensor.events:015b}", f"{sensor.events & ~(0 if sensor.analogue else sensor.usual):015b}"
    yield f"sensor_set_event_support {where} enable scanning per-state {can} {can} {told} {can}"
    yield f"main_sdr_add {bmc} {_bytes(sdr.record(sensor))}"


def _bytes(data: bytes) -> str:
    """With `0x`: without it ipmi_sim takes the file no further, and says nothing."""
    return " ".join(f"{byte:#04x}" for byte in data)
