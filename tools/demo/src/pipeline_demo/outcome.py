"""What became of one message."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline_cli.executions.deliveries import Reason

from pipeline_demo.data import object_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_cli.messages.attributes import Attribute

    from pipeline_demo.sending import SentMessage

UNEXPLAINED = Reason()

_LONGEST_KEY = 256
_SURROGATE = re.compile("[\ud800-\udfff]")


class Outcome(StrEnum):
    """Where a message was found; by the design each message ends in exactly one of the first three."""

    STORED = "stored"
    REJECTED = "rejected"
    FAILED = "failed"
    LOST = "lost"
    NOT_SENT = "not sent"


@dataclass(frozen=True)
class Place:
    """One place where a message was found; ``seconds`` have passed since it was sent."""

    outcome: Outcome
    execution_id: str
    seconds: float
    why: Reason = UNEXPLAINED
    """What the pipeline says of it."""
    note: str = ""
    """What SQS and the table say of it."""
    execution_arn: str = ""
    """Of the execution that brought it there, where that is known."""
    queued_id: str = ""
    """The id that it has in the queue where it is."""
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    """The producer's own attributes that it has there."""

    @property
    def reason(self) -> str:
        """All of this in one line."""
        return ": ".join(filter(None, (self.note, str(self.why))))


@dataclass
class TrackedMessage:
    """A sent message and all places where it was found, the first one first."""

    message: SentMessage
    execution_id: str
    places: list[Place] = field(default_factory=list)
    loss: str = "it is neither in the table nor in a queue"
    """Why it is lost, if it is found nowhere."""
    deleted: bool = False
    """Its item was in the table, and has been deleted."""
    altered: bool = False
    """Its item has other data than it had."""
    execution_arn: str = ""
    """Of the last execution that had it in its batch, as far as that is known."""

    @property
    def outcome(self) -> Outcome:
        """The first place, or lost."""
        return self.places[0].outcome if self.places else Outcome.LOST

    @property
    def outcomes(self) -> set[Outcome]:
        """Every kind of place; more than one kind breaks the invariant."""
        return {place.outcome for place in self.places}


def execution_id_of(environment: str, message_id: str, body: str) -> str:
    """Give the identity of a message's record: that of its key if it has one, else that of the message.

    A key with a lone surrogate is none, as no table takes it.
    """
    key = object_of(body).get("idempotency_key")
    if isinstance(key, str) and 1 <= len(key) <= _LONGEST_KEY and not _SURROGATE.search(key):
        return f"{environment}-key-{key}"
    return f"{environment}-esm-{message_id}"
