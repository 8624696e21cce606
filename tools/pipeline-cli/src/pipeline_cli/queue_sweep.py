"""Deleting some messages of a queue: all are received, those are deleted, and the others are put back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_cli.queue_depth import QueueDepth

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MOST_MESSAGES = 20_000
"""Of one sweep: SQS lets about 120,000 messages be in flight, and a receive of ten takes some 20 ms."""

WAIT_SECONDS = 1
"""A long poll asks all of SQS's servers: a short one may find nothing although there is something."""

_HIDDEN_SECONDS = 900
_BATCH = 10
_EMPTY_IN_A_ROW = 2


@dataclass
class Sweep:
    """What a sweep has done."""

    hidden: int
    """About how many messages could not be received, as they were in flight before."""
    seen: int = 0
    deleted: int = 0
    complete: bool = True
    """False if the queue has more messages than a sweep receives."""


def delete_matching(client: SQSClient, url: str, matches: Callable[[MessageTypeDef], bool]) -> Sweep:
    """Look at the messages of the queue at that URL, and delete those that match."""
    sweep = Sweep(hidden=QueueDepth.read(client, url).in_flight)
    held: list[str] = []
    try:
        empty = 0
        while empty < _EMPTY_IN_A_ROW:
            received = _receive(client, url)
            empty = 0 if received else empty + 1
            sweep.seen += len(received)
            held += [message["ReceiptHandle"] for message in received]
            for message in filter(matches, received):
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                held.remove(message["ReceiptHandle"])
                sweep.deleted += 1
            if len(held) >= MOST_MESSAGES:
                sweep.complete = False
                break
    finally:
        _put_back(client, url, held)
    return sweep


def _receive(client: SQSClient, url: str) -> list[MessageTypeDef]:
    answer = client.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=_BATCH,
        VisibilityTimeout=_HIDDEN_SECONDS,
        WaitTimeSeconds=WAIT_SECONDS,
        MessageSystemAttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    return answer.get("Messages", [])


def _put_back(client: SQSClient, url: str, handles: list[str]) -> None:
    for start in range(0, len(handles), _BATCH):
        client.change_message_visibility_batch(
            QueueUrl=url,
            Entries=[
                {"Id": str(index), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                for index, handle in enumerate(handles[start : start + _BATCH])
            ],
        )
