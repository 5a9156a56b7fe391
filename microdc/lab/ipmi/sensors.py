"""The sensors of a virtual server's BMC, each read from a file of the machine's directory. Pure.

The files hold a number as text: `inlet` thousandths of a degree Celsius, `fan1` revolutions a minute, `voltage1`
millivolts, `psu1` bits of the state of the power supply (1: it is there, 2: it has failed, 8: it has no input).
"""

from __future__ import annotations

from dataclasses import dataclass

LOWER = ("lower non-critical", "lower critical", "lower non-recoverable")
UPPER = ("upper non-critical", "upper critical", "upper non-recoverable")


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor as IPMI knows it (IPMI 2.0, chapters 42 and 43).

    kind: sensor type code. unit: base unit code; 0 for a sensor of states. entity: what it sits on.
    file: where it is read; usual: what that holds at first. divisor: from the file's number to the raw byte, which counts
    in steps of `step` × 10^`exponent` units.
    lower, upper: raw thresholds, the least severe first.
    """

    number: int
    name: str
    kind: int
    unit: int
    entity: int
    file: str
    usual: int
    divisor: int = 1
    step: int = 1
    exponent: int = 0
    lower: tuple[int, ...] = ()
    upper: tuple[int, ...] = ()

    @property
    def analogue(self) -> bool:
        return self.unit != 0

    @property
    def thresholds(self) -> int:
        """Which thresholds it has, as bits in the order of LOWER and UPPER."""
        return (1 << len(self.lower)) - 1 | ((1 << len(self.upper)) - 1) << 3

    @property
    def events(self) -> int:
        """Which events it tells: of thresholds, lower ones going low and upper ones going high; of states, all four."""
        if not self.analogue:
            return 0b1111
        going_low = sum(1 << 2 * number for number in range(len(self.lower)))
        return going_low | sum(1 << 7 + 2 * number for number in range(len(self.upper)))


SENSORS = (
    Sensor(1, "Inlet Temp", 0x01, 1, 0x37, "inlet", 24_000, divisor=1000, upper=(50, 55, 60)),
    Sensor(2, "Fan 1", 0x04, 18, 0x1D, "fan1", 6_000, divisor=100, step=100, lower=(15, 10)),
    Sensor(
        3,
        "12V",
        0x02,
        4,
        0x07,
        "voltage1",
        12_000,
        divisor=60,
        step=60,
        exponent=-3,
        lower=(190, 180),
        upper=(210, 220),
    ),
    Sensor(4, "PSU 1", 0x08, 0, 0x0A, "psu1", 1),
)
