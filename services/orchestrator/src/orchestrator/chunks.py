"""Which records travel together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.intake import ENVELOPE_BYTES
from orchestrator.limits import (
    MAX_CHUNKS,
    MAX_OPERATIONS,
    MAX_PAYLOAD_BYTES,
    OPERATIONS_OF_BATCH,
    OPERATIONS_OF_CHUNK,
    OPERATIONS_OF_RECORD,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from orchestrator.intake import SizedRecord
    from orchestrator.messages import Record


@dataclass(frozen=True)
class Chunk:
    """Records that travel the chain together, in one invoke a stage."""

    records: tuple[Record, ...]
    may_go_one_by_one: bool
    """False if the operations of the execution would not suffice: then its records come back from the queue."""


def plan(records: Sequence[SizedRecord], chunk_size: int) -> list[Chunk]:
    """Part the records into chunks, each bounded by count and by bytes of its largest request or response.

    Rivals are in different chunks: a request names each identity once, and the table decides which of them is first.
    Records for which the operations of an execution do not suffice are in no chunk, and come back from the queue.
    """
    rivals = sorted({sized.rival for sized in records})
    waves = ([sized for sized in records if sized.rival == rival] for rival in rivals)
    groups = [group for wave in waves for group in _groups(wave, chunk_size)][:MAX_CHUNKS]
    operations_left = MAX_OPERATIONS - OPERATIONS_OF_BATCH - OPERATIONS_OF_CHUNK * len(groups)
    chunks = []
    for group in groups:
        operations_left -= OPERATIONS_OF_RECORD * len(group)
        chunks.append(Chunk(group, may_go_one_by_one=operations_left >= 0))
    return chunks


def _groups(records: Iterable[SizedRecord], chunk_size: int) -> Iterator[tuple[Record, ...]]:
    group: list[Record] = []
    size = ENVELOPE_BYTES
    for sized in records:
        if group and (len(group) == chunk_size or size + sized.entry_bytes > MAX_PAYLOAD_BYTES):
            yield tuple(group)
            group, size = [], ENVELOPE_BYTES
        group.append(sized.record)
        size += sized.entry_bytes
    if group:
        yield tuple(group)
