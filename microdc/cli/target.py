"""Files that a command writes what it made into: over one that is there only by force, and none that is half written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from microdc.errors import InputError

STDOUT = "-"
FILE = click.Path(allow_dash=True)
"""A file to write, as text: `./-` is a file, and `-` standard output."""
force_option = click.option("--force", is_flag=True, help="Write over a file that is there.")


def check(targets: Iterable[str | None], *, force: bool) -> None:
    """Says what stands in the way before anything is worked out or written: of several files all are written, or none.

    Raises InputError.
    """
    named = [target for target in targets if target is not None]
    for target in named:
        if target == STDOUT:
            continue
        try:
            _check(Path(target), force=force)
        except OSError as error:
            raise _unwritable(target, error) from error
    if len({_same(target) for target in named}) < len(named):
        raise InputError(
            "two things cannot be written into one file", where=named[-1], hint="give each its own"
        )


def write(text: str, target: str, *, force: bool) -> None:
    """Writes text as UTF-8. What could not be written whole is taken away, where it was not there before. Raises InputError."""
    if target == STDOUT:
        click.echo(text.encode(), nl=False)
        return
    check([target], force=force)
    file, over, opened = Path(target), force, False
    try:
        over = over or _passes_on(file)
        with file.open("wb" if over else "xb") as stream:
            opened = True
            stream.write(text.encode())
    except FileExistsError:
        raise _there(file) from None
    except OSError as error:
        if opened and not over:
            file.unlink(missing_ok=True)
        raise _unwritable(target, error) from error


def _check(file: Path, *, force: bool) -> None:
    if file.is_dir():
        raise InputError("this is a directory", where=str(file), hint="name a file in it")
    if not file.parent.is_dir():
        there = file.parent.exists()
        what = f"{file.parent} is no directory" if there else f"the directory {file.parent} is not there"
        hint = "name another file" if there else f"mkdir -p {file.parent}"
        raise InputError(f"cannot write this file: {what}", where=str(file), hint=hint)
    if file.exists() and not force and not _passes_on(file):
        raise _there(file)


def _passes_on(file: Path) -> bool:
    """Whether what is written there is kept by others, or by nobody: a pipe or a device, which is no file to be written over."""
    return file.exists() and not file.is_file()


def _same(target: str) -> str:
    return target if target == STDOUT else str(Path(target).absolute())


def _there(file: Path) -> InputError:
    return InputError("this file is there already", where=str(file), hint="--force writes over it")


def _unwritable(target: str, error: OSError) -> InputError:
    return InputError(f"cannot write this file: {error.strerror}", where=target, hint="name another file")
