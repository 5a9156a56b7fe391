"""Labs of servers on two switches, and what net-snmp's and lldpd's own programs say of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netboot import run_inside, wait_for
from racklab import RackLab

from microdc.lab import faults, names
from microdc.lab.inventory import directory_of
from microdc.lab.machine.machine import Machine
from microdc.lab.status import made_of
from microdc.lab.switch.files import Files
from microdc.lab.switch.model import SwitchPlan
from microdc.lab.teardown import clear
from microdc.testbed.model import Rack, Switch

_DATA = Path(__file__).parents[1] / "data"
INVENTORY = _DATA / "switches"
VLANS = _DATA / "vlans"
"""Three servers in two VLANs over two switches; the command line of sw2 is vtysh."""
SWITCHES = ("sw1", "sw2")
IF_NAME, IF_OPER, IF_ADMIN = "1.3.6.1.2.1.31.1.1.1.1", "1.3.6.1.2.1.2.2.1.8", "1.3.6.1.2.1.2.2.1.7"
UP, DOWN, NO_LINK = "1", "2", "7"
"""IfOperStatus and ifAdminStatus; 7 is lowerLayerDown."""
IF_SPEED, IF_IN = "1.3.6.1.2.1.31.1.1.1.15", "1.3.6.1.2.1.31.1.1.1.6"
BASE_PORT, FDB_PORT, FDB_STATUS = "1.3.6.1.2.1.17.1.4.1.2", "1.3.6.1.2.1.17.4.3.1.2", "1.3.6.1.2.1.17.4.3.1.3"
UPTIME = "1.3.6.1.2.1.1.3"
LLDP_REMOTE_NAME, LLDP_REMOTE_PORT = "1.0.8802.1.1.2.1.4.1.1.9", "1.0.8802.1.1.2.1.4.1.1.7"


def up(name: str, inventory: Path = INVENTORY) -> list[str]:
    """The argv that brings such a lab up."""
    words = ["lab", "up", "--rack", "--hosts", "1", "--name", name, "--from", str(inventory)]
    return [sys.executable, "-m", "microdc.cli", *words]


@contextmanager
def built(name: str, inventory: Path) -> Iterator[SwitchLab]:
    """Such a lab, up in the block."""
    try:
        done = subprocess.run(up(name, inventory), capture_output=True, text=True, check=False, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr
        yield SwitchLab(RackLab(name, directory_of(name)))
    finally:
        for _ in clear(name):
            pass


@dataclass(frozen=True, slots=True)
class SwitchLab:
    """Such a lab that is up."""

    lab: RackLab

    @property
    def name(self) -> str:
        return self.lab.name

    def switch(self, name: str) -> Switch:
        """As the lab's inventory has it."""
        return self._rack.switches[name]

    @property
    def servers(self) -> tuple[str, ...]:
        return tuple(self._rack.servers)

    @property
    def _rack(self) -> Rack:
        """The only one of the only site."""
        (site,) = self.lab.testbed.sites.values()
        return site.racks["r1"]

    def plan(self, name: str) -> SwitchPlan:
        made = made_of(self.name)
        assert made is not None
        return next(switch for switch in made.switches if switch.name == name)

    def files(self, name: str) -> Files:
        return Files.of(self.name, name)

    def machine(self, server: str) -> Machine:
        return self.lab.machine(server)

    def plant(self, switch: str, **named: Any) -> None:
        """As `microdc lab fault` does; names with _ for -, None takes one away."""
        faults.plant(self.name, switch, {name.replace("_", "-"): value for name, value in named.items()})

    def clear(self, switch: str) -> None:
        if planted := faults.planted(self.name, switch):
            faults.plant(self.name, switch, dict.fromkeys(planted))

    def calm(self) -> None:
        for switch in SWITCHES:
            self.clear(switch)
        for server in self.servers:
            self.machine(server).off()

    # -- SNMP

    def walk(self, switch: str, oid: str) -> dict[str, str]:
        """Index -> value, by net-snmp's snmpwalk with the credentials of the inventory."""
        done = self.snmpwalk(switch, oid)
        assert done.returncode == 0, done.stderr
        found = {}
        for line in done.stdout.splitlines():
            if line.endswith("at this OID"):
                continue  # of a table that is empty
            index, _, value = line.partition(" = ")
            assert index.startswith(f".{oid}."), line
            found[index.removeprefix(f".{oid}.")] = value.partition(": ")[2].strip('"')
        return found

    def snmpwalk(self, switch: str, oid: str, *, wrong: bool = False) -> subprocess.CompletedProcess[str]:
        declared = self.switch(switch)
        secret = Path(declared.snmp_credentials.removeprefix("file:")).read_text().strip()
        if declared.snmp_version == 3:
            user, authentication, privacy = secret.split(":")
            login = ["-v3", "-l", "authPriv", "-u", user, "-a", "SHA-256", "-x", "AES"]
            login += ["-A", "wrong-password" if wrong else authentication, "-X", privacy]
        else:
            login = ["-v2c", "-c", "wrong" if wrong else secret]
        words = ["snmpwalk", *login, "-On", "-t", "1", "-r", "2", declared.management, oid]
        inside = ["nsenter", f"--net=/run/netns/{declared.via}", "env", "MIBS=", *words]
        return subprocess.run(inside, capture_output=True, text=True, check=False, timeout=60)

    def wait_port(self, switch: str, oid: str, port: str, *values: str) -> None:
        """Until a column has one of the values at a port: snmpd looks at interfaces every 15 s."""
        wait_for(
            lambda: self.by_port(switch, oid).get(port) in values,
            60,
            f"{oid} of {switch} {port} is {values}",
            lambda: str(self.by_port(switch, oid)),
        )

    def by_port(self, switch: str, oid: str) -> dict[str, str]:
        """Port -> value of a column of the interfaces."""
        named, values = self.walk(switch, IF_NAME), self.walk(switch, oid)
        return {named[index]: value for index, value in values.items() if index in named}

    def heard(self, switch: str) -> dict[str, set[str]]:
        """Port -> the MAC addresses that were heard on it, by BRIDGE-MIB."""
        named, base = self.walk(switch, IF_NAME), self.walk(switch, BASE_PORT)
        status, found = self.walk(switch, FDB_STATUS), defaultdict(set)
        for index, port in self.walk(switch, FDB_PORT).items():
            if status.get(index) == "3":
                found[named[base[port]]].add(bytes(map(int, index.split("."))).hex(":"))
        return found

    def remote(self, switch: str) -> dict[str, tuple[str, str]]:
        """Port -> system name and port of the neighbour, by LLDP-MIB."""
        named, ports = self.walk(switch, IF_NAME), self.walk(switch, LLDP_REMOTE_PORT)
        found = self.walk(switch, LLDP_REMOTE_NAME)
        return {
            named[index.split(".")[1]]: (name, ports[index])
            for index, name in found.items()
            if index in ports
        }

    # -- LLDP and links

    def neighbours(self, switch: str) -> dict[str, tuple[str, str]]:
        """Port -> system name and port of the neighbour, by lldpcli."""
        # from within its directory: the path of a socket has 107 bytes, which a test run's directories alone may take
        directory = (self.files(switch) / "lldpd.sock").parent
        words = [
            "setpriv",
            "--no-new-privs",
            "lldpcli",
            "-u",
            "./lldpd.sock",
            "-f",
            "json0",
            "show",
            "neighbors",
        ]
        done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=directory)
        called = {one.interface: one.name for one in self.plan(switch).sockets}
        return {
            called[one["name"]]: (one["chassis"][0]["name"][0]["value"], one["port"][0]["id"][0]["value"])
            for part in json.loads(done.stdout)["lldp"]
            for one in part.get("interface", ())
        }

    def site_heard(self) -> str:
        """What the site's own bridge has in its forwarding table."""
        return run_inside(names.namespace(self.name, "hall"), "bridge", "fdb", "show", "br", "br0", "dynamic")
