"""The outcome of one message."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pipeline_cli.executions.deliveries import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_cli.messages.attributes import Attribute

    from pipeline_demo.sending import SentMessage

UNEXPLAINED = Reason()


class Outcome(StrEnum):
    """Where a message was found; by design, each message ends in exactly one of the first three."""

    STORED = "stored"
    REJECTED = "rejected"
    FAILED = "failed"
    LOST = "lost"
    NOT_SENT = "not sent"


@dataclass(frozen=True)
class Place:
    """A place where a message was found, ``seconds`` after it was sent."""

    outcome: Outcome
    execution_id: str
    seconds: float
    why: Reason = UNEXPLAINED
    """The reason that the pipeline gives."""
    note: str = ""
    """The circumstances, from SQS and the table."""
    execution_arn: str = ""
    """The execution that brought it there, if known."""
    queued_id: str = ""
    """Its id in the queue that it is in."""
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    """The producer's own attributes in that place."""

    @property
    def reason(self) -> str:
        """All of this in one line."""
        return ": ".join(filter(None, (self.note, str(self.why))))


@dataclass
class TrackedMessage:
    """A sent message and all places where it was found, in the order of finding."""

    message: SentMessage
    execution_id: str
    places: list[Place] = field(default_factory=list)
    data: Any = None
    """Its JSON, without its envelope; None if it is not JSON."""
    loss: str = "it is neither in the table nor in a queue"
    """Why it is lost, if it is not found anywhere."""
    deleted: bool = False
    """Whether its item was in the table, but has been deleted."""
    altered: bool = False
    """Whether the data of its item has changed."""
    execution_arn: str = ""
    """The last execution that had it in its batch, if known."""

    @property
    def outcome(self) -> Outcome:
        """The outcome of the first place, or lost."""
        return self.places[0].outcome if self.places else Outcome.LOST

    @property
    def outcomes(self) -> set[Outcome]:
        """The outcomes of all places; more than one breaks the invariant."""
        return {place.outcome for place in self.places}
