"""What is to be asked of a server so that a wish comes true, and whether it has: decided from what was read. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from microdc.bmc.errors import UnsupportedError
from microdc.bmc.model import Abilities, Act, Boot, BootTarget, Power
from microdc.errors import MicrodcError


class Wish(StrEnum):
    """What a person wants of a server's power."""

    ON = "on"
    OFF = "off"
    CYCLE = "cycle"
    RESTART = "restart"
    RESET = "reset"
    NMI = "nmi"

    @property
    def destructive(self) -> bool:
        """Whether what runs on the server ends by it."""
        return self is not Wish.ON


class Force(StrEnum):
    """When the power is cut of a server whose operating system was to shut down."""

    LATER = "later"  # once it had its time
    NOW = "now"  # the operating system is not asked
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what was asked is waited for. Seconds.

    graceful: for the operating system to shut down. settle: for a state that the BMC itself brings about; "on" was seen to take 46 s
    (chaos/powerman#67). fallen: how long a server must be back in its old state before that counts, since some show it in passing.
    observe: for a sign of a reset, which may leave none. boot: for firmware to take a boot override after power on. controller: for a BMC
    that restarts. refused: for the state in which a BMC says, by a refusal, that the server is already. poll, longest: between two reads, at first and at most.
    """

    graceful: float = 120.0
    settle: float = 90.0
    fallen: float = 10.0
    observe: float = 20.0
    boot: float = 300.0
    controller: float = 300.0
    refused: float = 5.0
    poll: float = 1.0
    longest: float = 4.0


@dataclass(frozen=True, slots=True)
class Stage:
    """One act and what is to be seen of it. wanted: the state that it is to lead to, None where the server is on before and after.

    or_else: the act that follows where this one does not lead there.
    """

    act: Act
    wanted: Power | None = None
    or_else: Act | None = None


def stages(wish: Wish, force: Force, power: Power, abilities: Abilities) -> tuple[Stage, ...]:
    """What is asked of a server in this state, in order; nothing where it is as wished.

    Raises UnsupportedError where it cannot be done so, MicrodcError where there is nothing that it could be done to.
    """
    found: tuple[Stage, ...]
    if wish is Wish.ON:
        found = () if power is Power.ON else (Stage(Act.ON, Power.ON),)
    elif wish is Wish.OFF:
        found = () if power is Power.OFF else (_off(force, abilities),)
    elif wish is Wish.CYCLE and power is Power.OFF:
        found = (Stage(Act.ON, Power.ON),)
    elif power is Power.OFF:
        raise MicrodcError(f"it is off: nothing to {wish}", hint="microdc power on turns it on")
    elif wish is Wish.NMI:
        found = (Stage(Act.NMI),)
    elif wish is Wish.RESET or (wish is Wish.RESTART and force is Force.NOW):
        found = (Stage(Act.RESET),)
    elif wish is Wish.RESTART and Act.RESTART in abilities.acts:
        found = (Stage(Act.RESTART),)
    elif force is Force.NOW and Act.CYCLE in abilities.acts:
        found = (Stage(Act.CYCLE),)
    else:
        found = (_off(force, abilities), Stage(Act.ON, Power.ON))
    for stage in found:
        _check(stage, abilities)
    return found


def _off(force: Force, abilities: Abilities) -> Stage:
    if force is Force.NOW or (force is Force.LATER and Act.SHUTDOWN not in abilities.acts):
        return Stage(Act.FORCE_OFF, Power.OFF)
    forced = force is Force.LATER and Act.FORCE_OFF in abilities.acts
    return Stage(Act.SHUTDOWN, Power.OFF, Act.FORCE_OFF if forced else None)


def _check(stage: Stage, abilities: Abilities) -> None:
    if stage.act not in abilities.acts:
        why = abilities.lacks.get(stage.act, "")
        there = ", ".join(sorted(abilities.acts)) or "nothing"
        raise UnsupportedError(
            f"this BMC cannot do {stage.act}{f': {why}' if why else ''}", hint=f"it can do {there}"
        )


# -- watching

Verdict = Literal["waiting", "reached", "fallen", "late"]


@dataclass(frozen=True, slots=True)
class Watch:
    """What was read of a server since it was asked for a state.

    streak: how many of the last reads in a row said that state. moved: it was seen to be there, or on the way to power on. back: since when,
    after that, it has been in the opposite state. last: what was read last; known: whether any read told a state.
    """

    wanted: Power
    began: float
    streak: int = 0
    moved: bool = False
    back: float | None = None
    last: Power = Power.UNKNOWN
    known: bool = False

    def seen(self, power: Power | None, at: float) -> Watch:
        """With one more read; None: the BMC did not answer."""
        if power is None:
            return replace(self, streak=0)
        moved = self.moved or power is self.wanted or (power, self.wanted) == (Power.POWERING_ON, Power.ON)
        opposite = power is (Power.OFF if self.wanted is Power.ON else Power.ON)
        back = (self.back if self.back is not None else at) if moved and opposite else None
        return replace(
            self,
            streak=self.streak + 1 if power is self.wanted else 0,
            moved=moved,
            back=back,
            last=power,
            known=self.known or power is not Power.UNKNOWN,
        )

    def verdict(self, at: float, seconds: float, fallen: float) -> Verdict:
        """What to make of it: reached where two reads in a row say so, fallen where it was there, or nearly, and is back for good."""
        if self.streak >= 2:
            return "reached"
        if self.back is not None and at - self.back >= fallen:
            return "fallen"
        # at the last moment, a first read of the wanted state is still followed by the one that makes it sure
        return "late" if at - self.began >= seconds and not self.streak else "waiting"


# -- boot overrides


def differs(wanted: Boot, read: Boot) -> str:
    """What a boot override reads other than was wanted, in words; "" where nothing. A mode that is not told is no difference."""
    if wanted.lasting == "disabled" or wanted.target is BootTarget.NONE:
        return "" if _nothing(read) else f"it still reads {words(read)}"
    if _nothing(read):
        return "it reads none"
    same = (read.target, read.lasting) == (wanted.target, wanted.lasting)
    if same and (wanted.mode is None or read.mode in {None, wanted.mode}):
        return ""
    return f"it reads {words(read)}"


def _nothing(boot: Boot) -> bool:
    return boot.lasting == "disabled" or boot.target is BootTarget.NONE


def words(boot: Boot) -> str:
    """Such as: pxe, once (uefi)."""
    if _nothing(boot):
        return "none"
    target = f"{boot.told!r}" if boot.target is BootTarget.OTHER and boot.told else str(boot.target)
    return f"{target}, {boot.lasting}" + (f" ({boot.mode})" if boot.mode else "")
