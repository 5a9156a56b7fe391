"""Event logs: pages in every form, loops, logs that are only linked, clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from recorded_tree import RecordedTree
from redfish_small import MANAGER, SYSTEM, bmc, collection, link, small

from microdc.bmc.model import Log
from microdc.bmc.redfish.read.doc import MOST_PARTS
from microdc.bmc.redfish.read.logs import MOST_FETCHED

SERVICES = f"{SYSTEM}/LogServices"
SEL = f"{SERVICES}/SEL"
ENTRIES = f"{SEL}/Entries"
START = datetime(2024, 1, 1, tzinfo=UTC)


def entry(number: int, **more: Any) -> dict[str, Any]:
    at = START + timedelta(minutes=number)
    return {
        "@odata.id": f"{ENTRIES}/{number}",
        "Id": str(number),
        "Created": at.isoformat(),
        "Message": f"event {number}",
        "Severity": "OK",
        **more,
    }


def with_log(pages: dict[str, Any], **service: Any) -> RecordedTree:
    return small(
        {"LogServices": link(SERVICES)},
        None,
        {"DateTime": "2024-01-02T00:00:00+00:00"},
        **{
            SERVICES: collection(SERVICES, SEL),
            SEL: {"@odata.id": SEL, "Id": "SEL", "Entries": link(ENTRIES), **service},
            **pages,
        },
    )


def ids(log: Log) -> list[int]:
    return [int(one.id) for one in log.entries]


@pytest.mark.parametrize("name", ["Members@odata.nextLink", "@odata.nextLink"])
@pytest.mark.parametrize("query", ["?$skip=2", "?skip=2", "?$skiptoken=2"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_pages(name: str, query: str, wrapped: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """mrlhansen/idrac_exporter#168, gofish#243, and Intel's form of the name."""
    following = f"{ENTRIES}{query}"
    pages = {
        ENTRIES: collection(
            ENTRIES,
            entry(1),
            entry(2),
            **{name: link(following) if wrapped else following, "Members@odata.count": 3},
        ),
        following: collection(following, entry(3)),
    }
    found = bmc(with_log(pages)).log()
    assert ids(found) == [3, 2, 1]
    assert found.total == 3
    assert not found.remarks


def test_pages_that_lead_to_themselves_end() -> None:
    pages = {ENTRIES: collection(ENTRIES, entry(1), **{"Members@odata.nextLink": ENTRIES})}
    found = bmc(with_log(pages)).log()
    assert ids(found) == [1]
    assert found.remarks


def test_a_service_that_always_sends_the_first_page_is_left() -> None:
    class Deaf(RecordedTree):
        def get(self, path: str) -> dict[str, Any]:
            page = dict(super().get(path.partition("?")[0]))
            if path.startswith(ENTRIES):
                number = len([one for one in self.asked if one.startswith(ENTRIES)])
                page["Members@odata.nextLink"] = f"{ENTRIES}?$skip={number * 50}"
            return page

    service = Deaf(with_log({ENTRIES: collection(ENTRIES, entry(1), entry(2))}).resources)
    assert ids(bmc(service).log()) == [2, 1]
    assert sum(path.startswith(ENTRIES) for path in service.asked) == 2


def test_entries_that_are_only_linked_are_fetched_from_the_newer_end() -> None:
    for order in (range(1, 51), range(50, 0, -1)):
        paths = [f"{ENTRIES}/{number}" for number in order]
        pages = {
            ENTRIES: collection(ENTRIES, *paths),
            **{path: entry(int(path.rpartition("/")[2])) for path in paths},
        }
        service = with_log(pages)
        assert ids(bmc(service).log(3)) == [50, 49, 48]
        assert sum(path.startswith(f"{ENTRIES}/") for path in service.asked) <= 5


def test_a_log_that_stands_newest_first_is_read_as_far_as_is_wanted() -> None:
    second = f"{ENTRIES}?$skip=2"
    pages = {
        ENTRIES: collection(ENTRIES, entry(9), entry(8), **{"Members@odata.nextLink": second}),
        second: collection(second, entry(7)),
    }
    service = with_log(pages)
    assert ids(bmc(service).log(2)) == [9, 8]
    assert second not in service.asked
    assert ids(bmc(service).log(3)) == [9, 8, 7]


def test_a_huge_log_is_read_in_part_and_said_to_be() -> None:
    linked = bmc(with_log({ENTRIES: collection(ENTRIES, *(f"{ENTRIES}/{n}" for n in range(100_000)))})).log()
    assert not linked.entries
    assert any(str(MOST_FETCHED) in one.what for one in linked.remarks)
    inlined = bmc(with_log({ENTRIES: collection(ENTRIES, *(entry(n) for n in range(MOST_PARTS + 5)))})).log()
    assert len(inlined.entries) == MOST_PARTS
    assert any(str(MOST_PARTS) in one.what for one in inlined.remarks)


def test_entries_of_one_moment_stand_newest_first_too() -> None:
    same = {"Created": START.isoformat()}
    pages = {ENTRIES: collection(ENTRIES, *(entry(n, **same) for n in (1, 2, 3)))}
    assert ids(bmc(with_log(pages)).log()) == [3, 2, 1]


def test_entries_without_a_time_come_last() -> None:
    pages = {
        ENTRIES: collection(
            ENTRIES,
            entry(1, Created="0000-00-00T00:00:00Z"),
            entry(2),
            entry(3, Created="yesterday"),
            entry(4, Created="1970-01-01T00:00:05+00:00"),
        )
    }
    found = bmc(with_log(pages)).log()
    assert found.entries[0].id == "2"
    assert [one.at for one in found.entries[1:]] == [None] * 3
    assert [one.where for one in found.remarks] == [f"{ENTRIES}/3 Created"]


def test_times_without_an_offset_have_that_of_their_log() -> None:
    pages = {ENTRIES: collection(ENTRIES, entry(1, Created="2024-01-01T12:00:00"))}
    (found,) = bmc(with_log(pages, DateTimeLocalOffset="+06:00")).log().entries
    assert found.at == datetime(2024, 1, 1, 6, tzinfo=UTC)
    assert found.at.utcoffset() == timedelta(hours=6)


def test_what_an_entry_says() -> None:
    pages = {
        ENTRIES: collection(
            ENTRIES,
            entry(4, Severity="Critical", Links={"OriginOfCondition": link(f"{SYSTEM}/Memory/1")}),
            entry(3, Message=None, MessageId="iLOEvents.3.15.Started", MessageArgs=["3.11", "2025-02-25"]),
            entry(2, Severity=None, MessageSeverity="Warning", SensorType="Memory", SensorNumber=0),
            entry(1, Message="", EntryCode="Assert"),
        )
    }
    found = bmc(with_log(pages)).log().entries
    assert [one.severity for one in found] == ["critical", "ok", "warning", "ok"]
    assert [one.source for one in found] == [f"{SYSTEM}/Memory/1", "", "Memory #0", ""]
    assert found[1].message == "iLOEvents.3.15.Started (3.11, 2025-02-25)"
    assert found[3].message == "Assert"
    assert {one.log for one in found} == {"SEL"}


def test_logs_of_system_and_manager_in_one_list() -> None:
    services, log = f"{MANAGER}/LogServices", f"{MANAGER}/LogServices/Audit"
    service = with_log({ENTRIES: collection(ENTRIES, entry(1), entry(5), **{"Members@odata.count": 2})})
    service.resources[MANAGER]["LogServices"] = link(services)
    more = RecordedTree(
        {
            **service.resources,
            services: collection(services, log),
            log: {"@odata.id": log, "Id": "Audit", "Entries": link(f"{log}/Entries")},
            f"{log}/Entries": collection(f"{log}/Entries", {**entry(3), "@odata.id": f"{log}/Entries/3"}),
        }
    )
    found = bmc(more).log()
    assert [(one.id, one.log) for one in found.entries] == [("5", "SEL"), ("3", "Audit"), ("1", "SEL")]
    assert found.total == 2


def test_the_skew_of_the_clock() -> None:
    before = datetime.now(UTC)
    found = bmc(with_log({ENTRIES: collection(ENTRIES)})).log().skew
    told = datetime(2024, 1, 2, tzinfo=UTC)
    assert found is not None
    assert told - datetime.now(UTC) <= found <= told - before
    service = with_log({ENTRIES: collection(ENTRIES)})
    service.resources[MANAGER]["DateTime"] = "soon"
    assert bmc(service).log().skew is None
