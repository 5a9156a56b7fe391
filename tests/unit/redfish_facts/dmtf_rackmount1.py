"""The synthetic rack server of the DMTF's mock-ups: one of everything, with an empty socket, slot and bay of each kind."""

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
    measured,
    newest,
    nic,
    number,
    of,
    reading,
    readings,
    severity,
    skew_known,
    supply,
    targets,
    undated,
    unread,
    version,
)

SYSTEM = "Systems/437XR1138R2"
THERMAL = "Chassis/1U/Thermal"
POWER = "Chassis/1U/Power"
LOGS = f"{SYSTEM}/LogServices/Log1 and Managers/BMC/LogServices/Log"
GIB = 2**30

TREE = Tree(
    "dmtf-rackmount1",
    "",
    (
        Fact("manufacturer", f"{SYSTEM} Manufacturer", of("hardware.identity.manufacturer"), "Contoso"),
        Fact("model", f"{SYSTEM} Model, not SubModel", of("hardware.identity.model"), "3500"),
        Fact("serial", f"{SYSTEM} SerialNumber", of("hardware.identity.serial"), "437XR1138R2"),
        Fact("sku", f"{SYSTEM} SKU", of("hardware.identity.sku"), "8675309"),
        Fact("uuid", f"{SYSTEM} UUID", of("identity.uuid"), "38947555-7742-3448-3784-823347823834"),
        Fact("asset tag", f"{SYSTEM} AssetTag", of("hardware.identity.asset_tag"), "Chicago-45Z-2381"),
        Fact("host name", f"{SYSTEM} HostName", of("hardware.identity.host_name"), "web483"),
        Fact("power", f"{SYSTEM} PowerState", of("power"), Power.ON),
        Fact("power in hardware", f"{SYSTEM} PowerState", of("hardware.power"), Power.ON),
        Fact("health", f"{SYSTEM} Status.Health", of("hardware.health"), "ok"),
        Fact("bios", f"{SYSTEM} BiosVersion", version("bios"), "P79 v1.33 (02/28/2015)"),
        Fact("bmc", "Managers/BMC FirmwareVersion", version("bmc"), "1.00"),
        Fact("processors", f"{SYSTEM}/Processors: CPU2 is Absent", number("hardware.processors"), 1),
        Fact("processor count", f"{SYSTEM} ProcessorSummary.Count", of("hardware.processor_count"), 2),
        Fact(
            "processor model",
            f"{SYSTEM}/Processors/CPU1 Model",
            each("hardware.processors", "model"),
            ("Multi-Core Intel(R) Xeon(R) processor 7xxx Series",),
        ),
        Fact("cores", f"{SYSTEM}/Processors/CPU1 TotalCores", each("hardware.processors", "cores"), (8,)),
        Fact(
            "threads", f"{SYSTEM}/Processors/CPU1 TotalThreads", each("hardware.processors", "threads"), (16,)
        ),
        Fact("speed", f"{SYSTEM}/Processors/CPU1 MaxSpeedMHz", each("hardware.processors", "speed"), (3700,)),
        Fact("memory", f"{SYSTEM} MemorySummary, 96 GiB", of("hardware.memory"), 96 * GIB),
        Fact(
            "modules",
            f"{SYSTEM}/Memory CapacityMiB; DIMM4 is Absent; DIMM3 calls itself DIMM2 in @odata.id, and is one all the same",
            each("hardware.modules", "size"),
            (32 * GIB, 32 * GIB, 32 * GIB),
        ),
        Fact("ports", f"{SYSTEM}/EthernetInterfaces", number("hardware.nics"), 2),
        Fact("link", f"{SYSTEM}/…/12446A3B0411 LinkStatus", nic("12:44:6a:3b:04:11", "link"), True),
        Fact("rate", f"{SYSTEM}/…/12446A3B0411 SpeedMbps", nic("12:44:6a:3b:04:11", "speed"), 1_000_000_000),
        Fact(
            "bmc's port",
            "Managers/BMC/NICs/Dedicated is the BMC's, no port of the server",
            has_mac("23:11:8a:33:cf:ea"),
            False,
        ),
        Fact(
            "disks",
            f"{SYSTEM}/SimpleStorage/1 Devices; bays 3 and 4 are Absent",
            each("hardware.disks", "model"),
            ("3000GT7", "3000GT8"),
        ),
        Fact(
            "disk sizes",
            f"{SYSTEM}/SimpleStorage/1 CapacityBytes",
            each("hardware.disks", "size"),
            (4_000_000_000_000, 8_000_000_000_000),
        ),
        Fact(
            "disk healths",
            f"{SYSTEM}/SimpleStorage/1 Status",
            each("hardware.disks", "health"),
            ("ok", "warning"),
        ),
        Fact("power supplies", f"{POWER} PowerSupplies", number("hardware.power_supplies"), 1),
        Fact("power supply", f"{POWER} PowerSupplies/0 Model", supply("1Z0000001", "model"), "499253-B21"),
        Fact("its capacity", f"{POWER} PowerCapacityWatts", supply("1Z0000001", "capacity"), 800),
        Fact("its firmware", f"{POWER} FirmwareVersion", supply("1Z0000001", "firmware"), "1.00"),
        Fact("its health", f"{POWER} Status.Health", supply("1Z0000001", "health"), "warning"),
        Fact("boot target", f"{SYSTEM} BootSourceOverrideTarget", of("boot.target"), BootTarget.PXE),
        Fact("boot lasting", f"{SYSTEM} BootSourceOverrideEnabled", of("boot.lasting"), "once"),
        Fact("boot mode", f"{SYSTEM} BootSourceOverrideMode", of("boot.mode"), BootMode.UEFI),
        Fact(
            "boot targets",
            f"{SYSTEM} Boot allowable values",
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
        Fact("led", f"{SYSTEM} IndicatorLED; the chassis' own says Lit", of("led"), "off"),
        Fact("clears its log", "LogService.ClearLog of both logs", can(Feature.CLEAR_LOG), True),
        Fact("temperatures", f"{THERMAL} Temperatures", readings("temperature"), 3),
        Fact("fans", f"{THERMAL} Fans", readings("fan"), 2),
        Fact("cpu 1", f"{THERMAL} Temperatures/0", reading("CPU1 Temp", "value"), 41),
        Fact("cpu 1, unit", f"{THERMAL} ReadingCelsius", reading("CPU1 Temp", "unit"), "Cel"),
        Fact(
            "cpu 1, thresholds",
            f"{THERMAL} Temperatures/0: upper ones only",
            reading("CPU1 Temp", "thresholds"),
            Thresholds(upper_warning=42, upper_critical=45, upper_fatal=48),
        ),
        Fact("cpu 2", f"{THERMAL} Temperatures/1 Disabled", reading("CPU2 Temp", "value"), None),
        Fact("cpu 2, health", f"{THERMAL} Temperatures/1 Disabled", reading("CPU2 Temp", "health"), None),
        Fact("one unread", f"{THERMAL} Temperatures/1", unread("temperature"), 1),
        Fact(
            "intake",
            f"{THERMAL} Temperatures/2: LowerThresholdFatal 0 is one of 0 °C",
            reading("Chassis Intake Temp", "thresholds"),
            Thresholds(0, 5, 10, 30, 40, 50),
        ),
        Fact("fan", f"{THERMAL} Fans/0", reading("BaseBoard System Fan", "value"), 2100),
        Fact("fan, unit", f"{THERMAL} Fans/0 ReadingUnits", reading("BaseBoard System Fan", "unit"), "RPM"),
        Fact("voltage", f"{POWER} Voltages/0", reading("VRM1 Voltage", "value"), 12),
        Fact(
            "voltage, thresholds",
            f"{POWER} Voltages/0",
            reading("VRM1 Voltage", "thresholds"),
            Thresholds(10, 11, 11.5, 12.5, 13, 15),
        ),
        Fact("voltage, health", f"{POWER} Voltages/1", reading("VRM2 Voltage", "health"), "ok"),
        Fact("watts", f"{POWER} PowerControl/0 PowerConsumedWatts", measured("power", 344), 1),
        Fact("none critical", f"{THERMAL}, {POWER} Status", healths("critical"), 0),
        Fact(
            "entries",
            f"{LOGS}: the next page, ?$skiptoken=2, leads nowhere or to the same two",
            number("log.entries"),
            3,
        ),
        Fact("all dated", LOGS, undated, 0),
        Fact("newest", f"{LOGS} Created", newest("at"), datetime(2012, 3, 7, 14, 45, tzinfo=UTC)),
        Fact("newest message", f"{LOGS} Message", newest("message"), "Temperature threshold exceeded"),
        Fact(
            "melting",
            "Managers/BMC/…/Entries Severity",
            entry("System May be Melting", "severity"),
            "critical",
        ),
        Fact(
            "melting, code",
            "Managers/BMC/…/Entries MessageId",
            entry("System May be Melting", "code"),
            "Event.1.0.TempWayTooHot",
        ),
        Fact("none is ok", LOGS, severity("ok"), 0),
        Fact("tells its time", "Managers/BMC DateTime", skew_known, True),
    ),
)
