"""PDUs as snmpd plays them: the tables of three vendors, the outlets that feed a server, and a clock that passes when it is waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from snmp_agent import ADMIN, AUTHENTICATION, PRIVACY, WRITE, Snmpd

from microdc.bmc.targets import Outlet

V3_SECRET = f"{ADMIN}:{AUTHENTICATION}:{PRIVACY}"
APC, APC2, RARITAN = "1.3.6.1.4.1.318.1.1.12.3", "1.3.6.1.4.1.318.1.1.26.9", "1.3.6.1.4.1.13742.6"


@dataclass(frozen=True)
class Strip:
    """A vendor's table, as its MIB has it: written down apart from what is tested. said: the state when on, when off; told: the command for on, for off."""

    vendor: str
    command: str
    state: str
    told: tuple[int, int]
    said: tuple[int, int]

    def table(self, outlets: Mapping[int, bool]) -> dict[str, int]:
        values = {}
        for outlet, on in outlets.items():
            values[f"{self.state}.{outlet}"] = self.said[not on]
            values[f"{self.command}.{outlet}"] = self.told[not on]
        return values

    def moves(self, outlets: Mapping[int, bool]) -> dict[str, dict[int, tuple[str, int]]]:
        return {
            f"{self.command}.{outlet}": {
                self.told[way]: (f"{self.state}.{outlet}", self.said[way]) for way in (0, 1)
            }
            for outlet in outlets
        }


STRIPS = {
    "apc": Strip("apc", f"{APC}.3.1.1.4", f"{APC}.5.1.1.4", (1, 2), (1, 2)),
    "apc2": Strip("apc2", f"{APC2}.2.4.1.5", f"{APC2}.2.3.1.5", (1, 2), (2, 1)),
    "raritan": Strip("raritan", f"{RARITAN}.4.1.2.1.2.1", f"{RARITAN}.4.1.2.1.3.1", (1, 0), (7, 8)),
}


@dataclass
class Pdu:
    """A PDU that runs."""

    name: str
    strip: Strip
    snmpd: Snmpd

    def outlet(self, number: int | str, *, version: int = 2, secret: str = "") -> Outlet:
        known = {2: WRITE, 3: V3_SECRET}[version]
        return Outlet(
            self.name,
            str(number),
            self.snmpd.address,
            self.strip.vendor,
            version,
            secret or known,
            where="site.yaml:9",
        )

    def on(self, outlet: int) -> bool:
        return self.snmpd.value(f"{self.strip.state}.{outlet}") == self.strip.said[0]

    def turn(self, outlet: int, *, on: bool) -> None:
        """As somebody at the PDU would."""
        self.snmpd.put(f"{self.strip.state}.{outlet}", self.strip.said[not on])

    def command(self, outlet: int) -> str:
        return f"{self.strip.command}.{outlet}"

    def switched(self) -> list[tuple[int, bool]]:
        """The outlets that were to be switched, in order."""
        found = []
        for oid, value in self.snmpd.sets():
            column, _, outlet = oid.rpartition(".")
            assert column == self.strip.command
            found.append((int(outlet), {self.strip.told[0]: True, self.strip.told[1]: False}[value]))
        return found


@contextmanager
def pdu(
    place: Path,
    name: str,
    vendor: str,
    outlets: Mapping[int, bool],
    *,
    address: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[Pdu]:
    """A PDU with outlets that are on or off."""
    strip = STRIPS[vendor]
    with Snmpd(place / name, strip.table(outlets), strip.moves(outlets), address, port) as snmpd:
        yield Pdu(name, strip, snmpd)


class FakeClock:
    """Passes when it is waited for. during: what happens while somebody waits."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.waits: list[float] = []
        self.during: Callable[[], object] = lambda: None

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.during()
            self.waits.append(seconds)
            self.at += seconds
