"""Our own bounds: the time and the operations of an execution, and the size of a chunk."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from orchestrator.quotas import EXECUTION_TIMEOUT_SECONDS, MAX_OPERATIONS
from orchestrator.retry import backoff_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.stage import Stage

MAX_ITEM_JSON_BYTES = 4 * 1_048_576
"""DynamoDB's JSON of one chunk. The storer has 25 s and 512 MB for it, with less than a third of a core; as Python
objects, it takes some 25 times the bytes."""

TRIED_FIRST = 5
"""Records of a chunk that are isolated first: if none succeeds, it is an outage."""

RUN_ALONE_AT_ONCE = 25
"""Records of a chunk that are isolated without groups. With more, groups save operations: at three stages, one poison
record in 400 costs 141 at most with groups, and 1,200 without."""

MAX_CANDIDATES = 3
"""Records with one identity that an execution tries sequentially, until one is not rejected."""

SENDING_SECONDS = 30
"""To reject or redeliver messages. No call begins in the second half, and none takes longer than half of it, at the
settings of `adapters.sqs_client`."""

RESUMING_SECONDS = 5
"""For the next invocation of the orchestrator when an operation has ended: a cold start and a replay."""

OPERATIONS_OF_BATCH = 5
"""The execution, the map over the chunks, and the steps that reject unreadable messages, and log and redeliver failed
ones."""


def group_size(records: int) -> int:
    """Return how many records are isolated together: the square root makes one poison record cost the least."""
    return math.isqrt(records - 1) + 1


def operations_of_chunk(stages: Sequence[Stage]) -> int:
    """Return the maximum number of operations of a chunk, without those of isolated records.

    They are the invokes of each stage and the waits between them, the two maps over isolated records, and the steps
    that reject and log.
    """
    return sum(2 * stage.attempts - 1 for stage in stages) + 4


def operations_of_isolation(stages: Sequence[Stage], records: int) -> int:
    """Return the maximum number of operations to isolate so many records, each in a group and then alone.

    Groups have records that wait for the same stage, so that each stage may add one group that is not full. The map
    over the groups is one more operation.
    """
    alone = len(stages) * records
    if records <= RUN_ALONE_AT_ONCE:
        return alone
    return alone + len(stages) * (group_size(records) + len(stages)) + 1


def max_isolated(stages: Sequence[Stage]) -> int:
    """Return how many records of one chunk an execution can isolate: more than a chunk has, up to six stages."""
    operations = MAX_OPERATIONS - OPERATIONS_OF_BATCH - operations_of_chunk(stages)
    records = operations // len(stages)
    while operations_of_isolation(stages, records) > operations:
        records -= 1
    return records


def max_chunks(stages: Sequence[Stage]) -> int:
    """Return how many chunks an execution can run: far more than a batch of 6 MB and 1,000 messages has."""
    return (MAX_OPERATIONS - OPERATIONS_OF_BATCH) // operations_of_chunk(stages)


def worst_case_seconds(stages: Sequence[Stage]) -> int:
    """Bound the time of an execution for every kind of failure of its services; no timer is involved.

    All chunks run at once, so the bound is that of one chunk: every stage times out in every attempt but the last,
    with the backoff between them; then some of the records left behind are isolated, all at once, and time out, then
    the others in groups, and then alone. Or nothing fails, and records with a conflict are tried one after the other.
    """
    timeouts = sum(stage.timeout_seconds for stage in stages)
    together = sum(stage.attempts * stage.timeout_seconds + backoff_seconds(stage.attempts) for stage in stages)
    resumes = sum(2 * stage.attempts + 2 for stage in stages) + 4
    failing = together + 3 * timeouts + 3 * SENDING_SECONDS + resumes * RESUMING_SECONDS

    candidate = timeouts + SENDING_SECONDS + (len(stages) + 2) * RESUMING_SECONDS
    conflicting = MAX_CANDIDATES * candidate + 2 * (SENDING_SECONDS + RESUMING_SECONDS)
    return max(failing, conflicting)


def outage_seconds(stages: Sequence[Stage]) -> int:
    """Bound the time until a service that hangs counts as an outage: all attempts, then the first isolated records."""
    resumes = 8 * RESUMING_SECONDS
    return max(
        (stage.attempts + 1) * stage.timeout_seconds + backoff_seconds(stage.attempts) + resumes for stage in stages
    )


def check_time(stages: Sequence[Stage]) -> None:
    """Check that the worst case fits into an execution.

    Raises:
        ValueError: It does not fit; the message names the timeout to which each stage could be shortened.
    """
    worst = worst_case_seconds(stages)
    if worst <= EXECUTION_TIMEOUT_SECONDS:
        return
    enough = {stage.name: _shorter(stage, worst - EXECUTION_TIMEOUT_SECONDS) for stage in stages}
    ways = [f"{name} to {seconds} s" for name, seconds in enough.items() if seconds > 0]
    raise ValueError(
        f"the stages may take {worst} s, but an execution has only {EXECUTION_TIMEOUT_SECONDS} s. "
        + (
            f"Shorten the timeout of one: {' or '.join(ways)}."
            if ways
            else "Shorten several timeouts, or drop attempts."
        )
    )


def _shorter(stage: Stage, excess: int) -> int:
    return stage.timeout_seconds - -(-excess // (stage.attempts + 3))
