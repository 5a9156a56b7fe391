"""Why a deployment fails: each cause is told from a sequence that shows it, with what it rests on and what to try."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import click
import pytest
from deploy_stories import ADDRESS, BEGAN, MAC, NEIGHBOUR, PXE, SEAT, SECOND, Story, causes, certainties

from microdc.cli import main
from microdc.deploy import kinds
from microdc.deploy.explaining import causes as causes_package
from microdc.deploy.explaining.causes import work
from microdc.deploy.explaining.model import PortFact, Seat, Sighting
from microdc.deploy.model import Phase

Told = Callable[[Story], Story]


def _failed_code(code: str) -> Told:
    return lambda s: (
        s.hello().report(kinds.RAMDISK_FAILED, code=code, text="what it saw").failed(Phase.WORK, code)
    )


def _ignored_stranger(story: Story) -> Story:
    for _ in range(3):
        story.dhcp(kinds.IGNORED, "52:54:00:00:00:81", vendor_class=PXE)
    return story


SHOWN: dict[str, tuple[str, Told]] = {
    "another DHCP server is why the boot services stopped": (
        "other-dhcp",
        lambda s: s.see("station", kinds.OTHER_DHCP, node="", server="10.1.0.66", mac="02:00:00:00:00:66", offered="10.1.9.9")
        .see("station", kinds.STOPPED, node="", why="another DHCP server").failed(Phase.PREPARE),
    ),
    "another DHCP server gave it another address": (
        "other-dhcp",
        lambda s: s.power().see("station", kinds.OTHER_DHCP, node="", server="10.1.0.66").dhcp(kinds.DISCOVER)
        .dhcp(kinds.OFFER).dhcp(kinds.REQUEST, address="10.1.9.9").dhcp(kinds.NAK, address="10.1.9.9").moving(Phase.DHCP),
    ),
    "another DHCP server whose offer it took": (
        "other-dhcp",
        lambda s: s.power().dhcp(kinds.DISCOVER).dhcp(kinds.OFFER)
        .see("station", kinds.OTHER_DHCP, node="", server="10.1.0.66", mac="", offered="10.1.9.9", to=MAC).failed(Phase.DHCP),
    ),
    "nobody who gives addresses": (
        "dhcp-missing",
        lambda s: s.see("station", kinds.DHCP_MISSING, node="").failed(Phase.PREPARE, "station", "no other DHCP server answers there"),
    ),
    "another server that gives addresses, and none to it": (
        "no-address",
        lambda s: s.see("station", kinds.DHCP_FOUND, node="", server="10.1.0.66").power().dhcp(kinds.DISCOVER, vendor_class=PXE)
        .dhcp(kinds.OFFER, vendor_class=PXE, proxy=True, file="undionly.kpxe").failed(Phase.DHCP),
    ),
    "a loader that does not come, beside another server": ("tftp-blocked", lambda s: s.power().proxied().failed(Phase.LOADER)),
    "iPXE that does not come to its script, beside another server": (
        "http-blocked",
        lambda s: s.power().proxied(vendor_class=PXE, user_class="iPXE").failed(Phase.LOADER),
    ),
    "boot services that ended": (
        "station-stopped",
        lambda s: s.power().see("station", kinds.STOPPED, node="", why="asked").failed(Phase.FIRMWARE),
    ),
    "a dnsmasq that does not stay alive": (
        "dnsmasq-dies",
        lambda s: s.see("station", kinds.DNSMASQ_DIED, node="", status=2, said="failed to bind").failed(Phase.FIRMWARE),
    ),
    "a BMC that does not answer": (
        "bmc-lost",
        lambda s: s.see("bmc", kinds.BMC_LOST, error="no answer in 5 s").failed(Phase.POWER, "bmc-lost"),
    ),
    "a server that is off although it was turned on": (
        "no-power",
        lambda s: s.see("controller", kinds.DECIDED, text="turned on").power("off").failed(Phase.FIRMWARE),
    ),
    "a cable without a signal, by its switch": (
        "no-link",
        lambda s: s.power().around(ports=(PortFact(SEAT, up=False, enabled=True),)).failed(Phase.FIRMWARE),
    ),
    "a cable without a signal, by iPXE on the console": (
        "no-link",
        lambda s: s.power().console("net0: 52:54:00:00:00:01", "  [Link:down, TX:0 TXE:0 RX:0 RXE:0]").around(ports=())
        .failed(Phase.FIRMWARE),
    ),
    "a port that is switched off": (
        "port-down",
        lambda s: s.power().around(ports=(PortFact(SEAT, up=False, enabled=False),)).failed(Phase.FIRMWARE),
    ),
    "its MAC address in another VLAN": (
        "wrong-vlan",
        lambda s: s.power().around(sightings=(Sighting(MAC, SEAT, 20),)).failed(Phase.FIRMWARE),
    ),
    "a port that is declared to another VLAN": (
        "wrong-vlan",
        lambda s: s.power().around(ports=(PortFact(SEAT, up=True, enabled=True, vlan=20),)).failed(Phase.FIRMWARE),
    ),
    "its MAC address behind another port": (
        "cable-elsewhere",
        lambda s: s.power().around(sightings=(Sighting(MAC, Seat("a-sw1", "9"), 10),)).failed(Phase.FIRMWARE),
    ),
    "it asks by its other NIC": (
        "wrong-nic",
        lambda s: s.power().dhcp(kinds.IGNORED, SECOND, vendor_class=PXE).failed(Phase.FIRMWARE),
    ),
    "it boots from its disk instead": (
        "boot-ignored",
        lambda s: s.power().console("Booting from Hard Disk...").failed(Phase.FIRMWARE),
    ),
    "its old system phones home": (
        "boot-ignored",
        lambda s: s.power().see("node", kinds.HOME, hostname="a-c1", root="/dev/vda3", move=2).see(
            "bmc", kinds.BOOT, target="disk", lasting="continuous").failed(Phase.FIRMWARE),
    ),
    "firmware that does not come to booting": (
        "firmware-stuck",
        lambda s: s.power().see("bmc", kinds.BOOT, target="pxe", lasting="once").failed(Phase.FIRMWARE),
    ),
    "nothing is seen at all": ("no-dhcp", lambda s: s.power().failed(Phase.FIRMWARE)),
    "its boot services do not know it": (
        "unknown-mac",
        lambda s: s.power().dhcp(kinds.IGNORED).dhcp(kinds.IGNORED).failed(Phase.FIRMWARE),
    ),
    "a MAC address with a digit that was mistyped": (
        "mistyped-mac",
        lambda s: _ignored_stranger(s.power()).failed(Phase.FIRMWARE),
    ),
    "an address that another host has": (
        "address-taken",
        lambda s: s.power().dhcp(kinds.DISCOVER).dhcp(kinds.OFFER).dhcp(kinds.REQUEST).dhcp(kinds.DECLINE, address=ADDRESS).failed(Phase.DHCP),
    ),
    "an address that is not its own": (
        "address-refused",
        lambda s: s.power().dhcp(kinds.REQUEST, address="10.1.9.9").dhcp(kinds.NAK, address="10.1.9.9").failed(Phase.DHCP),
    ),
    "offers that do not arrive": (
        "answer-lost",
        lambda s: s.power().dhcp(kinds.DISCOVER).dhcp(kinds.OFFER).dhcp(kinds.DISCOVER).dhcp(kinds.OFFER).failed(Phase.DHCP),
    ),
    "no offer to one that is known": (
        "no-answer",
        lambda s: s.power().dhcp(kinds.DISCOVER).dhcp(kinds.DISCOVER).failed(Phase.DHCP),
    ),
    "an architecture without a loader": (
        "no-loader",
        lambda s: s.power().dhcp(kinds.DISCOVER, arch=6).dhcp(kinds.OFFER, arch=6).dhcp(kinds.NO_LOADER, arch=6).failed(Phase.DHCP),
    ),
    "TFTP that says that it failed": (
        "tftp-blocked",
        lambda s: s.power().lease().see("tftp", kinds.TFTP_FAILED, file="undionly.kpxe", reason="failed sending").moving(Phase.LOADER),
    ),
    "an address, and then nothing": ("tftp-blocked", lambda s: s.power().lease().failed(Phase.LOADER)),
    "firmware that says that TFTP is silent": (
        "tftp-blocked",
        lambda s: s.power().lease().console("PXE-E32: TFTP open timeout").failed(Phase.LOADER),
    ),
    "a loader that does not run": (
        "loader-dead",
        lambda s: s.power().lease().see("tftp", kinds.TFTP_SENT, file="snponly.efi").failed(Phase.LOADER),
    ),
    "Secure Boot": (
        "secure-boot",
        lambda s: s.power().lease().see("tftp", kinds.TFTP_SENT, file="snponly.efi").console(
            'BdsDxe: failed to load Boot0003 "UEFI PXEv4": Access Denied').failed(Phase.LOADER),
    ),
    "a loader that loads itself": (
        "loader-loop",
        lambda s: s.power().lease().see("tftp", kinds.TFTP_SENT, file="snponly.efi").dhcp(kinds.LOOP, file="snponly.efi", times=4)
        .moving(Phase.LOADER),
    ),
    "iPXE whose requests do not come in": ("http-blocked", lambda s: s.loader().failed(Phase.LOADER)),
    "a token that was spent": (
        "script-denied",
        lambda s: s.script().see("http", kinds.HTTP_DENIED, path="/boot/abc/kernel", reason="spent-token").moving(Phase.KERNEL),
    ),
    "a script asked for from another's address": (
        "script-denied",
        lambda s: s.loader().see("http", kinds.HTTP_DENIED, path="/boot/script", reason="unknown-address").moving(Phase.LOADER),
    ),
    "a script asked for before it was armed": (
        "not-armed",
        lambda s: s.loader().see("http", kinds.HTTP_LOCAL, address=ADDRESS).failed(Phase.LOADER),
    ),
    "a kernel that was cut": (
        "kernel-cut",
        lambda s: s.script().see("http", kinds.HTTP_KERNEL, bytes=40, of=100).see("http", kinds.HTTP_KERNEL, bytes=60, of=100)
        .moving(Phase.KERNEL),
    ),
    "a script, and no kernel asked for": ("kernel-unasked", lambda s: s.script().failed(Phase.KERNEL)),
    "a kernel that is not run": (
        "kernel-refused",
        lambda s: s.script().see("http", kinds.HTTP_KERNEL, bytes=100, of=100).console(
            "Could not boot: Exec format error (https://ipxe.org/2e008081)").failed(Phase.KERNEL),
    ),
    "a kernel that panics": (
        "kernel-panic",
        lambda s: s.kernel().console("[    1.2] Kernel panic - not syncing: Attempted to kill init!").moving(Phase.RAMDISK),
    ),
    "too little memory for the ramdisk": (
        "no-memory",
        lambda s: s.kernel().console("[    0.9] Initramfs unpacking failed: write error").failed(Phase.RAMDISK),
    ),
    "a ramdisk that is not heard": ("ramdisk-no-network", lambda s: s.kernel().failed(Phase.RAMDISK)),
    "a ramdisk that was refused": (
        "hello-denied",
        lambda s: s.kernel().see("http", kinds.HTTP_DENIED, path="/node/hello", reason="wrong-token").moving(Phase.RAMDISK),
    ),
    "a machine that is reset before its ramdisk speaks": (
        "kernel-resets",
        lambda s: s.kernel().wait(30).kernel().wait(30).kernel().console("microdc: a-c1, move 3").failed(Phase.RAMDISK),
    ),
    "a disk that neither writes nor fails": ("disk-hangs", lambda s: s.writing().writing().power("on").failed(Phase.WORK, "disk-hangs", "10 min")),
    "a ramdisk that falls silent": ("ramdisk-silent", lambda s: s.writing().power("on").failed(Phase.WORK, "silent")),
    "a node that boots again while it is written": (
        "restarted",
        lambda s: s.writing().lease(vendor_class=PXE).see("http", kinds.HTTP_LOCAL, spent=True, move=3).failed(Phase.WORK, "silent"),
    ),
    "Ironic that gives up": (
        "ironic-failed",
        lambda s: s.see("ironic", kinds.PROVISION, text="deploy failed: no such image", state="deploy failed", move=3)
        .around(engine="ironic").failed(Phase.WORK, "ironic"),
    ),
    "power that goes while the image is written": (
        "power-lost",
        lambda s: s.writing().power("off").failed(Phase.WORK, "power-lost"),
    ),
    **{f"the ramdisk gives up: {code}": (code, _failed_code(code)) for code in kinds.RAMDISK_CODES},
    "an image that the site does not give": (
        "image-denied",
        lambda s: s.hello().see("http", kinds.HTTP_DENIED, path="/images/dd", reason="no-such-file").failed(Phase.WORK, "silent"),
    ),
    "nothing to boot on the disk that was written": (
        "no-boot-device",
        lambda s: s.installed().console("Boot failed: not a bootable disk", "No bootable device.").moving(Phase.FIRST_BOOT),
    ),
    "a root that is not found": (
        "root-missing",
        lambda s: s.installed().console("Gave up waiting for root file system device.  Common problems:").moving(Phase.FIRST_BOOT),
    ),
    "a panic of the system": (
        "system-panic",
        lambda s: s.installed().console("---[ end Kernel panic - not syncing: fatal ]---").moving(Phase.FIRST_BOOT),
    ),
    "the network first, again": (
        "network-again",
        lambda s: s.installed().lease(vendor_class=PXE).see("http", kinds.HTTP_LOCAL).failed(Phase.FIRST_BOOT, "no-home"),
    ),
    "a call that comes from another address": (
        "home-denied",
        lambda s: s.installed().see("http", kinds.HTTP_DENIED, path="/node/home", reason="unknown-address", address="10.1.9.9")
        .moving(Phase.FIRST_BOOT),
    ),
    "a system that does not call": (
        "no-home",
        lambda s: s.installed().console("a-c1 login: ").failed(Phase.FIRST_BOOT, "no-home"),
    ),
    "another host key than was made": (
        "host-key",
        lambda s: s.installed().home(host_keys=["ssh-ed25519 AAAA9 root@a-c1"]).failed(Phase.VERIFY, "host-key"),
    ),
    "another host key at SSH": (
        "host-key",
        lambda s: s.installed().home().see("controller", kinds.GAVE_UP, phase="verify", cause="host-key").failed(Phase.VERIFY, "host-key"),
    ),
    "a system of another image": (
        "wrong-image",
        lambda s: s.installed().home(image="old").failed(Phase.VERIFY, "wrong-image"),
    ),
    "an override that stays": (
        "boot-order",
        lambda s: s.installed().home().see("bmc", kinds.BOOT, target="pxe", lasting="continuous").failed(Phase.VERIFY),
    ),
    "SSH that does not answer": ("no-ssh", lambda s: s.installed().home().failed(Phase.VERIFY, "ssh")),
    "a clock that is years off": (
        "clock",
        lambda s: s.kernel().console("rtc_cmos 00:04: setting system clock to 2001-01-01T00:00:12 UTC (978307212)").failed(Phase.RAMDISK),
    ),
    "somebody ended it": ("aborted", lambda s: s.writing().failed(Phase.WORK, "aborted", "ended by anna")),
    "nothing that anybody knows": ("strange", lambda s: s.installed().home().failed(Phase.VERIFY, "strange")),
}  # fmt: skip


@pytest.mark.parametrize("shown", SHOWN)
def test_a_cause_is_told_from_what_shows_it(shown: str) -> None:
    cause, happens = SHOWN[shown]
    explanation = happens(Story()).explained()
    first = explanation.diagnoses[0]
    assert cause in causes(explanation)
    if cause != "clock":  # it is never the first thing to look at
        assert first.cause == cause
    assert first.next
    assert (
        "a-c1" in first.what
        or "VLAN" in first.what
        or first.cause in {"other-dhcp", "station-stopped", "dnsmasq-dies"}
        or MAC in first.what
    )


def test_a_server_is_surely_in_the_way_of_a_node_that_took_its_offer() -> None:
    def told(to: str) -> str:
        story = Story().power().dhcp(kinds.DISCOVER).dhcp(kinds.OFFER)
        story.see("station", kinds.OTHER_DHCP, node="", server="10.1.0.66", mac="", offered="10.1.9.9", to=to)
        return certainties(story.failed(Phase.DHCP).explained())["other-dhcp"]

    assert told(MAC.upper()) == "certain"
    assert told(NEIGHBOUR) == "likely"


def known() -> set[str]:
    """The causes that are in the program: the first word of each Diagnosis, and the codes of the ramdisk."""
    files = Path(causes_package.__file__).parent.glob("*.py")
    words = {
        match for file in files for match in re.findall(r'Diagnosis\(\s*"([\w-]+)"', file.read_text("utf-8"))
    }
    return words | set(work.CODES)


def test_every_cause_is_shown_above() -> None:
    shown = {cause for cause, _ in SHOWN.values()}
    assert known() == shown - {"aborted", "strange"}
    assert shown >= set(kinds.RAMDISK_CODES)


def test_every_cause_is_in_the_table_of_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs/deploy.md").read_text("utf-8")
    table = page.partition("| in | cause | seen by |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([\w-]+)`", table)) == known()


@pytest.mark.parametrize(
    ("happens", "certain"),
    [
        (lambda s: s.power().around(ports=()).failed(Phase.FIRMWARE), {"no-dhcp": "possible"}),
        (lambda s: s.power().lease().failed(Phase.LOADER), {"tftp-blocked": "likely"}),
        (
            lambda s: s.power().around(sightings=(Sighting(MAC, SEAT, 20),)).failed(Phase.FIRMWARE),
            {"wrong-vlan": "certain"},
        ),
        (
            lambda s: s.power().around(ports=(PortFact(SEAT, up=True, vlan=20),)).failed(Phase.FIRMWARE),
            {"wrong-vlan": "likely"},
        ),
    ],
)
def test_what_was_not_seen_makes_no_certainty(happens: Told, certain: dict[str, str]) -> None:
    assert certainties(happens(Story()).explained()) == certain


def test_a_diagnosis_rests_on_lines_with_their_times() -> None:
    story = Story().power().lease().see("tftp", kinds.TFTP_FAILED, file="x", reason="failed sending")
    (diagnosis,) = story.failed(Phase.LOADER).explained().diagnoses
    at = f"{(BEGAN + timedelta(seconds=12)).astimezone():%H:%M:%S}"
    assert f"{at} tftp: x could not be sent over TFTP: failed sending" in diagnosis.because


def test_advice_names_the_command_for_this_node() -> None:
    told = _failed_code("foreign-data")(Story()).explained().diagnoses[0]
    assert "microdc deploy run a-c1 --wipe" in [advice.command for advice in told.next]


def test_a_mistyped_mac_is_told_with_both() -> None:
    told = _ignored_stranger(Story().power()).failed(Phase.FIRMWARE).explained().diagnoses[0]
    assert "52:54:00:00:00:81" in told.what
    assert MAC in told.what


def test_a_stranger_that_asks_again_and_again_is_told_before_the_time_is_up() -> None:
    story = _ignored_stranger(_ignored_stranger(Story().power())).moving(Phase.FIRMWARE)
    assert certainties(story.explained()) == {"mistyped-mac": "possible"}


def test_the_mac_of_another_server_is_not_taken_for_a_mistyped_one() -> None:
    story = Story().power().dhcp(kinds.DISCOVER, NEIGHBOUR).dhcp(kinds.IGNORED, NEIGHBOUR)
    assert "mistyped-mac" not in causes(story.failed(Phase.FIRMWARE).explained())


def commands() -> set[str]:
    """Every command that any of the causes above advises."""
    told = [SHOWN[shown][1](Story()).explained() for shown in SHOWN]
    return {
        advice.command for one in told for found in one.diagnoses for advice in found.next if advice.command
    }


@pytest.mark.parametrize("command", sorted(commands()))
def test_every_command_that_is_advised_is_one(command: str) -> None:
    """Parsed as the command line parses it, up to where it would begin."""
    program, *words = shlex.split(command)
    assert program == "microdc"
    context: click.Context = main.cli.make_context("microdc", [*words, "--help"], resilient_parsing=True)
    found: click.Command = main.cli
    while isinstance(found, click.Group) and words:  # some groups do something by themselves
        name, inner, words = found.resolve_command(context, words)
        assert inner is not None, f"{command}: there is no {name}"
        context = (
            inner.make_context(name, list(words), parent=context)
            if not isinstance(inner, click.Group)
            else click.Context(inner, parent=context)
        )
        found = inner
