"""`microdc exporter`: the health of all that is watched, told to Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from microdc.cli import render
from microdc.cli.health_keep import keep_options, kept
from microdc.cli.health_sources import Watched, every_option, from_option, opened
from microdc.errors import InputError, MicrodcError

if TYPE_CHECKING:
    from microdc.health.exporter.remote import Address


class Listen(click.ParamType[tuple[str, int]]):
    """ADDR:PORT, such as 127.0.0.1:9723 or [::1]:9723; port 0 is any free one."""

    name = "addr:port"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        if isinstance(value, tuple):
            return value
        host, colon, port = str(value).rpartition(":")
        bare = host.startswith("[") and host.endswith("]")
        if not colon or not host or not port.isdecimal() or int(port) > 65535 or (":" in host and not bare):
            self.fail(f"{value!r} is no address: write 127.0.0.1:9723, or [::1]:9723", param, ctx)
        return host.strip("[]"), int(port)


@click.command(
    epilog="""\b
Examples:
  microdc exporter                             http://127.0.0.1:9723/metrics, until Ctrl-C
  microdc exporter --listen 10.120.0.1:9723    for a Prometheus that runs elsewhere
  microdc exporter --keep --keep-for 30d       also in the store, for `microdc health --since 2h`
  microdc exporter --demo --listen [::1]:0     a fleet that is not there, at any free port
  microdc health --watch --from 127.0.0.1:9723 the same, for people: nothing is polled twice
  microdc tui --from 127.0.0.1:9723
docs/health.md lists the metrics, with a scrape configuration and alerts.
"""
)
@click.option(
    "--listen",
    type=Listen(),
    default="127.0.0.1:9723",
    show_default=True,
    help="Where to serve /metrics, /feed and /healthz; without encryption and to whoever asks.",
)
@every_option
@from_option
@keep_options
@click.option("--demo", is_flag=True, help="A fleet that is not there, instead of the inventory.")
def exporter(
    *,
    listen: tuple[str, int],
    every: float,
    remote: Address | None,
    keep: bool,
    keep_for: float,
    demo: bool,
) -> None:
    """Poll all that the inventory describes, and serve how it is to Prometheus, until it is interrupted.

    A scrape never waits for a device: it is told what is known, and what was not heard of for too long has no figures. Changes nothing.
    /feed serves the records themselves, to `microdc health --from` and `microdc tui --from`.
    """
    with opened(demo=demo, every=every, patterns=(), labels=(), remote=remote) as watched:
        for problem in watched.source.fleet.problems:
            render.note(problem)
        if not watched.source.fleet.devices and watched.broken:
            raise InputError("nothing of this inventory can be watched", where=watched.source.fleet.origin)
        with kept(watched, keep=keep, keep_for=keep_for) as source:
            _serve(source, *listen)


def _serve(watched: Watched, host: str, port: int) -> None:
    """Until the records end, which they do of themselves only where something went wrong."""
    from microdc.health.exporter.keeping import Keeper
    from microdc.health.exporter.serving import Server

    keeper = Keeper(watched.source)
    with Server(keeper, host, port) as server, keeper:
        count = len(watched.source.fleet.devices)
        render.note(f"{server.url} tells of {count} device{'' if count == 1 else 's'} until Ctrl-C")
        keeper.ended.wait()
    if isinstance(keeper.failure, MicrodcError):
        raise keeper.failure
    raise MicrodcError("the polling ended by itself", hint=str(keeper.failure or "")) from keeper.failure
