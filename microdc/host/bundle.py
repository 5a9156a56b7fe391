"""A package of ours as one file that runs on another machine."""

from __future__ import annotations

import importlib.util
import marshal
from importlib.resources import files
from io import BytesIO
from zipfile import ZipFile, ZipInfo


def bundle(package: str, start: str) -> bytes:
    """A package without packages in it as a zip file that any python3 runs; same sources, same bytes.

    start: the line of Python that runs it, in which the package has the last part of its name. Beside each module lies its bytecode, which a
    Python of the same version starts from at once and any other ignores.
    """
    inner = package.rpartition(".")[2]
    archive = BytesIO()
    with ZipFile(archive, "w") as made:
        for file in sorted(files(package).iterdir(), key=lambda f: f.name):
            if file.name.endswith(".py"):
                text, name = file.read_bytes(), f"{inner}/{file.name}"
                made.writestr(ZipInfo(name), text)
                made.writestr(ZipInfo(name + "c"), bytecode(text, name))
        made.writestr(ZipInfo("__main__.py"), start)
    return archive.getvalue()


def bytecode(text: bytes, name: str) -> bytes:
    """A .pyc that is not checked against its source (PEP 552): magic number, flags, source hash, code."""
    code = marshal.dumps(compile(text, name, "exec", dont_inherit=True))
    return importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + importlib.util.source_hash(text) + code
