"""Acts of the runner: what is asked of a node's BMC and of its system, each written down before it is sent, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from microdc.bmc.judging import words
from microdc.deploy import acting, kinds
from microdc.deploy.ports import Reading, World
from microdc.deploy.sites import Shop
from microdc.deploy.telling import Teller
from microdc.deploy.tracking import Track
from microdc.deploy.views import Ask, CheckView
from microdc.deploy.working import Happened, Tell, Work


@dataclass(frozen=True, slots=True)
class Errands:
    """Acts, and who tells of them."""

    shop: Shop
    teller: Teller

    def run(self, track: Track, ask: Ask, now: datetime) -> None:
        """Has something done beside, unless its BMC is just being asked, or its site's servers are turned on one after the other.

        Raises RefusedError where somebody else changed the node meanwhile; nothing is sent then.
        """
        if track.looking:
            return
        if ask.act == "look":
            self.look(track, now)
            track.busy = "look"
            return
        if ask.act == "start" and not self._turn(track, now):
            return
        work = self._work(track, ask, now)
        if ask.act != "check":
            track.put(replace(track.record, asked=ask.act), now)
            self.teller.note(track, kinds.DECIDED, f"asks its BMC: {ask.act}", now)
        track.busy = ask.act
        self.shop.hands.give(("node", track.name, ask.act), work)

    def look(self, track: Track, now: datetime) -> None:
        """Has a BMC looked at, which keeps nothing else waiting."""
        if track.looking:
            return
        track.looking = True
        track.look_at = now + timedelta(seconds=self.shop.patience.look)
        self.shop.hands.give(("node", track.name, "look"), partial(_read, self.shop.world, track.name))

    def _turn(self, track: Track, now: datetime) -> bool:
        site = track.site
        if site.next_start is not None and now < site.next_start:
            return False
        site.next_start = now + timedelta(seconds=self.shop.patience.stagger)
        return True

    def _work(self, track: Track, ask: Ask, now: datetime) -> Work:
        world, name = self.shop.world, track.name
        if ask.act == "check":
            record = track.learned()
            home = track.sight.home or {}
            installed = acting.Installed(track.item.spec, record, home, record.host_keys)
            return partial(_check, world, installed, now)
        if ask.act == "start":
            return partial(_start, world, name, track.item.spec.firmware, ask.kindly)
        return partial(_on, world, name)

    # -- what came of it

    def happened(self, track: Track, what: str, happened: Happened, now: datetime) -> None:
        """Takes in what came of an act or a look."""
        if what == "look":
            track.looking = False
            track.busy = "" if track.busy == "look" else track.busy
            self._looked(track, happened, now)
            return
        track.busy = ""
        if what == "check":
            value, problem = happened.value, str(happened.error or "")
            track.checked = value if isinstance(value, CheckView) else CheckView(now, problem, "check")
            return
        track.mine = True
        track.bmc = acting.after_act(happened.error, now)
        text = str(happened.error or happened.value)
        kind = kinds.BMC_LOST if happened.error else kinds.DECIDED
        self.teller.note(track, kind, f"{what}: {text}", now)
        if not track.ended:
            self.teller.step(track, "progress", text, now)

    def _looked(self, track: Track, happened: Happened, now: datetime) -> None:
        before = track.bmc
        reading = happened.value if isinstance(happened.value, Reading) else None
        track.bmc = acting.after_look(before, reading, happened.error, now)
        if track.ended:
            return
        if reading is None:
            if track.bmc.problem != before.problem:
                self.teller.note(track, kinds.BMC_LOST, track.bmc.problem, now)
                self.teller.step(track, "progress", f"its BMC cannot be asked: {track.bmc.problem}", now)
            return
        if reading.power is before.power:
            return
        self.teller.note(track, kinds.POWER, f"power is {reading.power}", now, state=reading.power)
        if reading.boot is not None:
            boot = reading.boot
            told = {"target": boot.target, "lasting": boot.lasting, "mode": boot.mode}
            self.teller.note(track, kinds.BOOT, f"boot override: {words(boot)}", now, **told)


# -- pieces of work; each comes to its BMC itself, since that may fail, too


def _read(world: World, name: str, _: Tell) -> Reading:
    return world.server(name).read()


def _start(world: World, name: str, firmware: str, kindly: bool, _: Tell) -> str:  # noqa: FBT001  called with its arguments in a row
    return world.server(name).start(firmware, kindly=kindly)


def _on(world: World, name: str, _: Tell) -> str:
    return world.server(name).on()


def _check(world: World, installed: acting.Installed, now: datetime, _: Tell) -> CheckView:
    name = installed.record.name
    return acting.check(installed, lambda: world.server(name), world.system(name), now)
