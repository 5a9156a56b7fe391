"""NetBox's cables: in bootstrap documents, in answers of the REST API (also before 3.3), in exported tables and in its import form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from microdc.documents.model import Where
from microdc.survey.importing.model import Cable, CableKind, End
from microdc.survey.importing.records import Record
from microdc.survey.importing.values import number, slug, title, words
from microdc.topology.formats.model import Ledger

_MOST_ENDS = 64
_TYPES: dict[str, CableKind] = {
    "interface": "data", "front_port": "data", "rear_port": "data", "circuit_termination": "data",
    "power_port": "power", "power_outlet": "power", "power_feed": "power",
    "console_port": "console", "console_server_port": "console",
}  # fmt: skip
_GIVES = frozenset({"power_outlet", "power_feed"})
_FLAT = {name.replace("_", ""): name for name in _TYPES}
_PLANNED = frozenset({"planned", "decommissioning"})


def read_cable(record: Record, where: Where, ledger: Ledger) -> Iterator[Cable]:
    """The cables of an object: one, but where several ends are bundled in it."""
    one, other = _ends(record, "a"), _ends(record, "b")
    said = f"{' '.join(words(record.get('label')).split()) or 'cable'} {words(record.get('id'))}".strip()
    if not one or not other or not all(end.device for _, end in (*one, *other)):
        known = ", ".join(str(end) for _, end in (*one, *other) if end.device) or said
        ledger.dropped("a cable of which one end is in no device", f"{known} ({where})")
        return
    if max(len(one), len(other)) > _MOST_ENDS:
        ledger.dropped(f"a cable with more than {_MOST_ENDS} ends", f"{said} ({where})")
        return
    if slug(record.get("status")).lower() in _PLANNED:
        ledger.noted(
            "a cable that is planned or goes away, taken for one that is there",
            f"{one[0][1]} - {other[0][1]} ({where})",
        )
    even = len(one) == len(other)
    pairs = list(zip(one, other, strict=True)) if even else [(a, b) for a in one for b in other]
    if len(pairs) > 1:
        ledger.noted("a cable with several ends, taken for several", f"{one[0][1]} - {other[0][1]} ({where})")
    length = " ".join(filter(None, (number(record.get("length")), slug(record.get("length_unit")))))
    told = (
        words(record.get("label")),
        slug(record.get("type")),
        words(record.get("description")),
        length,
        _state(record),
    )
    for (kind, a), (back, b) in pairs:
        merged: CableKind = next((k for k in (_TYPES[kind], _TYPES[back]) if k != "data"), "data")
        yield Cable(a, b, where, merged, ", ".join(filter(None, told)))


def _state(record: Record) -> str:
    status = slug(record.get("status")).lower()
    return "" if status in {"", "connected"} else status


def read_peers(record: Record, where: Where) -> Iterator[Cable]:
    """The cable that the REST API tells of at an interface, by its other end."""
    peers = record.get("link_peers")
    if not isinstance(peers, list) or not record.get("cable"):
        return
    mine = End(title(record.get("device")), title(record.get("name")))
    cable: Any = record.get("cable")
    label = title(cable.get("label")) if isinstance(cable, dict) else ""
    for peer in peers[:_MOST_ENDS]:
        if isinstance(peer, dict) and title(peer.get("device")):
            yield Cable(mine, End(title(peer.get("device")), title(peer.get("name"))), where, label=label)


def _ends(record: Record, side: str) -> list[tuple[str, End]]:
    """(type of port, end) of one side."""
    if f"side_{side}_device" in record:
        kind = _type(words(record.get(f"side_{side}_type")))
        return [
            (
                kind,
                _end(kind, title(record.get(f"side_{side}_device")), title(record.get(f"side_{side}_name"))),
            )
        ]
    if f"device_{side}" in record:
        kind = "interface"
        return [
            (kind, _end(kind, title(record.get(f"device_{side}")), title(record.get(f"termination_{side}"))))
        ]
    if f"termination_{side}" in record:
        kind = _type(words(record.get(f"termination_{side}_type")))
        return [_of_object(kind, record.get(f"termination_{side}"))]
    given = record.get(f"{side}_terminations")
    items = given if isinstance(given, list) else [given]
    return [_termination(item) for item in items if isinstance(item, dict)]


def _termination(item: Record) -> tuple[str, End]:
    if "object" in item or "object_type" in item:
        return _of_object(_type(words(item.get("object_type"))), item.get("object"))
    kind = next((kind for kind in _TYPES if item.get(kind)), "interface")
    device = title(item.get("device")) or (title(item.get(kind)) if kind == "power_feed" else "")
    return kind, _end(kind, device, "" if kind == "power_feed" else title(item.get(kind)))


def _of_object(kind: str, value: Any) -> tuple[str, End]:
    if not isinstance(value, dict):
        return kind, End("")
    if kind == "power_feed":  # a feed stands for itself: it is in no device
        return kind, _end(kind, title(value), "")
    return kind, _end(kind, title(value.get("device")), title(value))


def _end(kind: str, device: str, port: str) -> End:
    return End(device, port, "pdu" if kind in _GIVES else "")


def _type(text: str) -> str:
    """NetBox's `dcim.consoleserverport` in our words."""
    return _FLAT.get(text.rpartition(".")[2].lower(), "interface")
