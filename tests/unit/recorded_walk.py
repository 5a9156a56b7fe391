"""Recorded walks of real devices (snmprec: OID|type|value, as snmpsim has it), in memory."""

from __future__ import annotations

import ipaddress
import re
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from microdc.snmp.model import Cell, Value
from microdc.snmp.oids import parse

ARCHIVE = "snmp/switches-and-bmcs.tar.xz"
_NUMBERS = {"2", "65", "66", "67", "70"}
_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
"""What was made anonymous is none."""


@cache
def files(archive: Path) -> dict[str, bytes]:
    """The members of the archive, by name."""
    with tarfile.open(archive) as packed:
        found = {}
        for member in packed:
            if member.isfile():
                opened = packed.extractfile(member)
                assert opened is not None
                found[Path(member.name).name] = opened.read()
        return found


def cells(record: bytes) -> Iterator[Cell]:
    """Every line as an agent would tell it."""
    for line in record.decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n"):
        if line.count("|") >= 2:
            oid, kind, value = line.split("|", 2)
            yield parse(oid), _value(kind, value)


def _value(kind: str, text: str) -> Value:
    if kind.rstrip("x") in _NUMBERS:
        return int(text or 0)
    if kind == "6":
        return text.lstrip(".")
    if kind == "5":
        return None
    if kind.endswith("x"):
        return bytes.fromhex(text)
    said = text.encode("utf-8", "surrogateescape")
    if kind == "64" and _ADDRESS.fullmatch(text):
        return ipaddress.ip_address(text).packed
    return said
