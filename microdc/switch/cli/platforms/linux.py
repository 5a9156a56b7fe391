"""A switch that is a Linux machine with bridges, reached at a shell: Cumulus and its like, and any machine with iproute2.

VLANs are told in two ways: by the bridge's own filter (`bridge vlan`), or, where a bridge does not filter, by a bridge for each VLAN whose name ends
in its number, such as br20 or vlan20.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

from microdc.documents.check import nearest
from microdc.switch.cli.errors import CommandError, ReadOnlyError
from microdc.switch.cli.iproute import ADDRESSES, LINKS, ROUTES, VLANS, tidied
from microdc.switch.cli.model import Facts, PortSetting
from microdc.switch.cli.platform import Answers, Editing, Guard, Platform
from microdc.switch.cli.texts import first

_FILES = "cat /etc/network/interfaces /etc/network/interfaces.d/* 2>/dev/null"
_SYSTEM = "cat /etc/os-release; hostname"
_MACHINE = (
    "grep -s . /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name /sys/class/dmi/id/product_serial"
)


def _facts(answers: Answers) -> Facts:
    system, machine = answers[_SYSTEM], answers[_MACHINE]
    names = system.strip().splitlines()
    return Facts(
        hostname=names[-1] if names else None,
        vendor=first(machine, r"/sys_vendor:(.*)"),
        model=first(machine, r"/product_name:(.*)"),
        serial=first(machine, r"/product_serial:(.*)"),
        version=first(system, r'^PRETTY_NAME="?(.*?)"?$'),
    )


def _setting(port: str, answers: Answers) -> PortSetting:
    links = _links(answers)
    link = links.get(port)
    if link is None:
        hint = nearest(port, set(links)) or "`microdc switch ports` shows those that there are"
        raise CommandError(LINKS, f"it tells of no port {port}", hint=hint)
    master = links.get(link.get("master", ""), {})
    untagged, tagged = _filtered(port, answers) if _filters(master) else (_number(master), ())
    return PortSetting(port, "UP" in link["flags"], link.get("ifalias", ""), untagged, tagged)


def _links(answers: Answers) -> dict[str, dict[str, Any]]:
    try:
        return {link["ifname"]: link for link in json.loads(answers[LINKS] or "[]")}
    except (ValueError, KeyError, TypeError):
        raise CommandError(
            LINKS, "the answer is no list of links", hint="iproute2 4.12 or later writes JSON"
        ) from None


def _filters(bridge: dict[str, Any]) -> bool:
    return bool(bridge.get("linkinfo", {}).get("info_data", {}).get("vlan_filtering"))


def _number(bridge: dict[str, Any]) -> int | None:
    """The VLAN of a bridge that does not filter, by its name."""
    if bridge.get("linkinfo", {}).get("info_kind") != "bridge":
        return None
    found = re.search(r"(\d{1,4})\Z", bridge["ifname"])
    return int(found.group(1)) if found and 1 <= int(found.group(1)) <= 4094 else None


def _filtered(port: str, answers: Answers) -> tuple[int | None, tuple[int, ...]]:
    """The VLAN of untagged frames and the others that a port carries, by the bridge's filter."""
    entries = json.loads(answers[VLANS] or "[]")
    vlans: list[dict[str, Any]] = next(
        (entry.get("vlans", []) for entry in entries if entry.get("ifname") == port), []
    )
    untagged = [vlan["vlan"] for vlan in vlans if "PVID" in vlan.get("flags", ())]
    tagged = [
        number
        for vlan in vlans
        if "PVID" not in vlan.get("flags", ())
        for number in range(vlan["vlan"], vlan.get("vlanEnd", vlan["vlan"]) + 1)
    ]
    return (untagged[0] if untagged else None), tuple(tagged)


def _commands(before: PortSetting, after: PortSetting, answers: Answers) -> tuple[str, ...]:
    return tuple(_lines(before, after, answers))


def _lines(before: PortSetting, after: PortSetting, answers: Answers) -> Iterator[str]:
    port = shlex.quote(before.port)
    if after.description != before.description:
        yield f"ip link set dev {port} alias {shlex.quote(after.description)}"
    if after.vlan != before.vlan:
        yield f"ip link set dev {port} master {shlex.quote(_bridge(before, after, answers))}"
    if after.up != before.up:
        yield f"ip link set dev {port} {'up' if after.up else 'down'}"


def _bridge(before: PortSetting, after: PortSetting, answers: Answers) -> str:
    """The bridge that is the VLAN of `after`."""
    links = _links(answers)
    if _filters(links.get(links[before.port].get("master", ""), {})):
        raise ReadOnlyError(
            f"the VLANs of {before.port} are those of a bridge that filters, which microdc reads only",
            hint="the change suite was run only on switches with a bridge for each VLAN",
        )
    fitting = [name for name, link in links.items() if _number(link) == after.vlan]
    if len(fitting) != 1:
        found = (
            f"several bridges are VLAN {after.vlan}: {', '.join(fitting)}"
            if fitting
            else f"no bridge is VLAN {after.vlan}"
        )
        raise CommandError(
            LINKS, found, hint="a bridge's VLAN is the number at the end of its name, such as br20"
        )
    return fitting[0]


def _batch(lines: tuple[str, ...], guard: Guard | None) -> tuple[str, ...]:
    """guard: a program in the background that undoes the change when it still finds its file after the time.

    Who removes the file first has decided: `rm` tells just one of the two that it was there.
    """
    if guard is None:
        return lines
    file = _file(guard.name)
    undo = "; ".join(guard.undo)
    script = f"sleep {guard.seconds}; rm {file} 2>/dev/null && {{ {undo}; }}"
    return (
        f"(umask 077; : >{file})",
        f"(setsid sh -c {shlex.quote(script)} </dev/null >/dev/null 2>&1 &)",
        *lines,
    )


def _file(name: str) -> str:
    return f"/run/{name}"


EDITING = Editing(
    questions=lambda _: (LINKS, VLANS),
    setting=_setting,
    commands=_commands,
    batch=_batch,
    confirm=lambda name: (f"rm {_file(name)} && echo microdc-''kept",),
    kept=lambda answers: any("microdc-kept" in answer for answer in answers.values()),
    proved="Debian 12, bash and dash behind OpenSSH, with a bridge for each VLAN",
    remarks=(
        "it lasts until the switch restarts: write it into the network configuration of its system as well",
    ),
)

PLATFORM = Platform(
    name="linux",
    title="Linux with bridges",
    driver="linux",
    config=(_FILES, LINKS, ADDRESSES, VLANS, ROUTES),
    facts=(_SYSTEM, _MACHINE),
    read_facts=_facts,
    remark="#",
    tidy=tidied,
    refusals=(
        re.compile(
            r"^(?:RTNETLINK answers: .*|Error: .*|Cannot find device.*|Device .* does not exist.*|.*: (?:command )?not found|.*[Pp]ermission denied.*)$",
            re.MULTILINE,
        ),
    ),
    raises="sudo -s",
    editing=EDITING,
)
