"""The record to which a message belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_cli.messages.content import content_of
from pipeline_cli.rejected_message import first_message_id, told_of

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from pipeline_cli.intake import Intake


def identity(intake: Intake, first_message_id: str, body: str) -> str:
    """Return the identity of a body's record, as the orchestrator does."""
    return intake.identity(first_message_id, content_of(body, intake).parsed)


def identities_of(intake: Intake, message: MessageTypeDef, *, rejected: bool) -> set[str]:
    """Return the identities of a received message: by body and ids, and, for one that we rejected, by our attribute."""
    computed = identity(intake, first_message_id(message), message["Body"])
    said = told_of(message).get("execution_id") if rejected else None
    return {computed, said} if isinstance(said, str) else {computed}
