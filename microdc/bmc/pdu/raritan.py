"""Raritan's PX2 and PX3, and what Legrand sells with the same firmware: PDU2-MIB.

A row is PDU.OUTLET; the PDU's number is 1 where PDUs are not linked. What is set and what is read have different numbers.
"""

from __future__ import annotations

from microdc.bmc.model import SensorKind
from microdc.bmc.pdu.table import Measure, Table

_PDU2 = "1.3.6.1.4.1.13742.6"
_CONTROL = f"{_PDU2}.4.1.2.1"  # outletSwitchControlEntry
_MEASURED = f"{_PDU2}.5.4.3.1"  # outletSensorMeasurementsEntry, by PDU, outlet and type of sensor


def _measure(kind: SensorKind, unit: str, sensor: int, scale: float = 1.0) -> Measure:
    """sensor: of SensorTypeEnumeration."""
    return Measure(
        kind,
        unit,
        f"{_MEASURED}.4",  # measurementsOutletSensorValue
        type=str(sensor),
        scale=scale,
        digits=f"{_PDU2}.3.5.4.1.7",  # outletSensorDecimalDigits
        available=f"{_MEASURED}.2",  # measurementsOutletSensorIsAvailable
    )


TABLE = Table(
    name="outletSwitchControlTable",
    command=f"{_CONTROL}.2",  # switchingOperation
    on=1,
    off=0,
    state=f"{_CONTROL}.3",  # outletSwitchingState, of SensorStateEnumeration
    is_on=7,
    is_off=8,
    group="1",
    measures=(
        _measure("current", "A", 1),  # rmsCurrent
        _measure("voltage", "V", 4),  # rmsVoltage
        _measure("power", "W", 5),  # activePower
        _measure("energy", "kWh", 8, scale=0.001),  # activeEnergy, in watt-hours
    ),
)
