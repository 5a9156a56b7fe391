"""A Cray EX425 blade: one BMC, two systems that tell one serial number, no link from a system to a chassis, every sensor twice.

Rules of reading: where links are missing, the chassis with the system's id is the system's, the other system's is not; a sensor that
both Thermal or Power and Sensors tell is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from microdc.bmc.model import Act, BootTarget, Feature, Power, Thresholds
from redfish_facts.facts import Fact, Tree
from redfish_facts.picks import (
    can,
    each,
    entry,
    excuse,
    firmware,
    healths,
    limits,
    macs,
    measured,
    module,
    newest,
    number,
    of,
    oldest,
    severity,
    targets,
    undated,
    version,
    without_mac,
)

LOG = "Managers/BMC/LogServices/EventLog/Entries"
UPDATES = "UpdateService/FirmwareInventory"
CLEARED = "The resource property CPU1 VDR ABCD Voltage has cleared the warning threshold of value 1.116."
FAULT = "The CPU1 VDR ABCD Voltage resource has detected a fatal fault indicating that it went below its allowed operating conditions."
GIB = 2**30


@dataclass(frozen=True, slots=True)
class Node:
    """What tells the two systems apart. dimm_0, dimm_15: serial numbers; package_0, package_1: watts of the processors; input: volts."""

    name: str
    mac: str
    dimm_0: str
    dimm_15: str
    package_0: float
    package_1: float
    input: float


NODE_0 = Node("Node0", "00:40:a6:83:52:5f", "53394031", "5339403F", 86.235, 81.311, 384.5)
NODE_1 = Node("Node1", "00:40:a6:83:52:60", "5339401F", "53473947", 86.393, 81.2, 383.5)


def _facts(node: Node, other: Node) -> tuple[Fact, ...]:
    system, sensors = f"Systems/{node.name}", f"Chassis/{node.name}/Sensors"
    return (
        Fact("manufacturer", f"{system} Manufacturer", of("hardware.identity.manufacturer"), "HPE"),
        Fact("model", f"{system} Model", of("hardware.identity.model"), "HPE CRAY EX425 (MILAN)"),
        Fact("serial", f"{system} SerialNumber, that of the blade", of("identity.serial"), "HA19340017"),
        Fact("uuid", f"{system} has none", of("hardware.identity.uuid"), None),
        Fact("sku", f"{system} has none; its PartNumber is another thing", of("hardware.identity.sku"), None),
        Fact("host name", f"{system} has none", of("hardware.identity.host_name"), None),
        Fact("power", f"{system} PowerState", of("power"), Power.ON),
        Fact("health", f"{system} Status.Health", of("hardware.health"), "ok"),
        Fact("bios", f"{system} BiosVersion", version("bios"), "ex425.bios-1.6.3"),
        Fact(
            "bmc",
            f"{UPDATES}/BMC Version: Managers/BMC has none",
            version("bmc"),
            "nc.1.6.19-5-shasta-release.arm.2022-02-25T01:38:09+00:00.d20b426",
        ),
        Fact("boot loader", f"{UPDATES}/Bootloader", firmware("1.11-wnc"), 1),
        Fact("fpga of the node", f"{UPDATES}/FPGA0", firmware("5.03"), 1),
        Fact("processors", f"{system}/Processors", number("hardware.processors"), 2),
        Fact("processor count", f"{system} ProcessorSummary.Count", of("hardware.processor_count"), 2),
        Fact(
            "processor models",
            f"{system}/Processors Model",
            each("hardware.processors", "model"),
            ("AMD EPYC 7763 64-Core Processor",) * 2,
        ),
        Fact("cores", f"{system}/Processors TotalCores", each("hardware.processors", "cores"), (64, 64)),
        Fact(
            "threads", f"{system}/Processors TotalThreads", each("hardware.processors", "threads"), (128, 128)
        ),
        Fact(
            "speeds", f"{system}/Processors MaxSpeedMHz", each("hardware.processors", "speed"), (3525, 3525)
        ),
        Fact("memory", f"{system} MemorySummary, 256 GiB", of("hardware.memory"), 256 * GIB),
        Fact("modules", f"{system}/Memory: sixteen without a Status", number("hardware.modules"), 16),
        Fact("module size", f"{system}/Memory/DIMM0", module(node.dimm_0, "size"), 16 * GIB),
        Fact("module part", f"{system}/Memory/DIMM0", module(node.dimm_0, "part"), "HMA82GR7CJR8N-XN"),
        Fact("module maker", f"{system}/Memory/DIMM15", module(node.dimm_15, "manufacturer"), "SK Hynix"),
        Fact("module health", f"{system}/Memory/DIMM15 tells none", module(node.dimm_15, "health"), None),
        Fact(
            "ports",
            f"{system}/EthernetInterfaces; the chassis' adapter has no ports",
            number("hardware.nics"),
            2,
        ),
        Fact("macs", f"{system}/EthernetInterfaces/ManagementEthernet", macs, (node.mac,)),
        Fact("no mac", f"{system}/EthernetInterfaces/HPCNet0 MACAddress", without_mac, ("Not Available",)),
        Fact("disks", f"{system} has no Storage", number("hardware.disks"), 0),
        Fact("power supplies", "they are the cabinet's", number("hardware.power_supplies"), 0),
        Fact("boot targets", f"{system} Boot has an order, no override", targets, set()),
        Fact("no pxe, said", f"{system} Boot", excuse(BootTarget.PXE.value), True),
        Fact("no boot override", f"{system} Boot", can(Feature.BOOT_ONCE), False),
        Fact("no boot override, said", f"{system} Boot", excuse(Feature.BOOT_ONCE.value), True),
        Fact(
            "acts",
            f"{system}/ResetActionInfo: ForceOff, On and Off, a word of Cray's that may be a shutdown",
            lambda told: told.abilities.acts - {Act.SHUTDOWN},
            {Act.ON, Act.FORCE_OFF},
        ),
        Fact("no nmi, said", f"{system}/ResetActionInfo", excuse("nmi"), True),
        Fact("no led", f"{system} has none", can(Feature.LED), False),
        Fact("restarts itself", "Managers/BMC Reset", can(Feature.RESET), True),
        Fact("package 0", f"{sensors}/CPU02ReportedPower", measured("power", node.package_0), 1),
        Fact("package 1", f"{sensors}/CPU12ReportedPower", measured("power", node.package_1), 1),
        Fact(
            "input",
            f"{sensors}/ChassisVoltageRegulator0InputVoltage, once",
            measured("voltage", node.input),
            1,
        ),
        Fact(
            "input, thresholds",
            f"{sensors}/ChassisVoltageRegulator0InputVoltage Thresholds",
            limits("voltage", node.input),
            Thresholds(305, 320, 360, 400, 420, 425),
        ),
        Fact(
            "cpu 0", f"{sensors}/CPU0Temperature; Thermal tells no value", measured("temperature", 33.25), 1
        ),
        Fact("not the other's", f"Chassis/{other.name}/Sensors", measured("power", other.package_0), 0),
        Fact("none critical", f"{sensors}: all are within their thresholds", healths("critical"), 0),
        Fact("entries", f"{LOG}; AuditLog and SEL are empty", number("log.entries"), 18),
        Fact("all dated", LOG, undated, 0),
        Fact("newest", LOG, newest("at"), datetime(2022, 4, 12, 15, 29, 55, tzinfo=UTC)),
        Fact("oldest", LOG, oldest("at"), datetime(2022, 4, 4, 19, 10, 21, tzinfo=UTC)),
        Fact("cleared, code", LOG, entry(CLEARED, "code"), "ResourceEvent.ResourceWarningThresholdCleared"),
        Fact("fault", LOG, entry(FAULT, "at"), datetime(2022, 4, 12, 15, 29, 45, tzinfo=UTC)),
        Fact("critical", f"{LOG} Severity", severity("critical"), 2),
        Fact("warnings", f"{LOG} Severity", severity("warning"), 1),
    )


TREES = (
    Tree("cray-ex425", "Node0", _facts(NODE_0, NODE_1)),
    Tree("cray-ex425", "Node1", _facts(NODE_1, NODE_0)),
)
