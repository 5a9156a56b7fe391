"""Values that documents take, by the schema's own rules; None for what they do not."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from microdc.documents.fields import IpAddress, Mac, Network, Url

_MAC, _IP, _NETWORK, _URL = (TypeAdapter[Any](kind) for kind in cast("Any", (Mac, IpAddress, Network, Url)))


def mac(text: str) -> str | None:
    """A MAC address of one port, in lower case with colons."""
    found: str | None = _valid(_MAC, text)
    return found


def is_ip(text: str) -> bool:
    return _valid(_IP, text) is not None


def network(text: str) -> IPv4Network | IPv6Network | None:
    found: IPv4Network | IPv6Network | None = _valid(_NETWORK, text)
    return found


def https(host: str) -> str | None:
    """The URL of a host, by its name or address."""
    with suppress(ValueError):  # a name
        host = f"[{host}]" if ip_address(host).version == 6 else host
    found: str | None = _valid(_URL, f"https://{host}")
    return found


def _valid(kind: TypeAdapter[Any], text: str) -> Any:
    try:
        return kind.validate_python(text)
    except ValidationError:
        return None
