"""Whether the SSH server of a system that was installed is the one: by the host key that it offers.

Only keys are exchanged, nobody logs in: whoever holds the private half of the key that the ramdisk made is the system that it wrote. So no private
key of a person is needed for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from microdc.deploy.model import NodeSpec
from microdc.deploy.ports import Checked
from microdc.host.address import address_of
from microdc.host.connection import offered_key
from microdc.host.model import Address
from microdc.testbed.reach import Reach

PORT = 22
_KIND = "ssh-ed25519"


@dataclass(frozen=True, slots=True)
class SshSystem:
    """A node's system, looked at from its site's host. reach: of that host."""

    reach: Reach

    def check(self, spec: NodeSpec, host_keys: Sequence[str]) -> Checked:
        """Whether its SSH server offers one of these keys. Raises UnreachableError while nothing answers."""
        known = [key.split()[:2] for key in host_keys]
        kinds = tuple(dict.fromkeys(key[0] for key in known if len(key) == 2))
        offered = offered_key(way(self.reach, str(spec.address.ip)), kinds or (_KIND,))
        if not known:
            return Checked("no host key of it is known: its ramdisk told none", cause="host-key")
        if offered.split()[:2] in known:
            return Checked(how=f"its SSH server offers the {offered.split()[0]} key that its ramdisk made")
        what = f"another machine answers at {spec.address.ip}, or its keys were changed: its SSH server offers {offered}"
        return Checked(what, cause="host-key")


def way(reach: Reach, address: str) -> Address:
    """How an address in a site's boot network is reached: from the host there that runs the boot services."""
    host = address_of(reach)
    if host.kind == "netns":
        return Address("ssh", address, port=PORT, via=host.name)
    if host.kind == "ssh":
        return Address("ssh", address, port=PORT, jump=host)
    return Address("ssh", address, port=PORT)
