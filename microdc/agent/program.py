"""The agent's program: the package `resident` as one file."""

from __future__ import annotations

import hashlib
import importlib.util
import marshal
from functools import cache
from importlib.resources import files
from io import BytesIO
from zipfile import ZipFile, ZipInfo


@cache
def source() -> bytes:
    """The package `resident` as a zip file that any python3 runs; same sources, same bytes.

    Beside each module lies its bytecode, which a Python of the same version starts from at once and any other ignores.
    """
    archive = BytesIO()
    with ZipFile(archive, "w") as bundle:
        for file in sorted(files("microdc.agent").joinpath("resident").iterdir(), key=lambda f: f.name):
            if file.name.endswith(".py"):
                text, name = file.read_bytes(), f"resident/{file.name}"
                bundle.writestr(ZipInfo(name), text)
                bundle.writestr(ZipInfo(name + "c"), _bytecode(text, name))
        bundle.writestr(ZipInfo("__main__.py"), "from resident.start import main\n\nmain()\n")
    return archive.getvalue()


def file_name() -> str:
    """The name under which it lies on a host: another one for each version."""
    return f"agent-{hashlib.sha256(source()).hexdigest()[:12]}.pyz"


def _bytecode(text: bytes, name: str) -> bytes:
    """A .pyc that is not checked against its source (PEP 552): magic number, flags, source hash, code."""
    code = marshal.dumps(compile(text, name, "exec", dont_inherit=True))
    return importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + importlib.util.source_hash(text) + code
