"""The limits that shape the code: AWS's, and the bounds that follow from our own settings.

Durable execution quotas: https://docs.aws.amazon.com/lambda/latest/dg/durable-quotas.html
"""

from __future__ import annotations

MAX_PAYLOAD_BYTES = 1_048_576
"""UTF-8 bytes of a chained invoke's request, and of its response."""

MAX_OPERATIONS = 3_000
"""Operations of one execution."""

STAGES = 3

ATTEMPTS = 3
"""Invokes of one stage for a chunk, before its records go one by one; one by one, each is invoked once."""

FIRST_BACKOFF_SECONDS, BACKOFF_RATE, MAX_BACKOFF_SECONDS = 2, 2, 30

SERVICE_TIMEOUT_SECONDS = 45
"""`Timeout` in the templates of the validator, the transformer and the storer."""

SENDING_SECONDS = 50
"""To reject or redeliver the messages of a batch: one failed call ends it, and the others take milliseconds."""

SENDINGS = 3
"""One after the other: unreadable messages, those that a chunk rejects, and those that are delivered again."""

FIRST_REDELIVERY_SECONDS, MAX_REDELIVERY_SECONDS = 10, 300


def redelivery_seconds(receive_count: int) -> int:
    """Say how long a failed message stays invisible: twice as long after each delivery.

    The queue's own visibility timeout outlasts a whole execution, a quarter of an hour that nobody needs to wait.
    """
    return min(FIRST_REDELIVERY_SECONDS * int(2 ** (receive_count - 1)), MAX_REDELIVERY_SECONDS)


RESUMING_SECONDS = 5
"""To invoke the orchestrator once more when an operation has ended: a cold start and a replay."""


def worst_case_seconds() -> int:
    """Bound the time of an execution, however its services fail.

    All chunks run at once, so the bound is that of one chunk: every stage times out in every attempt but the last,
    with the backoff between them; then the records left behind run one by one, all at once, and time out too. It is
    why the handler needs no clock.
    """
    backoff = sum(
        min(FIRST_BACKOFF_SECONDS * int(BACKOFF_RATE**retry), MAX_BACKOFF_SECONDS) for retry in range(ATTEMPTS - 1)
    )
    together = STAGES * (ATTEMPTS * SERVICE_TIMEOUT_SECONDS + backoff)
    one_by_one = STAGES * SERVICE_TIMEOUT_SECONDS
    resumptions = STAGES * (2 * ATTEMPTS - 1) + STAGES + 3
    return together + one_by_one + SENDINGS * SENDING_SECONDS + resumptions * RESUMING_SECONDS


OPERATIONS_OF_BATCH = 4
"""The execution, the map over the chunks, and the steps that reject unreadable and redeliver failed messages."""

OPERATIONS_OF_CHUNK = STAGES * (2 * ATTEMPTS - 1) + 3
"""Invokes and waits of each stage, the map over the records one by one, and the steps that reject and log."""

OPERATIONS_OF_RECORD = STAGES
"""Invokes of one record that goes one by one."""

MAX_CHUNKS = (MAX_OPERATIONS - OPERATIONS_OF_BATCH) // OPERATIONS_OF_CHUNK
"""More are only needed for a batch with very many rivals: messages with one idempotency_key and different data."""
