"""What a request for a subscription may say."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from microdc.lab.redfish.properties import required, typed
from microdc.lab.redfish.refusals import RefusedRequest
from microdc.lab.redfish.world import Document

_SHOWN = {"RegistryPrefixes", "ResourceTypes", "EventTypes", "MessageIds", "OriginResources"}
"""Filters: they are shown again, and all events are sent all the same."""
_TAKEN = {"EventFormatType", "SubscriptionType", "DeliveryRetryPolicy", "VerifyCertificate"}
"""What is taken and has one value only."""


def wanted(told: Document) -> dict[str, Any]:
    """The properties of a subscription that can be made; RefusedRequest where it cannot."""
    required(told, "Destination", "Protocol")
    about: dict[str, Any] = {}
    for name, value in told.items():
        if name in {"Destination", "Protocol", "Context"}:
            about[name] = typed(told, name, str, "")
        elif name == "HttpHeaders":
            about[name] = [one for one in typed(told, name, list, []) if isinstance(one, dict)]
        elif name in _SHOWN:
            about[name] = value
        elif name not in _TAKEN:
            raise RefusedRequest(400, "PropertyUnknown", name, related=f"/{name}")
    if about["Protocol"] != "Redfish":
        raise RefusedRequest(
            400, "PropertyValueNotInList", about["Protocol"], "Protocol", related="/Protocol"
        )
    parts = urlsplit(about["Destination"])
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        told_badly = ("PropertyValueFormatError", about["Destination"], "Destination")
        raise RefusedRequest(400, *told_badly, related="/Destination")
    return about
