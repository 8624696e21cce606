"""One measurement: messages sent to a variant's queue, followed until all are stored, and counted."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline_cli.outputs import StackOutputs
from pipeline_cli.queue_reader import depth

from bench.handler_log import read_log
from bench.history import Histories, Tally
from bench.item_size import WRITE_UNIT_BYTES, item_bytes
from bench.plain_mapping import Mapping, PlainMapping
from bench.processes import clocked
from bench.variants import BASELINES, CONCURRENCY, OURS, WINDOW_SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local_aws.emulator import Emulator

    from bench.variants import Variant

_LOOK_SECONDS = 0.5
_PATIENCE_SECONDS = 300.0
_SENDERS = 4
_CALL_ENTRIES, _CALL_BYTES = 10, 1_000_000


@dataclass
class Measurement:
    """The totals for some messages; several rounds add up."""

    messages: int = 0
    body_bytes: int = 0
    seconds: float = 0.0
    """For each backlog from its release, for each single batch from its first message sent, to the last one stored."""
    latencies: list[float] = field(default_factory=list)
    """From sending to storing, for each message of a single batch."""
    tally: Tally = field(default_factory=Tally)
    handler_seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Of all invocations, by function, as timed by the handlers themselves."""
    computing_seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """The part of that during which their processes computed, all threads together."""
    processor_seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Of all processes of the emulated AWS during a backlog, by part."""
    log_bytes: int = 0
    """Billed for the functions' logs."""

    @property
    def rate(self) -> float:
        """Messages per second."""
        return self.messages / self.seconds

    def percentile(self, part: float) -> float:
        """Return the latency that this part of the messages does not exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


class Bench:
    """Measures variants on one emulated AWS."""

    def __init__(self, aws: Emulator, *, with_baselines: bool = False) -> None:
        """Measure the application deployed there; the handlers of a copy with baselines print their times."""
        self._aws = aws
        self._sqs = aws.endpoint.sqs()
        self._logs = aws.endpoint.logs()
        self._environment = aws.deployment.parameters["EnvironmentName"]
        self._mappings: dict[str, Mapping] = {OURS.name: aws.event_sources[self._name(OURS.function)]}
        self._outputs = StackOutputs.of(aws.outputs)
        self._histories = Histories(aws.durable_port)
        self._timed = with_baselines
        self._plain: list[PlainMapping] = []
        for variant in BASELINES if with_baselines else ():
            self._add_mapping(variant)

    def close(self) -> None:
        """Stop the mappings of ordinary functions."""
        for mapping in self._plain:
            mapping.close()

    def _add_mapping(self, variant: Variant) -> None:
        if variant.durable:
            process = self._aws.event_sources[self._name(variant.function)]
            process.pause()
            self._mappings[variant.name] = process
            return
        chain = [
            PlainMapping(
                self._aws.endpoint,
                function=self._name(function),
                queue=self._name(queue),
                batch_size=variant.batch_size,
                window=WINDOW_SECONDS,
                concurrency=CONCURRENCY,
            )
            for function, queue in zip(variant.functions.values(), variant.queues, strict=True)
        ]
        for mapping in chain[1:]:
            mapping.resume()
        self._mappings[variant.name] = chain[0]
        self._plain += chain

    def backlog(self, variant: Variant, bodies: Sequence[str], into: Measurement) -> dict[str, float]:
        """Fill the queue while its mapping is paused, then resume it, and add the totals until all are stored.

        Returns the message ids, with the time when each was sent.
        """
        mapping = self._mappings[variant.name]
        mapping.pause()
        sent = self.send(variant, bodies)
        with clocked(into.processor_seconds):
            since = time.time()
            mapping.resume()
            self.wait_until_empty(variant)
        self._count(variant, bodies, sent, into)
        into.seconds += max(into.tally.stored[message] for message in sent) - since
        return sent

    def batch_at_a_time(self, variant: Variant, bodies: Sequence[str], into: Measurement) -> dict[str, float]:
        """Send each batch when the previous one is stored and deleted, and add totals and each message's latency.

        Returns the message ids, with the time when each was sent.
        """
        self._mappings[variant.name].resume()
        batches = []
        for start in range(0, len(bodies), variant.batch_size):
            batches.append(self.send(variant, bodies[start : start + variant.batch_size]))
            self.wait_until_empty(variant)
        sent_at = {message: at for sent in batches for message, at in sent.items()}
        self._count(variant, bodies, sent_at, into)
        stored = into.tally.stored
        for sent in batches:
            into.seconds += max(stored[message] for message in sent) - min(sent.values())
            into.latencies += (stored[message] - at for message, at in sent.items())
        return sent_at

    def write_units(self, sent: set[str]) -> int:
        """Add up the write units of these messages' items; raises RuntimeError if one is not in the table."""
        pages = self._aws.endpoint.dynamodb().get_paginator("scan").paginate(TableName=self._outputs.table_name)
        units = {
            item["message_id"]["S"]: math.ceil(item_bytes(item) / WRITE_UNIT_BYTES)
            for page in pages
            for item in page["Items"]
        }
        if lacking := sent - units.keys():
            raise RuntimeError(f"{len(lacking)} of {len(sent)} messages are not in the table")
        return sum(units[message] for message in sent)

    def _count(self, variant: Variant, bodies: Sequence[str], sent: dict[str, float], into: Measurement) -> None:
        into.messages += len(bodies)
        into.body_bytes += sum(len(body.encode()) for body in bodies)
        if variant.durable:
            self.add_histories(variant, into.tally)
        if self._timed:
            self._add_logs(variant, min(sent.values()), into)

    def add_histories(self, variant: Variant, tally: Tally) -> None:
        """Add the executions that were not counted before."""
        self._histories.add_new(self._name(variant.function), tally)

    def _add_logs(self, variant: Variant, since: float, into: Measurement) -> None:
        """Add the handlers' logs since that time; no other variant is running."""
        for name, function in variant.functions.items():
            found = read_log(self._logs, self._name(function), since)
            into.handler_seconds[name] += found.handler_seconds
            into.computing_seconds[name] += found.computing_seconds
            into.log_bytes += found.billed_bytes
            if not variant.durable:
                into.tally.service_invocations[name] += found.invocations
                into.tally.stored |= found.stored

    def send(self, variant: Variant, bodies: Sequence[str]) -> dict[str, float]:
        """Send messages, and return their ids with the time when each was sent."""
        url = self._queue_url(variant.function)
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
                raise RuntimeError(f"not all messages were sent: {answer.get('Failed')}")
            return {entry["MessageId"]: now for entry in answer["Successful"]}

        with ThreadPoolExecutor(_SENDERS) as pool:
            return {message: at for part in pool.map(call, calls) for message, at in part.items()}

    def wait_until_empty(self, variant: Variant) -> None:
        """Wait until each message is stored and deleted; raises RuntimeError if nothing changes any more."""
        # In the order in which a message passes them, so that one in between is counted at least once.
        urls = [self._queue_url(queue) for queue in variant.queues]
        left, changed = -1, time.monotonic()
        while left:
            self._aws.check()
            time.sleep(_LOOK_SECONDS)
            before, left = left, sum([depth(self._sqs, url) for url in urls])
            if left != before:
                changed = time.monotonic()
            if time.monotonic() - changed > _PATIENCE_SECONDS:
                raise RuntimeError(f"{left} messages are still queued; nothing has changed for {_PATIENCE_SECONDS} s")

    def _name(self, end: str) -> str:
        return f"{self._environment}{end}"

    def _queue_url(self, end: str) -> str:
        if end == OURS.function:
            return self._outputs.queue_url
        return self._sqs.get_queue_url(QueueName=self._name(end))["QueueUrl"]
