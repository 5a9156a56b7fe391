"""What the TUI costs while nobody touches it: processor with 20 sites × 20 servers at 1 Hz (wanted: <= 5 % of a core, feed included), and

memory over a soak at ten times that rate (wanted: flat). `--soak SECONDS` sets how long; ten minutes are what is promised.
"""

from __future__ import annotations

import argparse
import statistics

from report import machine, table
from tui_session import Session

FLEET = ["--demo", "--sites", "20", "--servers", "20"]


def share(seconds: float, *argv: str, columns: int = 140, rows: int = 40) -> float:
    """Of a core, over so many seconds, once it has settled."""
    with Session([*FLEET, *argv], columns, rows) as session:
        session.until(b"s old")
        session.live(8)
        before = session.processor()
        session.live(seconds)
        return (session.processor() - before) / seconds


def soak(seconds: float) -> list[tuple[float, float]]:
    """(seconds, MiB) every twentieth of the time."""
    told = []
    with Session([*FLEET, "--every", "100ms"]) as session:
        session.until(b"s old")
        step = seconds / 20
        for number in range(21):
            told.append((number * step, session.memory()))
            if number < 20:
                session.live(step)
    return told


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--soak", type=float, default=600.0, help="seconds; 0: none")
    options.add_argument("--seconds", type=float, default=30.0, help="of each measurement of the processor")
    given = options.parse_args()
    for name, value in machine("textual").items():
        print(f"{name}: {value}")
    print()
    rows = []
    for screen in ("sites", "wan", "devices", "deployments"):
        for columns, lines in ((80, 24), (140, 40)):
            used = share(given.seconds, "--start", screen, columns=columns, rows=lines)
            rows.append((f"{screen} {columns}×{lines}", f"{used:.1%}", "5 %"))
            print(rows[-1], flush=True)
    print(table(("of a core, 1 Hz", "used", "wanted"), rows))
    if given.soak:
        told = soak(given.soak)
        half = [size for at, size in told if at >= given.soak / 4]
        ends = statistics.mean(half[-5:]) - statistics.mean(half[:5])
        print()
        print(table(("seconds, 10 Hz", "MiB"), [(f"{at:.0f}", f"{size:.1f}") for at, size in told]))
        print(f"\nfrom the second quarter to the last: {ends:+.1f} MiB")


if __name__ == "__main__":
    main()
