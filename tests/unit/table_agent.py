"""An SNMPv2c agent on loopback that tells what it is given, and misbehaves as it is told to."""

from __future__ import annotations

import contextlib
import socket
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyasn1.codec.ber import decoder, encoder  # type: ignore[import-untyped]
from pysnmp.proto import api, rfc1905

from microdc.snmp.model import Cell, Value
from microdc.snmp.oids import Oid, below

_V2C: Any = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]
_GEN_ERROR, _TOO_BIG = 5, 1


@dataclass
class Table:
    """cells: what it has, in its order. community: whom it answers, "" for all.

    silent, failing: it does not answer, or says genErr, to a request that has one of these subtrees. most: objects in an answer; bigger requests get what
    fits, or, if `refuses`, tooBig. loses: bigger answers than of so many objects do not arrive. after: what it tells after an OID, in place of what comes next. gone: it is silent from that request on.
    """

    cells: Sequence[Cell]
    community: str = ""
    silent: tuple[Oid, ...] = ()
    failing: tuple[Oid, ...] = ()
    most: int = 1000
    refuses: bool = False
    loses: int = 1000
    after: Callable[[Oid], Oid | None] | None = None
    gone: int = 0
    requests: list[list[Oid]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._values = dict(self.cells)
        self._order = sorted(self._values)

    def next(self, oid: Oid) -> Oid | None:
        """The name that it tells after another; None where its tree ends."""
        if self.after is not None and (told := self.after(oid)) is not None:
            return told
        place = bisect_right(self._order, oid)
        return self._order[place] if place < len(self._order) else None

    def value(self, oid: Oid) -> Any:
        return _asn1(self._values[oid]) if oid in self._values else None

    def hurt(self, oids: Sequence[Oid], by: tuple[Oid, ...]) -> bool:
        return any(oid == root or below(root, oid) for oid in oids for root in by)


@contextlib.contextmanager
def serving(*tables: Table) -> Iterator[int]:
    """The port of an agent that answers with the first table that knows the community."""
    ended = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(0.1)
        thread = threading.Thread(target=_serve, args=(udp, tables, ended), daemon=True)
        thread.start()
        try:
            yield int(udp.getsockname()[1])
        finally:
            ended.set()
            thread.join()


def _serve(udp: socket.socket, tables: Sequence[Table], ended: threading.Event) -> None:
    while not ended.is_set():
        try:
            data, client = udp.recvfrom(65535)
        except TimeoutError:
            continue
        message, _ = decoder.decode(data, asn1Spec=_V2C.Message())
        community = bytes(_V2C.apiMessage.get_community(message)).decode()
        table = next((one for one in tables if one.community in {"", community}), None)
        answer = None if table is None else _answer(table, _V2C.apiMessage.get_pdu(message))
        if answer is not None:
            _V2C.apiMessage.set_pdu(message, answer)
            udp.sendto(encoder.encode(message), client)


def _answer(table: Table, request: Any) -> Any:
    oids = [tuple(oid) for oid, _ in _V2C.apiPDU.get_varbinds(request)]
    table.requests.append(oids)
    if (table.gone and len(table.requests) >= table.gone) or table.hurt(oids, table.silent):
        return None
    response = _V2C.GetResponsePDU()
    _V2C.apiPDU.set_defaults(response)
    _V2C.apiPDU.set_request_id(response, _V2C.apiPDU.get_request_id(request))
    status, told = _told(table, request, oids)
    if status:
        _V2C.apiPDU.set_error_status(response, status)
        _V2C.apiPDU.set_error_index(response, 1)
    if len(told) > table.loses:
        return None
    _V2C.apiPDU.set_varbinds(response, told)
    return response


def _told(table: Table, request: Any, oids: Sequence[Oid]) -> tuple[int, list[tuple[Any, Any]]]:
    unknown = rfc1905.noSuchObject
    if table.hurt(oids, table.failing):
        return _GEN_ERROR, [(_V2C.ObjectIdentifier(oid), unknown) for oid in oids]
    if not isinstance(request, rfc1905.GetBulkRequestPDU):
        found = [(oid, table.value(oid)) for oid in oids]
        return 0, [(_V2C.ObjectIdentifier(oid), unknown if value is None else value) for oid, value in found]
    rows = int(_V2C.apiBulkPDU.get_max_repetitions(request))
    if table.refuses and rows * len(oids) > table.most:
        return _TOO_BIG, [(_V2C.ObjectIdentifier(oid), unknown) for oid in oids]
    told: list[tuple[Any, Any]] = []
    last: list[Oid] = list(oids)
    for _ in range(rows):
        for place, oid in enumerate(last):
            following = table.next(oid)
            if following is None:
                told.append((_V2C.ObjectIdentifier(oid), rfc1905.endOfMibView))
            else:
                value = table.value(following)
                told.append((_V2C.ObjectIdentifier(following), _V2C.Integer(0) if value is None else value))
                last[place] = following
    return 0, told[: table.most]


def _asn1(value: Value) -> Any:
    if isinstance(value, int):
        return _V2C.Counter64(value) if value >= 0 else _V2C.Integer(value)
    if isinstance(value, str):
        return _V2C.ObjectIdentifier(value)
    return None if value is None else _V2C.OctetString(value)
