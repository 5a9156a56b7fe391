"""How long a change may wait to be confirmed."""

from __future__ import annotations

from typing import Any

import click

from microdc.agent.resident import MAX_CONFIRM_SECONDS
from microdc.cli.parameters import DURATION, Duration


class ConfirmTime(Duration):
    """A duration of at most ten minutes, as seconds."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = DURATION.convert(value, param, ctx)
        if seconds > MAX_CONFIRM_SECONDS:
            self.fail(
                f"{value} is more than {MAX_CONFIRM_SECONDS / 60:.0f}m: so long a change that cuts its host off would stay,"
                " and nobody else could change anything there",
                param,
                ctx,
            )
        return seconds


confirm_option = click.option(
    "--confirm-within",
    type=ConfirmTime(),
    help="The change ends by itself after this time, at most 10m, unless it was read back over a new connection."
    "  [default: 30s, where a host is reached over the network or there are several]",
)
