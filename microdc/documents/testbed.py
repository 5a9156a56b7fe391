"""The testbed document: the emulators, and the WAN between the sites."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from microdc.documents.fields import Name, ProfileName, Record, Sentence
from microdc.documents.reach import ReachRecord


class EmulatorRecord(ReachRecord):
    """A Linux host in whose interfaces the WAN lives: it routes between the sites, or bridges them."""

    mtu: Annotated[int, Field(ge=576, le=65535)] = 1500
    """Largest IP packet that its interfaces carry, bytes. No site may have a larger one."""


class WanRecord(Record):
    """What the WAN between two sites is: exactly one of the two keys."""

    profile: ProfileName | None = None
    """Profile of the whole path, end to end; access lines are not added."""
    backbone: ProfileName | None = None
    """Profile of the path from PoP to PoP; the access lines of both sites are added. TOPOLOGY/POP:POP is the way between two PoPs."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.profile is None) == (self.backbone is None):
            both = "both `profile` and `backbone`" if self.profile else "neither `profile` nor `backbone`"
            raise ValueError(f"has {both}: write exactly one (`backbone` adds the sites' access lines)")
        return self


class PairRecord(WanRecord):
    """The WAN between two sites. A profile's `up` is the direction from the first to the second."""

    between: Annotated[list[Name], Field(min_length=2, max_length=2)]
    """The two sites."""


class WanSection(Record):
    """The WAN: each pair of sites, and what holds for the pairs not named."""

    topology: Name | None = None
    """The topology over which the ways between the sites' PoPs are worked out. Left out: that of their PoPs, which is then one."""
    default: WanRecord | None = None
    """What holds for every pair that is not named, unless both its sites have a `pop`: their way over the backbone is worked out."""
    pairs: list[PairRecord] = Field(default_factory=list)
    """The pairs that are named."""


class TestbedDocument(Record):
    """A testbed: `testbed.yaml` at the top of an inventory, with its sites beside it in `sites/`."""

    __test__ = False  # the name is the field's; pytest is not to collect it

    testbed: Name
    """Name of the testbed."""
    title: Sentence | None = None
    """What people call it."""
    emulators: dict[Name, EmulatorRecord] = Field(default_factory=dict)
    """The WAN emulators by name."""
    wan: WanSection = Field(default_factory=WanSection)
    """The WAN between the sites."""
