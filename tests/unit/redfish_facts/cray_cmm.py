"""The controller of a Cray chassis, which has no system: rule of reading, the enclosure in which its manager sits is what it tells of."""

from __future__ import annotations

from datetime import UTC, datetime

from microdc.bmc.model import Act, Feature, Thresholds
from redfish_facts.facts import Fact, Tree
from redfish_facts.picks import (
    can,
    each,
    entry,
    excuse,
    firmware,
    healths,
    limits,
    measured,
    newest,
    number,
    of,
    oldest,
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

CHASSIS = "Chassis/Enclosure (Managers/BMC Links.ManagerInChassis)"
POWER = "Chassis/Enclosure/Power"
SENSORS = "Chassis/Enclosure/Sensors"
UPDATES = "UpdateService/FirmwareInventory"
LOG = "Managers/BMC/LogServices/EventLog/Entries"
NONE = "the service root has no Systems"
FAULT = "The STBY 3.3V Voltage resource has detected a critical fault indicating that it is far below normal operating conditions."

TREE = Tree(
    "cray-cmm",
    "",
    (
        Fact("manufacturer", f"{CHASSIS} Manufacturer", of("hardware.identity.manufacturer"), "HPE"),
        Fact("model", f"{CHASSIS} Model", of("hardware.identity.model"), "CMM"),
        Fact("serial", f"{CHASSIS} SerialNumber", of("hardware.identity.serial"), "HX21070007"),
        Fact("uuid", f"{CHASSIS} has none", of("hardware.identity.uuid"), None),
        Fact("asset tag", f"{CHASSIS} AssetTag, empty", of("hardware.identity.asset_tag"), None),
        Fact("host name", NONE, of("hardware.identity.host_name"), None),
        Fact("health", f"{CHASSIS} Status.Health", of("hardware.health"), "ok"),
        Fact("bios", NONE, version("bios"), None),
        Fact(
            "bmc",
            f"{UPDATES}/BMC Version: Managers/BMC has none",
            version("bmc"),
            "cc.1.6.19-5-shasta-release.arm64.2022-02-25T01:38:53+00:00.d20b426",
        ),
        Fact("boot loader", f"{UPDATES}/Bootloader", firmware("1.7-cc-pass5"), 1),
        Fact("fpga", f"{UPDATES}/FPGA0", firmware("3.03"), 1),
        Fact("rectifiers' firmware", f"{UPDATES}/Rectifier0 to 3", firmware("PFC_01.13-SEC_04.08"), 4),
        Fact("processors", NONE, number("hardware.processors"), 0),
        Fact("processor count", NONE, of("hardware.processor_count"), None),
        Fact("memory", NONE, of("hardware.memory"), None),
        Fact("modules", NONE, number("hardware.modules"), 0),
        Fact("ports", "all NetworkAdapters are empty", number("hardware.nics"), 0),
        Fact("disks", NONE, number("hardware.disks"), 0),
        Fact(
            "power supplies",
            f"{POWER} PowerSupplies SerialNumber",
            each("hardware.power_supplies", "serial"),
            ("LBGEPE20KZ46051725", "LBGEPE20KZ49000770", "LBGEPE20KZ49000775", "LBGEPE20KZ49000777"),
        ),
        Fact(
            "supply",
            f"{POWER} PowerSupplies/200 Model",
            supply("LBGEPE20KZ49000770", "model"),
            "CC15000H3C380T",
        ),
        Fact(
            "supply, name",
            f"{POWER} PowerSupplies/200 Name",
            supply("LBGEPE20KZ49000770", "name"),
            "Rectifier 0",
        ),
        Fact(
            "supply, health",
            f"{POWER} Status has a State alone",
            supply("LBGEPE20KZ49000770", "health"),
            None,
        ),
        Fact("boot targets", NONE, targets, set()),
        Fact("no pxe, said", NONE, excuse("pxe"), True),
        Fact("no boot override", NONE, can(Feature.BOOT_ONCE), False),
        Fact("no nmi", NONE, lambda told: Act.NMI in told.abilities.acts, False),
        Fact("no restart", NONE, lambda told: Act.RESTART in told.abilities.acts, False),
        Fact("no led", f"{CHASSIS} has none", can(Feature.LED), False),
        Fact("no led, said", f"{CHASSIS} has none", excuse(Feature.LED.value), True),
        Fact("has sensors", SENSORS, can(Feature.SENSORS), True),
        Fact("has a log", LOG, can(Feature.LOG), True),
        Fact("temperatures", SENSORS, readings("temperature"), 12),
        Fact("voltages", SENSORS, readings("voltage"), 36),
        Fact("currents", SENSORS, readings("current"), 23),
        Fact("powers", SENSORS, readings("power"), 8),
        Fact("fans", f"{SENSORS}: it is cooled by water", readings("fan"), 0),
        Fact(
            "null temperatures", f"{SENSORS}/VoltageRegulator3 and 4 Reading null", unread("temperature"), 2
        ),
        Fact("null voltages", f"{SENSORS}/VoltageRegulator3 and 4 Reading null", unread("voltage"), 4),
        Fact("null currents", f"{SENSORS}/VoltageRegulator3 and 4 Reading null", unread("current"), 2),
        Fact("controller", f"{SENSORS}/SystemBoard0Temperature", reading("controller", "value"), 29),
        Fact(
            "controller, thresholds",
            f"{SENSORS}/SystemBoard0Temperature Thresholds: Caution is a warning",
            reading("controller", "thresholds"),
            Thresholds(upper_warning=85, upper_critical=90, upper_fatal=105),
        ),
        Fact(
            "zero volts",
            f"{SENSORS}/Chassis0Voltage is 0 V, a reading",
            reading("cabinet_rear_leak_detect", "value"),
            0,
        ),
        Fact("rectifier", f"{SENSORS}/Rectifier0OutputPower", measured("power", 3319.92), 1),
        Fact("line", f"{SENSORS}/Rectifier0Line1ToLine2InputVoltage", measured("voltage", 485.9), 1),
        Fact(
            "core, thresholds",
            f"{SENSORS}/VoltageRegulator2OutputVoltage Thresholds, 1.016 V",
            limits("voltage", 1.016),
            Thresholds(0.96, 0.97, 0.98, 1.071, 1.081, 1.092),
        ),
        Fact("water", f"{SENSORS}/ChassisLiquidOutlet0OutputTemperature", measured("temperature", 25.37), 1),
        Fact("none critical", f"{SENSORS}: all are within their thresholds", healths("critical"), 0),
        Fact("entries", f"{LOG}; AuditLog and SEL are empty", number("log.entries"), 103),
        Fact("total", f"{LOG} Members@odata.count", of("log.total"), 103),
        Fact("all dated", LOG, undated, 0),
        Fact("newest", LOG, newest("at"), datetime(2022, 4, 19, 22, 12, 20, tzinfo=UTC)),
        Fact(
            "newest message",
            LOG,
            newest("message"),
            "The power state of resource /redfish/v1/Chassis/Blade1 has changed to type On.",
        ),
        Fact(
            "oldest",
            f"{LOG}: of 1999, as it says",
            oldest("at"),
            datetime(1999, 12, 31, 12, 0, 39, tzinfo=UTC),
        ),
        Fact("fault", f"{LOG}/1 Severity", entry(FAULT, "severity"), "critical"),
        Fact(
            "fault, code",
            f"{LOG}/1 MessageId",
            entry(FAULT, "code"),
            "CrayAlerts.HardwareCriticalFaultDetected",
        ),
        Fact("warnings", f"{LOG} Severity", severity("warning"), 4),
        Fact("tells its time", "Managers/BMC DateTime", skew_known, True),
    ),
)
