"""The file of a record: a zip with `record.json` and the documents under `inputs/`. Pure: what is written and read are bytes.

A file comes from elsewhere, and may be anything: all that others rely on is checked here. Keys that are not named here are
no trouble; another version wrote them.
"""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from microdc.errors import InputError

FORMAT = 1
LARGEST = 64 * 2**20
"""Bytes that a record may unfold to."""
_JSON = "record.json"
_INPUTS = "inputs/"
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ArithmeticError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,  # NotImplementedError and RecursionError too
    TypeError,
    ValueError,
)
"""What the libraries raise for files that are damaged, or are something else."""


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _Verdict(_Part):
    quantity: str
    direction: str
    unit: Literal["ns", "bit/s", "percent", "packets"]
    asked: float | None
    measured: float | None
    outcome: str


class _Pair(_Part):
    a: str
    b: str
    verdicts: list[_Verdict]


class _Shaper(_Part):
    kernel: str


class _Floor(_Part):
    delay: int
    jitter: int
    rate: int | None
    at: float


class _Value(_Part):
    source: str
    target: str
    origin: str
    impairment: dict[str, Any]  # impairment.from_data judges it
    floor: _Floor | None


class _Laid(_Part):
    values: list[_Value]


class _About(_Part):
    entry: int
    kind: str
    summary: str
    owner: str
    host: str
    testbed: str
    began: str
    outcome: str
    microdc: str
    shapers: dict[str, _Shaper]
    laid: _Laid


class _Record(_Part):
    about: _About
    pairs: list[_Pair]
    options: dict[str, Any]


def pack(told: Mapping[str, Any], inputs: Mapping[str, bytes]) -> bytes:
    """A file; the same record gives the same bytes. told: what `record.json` holds, but for its format."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr(_plain(_JSON), json.dumps({"record": FORMAT, **told}, indent=1, sort_keys=True))
        for name, content in sorted(inputs.items()):
            bundle.writestr(_plain(_INPUTS + name), content)
    return archive.getvalue()


def _plain(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def unpack(data: bytes, name: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What `pack` was given. name: of the file, in errors. Raises InputError for what is no record, or is a newer one."""
    try:
        files = _unfolded(data, name)
        told = json.loads(files.pop(_JSON))
        if told["record"] != FORMAT:
            raise InputError(
                f"this record is of format {told['record']}, this microdc reads {FORMAT}",
                where=name,
                hint="a newer microdc reads it",
            )
        _Record.model_validate(told)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise no_record(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", name) from None
    except _DAMAGE as problem:
        raise no_record(str(problem), name) from None
    return told, {file.removeprefix(_INPUTS): content for file, content in files.items()}


def _unfolded(data: bytes, name: str) -> dict[str, bytes]:
    """The record and the documents of a file, by name."""
    with zipfile.ZipFile(BytesIO(data)) as bundle:
        infos = [i for i in bundle.infolist() if i.filename == _JSON or i.filename.startswith(_INPUTS)]
        if sum(info.file_size for info in infos) > LARGEST:
            raise InputError(f"this unfolds to more than {LARGEST // 2**20} MiB", where=name)
        if any(info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for info in infos):
            raise zipfile.BadZipFile("it is compressed in another way than records are")
        return {info.filename: bundle.read(info) for info in infos}


def no_record(why: str, name: str) -> InputError:
    """The error for a file that is something else."""
    return InputError(
        f"this is no record of a run: {why}", where=name, hint="microdc record export writes one"
    )
