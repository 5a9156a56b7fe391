"""How a BMC says no: error bodies with messages of the Base registry, as DSP0266 8.6 wants them.

The ids are the registry's; the words are ours, with the same arguments in the same order.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from microdc.lab.redfish.world import Document, Reply

REGISTRY = "Base.1.18"
"""Prefix of the message ids: name, major and minor version."""


class Message(NamedTuple):
    """A message of the registry; %1, %2 stand for its arguments."""

    text: str
    resolution: str
    severity: Literal["OK", "Warning", "Critical"] = "Critical"

    def said(self, *args: str) -> str:
        """The text with its arguments in their places."""
        text = self.text
        for number, arg in enumerate(args, 1):
            text = text.replace(f"%{number}", arg)
        return text

    @property
    def arguments(self) -> int:
        """How many arguments it has."""
        return sum(f"%{number}" in self.text for number in range(1, 5))


MESSAGES: dict[str, Message] = {
    "Success": Message("The request completed.", "None.", "OK"),
    "Created": Message("The resource was created.", "None.", "OK"),
    "InternalError": Message("The service failed.", "See the log of the service."),
    "GeneralError": Message("A general error has occurred.", "See the log of the service."),
    "MalformedJSON": Message("The body is not well-formed JSON.", "Correct the body and send it again."),
    "UnrecognizedRequestBody": Message(
        "The service cannot make anything of the body.", "Send a JSON object.", "Warning"
    ),
    "EmptyJSON": Message("The body is an empty JSON object.", "Add properties to it.", "Warning"),
    "ResourceMissingAtURI": Message("There is no resource at '%1'.", "Correct the path of the request."),
    "ResourceNotFound": Message("The %1 named '%2' was not found.", "Name one that is there."),
    "OperationNotAllowed": Message(
        "The method is not allowed on this resource.", "Allow names the methods that are."
    ),
    "PropertyMissing": Message("%1 is required and missing.", "Add the property.", "Warning"),
    "PropertyUnknown": Message("%1 is not a property of this resource.", "Leave it out.", "Warning"),
    "PropertyNotWritable": Message("%1 is read-only.", "Leave it out.", "Warning"),
    "PropertyValueTypeError": Message(
        "The value '%1' of %2 is not of the property's type.", "Correct the value.", "Warning"
    ),
    "PropertyValueNotInList": Message(
        "The value '%1' of %2 is none that it accepts.", "Choose one of the allowable values.", "Warning"
    ),
    "PropertyValueFormatError": Message(
        "The value '%1' of %2 has not the property's format.", "Correct the value.", "Warning"
    ),
    "PropertyValueConflict": Message(
        "The value of %1 does not go with that of %2.", "Change one.", "Warning"
    ),
    "NoOperation": Message("The request asks for nothing that could be done.", "Send properties.", "Warning"),
    "PropertyValueOutOfRange": Message(
        "The value '%1' of %2 is out of range.", "Correct the value.", "Warning"
    ),
    "ActionParameterMissing": Message(
        "The action %1 requires the parameter %2.", "Add the parameter.", "Warning"
    ),
    "ActionParameterValueNotInList": Message(
        "The value '%1' of the parameter %2 of the action %3 is none that it accepts.",
        "Choose one of the allowable values.",
        "Warning",
    ),
    "ActionParameterUnknown": Message(
        "The action %1 has no parameter %2.", "Leave the parameter out.", "Warning"
    ),
    "QueryNotSupported": Message("Queries are not supported here.", "Leave the query out.", "Warning"),
    "QueryParameterUnsupported": Message(
        "The query parameter '%1' is not supported.", "Leave it out.", "Warning"
    ),
    "QueryNotSupportedOnResource": Message(
        "This resource takes no queries.", "Leave the query out.", "Warning"
    ),
    "QueryCombinationInvalid": Message(
        "These query parameters do not go together.", "Leave one of them out.", "Warning"
    ),
    "QueryParameterValueFormatError": Message(
        "The value '%1' of the query parameter %2 has not its format.", "Correct the value.", "Warning"
    ),
    "QueryParameterOutOfRange": Message(
        "The value '%1' of the query parameter %2 is out of the range %3.", "Correct the value.", "Warning"
    ),
    "PreconditionFailed": Message("The ETag given is not that of the resource.", "Read it again."),
    "PreconditionRequired": Message(
        "A precondition header is required for this resource.", "Send If-Match with its ETag."
    ),
    "HeaderInvalid": Message("The header '%1' is not valid.", "Correct the header."),
    "PayloadTooLarge": Message("The body is larger than the service takes.", "Send less."),
    "ResourceAtUriUnauthorized": Message("Access to '%1' was refused: %2.", "Log in."),
    "NoValidSession": Message("There is no valid session.", "Log in."),
    "InsufficientPrivilege": Message("The account may not do this.", "Use another account."),
    "SessionLimitExceeded": Message("There are too many sessions.", "End one of them."),
    "CreateLimitReachedForResource": Message("No more of them can be created.", "Delete one of them."),
    "ResourceAlreadyExists": Message("There is a %1 already whose %2 is '%3'.", "Choose another value."),
    "ResourceInStandby": Message("The server is off.", "Power it on first."),
    "ResourceInUse": Message("The server is changing its state.", "Try again later.", "Warning"),
    "ServiceTemporarilyUnavailable": Message("The service is not available.  Retry in %1 seconds.", "Wait."),
    "ServiceShuttingDown": Message("The service is shutting down.", "Try again later."),
    "PasswordChangeRequired": Message("The password of this account must be changed.", "PATCH '%1'."),
    "StringValueTooShort": Message("'%1' is shorter than %2 characters.", "Send a longer one.", "Warning"),
    "StringValueTooLong": Message("'%1' is longer than %2 characters.", "Send a shorter one.", "Warning"),
}

Told: TypeAlias = str | tuple[str, str]
"""A message by its key in `MESSAGES`, or a vendor's: its whole id and its text."""


class RefusedRequest(Exception):  # noqa: N818  it is an answer, not a failure of the service
    """A request that is answered with an error.

    related: the property that is meant, as a JSON pointer such as `/Boot/BootSourceOverrideTarget`.
    """

    def __init__(
        self, status: int, told: Told, *args: str, related: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(told)
        self.reply = Reply(status, error(told, *args, related=related), headers or {})


def error(told: Told, *args: str, related: str = "") -> Document:
    """The body of an error response."""
    info = extended_info(told, *args)
    if related:
        info["RelatedProperties"] = [f"#{related}"]
    return {
        "error": {
            "code": info["MessageId"],
            "message": info["Message"],
            "@Message.ExtendedInfo": [info],
        }
    }


def extended_info(told: Told, *args: str) -> Document:
    """One Message object."""
    if isinstance(told, str):
        message = MESSAGES[told]
        identity, text = f"{REGISTRY}.{told}", message.said(*args)
        severity, resolution = message.severity, message.resolution.replace("%1", args[0] if args else "")
    else:
        (identity, text), severity, resolution = told, "Critical", "None."
    return {
        "@odata.type": "#Message.v1_1_2.Message",
        "MessageId": identity,
        "Message": text,
        "MessageArgs": list(args),
        "Severity": severity,
        "MessageSeverity": severity,
        "Resolution": resolution,
    }
