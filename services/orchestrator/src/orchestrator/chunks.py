"""Planning: which records are sent together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.bounds import (
    MAX_ITEM_JSON_BYTES,
    OPERATIONS_OF_BATCH,
    max_chunks,
    max_isolated,
    operations_of_chunk,
    operations_of_isolation,
)
from orchestrator.quotas import MAX_OPERATIONS, MAX_PAYLOAD_BYTES
from orchestrator.sizes import FRAME_BYTES
from orchestrator.stages import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orchestrator.messages import Record
    from orchestrator.stage import Stage


@dataclass(frozen=True)
class Chunk:
    """Records that go through the chain together, in one invoke per stage."""

    records: tuple[Record, ...]
    may_be_isolated: bool
    """Whether its records may be isolated. If the execution has too few operations left, they are redelivered."""


def plan(records: Sequence[Record], chunk_size: int, stages: Sequence[Stage] = STAGES) -> list[Chunk]:
    """Split the records into chunks, bounded by count, by the largest request or response, and by stored size.

    Records beyond an execution's operations are in no chunk, and are redelivered.
    """
    groups = list(_groups(records, min(chunk_size, max_isolated(stages))))[: max_chunks(stages)]
    operations_left = MAX_OPERATIONS - OPERATIONS_OF_BATCH - operations_of_chunk(stages) * len(groups)
    chunks = []
    for group in groups:
        operations_left -= operations_of_isolation(stages, len(group))
        chunks.append(Chunk(group, may_be_isolated=operations_left >= 0))
    return chunks


def _groups(records: Iterable[Record], chunk_size: int) -> Iterator[tuple[Record, ...]]:
    group: list[Record] = []
    payload, written = FRAME_BYTES, 0
    for record in records:
        payload += record.entry_bytes
        written += record.item_json_bytes
        if group and (len(group) == chunk_size or payload > MAX_PAYLOAD_BYTES or written > MAX_ITEM_JSON_BYTES):
            yield tuple(group)
            group, payload, written = [], FRAME_BYTES + record.entry_bytes, record.item_json_bytes
        group.append(record)
    if group:
        yield tuple(group)
