"""Parameters that several commands take, and what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from microdc.cli import context
from microdc.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from microdc.testbed.model import Testbed
    from microdc.wan.model import Asked, Direction
    from microdc.wan.profile import Profile


class Duration(click.ParamType[float]):
    """Text such as 10m or 30s, as seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from microdc.units import parse_duration

        if isinstance(value, float):
            return value
        try:
            seconds = parse_duration(str(value)) / 10**9
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if seconds <= 0:
            self.fail(f"{value!r} is no time at all", param, ctx)
        return seconds


class BitRate(click.ParamType[int]):
    """Text such as 100mbit, as bit/s."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from microdc.units import parse_rate

        try:
            return value if isinstance(value, int) else parse_rate(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


DURATION, RATE = Duration(), BitRate()


def _owner() -> str:
    return context.settings().owner.value


owner_option = click.option(
    "--owner", default=_owner, show_default="the setting `owner`", help="Whose change this is; kept with it."
)


def check_sites(testbed: Testbed, names: Iterable[str]) -> None:
    """Raises InputError with the nearest name for a site that is not in the testbed."""
    from microdc.documents.check import nearest

    for name in names:
        if name not in testbed.sites:
            raise InputError(
                f"there is no site {name!r}", where=testbed.name, hint=nearest(name, testbed.sites)
            )


def direction_values(
    testbed: Testbed, profile: Profile, pairs: Iterable[tuple[str, str]], direction: str | None
) -> dict[Direction, Asked]:
    """A profile laid on pairs, both ways or one: `a-to-b`, `b-to-a`, or with the sites' names. Raises InputError."""
    from microdc.wan.asked import of_profile
    from microdc.wan.model import Direction

    found: dict[Direction, Asked] = {}
    for a, b in pairs:
        check_sites(testbed, (a, b))
        both = of_profile(profile, Direction(a, b))
        words = {"a-to-b": Direction(a, b), "b-to-a": Direction(b, a)}
        words |= {f"{d.source}-to-{d.target}": d for d in both}
        if direction is None:
            found |= both
        elif direction in words:
            found[words[direction]] = both[words[direction]]
        else:
            raise InputError(f"{direction!r} is no direction of {a}:{b}", hint="a-to-b or b-to-a")
    return found
