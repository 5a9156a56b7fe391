"""What goes wrong between microdc and Ironic, told apart by what a caller does about it."""

from __future__ import annotations

from microdc.errors import MicrodcError, UnreachableError


class IronicError(MicrodcError):
    """Ironic answered, and said no. status: of HTTP."""

    def __init__(self, what: str, *, status: int, where: str = "", hint: str = "") -> None:
        super().__init__(what, where=where, hint=hint)
        self.status = status


class IronicAwayError(UnreachableError):
    """Ironic did not answer, or one of its parts cannot just now: it may be gone the next time. status: of HTTP, 0 where nothing came.

    locked: something else is being done to the node.
    """

    def __init__(
        self, what: str, *, where: str = "", hint: str = "", status: int = 0, locked: bool = False
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.status = status
        self.locked = locked
