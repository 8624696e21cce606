"""From a body in its envelope to the message."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pipeline_contracts import own_envelope
from pipeline_contracts.body import without_bom
from pipeline_contracts.envelopes import cloudevents, eventbridge, s3, sns
from pipeline_contracts.envelopes.json_text import members_of, with_metadata
from pipeline_contracts.envelopes.unwrapped import Envelope, Unwrapped, fitting_key, refused
from pipeline_contracts.errors import ErrorCode, InvalidBodyError
from pipeline_contracts.parsed_message import parse_message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pipeline_contracts.parsed_message import ParsedMessage


@dataclass(frozen=True)
class _Format:
    name: str
    matches: Callable[[Mapping[str, str]], bool]
    unwrap: Callable[[Mapping[str, str]], Unwrapped]
    undeclared: ErrorCode


# In the order in which an undeclared envelope is looked for.
_FORMATS = {
    Envelope.S3: _Format(s3.NAME, s3.is_s3, s3.unwrap, ErrorCode.UNDECLARED_S3),
    Envelope.SNS: _Format(sns.NAME, sns.is_sns, sns.unwrap, ErrorCode.UNDECLARED_SNS),
    Envelope.EVENTBRIDGE: _Format(
        eventbridge.NAME, eventbridge.is_eventbridge, eventbridge.unwrap, ErrorCode.UNDECLARED_EVENTBRIDGE
    ),
    Envelope.CLOUDEVENTS: _Format(
        cloudevents.NAME, cloudevents.is_cloudevent, cloudevents.unwrap, ErrorCode.UNDECLARED_CLOUDEVENTS
    ),
}

_AROUND = {
    Envelope.EVENTBRIDGE: (Envelope.SNS,),
    Envelope.S3: (Envelope.SNS, Envelope.EVENTBRIDGE),
    Envelope.CLOUDEVENTS: (Envelope.SNS, Envelope.EVENTBRIDGE),
}
"""The envelopes that may enclose another one. Each is looked for once, so that the work stays linear."""


def read_message(text: str, envelope: Envelope) -> ParsedMessage:
    """Read the body of an SQS message in the envelope that its deployment declares.

    A body that is in no envelope is read as the message itself.

    Raises:
        InvalidBodyError: It is no message. If it looks like an envelope that is not declared, the code says which.
    """
    text = without_bom(text)
    unwrapped = unwrap(text, envelope)
    message = unwrapped or Unwrapped(text)
    try:
        parsed = parse_message(with_metadata(message.text, message.metadata))
    except InvalidBodyError as error:
        raise _explained(error, text, unwrapped, envelope) from None
    return replace(parsed, default_key=fitting_key(message.key), attributes=message.attributes)


def unwrap(text: str, envelope: Envelope) -> Unwrapped | None:
    """Take the message out of a body; None if the body is not in the envelope.

    Raises:
        InvalidBodyError: The envelope is not valid, or it has no message that can be processed.
    """
    if envelope is Envelope.OWN:
        return own_envelope.unwrap(text)
    if envelope is Envelope.NONE:
        return None
    members = members_of(text)
    attributes: dict[str, Mapping[str, Any]] = {}
    for outer in _AROUND.get(envelope, ()):
        if members is None or _FORMATS[envelope].matches(members):
            break
        if _FORMATS[outer].matches(members):
            unwrapped = _FORMATS[outer].unwrap(members)
            attributes |= unwrapped.attributes
            members = members_of(unwrapped.text)
    if members is None or not _FORMATS[envelope].matches(members):
        return None
    unwrapped = _FORMATS[envelope].unwrap(members)
    return replace(unwrapped, attributes=attributes | dict(unwrapped.attributes))


def _explained(error: InvalidBodyError, text: str, unwrapped: Unwrapped | None, envelope: Envelope) -> InvalidBodyError:
    """Say that a body is in another envelope than the declared one, or in none."""
    message = unwrapped.text if unwrapped else text
    if envelope is Envelope.OWN or members_of(message) is None:
        return error
    other = _recognized(message)
    if other is None and envelope is Envelope.EVENTBRIDGE:
        other = _recognized(text)  # an event of S3 is one of EventBridge as well
    if other and other is not envelope:
        form = _FORMATS[other]
        return refused(
            form.undeclared, f"looks like {form.name}, but the parameter Envelope is {envelope}: set it to {other}"
        )
    if unwrapped or envelope is Envelope.NONE:
        return error
    return refused(
        ErrorCode.NOT_IN_ENVELOPE,
        f"is not {_FORMATS[envelope].name}, which the parameter Envelope declares, and no message either: {error}",
    )


def _recognized(text: str) -> Envelope | None:
    """Name the envelope of a body, or the one that is in an SNS notification."""
    members = members_of(text) or {}
    found = _matching(members)
    if found is not Envelope.SNS:
        return found
    try:
        return _matching(members_of(sns.unwrap(members).text) or {}) or found
    except InvalidBodyError:
        return found


def _matching(members: Mapping[str, str]) -> Envelope | None:
    return next((envelope for envelope, form in _FORMATS.items() if form.matches(members)), None)
