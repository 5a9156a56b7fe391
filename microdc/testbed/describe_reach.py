"""How a host is reached, under the words of the documents. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from microdc.testbed.reach import Reach


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is said: without what is empty or None."""
    return {key: value for key, value in values.items() if value not in (None, "", (), [], {})}


def reach(way: Reach) -> dict[str, Any]:
    """As the keys of a mapping that stands for more than a host, such as an emulator."""
    return given(
        {
            "host": way.host,
            "identity": way.identity,
            "known_hosts": way.known_hosts,
            "host_key": way.host_key,
            "via": way.via,
            "jump": reached(way.jump),
        }
    )


def reached(way: Reach | None) -> str | dict[str, Any]:
    """As in a document: the address alone, or a mapping where there is more to say."""
    if way is None:
        return ""
    return way.host if way == Reach(way.host) else reach(way)
