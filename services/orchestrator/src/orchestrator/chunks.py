"""Which records travel together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.intake import ENVELOPE_BYTES
from orchestrator.limits import (
    MAX_CHUNKS,
    MAX_ITEM_JSON_BYTES,
    MAX_OPERATIONS,
    MAX_PAYLOAD_BYTES,
    OPERATIONS_OF_BATCH,
    OPERATIONS_OF_CHUNK,
    OPERATIONS_OF_RECORD,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orchestrator.messages import Record


@dataclass(frozen=True)
class Chunk:
    """Records that travel the chain together, in one invoke a stage."""

    records: tuple[Record, ...]
    may_go_one_by_one: bool
    """False if the operations of the execution would not suffice: then its records come back from the queue."""


def plan(records: Sequence[Record], chunk_size: int) -> list[Chunk]:
    """Part the records into chunks, each bounded by count, by its largest request or response, and by what is stored.

    Records for which the operations of an execution do not suffice are in no chunk, and come back from the queue.
    """
    groups = list(_groups(records, chunk_size))[:MAX_CHUNKS]
    operations_left = MAX_OPERATIONS - OPERATIONS_OF_BATCH - OPERATIONS_OF_CHUNK * len(groups)
    chunks = []
    for group in groups:
        operations_left -= OPERATIONS_OF_RECORD * len(group)
        chunks.append(Chunk(group, may_go_one_by_one=operations_left >= 0))
    return chunks


def _groups(records: Iterable[Record], chunk_size: int) -> Iterator[tuple[Record, ...]]:
    group: list[Record] = []
    payload, written = ENVELOPE_BYTES, 0
    for record in records:
        payload += record.entry_bytes
        written += record.item_json_bytes
        if group and (len(group) == chunk_size or payload > MAX_PAYLOAD_BYTES or written > MAX_ITEM_JSON_BYTES):
            yield tuple(group)
            group, payload, written = [], ENVELOPE_BYTES + record.entry_bytes, record.item_json_bytes
        group.append(record)
    if group:
        yield tuple(group)
