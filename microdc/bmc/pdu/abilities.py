"""What can be asked of a server through its outlets, and why the rest cannot."""

from __future__ import annotations

from microdc.bmc.model import Abilities, Act, BootTarget, Feature

_NO_SYSTEM = "an outlet cannot ask an operating system anything"
_NO_SERVER = "an outlet knows nothing of the server behind it"
_LACKS = {
    Act.SHUTDOWN.value: _NO_SYSTEM,
    Act.RESTART.value: _NO_SYSTEM,
    Act.RESET.value: "an outlet has no reset button: cycle cuts the power",
    Act.NMI.value: "an outlet cannot interrupt a processor",
    **dict.fromkeys((target.value for target in BootTarget), _NO_SERVER),
    Feature.HARDWARE.value: _NO_SERVER,
    Feature.FIRMWARE.value: _NO_SERVER,
    Feature.LOG.value: "a PDU's log is its own, not the server's",
    Feature.CLEAR_LOG.value: "a PDU's log is its own, not the server's",
    Feature.EVENTS.value: "a PDU's events are its own, not the server's",
    Feature.LED.value: _NO_SERVER,
    Feature.RESET.value: "there is no BMC behind an outlet that could be restarted",
    Feature.CONSOLE.value: _NO_SERVER,
    Feature.BOOT_ONCE.value: _NO_SERVER,
    Feature.BOOT_MODE.value: _NO_SERVER,
}

ABILITIES = Abilities(
    acts=frozenset({Act.ON, Act.FORCE_OFF, Act.CYCLE}),
    targets=frozenset(),
    modes=frozenset(),
    features=frozenset({Feature.SENSORS}),
    lacks=_LACKS,
)
