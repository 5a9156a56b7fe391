"""What the numbers mean that iPXE prints behind its errors, such as `https://ipxe.org/4c0a6035`. Pure."""

from __future__ import annotations

import re

_LINK = re.compile(r"ipxe\.org/(?:err/)?([0-9a-f]{8})\b")

_MEANING = {
    0x02: "it was refused (permission denied)",
    0x04: "it got no address: nobody answered its DHCP",
    0x0E: "the server refused the connection: nothing listens there",
    0x0F: "the connection was cut by the other side",
    0x17: "the host cannot be reached",
    0x1C: "something it was given makes no sense to it",
    0x1D: "reading or writing failed",
    0x26: "the network is down",
    0x28: "there is no way to that network",
    0x2C: "it has no such device, often no driver for its NIC",
    0x2D: "there is no such file, or none was named",
    0x2E: "this is no program that it can run, by its format or by Secure Boot",
    0x31: "it has not enough memory",
    0x34: "there is no space left",
    0x38: "the link is down",
    0x3C: "it cannot do that: it was built without it",
    0x3E: "the name is not known (DNS)",
    0x41: "a signature or certificate is not accepted",
    0x4C: "no answer came in time",
}
"""By POSIX error number as iPXE counts them (bits 24 to 30 of an error; src/include/errno.h of iPXE). Those that a boot meets."""


def meanings(text: str) -> tuple[tuple[str, str], ...]:
    """Each error number in the text with its meaning, "" where the table has none; each once, in order."""
    found = dict.fromkeys(match[1] for match in _LINK.finditer(text))
    return tuple((number, _MEANING.get(int(number[:2], 16) & 0x7F, "")) for number in found)
