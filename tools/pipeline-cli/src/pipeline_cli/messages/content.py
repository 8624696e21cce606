"""A body under the contracts of this repository: a message with an identity and data, or a problem."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_contracts import InvalidBodyError, data_digest, location_of, parse_body

if TYPE_CHECKING:
    from pipeline_contracts import ParsedMessage

    from pipeline_cli.intake import Intake

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
NOT_ACCEPTED = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""A character that SQS does not accept in messages."""


@dataclass(frozen=True)
class Problem:
    """Why a body would not be stored."""

    field: str
    """Empty for the whole body."""
    reason: str


@dataclass(frozen=True)
class Content:
    """A body that was read."""

    parsed: ParsedMessage | None
    digest: str | None
    """The digest of its data; also of a JSON object that is no message, which an earlier release may have stored."""
    problem: Problem | None

    @property
    def keyed(self) -> bool:
        """Whether it is identified by a key in the body rather than by its message id."""
        return self.parsed is not None and self.parsed.key is not None

    @property
    def text(self) -> str:
        """Its JSON text, as the services receive it; empty if it is no message."""
        return self.parsed.text if self.parsed else ""


def why(field: str, reason: str) -> str:
    """Format a field and a reason, which may itself name the field."""
    return reason if reason.startswith(field) else f"{field}: {reason}"


def content_of(body: str, intake: Intake) -> Content:
    """Read a body; no content makes it raise."""
    try:
        parsed = intake.parse(body)
        refused = NOT_ACCEPTED.search(body)
        problem = Problem("", f"SQS does not accept the character U+{ord(refused[0]):04X}") if refused else None
        return Content(parsed, parsed.data_digest(), problem)
    except InvalidBodyError as error:
        problem = Problem(error.errors[0].field, str(error))
    except Exception as error:  # noqa: BLE001 -- a model may raise anything, and the message fails for it
        problem = Problem("", f"the model of the message or its envelope raised {location_of(error)}")
    try:
        return Content(None, data_digest(parse_body(intake.unwrapped(body))), problem)
    except Exception:  # noqa: BLE001 -- an envelope of a team's own may raise anything
        return Content(None, None, problem)
