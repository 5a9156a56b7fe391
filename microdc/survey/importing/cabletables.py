"""Cable tables, CSV or Markdown: one cable a row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from microdc.errors import InputError
from microdc.survey.importing.columns import ROLES, Columns, map_columns
from microdc.survey.importing.model import Cable, CableKind, Device, End, Found
from microdc.survey.importing.tables import Row, Table, read_tables
from microdc.topology.formats.model import Ledger

_BUNDLE = re.compile(r"(port-?channel|bundle-ether|bond|lag|trunk|ae|po)[ -]?\d+", re.IGNORECASE)
"""Names of port channels: of SONiC, Cisco, IOS XR, Linux, HPE, Juniper."""
_SECRET = re.compile(r"passw|secret|token|credential|community", re.IGNORECASE)
_NOTHING = frozenset({"", "-", "--", "n/a", "none", "?", "tbd"})
_KINDS: dict[str, CableKind] = {
    "data": "data", "network": "data", "ethernet": "data", "fibre": "data", "fiber": "data",
    "power": "power", "console": "console", "serial": "console",
}  # fmt: skip


def is_bundle(port: str) -> bool:
    """Whether a port is several ports bound together, by its name."""
    return _BUNDLE.fullmatch(port.strip()) is not None


def read_cables(data: bytes, file: Path, columns: Mapping[str, str]) -> Found:
    """The cables of all tables of a file. columns: role (columns.ROLES) -> header. Raises InputError where no table is one of cables."""
    for role in columns:
        if role not in ROLES:
            raise InputError(
                f"{role!r} is no column of a cable table",
                where="--columns",
                hint=f"known: {', '.join(ROLES)}",
            )
    ledger = Ledger()
    tables = read_tables(data, file)
    cables: list[Cable] = []
    devices: list[Device] = []
    mapped = 0
    for table in tables:
        found = map_columns(table.header, columns)
        if found is None:
            ledger.dropped(
                "a table without columns for both ends of a cable",
                f"{table.where}: {', '.join(table.header)}",
            )
            continue
        mapped += 1
        secret = {name for name in table.header if _SECRET.search(name)}
        for name in sorted(secret):
            ledger.dropped("columns that may hold secrets", f"{name} ({table.where})")
        for row in table.rows:
            open_cells = {name: cell for name, cell in row.cells.items() if name not in secret}
            _read_row(Row(row.where, open_cells), found, cables, devices, ledger)
    if not mapped:
        raise _no_cables(tables, file)
    return Found(devices=tuple(devices), cables=tuple(cables), remarks=tuple(ledger.remarks))


def _no_cables(tables: list[Table], file: Path) -> InputError:
    hint = "--columns a=HEADER,a-port=HEADER,b=HEADER,b-port=HEADER says which is which"
    if not tables:
        return InputError(
            "holds no table", where=str(file), hint="a header, a line of dashes, and rows between bars"
        )
    what = f"no column for both ends of a cable among {', '.join(map(repr, tables[0].header))}"
    return InputError(what, where=str(tables[0].where), hint=hint)


def _read_row(row: Row, columns: Columns, cables: list[Cable], devices: list[Device], ledger: Ledger) -> None:
    """Adds what a row states."""
    ends = []
    for end in ("a", "b"):
        device, port = (_told(columns.cell(row.cells, role)) for role in (end, f"{end}-port"))
        ends.append(End(device, port, "pdu" if end == "b" and columns.gives else ""))
        if device:
            rack = _told(columns.cell(row.cells, f"{end}-rack"))
            devices.append(Device(device, row.where, {"rack": rack} if rack else {}))
    a, b = ends
    said = " ".join(filter(None, row.cells.values()))
    if not a.device and not b.device:
        if said:
            ledger.dropped("a row that names no device", f"{row.where}: {said}")
        return
    told = [
        _told(columns.cell(row.cells, "label")),
        *(_told(row.cells.get(name, "")) for name in columns.rest),
    ]
    label = ", ".join(filter(None, told))
    if not a.device or not b.device:
        if a.port or b.port or label:
            ledger.dropped(
                "a cable of which one end is not told",
                f"{a} - {b}{f', {label}' if label else ''} ({row.where})",
            )
        else:
            ledger.noted("a row that names a device and no cable", f"{a if a.device else b} ({row.where})")
        return
    cables.append(
        Cable(a, b, row.where, _kind(row, columns, ledger), label, is_bundle(a.port) or is_bundle(b.port))
    )


def _told(cell: str) -> str:
    return "" if cell.lower() in _NOTHING else cell


def _kind(row: Row, columns: Columns, ledger: Ledger) -> CableKind:
    word = columns.cell(row.cells, "kind").lower()
    if word in _KINDS:
        return _KINDS[word]
    if word:
        ledger.noted("a kind of cable that is not known, taken for data", f"{word} ({row.where})")
    return "power" if columns.power else "data"
