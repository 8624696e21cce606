"""The queue of the mapping, with the few operations that the mapping needs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import DeleteMessageBatchRequestEntryTypeDef, MessageTypeDef

_LOGGER = logging.getLogger(__name__)

RECEIVE_LIMIT = 10
"""Maximum messages per ReceiveMessage or DeleteMessageBatch."""


class SqsQueue:
    """An SQS queue."""

    def __init__(self, client: SQSClient, url: str) -> None:
        """Use the queue at that URL."""
        self._client = client
        self._url = url

    def receive(self, limit: int, *, wait_seconds: int) -> list[MessageTypeDef]:
        """Receive up to ``limit`` messages (10 at most) with all attributes, waiting that long for the first."""
        answer = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=min(limit, RECEIVE_LIMIT),
            WaitTimeSeconds=wait_seconds,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return answer.get("Messages", [])

    def delete(self, receipt_handles: Sequence[str]) -> list[str]:
        """Delete messages, ten at a time, and return the handles of those that could not be deleted.

        ReceiptHandleIsInvalid counts as deleted: MiniStack returns it if the message is already gone, or was received
        again since, where AWS reports success.
        """
        refused = []
        for start in range(0, len(receipt_handles), RECEIVE_LIMIT):
            part = receipt_handles[start : start + RECEIVE_LIMIT]
            entries: list[DeleteMessageBatchRequestEntryTypeDef] = [
                {"Id": str(index), "ReceiptHandle": handle} for index, handle in enumerate(part)
            ]
            answer = self._client.delete_message_batch(QueueUrl=self._url, Entries=entries)
            for failure in answer.get("Failed", []):
                if failure["Code"] != "ReceiptHandleIsInvalid":
                    _LOGGER.warning("a message could not be deleted: %s", failure)
                    refused.append(part[int(failure["Id"])])
        return refused
