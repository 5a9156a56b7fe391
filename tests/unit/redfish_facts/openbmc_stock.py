"""OpenBMC as built, on an emulated board with nothing behind it: a server that is off and tells of no part."""

from __future__ import annotations

from datetime import UTC, datetime

from microdc.bmc.model import Act, BootMode, BootTarget, Feature, Power
from redfish_facts.facts import Fact, Tree
from redfish_facts.picks import (
    can,
    excuse,
    healths,
    newest,
    number,
    of,
    oldest,
    readings,
    severity,
    skew_known,
    targets,
    undated,
    values,
    version,
)

SYSTEM = "Systems/system"
CHASSIS = "Chassis/chassis"
LOG = "Managers/bmc/LogServices/Journal/Entries"

TREE = Tree(
    "openbmc-stock",
    "",
    (
        Fact("manufacturer", f"{SYSTEM} has none", of("hardware.identity.manufacturer"), None),
        Fact("model", f"{SYSTEM} has none; OpenBmc is the manager's", of("hardware.identity.model"), None),
        Fact("serial", f"{SYSTEM} has none", of("hardware.identity.serial"), None),
        Fact("sku", f"{SYSTEM} has none", of("hardware.identity.sku"), None),
        Fact("uuid", f"{SYSTEM} has none; that of the manager is not it", of("hardware.identity.uuid"), None),
        Fact("host name", f"{SYSTEM} has none; palmetto is the BMC", of("identity.host_name"), None),
        Fact("power", f"{SYSTEM} PowerState", of("power"), Power.OFF),
        Fact("power in hardware", f"{SYSTEM} PowerState", of("hardware.power"), Power.OFF),
        Fact("power beside sensors", f"{SYSTEM} PowerState", of("sensors.power"), Power.OFF),
        Fact("health", f"{SYSTEM} Status.Health", of("hardware.health"), "ok"),
        Fact("bios", f"{SYSTEM} no BiosVersion", version("bios"), None),
        Fact("bmc", "Managers/bmc FirmwareVersion", version("bmc"), "2.15.0-dev-686-g100c36de90"),
        Fact("processors", f"{SYSTEM}/Processors is empty", number("hardware.processors"), 0),
        Fact(
            "processor count",
            f"{SYSTEM} ProcessorSummary.Count 0 of a server that is off says nothing",
            of("hardware.processor_count"),
            None,
        ),
        Fact("memory", f"{SYSTEM} TotalSystemMemoryGiB 0.0 says nothing", of("hardware.memory"), None),
        Fact("modules", f"{SYSTEM}/Memory is empty", number("hardware.modules"), 0),
        Fact("ports", f"{SYSTEM} has none; eth0 is the BMC's", number("hardware.nics"), 0),
        Fact("disks", f"{SYSTEM}/Storage is empty", number("hardware.disks"), 0),
        Fact("power supplies", f"{CHASSIS}/Power has none", number("hardware.power_supplies"), 0),
        Fact("boot target", f"{SYSTEM} BootSourceOverrideTarget", of("boot.target"), BootTarget.NONE),
        Fact("boot lasting", f"{SYSTEM} BootSourceOverrideEnabled", of("boot.lasting"), "disabled"),
        Fact("boot mode", f"{SYSTEM} BootSourceOverrideMode", of("boot.mode"), BootMode.UEFI),
        Fact(
            "boot targets",
            f"{SYSTEM} Boot allowable values",
            targets,
            {BootTarget.PXE, BootTarget.CD, BootTarget.DISK, BootTarget.BIOS},
        ),
        Fact(
            "modes", f"{SYSTEM} Boot allowable values", of("abilities.modes"), {BootMode.BIOS, BootMode.UEFI}
        ),
        Fact("acts", f"{SYSTEM}/ResetActionInfo: all", of("abilities.acts"), set(Act)),
        Fact("no http, said", f"{SYSTEM} Boot allowable values", excuse("http"), True),
        Fact("led", f"{SYSTEM} LocationIndicatorActive", of("led"), "off"),
        Fact("has an led", f"{SYSTEM} LocationIndicatorActive", can(Feature.LED), True),
        Fact("restarts itself", "Managers/bmc/ResetActionInfo", can(Feature.RESET), True),
        Fact("clears its log", f"{SYSTEM}/LogServices/EventLog ClearLog", can(Feature.CLEAR_LOG), True),
        Fact("no value", f"{CHASSIS}/Thermal, Power, Sensors: nothing is measured", values, 0),
        Fact("temperatures", f"{CHASSIS}/Thermal Temperatures []", readings("temperature"), 0),
        Fact("fans", f"{CHASSIS}/Thermal Fans []", readings("fan"), 0),
        Fact("voltages", f"{CHASSIS}/Power has none", readings("voltage"), 0),
        Fact("none critical", f"{SYSTEM} is off", healths("critical"), 0),
        Fact("none in warning", f"{SYSTEM} is off", healths("warning"), 0),
        Fact("entries", f"{LOG}; EventLog and HostLogger are empty", number("log.entries"), 654),
        Fact("total", f"{LOG} Members@odata.count", of("log.total"), 654),
        Fact("all dated", f"{LOG} Created, with microseconds", undated, 0),
        Fact("newest", LOG, newest("at"), datetime(2023, 8, 17, 17, 21, 53, 313740, UTC)),
        Fact(
            "newest message",
            LOG,
            newest("message"),
            "health-monitor: DEASSERT: sensor CPU is under the upper threshold critical high",
        ),
        Fact("oldest", LOG, oldest("at"), datetime(2023, 8, 16, 19, 42, 58, 33389, UTC)),
        Fact("oldest message", LOG, oldest("message"), "kernel: Booting Linux on physical CPU 0x0"),
        Fact("oldest id", LOG, oldest("id"), "1692214978033389"),
        Fact("warnings", f"{LOG} Severity", severity("warning"), 59),
        Fact("the others", f"{LOG} Severity", severity("ok"), 595),
        Fact("tells its time", "Managers/bmc DateTime", skew_known, True),
    ),
)
