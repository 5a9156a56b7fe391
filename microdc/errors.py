"""One exception root, and what each kind of failure means to a script."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """Exit codes of every `microdc` command: the one place that defines them."""

    OK = 0
    FAILED = 1  # it ran and the answer is no: a verdict failed, an apply was rolled back
    USAGE = 2  # the command line, a document or the configuration is wrong; nothing was changed
    UNREACHABLE = 3  # a host, device or tool could not be reached or used; trying again may help
    LOCKED = 4  # someone else holds it, or a foreign qdisc is in the way; nothing was changed
    PENDING = 5  # `plan`: there are changes to apply
    UNMEASURED = 6  # `verify`: nothing failed, but something could not be measured
    INTERRUPTED = 130


class MicrodcError(Exception):
    """A failure that a person can act on: what happened, where, and what to do.

    what: one sentence, no final stop. where: file:line, host, interface or resource. hint: the likely
    cause or the next step.
    """

    exit_code: ClassVar[Exit] = Exit.FAILED

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text} ({self.hint})" if self.hint else text


class InputError(MicrodcError):
    """A value, document or command line that cannot be accepted. Nothing was changed."""

    exit_code = Exit.USAGE


class UnreachableError(MicrodcError):
    """A host, device or tool that could not be reached, started or used."""

    exit_code = Exit.UNREACHABLE


class RefusedError(MicrodcError):
    """Something that belongs to someone else is in the way. Nothing was changed."""

    exit_code = Exit.LOCKED


class ApplyError(MicrodcError):
    """A change that the kernel refused or did not keep; says what was rolled back."""

    exit_code = Exit.FAILED
