"""One ordered list of what was seen: by the station's clock, each thing once, and never too long to read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from deploy_stories import BEGAN, FACTS, MAC, NEIGHBOUR, SECOND, Story, causes
from hypothesis import given
from hypothesis import strategies as st

from microdc.deploy import kinds
from microdc.deploy.explaining import consoles
from microdc.deploy.explaining.console import clean, signs_of
from microdc.deploy.explaining.explain import explain
from microdc.deploy.explaining.ipxe import meanings
from microdc.deploy.explaining.likeness import alike
from microdc.deploy.explaining.model import Clocks
from microdc.deploy.explaining.timeline import timeline
from microdc.deploy.model import Evidence, Phase, Source


def seen(second: float, source: Source, kind: str, **more: Any) -> Evidence:
    return Evidence(BEGAN + timedelta(seconds=second), source, kind, **{"node": "a-c1", **more})


def told(evidence: list[Evidence], clocks: Clocks = Clocks(), most: int = 500) -> list[str]:  # noqa: B008
    facts = replace(FACTS, clocks=clocks)
    return [f"{entry.source}/{entry.kind}" for entry in timeline(evidence, "a-c1", facts, most=most).entries]


def test_all_clocks_are_brought_to_that_of_the_station() -> None:
    """The station is 60 s ahead of the controller, the BMC an hour behind it."""
    evidence = [
        seen(70, "dhcp", kinds.ACK, mac=MAC),
        seen(20, "controller", kinds.ENTERED, data={"phase": "power"}),
        seen(-3600 + 5, "bmc", kinds.LOG, data={"message": "on"}),
        seen(15, "bmc", kinds.POWER, data={"state": "on"}),
        seen(-5, "console", kinds.LINE, text="SeaBIOS"),
    ]
    clocks = Clocks(station=timedelta(seconds=60), bmc=timedelta(hours=-1))
    assert told(evidence, clocks) == [
        "console/line",
        "bmc/log",
        "dhcp/ack",
        "bmc/power",
        "controller/entered",
    ]


def test_what_has_no_clock_that_is_known_stands_at_the_end() -> None:
    log = seen(-9000, "bmc", kinds.LOG, data={"message": "x"})
    lines = timeline([log, seen(5, "dhcp", kinds.ACK, mac=MAC)], "a-c1", FACTS).entries
    assert [(entry.kind, entry.at is None) for entry in lines] == [(kinds.ACK, False), (kinds.LOG, True)]


def test_a_clock_of_the_node_moves_nothing() -> None:
    evidence = [
        seen(5, "ramdisk", kinds.HELLO, data={"time": "2001-01-01T00:00:00Z"}),
        seen(9, "node", kinds.HOME, data={"time": "2055-01-01T00:00:00Z", "uptime": 3}),
    ]
    assert told(list(reversed(evidence))) == ["ramdisk/hello", "node/home"]


def test_what_is_told_twice_stands_once_and_what_repeats_is_counted() -> None:
    one = seen(1, "dhcp", kinds.DISCOVER, mac=MAC)
    again = [seen(1 + n, "dhcp", kinds.DISCOVER, mac=MAC, number=n) for n in range(1, 5)]
    (entry,) = timeline([one, one, *again, *again], "a-c1", FACTS).entries
    assert (entry.times, entry.at, entry.until) == (5, one.at, again[-1].at)


def test_of_progress_the_newest_counts() -> None:
    evidence = [seen(n, "ramdisk", kinds.WRITING, data={"done": n * 1000, "total": 9000}) for n in range(9)]
    (entry,) = timeline(evidence, "a-c1", FACTS).entries
    assert entry.text == "8.0 kB of 9.0 kB written"


def test_what_is_of_others_is_left_out_and_what_is_of_the_site_stays() -> None:
    evidence = [
        seen(1, "dhcp", kinds.ACK, node="a-c2", mac=NEIGHBOUR),
        seen(2, "dhcp", kinds.IGNORED, node="", mac="02:11:22:33:44:55"),
        seen(3, "dhcp", kinds.IGNORED, node="", mac=SECOND),
        seen(4, "dhcp", kinds.IGNORED, node="", mac="52:54:00:00:00:10"),
        seen(5, "station", kinds.OTHER_DHCP, node=""),
        seen(6, "http", kinds.HTTP_DENIED, node="", data={"address": "10.1.9.9"}),
    ]
    macs = [entry.evidence.mac for entry in timeline(evidence, "a-c1", FACTS).entries]
    assert macs == [SECOND, "52:54:00:00:00:10", ""]


def test_it_stays_short_and_keeps_what_matters() -> None:
    evidence = [seen(0, "controller", kinds.ENTERED, data={"phase": "prepare"})]
    evidence += [seen(n, "console", kinds.LINE, text=f"[ {n}] something {n}") for n in range(1, 3000)]
    evidence += [
        seen(1500.5, "console", kinds.LINE, text="Kernel panic - not syncing: x"),
        seen(3001, "ramdisk", kinds.RAMDISK_FAILED, data={"code": "crash"}),
    ]
    made = timeline(evidence, "a-c1", FACTS, most=100)
    assert len(made.entries) == 100
    assert made.left_out == len(evidence) - 100
    texts = [entry.text for entry in made.entries]
    assert any("panic" in text for text in texts)
    assert made.entries[0].kind == kinds.ENTERED
    assert made.entries[-1].kind == kinds.RAMDISK_FAILED


LOG = """
SeaBIOS (version rel-1.16)
Kernel panic - not syncing: of the boot before
SeaBIOS (version rel-1.16)
iPXE initialising devices...
[    1.2] Kernel panic - not synci\r
ng: no init
"""


def test_of_a_console_without_times_the_last_boot_counts() -> None:
    story = Story().kernel().failed(Phase.RAMDISK)
    story.evidence += consoles.evidence_of(LOG, "a-c1", BEGAN + timedelta(hours=2))
    explanation = story.explained()
    assert causes(explanation) == ["kernel-panic"]
    assert [entry.at for entry in explanation.timeline.entries[-3:]] == [None] * 3
    assert not any("of the boot before" in entry.text for entry in explanation.timeline.entries)


@pytest.mark.parametrize(
    "stamp", ["2026-11-27T20:00:05+00:00 ", "[2026-11-27 20:00:05Z] ", "2026-11-27T20:00:05.123Z: "]
)
def test_lines_with_times_are_placed_by_them(stamp: str) -> None:
    lines = consoles.evidence_of(f"begins in the middle\n{stamp}SeaBIOS\nits second line\n", "a-c1", BEGAN)
    assert [line.text for line in lines] == ["SeaBIOS", "its second line"]
    assert {line.at.replace(microsecond=0) for line in lines} == {BEGAN + timedelta(seconds=5)}


@given(st.text())
def test_whatever_a_console_wrote_it_is_read(text: str) -> None:
    assert all("\n" not in line.text for line in consoles.evidence_of(text, "a-c1", BEGAN))


@given(st.randoms())
def test_the_order_in_which_evidence_comes_does_not_matter(random: Any) -> None:
    story = (
        Story()
        .power()
        .lease()
        .see("tftp", kinds.TFTP_FAILED, file="x", reason="timeout")
        .failed(Phase.LOADER)
    )
    expected = story.explained()
    mixed = list(story.evidence) * 2
    random.shuffle(mixed)
    story.evidence = mixed
    assert story.explained() == expected
    assert causes(expected) == ["tftp-blocked"]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.floats(allow_nan=True),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
_KEYS = st.sampled_from(
    [
        *(
            "move",
            "bytes",
            "of",
            "offset",
            "address",
            "arch",
            "reason",
            "path",
            "code",
            "text",
            "hardware",
            "host_keys",
        ),
        *(
            "image",
            "target",
            "lasting",
            "state",
            "mac",
            "server",
            "disks",
            "rate",
            "done",
            "total",
            "vendor_class",
        ),
        *("user_class", "file", "root", "hostname", "message", "error"),
    ]
)
_KINDS = st.sampled_from(
    [value for name, value in vars(kinds).items() if name.isupper() and isinstance(value, str)]
)
_SOURCES = st.sampled_from(
    ["station", "dhcp", "tftp", "http", "ramdisk", "node", "bmc", "console", "controller"]
)


@given(
    st.lists(
        st.builds(
            Evidence,
            st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
            _SOURCES,
            _KINDS,
            st.sampled_from(["a-c1", "", "a-c2"]),
            st.sampled_from([MAC, SECOND, NEIGHBOUR, "", "nonsense"]),
            st.text(max_size=30),
            st.dictionaries(_KEYS, _VALUES, max_size=4),
        ),
        max_size=12,
    ),
    st.sampled_from(list(Phase)),
    st.booleans(),
)
def test_whatever_a_node_says_it_is_explained(evidence: list[Evidence], phase: Phase, failed: bool) -> None:  # noqa: FBT001
    story = Story().failed(phase) if failed else Story().moving(phase)
    explanation = explain(replace(story.record, began=None), evidence, FACTS, BEGAN + timedelta(hours=1))
    assert explanation.diagnoses or not failed
    assert all("\x1b" not in entry.text for entry in explanation.timeline.entries)


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        (("Configuring (net0 52:54:00:12:34:56)........ No configuration methods s", "ucceeded (http://ipxe.org/040ee119)"), "no-dhcp"),
        (("http://boss/chain-boot.ipxe.................. Connection timed out (http:/", "/ipxe.org/4c116035)"), "ipxe-timeout"),
        (("\x1b[2J\x1b[01;01HBdsDxe: No bootable option or device was \x1b[0mfound.", ""), "no-boot-device"),
        (("[    1.21] Kernel pa", "nic - not syncing: VFS: Unable to mount root fs"), "panic"),
        (("ALERT!  UUID=3caf26b5 does not exist.  Dropping to a shell!", ""), "root-missing"),
        (("PXE-E61: Media test failure, check cable", ""), "media-test"),
    ],
)  # fmt: skip
def test_signs_are_found_also_where_a_console_broke_the_line(lines: tuple[str, str], word: str) -> None:
    assert word in {sign.word for sign in signs_of(*lines)}


def test_a_sign_of_the_following_line_is_not_this_lines() -> None:
    assert not list(signs_of("nothing here", "Kernel panic - not syncing: x"))


def test_what_a_terminal_acts_on_is_taken_out() -> None:
    assert clean("a\x1b]0;x\x07b\x1b[31mc\x1b[0m\x08d  ") == "abcd"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Could not boot: Connection timed out (https://ipxe.org/4c0a6035)", "no answer came in time"),
        ("[Link status: Down (http://ipxe.org/38086193)]", "the link is down"),
        ("Could not boot: Exec format error (https://ipxe.org/2e008081)", "Secure Boot"),
    ],
)
def test_numbers_of_ipxe_have_a_meaning(text: str, meaning: str) -> None:
    assert meaning in meanings(text)[0][1]


@pytest.mark.parametrize(
    ("one", "other", "like"),
    [
        ("52:54:00:00:00:01", "52:54:00:00:00:01", False),
        ("52:54:00:00:00:01", "52:54:00:00:00:81", True),
        ("52:54:00:ab:00:01", "52:54:00:ba:00:01", True),
        ("52:54:00:00:00:fe", "52:54:00:00:01:03", True),
        ("52:54:00:00:00:01", "52:54:00:12:34:56", False),
        ("52:54:00:00:00:01", "", False),
    ],
)
def test_macs_that_may_be_one_mistyped(one: str, other: str, like: bool) -> None:  # noqa: FBT001
    assert alike(one, other) is like
    assert alike(other, one) is like
