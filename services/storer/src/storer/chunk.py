"""Storing the records of a chunk: in groups of one request each, then one by one those that no group has stored."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_contracts.storage import StorageResult

from storer.item import LARGE_ITEM_BYTES
from storer.logic import Write, out_of_time, prepare, put, stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Executor
    from datetime import datetime

    from pipeline_contracts.storage import StorageRecord

    from storer.logic import Table

GROUP_ITEMS = 25
"""https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html"""

TAKEN = "DuplicateItem"
"""https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html"""


@dataclass(frozen=True)
class StoredChunk:
    """The result of each record."""

    results: tuple[StorageResult, ...]
    refusals: Counter[str]
    """Codes with which requests of groups have not stored items, although their keys did not exist."""


def store_chunk(
    records: Sequence[StorageRecord],
    table: Table,
    pool: Executor,
    *,
    now: datetime,
    with_text: bool,
    seconds_left: Callable[[], float],
) -> StoredChunk:
    """Store records in the time that is left.

    Only an item that a request has certainly written counts as stored by it. For all others, `put` decides.

    A record whose write is still running at the end of the time has failed. If the write succeeds later, the retry is a
    duplicate.
    """
    prepared = [prepare(record, now, with_text=with_text) for record in records]
    results = {place: one for place, one in enumerate(prepared) if isinstance(one, StorageResult)}
    writes = {place: one for place, one in enumerate(prepared) if isinstance(one, Write)}
    refusals: Counter[str] = Counter()

    running = {pool.submit(_store, group, table): group for group in groups(writes.items())}
    while running and (ended := wait(running, seconds_left(), FIRST_COMPLETED).done):
        for step in ended:
            group = running.pop(step)
            for (place, write), result in zip(group, step.result(), strict=True):
                if isinstance(result, StorageResult):
                    results[place] = result
                else:
                    refusals.update({result} - {TAKEN})
                    running[pool.submit(_store, [(place, write)], table)] = [(place, write)]
    for step in running:
        step.cancel()
    in_order = (results.get(place) or out_of_time(record) for place, record in enumerate(records))
    return StoredChunk(tuple(in_order), refusals)


Group = list[tuple[int, Write]]
"""Writes of one request, each with the place of its record in the chunk."""


def groups(writes: Iterable[tuple[int, Write]]) -> Iterator[Group]:
    """Divide writes into groups of one request each. A group is never large, unless it is a single write."""
    group: Group = []
    size = 0
    for place, write in writes:
        if group and (len(group) == GROUP_ITEMS or size + write.size > LARGE_ITEM_BYTES):
            yield group
            group, size = [], 0
        group.append((place, write))
        size += write.size
    if group:
        yield group


def _store(group: Group, table: Table) -> list[StorageResult | str]:
    """Return the result of each write, or the code with which the request of the group has not stored it."""
    if len(group) == 1:
        return [put(write, table) for _, write in group]
    codes = table.insert([write.item for _, write in group])
    return [stored(write) if code is None else code for (_, write), code in zip(group, codes, strict=True)]
