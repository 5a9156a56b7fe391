"""`microdc repo`: package repositories for nodes that have no other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from microdc.cli import context, narrate, render
from microdc.cli.image import documents_option, recipes

if TYPE_CHECKING:
    from microdc.repository.model import Repository

_DIRECTORY = click.Path(file_okay=False, path_type=Path)


@click.group()
def repo() -> None:
    """Build, show and serve package repositories: what nodes install from that have no internet."""


@repo.command(
    epilog="""\b
Examples:
  microdc repo build --into /srv/repo --role compute --on base   what makes a compute node of one with the base image
  microdc repo build --into /srv/repo --image control            all that the image has, from nothing
  microdc repo build --into /srv/repo htop tcpdump --on base
"""
)
@click.argument("packages", nargs=-1, metavar="[PACKAGE]...")
@click.option(
    "--into",
    required=True,
    type=_DIRECTORY,
    metavar="DIR",
    help="Where; an older repository there is brought up to date.",
)
@click.option("--image", "images", multiple=True, metavar="NAME", help="All packages of an image.")
@click.option(
    "--role", "roles", multiple=True, metavar="NAME", help="What an image adds to the one that it extends."
)
@click.option("--on", "base", metavar="IMAGE", help="Leave out what this image has, as it was built.")
@documents_option
def build(  # noqa: PLR0917 - click gives them by name
    packages: tuple[str, ...], into: Path, images: tuple[str, ...], roles: tuple[str, ...], base: str | None, documents: Path | None) -> None:  # fmt: skip
    """Build a repository of packages and all that they need, signed by a key of this controller.

    What is needed is worked out by apt itself, apart from what is installed on this machine. Packages are fetched once.
    """
    from microdc.images.disk import operate as disk
    from microdc.repository import operate

    known = recipes(documents)
    wanted = disk.asked(known, images=images, roles=roles, packages=packages)
    made = narrate.watch(
        operate.build(
            into, wanted, given=disk.sources_of(known, (*images, *roles)), installed=disk.status_of(base)
        )
    )
    _emit(made)


@repo.command(
    epilog="""\b
Examples:
  microdc repo show /srv/repo
  microdc repo show /srv/repo -v      with its packages
  microdc repo show /srv/repo -o json
"""
)
@click.argument("directory", type=_DIRECTORY)
def show(directory: Path) -> None:
    """Show a repository, after its signature and every package were checked."""
    from microdc.repository import operate

    found = operate.load(directory)
    operate.check(found)
    _emit(found)


@repo.command(
    epilog="""\b
Examples:
  microdc repo serve /srv/repo                             to this machine only
  microdc repo serve /srv/repo --address 10.20.0.2
"""
)
@click.argument("directory", type=_DIRECTORY)
@click.option("--address", default="127.0.0.1", show_default=True, help="The address to serve at.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8090,
    show_default=True,
    help="TCP port; 0: any that is free.",
)
def serve(directory: Path, address: str, port: int) -> None:
    """Serve a repository over HTTP until interrupted. What it holds is signed, so that the line need not be trusted."""
    from microdc.repository import operate

    operate.load(directory)
    told = click.echo if context.settings().verbosity.value > 0 else _nothing
    server = operate.Server(directory, address, port, told)
    click.echo(operate.source_line(server.url))
    try:
        server.forever()
    finally:
        server.close()


def _nothing(_: str) -> None:
    pass


def _emit(made: Repository) -> None:
    from microdc.repository.model import NODE_KEY, source_line

    data: dict[str, Any] = {
        "directory": made.directory,
        "key": made.key,
        "fingerprint": made.fingerprint,
        "size": made.size,
        "packages": {package.name: package.version for package in made.packages},
        "source": source_line("http://ADDRESS:PORT/"),
    }
    rows = [
        ("packages", f"{len(made.packages)}, {made.size / 1e6:.1f} MB"),
        ("signed by", made.fingerprint),
        ("key", f"{made.key}, to be put at {NODE_KEY} of a node"),
        ("source", data["source"]),
    ]
    page: list[render.Part] = [render.Table(("", str(made.directory)), rows)]
    if context.settings().verbosity.value > 0:
        page.append(render.Table(("package", "version"), [(p.name, p.version) for p in made.packages]))
    render.emit("PackageRepository", data, page)
