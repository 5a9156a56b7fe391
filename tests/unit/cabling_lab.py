"""An inventory with a rack, and what its switches tell when it is plugged as declared: for the tests of commands and documents."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cabling_racks import Host, Rack, replug, told
from inventories import site, write

from microdc.errors import MicrodcError, UnreachableError
from microdc.events import Step
from microdc.survey.cabling.model import End
from microdc.switch.model import SwitchState
from microdc.testbed.model import Switch, Testbed

RACK = """
racks:
  r1:
    height: 12
    switches:
      sw1: {unit: 12, management: 10.101.0.2}
      sw2: {unit: 11, management: 10.101.0.3}   # the second
    servers:
      c1:   # the first
        unit: 1
        nics:
          eno1: {mac: "3c:ec:ef:00:01:01", switch: sw1, port: "1"}   # left
          eno2: {mac: "3c:ec:ef:00:01:02", switch: sw2, port: "1", label: W-12}
      c2:
        unit: 2
        height: 2
        nics:
          eno1: {mac: "3c:ec:ef:00:02:01", switch: sw1, port: Et2}
          eno2: {mac: "3c:ec:ef:00:02:02", switch: sw2, port: Et2}
      c3:
        bmc: {redfish: "https://10.101.0.13", nic: {mac: "3c:ec:ef:00:03:0f"}}
        nics:
          eno1: {mac: "3c:ec:ef:00:03:01"}   # not written down yet
    cables:
      - {a: "sw1:Ethernet5", b: "sw2:Ethernet5", label: ring}
      - {a: "sw1:Ethernet6", b: "wan1:if1"}
"""


def inventory(directory: Path, rack: str = RACK) -> Path:
    return write(directory, a=site("a", 1, rack))


def plugged() -> Rack:
    """The rack as its inventory declares it, and c3, of which it says nothing yet, in sw1 and its BMC in sw2."""
    ports = {name: tuple(f"Ethernet{number}" for number in range(1, 9)) for name in ("sw1", "sw2")}
    hosts = {
        name: Host(name, {f"eno{nic}": f"3c:ec:ef:00:{number:02x}:{nic:02x}" for nic in (1, 2)})
        for number, name in enumerate(("c1", "c2"), 1)
    }
    hosts["c3"] = Host("c3", {"eno1": "3c:ec:ef:00:03:01", "bmc": "3c:ec:ef:00:03:0f"}, "nothing")
    hosts["wan1"] = Host("wan1", {"if1": "02:00:00:00:00:01"}, "names")
    places = (
        ("c1", "eno1", "sw1", 1), ("c1", "eno2", "sw2", 1), ("c2", "eno1", "sw1", 2), ("c2", "eno2", "sw2", 2),
        ("c3", "eno1", "sw1", 3), ("c3", "bmc", "sw2", 3), ("sw2", "Ethernet5", "sw1", 5), ("wan1", "if1", "sw1", 6),
    )  # fmt: skip
    cables = tuple((End(a, port), End(b, f"Ethernet{number}")) for a, port, b, number in places)
    return Rack(ports, hosts, cables)


def swapped() -> Rack:
    """c1 and c2 have each other's cable in sw1."""
    places = {End("c1", "eno1"): End("sw1", "Ethernet2"), End("c2", "eno1"): End("sw1", "Ethernet1")}
    return replug(plugged(), places)


@dataclass(frozen=True)
class Answer:
    switch: Switch
    state: SwitchState | None = None
    error: MicrodcError | None = None


@dataclass(frozen=True)
class Recorded:
    """Answers for switches with what was recorded of them; one that is not there did not answer."""

    states: Mapping[str, SwitchState]

    def __call__(
        self, testbed: Testbed, switches: Sequence[Switch]
    ) -> Generator[Step, None, Sequence[Answer]]:
        del testbed
        yield Step("Reading switches", "started", total=len(switches), unit="switches")
        answers = []
        for switch in switches:
            state = self.states.get(switch.name)
            error = None if state else UnreachableError("does not answer SNMP", where=switch.management)
            answers.append(Answer(switch, state, error))
        yield Step("Reading switches", "done", done=len(switches), total=len(switches), unit="switches")
        return answers


def recorded(rack: Rack, *, without: Sequence[str] = ()) -> Recorded:
    return Recorded({name: state for name, state in told(rack).items() if name not in without})
