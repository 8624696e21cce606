"""Which records travel together."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from orchestrator.bounds import MAX_ITEM_JSON_BYTES, OPERATIONS_OF_BATCH, operations_of_chunk, operations_of_isolation
from orchestrator.chunks import plan
from orchestrator.intake import parse_batch
from orchestrator.messages import Record, messages_of
from orchestrator.quotas import MAX_OPERATIONS, MAX_PAYLOAD_BYTES
from orchestrator.sizes import item_json_bytes, overhead_bytes
from orchestrator.stage import contribution
from orchestrator.stages import STAGES
from pipeline import CORE, body, event_of
from pipeline_contracts import ErrorCode, RecordError
from pipeline_contracts.contribution import ContributionRequest
from pipeline_contracts.storage import StorageResult
from pipeline_contracts.transformation import TransformationResponse, TransformationResult
from pipeline_contracts.validation import ValidationResult

if TYPE_CHECKING:
    from orchestrator.stage import Stage

OWN = tuple(contribution("n" * 30 + f"{number:02}") for number in range(7))


def chunks_of(*bodies: str, chunk_size: int = 100) -> list[list[str]]:
    intake = parse_batch(messages_of(event_of(*bodies)), "test")
    return [[record.message.message_id for record in chunk.records] for chunk in plan(intake.records, chunk_size)]


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (1, [1]), (99, [99]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])]
)
def test_a_chunk_is_bounded_by_count(count: int, sizes: list[int]) -> None:
    assert [len(chunk) for chunk in chunks_of(*(body(n=index) for index in range(count)))] == sizes


def test_a_chunk_is_bounded_by_bytes() -> None:
    third = body(text="x" * (MAX_PAYLOAD_BYTES // 3))

    assert chunks_of(third, third, third, body()) == [["m0", "m1"], ["m2", "m3"]]


def test_a_record_too_large_to_travel_alone_is_rejected_and_its_neighbours_go_on() -> None:
    messages = messages_of(event_of(body(), body(text="x" * MAX_PAYLOAD_BYTES), body()))

    intake = parse_batch(messages, "test")

    (rejection,) = intake.rejections
    assert (rejection.message.message_id, rejection.code) == ("m1", "message_too_large")
    assert "1,048,576" in rejection.reason
    assert [record.message.message_id for record in intake.records] == ["m0", "m2"]


def widest(record: Record) -> Record:
    """Return a record with the largest output that is reserved."""
    output_bytes = sum(stage.reserved_bytes for stage in STAGES)
    transformed = {"k": "x" * (output_bytes - len('{"k": ""}'))}
    return replace(record, transformed=transformed)


@given(
    st.lists(
        st.fixed_dictionaries({"text": st.text(), "n": st.integers(1, 40_000)}),
        min_size=1,
        max_size=30,
    ),
    st.booleans(),
)
def test_no_request_and_no_response_passes_one_mebibyte(contents: list[dict[str, Any]], ascii_only: bool) -> None:
    bodies = [
        json.dumps(json.loads(body(text=content["text"] * content["n"])), ensure_ascii=ascii_only)
        for content in contents
    ]
    intake = parse_batch(messages_of(event_of(*bodies)), "test")

    for chunk in plan(intake.records, 100):
        records = [widest(record) for record in chunk.records]
        for stage in STAGES:
            assert len(stage.request_for(records).model_dump_json().encode()) <= MAX_PAYLOAD_BYTES
        results = [
            TransformationResult(execution_id=record.execution_id, transformed_data=record.transformed)
            for record in records
        ]
        response = TransformationResponse(results=tuple(results)).model_dump(mode="json")
        assert len(json.dumps(response)) <= MAX_PAYLOAD_BYTES


@cache
def thousand() -> tuple[Record, ...]:
    return parse_batch(messages_of(event_of(*(body(n=index) for index in range(1_000)))), "test").records


@given(st.integers(0, 1_000), st.integers(10, 500), st.integers(0, 5))
def test_no_execution_passes_the_quota_of_operations(count: int, chunk_size: int, own: int) -> None:
    stages = (*CORE[:-1], *OWN[:own], CORE[-1])
    chunks = plan(thousand()[:count], chunk_size, stages)

    most = OPERATIONS_OF_BATCH + sum(
        operations_of_chunk(stages)
        + (operations_of_isolation(stages, len(chunk.records)) if chunk.may_be_isolated else 0)
        for chunk in chunks
    )
    assert most <= MAX_OPERATIONS
    assert len(chunks) > 1 or all(chunk.may_be_isolated for chunk in chunks)
    assert own or count > 500 or all(chunk.may_be_isolated for chunk in chunks)


@pytest.mark.parametrize("stages", [STAGES, (*STAGES[:-1], *OWN, STAGES[-1])])
def test_no_entry_has_more_bytes_than_its_parts_and_what_is_reserved(stages: tuple[Stage, ...]) -> None:
    message = messages_of(event_of(body()))
    (record,) = parse_batch(message, "test", stages).records
    contributions: dict[str, dict[str, Any]] = {
        stage.name: {} for stage in stages if stage.request is ContributionRequest
    }
    whole = replace(record, transformed={}, contributions=contributions)
    one, moment = record.execution_id, "2026-01-31T12:00:00.000000Z"
    error = RecordError(code="c" * 64, retryable=False, message="m" * 1_024)
    conflict = error.model_copy(update={"code": ErrorCode.IDEMPOTENCY_CONFLICT})
    rejected = {"execution_id": one, "status": "rejected"}
    results = [
        ValidationResult(execution_id=one, is_valid=True),
        TransformationResult(execution_id=one, transformed_data={}),
        TransformationResult(execution_id=one, error=error),
        StorageResult.model_validate({"execution_id": one, "status": "duplicate", "stored_at": moment}),
        StorageResult.model_validate({**rejected, "error": error}),
        StorageResult.model_validate({**rejected, "error": conflict, "stored_digest": "9:" + "d" * 43}),
    ]

    requests = [stage.request_for([whole]).model_dump(mode="json")["records"][0] for stage in stages]
    answers = [result.model_dump(mode="json") for result in results]

    assert all(len(json.dumps(entry)) <= record.entry_bytes for entry in answers)
    parts = len(json.dumps(record.data)) + 2 * len(one) + len(record.message.message_id)
    assert max(len(json.dumps(entry)) for entry in requests) - parts <= overhead_bytes(stages)


def numbers(count: int) -> str:
    return body(n=[0] * count)


def test_a_chunk_is_bounded_by_what_the_storer_has_to_write() -> None:
    """A hundred bodies of 30 KB fit one request, as do three of a megabyte; written, a zero is eleven bytes."""
    forty = [numbers(33_000) for _ in range(40)]

    chunks = chunks_of(*forty, body())

    written = {len(chunk) * len(json.dumps([{"N": "0"}] * 33_000, separators=(",", ":"))) for chunk in chunks}
    assert sum(map(len, chunks)) == 41
    assert max(written) <= MAX_ITEM_JSON_BYTES


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_the_storer_writes_is_not_underestimated(value: Any) -> None:
    def attribute(value: Any) -> Any:
        match value:
            case None:
                return {"NULL": True}
            case bool():
                return {"BOOL": value}
            case int():
                return {"N": str(value)}
            case str():
                return {"S": value}
            case list():
                return {"L": [attribute(one) for one in value]}
        return {"M": {name: attribute(one) for name, one in value.items()}}

    written = json.dumps(attribute({"value": value}), separators=(",", ":"))

    assert len(written) <= item_json_bytes(json.dumps({"value": value}, separators=(",", ":")), {})
