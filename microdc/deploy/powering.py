"""A server's power and its boot override, by its BMC, as the runner asks for them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from microdc.bmc import booting, control
from microdc.bmc.driver import Bmc
from microdc.bmc.errors import BmcError, Cause, UnsupportedError
from microdc.bmc.judging import Force, Patience, Wish
from microdc.bmc.model import Boot, BootMode, BootTarget, Limits, Target
from microdc.bmc.opening import open_bmc
from microdc.bmc.targets import Outlet
from microdc.deploy.ports import Reading
from microdc.errors import ApplyError
from microdc.events import Step

T = TypeVar("T")
_MODES = {"bios": BootMode.BIOS, "uefi": BootMode.UEFI}
_KINDLY = 60.0
"""Seconds that a system has to shut down before it is replaced."""


@dataclass(frozen=True, slots=True)
class BmcServer:
    """One server by its BMC, or by the outlets that feed it."""

    target: Target
    outlets: tuple[Outlet, ...] = ()
    limits: Limits = field(default_factory=Limits)
    patience: Patience = field(default_factory=Patience)

    def read(self) -> Reading:
        """Its power, and its boot override where the BMC tells one."""
        with open_bmc(self.target, self.limits, self.outlets) as bmc:
            power = bmc.power()
            try:
                return Reading(power, bmc.boot())
            except UnsupportedError:
                return Reading(power)

    def start(self, firmware: str, *, kindly: bool) -> str:
        """Sets the network for the next boot, and boots it: off and on again, or on.

        A BMC that cannot choose where to boot from leaves that to the server's own order; the boot services send it on to its disk
        whenever nothing is to be done with it. Raises MicrodcError; a BmcError with `sent` where the power may have been touched.
        """
        wanted = Boot(BootTarget.PXE, "once", _MODES.get(firmware))
        with open_bmc(self.target, self.limits, self.outlets) as bmc:
            said = self._set(bmc, wanted)
            wish_force = Force.LATER if kindly else Force.NOW
            patience = replace(self.patience, graceful=min(self.patience.graceful, _KINDLY))
            result = _done(control.bring(bmc, Wish.CYCLE, force=wish_force, patience=patience))
        if result.came == "failed":
            raise BmcError(Cause.BUSY, result.what, where=self.target.where, sent=bool(result.acts))
        return "; ".join(filter(None, (said, result.what)))

    def _set(self, bmc: Bmc, wanted: Boot) -> str:
        try:
            result = _done(booting.override(bmc, wanted, patience=self.patience))
        except UnsupportedError as problem:
            if wanted.mode is not None:
                return self._set(bmc, replace(wanted, mode=None))
            return f"{problem.what}: it boots in the order of its firmware"
        except BmcError as problem:
            problem.sent = False  # of the power nothing was asked: it may be tried again
            raise
        if result.came == "failed":
            hint = "set the boot order of its firmware by hand: the network first"
            raise ApplyError(result.what, where=self.target.where, hint=hint)
        return f"boot override: {result.what}"

    def on(self) -> str:
        """Turns it on."""
        with open_bmc(self.target, self.limits, self.outlets) as bmc:
            return self._bring(bmc, Wish.ON, Force.NEVER)

    def off(self, *, kindly: bool) -> str:
        """Turns it off."""
        with open_bmc(self.target, self.limits, self.outlets) as bmc:
            return self._bring(bmc, Wish.OFF, Force.LATER if kindly else Force.NOW)

    def _bring(self, bmc: Bmc, wish: Wish, force: Force) -> str:
        result = _done(control.bring(bmc, wish, force=force, patience=self.patience))
        if result.came == "failed":
            raise BmcError(Cause.BUSY, result.what, where=self.target.where, sent=True)
        return result.what

    def clear_boot(self) -> Boot:
        """Takes the override away; what is read then."""
        with open_bmc(self.target, self.limits, self.outlets) as bmc:
            return _done(booting.override(bmc, booting.CLEAR, patience=self.patience)).after


def _done(operation: Generator[Step, None, T]) -> T:
    """Runs an operation to its end; what it tells on the way nobody hears."""
    while True:
        try:
            next(operation)
        except StopIteration as end:
            value: T = end.value
            return value
