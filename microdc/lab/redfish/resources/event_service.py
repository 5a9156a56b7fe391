"""EventService, EventDestination, and the events themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from microdc.lab.redfish.clock import now
from microdc.lab.redfish.refusals import REGISTRY
from microdc.lab.redfish.resources.paths import ROOT
from microdc.lab.redfish.resources.shapes import ENABLED, action, link, links, resource
from microdc.lab.redfish.world import Document

SERVICE = f"{ROOT}/EventService"
SUBSCRIPTIONS = f"{SERVICE}/Subscriptions"
STREAM = f"{SERVICE}/SSE"
SEVERITIES = ("OK", "Warning", "Critical")


def service(attempts: int, pause: int) -> Document:
    """attempts: of one delivery; pause: seconds between two."""
    return {
        **resource(SERVICE, "EventService.v1_10_0.EventService", "Event Service"),
        "ServiceEnabled": True,
        "Status": ENABLED,
        "DeliveryRetryAttempts": attempts,
        "DeliveryRetryIntervalSeconds": pause,
        "EventFormatTypes": ["Event"],
        "RegistryPrefixes": ["Base"],
        "ResourceTypes": ["ComputerSystem", "Chassis", "Manager"],
        "ServerSentEventUri": STREAM,
        "SSEFilterPropertiesSupported": dict.fromkeys(
            (
                "EventFormatType",
                "MessageId",
                "MetricReportDefinition",
                "OriginResource",
                "RegistryPrefix",
                "ResourceType",
                "SubordinateResources",
            ),
            False,
        ),
        **links(SERVICE, "Subscriptions"),
        "Actions": action(SERVICE, "EventService.SubmitTestEvent"),
    }


def destination(path: str, about: dict[str, Any]) -> Document:
    """about: Destination, Protocol, Context and what else was asked for."""
    return {
        **resource(path, "EventDestination.v1_13_1.EventDestination", "Event subscription"),
        "EventFormatType": "Event",
        "SubscriptionType": "RedfishEvent",
        "DeliveryRetryPolicy": "TerminateAfterRetries",
        "Status": ENABLED,
        **about,
    }


def event(number: int, records: Sequence[dict[str, Any]], context: str = "") -> Document:
    """A message to subscribers. records: what `record` made."""
    return {
        "@odata.type": "#Event.v1_8_0.Event",
        "Id": str(number),
        "Name": "Event",
        "Context": context,
        "Events": [{**one, "MemberId": str(member)} for member, one in enumerate(records)],
    }


def record(number: str, told: Mapping[str, Any]) -> Document:
    """One event. told: a line of the log (see `log_entries`)."""
    severity, source = str(told.get("severity", "OK")), str(told.get("source", ""))
    return {
        "EventId": number,
        "EventType": "Alert",
        "EventTimestamp": told.get("at") or now(),
        "Severity": severity,
        "MessageSeverity": severity,
        "Message": str(told.get("message", "")),
        "MessageId": str(told.get("code") or f"{REGISTRY}.GeneralError"),
        "MessageArgs": [],
        **({"OriginOfCondition": link(source)} if source else {}),
    }
