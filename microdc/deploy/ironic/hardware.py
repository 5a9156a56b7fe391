"""The hardware that Ironic's ramdisk found, in the shape in which microdc's own reports it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def hardware_of(inventory: Mapping[str, Any]) -> dict[str, Any]:
    """From the answer to GET .../inventory (`inventory` and `plugin_data`, Ironic's API 1.81). What was not told is left out."""
    told = _part(inventory, "inventory")
    vendor, boot = _part(told, "system_vendor"), _part(told, "boot")
    found = {
        "serial": vendor.get("serial_number"),
        "product": vendor.get("product_name"),
        "vendor": vendor.get("manufacturer"),
        "firmware": boot.get("current_boot_mode"),
        "cpu": _cpu(_part(told, "cpu")),
        "memory": _memory(_part(told, "memory")),
        "disks": [_disk(disk) for disk in _list(told, "disks")],
        "nics": [_nic(nic) for nic in _list(told, "interfaces")],
    }
    return _given(found)


def hardware_of_properties(properties: Mapping[str, Any], macs: Sequence[str]) -> dict[str, Any]:
    """What an inspection without a ramdisk leaves: the node's `properties`, and its ports."""
    memory = _whole(properties.get("memory_mb"))
    found = {
        "cpu": _given(
            {"threads": _whole(properties.get("cpus")), "architecture": properties.get("cpu_arch")}
        ),
        "memory": {"total": memory << 20} if memory else {},
        "nics": [{"mac": mac} for mac in macs],
    }
    return _given(found)


def _cpu(cpu: Mapping[str, Any]) -> dict[str, Any]:
    return _given(
        {
            "model": cpu.get("model_name"),
            "sockets": _whole(cpu.get("socket_count")),
            "threads": _whole(cpu.get("count")),
            "architecture": cpu.get("architecture"),
        }
    )


def _memory(memory: Mapping[str, Any]) -> dict[str, Any]:
    physical = _whole(memory.get("physical_mb"))
    return _given({"total": physical << 20 if physical else _whole(memory.get("total"))})


def _disk(disk: Mapping[str, Any]) -> dict[str, Any]:
    name = str(disk.get("name") or "").removeprefix("/dev/")
    kind = "nvme" if name.startswith("nvme") else "hdd" if disk.get("rotational") else "ssd"
    path = str(disk.get("by_path") or "").removeprefix("/dev/disk/by-path/")
    return _given(
        {
            "name": name,
            "size": _whole(disk.get("size")),
            "serial": disk.get("serial"),
            "wwn": disk.get("wwn"),
            "model": disk.get("model"),
            "kind": kind,
            "paths": [path] if path else [],
        }
    )


def _nic(nic: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        "name": nic.get("name"),
        "mac": nic.get("mac_address"),
        "driver": nic.get("driver"),
        "speed": _whole(nic.get("speed_mbps")),
        "pci": nic.get("pci_address"),
    }
    carrier = nic.get("has_carrier")
    return {**_given(found), "link": carrier} if isinstance(carrier, bool) else _given(found)


def _part(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def _list(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = data.get(key)
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _whole(value: Any) -> int:
    """Properties are text in some releases; 0 for what is no number."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def _given(found: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value}
