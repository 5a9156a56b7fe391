"""The hand-over to the UI is bounded whatever comes; commands run beside it."""

from __future__ import annotations

import threading

from microdc.health.model import Device, Fleet, Kind, Sample
from microdc_tui.feed import LINES, SAMPLES_A_DEVICE, Feed

FLEET = Fleet(devices=(Device(Kind.SERVER, "a"), Device(Kind.SERVER, "b")))


def feed() -> tuple[Feed, list[int]]:
    woken: list[int] = []
    return Feed(lambda: 5.0, lambda: woken.append(1)), woken


def test_records_come_out_in_the_order_of_each_device() -> None:
    hold, woken = feed()
    hold.put([FLEET, Sample("server/a", 1.0)])
    hold.put([Sample("server/b", 1.5), Sample("server/a", 2.0)])
    assert hold.waiting == 3
    batch = hold.take()
    assert batch.records[0] == FLEET
    assert [one.at for one in batch.records[1:] if isinstance(one, Sample) and one.device == "server/a"] == [
        1.0,
        2.0,
    ]
    assert (batch.lost_samples, len(woken)) == (0, 1)
    assert hold.take().records == ()


def test_of_a_flood_the_newest_samples_stay_and_the_others_are_counted() -> None:
    hold, _ = feed()
    hold.put([Sample("server/a", float(at)) for at in range(10_000)])
    batch = hold.take()
    assert [one.at for one in batch.records if isinstance(one, Sample)] == [9996.0, 9997.0, 9998.0, 9999.0]
    assert batch.lost_samples == 10_000 - SAMPLES_A_DEVICE


def test_a_new_fleet_ends_what_waits_of_the_old_one() -> None:
    hold, _ = feed()
    hold.put([Sample("server/old", 1.0), FLEET])
    assert hold.take().records == (FLEET,)


def test_of_many_lines_the_newest_stay() -> None:
    hold, _ = feed()
    for number in range(10_000):
        hold.say(f"line {number}")
    batch = hold.take()
    assert len(batch.lines) == LINES
    assert batch.lines[-1] == (5.0, "line 9999")
    assert batch.lost_lines == 10_000 - LINES


def test_many_threads_may_put_while_one_takes() -> None:
    hold, _ = feed()
    hold.put([FLEET])

    def pour(name: str) -> None:
        for at in range(2_000):
            hold.put([Sample(f"server/{name}", float(at))])
            hold.say(name)

    threads = [threading.Thread(target=pour, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    seen = lost = 0
    while any(thread.is_alive() for thread in threads):
        batch = hold.take()
        seen, lost = seen + sum(isinstance(one, Sample) for one in batch.records), lost + batch.lost_samples
    batch = hold.take()
    seen, lost = seen + sum(isinstance(one, Sample) for one in batch.records), lost + batch.lost_samples
    assert seen + lost == 8_000
