"""Which record a message belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline_contracts import execution_id, parse_message

from pipeline_cli.rejected_message import told_of

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef


def identity(environment: str, first_message_id: str, body: str) -> str:
    """Name the record of a body as the orchestrator does."""
    try:
        parsed = parse_message(body)
    except Exception:  # noqa: BLE001 - the model of the message may raise anything; the orchestrator does the same then
        parsed = None
    return execution_id(environment, first_message_id, parsed)


def identities_of(environment: str, message: MessageTypeDef) -> set[str]:
    """Give the identities of a received message: what it says itself, and what its body and ids say."""
    told: dict[str, Any] = told_of(message)
    first = told.get("message_id")
    computed = identity(environment, first if isinstance(first, str) else message["MessageId"], message["Body"])
    said = told.get("execution_id")
    return {computed, said} if isinstance(said, str) else {computed}
