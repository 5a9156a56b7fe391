"""What a request carries and what it takes: media types."""

from __future__ import annotations

import json
from dataclasses import replace

from microdc.lab.redfish.refusals import RefusedRequest
from microdc.lab.redfish.world import Asked


def parsed(asked: Asked) -> Asked:
    """The request with its body read; RefusedRequest where that is no JSON object."""
    if not asked.raw:
        return asked
    if asked.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedRequest(415, "HeaderInvalid", "Content-Type")
    try:
        body = json.loads(asked.raw)
    except (ValueError, RecursionError):
        raise RefusedRequest(400, "MalformedJSON") from None
    if not isinstance(body, dict):
        raise RefusedRequest(400, "UnrecognizedRequestBody")
    return replace(asked, body=body)


def accepts(asked: Asked, kind: str) -> None:
    """RefusedRequest (406) where Accept does not take what there is."""
    accept = asked.headers.get("accept", "*/*")
    ranges = {one.partition(";")[0].strip().lower() for one in accept.split(",")}
    if not ranges & {"*/*", f"{kind.partition('/')[0]}/*", kind}:
        raise RefusedRequest(406, "HeaderInvalid", "Accept")
