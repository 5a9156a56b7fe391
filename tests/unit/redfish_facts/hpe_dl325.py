"""A ProLiant DL325 Gen10 Plus with iLO 5: empty slots as Absent modules, fans in percent, entries written before the clock was set."""

from __future__ import annotations

from datetime import UTC, datetime

from microdc.bmc.model import Act, BootMode, BootTarget, Feature, Power, Thresholds
from redfish_facts.facts import Fact, Tree
from redfish_facts.picks import (
    can,
    each,
    entry,
    excuse,
    has_mac,
    healths,
    macs,
    measured,
    module,
    named_firmware,
    nic,
    number,
    of,
    oldest,
    reading,
    readings,
    severity,
    supply,
    targets,
    undated,
    unread,
    version,
)

SYSTEM = "Systems/1"
THERMAL = "Chassis/1/Thermal"
POWER = "Chassis/1/Power"
UPDATES = "UpdateService/FirmwareInventory"
LOGS = f"{SYSTEM}/LogServices/{{IML,SL}} and Managers/1/LogServices/IEL"
FLASHED = "Firmware flashed (System BIOS - A43 v2.52 (10/29/2021))"
GIB = 2**30

TREE = Tree(
    "hpe-dl325",
    "",
    (
        Fact("manufacturer", f"{SYSTEM} Manufacturer", of("hardware.identity.manufacturer"), "HPE"),
        Fact("model", f"{SYSTEM} Model", of("hardware.identity.model"), "ProLiant DL325 Gen10 Plus"),
        Fact("serial", f"{SYSTEM} SerialNumber", of("hardware.identity.serial"), "MXQ019020B"),
        Fact("sku", f"{SYSTEM} SKU", of("hardware.identity.sku"), "P18606-B21"),
        Fact("uuid", f"{SYSTEM} UUID", of("identity.uuid"), "36383150-3630-584D-5130-313930323042"),
        Fact("asset tag", f"{SYSTEM} AssetTag, empty", of("hardware.identity.asset_tag"), None),
        Fact("host name", f"{SYSTEM} HostName", of("hardware.identity.host_name"), "ncn-m003"),
        Fact("power", f"{SYSTEM} PowerState", of("power"), Power.ON),
        Fact("health", f"{SYSTEM} Status.Health", of("hardware.health"), "ok"),
        Fact(
            "bios",
            f"{SYSTEM} BiosVersion; the Redundant System ROM is another",
            version("bios"),
            "A43 v2.52 (10/29/2021)",
        ),
        Fact("bmc", "Managers/1 FirmwareVersion, as the manager writes it", version("bmc"), "iLO 5 v2.46"),
        Fact(
            "spare rom", f"{UPDATES}/6", named_firmware("Redundant System ROM"), ("A43 v2.40 (02/23/2021)",)
        ),
        Fact("cpld", f"{UPDATES}/4", named_firmware("System Programmable Logic Device"), ("0x0D",)),
        Fact("tpm", f"{UPDATES}/9", named_firmware("TPM Firmware"), ("73.64",)),
        Fact(
            "port firmware",
            f"{UPDATES}/11",
            named_firmware("Marvell 2P 25GbE SFP28 QL41232HQCU-HC OCP3 Adapter"),
            ("08.50.78",),
        ),
        Fact(
            "no packages",
            "UpdateService/SoftwareInventory/1 is a package of the operating system, no firmware",
            named_firmware("cray-orca"),
            (),
        ),
        Fact("processor count", f"{SYSTEM} ProcessorSummary.Count", of("hardware.processor_count"), 1),
        Fact(
            "processor model",
            f"{SYSTEM}/Processors/1 Model, without its final blanks",
            each("hardware.processors", "model"),
            ("AMD EPYC 7302P 16-Core Processor",),
        ),
        Fact("cores", f"{SYSTEM}/Processors/1 TotalCores", each("hardware.processors", "cores"), (16,)),
        Fact("threads", f"{SYSTEM}/Processors/1 TotalThreads", each("hardware.processors", "threads"), (32,)),
        Fact("speed", f"{SYSTEM}/Processors/1 MaxSpeedMHz", each("hardware.processors", "speed"), (4100,)),
        Fact("memory", f"{SYSTEM} MemorySummary, 64 GiB", of("hardware.memory"), 64 * GIB),
        Fact(
            "modules",
            f"{SYSTEM}/Memory SerialNumber; twelve of sixteen slots are Absent",
            each("hardware.modules", "serial"),
            ("438AD2AF", "438AD387", "438AD388", "438AED08"),
        ),
        Fact("module size", f"{SYSTEM}/Memory/proc1dimm1", module("438AD388", "size"), 16 * GIB),
        Fact("module part", f"{SYSTEM}/Memory/proc1dimm1", module("438AD388", "part"), "HMA82GR7CJR4N-XN"),
        Fact("module maker", f"{SYSTEM}/Memory/proc1dimm16", module("438AED08", "manufacturer"), "Hynix"),
        Fact("module speed", f"{SYSTEM}/Memory/proc1dimm16", module("438AED08", "speed"), 3200),
        Fact(
            "macs",
            f"{SYSTEM}/EthernetInterfaces: two ports are named bond0; BaseNetworkAdapters tell the same four again",
            macs,
            ("14:02:ec:d9:3a:a0", "14:02:ec:d9:3a:a1", "94:40:c9:5c:86:bc", "94:40:c9:5c:86:bd"),
        ),
        Fact("link", f"{SYSTEM}/EthernetInterfaces/1 LinkStatus", nic("94:40:c9:5c:86:bc", "link"), True),
        Fact("rate", f"{SYSTEM}/EthernetInterfaces/1", nic("94:40:c9:5c:86:bc", "speed"), 25_000_000_000),
        Fact("no link", f"{SYSTEM}/EthernetInterfaces/2 LinkStatus", nic("94:40:c9:5c:86:bd", "link"), False),
        Fact("no rate", f"{SYSTEM}/EthernetInterfaces/2 SpeedMbps", nic("94:40:c9:5c:86:bd", "speed"), None),
        Fact(
            "bmc's port", "Managers/1/EthernetInterfaces/1 is the BMC's", has_mac("94:40:c9:37:d3:fc"), False
        ),
        Fact("disks", f"{SYSTEM}/Storage and SmartStorage are empty", number("hardware.disks"), 0),
        Fact(
            "power supplies",
            f"{POWER} PowerSupplies SerialNumber: both have one name",
            each("hardware.power_supplies", "serial"),
            ("5WBXK0FLLDIKPU", "5WBXK0FLLDIKYK"),
        ),
        Fact("supply", f"{POWER} Model", supply("5WBXK0FLLDIKPU", "model"), "865408-B21"),
        Fact("supply, capacity", f"{POWER} PowerCapacityWatts", supply("5WBXK0FLLDIKPU", "capacity"), 500),
        Fact("supply, firmware", f"{POWER} FirmwareVersion", supply("5WBXK0FLLDIKYK", "firmware"), "1.00"),
        Fact("supply, health", f"{POWER} Status", supply("5WBXK0FLLDIKYK", "health"), "ok"),
        Fact("boot target", f"{SYSTEM} BootSourceOverrideTarget", of("boot.target"), BootTarget.NONE),
        Fact("boot lasting", f"{SYSTEM} BootSourceOverrideEnabled", of("boot.lasting"), "disabled"),
        Fact("boot mode", f"{SYSTEM} BootSourceOverrideMode", of("boot.mode"), BootMode.UEFI),
        Fact(
            "boot targets",
            f"{SYSTEM} Boot allowable values",
            targets,
            {BootTarget.PXE, BootTarget.HTTP, BootTarget.CD, BootTarget.DISK, BootTarget.BIOS},
        ),
        Fact(
            "acts",
            f"{SYSTEM} Reset allowable values: no PowerCycle",
            of("abilities.acts"),
            {Act.ON, Act.SHUTDOWN, Act.FORCE_OFF, Act.RESTART, Act.RESET, Act.NMI},
        ),
        Fact("no cycle, said", f"{SYSTEM} Reset allowable values", excuse("cycle"), True),
        Fact("restarts itself", "Managers/1 Reset", can(Feature.RESET), True),
        Fact("led", f"{SYSTEM} IndicatorLED", of("led"), "off"),
        Fact("temperatures", f"{THERMAL} Temperatures", readings("temperature"), 35),
        Fact("no temperature", f"{THERMAL}: eight are Absent at 0 °C", unread("temperature"), 8),
        Fact("fans", f"{THERMAL} Fans", readings("fan"), 8),
        Fact("no fan", f"{THERMAL}: fans 2 and 7 are Absent", unread("fan"), 2),
        Fact("fan", f"{THERMAL} Fans/0", reading("Fan 1", "value"), 35),
        Fact("fan, unit", f"{THERMAL} ReadingUnits Percent", reading("Fan 1", "unit"), "%"),
        Fact("inlet", f"{THERMAL}", reading("01-Inlet Ambient", "value"), 17),
        Fact(
            "inlet, thresholds",
            f"{THERMAL}: UpperThresholdUser is none of ours",
            reading("01-Inlet Ambient", "thresholds"),
            Thresholds(upper_critical=42, upper_fatal=47),
        ),
        Fact("absent", f"{THERMAL}", reading("05-HD Max", "value"), None),
        Fact("absent, health", f"{THERMAL}", reading("05-HD Max", "health"), None),
        Fact("watts", f"{POWER} PowerControl/0 PowerConsumedWatts", measured("power", 97), 1),
        Fact("none critical", f"{THERMAL}, {POWER}", healths("critical"), 0),
        Fact("entries", f"{LOGS}: 143, 105 and 218, all in the collections", number("log.entries"), 466),
        Fact("total", f"{LOGS} Members@odata.count", of("log.total"), 466),
        Fact("undated", f"{LOGS} Created 0000-00-00T00:00:00Z", undated, 10),
        Fact("critical", f"{SYSTEM}/LogServices/IML Severity", severity("critical"), 17),
        Fact(
            "flashed",
            f"{SYSTEM}/LogServices/IML",
            entry(FLASHED, "at"),
            datetime(2022, 3, 11, 13, 0, 5, tzinfo=UTC),
        ),
        Fact("flashed, id", f"{SYSTEM}/LogServices/IML", entry(FLASHED, "id"), "142"),
        Fact("oldest", f"{LOGS}: none of year 0", oldest("at"), datetime(2020, 5, 9, 4, 0, 32, tzinfo=UTC)),
        Fact(
            "oldest message",
            f"{SYSTEM}/…/SL",
            oldest("message"),
            "Security log cleared by: System Administrator",
        ),
    ),
)
