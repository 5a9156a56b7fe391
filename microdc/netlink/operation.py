"""One message to the kernel with what takes it back."""

from __future__ import annotations

from dataclasses import dataclass, fields

from microdc.netlink.messages import Verb
from microdc.netlink.model import Object

Inverse = tuple[tuple[Verb, Object], ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One message to the kernel: what it does, why, and what takes it back (nothing: an earlier one's inverse does).

    Inverses hold in reverse order: each is for when all later operations have been taken back.
    """

    verb: Verb
    item: Object
    reason: str
    inverse: Inverse

    @property
    def structural(self) -> bool:
        """Whether it builds or removes something, rather than changing a running object in place."""
        return self.verb != "change"


def changes(old: Object, new: Object) -> str:
    """What differs, in words: `latency 10000000 → 20000000`."""
    before, after = (getattr(o, "options", o) for o in (old, new))
    if type(before) is not type(after):
        return f"{type(before).__name__} → {type(after).__name__}"
    told = [
        f"{f.name} {getattr(before, f.name)} → {getattr(after, f.name)}"
        for f in fields(after)
        if f.compare and getattr(before, f.name) != getattr(after, f.name)
    ]
    return ", ".join(told)
