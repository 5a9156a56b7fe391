"""What a decision about a node is made of, and what may be decided. Values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from microdc.bmc.model import Power
from microdc.deploy.model import Failure, NodeRecord, Phase
from microdc.deploy.sighting import Sight


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is to be done. why: what is waited for."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """All that was seen until now is of before: the node may be armed."""


@dataclass(frozen=True, slots=True)
class Advance:
    """It has come into this phase. unsure: it is not known whether it was started."""

    phase: Phase
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """An act is to be asked for: start (from the network), on, look (at its BMC), or check (the system that was installed)."""

    act: str
    kindly: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """The move is to begin anew, with another number. counts: as one of its attempts."""

    failure: Failure
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Fail:
    """The move ended badly."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Done:
    """The move went well. note: what could not be made sure."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Leave:
    """Nothing can be known of it: it is left as it is, to be gone on with later."""

    why: str


Decision = Wait | Mark | Advance | Ask | Again | Fail | Done | Leave


@dataclass(frozen=True, slots=True)
class SiteView:
    """A site as one of its nodes needs it.

    fresh: what was seen there is known in full up to this moment, None where nothing was learned in this run. armed: the boot services serve this
    move. ready: the files of this move are there. life: when something got on there last. trouble: what is in the way; fatal: it does not go away by itself.
    """

    fresh: datetime | None = None
    armed: bool = False
    ready: bool = False
    life: datetime | None = None
    trouble: str = ""
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class BmcView:
    """A server's BMC. power: as read last, at `at`, None before; off: reads in a row that said off. problem: why the last act or look failed; failed: the
    last act did, whatever was read since; sent: it may have been done all the same; fatal: trying again does not help. tried: when it was last
    asked for something.
    """

    power: Power | None = None
    at: datetime | None = None
    off: int = 0
    problem: str = ""
    failed: bool = False
    sent: bool = False
    fatal: bool = False
    tried: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckView:
    """The system that was installed. problem: "" where it is right; cause: of one that does not go away; note: what could not be looked at."""

    at: datetime
    problem: str = ""
    cause: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """All that a decision is made of. began: when this run did; mine: the act that `record.asked` names was sent by this run and is over."""

    record: NodeRecord
    sight: Sight
    now: datetime
    began: datetime
    site: SiteView = field(default_factory=SiteView)
    bmc: BmcView = field(default_factory=BmcView)
    checked: CheckView | None = None
    mine: bool = False
