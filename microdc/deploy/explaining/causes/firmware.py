"""A server that is on, and was not heard on the network by the NIC that it boots from."""

from __future__ import annotations

from collections.abc import Iterator

from microdc.deploy import kinds
from microdc.deploy.explaining.case import Case, line, lines
from microdc.deploy.explaining.causes import link
from microdc.deploy.explaining.model import Advice, Certainty, Diagnosis
from microdc.deploy.model import Phase

_STUBBORN = 6
"""So often a NIC has to ask before it seems to be the one that is booted from: PXE asks four times by each (PXE 2.1, 2.2.3)."""


def judge(case: Case) -> Iterator[Diagnosis]:
    """wrong-nic, boot-ignored, firmware-stuck; no-dhcp where nothing else is seen, at the switch neither."""
    if not is_silent(case):
        return
    found = [*_wrong_nic(case), *_ignored(case)]
    yield from found
    if case.over and not found and not list(link.judge(case)) and not is_off(case):
        yield from _stuck(case)
        yield _nothing(case)


def is_silent(case: Case) -> bool:
    """Whether it should have been heard, and was not, by the NIC that it boots from. Also while DHCP: firmware that asks by another NIC began that."""
    if (
        not case.within(Phase.POWER, Phase.DHCP)
        or case.dhcp()
        or (case.phase is Phase.POWER and not case.over)
    ):
        return False
    told = case.last("bmc", kinds.POWER, kinds.BOOT, kinds.BMC_LOST)
    return told is None or told.kind != kinds.BMC_LOST


def is_off(case: Case) -> bool:
    """Whether the BMC said so last."""
    power = case.last("bmc", kinds.POWER)
    return power is not None and str(power.evidence.data.get("state")) == "off"


def _wrong_nic(case: Case) -> Iterator[Diagnosis]:
    asked = [
        entry
        for entry in case.seen(
            "dhcp", kinds.DISCOVER, kinds.REQUEST, kinds.ACK, kinds.LEASED, kinds.IGNORED, kinds.NO_LOADER
        )
        if entry.evidence.mac in case.facts.nics and not case.boots(entry)
    ]
    if not asked or not (case.over or sum(entry.times for entry in asked) >= _STUBBORN):
        return
    mac = asked[-1].evidence.mac
    other = case.facts.nics[mac]
    yield Diagnosis(
        "wrong-nic",
        Certainty.CERTAIN if case.over else Certainty.POSSIBLE,
        f"{case.name} boots from {other} ({mac}), and {case.nic} ({case.mac}) is the NIC that it should boot from",
        lines(asked),
        (
            Advice(
                f"put {case.nic} first in the order of its firmware's network boot",
                f"microdc boot {case.name} --once bios",
            ),
            Advice(f"or, if {other} is the right one, write `deploy: {{nic: {other}}}` for it"),
            Advice("then begin again", f"microdc deploy retry {case.name}"),
        ),
    )


def _ignored(case: Case) -> Iterator[Diagnosis]:
    """It booted from somewhere else, although it was to boot from the network."""
    booted = case.signs("disk-boot", "login", "no-loader-on-disk")
    home = case.seen("node", kinds.HOME)
    boot = case.last("bmc", kinds.BOOT)
    set_otherwise = boot is not None and str(boot.evidence.data.get("target")) not in {"pxe", "http", "none"}
    if not (booted or home or (set_otherwise and case.over)):
        return
    yield Diagnosis(
        "boot-ignored",
        Certainty.CERTAIN if booted or home else Certainty.LIKELY,
        f"{case.name} was to boot from the network, and boots from its disk",
        (
            *lines([entry for _, entry in booted]),
            *lines(home),
            *((line(boot),) if boot and set_otherwise else ()),
        ),
        (
            Advice("see what its BMC has set now", f"microdc boot {case.name}"),
            Advice(
                "see whether it takes the override at all", f"microdc boot {case.name} --once pxe --reboot"
            ),
            Advice(
                "switch network boot on in its firmware; some leave it out of the boot order when it is off"
            ),
        ),
    )


def _stuck(case: Case) -> Iterator[Diagnosis]:
    """The override is still there: firmware takes it when it comes to booting."""
    boot = case.last("bmc", kinds.BOOT)
    if boot is None or str(boot.evidence.data.get("target")) not in {"pxe", "http"}:
        return
    if str(boot.evidence.data.get("lasting")) != "once":
        return
    yield Diagnosis(
        "firmware-stuck",
        Certainty.LIKELY,
        f"the firmware of {case.name} has not come to booting: the override for this boot is not used up",
        (line(boot),),
        (
            Advice("see its console", f"microdc bmc console-hint {case.name}"),
            Advice("see what it logged while it tested itself", f"microdc bmc sel {case.name}"),
        ),
    )


def _nothing(case: Case) -> Diagnosis:
    unknown = [] if case.port else ["its switch was not asked: the link and the VLAN are not known"]
    if not case.seen("console"):
        unknown.append("its console was not seen")
    return Diagnosis(
        "no-dhcp",
        Certainty.POSSIBLE,
        f"nothing was heard of {case.name} by {case.nic or 'its NIC'} ({case.mac or 'no MAC'})",
        tuple(unknown),
        (
            Advice(
                "see whether its port has a link and is in the right VLAN",
                f"microdc switch ports {case.record.site}",
            ),
            Advice("see whether it has that MAC address", f"microdc inventory collect {case.name}"),
            Advice("see its console", f"microdc bmc console-hint {case.name}"),
            Advice(
                "look whether network boot is switched on in its firmware",
                f"microdc boot {case.name} --once bios",
            ),
        ),
    )
