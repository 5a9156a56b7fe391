"""What is said of moves that end badly: a word for the cause, what happened, and what to try. `deploy explain` looks closer."""

from __future__ import annotations

from collections.abc import Mapping

from microdc.deploy.model import Phase

_EXPLAIN = "microdc deploy explain {name}"

LATE: Mapping[Phase, tuple[str, str, str]] = {
    Phase.PREPARE: (
        "station",
        "its boot services were not ready in time",
        f"see to the site's host, then {_EXPLAIN}",
    ),
    Phase.POWER: (
        "bmc-lost",
        "its BMC did not do as asked in time",
        "microdc power status {name}; microdc boot show {name}",
    ),
    Phase.FIRMWARE: (
        "no-network-boot",
        "nothing came from it over the network since it was started",
        _EXPLAIN,
    ),
    Phase.DHCP: ("no-loader", "it asked for an address, and then for nothing more", _EXPLAIN),
    Phase.LOADER: ("no-script", "it has its loader, which did not ask for its script", _EXPLAIN),
    Phase.KERNEL: ("no-kernel", "it did not fetch kernel and ramdisk in time", _EXPLAIN),
    Phase.RAMDISK: ("no-hello", "its ramdisk was fetched, but did not report", _EXPLAIN),
    Phase.WORK: ("silent", "its ramdisk fell silent at its work", _EXPLAIN),
    Phase.CONFIGURE: ("silent", "its ramdisk fell silent while it gave the system its identity", _EXPLAIN),
    Phase.FIRST_BOOT: ("no-home", "its system was installed, but did not report from its disk", _EXPLAIN),
    Phase.VERIFY: ("verify", "its system was not as it should be", _EXPLAIN),
}
"""By phase, for one that took too long: cause, text, advice."""

RAMDISK: Mapping[str, tuple[str, str]] = {
    "no-order": ("no-order", "microdc deploy retry {name}"),
    "no-disk": (
        "no-disk",
        "is there a disk in it, and a driver of its controller in the ramdisk? microdc deploy inspect {name}",
    ),
    "no-such-disk": (
        "no-such-disk",
        "correct `disk` of its `deploy`: microdc deploy inspect {name} tells its disks",
    ),
    "many-disks": (
        "many-disks",
        "say more in `disk` of its `deploy`: microdc deploy inspect {name} tells its disks",
    ),
    "foreign-data": ("foreign-data", "look whose it is; microdc deploy run {name} --wipe overwrites it"),
    "disk-too-small": ("disk-too-small", "choose another disk in `disk` of its `deploy`, or a smaller image"),
    "disk-error": ("disk-error", "the disk is broken, or its cable: replace it"),
    "image-hash": (
        "image-hash",
        "microdc image verify; what is at the site is no longer what was sent: microdc deploy retry {name}",
    ),
    "image-cut": (
        "image-cut",
        "see to the network between the site's host and this server, then microdc deploy retry {name}",
    ),
    "no-space": ("no-space", "give it more memory or a larger disk"),
    "configure": ("configure", _EXPLAIN),
    "loader": ("loader", _EXPLAIN),
    "crash": ("crash", f"an error of the ramdisk itself: {_EXPLAIN}"),
}
"""By the code with which a ramdisk gives up: cause and advice."""

STALLED = (
    "disk-hangs",
    "its ramdisk reports, and its disk has taken nothing for {minutes} min: {done} of {total} bytes are written",
    "see what its BMC logged of the disk (microdc bmc sel {name}); replace it, or name another; then microdc deploy retry {name}",
)
"""Of a disk that neither writes nor fails: cause, text, advice."""

TRIED_AGAIN = frozenset({"no-order", "image-cut", "crash"})
"""Of these the next attempt may see nothing more."""
