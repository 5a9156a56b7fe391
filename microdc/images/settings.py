"""What one guest differs in from others of its image, as a second, small archive laid over the image. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator

from microdc.errors import InputError
from microdc.images.cpio import Directory, Entry, File
from microdc.images.model import GuestNic, GuestSettings

_CONF = "/etc/microdc"
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}")  # IFNAMSIZ is 16, with the final NUL

# Of both families: without `default`, interfaces that come later would not have it.
_ROUTER = (
    "net/ipv4/ip_forward 1",
    "net/ipv6/conf/all/forwarding 1",
    "net/ipv6/conf/default/forwarding 1",
)
_ALWAYS = (
    "net/ipv4/conf/all/rp_filter 0",  # sites may be reached and answered on different NICs
    "net/ipv4/conf/default/rp_filter 0",
    "net/ipv6/conf/all/accept_dad 0",  # addresses are given, not found: no second of waiting for duplicates
    "net/ipv6/conf/default/accept_dad 0",
    "net/ipv6/conf/default/accept_ra 0",
    "kernel/printk 1",
)


def tree(settings: GuestSettings) -> dict[str, Entry]:
    """The files that `init` reads. Raises InputError for NICs that cannot be."""
    check(settings.nics)
    sysctl = [*_ALWAYS, *(_ROUTER if settings.forwarding else ())]
    files = {
        f"{_CONF}/nics": _lines(f"{nic.mac} {nic.name}" for nic in settings.nics),
        f"{_CONF}/network": _lines(_network(settings.nics)),
        f"{_CONF}/sysctl": _lines(sysctl),
        "/etc/hostname": _lines([settings.hostname]),
        "/etc/hosts": _lines(["127.0.0.1 localhost", f"127.0.1.1 {settings.hostname}", "::1 localhost"]),
    }
    entries: dict[str, Entry] = {path: File(text.encode()) for path, text in files.items()}
    if settings.command:
        exports = [f"export {name}={shlex.quote(value)}" for name, value in settings.environment]
        script = _lines([*exports, f"exec {shlex.join(settings.command)}"])
        entries[f"{_CONF}/command"] = File(script.encode())
    if settings.ssh:
        entries["/etc/dropbear/host_key"] = File(settings.ssh.host_key, 0o600)
        entries["/root"] = entries["/root/.ssh"] = Directory(0o700)
        entries["/root/.ssh/authorized_keys"] = File(_lines(settings.ssh.authorized_keys).encode(), 0o600)
    return entries


def check(nics: tuple[GuestNic, ...]) -> None:
    """Raises InputError for a name or MAC that cannot be, or that two NICs share."""
    for nic in nics:
        if not _MAC.fullmatch(nic.mac) or int(nic.mac[1], 16) & 1:
            hint = "write a unicast address in small letters, such as 52:54:00:12:34:56"
            raise InputError(f"{nic.mac!r} is no MAC address for a NIC", where=nic.name, hint=hint)
        for name in (nic.name, nic.tap):
            if not _NAME.fullmatch(name):
                raise InputError(
                    f"{name!r} cannot name an interface", hint="at most 15 letters, digits, _ . -"
                )
    for what in ("name", "mac"):
        values = [getattr(nic, what) for nic in nics]
        if len(set(values)) < len(values):
            raise InputError(f"two NICs of a guest have the same {what}", where=", ".join(values))


def _network(nics: tuple[GuestNic, ...]) -> Iterator[str]:
    for nic in nics:
        yield f"link set dev {nic.name} mtu {nic.mtu} up"
        yield from (f"address add {address} dev {nic.name}" for address in nic.addresses)


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
