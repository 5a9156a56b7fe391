"""A ProLiant DL360 Gen10 Plus with iLO 5: ports in the system and, two of them, again under the chassis; disks in an enclosure of empty bays."""

from __future__ import annotations

from datetime import UTC, datetime

from microdc.bmc.model import Act, BootMode, BootTarget, Feature, Power, Thresholds
from redfish_facts.facts import Fact, Tree
from redfish_facts.picks import (
    can,
    coded,
    disk,
    each,
    entry,
    healths,
    macs,
    measured,
    module,
    named_firmware,
    newest,
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
BAYS = "Chassis/DE00A000/Drives"
THERMAL = "Chassis/1/Thermal"
POWER = "Chassis/1/Power"
UPDATES = "UpdateService/FirmwareInventory"
LOGS = f"{SYSTEM}/LogServices/{{IML,SL,Event}} and Managers/1/LogServices/IEL"
OFFLINE = (
    "DriveOffline (Slot=12:Port=2I:Box=1:Bay=1) Redfish event from /redfish/v1/Chassis/DE00A000/Drives/2556"
)
GIB = 2**30

TREE = Tree(
    "hpe-ilo-dl360",
    "",
    (
        Fact("manufacturer", f"{SYSTEM} Manufacturer", of("hardware.identity.manufacturer"), "HPE"),
        Fact("model", f"{SYSTEM} Model", of("identity.model"), "ProLiant DL360 Gen10 Plus - SIMULATED"),
        Fact("serial", f"{SYSTEM} SerialNumber", of("hardware.identity.serial"), "MXQ2390RHW"),
        Fact("sku", f"{SYSTEM} SKU", of("hardware.identity.sku"), "P28948-B21"),
        Fact("uuid", f"{SYSTEM} UUID", of("identity.uuid"), "39383250-3834-584D-5132-333930524857"),
        Fact("host name", f"{SYSTEM} HostName, empty", of("hardware.identity.host_name"), None),
        Fact("power", f"{SYSTEM} PowerState", of("power"), Power.ON),
        Fact("health", f"{SYSTEM} Status.Health", of("hardware.health"), "ok"),
        Fact("bios", f"{SYSTEM} BiosVersion", version("bios"), "U46 v2.34 (03/11/2025)"),
        Fact("bmc", "Managers/1 FirmwareVersion, as the manager writes it", version("bmc"), "iLO 5 v3.11"),
        Fact(
            "spare rom", f"{UPDATES}/11", named_firmware("Redundant System ROM"), ("U46 v1.80 (07/05/2023)",)
        ),
        Fact(
            "supplies' firmware",
            f"{UPDATES}/6 and 7",
            named_firmware("Power Supply Firmware"),
            ("2.00", "2.00"),
        ),
        Fact(
            "controller's firmware", f"{UPDATES}/19", named_firmware("HPE SR416i-a Gen10+"), ("03.01.33.044",)
        ),
        Fact(
            "boot mode of the system",
            f"{SYSTEM} Boot and bios BootMode",
            of("hardware.boot_mode"),
            BootMode.UEFI,
        ),
        Fact("processor count", f"{SYSTEM} ProcessorSummary.Count", of("hardware.processor_count"), 2),
        Fact(
            "processor models",
            f"{SYSTEM}/Processors Model",
            each("hardware.processors", "model"),
            ("Intel(R) Xeon(R) Silver 4310 CPU @ 2.10GHz",) * 2,
        ),
        Fact("cores", f"{SYSTEM}/Processors TotalCores", each("hardware.processors", "cores"), (12, 12)),
        Fact(
            "threads", f"{SYSTEM}/Processors TotalThreads", each("hardware.processors", "threads"), (24, 24)
        ),
        Fact("memory", f"{SYSTEM} MemorySummary, 192 GiB", of("hardware.memory"), 192 * GIB),
        Fact("modules", f"{SYSTEM}/Memory: twelve of 32 slots hold one", number("hardware.modules"), 12),
        Fact(
            "module sizes", f"{SYSTEM}/Memory CapacityMiB", each("hardware.modules", "size"), (16 * GIB,) * 12
        ),
        Fact("module part", f"{SYSTEM}/Memory/proc1dimm1", module("14D4DE03", "part"), "M393A2K43DB3-CWE"),
        Fact("module maker", f"{SYSTEM}/Memory/proc2dimm7", module("14D4EEBA", "manufacturer"), "Samsung"),
        Fact("module speed", f"{SYSTEM}/Memory/proc2dimm7", module("14D4EEBA", "speed"), 2666),
        Fact(
            "macs",
            f"{SYSTEM}/EthernetInterfaces; Chassis/1/NetworkAdapters/DE080000 tells the first two of these again, "
            "with …:ac as the MAC of both and …:ad as the permanent one of the second: one physical port once",
            macs,
            (
                "50:7c:6f:13:90:96",
                "50:7c:6f:13:90:97",
                "50:7c:6f:13:90:98",
                "50:7c:6f:13:90:99",
                "88:e9:a4:6b:a8:ac",
                "88:e9:a4:6b:a8:ad",
            ),
        ),
        Fact("link", f"{SYSTEM}/EthernetInterfaces/13 LinkStatus", nic("88:e9:a4:6b:a8:ac", "link"), True),
        Fact(
            "link, second",
            f"{SYSTEM}/EthernetInterfaces/14 LinkStatus",
            nic("88:e9:a4:6b:a8:ad", "link"),
            True,
        ),
        Fact(
            "no link told",
            f"{SYSTEM}/EthernetInterfaces/5 LinkStatus null",
            nic("50:7c:6f:13:90:96", "link"),
            None,
        ),
        Fact(
            "no rate told",
            f"{SYSTEM}/EthernetInterfaces/5 SpeedMbps null",
            nic("50:7c:6f:13:90:96", "speed"),
            None,
        ),
        Fact(
            "disks",
            f"{SYSTEM}/Storage/DE00A000 Drives SerialNumber; six bays are empty, SmartStorage tells the two again",
            each("hardware.disks", "serial"),
            ("S521NA0T605338", "S521NA0T605357"),
        ),
        Fact("disk model", f"{BAYS}/2556 Model", disk("S521NA0T605357", "model"), "MK000480GWSSC"),
        Fact("disk size", f"{BAYS}/2556 CapacityBytes", disk("S521NA0T605357", "size"), 480_103_981_056),
        Fact("disk media", f"{BAYS}/2556 MediaType", disk("S521NA0T605357", "media"), "ssd"),
        Fact("disk protocol", f"{BAYS}/2557 Protocol", disk("S521NA0T605338", "protocol"), "SATA"),
        Fact("disk health", f"{BAYS}/2557 Status", disk("S521NA0T605338", "health"), "ok"),
        Fact(
            "power supplies",
            f"{POWER} PowerSupplies SerialNumber",
            each("hardware.power_supplies", "serial"),
            ("5WBYE0F4DGX2JS", "5WBYE0F4DGX2K2"),
        ),
        Fact("supply, capacity", f"{POWER} PowerCapacityWatts", supply("5WBYE0F4DGX2JS", "capacity"), 800),
        Fact("supply, model", f"{POWER} Model", supply("5WBYE0F4DGX2K2", "model"), "865438-B21"),
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
        Fact("has an led", f"{SYSTEM} LocationIndicatorActive, IndicatorLED", can(Feature.LED), True),
        Fact("led", f"{SYSTEM} LocationIndicatorActive, IndicatorLED", of("led"), "off"),
        Fact("temperatures", f"{THERMAL} Temperatures", readings("temperature"), 48),
        Fact("no temperature", f"{THERMAL}: ten are Absent at 0 °C", unread("temperature"), 10),
        Fact("fans", f"{THERMAL} Fans", readings("fan"), 7),
        Fact("fan", f"{THERMAL} Fans/6", reading("Fan 7", "value"), 26),
        Fact("cpu 1", f"{THERMAL}", reading("02-CPU 1", "value"), 40),
        Fact(
            "cpu 1, thresholds",
            f"{THERMAL}: UpperThresholdFatal null",
            reading("02-CPU 1", "thresholds"),
            Thresholds(upper_critical=70),
        ),
        Fact(
            "card, thresholds",
            f"{THERMAL}",
            reading("37.1-PCI 1-I/O module", "thresholds"),
            Thresholds(upper_warning=100, upper_critical=105, upper_fatal=115),
        ),
        Fact("absent", f"{THERMAL}", reading("05-P1 PMM 1-8", "value"), None),
        Fact("watts", f"{POWER} PowerControl/0 PowerConsumedWatts", measured("power", 150), 1),
        Fact("none critical", f"{THERMAL}, {POWER}", healths("critical"), 0),
        Fact("entries", f"{LOGS}: 142, 156, 228 and 269, all in the collections", number("log.entries"), 795),
        Fact("undated", f"{SYSTEM}/LogServices/SL Created 0000-00-00T00:00:00Z", undated, 28),
        Fact("critical", f"{LOGS} Severity", severity("critical"), 18),
        Fact(
            "newest", "Managers/1/…/IEL Created", newest("at"), datetime(2025, 5, 29, 11, 0, 44, tzinfo=UTC)
        ),
        Fact("oldest", f"{SYSTEM}/…/SL Created", oldest("at"), datetime(2022, 10, 1, 4, 42, 20, tzinfo=UTC)),
        Fact("bay 1", f"{SYSTEM}/…/IML", entry(OFFLINE, "at"), datetime(2025, 5, 15, 6, 27, 35, tzinfo=UTC)),
        Fact("bay 1, code", f"{SYSTEM}/…/IML MessageId", entry(OFFLINE, "code"), "62.1"),
        Fact(
            "without a message",
            f"{SYSTEM}/LogServices/Event has MessageId alone",
            coded("iLOEvents.3.15.ServerFirmwareInventoryComplete"),
            7,
        ),
    ),
)
