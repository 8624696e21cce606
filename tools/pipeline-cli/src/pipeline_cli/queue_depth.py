"""The number of messages in a queue, from SQS's own approximate counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_NUMBERS: tuple[QueueAttributeNameType, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


@dataclass(frozen=True)
class QueueDepth:
    """The numbers of messages in a queue."""

    visible: int
    in_flight: int
    """Received but not deleted, or failed and waiting for the next delivery."""
    delayed: int

    @classmethod
    def read(cls, client: SQSClient, url: str) -> Self:
        """Read the counts of the queue at that URL."""
        attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=list(_NUMBERS))["Attributes"]
        return cls(*(int(attributes[name]) for name in _NUMBERS))

    @property
    def total(self) -> int:
        """The sum of all."""
        return self.visible + self.in_flight + self.delayed

    def __str__(self) -> str:
        """Format the three numbers for people."""
        return f"{self.visible:,} visible, {self.in_flight:,} in flight, {self.delayed:,} delayed"
