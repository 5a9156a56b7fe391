"""NetBox files as records by section: bootstrap documents (YAML), REST answers (JSON), table exports (CSV)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microdc.documents.model import Where
from microdc.documents.reader import parse
from microdc.survey.importing.columns import plain
from microdc.survey.importing.model import MAX_ROWS
from microdc.survey.importing.tables import decode, read_tables
from microdc.topology import labels
from microdc.topology.formats.model import Ledger, broken

Record = Mapping[str, Any]

_SYNONYMS = {
    "device_role": "role", "type": "device_type", "serial_number": "serial", "rack_face": "face", "position_u": "position",
    "ip_address": "primary_ip", "ipv4_address": "primary_ip4", "ipv6_address": "primary_ip6", "out_of_band_ip": "oob_ip",
    "height_u": "u_height", "height": "u_height",
}  # fmt: skip
"""Words over the columns of NetBox's tables whose REST field is called otherwise."""
_MARKS = (
    ("cables", {"a_terminations"}), ("cables", {"termination_a_id"}), ("cables", {"side_a_device"}), ("cables", {"termination_a"}),
    ("prefixes", {"prefix"}), ("interfaces", {"device", "name", "enabled"}), ("interfaces", {"device", "name", "mac_address"}),
    ("interfaces", {"device", "name"}), ("devices", {"name", "device_type", "site"}), ("racks", {"name", "u_height", "site"}),
    ("device_types", {"model", "u_height"}), ("ip_addresses", {"address"}), ("sites", {"name", "slug", "status"}),
)  # fmt: skip
"""By which fields an object is known, first fit."""


@dataclass(frozen=True, slots=True)
class Section:
    """Objects of one type. name: NetBox's, with `_`, such as device_types; "" for a type that is not known."""

    name: str
    records: tuple[tuple[Record, Where], ...]


def read_sections(data: bytes, file: Path, ledger: Ledger) -> list[Section]:
    """The objects of one file. Raises InputError."""
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if file.suffix.lower() == ".json" or (
        start in {b"{", b"["} and file.suffix.lower() not in {".csv", ".yml", ".yaml"}
    ):
        return list(_json(decode(data, file), file, ledger))
    if file.suffix.lower() == ".csv":
        return list(_csv(data, file))
    document = parse(data, file)
    return list(_of_mapping(document.value, document.where, ledger))


def _of_mapping(value: Record, where: Callable[..., Where], ledger: Ledger) -> Iterator[Section]:
    """Lists of objects under the names of their types. where: the place of a value by its keys."""
    for key, items in value.items():
        if isinstance(items, list):
            placed = [(item, where(key, index)) for index, item in enumerate(items)]
            yield Section(key.replace("-", "_"), tuple(_objects(placed, ledger)))
        elif items is not None:
            yield Section("", (({key: items}, where(key)),))


def _objects(items: Iterable[tuple[Any, Where]], ledger: Ledger) -> Iterator[tuple[Record, Where]]:
    for item, where in items:
        if isinstance(item, dict):
            yield item, where
        else:
            ledger.dropped("values where an object should be", f"{labels.words(repr(item))} ({where})")


def _json(text: str, file: Path, ledger: Ledger) -> Iterator[Section]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise broken(file, error.lineno, f"is not JSON: {error.msg}") from None
    except (RecursionError, ValueError) as error:
        raise broken(file, 0, f"is not JSON that can be read: {error}") from None
    if isinstance(value, dict) and isinstance(value.get("results"), list):
        items, count = value["results"], value.get("count")
        if value.get("next") or (isinstance(count, int) and count > len(items)):
            ledger.dropped(
                "one page of several: export with ?limit=0, or all pages", f"{len(items)} of {count} ({file})"
            )
        value = items
    if isinstance(value, list):
        yield from _sorted(value, file, ledger)
    elif isinstance(value, dict):
        _check_size(sum(len(items) for items in value.values() if isinstance(items, list)), file)
        yield from _of_mapping(value, lambda *_: Where(file), ledger)
    else:
        raise broken(file, 0, "holds no objects of NetBox", "a list, or an answer of its REST API")


def _sorted(items: list[Any], file: Path, ledger: Ledger) -> Iterator[Section]:
    """A list of objects, which say of what type they are."""
    _check_size(len(items), file)
    sections: dict[str, list[tuple[Record, Where]]] = {}
    for item, where in _objects(((item, Where(file)) for item in items), ledger):
        sections.setdefault(_type_of(item), []).append((item, where))
    for name, records in sections.items():
        yield Section(name, tuple(records))


def _type_of(item: Record) -> str:
    """By its address in the API, else by its fields."""
    found = re.search(r"/api/[a-z-]+/([a-z-]+)/\d+/?$", str(item.get("url", "")))
    if found:
        return found[1].replace("-", "_")
    return next((name for name, fields in _MARKS if fields <= item.keys()), "")


def _csv(data: bytes, file: Path) -> Iterator[Section]:
    for table in read_tables(data, file):
        keys = {name: plain(name).replace(" ", "_") for name in table.header}
        if not {"device", "device_a"} & set(
            keys.values()
        ):  # `type` of an interface or a cable is no device type
            keys = {name: _SYNONYMS.get(key, key) for name, key in keys.items()}
        found = {*keys.values()}
        if "termination_a" in found and "device_a" not in found:
            hint = "export all data, or add the columns Device A and Device B to the table"
            raise broken(file, table.where.line, "does not say in which devices the cables end", hint)
        name = next((name for name, fields in _MARKS if fields <= found), "")
        yield Section(
            name,
            tuple(
                ({keys[head]: cell for head, cell in row.cells.items() if cell}, row.where)
                for row in table.rows
            ),
        )


def _check_size(count: int, file: Path) -> None:
    if count > MAX_ROWS:
        raise broken(file, 0, f"holds more than {MAX_ROWS:,} objects", "import it in parts")
