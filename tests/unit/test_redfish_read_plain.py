"""Texts, numbers, MACs, times and links as BMCs write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdc.bmc.redfish.read import plain
from microdc.bmc.redfish.read.doc import Doc
from microdc.bmc.redfish.read.links import ROOT, led_to
from microdc.bmc.redfish.read.remarks import MOST, Remarks

HERE = "/redfish/v1/Systems/1"


def doc(body: dict[str, object]) -> Doc:
    return Doc(HERE, body, Remarks(), lambda _: None)


@pytest.mark.parametrize(
    "nothing",
    [
        "",
        "   ",
        "N/A",
        "Not Available",
        "To be filled by O.E.M.",
        "To Be Filled By O.E.M.",
        "....................",
        "nil",
        "-",
    ],
)
def test_placeholders_say_nothing(nothing: str) -> None:
    assert plain.said(nothing) is None


def test_texts_are_trimmed_and_harmless() -> None:
    assert plain.said("  AMD EPYC 7702 64-Core Processor      ") == "AMD EPYC 7702 64-Core Processor"
    assert plain.said("red\x1b[31m\r\nalert\x00") == "red [31m alert"
    assert plain.said("half a \ud800 pair") == "half a pair"


@given(st.text())
def test_any_text_can_be_printed(text: str) -> None:
    assert plain.clean(text).isprintable()
    plain.clean(text).encode()


@pytest.mark.parametrize(
    ("told", "mac"),
    [
        ("B4:2E:99:BA:DE:16", "b4:2e:99:ba:de:16"),
        ("a4-bf-01-28-90-ac", "a4:bf:01:28:90:ac"),
        ("A4BF012890AC", "a4:bf:01:28:90:ac"),
        ("0xa4bf012890ac", "a4:bf:01:28:90:ac"),
        ("Not Available", None),
        ("", None),
        ("00:00:00:00:00:00", None),
        ("FF:FF:FF:FF:FF:FF", None),
        ("00:00:11:e7:fe:80:00:00:00:00:00:00:e8:eb:d3:03:00:4c:b1:9a", None),
        ("a4:bf-01:28:90:ac", None),
        ("a4:bf:01:28:90", None),
    ],
)
def test_macs(told: str, mac: str | None) -> None:
    assert plain.mac(told) == mac


@pytest.mark.parametrize(
    ("told", "offset", "moment"),
    [
        ("2022-04-14T16:43:13Z", "", datetime(2022, 4, 14, 16, 43, 13, tzinfo=UTC)),
        ("2015-03-13T04:14:33+06:00", "", datetime(2015, 3, 12, 22, 14, 33, tzinfo=UTC)),
        ("2022-04-14T16:21:14.030287996Z", "", datetime(2022, 4, 14, 16, 21, 14, 30287, tzinfo=UTC)),
        (
            "2025-05-29T11:00:40",
            "-07:00",
            datetime(2025, 5, 29, 11, 0, 40, tzinfo=timezone(timedelta(hours=-7))),
        ),
        ("2025-05-29T11:00:40", "nonsense", datetime(2025, 5, 29, 11, 0, 40, tzinfo=UTC)),
        ("0000-00-00T00:00:00Z", "", None),
        ("1970-01-01T00:00:12+00:00", "", None),
    ],
)
def test_times(told: str, offset: str, moment: datetime | None) -> None:
    assert plain.moment(told, offset) == moment


@given(st.text())
def test_what_is_no_time_is_said_to_be_none(told: str) -> None:
    try:
        found = plain.moment(told)
    except ValueError:
        return
    assert found is None or found.tzinfo is not None


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("/redfish/v1/Systems/1/", "/redfish/v1/Systems/1/"),
        ("/redfish/v1/systems/1/bios", "/redfish/v1/systems/1/bios"),
        ("/redfish/v1", ROOT),
        ("Memory", f"{HERE}/Memory"),
        ("../2", "/redfish/v1/Systems/2"),
        ("https://10.0.0.1/redfish/v1/Chassis/1", "/redfish/v1/Chassis/1"),
        ("/redfish/v1/Chassis/1/Power#/PowerSupplies/0", "/redfish/v1/Chassis/1/Power"),
        ("/redfish/v1/Log/Entries?$skip=50", "/redfish/v1/Log/Entries?$skip=50"),
        ("/redfish/v1/Chassis/1/Sensors/CPU 1", "/redfish/v1/Chassis/1/Sensors/CPU%201"),
        ("/redfish/v1/../../etc/passwd", None),
        ("/rest/v1/Systems/1", None),
        ("/redfish/v10/Systems", None),
        ("//redfish/v1/Systems", None),
        ("", None),
        ("/redfish/v1/a\r\nHost: b", None),
        ("http://[::1/redfish/v1", None),
    ],
)
def test_links(link: str, path: str | None) -> None:
    assert led_to(link, HERE) == path


@given(st.text() | st.text(alphabet="/.redfishv1%#?:\\ \r\n", max_size=40).map(lambda end: ROOT + end))
def test_no_link_leads_out(link: str) -> None:
    found = led_to(link, HERE)
    if found is not None:
        assert found == ROOT or found.startswith((f"{ROOT}/", f"{ROOT}?"))
        assert ".." not in found.partition("?")[0].split("/")
        assert found.isascii()
        assert found.isprintable()


def test_numbers() -> None:
    told = doc({"a": 5, "b": "7.5", "c": True, "d": "N/A", "e": float("nan"), "f": 10**400, "g": -1, "h": []})
    assert (told.number("a"), told.number("b"), told.number("d"), told.number("zz", "a")) == (5, 7.5, None, 5)
    assert not told.remarks.all()
    assert [told.number(name) for name in "cefh"] == [None] * 4
    assert told.whole("g") is None
    assert {one.where for one in told.remarks.all()} == {f"{HERE} {name}" for name in "cefgh"}


def test_each_remark_is_made_once_and_not_without_end() -> None:
    remarks = Remarks()
    for number in range(MOST + 50):
        remarks.add("here", f"is {number}")
        remarks.add("here", f"is {number}")
    told = remarks.all()
    assert len(told) == MOST + 1
    assert str(MOST) in told[-1].what
