"""``python -m bench.encoding``: what the payloads of a chunk weigh, plain, compressed, and with the bodies in S3.

The payloads are made with the contracts, for a chunk of a hundred records; the decision is in
docs/decisions/0010-compress-what-is-checkpointed.md.
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pipeline_contracts import compress
from pipeline_contracts.storage import StorageRequest, StorageResponse
from pipeline_contracts.transformation import TransformationRequest, TransformationResponse
from pipeline_contracts.validation import ValidationRequest, ValidationResponse
from pipeline_testing.bodies import EXAMPLE

from bench.cost import MILLION, PRICES, dollars_a_million_bytes
from bench.messages import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipeline_contracts.base import Contract

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
    compressed = [_short(text) for text in plain]
    seconds = time.process_time() - began
    # The reference of the chunk's object is once in each request; the smaller payloads are compressed as well.
    claims = [_short(text) for text in payloads([""] * len(bodies))]
    each = [sum(map(len, texts)) / len(bodies) for texts in (plain, compressed, claims)]
    return Weight(plain=each[0], compressed=each[1], claim_check=each[2], milliseconds=1_000 * seconds)


def payloads(bodies: Sequence[str]) -> list[str]:
    """Make request and response of each stage."""
    chance = random.Random(1)  # noqa: S311 - the ids of messages
    ids = [str(UUID(int=chance.getrandbits(128), version=4)) for _ in bodies]
    own = [{"execution_id": f"dev-esm-{message_id}"} for message_id in ids]
    asked = [one | {"data": body} for one, body in zip(own, bodies, strict=True)]
    transformed: list[dict[str, Any]] = [
        one | {"transformed_data": EXAMPLE | {"processed_at": NOW, "transformation_applied": "standard"} | one}
        for one in own
    ]
    stored = [
        request | answer | {"message_id": message_id, "contributions": {}, "attributes": {}}
        for request, answer, message_id in zip(asked, transformed, ids, strict=True)
    ]
    exchanges: dict[type[Contract], dict[str, Any]] = {
        ValidationRequest: {"records": asked},
        ValidationResponse: {"results": [one | {"is_valid": True} for one in own]},
        TransformationRequest: {"records": asked, "max_bytes": 4_096},
        TransformationResponse: {"results": transformed},
        StorageRequest: {"records": stored},
        StorageResponse: {"results": [one | {"status": "stored", "stored_at": NOW} for one in own]},
    }
    return [model.model_validate_json(json.dumps(value)).model_dump_json() for model, value in exchanges.items()]


def _short(text: str) -> str:
    form = compress(text)
    return json.dumps(form) if form else text


def table() -> Iterator[str]:
    """Give a Markdown table: bytes a message, and dollars a million messages."""
    byte, objects = dollars_a_million_bytes(), PRICES["s3"]
    store = MILLION * (objects["write"] + READS * objects["read"]) / RECORDS
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
    print(*table(), sep="\n")
