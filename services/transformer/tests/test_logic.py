"""The result of transforming a record."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from bodies import TYPE, body
from hypothesis import given
from hypothesis import strategies as st
from pipeline_contracts import ErrorCode, PipelineMessage
from pipeline_contracts.base import ascii_bytes
from pipeline_contracts.transformation import TransformationRecord, TransformationResult
from transformer.logic import transform
from transformer.transformations import TRANSFORMATIONS, NotTransformableError, Transformation

if TYPE_CHECKING:
    from pydantic import JsonValue

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def result_of(text: str, transformations: dict[str, Transformation] = TRANSFORMATIONS) -> TransformationResult:
    record = TransformationRecord(execution_id="test-esm-1", data=text)
    return transform(record, transformations, NOON, 4_096).result


def test_the_pipelines_own_fields_are_added() -> None:
    def counted(_message: PipelineMessage) -> dict[str, JsonValue]:
        return {"count": 1, "execution_id": "another's"}

    assert result_of(body(), {TYPE: counted}).transformed_data == {
        "count": 1,
        "processed_at": "2026-01-31T12:00:00.000000Z",
        "execution_id": "test-esm-1",
        "transformation_applied": "counted",
    }


def test_an_unregistered_type_gets_the_standard_transformation() -> None:
    transformed = result_of(body(), {}).transformed_data

    assert transformed is not None
    assert transformed["transformation_applied"] == "standard"


def hopeless(_message: PipelineMessage) -> dict[str, JsonValue]:
    raise NotTransformableError("the columns do not add up")


def verbose(_message: PipelineMessage) -> dict[str, JsonValue]:
    return {"text": "x" * 5_000}


def wordy(_message: PipelineMessage) -> dict[str, JsonValue]:
    raise NotTransformableError("x" * 5_000)


def surrogate(_message: PipelineMessage) -> dict[str, JsonValue]:
    return {"text": "\ud800"}


def decimal(_message: PipelineMessage) -> dict[str, JsonValue]:
    return {"ratio": Decimal("0.5")}  # type: ignore[dict-item]


def infinite(_message: PipelineMessage) -> dict[str, JsonValue]:
    return {"ratio": float("inf")}


@pytest.mark.parametrize(
    ("text", "transformation", "words"),
    [
        (body(), hopeless, "the columns do not add up"),
        (body(), wordy, "x{1000}"),
        (body(), verbose, "the transformed data has 5,.* bytes; the maximum is 4,096"),
        (body(), infinite, "transformed_data: .*not JSON compliant"),
        (body(), surrogate, "transformed_data: .*surrogates not allowed"),
        (body(), decimal, "transformed_data.ratio: .*valid JSON value"),
        ("nonsense", hopeless, "not JSON"),
    ],
)
def test_what_can_never_be_transformed_is_a_permanent_error(
    text: str, transformation: Transformation, words: str
) -> None:
    error = result_of(text, {TYPE: transformation}).error

    assert error is not None
    assert (error.code, error.retryable) == (ErrorCode.NOT_TRANSFORMABLE, False)
    assert re.search(words, error.message)


def test_transformed_data_may_take_all_the_bytes_that_the_stage_declares() -> None:
    record = TransformationRecord(execution_id="test-esm-1", data=body())
    size = ascii_bytes(transform(record, {}, NOON, 4_096).result.transformed_data)

    assert transform(record, {}, NOON, size).result.transformed_data is not None
    assert transform(record, {}, NOON, size - 1).result.error is not None


def test_a_bug_in_a_transformation_is_not_hidden() -> None:
    def buggy(_message: PipelineMessage) -> dict[str, JsonValue]:
        return {"one": 1 // 0}

    with pytest.raises(ZeroDivisionError):
        result_of(body(), {TYPE: buggy})


@given(st.text())
def test_every_text_is_transformed_or_refused(text: str) -> None:
    for sent in (text, body(note=text)):
        result = result_of(sent)

        assert (result.transformed_data is None) != (result.error is None)
