"""ETags, and the preconditions that requests make of them."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any

from microdc.lab.redfish.faults import Fault
from microdc.lab.redfish.refusals import RefusedRequest
from microdc.lab.redfish.world import Document

_PASSING = {"DateTime"}
"""Properties whose change makes no other resource: a clock runs."""


def with_etag(document: Document, faults: Mapping[str, Any]) -> Document:
    """The document with its ETag; one that was recorded with it keeps it. Weak, since the clock in it may have moved on."""
    if Fault.ETAG_WRONG in faults:
        return {**document, "@odata.etag": f'W/"{secrets.token_hex(8)}"'}
    if "@odata.etag" in document:
        return document
    lasting = {name: value for name, value in document.items() if name not in _PASSING}
    digest = hashlib.blake2b(json.dumps(lasting).encode(), digest_size=8).hexdigest()
    return {**document, "@odata.etag": f'W/"{digest}"'}


def matches(etag: str, header: str) -> bool:
    """Whether one of the ETags in If-Match or If-None-Match is this one; weak and strong forms count alike."""
    told = {one.strip().removeprefix("W/") for one in header.split(",")}
    return "*" in told or etag.removeprefix("W/") in told


def check_write(etag: str, headers: Mapping[str, str], faults: Mapping[str, Any], method: str) -> None:
    """The precondition of a write. RefusedRequest: 412 where If-Match names another ETag, 428 where one is required and missing."""
    wanted = headers.get("if-match")
    required = faults.get(Fault.ETAG_REQUIRED)
    if required and method == "PATCH" and wanted is None:
        text = "If-Match header is missing."
        raise RefusedRequest(412 if required == 412 else 428, ("Ami.1.0.PreconditionHeaderMissing", text))
    if wanted is not None and (not etag or Fault.ETAG_WRONG in faults or not matches(etag, wanted)):
        raise RefusedRequest(412, "PreconditionFailed")
