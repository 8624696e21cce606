"""The content of an envelope."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline_contracts.errors import ErrorCode, FieldError, InvalidBodyError
from pipeline_contracts.model_errors import MAX_LISTED

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_KEY = 256
"""Characters of a record's key, those of an `idempotency_key`."""


class Envelope(StrEnum):
    """The values of the parameter `Envelope`."""

    NONE = "none"
    SNS = "sns"
    EVENTBRIDGE = "eventbridge"
    S3 = "s3"
    CLOUDEVENTS = "cloudevents"
    OWN = "own"


@dataclass(frozen=True)
class Unwrapped:
    """The message in an envelope, and its description by the envelope."""

    text: str
    """The message as JSON text, with all digits of its numbers."""
    key: str | None = None
    """Identifies its record, unless the message has an `idempotency_key`."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Added to the message's own metadata."""
    attributes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Message attributes, in the form in which Lambda gives those of SQS."""


class EnvelopeModel(BaseModel):
    """The fields of an envelope that are read; it may have any others.

    It is built when it is first used: a cold start needs the models of one envelope at most.
    """

    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True, defer_build=True)


_Model = TypeVar("_Model", bound=EnvelopeModel)


def fields_of(model: type[_Model], members: Mapping[str, str], name: str) -> _Model:
    """Read the members that a model names.

    Raises:
        InvalidBodyError: One is missing or is not valid.
    """
    names = (field.alias or name for name, field in model.model_fields.items())
    text = ",".join(f'"{name}":{members[name]}' for name in names if name in members)
    try:
        return model.model_validate_json(f"{{{text}}}")
    except ValidationError as error:
        if error.error_count() > MAX_LISTED:
            raise refused(ErrorCode.INVALID_ENVELOPE, f"is {name} with {error.error_count():,} errors") from None
        first = error.errors(include_url=False, include_input=False)[0]
        reason = ": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"])))
        raise refused(ErrorCode.INVALID_ENVELOPE, f"is {name} that is not valid: {reason}") from None


def fitting_key(key: str | None) -> str | None:
    """Give a key unchanged, or its SHA-256 if it is too long for a record or is invalid Unicode."""
    if not key:
        return None
    encoded = key.encode(errors="surrogatepass")
    if len(key) <= MAX_KEY and encoded == key.encode(errors="replace"):
        return key
    return hashlib.sha256(encoded).hexdigest()


def described(**values: str | None) -> dict[str, str]:
    """Name values of an envelope as metadata: `envelope_id`, `envelope_source` and so on."""
    return {f"envelope_{name}": value for name, value in values.items() if value is not None}


def refused(code: ErrorCode, reason: str) -> InvalidBodyError:
    """Make the error of a body that is rejected because of its envelope."""
    return InvalidBodyError([FieldError(field="", code=code, message=f"the body {reason}"[:256])])
