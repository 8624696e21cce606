"""Reading a request or a response, whatever minor version of the contracts its sender has.

The decision and its reasons: docs/decisions/0002-strictness-and-forward-compatibility.md.
"""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipeline_contracts.base import Contract

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.config import ExtraValues

VERSION = version("durable-pipeline-contracts")
"""Of this package, as its pyproject.toml has it."""

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
    """A request or a response: it says which contracts its sender has."""

    contract_version: ContractVersion = Field(default_factory=_own_version)


class Envelope(BaseModel):
    """What can be read of every exchange: which contracts its sender has."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    contract_version: ContractVersion = Field(default_factory=_own_version)


Read = TypeVar("Read", bound=Exchange)


def read_exchange(model: type[Read], sent: str | Mapping[str, Any]) -> Read:
    """Read a request or a response, JSON text or what was parsed from it.

    A key that the model does not name breaks the contract, unless the sender has a newer minor version: such a key
    is an addition that is safe to ignore, or the version would be another major one.

    Raises:
        ValidationError: It breaks the contract, or its sender has another major version.
    """
    if isinstance(sent, str):
        envelope = Envelope.model_validate_json(sent)
        return model.model_validate_json(sent, extra=_surplus(envelope))
    return model.model_validate(sent, extra=_surplus(Envelope.model_validate(sent)))


def _surplus(envelope: Envelope) -> ExtraValues | None:
    return "ignore" if int(envelope.contract_version.partition(".")[2]) > MINOR else None
