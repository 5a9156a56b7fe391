"""`microdc image`: the disk images that nodes are given."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from microdc.cli import context, narrate, render
from microdc.errors import Exit, InputError

if TYPE_CHECKING:
    from microdc.images.disk.model import DiskImage
    from microdc.images.disk.recipe import Recipes


def _names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001  click's signature
    from microdc.images.disk.recipe import Recipes

    return [CompletionItem(name) for name in sorted(Recipes(None).files) if name.startswith(incomplete)]


documents_option = click.option(
    "--document-dir",
    "documents",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    metavar="DIR",
    help="Read images/NAME.yaml below this directory. By default below the inventory.",
)


def recipes(documents: Path | None) -> Recipes:
    """The image documents of a directory, or of the inventory in force, over those that come with microdc."""
    from microdc.images.disk.operate import Recipes

    return Recipes(documents or context.settings().inventory_dir())


@click.group()
def image() -> None:
    """Build, list, show, verify and take in the disk images that nodes are given."""


@image.command(
    epilog="""\b
Examples:
  microdc image build base            from the cache, where nothing has changed
  microdc image build compute --anew
  microdc image build base -o json
"""
)
@click.argument("name", shell_complete=_names)
@documents_option
@click.option("--anew", is_flag=True, help="Build it also where the cache has it.")
def build(name: str, documents: Path | None, *, anew: bool) -> None:
    """Build the image of a document from packages: the same packages give the same disk, byte for byte.

    Packages come from the sources of this machine's distribution as apt knows them, or from those of the document. Needs root.
    """
    from microdc.images.disk import operate

    where = documents or context.settings().inventory_dir()
    made = narrate.watch(operate.build(where, name, anew=anew))
    render.emit("Image", _data(made), lambda: _page(made))


@image.command(
    name="list",
    epilog="""\b
Examples:
  microdc image list
  microdc image list -o json
""",
)
@documents_option
def list_(documents: Path | None) -> None:
    """List the images that can be built, and what of them is in the cache."""
    from microdc.images.disk import operate

    known = recipes(documents)
    built: dict[str, DiskImage] = {}
    for each in operate.found():
        built.setdefault(each.manifest.name, each)
    rows: list[list[render.Cell]] = []
    data: list[dict[str, Any]] = []
    for name in sorted({*known, *built}):
        description = known[name].description if name in known else "its document is gone"
        made = built.get(name)
        manifest = made.manifest if made else None
        data.append({"name": name, "description": description, "built": _data(made) if made else None})
        sizes = (_megabytes(manifest.size), _megabytes(manifest.raw)) if manifest else (None, None)
        rows.append(
            [
                name,
                *sizes,
                _when(made) if made else None,
                manifest.digest[:12] if manifest else None,
                description,
            ]
        )
    table = render.Table(("name", "packed", "disk", "built", "digest", "description"), rows)
    render.emit("ImageList", data, table)


@image.command(
    epilog="""\b
Examples:
  microdc image show base
  microdc image show base -v          with its packages
  microdc image show base -o json
"""
)
@click.argument("name", shell_complete=_names)
def show(name: str) -> None:
    """Show what is in the image that was built of a document."""
    made = _built(name)
    packages = context.settings().verbosity.value > 0
    render.emit("Image", _data(made), lambda: _page(made, packages=packages))


@image.command(
    epilog="""\b
Examples:
  zstd -dc "$(microdc image path base)" | dd of=/dev/sdX bs=4M
"""
)
@click.argument("name", shell_complete=_names)
def path(name: str) -> None:
    """Print where the disk of an image lies, packed with zstd."""
    made = _built(name)
    render.emit("ImagePath", {"name": name, "path": made.path}, str(made.path))


@image.command(
    epilog="""\b
Examples:
  microdc image verify                all images of the cache
  microdc image verify base
"""
)
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=_names)
def verify(names: tuple[str, ...]) -> Exit:
    """Read images whole: are they what was built and signed here? Exit code 1 where one is not."""
    from microdc.images.disk import operate

    for name in names:
        _built(name)
    results = [result for result in operate.audit() if not names or result.name in names]
    rows = [[result.name, result.digest[:12], result.wrong or "as it was built"] for result in results]
    render.emit("ImageVerification", results, render.Table(("name", "digest", "result"), rows))
    return Exit.FAILED if any(result.wrong for result in results) else Exit.OK


@image.command(
    epilog="""\b
Examples:
  microdc image prune                 the last image of each name stays
  microdc image prune --keep 3
"""
)
@click.option(
    "--keep", type=click.IntRange(min=0), default=1, show_default=True, help="How many of each name stay."
)
def prune(keep: int) -> None:
    """Remove images that were not used last, and what is no image; they can be built again."""
    from microdc.images.disk import operate

    gone = operate.prune(keep)
    render.emit("ImagePrune", {"removed": gone}, "\n".join(map(str, gone)) or "There is nothing to remove.")


@image.command(
    epilog="""\b
Examples:
  microdc image key                                   on the controller that built it
  microdc image import /media/base-3f2a… --key 5b0d…  on the one that is to have it
"""
)
def key() -> None:
    """Print the public key of this controller, by which others know the images that it built."""
    from microdc.images.disk import operate

    public = operate.public_key().hex()
    render.emit("ImageKey", {"key": public}, public)


@image.command(
    name="import",
    epilog="""\b
Examples:
  microdc image import /media/base-3f2a… --key 5b0d…
""",
)
@click.argument("directory", type=click.Path(file_okay=False, exists=True, path_type=Path))
@click.option(
    "--key", "signer", required=True, metavar="HEX", help="The public key of the controller that built it."
)
def import_(directory: Path, signer: str) -> None:
    """Take in an image that another controller built: the directory of its disk, with manifest and signature."""
    from microdc.images.disk import operate

    try:
        public = bytes.fromhex(signer)
    except ValueError:
        raise InputError(
            "--key is no public key", hint="64 hexadecimal digits, as `microdc image key` prints"
        ) from None
    taken = operate.adopt(directory, public)
    render.emit("Image", _data(taken), lambda: _page(taken))


def _built(name: str) -> DiskImage:
    from microdc.images.disk import operate

    made = operate.find(name)
    if made is None:
        recipes(None)[name]  # raises, with the nearest name
        raise InputError(f"the image {name!r} was not built here", hint=f"microdc image build {name}")
    return made


def _data(made: DiskImage) -> dict[str, Any]:
    return {**made.manifest.data(), "path": made.path}


def _page(made: DiskImage, *, packages: bool = False) -> render.Human:
    manifest = made.manifest
    rows = [
        ("disk", f"{made.path}"),
        ("packed", f"{_megabytes(manifest.size)}, SHA-256 {manifest.digest}"),
        ("unpacked", f"{_megabytes(manifest.raw)}, SHA-256 {manifest.raw_digest}"),
        (
            "system",
            f"{manifest.suite}, {manifest.architecture}, kernel {manifest.kernel}, {len(manifest.packages)} packages",
        ),
        ("partitions", f"{manifest.root_partition} root, {manifest.efi_partition} EFI"),
        ("made", f"{_when(made)} by {manifest.made_by}"),
    ]
    page = render.Table(("", manifest.name), rows)
    if not packages:
        return page
    return [page, render.Table(("package", "version"), sorted(manifest.packages.items()))]


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"


def _when(made: DiskImage) -> str:
    return datetime.fromtimestamp(made.path.stat().st_mtime, UTC).strftime("%Y-%m-%d %H:%M")
