"""An Intel S2600BPB node: the chassis its system names is not there, 32 links lead to one missing disk."""

from __future__ import annotations

from datetime import UTC, datetime

from microdc.bmc.model import Act, BootMode, BootTarget, Feature, Power, Thresholds
from redfish_facts.facts import Fact, Tree
from redfish_facts.picks import (
    can,
    each,
    excuse,
    firmware,
    has_mac,
    healths,
    measured,
    messages,
    module,
    newest,
    number,
    of,
    oldest,
    reading,
    readings,
    remarks,
    severity,
    supply,
    targets,
    undated,
    unread,
    version,
)

SYSTEM = "Systems/QSBP74100021"
BOARD = "Chassis/RackMount/Baseboard"
THERMAL = (
    f"{BOARD}/Thermal (the board names the system in its Links; the system names a chassis that is missing)"
)
POWER = f"{BOARD}/Power"
LOGS = f"{SYSTEM}/LogServices/SEL and Managers/BMC/LogServices/RedfishLog: ten each, next pages lead to nothing new"
GIB = 2**30

TREE = Tree(
    "intel-s2600bpb",
    "",
    (
        Fact("manufacturer", f"{SYSTEM} Manufacturer", of("identity.manufacturer"), "Intel Corporation"),
        Fact("model", f"{SYSTEM} Model", of("hardware.identity.model"), "S2600BPB"),
        Fact("serial", f"{SYSTEM} SerialNumber", of("hardware.identity.serial"), "QSBP74100021"),
        Fact("sku", f"{SYSTEM} SKU: twenty dots, which say nothing", of("hardware.identity.sku"), None),
        Fact("asset tag", f"{SYSTEM} AssetTag: twenty dots", of("hardware.identity.asset_tag"), None),
        Fact("uuid", f"{SYSTEM} UUID", of("identity.uuid"), "3504bf7d-ae5b-11e7-ab21-a4bf012890a8"),
        Fact("power", f"{SYSTEM} PowerState", of("power"), Power.ON),
        Fact("health", f"{SYSTEM} Status.Health", of("hardware.health"), "ok"),
        Fact("bios", f"{SYSTEM} BiosVersion", version("bios"), "SE5C620.86B.02.01.0008.C0001.031920191559"),
        Fact("bmc", "Managers/BMC FirmwareVersion", version("bmc"), "1.93.870cf4f0"),
        Fact(
            "management engine",
            "UpdateService/SoftwareInventory/ME Version: where there is no FirmwareInventory",
            firmware("04.01.04.251"),
            1,
        ),
        Fact("backplane", "UpdateService/SoftwareInventory/HSBP1, which has no Id", firmware("01.21"), 1),
        Fact("sensor records", "UpdateService/SoftwareInventory/SDR", firmware("1.39 (585433 bytes)"), 1),
        Fact("processors", f"{SYSTEM}/Processors", number("hardware.processors"), 2),
        Fact("processor count", f"{SYSTEM} ProcessorSummary.Count", of("hardware.processor_count"), 2),
        Fact(
            "processor models",
            f"{SYSTEM}/Processors Model",
            each("hardware.processors", "model"),
            ("Intel Xeon processor",) * 2,
        ),
        Fact("cores", f"{SYSTEM}/Processors TotalCores", each("hardware.processors", "cores"), (4, 4)),
        Fact("threads", f"{SYSTEM}/Processors TotalThreads", each("hardware.processors", "threads"), (4, 4)),
        Fact("memory", f"{SYSTEM} MemorySummary, 48 GiB", of("hardware.memory"), 48 * GIB),
        Fact(
            "modules",
            f"{SYSTEM}/Memory SerialNumber",
            each("hardware.modules", "serial"),
            ("10253611", "102CE006", "102CE00B", "102CE00F", "102D0445", "102E4B24"),
        ),
        Fact("module size", f"{SYSTEM}/Memory/Memory4 CapacityMiB", module("10253611", "size"), 8 * GIB),
        Fact(
            "module part",
            f"{SYSTEM}/Memory/Memory4, blanks cut",
            module("10253611", "part"),
            "HMA41GR7MFR8N-TFTD",
        ),
        Fact("module speed", f"{SYSTEM}/Memory/Memory1 OperatingSpeedMhz", module("102CE00B", "speed"), 2133),
        Fact("module health", f"{SYSTEM}/Memory/Memory1 Status", module("102CE00B", "health"), "ok"),
        Fact("ports", f"{SYSTEM}/EthernetInterfaces is empty", number("hardware.nics"), 0),
        Fact(
            "bmc's port",
            "Managers/BMC/EthernetInterfaces/3, with dashes, is the BMC's",
            has_mac("a4:bf:01:28:90:ac"),
            False,
        ),
        Fact("disks", f"{SYSTEM}/Storage/1: 32 times HDD0, which is not there", number("hardware.disks"), 0),
        Fact("said once", f"{SYSTEM}/Storage/1 Drives: one missing disk is one remark", remarks("HDD0"), 1),
        Fact(
            "power supplies",
            f"{POWER} PowerSupplies SerialNumber; the FRUs among the chassis are the same ones",
            each("hardware.power_supplies", "serial"),
            ("CNS2221A4AH9R0616", "CNS2221A4AHAP0490"),
        ),
        Fact("supply", f"{POWER} PowerSupplies/0 Model", supply("CNS2221A4AHAP0490", "model"), "PSSF222201A"),
        Fact("supply, firmware", f"{POWER} FirmwareVersion", supply("CNS2221A4AHAP0490", "firmware"), "04A"),
        Fact("supply, capacity", f"{POWER} tells none", supply("CNS2221A4AHAP0490", "capacity"), None),
        Fact("boot target", f"{SYSTEM} BootSourceOverrideTarget", of("boot.target"), BootTarget.NONE),
        Fact("boot lasting", f"{SYSTEM} BootSourceOverrideEnabled", of("boot.lasting"), "disabled"),
        Fact("boot mode", f"{SYSTEM} BootSourceOverrideMode Legacy", of("boot.mode"), BootMode.BIOS),
        Fact(
            "boot targets",
            f"{SYSTEM} Boot allowable values",
            targets,
            {BootTarget.PXE, BootTarget.CD, BootTarget.DISK, BootTarget.BIOS},
        ),
        Fact(
            "acts",
            f"{SYSTEM} Reset allowable values: no GracefulRestart, no PowerCycle",
            of("abilities.acts"),
            {Act.ON, Act.SHUTDOWN, Act.FORCE_OFF, Act.RESET, Act.NMI},
        ),
        Fact("no restart, said", f"{SYSTEM} Reset allowable values", excuse("restart"), True),
        Fact("restarts itself", "Managers/BMC Reset: ForceRestart alone", can(Feature.RESET), True),
        Fact("led", f"{SYSTEM} IndicatorLED", of("led"), "off"),
        Fact("temperatures", THERMAL, readings("temperature"), 28),
        Fact("no temperature", f"{THERMAL}: two DIMM channels are Disabled", unread("temperature"), 2),
        Fact("fans", THERMAL, readings("fan"), 6),
        Fact("inlet", f"{BOARD}/Thermal", reading("BB Inlet Temp", "value"), 22),
        Fact(
            "inlet, thresholds",
            f"{BOARD}/Thermal",
            reading("BB Inlet Temp", "thresholds"),
            Thresholds(lower_critical=5, lower_warning=10, upper_warning=60, upper_critical=65),
        ),
        Fact("margin", f"{BOARD}/Thermal: below zero, and well", reading("P1 Therm Margin", "value"), -71),
        Fact("margin, health", f"{BOARD}/Thermal", reading("P1 Therm Margin", "health"), "ok"),
        Fact("disabled", f"{BOARD}/Thermal: 0 °C, Disabled", reading("P1 DIMM Thrm 2", "value"), None),
        Fact("disabled, health", f"{BOARD}/Thermal: OK, Disabled", reading("P1 DIMM Thrm 2", "health"), None),
        Fact("fan", f"{BOARD}/Thermal", reading("Sys Fan 1A", "value"), 17910),
        Fact(
            "fan, thresholds",
            f"{BOARD}/Thermal",
            reading("Sys Fan 1A", "thresholds"),
            Thresholds(lower_critical=630, lower_warning=810),
        ),
        Fact("12 V", POWER, reading("BB +12.0V", "value"), 12.211999893188477),
        Fact("watts", f"{POWER} PowerControl/0 PowerConsumedWatts", measured("power", 148), 1),
        Fact("none critical", f"{BOARD}/Thermal, Power", healths("critical"), 0),
        Fact("entries", LOGS, number("log.entries"), 20),
        Fact("all dated", LOGS, undated, 0),
        Fact("newest", LOGS, newest("at"), datetime(2020, 10, 19, 20, 46, 22, tzinfo=UTC)),
        Fact("newest message", LOGS, newest("message"), "Priority:6 login failed: root"),
        Fact("oldest", LOGS, oldest("at"), datetime(2020, 8, 12, 19, 7, 18, tzinfo=UTC)),
        Fact("bad logins", "SEL", messages("Invalid Username or Password - User ID 0x3"), 10),
        Fact("no severity", "RedfishLog has no Severity", severity(None), 10),
    ),
)
