"""snmpd as the agent of a switch: v2c and v3, with lldpd and tables of our own beside what it knows itself."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from ipaddress import IPv6Address
from pathlib import Path

import microdc
from microdc.host.daemon import Daemon
from microdc.lab.rack.plan import MANUFACTURER
from microdc.lab.switch.files import SNMP_USER, Files, Logins
from microdc.lab.switch.model import SwitchPlan
from microdc.lab.switch.naming import HIDDEN

MODEL = "Virtual Switch"
PORT = 161
SOCKET = "agentx"
CREDENTIALS = {2: "community", 3: "user"}
"""Where they are, by the version of SNMP."""
_BRIDGE, _ENTITY = ".1.3.6.1.2.1.17", ".1.3.6.1.2.1.47"
_DESCRIPTIONS, _NAMES = ".1.3.6.1.2.1.2.2.1.2", ".1.3.6.1.2.1.31.1.1.1.1"
_OBJECT_ID = ".1.3.6.1.4.1.8072.3.2.10"
"""netSnmpAgentOIDs.linux: what net-snmp says of any Linux."""
_TABLES = "microdc.lab.switch.tables"
_KEPT = ("engineBoots", "oldEngineID")


def write(files: Files, switch: SwitchPlan, logins: Logins) -> None:
    """The files that `start` needs, but for the configuration itself."""
    (files / "snmp").mkdir(mode=0o700, exist_ok=True)
    facts = {
        "name": switch.name,
        "mac": switch.mac,
        "serial": switch.serial,
        "manufacturer": MANUFACTURER,
        "model": MODEL,
        "ports": [
            {"name": socket.name, "interface": socket.interface, "number": socket.number}
            for socket in switch.sockets
        ],
    }
    files.write("facts.json", json.dumps(facts))
    root = Path(microdc.__file__).parents[1]
    program = ["env", f"PYTHONPATH={root}", sys.executable, "-S", "-m", _TABLES, "facts.json"]
    files.write("tables", f"#!/bin/sh\nexec {shlex.join(program)}\n", mode=0o700)
    files.write_logins(logins)


def start(files: Files, switch: SwitchPlan, logins: Logins) -> Daemon:
    """Starts snmpd with these logins, whatever it knew before; its engine stays the same one, and counts its starts."""
    _forget_users(files)
    files.write("snmpd.conf", config(switch, logins), mode=0o600)
    # it needs no texts of MIBs; a relative directory it would make below /
    environment = ["env", "MIBS=", "MIBDIRS=", f"SNMP_PERSISTENT_DIR={files / 'snmp'}"]
    words = [*environment, "snmpd", "-f", "-C", "-c", "./snmpd.conf", "-Lo", "-I", "-smux"]
    return files.start("snmpd", switch.namespace, words)


def config(switch: SwitchPlan, logins: Logins) -> str:
    """The text of snmpd.conf(5)."""
    return "".join(f"{line}\n" for line in _lines(switch, logins))


def _lines(switch: SwitchPlan, logins: Logins) -> Iterator[str]:
    v6 = isinstance(switch.address, IPv6Address)
    yield f"agentaddress {f'udp6:[{switch.address}]' if v6 else f'udp:{switch.address}'}:{PORT}"
    yield "master agentx"
    yield f"agentXSocket ./{SOCKET}"
    yield f"sysName {switch.name}"
    yield f"sysDescr {MANUFACTURER} {MODEL}"
    yield f"sysObjectID {_OBJECT_ID}"
    yield f"sysLocation {switch.site}/{switch.rack}"
    yield "dontLogTCPWrappersConnects yes"
    # a cable's strands are no ports; what is gone is forgotten at once, or they would be told for minutes as such that are gone
    yield f"include_ifmib_iface_prefix ^[^{HIDDEN}]"
    yield "interface_fadeout 0"
    yield f"{'rocommunity6' if v6 else 'rocommunity'} {logins.community}"
    yield f"createUser {SNMP_USER} SHA-256 {logins.authentication} AES {logins.privacy}"
    yield f"rouser {SNMP_USER} priv"
    roots = [_BRIDGE, _ENTITY, *((_DESCRIPTIONS, _NAMES) if switch.odd else ())]
    yield from (f"pass_persist {root} ./tables" for root in roots)


def _forget_users(files: Files) -> None:
    """Because snmpd keeps users in a file of its own and would go on to take their old passwords."""
    kept = files / "snmp" / "snmpd.conf"
    if kept.exists():
        lines = kept.read_text("utf-8", errors="replace").splitlines()
        kept.write_text("".join(f"{line}\n" for line in lines if line.startswith(_KEPT)), "utf-8")
