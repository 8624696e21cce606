"""From messages to records: what cannot be read is rejected here, and no service is called for it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline_contracts import (
    MAX_DERIVED_BYTES,
    ErrorCode,
    InvalidBodyError,
    PipelineMessage,
    execution_id,
    same_json,
)

from orchestrator.limits import MAX_PAYLOAD_BYTES
from orchestrator.messages import Record, Rejection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.messages import Message

STAGE = "intake"

ENVELOPE_BYTES = 64
"""Of a request or a response, around its entries."""

ENTRY_BYTES = 512
"""Of one entry: its keys and punctuation, two timestamps and the name of the transformation."""


@dataclass(frozen=True)
class SizedRecord:
    """A record and the bytes that its largest entry can take, in any request or response of the chain."""

    record: Record
    entry_bytes: int


@dataclass(frozen=True)
class Intake:
    """A batch, parted."""

    records: tuple[SizedRecord, ...]
    rejections: tuple[Rejection, ...]


def take_in(messages: Sequence[Message], environment: str) -> Intake:
    """Part the messages that parse from those that never will, and join those with the same identity."""
    parsed: dict[str, PipelineMessage] = {}
    records: dict[str, SizedRecord] = {}
    rejections: list[Rejection] = []
    for message in messages:
        try:
            content = PipelineMessage.from_body(message.body)
        except InvalidBodyError as error:
            identity = execution_id(environment, message.message_id, None)
            rejections.append(Rejection(message, identity, STAGE, error.errors[0].code, str(error)))
            continue
        identity = execution_id(environment, message.message_id, content)
        if identity in records:
            is_copy = same_json(content.model_dump(), parsed[identity].model_dump())
            records[identity] = _joined(records[identity], message, is_copy=is_copy)
            continue
        size = entry_bytes(identity, message, content)
        if size + ENVELOPE_BYTES > MAX_PAYLOAD_BYTES:
            reason = f"the body takes {size:,} bytes in a request; {MAX_PAYLOAD_BYTES:,} is the most"
            rejections.append(Rejection(message, identity, STAGE, ErrorCode.MESSAGE_TOO_LARGE, reason))
            continue
        parsed[identity] = content
        records[identity] = SizedRecord(Record(identity, message), size)
    return Intake(tuple(records.values()), tuple(rejections))


def entry_bytes(identity: str, message: Message, content: PipelineMessage) -> int:
    """Bound a record's entry in a storage request, the largest: it holds the body and the transformed data."""
    ascii_only = (
        identity,
        identity,
        message.message_id,
        content.data_source.upper(),
        content.processing_type,
    )
    return (
        len(json.dumps(message.body, ensure_ascii=False).encode())
        # A runtime may escape what is not ASCII in a response, six bytes for a character.
        + sum(len(json.dumps(text)) for text in ascii_only)
        + MAX_DERIVED_BYTES
        + ENTRY_BYTES
    )


def _joined(sized: SizedRecord, message: Message, *, is_copy: bool) -> SizedRecord:
    record = sized.record
    if is_copy:
        return replace(sized, record=replace(record, copies=(*record.copies, message)))
    return replace(sized, record=replace(record, rivals=(*record.rivals, message)))
