"""One measurement: messages sent to a variant's queue, followed until all are stored, and counted."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline_cli.outputs import StackOutputs
from pipeline_cli.queue_reader import depth
from pipeline_testing.stages import SERVICES

from bench.history import Histories, Tally
from bench.item_size import WRITE_UNIT_BYTES, item_bytes
from bench.variants import OURS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from local_aws.emulator import Emulator

    from bench.variants import Variant

_LOOK_SECONDS = 0.5
_PATIENCE_SECONDS = 300.0
_SENDERS = 4
_CALL_ENTRIES, _CALL_BYTES = 10, 1_000_000


@dataclass
class Measurement:
    """What some messages took; several rounds add up."""

    messages: int = 0
    body_bytes: int = 0
    seconds: float = 0.0
    """Of each backlog from its release, of each batch alone from its first message sent, to the last one stored."""
    latencies: list[float] = field(default_factory=list)
    """From send to stored, of each message that came a batch at a time."""
    tally: Tally = field(default_factory=Tally)
    handler_seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Of all invocations, by function, as the handlers themselves took the time."""
    computing_seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """What of that their processes computed, all threads together."""

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds

    def percentile(self, part: float) -> float:
        """Give the latency that this part of the messages does not exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


class Bench:
    """Measures variants on one emulated AWS."""

    def __init__(self, aws: Emulator) -> None:
        """Measure what is deployed there."""
        self._aws = aws
        self._sqs = aws.endpoint.sqs()
        self._logs = aws.endpoint.logs()
        self._environment = aws.deployment.parameters["EnvironmentName"]
        self._mappings = aws.event_sources
        for name, mapping in self._mappings.items():
            if name != self._function(OURS):
                mapping.pause()
        self._outputs = StackOutputs.of(aws.outputs)
        self._histories = Histories(aws.durable_port)

    def start(self, variant: Variant) -> None:
        """Let a baseline's event source mapping work; ours does from the start."""
        self._mappings[self._function(variant)].resume()

    def backlog(
        self,
        variant: Variant,
        bodies: Sequence[str],
        into: Measurement,
        *,
        during: AbstractContextManager[None] | None = None,
    ) -> dict[str, float]:
        """Fill the queue while its mapping is paused, then let it work, and add what it took until all are stored.

        ``during`` is entered and left with that. Gives the messages' ids, and when each was sent.
        """
        url, mapping = self._queue(variant), self._mappings[self._function(variant)]
        mapping.pause()
        sent = self._send(url, bodies)
        with during or nullcontext():
            since = time.time()
            mapping.resume()
            self._wait_until_empty(url)
        self._tally(variant, bodies, into)
        into.seconds += max(into.tally.stored[message] for message in sent) - since
        return sent

    def batch_at_a_time(self, variant: Variant, bodies: Sequence[str], into: Measurement) -> dict[str, float]:
        """Send a batch when the one before is stored and deleted, and add what they took, each from send to stored.

        Gives the messages' ids, and when each was sent.
        """
        url = self._queue(variant)
        batches = []
        for start in range(0, len(bodies), variant.batch_size):
            batches.append(self._send(url, bodies[start : start + variant.batch_size]))
            self._wait_until_empty(url)
        self._tally(variant, bodies, into)
        stored = into.tally.stored
        for sent in batches:
            into.seconds += max(stored[message] for message in sent) - min(sent.values())
            into.latencies += (stored[message] - at for message, at in sent.items())
        return {message: at for sent in batches for message, at in sent.items()}

    def add_handler_seconds(self, variant: Variant, since: float, into: Measurement) -> None:
        """Add the seconds that the handlers have logged since then; no other variant is at work."""
        functions = {name: f"{self._environment}-durable-pipeline-{name}" for name in SERVICES}
        for name, function in {"orchestrator": self._function(variant), **functions}.items():
            pages = self._logs.get_paginator("filter_log_events").paginate(
                logGroupName=f"/aws/lambda/{function}", startTime=int(1_000 * since)
            )
            for words in (event["message"].split() for page in pages for event in page["events"]):
                if words[:1] == ["bench:"]:
                    into.handler_seconds[name] += float(words[1])
                    into.computing_seconds[name] += float(words[3])

    def write_units(self, sent: set[str]) -> int:
        """Add up what the items of these messages took to write; raises RuntimeError if one is not in the table."""
        pages = self._aws.endpoint.dynamodb().get_paginator("scan").paginate(TableName=self._outputs.table_name)
        units = {
            item["message_id"]["S"]: math.ceil(item_bytes(item) / WRITE_UNIT_BYTES)
            for page in pages
            for item in page["Items"]
        }
        if lacking := sent - units.keys():
            raise RuntimeError(f"{len(lacking)} of {len(sent)} messages are not in the table")
        return sum(units[message] for message in sent)

    def _tally(self, variant: Variant, bodies: Sequence[str], into: Measurement) -> None:
        self._histories.add_new(self._function(variant), into.tally)
        into.messages += len(bodies)
        into.body_bytes += sum(len(body.encode()) for body in bodies)

    def _send(self, url: str, bodies: Sequence[str]) -> dict[str, float]:
        longest = max(len(body.encode()) for body in bodies)
        length = max(1, min(_CALL_ENTRIES, _CALL_BYTES // longest))
        calls = [bodies[start : start + length] for start in range(0, len(bodies), length)]

        def call(part: Sequence[str]) -> dict[str, float]:
            now = time.time()
            answer = self._sqs.send_message_batch(
                QueueUrl=url,
                Entries=[{"Id": str(index), "MessageBody": body} for index, body in enumerate(part)],
            )
            if len(answer.get("Successful", [])) != len(part):
                raise RuntimeError(f"not all were sent: {answer.get('Failed')}")
            return {entry["MessageId"]: now for entry in answer["Successful"]}

        with ThreadPoolExecutor(_SENDERS) as pool:
            return {message: at for part in pool.map(call, calls) for message, at in part.items()}

    def _wait_until_empty(self, url: str) -> None:
        left, changed = -1, time.monotonic()
        while left:
            self._aws.check()
            time.sleep(_LOOK_SECONDS)
            before, left = left, depth(self._sqs, url)
            if left != before:
                changed = time.monotonic()
            if time.monotonic() - changed > _PATIENCE_SECONDS:
                raise RuntimeError(f"{left} messages are in the queue; nothing has changed for {_PATIENCE_SECONDS} s")

    def _function(self, variant: Variant) -> str:
        return f"{self._environment}{variant.function}"

    def _queue(self, variant: Variant) -> str:
        if variant.name == OURS.name:
            return self._outputs.queue_url
        return self._sqs.get_queue_url(QueueName=self._function(variant))["QueueUrl"]
