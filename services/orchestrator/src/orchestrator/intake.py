"""From messages to records: what cannot be read is rejected here, and no service is called for it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
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
    from orchestrator.messages import Message

STAGE = "intake"

ENVELOPE_BYTES = 64
"""Of a request or a response, around its entries."""

ENTRY_BYTES = 512
"""Of one entry: its keys and punctuation, two timestamps and the name of the transformation."""


BATCHES_KEPT = 8
"""Executions that take turns in a process, as each waits for its services most of the time. A batch has 6 MB of text at
most, which may take four times as much memory, of the 1,024 MB of the template."""


@dataclass(frozen=True)
class SizedRecord:
    """A record, and what decides with which others it travels."""

    record: Record
    entry_bytes: int
    """Bytes that its largest entry can take, in any request or response of the chain."""
    rival: int = 0
    """How many records before it have its identity and other data: at most one of them can be stored."""


@dataclass(frozen=True)
class Intake:
    """A batch, parted."""

    records: tuple[SizedRecord, ...]
    rejections: tuple[Rejection, ...]


@lru_cache(maxsize=BATCHES_KEPT)
def take_in(messages: tuple[Message, ...], environment: str) -> Intake:
    """Part the messages that parse from those that never will, and join those with the same identity and data.

    A replay takes in the same messages again, often where they were taken in before.
    """
    records: list[SizedRecord] = []
    contents: dict[str, list[tuple[PipelineMessage, int]]] = {}
    rejections: list[Rejection] = []
    for message in messages:
        try:
            content = PipelineMessage.from_body(message.body)
        except InvalidBodyError as error:
            identity = execution_id(environment, message.message_id, None)
            rejections.append(Rejection(message, identity, STAGE, error.errors[0].code, str(error)))
            continue
        identity = execution_id(environment, message.message_id, content)
        size = entry_bytes(identity, message, content)
        if size + ENVELOPE_BYTES > MAX_PAYLOAD_BYTES:
            reason = f"the body takes {size:,} bytes in a request; {MAX_PAYLOAD_BYTES:,} is the most"
            rejections.append(Rejection(message, identity, STAGE, ErrorCode.MESSAGE_TOO_LARGE, reason))
            continue
        known = contents.setdefault(identity, [])
        position = next((position for other, position in known if _same(other, content)), None)
        if position is not None:
            original = records[position]
            joined = replace(original.record, copies=(*original.record.copies, message))
            records[position] = replace(original, record=joined)
            continue
        records.append(SizedRecord(Record(identity, message), size, rival=len(known)))
        known.append((content, len(records) - 1))
    return Intake(tuple(records), tuple(rejections))


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


def _same(one: PipelineMessage, other: PipelineMessage) -> bool:
    return same_json(one.model_dump(exclude_unset=True), other.model_dump(exclude_unset=True))
