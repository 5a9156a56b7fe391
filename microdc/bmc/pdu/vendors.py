"""The tables by the name that the inventory has for them."""

from __future__ import annotations

from collections.abc import Mapping

from microdc.bmc.pdu import apc, apc2, raritan
from microdc.bmc.pdu.table import Table

VENDORS: Mapping[str, Table] = {"apc": apc.TABLE, "apc2": apc2.TABLE, "raritan": raritan.TABLE}
