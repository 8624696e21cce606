"""``python -m bench.encoding``: what the payloads of a chunk weigh, plain, compressed, and with the bodies in S3.

The payloads are made with the contracts, for a chunk of a hundred records; the decision is in
docs/decisions/0010-compress-what-is-checkpointed.md.
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from pipeline_contracts import compress
from pipeline_contracts.storage import StorageRecord, StorageRequest, StorageResponse, StorageResult, StorageStatus
from pipeline_contracts.transformation import (
    TransformationRecord,
    TransformationRequest,
    TransformationResponse,
    TransformationResult,
)
from pipeline_contracts.validation import ValidationRecord, ValidationRequest, ValidationResponse, ValidationResult
from pipeline_testing.bodies import EXAMPLE

from bench.cost import GIGABYTE, MILLION, RETENTION_DAYS
from bench.messages import KINDS
from bench.prices import Prices

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RECORDS = 100
NOW = "2026-11-21T12:00:00.123456Z"
READS = 3
"""Of a chunk's object: one by each service."""


@dataclass(frozen=True)
class Weight:
    """Bytes a message, in all six payloads of the chain; and the processor time to compress and read them, a chunk."""

    plain: float
    compressed: float
    claim_check: float
    milliseconds: float


def weigh(bodies: Sequence[str]) -> Weight:
    """Weigh the payloads of a chunk of these bodies."""
    plain = payloads(bodies)
    began = time.process_time()
    compressed = [short(text) for text in plain]
    seconds = time.process_time() - began
    # The reference of the chunk's object is once in each request; the smaller payloads are compressed as well.
    claims = [short(text) for text in payloads([""] * len(bodies))]
    each = [sum(map(len, texts)) / len(bodies) for texts in (plain, compressed, claims)]
    return Weight(plain=each[0], compressed=each[1], claim_check=each[2], milliseconds=1_000 * seconds)


def short(text: str) -> str:
    """Give what is sent for a payload."""
    form = compress(text)
    return json.dumps(form) if form else text


def payloads(bodies: Sequence[str]) -> list[str]:
    """Make request and response of each stage."""
    chance = random.Random(1)  # noqa: S311 - the ids of messages
    ids = [f"dev-esm-{UUID(int=chance.getrandbits(128), version=4)}" for _ in bodies]
    data = [
        {**EXAMPLE, "processed_at": NOW, "execution_id": identity, "transformation_applied": "standard"}
        for identity in ids
    ]
    exchanges = (
        ValidationRequest(
            records=tuple(ValidationRecord(execution_id=i, data=body) for i, body in zip(ids, bodies, strict=True))
        ),
        ValidationResponse(results=tuple(ValidationResult(execution_id=i, is_valid=True) for i in ids)),
        TransformationRequest(
            records=tuple(TransformationRecord(execution_id=i, data=body) for i, body in zip(ids, bodies, strict=True)),
            max_bytes=4_096,
        ),
        TransformationResponse(
            results=tuple(
                TransformationResult(execution_id=i, transformed_data=one) for i, one in zip(ids, data, strict=True)
            )
        ),
        StorageRequest(
            records=tuple(
                StorageRecord(
                    execution_id=i,
                    message_id=i.removeprefix("dev-esm-"),
                    data=body,
                    transformed_data=one,
                    contributions={},
                    attributes={},
                )
                for i, body, one in zip(ids, bodies, data, strict=True)
            )
        ),
        StorageResponse(
            results=tuple(StorageResult(execution_id=i, status=StorageStatus.STORED, stored_at=NOW) for i in ids)
        ),
    )
    return [exchange.model_dump_json() for exchange in exchanges]


def table(prices: Prices) -> Iterator[str]:
    """Give a Markdown table: bytes a message, and dollars a million messages."""
    byte = MILLION / GIGABYTE * (prices.gigabyte_written + prices.gigabyte_month * RETENTION_DAYS / 30)
    store = MILLION * (prices.object_write + READS * prices.object_read) / RECORDS
    yield "| messages | plain, bytes | dollars | compressed, bytes | dollars | ms a chunk | in S3, bytes | dollars |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for kind, make in KINDS.items():
        for size in (100, 1_024, 2_048):
            found = weigh(list(make(size, RECORDS)))
            yield (
                f"| {kind}, {size:,} bytes | {found.plain:,.0f} | {found.plain * byte:.2f} | {found.compressed:,.0f} | "
                f"{found.compressed * byte:.2f} | {found.milliseconds:.0f} | {found.claim_check:,.0f} | "
                f"{found.claim_check * byte + store:.2f} |"
            )


if __name__ == "__main__":
    print("\n".join(table(Prices.read())))
