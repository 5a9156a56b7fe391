"""Ansible's host variables: where the BMC of a host is, its MAC, and the host's model. No other variable is read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from microdc.documents.model import Where
from microdc.documents.reader import parse
from microdc.survey.importing.model import Device, Found
from microdc.topology.formats.model import Ledger

_FACTS: dict[str, tuple[str, ...]] = {
    "oob": (
        "mgmt_address", "bmc_address", "bmc_ip", "bmc_host", "ipmi_address", "ipmi_ip", "ipmi_host", "oob_address", "oob_ip",
        "redfish_host", "idrac_ip", "ilo_ip",
    ),
    "mac": ("mgmt_mac", "bmc_mac", "ipmi_mac", "oob_mac"),
    "model": ("device_model", "hardware_model", "model"),
    "manufacturer": ("manufacturer", "vendor"),
    "serial": ("serial_number", "serial"),
    "rack": ("rack",),
    "unit": ("rack_unit", "rack_position"),
}  # fmt: skip
_LABELS = {"ansible_host": "address", "serial_device": "serial-device", "asset_tag": "asset-tag"}
_VAULT = re.compile(rb"!(vault|unsafe)\b")
_ORDER = {name: (fact, rank) for fact, names in _FACTS.items() for rank, name in enumerate(names)}


def read_hosts(files: Iterable[tuple[str, Path, bytes]]) -> Found:
    """What variables tell of hosts. files: (host, file, its bytes). Raises InputError for one that is not YAML."""
    ledger = Ledger()
    devices = []
    unread: dict[str, int] = {}
    for host, file, data in files:
        # A vaulted value is a secret, which is not read in any case; its tag would make the whole file none of ours.
        bare = _VAULT.sub(b"", data)
        if _is_blank(bare):
            continue
        document = parse(bare, file)
        facts: dict[str, tuple[int, str]] = {}
        labels = {}
        for key, value in document.value.items():
            plain = (
                isinstance(value, str | int | float)
                and not isinstance(value, bool)
                and "{{" not in str(value)
            )
            if key in _ORDER and plain:
                fact, rank = _ORDER[key]
                facts[fact] = min(facts.get(fact, (99, "")), (rank, str(value)))
            elif key in _LABELS and plain:
                labels[_LABELS[key]] = str(value)
            else:
                unread[key] = unread.get(key, 0) + 1
        values = {fact: value for fact, (_, value) in facts.items()}
        first = next((key for key in document.value if key in _ORDER), "")
        devices.append(Device(host, document.where(first) if first else Where(file, 1), values, labels))
    for key, count in unread.items():
        ledger.noted(
            "variables that an inventory does not hold", key if count == 1 else f"{key} ({count} times)"
        )
    return Found(devices=tuple(devices), remarks=tuple(ledger.remarks))


def _is_blank(data: bytes) -> bool:
    """Whether a file has only comments: it states nothing, which is no mistake."""
    lines = (line.strip() for line in data.splitlines())
    return not any(line and line not in {b"---", b"..."} and not line.startswith(b"#") for line in lines)
