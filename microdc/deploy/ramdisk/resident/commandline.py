"""What the boot script said on the kernel's command line. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_interface

from .words import NO_ORDER, FailedError

LINGER = 600.0
"""s for which a ramdisk that failed stays up, so that it can be looked at, before it powers its machine off."""


@dataclass(frozen=True, slots=True)
class Static:
    """An address that was given on the command line. gateway: "" for none."""

    address: str
    gateway: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """mac: of the NIC that it booted from, "" where nobody said; static: None to ask DHCP."""

    host: str
    port: int
    node: str
    token: str = field(repr=False)
    mac: str = ""
    static: Static | None = None
    linger: float = LINGER


def parse(line: str) -> Asked:
    """Raises FailedError where the station or the token is missing: nobody can be asked then."""
    words = dict(word.partition("=")[::2] for word in line.split())
    try:
        host, port = _station(words["microdc.station"])
        token, node = words["microdc.token"], words["microdc.node"]
    except (KeyError, ValueError) as error:
        what = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
        raise FailedError(NO_ORDER, f"the kernel's command line: {what}") from None
    return Asked(
        host=host,
        port=port,
        node=node,
        token=token,
        mac=boot_mac(words.get("BOOTIF", "")),
        static=_static(words.get("ip", "dhcp")),
        linger=float(words.get("microdc.linger", LINGER)),
    )


def boot_mac(text: str) -> str:
    """A MAC as the kernel writes it, from BOOTIF as iPXE or PXELINUX write it (`01-52-54-…`, with the kind of hardware first)."""
    digits = text.replace("-", ":").lower().split(":")
    return ":".join(digits[-6:]) if len(digits) in {6, 7} else ""


def _station(url: str) -> tuple[str, int]:
    place = url.removeprefix("http://").rstrip("/")
    host, colon, port = place.rpartition(":")
    if not url.startswith("http://") or not colon or not port.isdigit():
        raise ValueError(f"microdc.station={url} is no http://ADDRESS:PORT")
    return host.strip("[]"), int(port)


def _static(text: str) -> Static | None:
    """`ip=ADDRESS/PREFIX`, or the kernel's own form `ADDRESS:SERVER:GATEWAY:NETMASK:HOST:DEVICE:HOW`; None asks DHCP."""
    if "/" in text and ":" not in text:
        return Static(str(ip_interface(text)))
    parts = text.split(":")
    if len(parts) < 4 or not parts[0]:
        return None
    try:
        return Static(str(ip_interface(f"{parts[0]}/{parts[3]}")), parts[2])
    except ValueError:
        raise FailedError(
            NO_ORDER, f"the kernel's command line: ip={text} gives no address and netmask"
        ) from None
