"""Reading a request or a response of any minor version of the contracts.

The decision and its reasons: docs/decisions/0002-strictness-and-forward-compatibility.md.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from pipeline_contracts.base import Contract
from pipeline_contracts.encoding import Compressed, compress
from pipeline_contracts.errors import BrokenContractError
from pipeline_contracts.model_errors import field_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.config import ExtraValues

VERSION = "2.1.1"
"""Version of this package, as in its pyproject.toml. Reading it from the metadata would import the email package."""

MAJOR, MINOR = (int(part) for part in VERSION.split(".")[:2])

_PATTERN = rf"^{MAJOR}\.(0|[1-9][0-9]{{0,3}})$"


def _of_this_major(sent: str) -> str:
    if not re.fullmatch(_PATTERN, sent):
        raise ValueError(f"the sender has contracts {sent[:20]!r}, and {MAJOR}.x is read here")
    return sent


ContractVersion = Annotated[
    str,
    AfterValidator(_of_this_major),
    Field(
        description="Major and minor version of the sender's contracts; if absent, that of the reader's.",
        json_schema_extra={"pattern": _PATTERN, "examples": [f"{MAJOR}.0"]},
    ),
]


def _own_version() -> str:
    return f"{MAJOR}.{MINOR}"


class Exchange(Contract):
    """A request or a response, with the contract version of its sender."""

    contract_version: ContractVersion = Field(default_factory=_own_version)


class Envelope(BaseModel):
    """The fields of every exchange: the contract version of its sender, and the encoding."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    contract_version: ContractVersion = Field(default_factory=_own_version)
    encoding: Any = None


Read = TypeVar("Read", bound=Exchange)


def read_exchange(model: type[Read], sent: str | Mapping[str, Any]) -> Read:
    """Read a request or a response as JSON text or as parsed JSON, compressed or not.

    A key that the model does not name breaks the contract, unless the sender has a newer minor version: such a key
    is an addition that is safe to ignore, or the version would be another major one.

    Raises:
        BrokenContractError: It breaks the contract, or its sender has a different major version.
    """
    envelope = _validated(Envelope, sent)
    if envelope.encoding is not None:
        sent = _validated(Compressed, sent).body
        envelope = _validated(Envelope, sent)
    return _validated(model, sent, extra=_surplus(envelope))


def answer(response: Exchange, request: Mapping[str, Any]) -> dict[str, Any]:
    """Write the response of a service, compressed only if the request was, so that people can read it otherwise."""
    form = compress(response.model_dump_json()) if "encoding" in request else None
    return form or response.model_dump(mode="json")


Model = TypeVar("Model", bound=BaseModel)


def _validated(model: type[Model], sent: str | Mapping[str, Any], extra: ExtraValues | None = None) -> Model:
    try:
        if isinstance(sent, str):
            return model.model_validate_json(sent, extra=extra)
        return model.model_validate(sent, extra=extra)
    except ValidationError as error:
        first = field_errors(model, error)[0]
        # pydantic's message may quote a key; the message of a ValueError is ours.
        why = first.message if first.code == "value_error" else first.code
        raise BrokenContractError(
            f"{model.__name__} has {error.error_count()} errors, the first: {first.field or 'all'}: {why}"
        ) from None


def _surplus(envelope: Envelope) -> ExtraValues | None:
    return "ignore" if int(envelope.contract_version.partition(".")[2]) > MINOR else None
