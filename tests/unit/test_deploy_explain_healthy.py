"""What looks like trouble and is none: a deployment that is slow, that was in trouble and went on, or that is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from deploy_stories import BEGAN, MAC, PXE, RECORD, SECOND, Story, causes

from microdc.deploy import kinds
from microdc.deploy.explaining.model import PortFact, Seat
from microdc.deploy.model import Action, Phase, Progress, State

Told = Callable[[Story], Story]

HEALTHY: dict[str, Told] = {
    "power was only just asked for": lambda s: s.power("off").moving(Phase.POWER),
    "firmware that tests itself": lambda s: s.power().moving(Phase.FIRMWARE),
    "firmware that tries its other NIC first": lambda s: s.power().dhcp(kinds.IGNORED, SECOND).dhcp(kinds.IGNORED, SECOND).moving(Phase.FIRMWARE),
    "its other NIC first, and then the right one": lambda s: s.power().dhcp(kinds.IGNORED, SECOND).lease().moving(Phase.LOADER),
    "a first DISCOVER without an answer": lambda s: s.power().dhcp(kinds.DISCOVER).moving(Phase.DHCP),
    "an address, and not yet a loader": lambda s: s.power().lease().moving(Phase.LOADER),
    "TFTP that failed once and then did": lambda s: s.power().lease().see("tftp", kinds.TFTP_FAILED, file="x").see(
        "tftp", kinds.TFTP_SENT, file="x").moving(Phase.LOADER),
    "its own loader twice": lambda s: s.loader().see("tftp", kinds.TFTP_SENT, file="x").moving(Phase.LOADER),
    "a script that is asked for": lambda s: s.script().moving(Phase.KERNEL),
    "a refused script, and then the right one": lambda s: s.loader().see("http", kinds.HTTP_DENIED, path="/boot/script", reason="unknown-address")
    .see("http", kinds.HTTP_SCRIPT).see("http", kinds.HTTP_KERNEL, bytes=10, of=10).moving(Phase.KERNEL),
    "a kernel that was cut once": lambda s: s.script().see("http", kinds.HTTP_KERNEL, bytes=40, of=100).moving(Phase.KERNEL),
    "a kernel that was cut and then came": lambda s: s.script().see("http", kinds.HTTP_KERNEL, bytes=40, of=100).see(
        "http", kinds.HTTP_KERNEL, bytes=100, of=100).moving(Phase.KERNEL),
    "a ramdisk that was fetched a second time": lambda s: s.kernel().wait(40).kernel().moving(Phase.RAMDISK),
    "a ramdisk that starts": lambda s: s.kernel().moving(Phase.RAMDISK),
    "a ramdisk whose console shows a login of before": lambda s: s.console("a-c1 login: ").kernel().moving(Phase.RAMDISK),
    "a clock that is years off, and does not matter": lambda s: s.kernel().console(
        "rtc_cmos 00:04: setting system clock to 2001-01-01T00:00:12 UTC (978307212)").moving(Phase.RAMDISK),
    "an image that is written slowly": lambda s: s.writing().moving(Phase.WORK),
    "a connection that was cut and resumed": lambda s: s.writing().see("http", kinds.HTTP_IMAGE, offset=0, bytes=500, of=1000).report(
        kinds.RESUMED, offset=500, reason="connection reset").moving(Phase.WORK),
    "a BMC that is gone while the ramdisk works": lambda s: s.writing().see("bmc", kinds.BMC_LOST, error="no answer").moving(Phase.WORK),
    "a reboot": lambda s: s.installed().power("on").moving(Phase.FIRST_BOOT),
    "firmware that asks the network first and is sent on": lambda s: s.installed().lease(vendor_class=PXE).see(
        "http", kinds.HTTP_LOCAL).moving(Phase.FIRST_BOOT),
    "the DHCP of the installed system": lambda s: s.installed().lease(vendor_class="systemd").moving(Phase.FIRST_BOOT),
    "a system that phoned home": lambda s: s.installed().home(host_keys=["ssh-ed25519 AAAA1 other comment"]).moving(Phase.VERIFY),
    "another DHCP server, and an address all the same": lambda s: s.see("station", kinds.OTHER_DHCP, node="", server="10.1.0.66")
    .kernel().moving(Phase.RAMDISK),
    "another server that gives the addresses": lambda s: s.see("station", kinds.DHCP_FOUND, node="", server="10.1.0.66").power()
    .proxied().moving(Phase.LOADER),
    "a server that gives addresses, and came late": lambda s: s.see("station", kinds.DHCP_MISSING, node="").see(
        "station", kinds.DHCP_FOUND, node="", server="10.1.0.66").power().proxied().moving(Phase.LOADER),
    "dnsmasq that died once": lambda s: s.see("station", kinds.DNSMASQ_DIED, node="", status=1, said="x").loader().moving(Phase.LOADER),
    "Ironic at work, which tells of no DHCP": lambda s: s.see("ironic", kinds.PROVISION, text="deploying", state="deploying", move=3)
    .around(engine="ironic").moving(Phase.FIRMWARE),
    "what was seen when nothing was to be done": lambda s: s.see("http", kinds.HTTP_LOCAL, move=0).script().moving(Phase.KERNEL),
    "another's panic": lambda s: s.see("console", kinds.LINE, node="a-c2", text="Kernel panic - not syncing: x").kernel().moving(Phase.RAMDISK),
}  # fmt: skip


@pytest.mark.parametrize("looks", HEALTHY)
def test_what_is_only_slow_is_not_called_sick(looks: str) -> None:
    explanation = HEALTHY[looks](Story()).explained()
    assert causes(explanation) == []
    assert explanation.healthy
    assert explanation.status.startswith("nothing wrong yet: a-c1 is deploying, in phase ")
    assert "given up at " in explanation.status


def test_it_says_how_far_it_is_and_until_when_it_is_waited_for() -> None:
    story = Story().writing().moving(Phase.WORK, progress=Progress(1_000_000, 4_000_000, 21_000_000.0))
    assert story.record.deadline is not None
    assert story.explained(later=130).status == (
        "nothing wrong yet: a-c1 is deploying, in phase work for 2 min, 25 % of 4.0 MB at 21.0 MB/s;"
        f" given up at {story.record.deadline.astimezone():%H:%M:%S}, in 3 min"
    )


def test_the_same_once_its_time_is_up_is_told() -> None:
    story = Story().power().lease().moving(Phase.LOADER)
    assert causes(story.explained(later=10)) == []
    late = story.explained(later=400)
    assert causes(late) == ["tftp-blocked"]
    assert "its time was up" in late.status


def test_what_happened_in_an_earlier_attempt_does_not_count() -> None:
    story = Story().see("ramdisk", kinds.RAMDISK_FAILED, code="image-cut", text="cut", move=2)
    story.console("Kernel panic - not syncing: x").wait(300)
    story.record = replace(
        RECORD,
        phase=Phase.FIRMWARE,
        began=BEGAN + timedelta(seconds=200),
        since=BEGAN + timedelta(seconds=200),
    )
    explanation = story.explained()
    assert explanation.healthy
    assert len(explanation.timeline.entries) == 2


@pytest.mark.parametrize("state", [State.ACTIVE, State.ENROLLED, State.INSPECTED, State.MAINTENANCE])
def test_where_nothing_goes_on_nothing_is_wrong(state: State) -> None:
    story = Story().installed().home()
    story.record = replace(RECORD, state=state, phase=None, since=None, deadline=None)
    explanation = story.explained()
    assert explanation.healthy
    assert "nothing goes on" in explanation.status


def test_a_server_that_is_off_after_its_inspection_has_not_lost_its_power() -> None:
    story = Story().hello().report(kinds.INSPECTED, hardware={}).power("off").moving(Phase.WORK)
    story.record = replace(story.record, state=State.INSPECTING, action=Action.INSPECT)
    assert causes(story.explained()) == []


def test_a_port_of_the_other_nic_that_is_down_does_not_matter() -> None:
    port = PortFact(Seat("a-sw1", "2"), up=False, enabled=False)
    story = Story().power().around(ports=(port,)).moving(Phase.FIRMWARE)
    assert MAC in story.facts.nics
    assert causes(story.explained()) == []
