"""The kinds and codes of what the ramdisk reports, and the one error that it knows. `microdc.deploy.kinds` has the same words."""

from __future__ import annotations

DISK = "disk"
WRITING = "writing"
RESUMED = "resumed"
WRITTEN = "written"
WIPED = "wiped"
CONFIGURED = "configured"
REBOOTING = "rebooting"
INSPECTED = "inspected"
FAILED = "failed"

NO_ORDER = "no-order"
NO_DISK = "no-disk"
NO_SUCH_DISK = "no-such-disk"
MANY_DISKS = "many-disks"
FOREIGN_DATA = "foreign-data"
DISK_TOO_SMALL = "disk-too-small"
DISK_ERROR = "disk-error"
IMAGE_HASH = "image-hash"
IMAGE_CUT = "image-cut"
NO_SPACE = "no-space"
CONFIGURE = "configure"
LOADER = "loader"
CRASH = "crash"


class FailedError(Exception):
    """The order cannot be carried out. code: one of the above; text: what happened, where, and what to do."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text
