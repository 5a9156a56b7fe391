"""dnsmasq's configuration. Pure.

Known MACs only: a host without a line of its own in the hosts file is ignored, and there is no range out of which a stranger could be
given an address. No DNS. `bind-dynamic` with one interface makes it bind to that device, so that others may serve DHCP on other interfaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from .place import DNSMASQ_PID, HOSTS, LEASES, TFTP
from .plan import Plan

LOADERS: Mapping[str, str] = {"bios": "undionly.kpxe", "x86_64": "x86_64.efi", "arm64": "arm64.efi"}
"""Kind of loader -> the name under which it is sent. A BIOS tells the name's end from others, for `undionly` keeps UNDI by it."""
TFTP_ARCHITECTURES: Mapping[int, str] = {0: "bios", 7: "x86_64", 9: "x86_64", 11: "arm64"}
"""Client architecture (DHCP option 93, RFC 4578 and IANA's registry) -> kind of loader. EFI x86-64 is 7 by errata and 9 by the letter; firmware
sends both. 6 (EFI IA32) has none."""
HTTP_ARCHITECTURES: Mapping[int, str] = {16: "x86_64", 19: "arm64"}
"""The same for firmware that loads by HTTP itself."""
KNOWN_ARCHITECTURES = (*TFTP_ARCHITECTURES, *HTTP_ARCHITECTURES, 6, 10, 15, 18)
LEASE = "1h"
LOADER_PATH = "/boot/loader"
SCRIPT_PATH = "/boot/script"


def configuration(plan: Plan, directory: Path) -> str:
    """The file. directory: the station's, absolute."""
    lines = [
        "keep-in-foreground",
        "log-facility=-",
        "log-dhcp",
        "port=0",
        "user=root",  # its files lie in a directory that is root's alone
        "group=root",  # a change of it would take away the signal that ends it with its parent (prctl(2), PR_SET_PDEATHSIG)
        f"interface={plan.interface}",
        "except-interface=lo",
        "bind-dynamic",
        "no-ping",
        f"pid-file={directory / DNSMASQ_PID}",
        f"dhcp-leasefile={directory / LEASES}",
        f"dhcp-hostsfile={directory / HOSTS}",
        f"dhcp-range={plan.network.network_address},static,{plan.network.netmask},{LEASE}",
        "dhcp-ignore=tag:!known",
        "dhcp-authoritative",
        f"dhcp-option=option:router{_list(plan.gateway)}",
        f"dhcp-option=option:dns-server{_list(*plan.dns)}",
        "enable-tftp",
        f"tftp-root={directory / TFTP}",
        "dhcp-userclass=set:ipxe,iPXE",
        "dhcp-match=set:ipxe,175",
        *(f"dhcp-match=set:arch-{number},option:client-arch,{number}" for number in KNOWN_ARCHITECTURES),
        "dhcp-vendorclass=set:http,HTTPClient",
        "dhcp-option-force=tag:http,60,HTTPClient",  # else such firmware does not take the answer
        *_boot(plan),
    ]
    return "".join(f"{line}\n" for line in lines)


def _list(*values: object) -> str:
    """An option that is given nothing is not sent; left to itself, dnsmasq would name itself."""
    return "".join(f",{value}" for value in values if value is not None)


def _boot(plan: Plan) -> Iterator[str]:
    yield f"dhcp-boot=tag:ipxe,{plan.url}{SCRIPT_PATH}?mac=${{netX/mac}}"
    for number, file in files(plan).items():
        yield f"dhcp-boot=tag:arch-{number},tag:!ipxe,tag:!looping,{file}"


def files(plan: Plan) -> dict[int, str]:
    """Architecture -> what it is told to load: a file over TFTP or a URL. One without a loader is not among them."""
    found = {number: LOADERS[kind] for number, kind in TFTP_ARCHITECTURES.items() if kind in plan.loaders}
    for number, kind in HTTP_ARCHITECTURES.items():
        if kind in plan.loaders:
            found[number] = f"{plan.url}{LOADER_PATH}/{LOADERS[kind]}"
    return found


def hosts(plan: Plan, looping: frozenset[str]) -> str:
    """The hosts file: the MAC that each node boots from. looping: nodes that are given no loader any more.

    No names: dnsmasq takes one such as `ignore` or `12h` for something else.
    """
    lines: list[str] = []
    for node in plan.nodes:
        tag = "set:looping," if node.name in looping else ""
        lines.append(f"{node.mac},{tag}{node.address}\n")
    return "".join(lines)
