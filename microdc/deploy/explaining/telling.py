"""Evidence in words: one sentence for each kind, and whether it is good or bad news. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from microdc.deploy import kinds
from microdc.deploy.explaining import console, ipxe
from microdc.deploy.explaining.model import Tone
from microdc.deploy.model import Evidence

ARCHITECTURES = {
    0: "BIOS",
    6: "UEFI of 32 bits",
    7: "UEFI x86-64",
    9: "UEFI x86-64",
    11: "UEFI arm64",
    15: "UEFI of 32 bits, HTTP boot",
    16: "UEFI x86-64, HTTP boot",
    19: "UEFI arm64, HTTP boot",
}
"""Client architectures of DHCP, as IANA's registry "Processor Architecture Types" numbers them (RFC 4578, option 93)."""

Words = Callable[[Evidence, Mapping[str, Any]], str]


def tell(evidence: Evidence) -> tuple[str, Tone]:
    """A sentence without a final stop, on one line, and its tone. What nobody has words for is told by its kind and its own text.

    Nodes and strangers may say anything: what a terminal would act on is taken out.
    """
    if evidence.source == "console":
        signs = list(console.signs_of(evidence.text))
        return _line(evidence), "bad" if any(sign.bad for sign in signs) else ""
    words, tone = _TOLD.get((evidence.source, evidence.kind), (_unknown, ""))
    return console.clean(" ".join(words(evidence, evidence.data).split())), tone


def whole(data: Mapping[str, Any]) -> bool:
    """Whether an answer ended with the end of its file."""
    sent, of = number(data.get("bytes")), number(data.get("of"))
    return sent is not None and of is not None and sent + (number(data.get("offset")) or 0) >= of


def number(value: object) -> int | None:
    """A count; None for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def size(count: object) -> str:
    """Bytes such as 61.2 MB; "?" where it is no number."""
    if not isinstance(count, (int, float)):
        return "?"
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count:.0f} B"


def span(time: timedelta) -> str:
    """A time such as 45 s, 7 min or 2 h 10 min."""
    seconds = round(abs(time.total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes < 48 * 60 else f"{minutes // 1440} days"


def architecture(data: Mapping[str, Any]) -> str:
    """Such as: BIOS (0); UEFI x86-64 (7); "" where it did not say."""
    known = number(data.get("arch"))
    if known is None:
        return ""
    return f"{ARCHITECTURES.get(known, 'an architecture without a name here')} ({known})"


def _who(evidence: Evidence) -> str:
    return evidence.mac or "a machine"


def _asks(evidence: Evidence, data: Mapping[str, Any]) -> str:
    client = "iPXE" if "ipxe" in str(data.get("user_class", "")).lower() else architecture(data)
    return f"{_who(evidence)} asks for an address{f' ({client})' if client else ''}"


def _addressed(verb: str) -> Words:
    def words(evidence: Evidence, data: Mapping[str, Any]) -> str:
        file = f", told to load {data['file']}" if data.get("file") else ""
        return f"{_who(evidence)} {verb} {data.get('address') or 'an address'}{file}"

    return words


def _offered(evidence: Evidence, data: Mapping[str, Any]) -> str:
    if not data.get("proxy"):
        return _addressed("is offered")(evidence, data)
    told = f"is told to load {data['file']}" if data.get("file") else "is answered"
    return f"{_who(evidence)} {told}; its address is another server's to give"


def _leased(evidence: Evidence, data: Mapping[str, Any]) -> str:
    return f"{_addressed('takes')(evidence, data)}, which {data.get('server') or 'another server'} offers"


def _giver(_: Evidence, data: Mapping[str, Any]) -> str:
    who = " ".join(str(data[key]) for key in ("server", "mac") if data.get(key)) or "a server"
    return f"{who} gives addresses there"


def _file(verb: str) -> Words:
    def words(_: Evidence, data: Mapping[str, Any]) -> str:
        reason = f": {data['reason']}" if data.get("reason") else ""
        return f"{data.get('file') or 'a file'} {verb}{reason}"

    return words


def _part(what: str) -> Words:
    def words(_: Evidence, data: Mapping[str, Any]) -> str:
        sent, of = number(data.get("bytes")), number(data.get("of"))
        if sent is not None and of is not None and not whole(data):
            return f"{what} was cut after {size(sent + (number(data.get('offset')) or 0))} of {size(of)}"
        return f"{what} was fetched, {size(of if of is not None else sent)}"

    return words


def _denied(evidence: Evidence, data: Mapping[str, Any]) -> str:
    address = f" to {data['address']}" if data.get("address") else ""
    return f"{data.get('path') or 'a request'} was refused{address}: {data.get('reason') or evidence.text}"


def _writing(_: Evidence, data: Mapping[str, Any]) -> str:
    rate = f", {size(data['rate'])}/s" if isinstance(data.get("rate"), (int, float)) else ""
    turn = ", waits for its turn" if data.get("waits") else ""
    return f"{size(data.get('done'))} of {size(data.get('total'))} written{rate}{turn}"


def _wiped(_: Evidence, data: Mapping[str, Any]) -> str:
    disks = data.get("disks")
    return f"wiped: {', '.join(map(str, disks)) if isinstance(disks, (list, tuple)) and disks else 'nothing'}"


def _failed(evidence: Evidence, data: Mapping[str, Any]) -> str:
    return f"the ramdisk gives up: {data.get('text') or evidence.text} ({data.get('code', '?')})"


def _line(evidence: Evidence) -> str:
    text = console.clean(evidence.text)
    said = [f"{code}: {meaning}" for code, meaning in ipxe.meanings(text) if meaning]
    return f"{text}   [{'; '.join(said)}]" if said else text


def _started(_: Evidence, data: Mapping[str, Any]) -> str:
    place = ", ".join(str(data[key]) for key in ("interface", "address") if data.get(key))
    return f"the boot services run{f' on {place}' if place else ''}"


def _rival(_: Evidence, data: Mapping[str, Any]) -> str:
    who = " ".join(str(data[key]) for key in ("server", "mac") if data.get(key)) or "one that is not known"
    offer = f"; it offered {data['offered']}" if data.get("offered") else ""
    to = f" to {data['to']}" if offer and data.get("to") else ""
    return f"another DHCP server answers: {who}{offer}{to}"


def _entered(_: Evidence, data: Mapping[str, Any]) -> str:
    if not data.get("phase"):
        return f"it is {data.get('state', '?')}"
    attempt = number(data.get("attempt")) or 1
    return f"phase {data['phase']}{f', attempt {attempt}' if attempt > 1 else ''}"


def _unknown(evidence: Evidence, _: Mapping[str, Any]) -> str:
    return f"{evidence.kind}: {evidence.text}" if evidence.text else evidence.kind


def _plain(text: str) -> Words:
    return lambda _, data: text.format_map(_Blank(data))


class _Blank(dict[str, Any]):
    """Data in which what was not told is a question mark."""

    def __missing__(self, key: str) -> str:
        return "?"


def _own(default: str) -> Words:
    return lambda evidence, _: evidence.text or default


_TOLD: dict[tuple[str, str], tuple[Words, Tone]] = {
    ("station", kinds.STARTED): (_started, "good"),
    ("station", kinds.STOPPED): (_plain("the boot services stopped: {why}"), "mind"),
    ("station", kinds.APPLIED): (_plain("the boot services have configuration {revision}"), ""),
    ("station", kinds.REFUSED): (_own("the boot services refused a configuration"), "bad"),
    ("station", kinds.DNSMASQ_DIED): (_plain("dnsmasq died (status {status}): {said}"), "bad"),
    ("station", kinds.OTHER_DHCP): (_rival, "bad"),
    ("station", kinds.DHCP_FOUND): (_giver, "good"),
    ("station", kinds.DHCP_MISSING): (_own("no other DHCP server answers, and ours gives no addresses"), "bad"),
    ("station", kinds.IMAGE_DAMAGED): (_own("an image that is kept at the site was damaged there"), "bad"),
    ("dhcp", kinds.DISCOVER): (_asks, ""),
    ("dhcp", kinds.OFFER): (_offered, ""),
    ("dhcp", kinds.REQUEST): (_addressed("takes"), ""),
    ("dhcp", kinds.ACK): (_addressed("has"), "good"),
    ("dhcp", kinds.NAK): (_addressed("is refused"), "bad"),
    ("dhcp", kinds.IGNORED): (lambda e, _: f"{_who(e)} asks, and is given no answer: it is not known, or nothing is to be done with it", "mind"),
    ("dhcp", kinds.NO_LOADER): (lambda e, d: f"{_who(e)} asks, and there is no loader for {architecture(d) or 'it'}", "bad"),
    ("dhcp", kinds.DECLINE): (_addressed("declines"), "bad"),
    ("dhcp", kinds.LEASED): (_leased, "good"),
    ("dhcp", kinds.LOOP): (_plain("it loaded {file} {times} times without going on"), "bad"),
    ("tftp", kinds.TFTP_SENT): (_file("was sent over TFTP"), "good"),
    ("tftp", kinds.TFTP_FAILED): (_file("could not be sent over TFTP"), "bad"),
    ("http", kinds.HTTP_BOUND): (lambda e, d: f"{_who(e)} is at {d.get('address', '?')}", ""),
    ("http", kinds.HTTP_SCRIPT): (_plain("it was given its boot script"), "good"),
    ("http", kinds.HTTP_LOCAL): (_plain("it asked for a script, and was sent on to its disk"), "mind"),
    ("http", kinds.HTTP_LOADER): (_part("the loader"), ""),
    ("http", kinds.HTTP_KERNEL): (_part("the kernel"), ""),
    ("http", kinds.HTTP_RAMDISK): (_part("the ramdisk"), ""),
    ("http", kinds.HTTP_IMAGE): (_part("the image"), ""),
    ("http", kinds.HTTP_DENIED): (_denied, "bad"),
    ("ramdisk", kinds.HELLO): (_plain("the ramdisk runs, and has its order"), "good"),
    ("ramdisk", kinds.DISK): (lambda _, d: f"it chose the disk {d.get('disk', '?')}, {size(d.get('size'))}", ""),
    ("ramdisk", kinds.WRITING): (_writing, ""),
    ("ramdisk", kinds.RESUMED): (lambda e, d: f"its connection was cut, it goes on at {size(d.get('offset'))}: {d.get('reason') or e.text}", "mind"),
    ("ramdisk", kinds.WRITTEN): (_plain("the image is written, its digest holds"), "good"),
    ("ramdisk", kinds.WIPED): (_wiped, ""),
    ("ramdisk", kinds.CONFIGURED): (_plain("the system has its identity"), "good"),
    ("ramdisk", kinds.REBOOTING): (_plain("it reboots"), ""),
    ("ramdisk", kinds.INSPECTED): (_plain("its hardware is listed"), "good"),
    ("ramdisk", kinds.RAMDISK_FAILED): (_failed, "bad"),
    ("node", kinds.HOME): (_plain("its system phones home: {hostname}, root on {root}"), "good"),
    ("bmc", kinds.POWER): (_plain("the BMC says: power {state}"), ""),
    ("bmc", kinds.BOOT): (_plain("the BMC says: boots from {target} ({lasting})"), ""),
    ("bmc", kinds.LOG): (lambda e, d: f"the BMC logged: {d.get('message') or e.text}", ""),
    ("bmc", kinds.BMC_LOST): (lambda e, d: f"the BMC does not answer: {d.get('error') or e.text}", "bad"),
    ("ironic", kinds.PROVISION): (lambda e, d: f"Ironic has it as: {e.text or d.get('state', '?')}", ""),
    ("ironic", kinds.HISTORY): (_own("Ironic wrote something down"), "mind"),
    ("controller", kinds.ENTERED): (_entered, ""),
    ("controller", kinds.DECIDED): (_own("it acted"), ""),
    ("controller", kinds.GAVE_UP): (lambda e, d: f"given up in phase {d.get('phase', '?')}: {e.text or d.get('cause', '')}", "bad"),
}  # fmt: skip
