"""Tap interfaces, made inside a namespace and held by a descriptor: with its last holder the interface vanishes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
from collections.abc import Iterator

from microdc.errors import UnreachableError
from microdc.host import namespaces
from microdc.host.local import LocalHost, NamespaceHost
from microdc.images.model import GuestNic

_TUNSETIFF = 0x400454CA  # linux/if_tun.h
_IFF_TAP, _IFF_NO_PI, _IFF_VNET_HDR = 0x0002, 0x1000, 0x4000


@contextlib.contextmanager
def opened(nics: tuple[GuestNic, ...], *, up: bool = True) -> Iterator[list[int]]:
    """Descriptors of the NICs' taps, each up, with its MTU, in its namespace; closed here at the end of the block.

    up: False where they are another's to turn on and off, as ports of a switch are.
    Raises UnreachableError where a tap cannot be made: no permission, no namespace, name taken.
    """
    with contextlib.ExitStack() as stack:
        descriptors = []
        for nic in nics:
            descriptors.append(_open(nic))
            stack.callback(os.close, descriptors[-1])
            _set(nic, up=up)
        yield descriptors


def _open(nic: GuestNic) -> int:
    def inside() -> int:
        descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            flags = _IFF_TAP | _IFF_NO_PI | _IFF_VNET_HDR
            fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", nic.tap.encode(), flags))
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    try:
        return namespaces.call(nic.namespace, inside)
    except OSError as error:
        where = f"netns:{nic.namespace}" if nic.namespace else "local"
        hint = (
            "is there an interface of this name?"
            if error.errno == 16
            else "root and the tun module are needed"
        )  # EBUSY
        raise UnreachableError(
            f"cannot make the tap {nic.tap}: {error.strerror}", where=where, hint=hint
        ) from None


def _set(nic: GuestNic, *, up: bool) -> None:
    host = NamespaceHost(nic.namespace) if nic.namespace else LocalHost()
    words = ["up"] if up else []
    done = host.run(["ip", "link", "set", "dev", nic.tap, "mtu", str(nic.mtu), *words])
    if not done.ok:
        reason = done.stderr.decode(errors="replace").strip()
        raise UnreachableError(f"cannot set {nic.tap}: {reason}", where=str(host.address))
