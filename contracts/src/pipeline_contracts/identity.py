"""The identity of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_contracts.parsed_message import ParsedMessage


def execution_id(environment: str, message_id: str, message: ParsedMessage | None) -> str:
    """Name a record, with the same name for each delivery.

    SQS gives a message a new id when it is redriven or sent again. Only a key in the body stays the same: its
    `idempotency_key`, or the id of its envelope.

    Args:
        environment: Name of the deployment, such as `dev`.
        message_id: The `messageId` of the SQS message.
        message: The parsed body; None for a body that could not be parsed.
    """
    if message is not None and message.key is not None:
        return f"{environment}-key-{message.key}"
    return f"{environment}-esm-{message_id}"
