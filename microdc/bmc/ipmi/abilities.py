"""What can be asked of a server through IPMI, and why the rest cannot. The same for every BMC: none tells without being tried."""

from __future__ import annotations

from microdc.bmc.ipmi import boot, chassis
from microdc.bmc.model import Abilities, Act, BootMode, BootTarget, Feature

_LACKS = {
    Act.RESTART.value: "IPMI can ask the operating system to shut down, not to restart: use shutdown and on, or reset",
    BootTarget.HTTP.value: "IPMI has no number for booting over HTTP",
    BootTarget.OTHER.value: "IPMI's other boot devices are read, not set",
    Feature.HARDWARE.value: "IPMI tells FRU data, device id and GUID only: no processors, memory, disks or network ports",
    Feature.FIRMWARE.value: "IPMI tells the version of the BMC's own firmware only",
    Feature.EVENTS.value: "IPMI sends events as SNMP traps only, which the BMC must be set up for: the log is polled",
}

ABILITIES = Abilities(
    acts=frozenset(chassis.ACTS),
    targets=boot.TARGETS,
    modes=frozenset(BootMode),
    features=frozenset(feature for feature in Feature if feature.value not in _LACKS),
    lacks=_LACKS,
)
