"""The limits that shape the code: AWS's, and the bounds that follow from our own settings.

Durable execution quotas: https://docs.aws.amazon.com/lambda/latest/dg/durable-quotas.html
"""

from __future__ import annotations

MAX_PAYLOAD_BYTES = 1_048_576
"""UTF-8 bytes of a chained invoke's request, and of its response."""

MAX_OPERATIONS = 3_000
"""Operations of one execution."""

MAX_ITEM_JSON_BYTES = 4 * 1_048_576
"""DynamoDB's JSON of one chunk. The storer has 25 s and 512 MB for it, with less than a third of a core; as Python
objects, it takes some 25 times the bytes."""

EXECUTION_TIMEOUT_SECONDS = 840
"""`ExecutionTimeout` in the orchestrator's template; an event source mapping gives the whole execution 900 s."""

STAGES = 3

ATTEMPTS = 3
"""Invokes of one stage for a chunk, before its records go one by one; one by one, each is invoked once."""

FIRST_BACKOFF_SECONDS, BACKOFF_RATE, MAX_BACKOFF_SECONDS = 2, 2, 30

SERVICE_TIMEOUT_SECONDS = 25
"""`Timeout` in the templates of the validator, the transformer and the storer. A fourth stage has room, too."""

TRIED_FIRST = 5
"""Records of a chunk that go one by one before the others: if none gets through, the system is the reason."""

MAX_CANDIDATES = 3
"""Records with one identity that an execution tries, one after the other, while each is rejected."""

SENDING_SECONDS = 30
"""To reject or redeliver messages. No call begins in the second half, and none takes longer than half of it, at the
settings of `adapters.sqs_client`."""

RESUMING_SECONDS = 5
"""To invoke the orchestrator once more when an operation has ended: a cold start and a replay."""


def worst_case_seconds(stages: int = STAGES) -> int:
    """Bound the time of an execution, however its services fail; no timer is involved.

    All chunks run at once, so the bound is that of one chunk: every stage times out in every attempt but the last,
    with the backoff between them; then some of the records left behind run one by one, all at once, and time out, and
    then the others. Or nothing fails, and records with a conflict are tried one after the other.
    """
    backoff = sum(
        min(FIRST_BACKOFF_SECONDS * int(BACKOFF_RATE**retry), MAX_BACKOFF_SECONDS) for retry in range(ATTEMPTS - 1)
    )
    together = stages * (ATTEMPTS * SERVICE_TIMEOUT_SECONDS + backoff)
    one_by_one = 2 * stages * SERVICE_TIMEOUT_SECONDS
    failing = together + one_by_one + 3 * SENDING_SECONDS + (stages * (2 * ATTEMPTS + 1) + 4) * RESUMING_SECONDS

    candidate = stages * SERVICE_TIMEOUT_SECONDS + SENDING_SECONDS + (stages + 2) * RESUMING_SECONDS
    conflicting = MAX_CANDIDATES * candidate + 2 * (SENDING_SECONDS + RESUMING_SECONDS)
    return max(failing, conflicting)


OPERATIONS_OF_BATCH = 5
"""The execution, the map over the chunks, and the steps that reject unreadable messages, and log and redeliver failed
ones."""

OPERATIONS_OF_CHUNK = STAGES * (2 * ATTEMPTS - 1) + 4
"""Invokes and waits of each stage, the two maps over the records one by one, and the steps that reject and log. A chunk
without a failure takes fewer, and so do the chunks of all candidates together."""

OPERATIONS_OF_RECORD = STAGES
"""Invokes of one record that goes one by one."""

MAX_CHUNKS = (MAX_OPERATIONS - OPERATIONS_OF_BATCH) // OPERATIONS_OF_CHUNK
"""Far more than a batch of 6 MB and 1,000 messages has."""
