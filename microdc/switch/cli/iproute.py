"""What iproute2 tells of interfaces as JSON, without what changes by itself. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

LINKS = "ip -j -d link show"
VLANS = "bridge -j vlan show"
ADDRESSES = "ip -j addr show"
ROUTES = "ip -j -d route show table all"

_KEPT: dict[str, frozenset[str]] = {
    LINKS: frozenset({"ifname", "mtu", "master", "link_type", "ifalias", "linkinfo", "up"}),
    ADDRESSES: frozenset({"ifname", "addresses"}),
    VLANS: frozenset({"ifname", "vlans"}),
    ROUTES: frozenset({"dst", "gateway", "via", "dev", "nexthops", "metric", "table", "type"}),
}
"""Of the objects of each command, what is set by somebody. The rest are states, counters and timers, which change by themselves."""
_STATES = re.compile(
    r"_timer$|^(?:state|port_no|no|id|root_\w+|bridge_id|designated_\w+|topology_\w+|config_pending|multicast_router|bridge_priority)$"
)


def tidied(command: str, answer: str) -> str:
    """JSON with what is set, an object for each interface or route, in an order that stays."""
    if command not in _KEPT:
        return answer
    try:
        told = json.loads(answer or "[]")
    except ValueError:
        return answer
    if command == ROUTES:  # the others were made by the kernel, or by a routing daemon
        told = [entry for entry in told if entry.get("protocol") in ("static", "boot")]
    kept = [_set_of(command, entry) for entry in told if isinstance(entry, dict)]
    return "\n".join(
        sorted(json.dumps(entry, sort_keys=True, ensure_ascii=False) for entry in kept if len(entry) > 1)
    )


def _set_of(command: str, entry: dict[str, Any]) -> dict[str, Any]:
    if command == LINKS:
        entry = {**entry, "up": "UP" in entry.get("flags", ())}
    if command == ADDRESSES:
        own = [
            f"{a['local']}/{a['prefixlen']}"
            for a in entry.get("addr_info", ())
            if a.get("scope") != "link" and not a.get("dynamic")
        ]
        entry = {**entry, **({"addresses": own} if own else {})}
    return {key: _without_states(value) for key, value in entry.items() if key in _KEPT[command]}


def _without_states(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_states(inner) for key, inner in value.items() if not _STATES.search(key)}
    return value
