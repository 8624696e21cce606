"""Parsing messages into records: unreadable ones are rejected here, before any service is invoked.

The services get the message itself. A rejected or failed message keeps the envelope in which it arrived.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline_contracts import ErrorCode, InvalidBodyError, execution_id, location_of
from pipeline_contracts.envelopes import Envelope, read_message

from orchestrator.errors import FailureCode
from orchestrator.messages import Failure, Record, Rejection, texts_of
from orchestrator.quotas import MAX_PAYLOAD_BYTES
from orchestrator.sizes import FRAME_BYTES, entry_bytes, item_json_bytes, unreserved_bytes
from orchestrator.stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_contracts import ParsedMessage

    from orchestrator.messages import Message
    from orchestrator.stage import Stage

STAGE = "intake"


@dataclass(frozen=True)
class Intake:
    """A parsed batch: its records, and the messages that could not be parsed."""

    records: tuple[Record, ...]
    rejections: tuple[Rejection, ...]
    failures: tuple[Failure, ...] = ()


def parse_batch(
    messages: tuple[Message, ...],
    environment: str,
    stages: Sequence[Stage] = STAGES,
    *,
    envelope: Envelope = Envelope.NONE,
    stores_attributes: bool = False,
) -> Intake:
    """Parse the messages, and join those with the same identity and data into one record."""
    groups: dict[str, _Group] = {}
    rejections: list[Rejection] = []
    failures: list[Failure] = []
    for message in messages:
        first_id = message.first_message_id
        identity = execution_id(environment, first_id, None)
        try:
            parsed = read_message(message.body, envelope)
            identity = execution_id(environment, first_id, parsed)
            attributes = texts_of({**parsed.attributes, **message.attributes}) if stores_attributes else {}
            record = Record(
                identity,
                message,
                unwrapped=None if parsed.text == message.body else parsed.text,
                attributes=attributes,
                entry_bytes=entry_bytes(identity, first_id, parsed.text, attributes, stages),
                item_json_bytes=item_json_bytes(parsed.text, attributes),
            )
            if record.entry_bytes + unreserved_bytes(stages) + FRAME_BYTES > MAX_PAYLOAD_BYTES:
                rejections.append(_too_large(record))
            elif identity in groups:
                groups[identity].add(record, parsed)
            else:
                groups[identity] = _Group(record, parsed)
        except InvalidBodyError as error:
            first = error.errors[0]
            rejections.append(Rejection(message, identity, STAGE, first.code, str(error), first.field))
        except Exception as error:  # noqa: BLE001 -- an error of a model must not fail the neighbours
            failures.append(Failure(Record(identity, message), STAGE, FailureCode.MODEL_ERROR, location_of(error)))
    own_fault = bool(groups or rejections)  # a model that raises for all messages counts as an outage
    return Intake(
        tuple(group.record() for group in groups.values()),
        tuple(rejections),
        tuple(replace(failure, own_fault=own_fault) for failure in failures),
    )


class _Group:
    """The messages with one identity; those with the same data form one record."""

    def __init__(self, record: Record, parsed: ParsedMessage) -> None:
        self._records: list[tuple[Record, list[Message]]] = [(record, [])]
        self._first = parsed
        self._by_digest: dict[str, int] = {}

    def add(self, record: Record, parsed: ParsedMessage) -> None:
        if not self._by_digest:
            digest = self._first.data_digest()
            self._by_digest[digest] = 0
            first, duplicates = self._records[0]
            self._records[0] = (replace(first, data_digest=digest), duplicates)
        digest = parsed.data_digest()
        place = self._by_digest.setdefault(digest, len(self._records))
        if place < len(self._records):
            self._records[place][1].append(record.message)
        else:
            self._records.append((replace(record, data_digest=digest), []))

    def record(self) -> Record:
        """Return the first record, which refers to the others.

        Every second delivery starts with another one, in case the first is poison.
        """
        records = [replace(record, duplicates=tuple(duplicates)) for record, duplicates in self._records]
        delivery = records[0].message.receive_count
        turn = 0 if delivery % 2 else delivery // 2 % len(records)
        first, *others = (*records[turn:], *records[:turn])
        return replace(first, conflicting=tuple(others)) if others else first


def _too_large(record: Record) -> Rejection:
    reason = f"the body takes {record.entry_bytes:,} bytes in a request; the maximum is {MAX_PAYLOAD_BYTES:,}"
    return Rejection(record.message, record.execution_id, STAGE, ErrorCode.MESSAGE_TOO_LARGE, reason)
