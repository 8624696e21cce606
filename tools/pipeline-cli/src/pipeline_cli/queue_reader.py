"""Reading a queue. Messages are hidden during reading, and visible again afterwards unless they were deleted."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pipeline_cli.advice import advice
from pipeline_cli.queue_depth import QueueDepth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

# Longer than any run, so that each message is read once; SQS allows twelve hours at most.
_LONGEST_SECONDS = 43_200
BATCH = 10
"""Maximum entries per call: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html"""

_THREADS = 8
_WAIT_SECONDS = 1
_MOST_EMPTY = 4 * _THREADS


@dataclass(frozen=True)
class Contents:
    """The messages that could be read from a queue."""

    messages: tuple[MessageTypeDef, ...]
    """The messages, oldest first."""
    unread: int
    """The approximate number of visible messages left: SQS allows 120,000 in flight."""
    hidden: int
    """The approximate number that is hidden because somebody else has received them."""


@dataclass(frozen=True)
class _Receipt:
    handle: str
    number: int
    """How often the message was received. SQS may deliver it twice, and only the last receipt is certain to work."""
    until: float
    """When the message becomes visible again, by the clock."""


class QueueReader:
    """The messages of a queue, which stay there until they are deleted."""

    def __init__(
        self,
        client: SQSClient,
        url: str,
        *,
        hidden_seconds: int = _LONGEST_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Read the queue at that URL; a received message stays hidden for that long, unless ``hide`` renews it."""
        self._client = client
        self._url = url
        self._hidden_seconds = hidden_seconds
        self._clock = clock
        self._receipts: dict[str, _Receipt] = {}
        self._lock = threading.Lock()

    def new_messages(self, limit: int | None = None) -> list[MessageTypeDef]:
        """Return the messages that arrived since the last call, as far as the queue returns them at once."""
        arrived: list[MessageTypeDef] = []
        while limit is None or len(arrived) < limit:
            messages = self._receive(wait_seconds=0, most=BATCH if limit is None else min(BATCH, limit - len(arrived)))
            if not messages:
                break
            arrived += messages
        return arrived

    def all_messages(self, limit: int | None = None, progress: Callable[[int], None] = lambda _: None) -> Contents:
        """Receive each message once, with several threads; ``progress`` receives the number so far.

        A queue is read to its end when all threads have waited in vain and SQS counts no visible message.
        """
        found: dict[str, MessageTypeDef] = {}
        enough = threading.Event()
        empty = 0

        def receive() -> None:
            nonlocal empty
            while not enough.is_set():
                try:
                    messages = self._receive(wait_seconds=_WAIT_SECONDS)
                except self._client.exceptions.OverLimit:
                    enough.set()
                    return
                with self._lock:
                    found.update((message["MessageId"], message) for message in messages)
                    empty = 0 if messages else empty + 1
                    waited = empty
                    progress(len(found))
                if limit is not None and len(found) >= limit:
                    enough.set()
                if waited and waited % _THREADS == 0 and (waited >= _MOST_EMPTY or not self._count("")):
                    enough.set()

        with ThreadPoolExecutor(_THREADS) as pool:
            try:
                for thread in [pool.submit(receive) for _ in range(_THREADS)]:
                    thread.result()
            finally:
                enough.set()
        ordered = sorted(found.values(), key=lambda one: (int(one["Attributes"]["SentTimestamp"]), one["MessageId"]))
        if limit is not None:
            self.put_back(message["MessageId"] for message in ordered[limit:])
            ordered = ordered[:limit]
        unread = self._count("") if limit is None else 0
        return Contents(tuple(ordered), unread, max(0, self._count("NotVisible") - len(self._receipts)))

    def lapsing(self, seconds: float) -> list[str]:
        """Return the ids of the messages that become visible again within that time."""
        latest = self._clock() + seconds
        with self._lock:
            return [message_id for message_id, receipt in self._receipts.items() if receipt.until <= latest]

    def hide(self, message_ids: Iterable[str]) -> dict[str, str]:
        """Hide messages for the full time again, and return the problems by message id.

        A message that has become visible in the meantime, or that somebody else has received, cannot be hidden.
        """
        until = self._clock() + self._hidden_seconds
        hidden, problems = self._change(message_ids, self._hidden_seconds)
        with self._lock:
            for message_id in hidden & self._receipts.keys():
                self._receipts[message_id] = replace(self._receipts[message_id], until=until)
        return problems

    def put_back(self, message_ids: Iterable[str] | None = None) -> None:
        """Make messages visible again, by default all received ones."""
        wanted = list(self._receipts if message_ids is None else message_ids)
        self._change(wanted, 0)
        self._forget(wanted)

    def delete(self, message_ids: Iterable[str]) -> dict[str, str]:
        """Delete received messages, and return the problems by message id."""
        deleted, problems = self._call(self._client.delete_message_batch, message_ids)
        self._forget(deleted)
        return problems

    def _receive(self, wait_seconds: int, most: int = BATCH) -> list[MessageTypeDef]:
        until = self._clock() + self._hidden_seconds
        answer = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=most,
            WaitTimeSeconds=wait_seconds,
            VisibilityTimeout=self._hidden_seconds,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages = answer.get("Messages", [])
        with self._lock:
            for message in messages:
                number = int(message["Attributes"]["ApproximateReceiveCount"])
                known = self._receipts.get(message["MessageId"])
                if known is None or known.number <= number:
                    self._receipts[message["MessageId"]] = _Receipt(message["ReceiptHandle"], number, until)
        return messages

    def _count(self, which: str) -> int:
        name: Any = f"ApproximateNumberOfMessages{which}"
        return int(self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=[name])["Attributes"][name])

    def _change(self, message_ids: Iterable[str], seconds: int) -> tuple[set[str], dict[str, str]]:
        return self._call(self._client.change_message_visibility_batch, message_ids, VisibilityTimeout=seconds)

    def _call(
        self, call: Callable[..., Any], message_ids: Iterable[str], **fields: Any
    ) -> tuple[set[str], dict[str, str]]:
        """Call with the receipts of messages, in concurrent batches; return the successes and the failures."""
        with self._lock:
            handles = {one: self._receipts[one].handle for one in message_ids if one in self._receipts}

        def run(part: list[str]) -> dict[str, str]:
            entries = [
                {"Id": str(index), "ReceiptHandle": handles[message_id], **fields}
                for index, message_id in enumerate(part)
            ]
            try:
                answer = call(QueueUrl=self._url, Entries=entries)
            except (BotoCoreError, ClientError) as error:
                return dict.fromkeys(part, advice(error))
            return {
                part[int(failure["Id"])]: f"{failure['Code']}: {failure.get('Message', '')}"
                for failure in answer.get("Failed", [])
            }

        wanted = list(handles)
        parts = [wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH)]
        problems: dict[str, str] = {}
        if len(parts) == 1:
            problems = run(parts[0])
        elif parts:
            with ThreadPoolExecutor(_THREADS) as pool:
                for some in pool.map(run, parts):
                    problems |= some
        return handles.keys() - problems.keys(), problems

    def _forget(self, message_ids: Iterable[str]) -> None:
        with self._lock:
            for message_id in message_ids:
                self._receipts.pop(message_id, None)


def depth(client: SQSClient, url: str) -> int:
    """Count the messages in a queue: visible, in flight and delayed."""
    return QueueDepth.read(client, url).total
