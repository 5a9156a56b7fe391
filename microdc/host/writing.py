"""What to do where a file could not be written."""

from __future__ import annotations

import errno
import os

_ADVICE = {
    errno.ENOSPC: "make room on that file system there",
    errno.EDQUOT: "make room there: the user's quota is used up",
    errno.EROFS: "mount that file system writable there",
    errno.EACCES: "use a user that may write there, such as root",
    errno.ENOENT: "make the directory there first",
}


def advice(reason: str) -> str:
    """By the words of the C library for the reason, among others that a program said; "" where there is none."""
    # the shell of Debian says "Directory nonexistent" for ENOENT
    words = reason.replace("Directory nonexistent", os.strerror(errno.ENOENT))
    return next((advice for code, advice in _ADVICE.items() if os.strerror(code) in words), "")
