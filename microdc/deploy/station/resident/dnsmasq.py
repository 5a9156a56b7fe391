"""dnsmasq's configuration. Pure.

Known MACs only: a host without a line of its own in the hosts file is ignored, and there is no range out of which a stranger could be
given an address. No DNS. `bind-dynamic` with one interface makes it bind to that device, so that others may serve DHCP on other interfaces.

Where another server gives the addresses (proxyDHCP), ours only adds what to load: to a BIOS, to iPXE and to firmware that boots by HTTP in the first answer, to UEFI's PXE
when it asks again, on port 4011, to which dnsmasq sends it.
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
FIRST_UEFI = 6
"""UEFI has this architecture or a higher one; 1 to 5 are of the last century."""
KNOWN_ARCHITECTURES = (*TFTP_ARCHITECTURES, *HTTP_ARCHITECTURES, 6, 10, 15, 18)
LEASE = "1h"
LOADER_PATH = "/boot/loader"
SCRIPT_PATH = "/boot/script"
_FIRMWARE = "tag:!ipxe,tag:!looping"
"""What is to be given a loader."""


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
        "dhcp-ignore=tag:!known",
        *(_proxying(plan) if plan.proxy else _leasing(plan)),
        "enable-tftp",
        f"tftp-root={directory / TFTP}",
        "dhcp-userclass=set:ipxe,iPXE",
        "dhcp-match=set:ipxe,175",
        *(f"dhcp-match=set:arch-{number},option:client-arch,{number}" for number in KNOWN_ARCHITECTURES),
    ]
    return "".join(f"{line}\n" for line in lines)


def _list(*values: object) -> str:
    """An option that is given nothing is not sent; left to itself, dnsmasq would name itself."""
    return "".join(f",{value}" for value in values if value is not None)


def _leasing(plan: Plan) -> Iterator[str]:
    """Ours gives the addresses."""
    yield f"dhcp-range={plan.network.network_address},static,{plan.network.netmask},{LEASE}"
    yield "dhcp-authoritative"
    yield f"dhcp-boot=tag:ipxe,{_script(plan)}"
    yield f"dhcp-option=option:router{_list(plan.gateway)}"
    yield f"dhcp-option=option:dns-server{_list(*plan.dns)}"
    yield "dhcp-vendorclass=set:http,HTTPClient"
    yield "dhcp-option-force=tag:http,60,HTTPClient"  # else such firmware does not take the answer
    for number, file in files(plan).items():
        yield f"dhcp-boot=tag:arch-{number},{_FIRMWARE},{file}"


def _proxying(plan: Plan) -> Iterator[str]:
    """Another server gives the addresses. dnsmasq looks at PXE at all only where it is given some service: hence one that is nobody's."""
    yield f"dhcp-range={plan.network.network_address},proxy,{plan.network.netmask}"
    yield 'pxe-service=tag:nobody,0,"none",0'
    # iPXE (dhcp_has_pxeopts in its dhcp.c) takes no offer without an address that is the server's of the file, though the URL has its own
    yield f"dhcp-boot=tag:ipxe,{_script(plan)},,{plan.address}"
    found = files(plan)
    if HTTP_ARCHITECTURES.keys() & found.keys():
        yield "dhcp-pxe-vendor=PXEClient,HTTPClient"  # older versions do not know it
    for number, file in found.items():
        if number in HTTP_ARCHITECTURES:
            yield f"dhcp-boot=tag:arch-{number},{_FIRMWARE},{file}"
        elif number < FIRST_UEFI:
            yield f"dhcp-boot=tag:arch-{number},{_FIRMWARE},{file},,{plan.address}"
        else:
            yield f'pxe-service=tag:arch-{number},{_FIRMWARE},{number},"iPXE",{file},{plan.address}'


def _script(plan: Plan) -> str:
    return f"{plan.url}{SCRIPT_PATH}?mac=${{netX/mac}}"


def files(plan: Plan) -> dict[int, str]:
    """Architecture -> what it is told to load: a file over TFTP or a URL. One without a loader is not among them."""
    found = {number: LOADERS[kind] for number, kind in TFTP_ARCHITECTURES.items() if kind in plan.loaders}
    for number, kind in HTTP_ARCHITECTURES.items():
        if kind in plan.loaders:
            found[number] = f"{plan.url}{LOADER_PATH}/{LOADERS[kind]}"
    return found


def hosts(plan: Plan, looping: frozenset[str]) -> str:
    """The hosts file: the MAC that each node boots from. looping: nodes that are given no loader any more.

    No names: dnsmasq takes one such as `ignore` or `12h` for something else. No addresses where another server gives them.
    """
    lines: list[str] = []
    for node in plan.nodes:
        words = [node.mac]
        if node.name in looping:
            words.append("set:looping")
        if not plan.proxy:
            words.append(str(node.address))
        lines.append(",".join([*words, "set:node"] if len(words) == 1 else words) + "\n")
    return "".join(lines)
