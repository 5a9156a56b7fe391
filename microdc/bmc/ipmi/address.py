"""Where a BMC's IPMI service is: `host`, `host:port`, `[IPv6]:port`."""

from __future__ import annotations

from dataclasses import dataclass

from microdc.errors import InputError

PORT = 623
"""The primary RMCP port (section 13.1.1)."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host name or address without brackets, and a UDP port."""

    host: str
    port: int = PORT

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORT else f"{host}:{self.port}"


def endpoint(text: str, *, where: str = "") -> Endpoint:
    """Reads `host`, `host:port`, `IPv6` or `[IPv6]:port`. Raises InputError."""
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        port = rest[1:] if rest.startswith(":") else rest and "?"
        if not closed:
            port = "?"
    elif text.count(":") > 1:
        host, port = text, ""
    else:
        host, colon, port = text.partition(":")
        port = port or (colon and "?")
    if not host or (port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536)):
        raise InputError(
            f"not an IPMI service: {text!r}", where=where, hint="write host, host:port or [IPv6 address]:port"
        )
    return Endpoint(host, int(port) if port else PORT)
