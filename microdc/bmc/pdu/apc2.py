"""APC's switched rack PDUs of the second generation (AP86xx, AP89xx): PowerNet-MIB, rPDU2Outlet.

An outlet's number is its row, which in a chain of linked PDUs goes on from one to the next. What is read is numbered the other way round than what
is set, and than in the first generation.
"""

from __future__ import annotations

from microdc.bmc.pdu.table import Measure, Table

_SWITCHED = "1.3.6.1.4.1.318.1.1.26.9.2"  # rPDU2OutletSwitched
_METERED = "1.3.6.1.4.1.318.1.1.26.9.4.3.1"  # rPDU2OutletMeteredStatusEntry

TABLE = Table(
    name="rPDU2OutletSwitchedControlTable",
    command=f"{_SWITCHED}.4.1.5",  # rPDU2OutletSwitchedControlCommand
    on=1,  # immediateOn
    off=2,  # immediateOff
    state=f"{_SWITCHED}.3.1.5",  # rPDU2OutletSwitchedStatusState
    is_on=2,  # on
    is_off=1,  # off
    measures=(
        Measure("current", "A", f"{_METERED}.6", scale=0.1),  # rPDU2OutletMeteredStatusCurrent: tenths
        # rPDU2OutletMeteredStatusPower: the MIB names no unit here, watts for the thresholds of the same value
        Measure("power", "W", f"{_METERED}.7"),
        Measure("energy", "kWh", f"{_METERED}.11", scale=0.1),  # rPDU2OutletMeteredStatusEnergy: tenths
    ),
)
