"""The platforms that are known, a file each. Another one is its file and its line here."""

from __future__ import annotations

from collections.abc import Mapping

from microdc.documents.check import nearest
from microdc.errors import InputError
from microdc.switch.cli.model import Target
from microdc.switch.cli.platform import Platform
from microdc.switch.cli.platforms import (
    arista_eos,
    cisco_ios,
    cisco_nxos,
    dell_sonic,
    frr,
    juniper_junos,
    linux,
)

PLATFORMS: Mapping[str, Platform] = {
    module.PLATFORM.name: module.PLATFORM
    for module in (linux, frr, arista_eos, cisco_ios, cisco_nxos, dell_sonic, juniper_junos)
}

_ALSO_CALLED = {"cisco_xe": "cisco_ios", "cumulus_linux": "linux", "juniper": "juniper_junos"}
"""Other names that netmiko has for them."""


def platform_of(target: Target) -> Platform:
    """The platform of a switch. Raises InputError for one that is not known."""
    name = _ALSO_CALLED.get(target.platform, target.platform)
    if name not in PLATFORMS:
        known = ", ".join(PLATFORMS)
        raise InputError(
            f"no platform is called {target.platform!r}",
            where=target.where,
            hint=nearest(target.platform, set(PLATFORMS)) or f"known are {known}",
        )
    return PLATFORMS[name]
