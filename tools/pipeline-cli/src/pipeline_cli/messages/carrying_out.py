"""Carrying out a plan: send, then log, then delete, so that each message that left the queue was sent and is logged."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pipeline_cli.advice import advice
from pipeline_cli.messages.attributes import MAX_BYTES
from pipeline_cli.messages.hold import secure
from pipeline_cli.messages.plan import LEAVES, Decision
from pipeline_cli.queue_reader import BATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence

    from pipeline_cli.messages.plan import Planned
    from pipeline_cli.messages.reading import Kind
    from pipeline_cli.operations_log import OperationsLog
    from pipeline_cli.queue_reader import QueueReader

_MOST_REFUSED = 3
"""After this many consecutive batches with a refused call, the rest is left."""


@dataclass
class Done:
    """The result of a plan."""

    counts: Counter[Decision] = field(default_factory=Counter)
    """Messages that left the queue, by decision."""
    problems: Counter[str] = field(default_factory=Counter)
    """Messages that should have left the queue but did not, by reason."""


class Carrier:
    """Sends and deletes the messages of a plan."""

    def __init__(
        self,
        sqs: Any,
        source_url: str,
        reader: QueueReader,
        log: OperationsLog,
        kind: Kind,
        *,
        rate: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Send the messages that the reader has received to the source queue.

        Args:
            sqs: A client of SQS.
            source_url: The destination queue.
            reader: Has received the messages, and keeps them hidden.
            log: Receives one line per message.
            kind: The queue that the messages are in.
            rate: Maximum number of messages sent per second.
            sleep: The sleep function.
            clock: Returns seconds, for the rate.
        """
        self._sqs = sqs
        self._source_url = source_url
        self._reader = reader
        self._log = log
        self._kind = kind
        self._rate = rate
        self._sleep = sleep
        self._clock = clock
        self._next = clock()

    def run(
        self,
        planned: Sequence[Planned],
        progress: Callable[[int], None] = lambda _: None,
        stops: Callable[[], bool] = lambda: False,
    ) -> Done:
        """Carry out the decisions that remove messages from the queue.

        ``progress`` receives the number of messages tried; ``stops`` is called after each batch, to leave the rest.
        """
        done = Done()
        refused = tried = 0
        batches = list(_batches([one for one in planned if one.decision in LEAVES]))
        for index, batch in enumerate(batches):
            problems, was_refused = self._carry_out(batch)
            done.counts.update(one.decision for one in batch if one.message.message_id not in problems)
            done.problems.update(problems.values())
            tried += len(batch)
            progress(tried)
            refused = refused + 1 if was_refused else 0
            rest = sum(map(len, batches[index + 1 :]))
            if refused == _MOST_REFUSED or stops():
                why = (
                    "not tried after so many refused calls" if refused == _MOST_REFUSED else "not tried: it was stopped"
                )
                done.problems.update({why: rest} if rest else {})
                break
        return done

    def _carry_out(self, batch: Sequence[Planned]) -> tuple[dict[str, str], bool]:
        """Return the problems by message id, and whether a whole call was refused."""
        self._pace(sum(one.decision is Decision.SEND for one in batch))
        refused = False
        problems = {
            message_id: f"somebody else has received it meanwhile: {problem}"
            for message_id, problem in secure(self._reader, [one.message.message_id for one in batch]).items()
        }
        batch = [one for one in batch if one.message.message_id not in problems]
        sent: dict[str, str] = {}
        sending = [one for one in batch if one.decision is Decision.SEND]
        if sending:
            sent, not_sent, refused = self._send(sending)
            problems |= not_sent
            batch = [one for one in batch if one.message.message_id not in problems]
        if not batch:
            return problems, refused
        ids = [one.message.message_id for one in batch]
        if problem := self._log.write([self._line(one, sent) for one in batch]):
            return problems | {one: _still_there(one, sent, f"not logged: {problem}") for one in ids}, True
        kept = self._reader.delete(ids)
        problems |= {one: _still_there(one, sent, f"not deleted: {problem}") for one, problem in kept.items()}
        return problems, refused or len(kept) == len(batch)

    def _send(self, batch: Sequence[Planned]) -> tuple[dict[str, str], dict[str, str], bool]:
        """Return the new ids of the sent messages, the problems of the others, and whether the call was refused."""
        ids = [one.message.message_id for one in batch]
        entries = [one.entry.to_send(str(index)) for index, one in enumerate(batch) if one.entry]
        try:
            answer = self._sqs.send_message_batch(QueueUrl=self._source_url, Entries=entries)
        except (BotoCoreError, ClientError) as error:
            return {}, dict.fromkeys(ids, f"not sent: {advice(error)}"), True
        sent = {ids[int(success["Id"])]: success["MessageId"] for success in answer.get("Successful", [])}
        failed = dict.fromkeys(ids, "not sent: it is missing from the response of SQS") | {
            ids[int(failure["Id"])]: f"not sent: {failure['Code']}: {failure.get('Message', '')}"
            for failure in answer.get("Failed", [])
        }
        return sent, {one: problem for one, problem in failed.items() if one not in sent}, False

    def _line(self, one: Planned, sent: dict[str, str]) -> dict[str, Any]:
        return {
            "action": self._kind.resend if one.decision is Decision.SEND else one.decision.value,
            "queue": self._kind.value,
            "message_id": one.message.message_id,
            "first_message_id": one.message.first_message_id,
            "execution_id": one.execution_id,
            "new_message_id": sent.get(one.message.message_id),
            "edited": one.edited,
        }

    def _pace(self, count: int) -> None:
        if not count:
            return
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + count / self._rate


def _still_there(message_id: str, sent: Container[str], problem: str) -> str:
    return f"still in its queue, {'sent but ' if message_id in sent else ''}{problem}"


def _batches(planned: Sequence[Planned]) -> Iterator[list[Planned]]:
    """Split them by the limits of SendMessageBatch."""
    batch: list[Planned] = []
    size = 0
    for one in planned:
        own = one.entry.bytes if one.entry else 0
        if batch and (len(batch) == BATCH or size + own > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += own
    if batch:
        yield batch
