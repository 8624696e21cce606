"""From messages to records: what cannot be read is rejected here, and no service is called for it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from pipeline_contracts import MAX_DERIVED_BYTES, ErrorCode, InvalidBodyError, PipelineMessage, execution_id

from orchestrator.errors import FailureCode, place_of
from orchestrator.limits import MAX_PAYLOAD_BYTES
from orchestrator.messages import Failure, Record, Rejection

if TYPE_CHECKING:
    from orchestrator.messages import Message

STAGE = "intake"

ENVELOPE_BYTES = 64
"""Of a request or a response, around its entries."""

ENTRY_BYTES = 512
"""Of one entry: its keys and punctuation, two timestamps and the name of the transformation."""

VALUE_BYTES = 9
"""What DynamoDB's JSON adds to a value: `1` becomes `{"N":"1"}`, and `true` becomes `{"BOOL":true}`."""

BATCHES_KEPT = 8
"""Executions that take turns in a process, as each waits for its services most of the time. A batch has 6 MB of text at
most, which may take four times as much memory, of the 1,024 MB of the template."""

_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')


@dataclass(frozen=True)
class Intake:
    """A batch, parted."""

    records: tuple[Record, ...]
    rejections: tuple[Rejection, ...]
    failures: tuple[Failure, ...] = ()


@lru_cache(maxsize=BATCHES_KEPT)
def take_in(messages: tuple[Message, ...], environment: str) -> Intake:
    """Part the messages that parse from those that never will, and join those with the same identity and data.

    A replay takes in the same messages again, often where they were taken in before.
    """
    groups: dict[str, _Group] = {}
    rejections: list[Rejection] = []
    failures: list[Failure] = []
    for message in messages:
        identity = execution_id(environment, message.message_id, None)
        try:
            content = PipelineMessage.from_body(message.body)
            identity = execution_id(environment, message.message_id, content)
            record = Record(
                identity,
                message,
                entry_bytes=entry_bytes(identity, message, content),
                item_json_bytes=item_json_bytes(message.body),
            )
            if record.entry_bytes + ENVELOPE_BYTES > MAX_PAYLOAD_BYTES:
                rejections.append(_too_large(record))
            elif identity in groups:
                groups[identity].add(record, content)
            else:
                groups[identity] = _Group(record, content)
        except InvalidBodyError as error:
            first = error.errors[0]
            rejections.append(Rejection(message, identity, STAGE, first.code, str(error), first.field))
        except Exception as error:  # noqa: BLE001 -- whatever a model raises, its neighbours keep their outcomes
            failures.append(Failure(Record(identity, message), STAGE, FailureCode.MODEL_ERROR, place_of(error)))
    own_fault = bool(groups or rejections)  # a model that raises for all is as good as an outage
    return Intake(
        tuple(group.record() for group in groups.values()),
        tuple(rejections),
        tuple(replace(failure, own_fault=own_fault) for failure in failures),
    )


class _Group:
    """The messages with one identity: those with the same data are one record."""

    def __init__(self, record: Record, content: PipelineMessage) -> None:
        self._records: list[tuple[Record, list[Message]]] = [(record, [])]
        self._first = content
        self._by_digest: dict[str, int] = {}

    def add(self, record: Record, content: PipelineMessage) -> None:
        if not self._by_digest:
            self._by_digest[self._first.data_digest()] = 0
        place = self._by_digest.setdefault(content.data_digest(), len(self._records))
        if place < len(self._records):
            self._records[place][1].append(record.message)
        else:
            self._records.append((record, []))

    def record(self) -> Record:
        """Give the first record, which knows the others.

        At every second delivery another one is first, in case that the first is poison and the others never had a turn.
        """
        records = [replace(record, copies=tuple(copies)) for record, copies in self._records]
        delivery = records[0].message.receive_count
        turn = 0 if delivery % 2 else delivery // 2 % len(records)
        first, *others = (*records[turn:], *records[:turn])
        return replace(first, conflicting=tuple(others)) if others else first


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


def item_json_bytes(body: str) -> int:
    """Estimate a body in DynamoDB's JSON, which is six times as large for an array of small numbers."""
    outside_strings = _STRING.sub("", body)
    values = 1 + outside_strings.count(",") + outside_strings.count("[") + outside_strings.count("{")
    return len(body.encode()) + VALUE_BYTES * values


def _too_large(record: Record) -> Rejection:
    reason = f"the body takes {record.entry_bytes:,} bytes in a request; {MAX_PAYLOAD_BYTES:,} is the most"
    return Rejection(record.message, record.execution_id, STAGE, ErrorCode.MESSAGE_TOO_LARGE, reason)
