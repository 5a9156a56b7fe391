"""A node of a Gigabyte H262 with AMI's BMC: two ports share one MAC, acts are named in an ActionInfo only, a disabled meter is critical."""

from __future__ import annotations

from datetime import UTC, datetime

from microdc.bmc.model import Act, BootMode, BootTarget, Feature, Power, Thresholds
from redfish_facts.facts import Fact, Tree
from redfish_facts.picks import (
    can,
    coded,
    disk,
    each,
    excuse,
    firmware,
    healths,
    macs,
    measured,
    messages,
    module,
    number,
    of,
    reading,
    readings,
    severity,
    targets,
    undated,
    unread,
    version,
)

SYSTEM = "Systems/Self"
THERMAL = "Chassis/Self/Thermal"
POWER = "Chassis/Self/Power"
LOGS = "Systems/Self/LogServices/BIOS and Managers/Self/LogServices/{SEL,EventLog,AuditLog}"
MIB = 2**20

TREE = Tree(
    "gigabyte-h262",
    "",
    (
        Fact("manufacturer", f"{SYSTEM} Manufacturer", of("hardware.identity.manufacturer"), "GIGABYTE"),
        Fact("model", f"{SYSTEM} Model", of("hardware.identity.model"), "H262-Z63-00"),
        Fact("serial", f"{SYSTEM}, not the chassis'", of("hardware.identity.serial"), "GJG9NF512A000302"),
        Fact("uuid", f"{SYSTEM} UUID", of("identity.uuid"), "e9184000-7983-11ec-8000-b42e99bade15"),
        Fact("host name", f"{SYSTEM} has none; the BMC's own is not it", of("identity.host_name"), None),
        Fact("power", f"{SYSTEM} PowerState", of("power"), Power.ON),
        Fact("health", f"{SYSTEM} Status.Health", of("hardware.health"), "ok"),
        Fact("bios", f"{SYSTEM} BiosVersion", version("bios"), "C27"),
        Fact("bmc", "Managers/Self FirmwareVersion", version("bmc"), "12.84.13"),
        Fact("cpld", "UpdateService/FirmwareInventory/MB_CPLD1 Version", firmware("ff"), 1),
        Fact("processors", f"{SYSTEM}/Processors", number("hardware.processors"), 2),
        Fact("processor count", f"{SYSTEM} ProcessorSummary.Count", of("hardware.processor_count"), 2),
        Fact(
            "processor models",
            f"{SYSTEM}/Processors Model, without its final blanks",
            each("hardware.processors", "model"),
            ("AMD EPYC 7702 64-Core Processor",) * 2,
        ),
        Fact("cores", f"{SYSTEM}/Processors TotalCores", each("hardware.processors", "cores"), (64, 64)),
        Fact(
            "threads", f"{SYSTEM}/Processors TotalThreads", each("hardware.processors", "threads"), (128, 128)
        ),
        Fact("memory", f"{SYSTEM} MemorySummary, 244 GiB", of("hardware.memory"), 244 * 2**30),
        Fact("modules", f"{SYSTEM}/Memory", number("hardware.modules"), 16),
        Fact(
            "module size",
            f"{SYSTEM}/Memory/1 CapacityMiB 15625, as it says",
            module("12BBD2FD", "size"),
            15625 * MIB,
        ),
        Fact("module part", f"{SYSTEM}/Memory/1, blanks cut", module("12BBD2FD", "part"), "M393A2K43DB2-CWE"),
        Fact(
            "module maker", f"{SYSTEM}/Memory/16 Manufacturer", module("12BBDE86", "manufacturer"), "Samsung"
        ),
        Fact("module speed", f"{SYSTEM}/Memory/16 OperatingSpeedMhz", module("12BBDE86", "speed"), 3200),
        Fact(
            "macs",
            f"{SYSTEM}/EthernetInterfaces: Lan2 and Lan3 tell the same, and are two ports",
            macs,
            ("b4:2e:99:ba:de:15", "b4:2e:99:ba:de:16", "b4:2e:99:ba:de:16"),
        ),
        Fact(
            "ports", f"{SYSTEM}/EthernetInterfaces; bond0 and usb0 are the BMC's", number("hardware.nics"), 3
        ),
        Fact(
            "disks",
            f"{SYSTEM}/Storage/1 and SimpleStorage/1 tell of one disk",
            each("hardware.disks", "model"),
            ("SAMSUNG MZ7LH1T9HMLT-00005",),
        ),
        Fact(
            "disk size",
            f"{SYSTEM}/Storage/1/Drives/1 CapacityBytes; serial without blanks",
            disk("S455NY0M831393", "size"),
            2_013_667_524_608,
        ),
        Fact("disk health", f"{SYSTEM}/Storage/1/Drives/1 Status", disk("S455NY0M831393", "health"), "ok"),
        Fact(
            "power supplies",
            f"{POWER} PowerSupplies, twice no more than the name nil",
            lambda told: [
                one for one in told.hardware.power_supplies if one.serial or one.model or one.capacity
            ],
            [],
        ),
        Fact("boot target", f"{SYSTEM} BootSourceOverrideTarget", of("boot.target"), BootTarget.NONE),
        Fact("boot lasting", f"{SYSTEM} BootSourceOverrideEnabled", of("boot.lasting"), "disabled"),
        Fact("boot mode", f"{SYSTEM} BootSourceOverrideMode Legacy", of("boot.mode"), BootMode.BIOS),
        Fact(
            "boot targets",
            f"{SYSTEM} Boot allowable values, UefiHttp among them",
            targets,
            {BootTarget.PXE, BootTarget.HTTP, BootTarget.CD, BootTarget.DISK, BootTarget.BIOS},
        ),
        Fact(
            "modes", f"{SYSTEM} Boot allowable values", of("abilities.modes"), {BootMode.BIOS, BootMode.UEFI}
        ),
        Fact(
            "acts",
            f"{SYSTEM}/ResetActionInfo",
            of("abilities.acts"),
            {Act.ON, Act.SHUTDOWN, Act.FORCE_OFF, Act.RESET},
        ),
        Fact("no nmi, said", f"{SYSTEM}/ResetActionInfo", excuse("nmi"), True),
        Fact("no restart, said", f"{SYSTEM}/ResetActionInfo", excuse("restart"), True),
        Fact("led", f"{SYSTEM} IndicatorLED", of("led"), "off"),
        Fact("has an led", f"{SYSTEM} IndicatorLED", can(Feature.LED), True),
        Fact("temperatures", f"{THERMAL} Temperatures", readings("temperature"), 20),
        Fact("no temperature", f"{THERMAL}: M2_G1, M2_G2 and OCP20 are Absent", unread("temperature"), 3),
        Fact("voltages", f"{POWER} Voltages", readings("voltage"), 28),
        Fact("fans", f"{THERMAL} has no Fans: they are the enclosure's", readings("fan"), 0),
        Fact("cpu 0", f"{THERMAL} CPU0_TEMP", reading("CPU0_TEMP", "value"), 40),
        Fact(
            "cpu 0, thresholds",
            f"{THERMAL} CPU0_TEMP: LowerThresholdCritical 0",
            reading("CPU0_TEMP", "thresholds"),
            Thresholds(lower_critical=0, lower_warning=5, upper_warning=97, upper_critical=100),
        ),
        Fact("no thresholds", f"{THERMAL} CPU0_DTS", reading("CPU0_DTS", "thresholds"), Thresholds()),
        Fact("absent", f"{THERMAL} OCP20_TEMP", reading("OCP20_TEMP", "value"), None),
        Fact("absent, health", f"{THERMAL} OCP20_TEMP", reading("OCP20_TEMP", "health"), None),
        Fact("12 V", f"{POWER} P_12V", reading("P_12V", "value"), 12.155),
        Fact(
            "12 V, thresholds",
            f"{POWER} P_12V",
            reading("P_12V", "thresholds"),
            Thresholds(lower_critical=10.27, lower_warning=10.79, upper_warning=13.13, upper_critical=13.65),
        ),
        Fact("battery", f"{POWER} P_VBAT", reading("P_VBAT", "unit"), "V"),
        Fact(
            "watts", "Chassis/Self/Sensors/Power Reading, beside Thermal and Power", measured("power", 196), 1
        ),
        Fact("disabled meter", f"{POWER} PowerControl/0 is Disabled and Critical", healths("critical"), 0),
        Fact("entries", f"{LOGS}; that of the chassis is empty", number("log.entries"), 40),
        Fact("all dated", LOGS, undated, 0),
        Fact("critical", "AuditLog Severity", severity("critical"), 5),
        Fact("the others", f"{LOGS} Severity", severity("ok"), 35),
        Fact("refused users", "AuditLog MessageId", coded("Security.1.0.AccessDenied"), 5),
        Fact(
            "went off",
            "EventLog Message",
            messages("The power state of resource /redfish/v1/Systems/Self has changed to type Off"),
            5,
        ),
        Fact(
            "first image",
            "AuditLog/Entries/9 Created, the same as EventTimestamp there",
            lambda told: [e.at for e in told.log.entries if e.code == "AmiOem.1.0.DownloadFirmware"],
            [datetime(2021, 2, 16, 18, 47, 2, tzinfo=UTC)],
        ),
    ),
)
