"""A server that has its address, and does not come to its boot script."""

from __future__ import annotations

from collections.abc import Iterator

from microdc.deploy import kinds
from microdc.deploy.explaining.case import Case, any_of, lines
from microdc.deploy.explaining.model import Advice, Certainty, Diagnosis, Entry
from microdc.deploy.model import Phase

_REASONS = {
    "unknown-address": "it asks from an address that is not the one that it was given",
    "wrong-token": "its token is not this node's, or of an earlier attempt",
    "spent-token": "its token was used before",
    "not-armed": "nothing is to be done with it now",
    "no-such-file": "the file is not there: it was not brought to the site, or was removed",
}


def judge(case: Case) -> Iterator[Diagnosis]:
    """loader-loop, script-denied, not-armed, tftp-blocked, loader-dead, http-blocked, secure-boot."""
    if not case.within(Phase.DHCP, Phase.KERNEL):
        return
    yield from _denied(case)
    if case.seen("http", kinds.HTTP_SCRIPT):
        return
    yield from _loop(case)
    yield from _secure(case)
    leased = case.leases()
    if not leased or case.dhcp(kinds.LOOP) or case.seen("http", kinds.HTTP_DENIED, kinds.HTTP_LOCAL):
        return
    if _is_ipxe(leased[-1]):
        yield from _no_script(case, leased[-1])
    else:
        yield from _no_file(case, leased[-1])


def _is_ipxe(entry: Entry) -> bool:
    data = entry.evidence.data
    return bool(data.get("ipxe")) or any_of(data.get("user_class", ""), {"ipxe"})


def _loop(case: Case) -> Iterator[Diagnosis]:
    if found := case.dhcp(kinds.LOOP):
        yield Diagnosis(
            "loader-loop",
            Certainty.CERTAIN,
            f"{case.name} loads its loader again and again: what it loads is not what its firmware runs, or it is not told from firmware",
            lines(found),
            (
                Advice(
                    "have it boot the other way, where its firmware can",
                    f"microdc boot {case.name} --once pxe --uefi",
                ),
                Advice("say `firmware: uefi` or `firmware: bios` under `deploy` of the node"),
            ),
        )


def _secure(case: Case) -> Iterator[Diagnosis]:
    if shown := case.signs("secure-boot"):
        yield Diagnosis(
            "secure-boot",
            Certainty.CERTAIN,
            f"Secure Boot of {case.name} refuses the loader, which nobody signed",
            lines([entry for _, entry in shown]),
            (Advice("switch Secure Boot off in its firmware", f"microdc boot {case.name} --once bios"),),
        )


def _denied(case: Case) -> Iterator[Diagnosis]:
    denied = [
        e
        for e in case.seen("http", kinds.HTTP_DENIED)
        if any_of(e.evidence.data.get("path", "/boot/"), {"/boot/"})
    ]
    local = case.seen("http", kinds.HTTP_LOCAL)
    went_on = case.seen("http", kinds.HTTP_KERNEL, kinds.HTTP_RAMDISK, after=denied[-1]) if denied else []
    if denied and not went_on:
        reason = str(denied[-1].evidence.data.get("reason") or denied[-1].evidence.text)
        yield Diagnosis(
            "script-denied",
            Certainty.CERTAIN,
            f"{case.name} was refused what it boots: {_REASONS.get(reason, reason)}",
            lines(denied),
            (Advice("begin again, with a new token", f"microdc deploy retry {case.name}"),),
        )
    elif local and not case.seen("http", kinds.HTTP_SCRIPT, after=local[-1]):
        yield Diagnosis(
            "not-armed",
            Certainty.CERTAIN,
            f"{case.name} asked for its script when its boot services had nothing to do with it, and was sent on to its disk",
            lines(local),
            (Advice("begin again", f"microdc deploy retry {case.name}"),),
        )


def _no_file(case: Case, leased: Entry) -> Iterator[Diagnosis]:
    """Firmware: it loads a file over TFTP, or over HTTP, and runs it."""
    failed = case.seen("tftp", kinds.TFTP_FAILED)
    sent = [*case.seen("tftp", kinds.TFTP_SENT), *case.seen("http", kinds.HTTP_LOADER)]
    shown = [entry for _, entry in case.signs("tftp-timeout", "tftp-error", "pxe-unexpected")]
    if not sent and (failed or (shown and case.over)):
        yield Diagnosis(
            "tftp-blocked",
            Certainty.CERTAIN if shown or case.over else Certainty.LIKELY,
            f"{case.name} has an address, and TFTP does not bring it its loader",
            lines([leased, *failed, *shown]),
            _tftp_advice(case),
        )
    elif not sent and case.over:
        yield Diagnosis(
            "tftp-blocked",
            Certainty.LIKELY,
            f"{case.name} has an address, and nothing came over TFTP after it: something on the way takes it away",
            lines([leased]),
            _tftp_advice(case),
        )
    elif sent and case.over:
        yield Diagnosis(
            "loader-dead",
            Certainty.LIKELY,
            f"{case.name} loaded {sent[-1].evidence.data.get('file', 'its loader')}, and nothing was heard of it since: it did not run",
            lines(sent),
            (
                Advice(
                    "look whether Secure Boot is on: it refuses this loader",
                    f"microdc bmc console-hint {case.name}",
                ),
                Advice("say `firmware: uefi` or `firmware: bios`, if its firmware took the wrong one"),
            ),
        )


def _tftp_advice(case: Case) -> tuple[Advice, ...]:
    return (
        Advice(
            "let UDP port 69, and the answers from high ports, through the firewall of the host of the boot services"
        ),
        Advice("try HTTP boot, where the firmware can", f"microdc boot {case.name} --once http --uefi"),
    )


def _no_script(case: Case, leased: Entry) -> Iterator[Diagnosis]:
    """iPXE: it asks for its script over HTTP."""
    shown = [entry for _, entry in case.signs("ipxe-timeout", "ipxe-refused")]
    if not case.over and not shown:
        return
    yield Diagnosis(
        "http-blocked",
        Certainty.CERTAIN if shown and case.over else Certainty.LIKELY,
        f"iPXE on {case.name} has an address, and its request for a script does not come in",
        lines([leased, *shown]),
        (
            Advice(
                "let the TCP port of the boot services (`port` of `deploy`) through the firewall of their host"
            ),
        ),
    )
