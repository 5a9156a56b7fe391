"""Records as BMCs keep them, put together by hand from the tables of the specification."""

from __future__ import annotations

from microdc.bmc.ipmi import sdr
from microdc.bmc.ipmi.sdr import Sensor

# A full record (table 43-1) of a Supermicro-like inlet: °C, signed, M 1, thresholds -5 0 5 / 75 77 80, all readable.
INLET = bytes.fromhex(
    "0400 51 01 34"  # record 4, SDR 1.5, full, 52 bytes follow
    "20 00 0a 37 01 7f 68 01 01"  # owner, LUN, number, entity 55.1, initialisation, thresholds readable and settable, temperature
    "0000 0000 3f3f"  # masks; all six thresholds can be read and set
    "80 01 00 00 01 00 00 00 00 00 00"  # two's complement, degrees C, linear, M, B, exponents, characteristics
    "00 00 00 7f 80"  # nominal, normal and sensor maximum and minimum
    "50 4d 4b fb 00 05"  # upper 80, 77, 75, lower -5, 0, 5
    "02 02 0000 00"  # hysteresis, reserved, OEM
    "c9 496e6c65742054656d"  # 9 characters
)
# A 12 V rail: unsigned, M 63, B 0, K2 -3: 0.063 V a step; upper critical and warning only.
RAIL = bytes.fromhex(
    "0500 51 01 2e 20 00 30 07 01 7f 68 02 01 0000 0000 18 18"
    "00 04 00 00 3f 00 00 00 00 d0 00 00 00 00 ff 00"
    "00 d2 cd 00 00 00 00 00 0000 00 c3 313256"
)


def one(record: bytes) -> Sensor:
    (found,) = sdr.records(record)
    assert isinstance(found, Sensor)
    return found


# record 0x0102, 2020-01-02 03:04:05 UTC, BMC, version 4, temperature, sensor 0x0A, asserted threshold, upper critical going high,
# with the reading 78 and the threshold 77
HOT = bytes.fromhex("0201 02 a55d0d5e 2000 04 01 0a 01 59 4e 4d")


def find(owner: int, lun: int, number: int) -> Sensor | None:
    return one(INLET) if (owner, lun, number) == (0x20, 0, 0x0A) else None
