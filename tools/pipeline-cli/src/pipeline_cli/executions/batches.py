"""The batch of an execution: the messages in its input event, and their records."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipeline_contracts import InvalidBodyError, data_digest, parse_body

from pipeline_cli.rejected_message import first_message_id_of_event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline_contracts import ParsedMessage

    from pipeline_cli.intake import Intake


@dataclass(frozen=True)
class BatchMessage:
    """A message as it was delivered."""

    index: int
    message_id: str
    first_message_id: str
    """The id that its producer got: our tools put it in an attribute when they send a message again."""
    body: str
    receive_count: int
    sent: datetime | None


@dataclass(frozen=True)
class BatchRecord:
    """A message of a batch, with the identity that the stages know it by."""

    message: BatchMessage
    execution_id: str
    parsed: ParsedMessage | None
    code: str = ""
    """The error code if it could not be parsed."""
    field: str = ""
    reason: str = ""

    @cached_property
    def digest(self) -> str:
        """The digest of its data."""
        return self.parsed.data_digest() if self.parsed else ""


class Batch:
    """The messages of an execution."""

    def __init__(self, messages: Sequence[BatchMessage], intake: Intake) -> None:
        """Wrap messages that were delivered to an environment."""
        self.messages = tuple(messages)
        self._intake = intake

    @classmethod
    def of(cls, event: str | None, intake: Intake) -> Batch:
        """Read an input event; the batch is empty if there is none, or if it is not from SQS."""
        try:
            records = json.loads(event or "")["Records"]
            return cls([_message(index, record) for index, record in enumerate(records)], intake)
        except (ValueError, KeyError, TypeError):
            return cls((), intake)

    @cached_property
    def records(self) -> tuple[BatchRecord, ...]:
        """All records, in the order of the batch."""
        return tuple(self._record(message) for message in self.messages)

    @cached_property
    def by_identity(self) -> Mapping[str, Sequence[BatchRecord]]:
        """The records by identity. Several messages with the same key are several records of one identity here."""
        found: dict[str, list[BatchRecord]] = defaultdict(list)
        for record in self.records:
            found[record.execution_id].append(record)
        return found

    def find(self, message_id: str) -> BatchRecord | None:
        """Find the record of a message."""
        return next((record for record in self.records if record.message.message_id == message_id), None)

    def duplicates(self, record: BatchRecord) -> list[str]:
        """Return the ids of the other messages with the same identity and data: they share its outcome."""
        return [one.message.message_id for one in self._others(record) if one.digest == record.digest]

    def conflicts(self, record: BatchRecord) -> list[str]:
        """Return the ids of the messages with the same identity but other data: at most one of them is stored."""
        return [one.message.message_id for one in self._others(record) if one.digest != record.digest]

    def _others(self, record: BatchRecord) -> list[BatchRecord]:
        if record.parsed is None:
            return []
        return [one for one in self.by_identity[record.execution_id] if one is not record and one.parsed]

    def _record(self, message: BatchMessage) -> BatchRecord:
        first_id = message.first_message_id
        identity = self._intake.identity(first_id, None)
        try:
            parsed = self._intake.parse(message.body)
        except InvalidBodyError as error:
            first = error.errors[0]
            return BatchRecord(message, identity, None, first.code, first.field, str(error))
        except Exception:  # noqa: BLE001 -- a model of a team's own may raise anything; the log has what came of it
            return BatchRecord(message, identity, None)
        return BatchRecord(message, self._intake.identity(first_id, parsed), parsed)


def digest_of(body: Any) -> str:
    """Digest the data of a request's entry, for comparison with that of a record; empty if it cannot be read."""
    try:
        return data_digest(parse_body(body))
    except (InvalidBodyError, TypeError):
        return ""


def _message(index: int, record: Mapping[str, Any]) -> BatchMessage:
    attributes = record.get("attributes") or {}
    sent = attributes.get("SentTimestamp")
    return BatchMessage(
        index,
        record["messageId"],
        first_message_id_of_event(record),
        record["body"],
        int(attributes.get("ApproximateReceiveCount") or 0),
        datetime.fromtimestamp(int(sent) / 1_000, UTC) if sent else None,
    )
