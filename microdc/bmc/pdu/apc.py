"""APC's switched rack PDUs of the first generation (AP79xx): PowerNet-MIB, rPDUOutlet.

An outlet's number is its row. Their own immediateReboot (3) is not used: it knows one outlet, and a server with two feeds loses its power only while both are off.
"""

from __future__ import annotations

from microdc.bmc.pdu.table import Measure, Table

_OUTLET = "1.3.6.1.4.1.318.1.1.12.3"  # rPDUOutlet

TABLE = Table(
    name="rPDUOutletControlTable",
    command=f"{_OUTLET}.3.1.1.4",  # rPDUOutletControlOutletCommand
    on=1,  # immediateOn
    off=2,  # immediateOff
    state=f"{_OUTLET}.5.1.1.4",  # rPDUOutletStatusOutletState
    is_on=1,  # outletStatusOn
    is_off=2,  # outletStatusOff
    measures=(
        # rPDUOutletStatusLoad: tenths of amperes, of PDUs that measure outlets
        Measure("current", "A", f"{_OUTLET}.5.1.1.7", scale=0.1),
    ),
)
