"""A Supermicro X10 board whose BMC was asked before it knew its sensors: all are Absent, with a reading and thresholds of 0."""

from __future__ import annotations

from datetime import UTC, datetime

from microdc.bmc.model import Act, BootMode, BootTarget, Feature, Power
from redfish_facts.facts import Fact, Tree
from redfish_facts.picks import (
    can,
    each,
    entry,
    excuse,
    healths,
    macs,
    messages,
    module,
    newest,
    nic,
    number,
    of,
    oldest,
    reading,
    readings,
    severity,
    targets,
    undated,
    unread,
    version,
)

SYSTEM = "Systems/1"
THERMAL = "Chassis/1/Thermal"
POWER = "Chassis/1/Power"
LOG = f"{SYSTEM}/LogServices/Log1/Entries"
GIB = 2**30

TREE = Tree(
    "supermicro-x10",
    "",
    (
        Fact("manufacturer", f"{SYSTEM} Manufacturer", of("hardware.identity.manufacturer"), "Supermicro"),
        Fact("model", f"{SYSTEM} Model", of("hardware.identity.model"), "Super Server"),
        Fact("serial", f"{SYSTEM} SerialNumber: ten blanks", of("hardware.identity.serial"), None),
        Fact("sku", f"{SYSTEM} SKU: To be filled by O.E.M.", of("hardware.identity.sku"), None),
        Fact(
            "uuid",
            f"{SYSTEM} UUID: zeros and a MAC, which is one",
            lambda told: str(told.hardware.identity.uuid).lower(),
            "00000000-0000-0000-0000-ac1f6b18a45a",
        ),
        Fact(
            "host name", f"{SYSTEM} has no HostName; the BMC's own is not it", of("identity.host_name"), None
        ),
        Fact("power", f"{SYSTEM} PowerState", of("power"), Power.ON),
        Fact("health", f"{SYSTEM} Status.Health", of("hardware.health"), "ok"),
        Fact("bios", f"{SYSTEM} BiosVersion; the UpdateService is not there", version("bios"), "1.2"),
        Fact("bmc", "Managers/1 FirmwareVersion", version("bmc"), "4.0"),
        Fact("processors", f"{SYSTEM}/Processors", number("hardware.processors"), 1),
        Fact("processor count", f"{SYSTEM} ProcessorSummary.Count", of("hardware.processor_count"), 1),
        Fact(
            "processor model",
            f"{SYSTEM}/Processors/1 Model, not that of the summary",
            each("hardware.processors", "model"),
            ("Intel(R) Xeon(R) CPU D-1541 @ 2.10GHz",),
        ),
        Fact("cores", f"{SYSTEM}/Processors/1 TotalCores", each("hardware.processors", "cores"), (8,)),
        Fact("threads", f"{SYSTEM}/Processors/1 TotalThreads", each("hardware.processors", "threads"), (16,)),
        Fact("speed", f"{SYSTEM}/Processors/1 MaxSpeedMHz", each("hardware.processors", "speed"), (4000,)),
        Fact("memory", f"{SYSTEM} MemorySummary, 64 GiB", of("hardware.memory"), 64 * GIB),
        Fact(
            "modules",
            f"{SYSTEM}/Memory SerialNumber",
            each("hardware.modules", "serial"),
            ("16E1F6F3", "16E1FD2E", "16E1FD76", "16E203D3"),
        ),
        Fact("module size", f"{SYSTEM}/Memory/1 CapacityMiB", module("16E1FD76", "size"), 16 * GIB),
        Fact("module part", f"{SYSTEM}/Memory/1 PartNumber", module("16E1FD76", "part"), "36ASF2G72PZ-2G1B1"),
        Fact("module maker", f"{SYSTEM}/Memory/4 Manufacturer", module("16E1F6F3", "manufacturer"), "Micron"),
        Fact("module speed", f"{SYSTEM}/Memory/4 OperatingSpeedMhz", module("16E1F6F3", "speed"), 2133),
        Fact(
            "macs",
            f"{SYSTEM}/EthernetInterfaces MACAddress",
            macs,
            ("ac:1f:6b:18:a4:5a", "ac:1f:6b:18:a4:5b", "ac:1f:6b:18:a6:b2", "ac:1f:6b:18:a6:b3"),
        ),
        Fact("rate", f"{SYSTEM}/EthernetInterfaces/1 SpeedMbps 0", nic("ac:1f:6b:18:a4:5a", "speed"), None),
        Fact("link", f"{SYSTEM}/EthernetInterfaces/1 no LinkStatus", nic("ac:1f:6b:18:a4:5a", "link"), None),
        Fact("disks", f"{SYSTEM}/SimpleStorage is empty, Storage not there", number("hardware.disks"), 0),
        Fact("power supplies", f"{POWER} PowerSupplies []", number("hardware.power_supplies"), 0),
        Fact("boot target", f"{SYSTEM} BootSourceOverrideTarget", of("boot.target"), BootTarget.NONE),
        Fact("boot lasting", f"{SYSTEM} BootSourceOverrideEnabled", of("boot.lasting"), "disabled"),
        Fact("boot mode", f"{SYSTEM} Boot has no mode", of("boot.mode"), None),
        Fact(
            "no uefi learned", f"{SYSTEM} Boot", lambda told: told.hardware.boot_mode == BootMode.UEFI, False
        ),
        Fact(
            "boot targets",
            f"{SYSTEM} Boot allowable values, where CD/DVD is a CD",
            targets,
            {BootTarget.PXE, BootTarget.CD, BootTarget.DISK, BootTarget.BIOS},
        ),
        Fact(
            "acts",
            f"{SYSTEM} Reset allowable values: no PowerCycle",
            of("abilities.acts"),
            {Act.ON, Act.SHUTDOWN, Act.FORCE_OFF, Act.RESTART, Act.RESET, Act.NMI},
        ),
        Fact("no cycle, said", f"{SYSTEM} Reset allowable values", excuse("cycle"), True),
        Fact("no http, said", f"{SYSTEM} Boot allowable values", excuse("http"), True),
        Fact("led", f"{SYSTEM} IndicatorLED", of("led"), "off"),
        Fact("clears its log", f"{SYSTEM}/LogServices/Log1 ClearLog", can(Feature.CLEAR_LOG), True),
        Fact("temperatures", f"{THERMAL} Temperatures", readings("temperature"), 8),
        Fact("no temperature", f"{THERMAL} all Absent", unread("temperature"), 8),
        Fact("fans", f"{THERMAL} Fans", readings("fan"), 4),
        Fact("no fan", f"{THERMAL} all Absent", unread("fan"), 4),
        Fact("voltages", f"{POWER} Voltages", readings("voltage"), 8),
        Fact("no voltage", f"{POWER} all Absent", unread("voltage"), 8),
        Fact(
            "cpu",
            f"{THERMAL} Temperatures/0: 0 °C at an upper limit of 0",
            reading("CPU Temp", "health"),
            None,
        ),
        Fact("fan 1", f"{THERMAL} Fans/0: 0 RPM, Absent", reading("FAN1", "value"), None),
        Fact("battery", f"{POWER} Voltages/5", reading("VBAT", "value"), None),
        Fact("none critical", f"{THERMAL}, {POWER}", healths("critical"), 0),
        Fact("none in warning", f"{THERMAL}, {POWER}", healths("warning"), 0),
        Fact("entries", LOG, number("log.entries"), 65),
        Fact("total", f"{LOG} Members@odata.count", of("log.total"), 65),
        Fact("all dated", LOG, undated, 0),
        Fact("newest", LOG, newest("at"), datetime(2020, 2, 25, 17, 13, 16, tzinfo=UTC)),
        Fact("newest message", LOG, newest("message"), "[ OEM ] Activate Node Product Key"),
        Fact("newest id", LOG, entry("[ OEM ] Activate Node Product Key", "id"), "65"),
        Fact("oldest", LOG, oldest("at"), datetime(2018, 8, 12, 12, 46, 14, tzinfo=UTC)),
        Fact("ecc", LOG, messages("[ OEM ] Correctable ECC @DIMMB1"), 64),
        Fact("no severity", f"{LOG} have no Severity", severity(None), 65),
    ),
)
