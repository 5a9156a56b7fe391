"""The lab's inventory: a copy of the one that was asked for, with only the places where things run written anew."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from microdc.documents.aliases import spelled_out
from microdc.documents.edit import Change, Plain, edit
from microdc.errors import InputError
from microdc.lab import names
from microdc.lab.keys import node_keys
from microdc.lab.model import LabRecord
from microdc.lab.plan import LabPlan, SitePlan
from microdc.lab.rack.stations import StationPlan
from microdc.testbed.load import load
from microdc.testbed.model import Testbed
from microdc.testbed.servers import servers

_EMULATOR_KEYS = ("host", "identity", "known_hosts", "via")
_SITE_KEYS = ("probe", "probe_ip")
_BMC_KEYS = ("redfish", "ipmi", "credentials", "fingerprint", "ca", "verify", "system", "via")
"""All that a BMC's entry can hold, but for its own network port (`nic`), which stays as it is."""

Stand = Mapping[str, Mapping[str, Plain]]
"""`bmc` and `hardware` of a server as the lab's inventory says them."""
_SWITCH_KEYS = ("management", "snmp", "ssh", "via")
_DEPLOY_KEYS = (
    "host", "identity", "known_hosts", "host_key", "via", "jump", "interface", "address", "directory", "authorized_keys", "ironic",
)  # fmt: skip


def directory_of(lab: str) -> Path:
    """Where the lab's inventory is, there or not."""
    return names.lab_dir(lab) / "inventory"


def testbed_name(lab: str) -> str:
    """What the lab's testbed is called: not like the one it was made from, whose leases and journal are not the lab's."""
    return f"lab-{lab}"


def check_source(lab: str, source: Path) -> None:
    """Raises InputError for an inventory that goes away when the lab is built anew."""
    if source.resolve().is_relative_to(names.lab_dir(lab).resolve()):
        hint = "name the inventory that it was made from, with --from DIR"
        raise InputError(f"this inventory is the lab {lab}'s own", where=str(source), hint=hint)


def write(
    plan: LabPlan,
    source: Path,
    emulators: Mapping[str, Mapping[str, str]],
    rack: Mapping[str, Stand] = MappingProxyType({}),
    switches: Mapping[str, Mapping[str, Plain]] = MappingProxyType({}),
) -> Testbed:
    """Copies the inventory `source` into the lab and says there where emulators, probes and BMCs are, and what the machines consist of.

    emulators: name -> its `host` and, where it has them, `identity`, `known_hosts` and `via`. rack: server -> what its machine and BMC are.
    switches: name -> its `management`, `snmp`, `ssh` and `via`.
    Returns the testbed that was written. Raises InputError where the copy cannot be read back.
    """
    target = directory_of(plan.lab)
    try:
        shutil.copytree(source, target)
    except OSError as error:
        raise InputError(f"the inventory cannot be copied: {error}", where=str(source)) from None
    testbed = load(target)
    changes: dict[Path, list[Change]] = {}

    def rewrite(
        place: tuple[str, ...], path: tuple[str, ...], keys: Iterable[str], values: Mapping[str, Plain]
    ) -> None:
        file = testbed.where(*place).file
        changes.setdefault(file, []).extend(Change((*path, key), values.get(key)) for key in keys)

    rewrite(("testbed",), (), ("testbed",), {"testbed": testbed_name(plan.lab)})
    for name, keys in emulators.items():
        rewrite(("emulators", name), ("emulators", name), _EMULATOR_KEYS, keys)
    for site in plan.sites:
        rewrite(("sites", site.name), (), _SITE_KEYS, _probe(site))
    for station in plan.stations:
        rewrite(("sites", station.site), ("deploy",), _DEPLOY_KEYS, _deploy(plan.lab, station))
    for server in filter(lambda one: one.name in rack, servers(testbed)):
        path, stand = ("racks", server.rack, "servers", server.name), rack[server.name]
        rewrite(("sites", server.site), (*path, "bmc"), _BMC_KEYS, stand["bmc"])
        rewrite(("sites", server.site), path, ("hardware",), {"hardware": stand["hardware"]})
    for switch in plan.switches:
        if told := switches.get(switch.name):
            path = ("racks", switch.rack, "switches", switch.name)
            rewrite(("sites", switch.site), path, _SWITCH_KEYS, told)
    for file, wanted in changes.items():
        text = spelled_out(file.read_text("utf-8"), where=str(file))  # each server has its own machine
        file.write_text(edit(text, wanted, where=str(file)), "utf-8")
    return load(target)


def record(made: LabRecord) -> None:
    """Notes that the lab stands, and how it was made."""
    writer = YAML(typ="safe", pure=True)
    values = {
        "lab": made.lab, "emulator": made.kind, "hosts": made.hosts, "source": str(made.source), "rack": made.rack,
    }  # fmt: skip
    part = _record_file(made.lab).with_suffix(".part")
    writer.dump(values, part)
    part.rename(_record_file(made.lab))


def recorded(lab: str) -> LabRecord | None:
    """How the lab was made; None where it never stood whole, or the note of it is damaged."""
    try:
        values = YAML(typ="safe", pure=True).load(_record_file(lab))
        return LabRecord(
            values["lab"],
            values["emulator"],
            values["hosts"],
            Path(values["source"]),
            rack=values["rack"] is True,
        )
    except (OSError, YAMLError, LookupError, TypeError):
        return None


def _record_file(lab: str) -> Path:
    return names.lab_dir(lab) / "lab.yaml"


def _deploy(lab: str, station: StationPlan) -> Mapping[str, Plain]:
    directory = names.lab_dir(lab)
    return {
        "host": f"netns:{station.namespace}",
        "interface": station.interface,
        "address": str(station.address.ip),
        "directory": str(directory / "boot"),
        "authorized_keys": [str(node_keys(directory)[1])],
    }


def _probe(site: SitePlan) -> dict[str, str]:
    first = site.hosts[0]
    return (
        {"probe": f"netns:{first.namespace}", "probe_ip": str(first.addresses[0])} if first.addresses else {}
    )
