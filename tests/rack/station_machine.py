"""Virtual servers in the segment of a station."""

from __future__ import annotations

import json
import uuid
from typing import Any

from netboot import boot_sector, run_inside
from stationlab import Segment

from microdc.deploy.ports import StationNode
from microdc.lab.machine.machine import Machine


def machine(site: Segment, of: StationNode, firmware: str, **description: Any) -> Machine:
    """A server of the segment, off. description: other keys of its machine.json."""
    tap = f"p{of.node}"
    run_inside(site.namespace, "ip", "tuntap", "add", "dev", tap, "mode", "tap")
    run_inside(site.namespace, "ip", "link", "set", tap, "master", "br0", "up")
    directory = site.directory / of.node
    directory.mkdir()
    (directory / "disk0.img").write_bytes(boot_sector().ljust(1 << 20, b"\0"))
    data = {
        "name": of.node,
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{of.node}.{site.namespace}")),
        "serial": f"SN-{of.node}",
        "manufacturer": "Microdc, Inc.",
        "model": "Virtual Server",
        "memory_mib": 256,
        "cpus": 1,
        "firmware": firmware,
        "namespace": site.namespace,
        "nics": [{"name": "eth0", "mac": of.mac, "tap": tap}],
        "disks": [{"name": "disk0", "path": "disk0.img", "bytes": 1 << 20}],
        **description,
    }
    (directory / "machine.json").write_text(json.dumps(data), "utf-8")
    return Machine(directory)
